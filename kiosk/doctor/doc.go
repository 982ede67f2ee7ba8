// Package doctor checks a machine: each check has a name, a result, what was seen, and what to do.
//
// What is wrong is a [Fault] of a closed list, told in English for the tool and its logs, and in Vietnamese for the technician's page
// ([Finding.Told]). What the kernel tells of a machine is read through [Machine], so that tests plant every fault in a tree of files.
//
// A [Check] is a name and a function. The functions that need a driver, OpenCV or the database are given as probes by whoever
// assembles the list (kioskctl, the daemon): this package imports kiosk alone. [Run] makes all checks at once, each with its
// own time limit, and a check that hangs or panics is a failed check, not a hung doctor.
//
// "absent" is what the configuration does without: nobody needs to do anything. A device, a model or a reader that is configured
// and not there is a "fail": the kiosk still serves citizens, with the officer in place of what is missing, but a technician must
// come. A missing voice is a "warn": everything it says is on the screen.
package doctor
