// Package sqlstore is the SQL of the back office's store, written once for every database that keeps it.
//
// What a newcomer must know: statements are in the common part of SQLite's and PostgreSQL's SQL, with $1, $2, … as placeholders.
// What differs (how a placeholder is written, how a row is locked, what an error means) is a [Dialect]. Tables are made by the
// packages sqlite and postgres, each with its own migrations, because triggers differ. Every write is one transaction that locks the
// dossier's row first and the sequence of numbers after it, always in that order. Times are Unix microseconds, UTC.
package sqlstore
