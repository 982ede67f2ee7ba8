// Package daemon wires the kiosk: it opens the parts that kiosk.toml names, gives them to the session, and serves the page.
//
// [Open] starts a whole kiosk, on real devices or on a [sim.World], and [Daemon.Close] ends it without leaving a goroutine,
// so tests start kiosks as the command does. A part that cannot be had (no models, no camera, no pcscd, no sound) never stops
// the kiosk: it is logged as absent and the citizen is sent to the officer where the part would have been needed. What must
// stop it, with one sentence and a hint, is what would lose or leak something: a database that cannot be opened, keys that are
// missing, a catalogue that is broken, an address that is taken.
//
// A [Demo] is everything a demo needs: an office with keys, an enrolled kiosk, an issuing state, and a cast with cards.
package daemon
