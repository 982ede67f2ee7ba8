// Package sqlite keeps the back office in one SQLite file.
//
// What a newcomer must know: the file is opened in WAL mode with synchronous=FULL, and Open refuses a file where either did
// not take effect or whose integrity check fails. Every write is one immediate transaction, so writers queue instead of
// failing. CHECKs mirror the closed lists of package onestop (a test compares them), and triggers refuse to change or delete
// what may only be added to: events, the audit chain and sealed envelopes. Migrations are embedded, numbered, run in one
// transaction each, and never edited once shipped. Times are Unix microseconds, UTC.
//
// Source: sqlite.org/wal.html, sqlite.org/pragma.html#pragma_synchronous.
package sqlite
