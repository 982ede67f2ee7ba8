package outbox

import (
	"context"
	"time"

	"motcua/kiosk"
)

// Store keeps rows durably. Every method is one transaction. Times are given, never read from a clock.
//
// Put adds a waiting row, due at once; the same id with the same hash changes nothing, whatever its state; with another hash
// it is bad_input, and so is a link that is not NextLink's. It returns when the row is durable. LeaseNext leases the oldest waiting row that is due, or whose lease has
// ended, and gives it with its body; not_found when there is none. The three that end a lease do nothing (and give false)
// when owner does not hold it any more; Acknowledge is the exception: an acknowledgement is true whoever brings it; it purges and keeps the signed record of that in one transaction.
// NextDue tells when LeaseNext may have something, and whether anything waits at all. Recover ends every lease.
// Errors: store_full, store_corrupt, internal.
type Store interface {
	PutOutbox(ctx context.Context, s kiosk.Sealed) error
	NextLink(ctx context.Context) (kiosk.Link, error)
	LeaseNext(ctx context.Context, owner string, now, until time.Time) (kiosk.OutboxRow, error)
	Postpone(ctx context.Context, id, owner string, due time.Time, code kiosk.Code, countAttempt bool) (bool, error)
	Quarantine(ctx context.Context, id, owner string, code kiosk.Code) (bool, error)
	Acknowledge(ctx context.Context, ack kiosk.Acknowledgement, record kiosk.Deletion) error
	Release(ctx context.Context, id string, due time.Time) (bool, error)
	Recover(ctx context.Context, due time.Time) (int, error)
	NextDue(ctx context.Context) (at time.Time, waiting bool, err error)
	OutboxRows(ctx context.Context) ([]kiosk.OutboxRow, error)
	OutboxStats(ctx context.Context, now time.Time) (kiosk.OutboxStats, error)
	Ready() error
}
