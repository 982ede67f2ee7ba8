package kiosk

import (
	"context"
	"time"
)

// AuditRecord is one link of the hash-chained audit log. Hash = SHA-256 over Prev and the canonical form of the rest, as
// package kiosk/audit defines. Fields is a JSON object of codes, counts and durations: what happened, never whose.
type AuditRecord struct {
	Seq    int64     // 1, 2, 3, … without gaps
	At     time.Time // UTC, microseconds
	Event  string    // from the closed list of package kiosk/audit
	Fields string    // JSON object with sorted keys
	Prev   [32]byte  // Hash of the record before; zero for the first
	Hash   [32]byte  //
}

// AuditStore keeps the audit chain. AppendAudit refuses (store_corrupt) a record whose Seq or Prev does not continue the chain.
type AuditStore interface {
	LastAudit(ctx context.Context) (AuditRecord, error) // zero record when empty
	AppendAudit(ctx context.Context, r AuditRecord) error
	EachAudit(ctx context.Context, from int64, f func(AuditRecord) error) error
}
