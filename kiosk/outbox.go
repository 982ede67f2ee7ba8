package kiosk

import (
	"context"
	"time"
)

// Sealed is a dossier that only the back office can open. Nothing in it but the names is readable here.
type Sealed struct {
	ID      string    // the dossier's UUID, also the Idempotency-Key
	TokenID string    // SHA-256 of the receipt token, hexadecimal: lets the office find a status by token before it opens anything
	Created time.Time //
	Body    []byte    // the sealed envelope (package kiosk/seal)
	SHA256  [32]byte  // of Body
}

// OutboxStats is what the screens and the doctor show.
type OutboxStats struct {
	Unsent     int           `json:"unsent"`     // not yet acknowledged
	Quarantine int           `json:"quarantine"` // of these, waiting for a technician
	OldestAge  time.Duration `json:"oldest_age"` // of the oldest unsent, 0 when none
	LastAck    time.Time     `json:"last_ack"`   // zero when never
}

// Outbox keeps sealed dossiers until the back office has acknowledged them.
// Put returns only after the dossier is durable on disk; the same ID with the same body again is no error and changes nothing,
// with another body it is (bad_input). Errors: store_full, store_corrupt.
type Outbox interface {
	Put(ctx context.Context, s Sealed) error
	Stats(ctx context.Context) (OutboxStats, error)
	Ready() error // nil, or why no dossier may be taken in (store_full, store_corrupt)
}

// OutboxState is where a sealed dossier stands. The numbers stand in the database.
type OutboxState int

// The states. Waiting → leased → acknowledged is the way; a lease that ends without an answer goes back to waiting, and what
// the office refuses waits in quarantine for a technician, who sends it back to waiting.
const (
	OutboxWaiting      OutboxState = 1 // to be delivered, not before Due
	OutboxLeased       OutboxState = 2 // a delivery is under way, until Lease
	OutboxAcknowledged OutboxState = 3 // the office has it; the body is gone
	OutboxQuarantined  OutboxState = 4 // the office refused it; a technician must look
)

// OutboxStates is the closed list, in order.
var OutboxStates = []OutboxState{OutboxWaiting, OutboxLeased, OutboxAcknowledged, OutboxQuarantined}

// String gives the name.
func (s OutboxState) String() string {
	switch s {
	case OutboxWaiting:
		return "waiting"
	case OutboxLeased:
		return "leased"
	case OutboxAcknowledged:
		return "acknowledged"
	case OutboxQuarantined:
		return "quarantined"
	}
	return "unknown"
}

// OutboxRow is one dossier in the outbox as the store keeps it. Listings leave Body nil.
type OutboxRow struct {
	Sealed
	State     OutboxState
	Size      int64     // of the body, also after it is gone
	Attempts  int       // deliveries that the office answered or may have seen
	Due       time.Time // not before
	Owner     string    // who holds the lease, "" when nobody
	Lease     time.Time // when it ends, zero when not leased
	LastError Code      // of the last delivery, "" when none failed
	Ack       Acknowledgement
}
