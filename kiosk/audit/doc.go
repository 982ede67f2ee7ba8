// Package audit is the closed list of events that may be logged, and the hash-chained log of those that must be provable later.
//
// Nothing reaches a log of this product by any other way. An event is an id of [Events]; each allows certain keys of [Keys];
// each key has a rule for its values: numbers are counts and durations, words come from closed lists or are short lower-case
// identifiers. There is no free text, and a type that carries a citizen's data fits no rule. So a log tells what happened,
// never whose.
//
// A [Log] writes every event through log/slog and, for the events marked Kept, appends a link to the chain in a
// [kiosk.AuditStore]. An event or attribute outside the list is a programming error: with Options.Strict (tests, the
// simulated kiosk) it panics, otherwise the whole event is dropped and "log.refused" is logged in its place, because a
// citizen's data in a log is worse than a missing line.
//
// [Verify] walks the chain and finds the first broken link. A chain cannot show by itself that its end was cut off: compare
// [Report.Head] with one noted elsewhere.
package audit
