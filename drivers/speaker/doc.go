// Package speaker says the kiosk's prompts: Ogg Vorbis clips through the machine's sound device.
//
// What is said stands in prompts.txt, one prompt per key. "make clips" reads the same file and makes a clip for each key with
// espeak-ng, unless a recording of a person is given: only the folder of clips is needed at run time. A machine without
// clips, without a sound device, or with a broken one says nothing and delays nothing; [Speaker.Ready] tells why.
//
// What a newcomer must know about oto (v3.4.0, ALSA), measured:
//
//   - a process may open one context, ever; a device error in it is permanent;
//   - without a device NewContext gives no error: the error is there only after the ready channel has closed, and a player's
//     IsPlaying then stays true for ever; so every clip has a deadline of its length and one second;
//   - an idle context keeps the processor busy on some devices: it is suspended five seconds after the last clip.
//
// A loudspeaker is heard by everyone in the hall: prompts hold no personal data, and [Speaker.Say] takes a key, never a text.
//
// Sources: oto context.go and driver_unix.go; Vorbis I specification §4 through jfreymuth/oggvorbis.
package speaker
