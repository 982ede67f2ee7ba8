// Package doctor checks a machine: each check has a name, a result, what was seen, and what to do.
//
// A [Check] is a name and a function. The functions that need a driver, OpenCV or the database are given as probes by whoever
// assembles the list (kioskctl, the daemon): this package imports kiosk alone. [Run] makes all checks at once, each with its
// own time limit, and a check that hangs or panics is a failed check, not a hung doctor.
//
// "absent" is not "fail": a kiosk without a camera, models or a sound device still serves citizens, with the officer in place
// of what is missing.
package doctor
