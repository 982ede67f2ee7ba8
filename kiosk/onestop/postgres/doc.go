// Package postgres keeps the back office in a PostgreSQL database, so that several receivers can stand before one store.
//
// What a newcomer must know: the statements are those of package sqlstore; here are the tables, what an error means, and how to
// connect. Transactions run at READ COMMITTED; a move locks the dossier's row (SELECT … FOR UPDATE), the sequence of numbers is a
// row of its own, and additions to the audit chain wait for each other (an advisory lock). Migrations are embedded, numbered, run
// in one transaction each under an advisory lock, so that receivers may start at the same time, and never edited once shipped.
// Open refuses a server that acknowledges before it has written (fsync or synchronous_commit off, unless [Options.Unsafe]).
// A receiver keeps nothing else between requests than logins: an officer stays with one receiver, kiosks use any.
//
// Sources: postgresql.org/docs/15 §13.2 (isolation), §13.3 (locks), §30 (reliability), appendix A (error codes).
package postgres
