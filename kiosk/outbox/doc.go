// Package outbox delivers sealed dossiers to the back office until it has acknowledged them.
//
// [Outbox] takes dossiers in (kiosk.Outbox) and is a service that delivers them, oldest first, a few at a time. Both stand on a
// [Store]; package kiosk/store is the real one.
//
// A row moves
//
//	          Put                LeaseNext             Acknowledge
//	(nothing) ───▶ waiting (1) ───────────▶ leased (2) ───────────▶ acknowledged (3), body purged
//	                 ▲  ▲                     │  │
//	                 │  └──── Postpone ───────┘  └── Quarantine ──▶ quarantined (4)
//	                 └───────────────────────── Release ◀─────────────────┘ (technician)
//
// What follows a delivery is one table, [decide]:
//
//	acknowledged       purge; the small record of the signed acknowledgement stays
//	office_offline     wait and try again; does not count as an attempt; the wait grows from 5 s to 2 min
//	office_untrusted   stays queued, alarm; try again with the growing wait of attempts
//	office_refused     quarantine, alarm
//	store_corrupt      quarantine, alarm: the body on the disk no longer has its SHA-256
//	anything else      try again with the growing wait of attempts, 2 s doubling to 5 min, each ± 20 %
//
// The changes of a row are pure functions of package kiosk (OutboxRow), which the store carries out in one transaction each. They and
// this package's own steps are what the model test explores: every order in which kiosk, network and office can act on a few
// dossiers, with crashes, failing writes, lost, doubled and late messages, wrong answers, sticks and technicians.
//
// Until the office has acknowledged one dossier, and again after it could not be reached, one delivery at a time knocks; then
// [DefaultParallel]. A dossier goes page by page and resumes where it broke off, so a lease may end in the middle without loss.
// With the purge goes the kiosk's signed record of it (Options.Deletion).
//
// Exactly once: the dossier's UUID is the idempotency key, so delivering again after a lost answer gives the same
// acknowledgement. A process that dies between the office's taking in and the acknowledgement leaves a lease; the next one
// takes such leases over the moment it starts, since the database has one owner only.
package outbox
