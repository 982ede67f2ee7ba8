// Package camera gives frames: from a V4L2 camera, from recorded pictures, or drawn ones, all behind one port.
//
// A [Source] is one camera. A [Hub] owns a Source, switches it on while at least one consumer (preview, face matcher,
// document scanner) watches and off when the last one has gone; [Hub.On] and the source's own Close prove it. The hub hands
// every consumer copies of its own, so consumers never wait for each other.
//
// What goes wrong with real cameras is handled here once: the first frames, taken before the exposure has settled, are
// dropped; a camera that repeats one picture (drivers do that) is found by a hash over its pixels and is a camera_fault; an
// unplugged camera is opened again once a second, and is camera_missing when it stays away longer than [Opts.Patience].
package camera
