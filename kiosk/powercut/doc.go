// Package powercut is a laboratory, not a program: its tests cut the power of a kiosk and of its office, at every write and every
// flush, and look at what is left.
//
// A kiosk (store, seal, outbox, client) and an office (intake, desk, SQLite) run in a process of their own, on files of a FUSE file
// system that the test serves from memory and that logs every write, truncation, creation, removal and flush, each with the machine
// it belongs to. From the log follow the states a cut may leave at any point: what was flushed is on the disk; of what was not, nothing,
// everything, some, or some sectors of 512 bytes, old or new. Each state is opened as the daemon opens it, and then the kiosk and the
// office go on from there, over TLS, until nothing waits. In every state:
//
//   - the database opens, its integrity check is clean, and nothing had to be salvaged;
//   - every dossier whose receipt was shown before the cut is there whole, or at the office;
//   - every dossier whose acknowledgement reached the kiosk before the cut is at the office;
//   - in the end the office has each of them exactly once, and the kiosk has a signed record of each purge.
//
// TestRealPowerCut does it with the programs as they are shipped: kioskd and onestopd run on the same recorded disk, a citizen files
// dossiers through the kiosk's page, and one of the machines is killed inside a write or a flush, loses or tears what was not flushed, and
// starts again. It looks at one state for a hundred of the others, because each takes a start of both programs.
//
// The same process is also killed (SIGKILL) at random points of the log and started again on what the files then hold.
//
// Not modelled: disks that lie about a flush, and file systems that lose what was flushed. The control shows that the laboratory finds
// a database that does not flush.
//
// The default run looks at a few hundred states; make powercut N=10000 at as many as are asked for. It needs /dev/fuse and the right
// to mount, and is skipped without.
//
// Sources: sqlite.org/atomiccommit.html, the crash tests of SQLite (test6.c), LazyFS (VLDB 2024).
package powercut
