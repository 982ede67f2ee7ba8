package outbox

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
)

// Options of an [Outbox]. Store, Office and Log must be set.
type Options struct {
	Store  Store
	Office kiosk.BackOffice
	Log    *audit.Log
	Jitter func() float64 // in [0, 1); nil: random

	// Deletion signs the record of a purge (seal.SignDeletion with the device key); nil keeps none.
	Deletion func(ack kiosk.Acknowledgement, at time.Time) (kiosk.Deletion, error)

	Parallel int // deliveries at a time once the office has acknowledged one; 0: [DefaultParallel]
}

// DefaultParallel lets a small dossier pass while a large one is under way on a slow line.
const DefaultParallel = 2

// Outbox keeps sealed dossiers and delivers them while it runs. It is safe for concurrent use.
type Outbox struct {
	store  Store
	office kiosk.BackOffice
	log    *audit.Log
	jitter func() float64
	owner  string        // begins the owner of every lease of this process
	leases int           // of this process so far: each delivery is an owner of its own
	wake   chan struct{} // a dossier was put

	deletion func(kiosk.Acknowledgement, time.Time) (kiosk.Deletion, error)
	parallel int
	decide   func(error) action // the table; a test that must find its defects gives another

	service
	health
}

var _ kiosk.Outbox = (*Outbox)(nil)

// New makes an outbox that takes dossiers in at once and delivers them between Start and Stop.
func New(o Options) *Outbox {
	if o.Jitter == nil {
		o.Jitter = mathrand.Float64
	}
	if o.Parallel <= 0 {
		o.Parallel = DefaultParallel
	}
	b := &Outbox{
		store: o.Store, office: o.Office, log: o.Log, jitter: o.Jitter, owner: rand.Text(), wake: make(chan struct{}, 1),
		deletion: o.Deletion, parallel: o.Parallel, decide: decide,
	}
	b.run = b.deliver
	return b
}

// String names the outbox with its office.
func (b *Outbox) String() string { return fmt.Sprintf("outbox to %v", b.office) }

// Put keeps a sealed dossier; it returns when the dossier is durable on disk.
func (b *Outbox) Put(ctx context.Context, s kiosk.Sealed) error {
	if err := b.store.PutOutbox(ctx, s); err != nil {
		return err
	}
	b.Wake()
	return nil
}

// NextLink gives the place of the next dossier in the kiosk's chain. Whoever seals asks for it; Put refuses another.
func (b *Outbox) NextLink(ctx context.Context) (kiosk.Link, error) { return b.store.NextLink(ctx) }

// Wake makes the service look now: after a Put, after a technician's release, when the network is back.
func (b *Outbox) Wake() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Stats tells what waits.
func (b *Outbox) Stats(ctx context.Context) (kiosk.OutboxStats, error) {
	return b.store.OutboxStats(ctx, time.Now())
}

// Ready gives nil, or why no dossier may be taken in.
func (b *Outbox) Ready() error { return b.store.Ready() }

// Rows lists the outbox for the technician, oldest first, without bodies.
func (b *Outbox) Rows(ctx context.Context) ([]kiosk.OutboxRow, error) { return b.store.OutboxRows(ctx) }

// Release sends a dossier out of quarantine, or one that waits for its next try, on its way now. Error: not_found.
func (b *Outbox) Release(ctx context.Context, id string) error {
	found, err := b.store.Release(ctx, id, time.Now())
	if err != nil {
		return err
	}
	if !found {
		return kiosk.Errorf(kiosk.CodeNotFound, "release dossier", "", "no such dossier waits")
	}
	b.Wake()
	return nil
}

// Accept purges a dossier that the office has, however its acknowledgement came: as the answer to a delivery, or carried back
// on a stick. The signed record of the purge is kept with it. The caller has verified the signature. Errors: not_found, bad_input when it is about another body.
func (b *Outbox) Accept(ctx context.Context, ack kiosk.Acknowledgement) error {
	var record kiosk.Deletion
	if b.deletion != nil {
		var err error
		if record, err = b.deletion(ack, time.Now()); err != nil {
			return err
		}
	}
	return b.store.Acknowledge(ctx, ack, record)
}
