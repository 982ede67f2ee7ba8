// Package camera gives frames: from a V4L2 camera, from recorded pictures, or drawn ones, all behind one port.
//
// A [Source] is one camera. A [Hub] owns a Source, switches it on while at least one consumer (preview, face matcher,
// document scanner) watches and off when the last one has gone; [Hub.On] and the source's own Close prove it. The hub hands
// every consumer copies of its own, so consumers never wait for each other.
//
// What goes wrong with real cameras is handled here once:
//
//   - the first frames, taken before the exposure has settled, are dropped;
//   - an unplugged camera is opened again once a second, and is camera_missing when it stays away longer than [Opts.Patience];
//   - a camera that repeats one picture (drivers do that: found by a hash over its pixels), gives frames of another format, or
//     gives none although it is there, is opened anew once, and is a camera_fault when that does not help;
//   - a camera that another program uses, that the kiosk may not open, and a device file that is no camera are told apart.
//
// A camera is best mounted upright (turned by 90°, [DeviceOpts.Rotate]): then its picture holds the faces of seated and of tall
// people, and the preview shows the part of it where the face is ([Opts.Find]).
package camera
