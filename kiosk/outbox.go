package kiosk

import (
	"context"
	"io"
	"time"
)

// Sealed is a dossier that only the back office can open: a small envelope with the evidence, and beside it one sealed stream
// for each page. The envelope names the streams by SHA-256, in order. Nothing in it but the names is readable here.
type Sealed struct {
	ID      string    // the dossier's UUID, also the Idempotency-Key
	TokenID string    // SHA-256 of the receipt token, hexadecimal: lets the office find a status by token before it opens anything
	Created time.Time //
	Link    Link      // its place in the chain of this kiosk's dossiers, for Put; the envelope says the same
	Body    []byte    // the sealed envelope (package kiosk/seal), at most a few hundred KB; nil in listings
	SHA256  [32]byte  // of Body
	Parts   []SealedPart
}

// SealedPart is one sealed stream of a dossier, ciphertext.
type SealedPart struct {
	SHA256 [32]byte    // of the stream as sealed
	Size   int64       // bytes of it
	Data   io.ReaderAt // the stream; always gives the same bytes; nil in listings and after the purge
}

// TotalSize is how many bytes the dossier has as sealed: its envelope and its parts.
func (s *Sealed) TotalSize() int64 {
	n := int64(len(s.Body))
	for _, p := range s.Parts {
		n += p.Size
	}
	return n
}

// Wipe forgets what could still be opened here: parts that are encrypted while they are read hold their key until then.
func (s *Sealed) Wipe() {
	for _, p := range s.Parts {
		if w, ok := p.Data.(interface{ Wipe() }); ok {
			w.Wipe()
		}
	}
	clear(s.Body)
	*s = Sealed{}
}

// Link is a dossier's place in the chain of all dossiers of its kiosk: the office sees by it that one is missing or came out of
// order. The zero Link stands in no chain.
type Link struct {
	Sequence uint64   // 1 for a kiosk's first dossier
	Previous [32]byte // SHA-256 of the envelope before it, zero for the first
}

// Deletion is the kiosk's signed word that it has purged a dossier which the office acknowledged. Signature is the device key's,
// over the canonical form defined in package kiosk/seal.
type Deletion struct {
	DossierID  string    `json:"dossier_id"`
	BodySHA256 [32]byte  `json:"body_sha256"` // of the envelope that was purged, which names the parts purged with it
	AckSHA256  [32]byte  `json:"ack_sha256"`  // of the acknowledgement's signature
	Kiosk      string    `json:"kiosk"`
	DeletedAt  time.Time `json:"deleted_at"`
	Signature  []byte    `json:"signature"` // ECDSA P-256, r ‖ s
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
