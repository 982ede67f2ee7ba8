// Package store is the kiosk's SQLite database: the rows of the outbox and the audit chain.
//
// What it holds of a citizen is sealed to the office; names, numbers and pictures never reach it.
//
// A dossier that Put has returned for must survive a cut of the power. go-sqlite3's defaults lose it (its WAL default is
// synchronous=NORMAL, its other default journal DELETE without EXTRA), so every connection sets, and [Open] then asserts by
// reading back:
//
//	journal_mode=WAL  synchronous=FULL  foreign_keys=ON  busy_timeout=5000  secure_delete=ON  temp_store=MEMORY
//
// secure_delete overwrites what is deleted with zeros; after a purge the write-ahead log is checkpointed and truncated, so a
// delivered dossier lingers in neither file.
//
// One connection, one writer. The daemon opens the database with [Open], which holds a lock file so that there is one daemon,
// runs the migrations (one transaction each, never edited once shipped) and the integrity check. A database that fails it is
// renamed to <name>.corrupt-<time>, a fresh one takes its place, and every row of the outbox that is still readable and has
// its SHA-256 is carried over; [Store.Warning] then tells store_corrupt. Tools use [Attach], which changes nothing by itself.
//
// Sources: sqlite.org/pragma.html, sqlite.org/wal.html, sqlite.org/recovery.html.
package store
