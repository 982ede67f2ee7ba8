// Package speaker says the kiosk's prompts: Ogg Vorbis clips through the machine's sound device.
//
// What is said stands in prompts/LANG.txt, one prompt per key; numbers and codes are spelled here, because synthesisers read them
// wrongly (15 is "mười lăm", not "mười năm"). "make clips" makes a clip of each prompt, each number below 100 and each letter with
// espeak-ng, unless a recording of a person is given: only the folder of clips is needed at run time. A phrase is said in the
// citizen's language when every clip of it is there, else in Vietnamese. A machine without clips, without a sound device, or with
// a broken one says nothing and delays nothing; Ready tells why.
//
// The kiosk speaks through a [Client], which runs the voice in a process of its own ([Serve]) and starts it again when it ends: a
// sound device that failed once cannot be opened a second time in the same process.
//
// What a newcomer must know about oto (v3.4.0, ALSA), measured:
//
//   - a process may open one context, ever; a device error in it is permanent;
//   - without a device NewContext gives no error: the error is there only after the ready channel has closed, and a player's
//     IsPlaying then stays true for ever; so every clip has a deadline of its length and one second;
//   - an idle context keeps the processor busy on some devices: it is suspended five seconds after the last clip.
//
// A loudspeaker is heard by everyone in the hall: [Audible] is the one rule of what may be said where. Earphones are seen by the
// jack's switch, or named in the configuration.
//
// Sources: oto context.go and driver_unix.go; Vorbis I specification §4 through jfreymuth/oggvorbis.
package speaker
