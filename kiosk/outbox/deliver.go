package outbox

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
)

// pause says how long the service sleeps before it looks again. hard: a Put does not wake it, because the office asked for it.
type pause struct {
	d    time.Duration
	hard bool
}

// deliver is the service: leases of a dead process are taken over, then rows go out one by one, oldest first.
func (b *Outbox) deliver(ctx context.Context) {
	for ctx.Err() == nil {
		_, err := b.store.Recover(ctx, time.Now())
		if err == nil {
			break
		}
		b.fault(ctx, err)
		b.sleep(ctx, pause{d: storeWait})
	}
	for ctx.Err() == nil {
		if p := b.step(ctx); p.d > 0 {
			b.sleep(ctx, p)
		}
	}
}

func (b *Outbox) sleep(ctx context.Context, p pause) {
	timer := time.NewTimer(p.d)
	defer timer.Stop()
	wake := b.wake
	if p.hard {
		wake = nil
	}
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-wake:
	}
}

// step delivers the oldest row that is due and says how long to sleep; 0 when there may be another at once.
func (b *Outbox) step(ctx context.Context) pause {
	select {
	case <-b.wake: // what was put so far is looked at now
	default:
	}
	now := time.Now()
	row, err := b.store.LeaseNext(ctx, b.owner, now, now.Add(leaseFor))
	switch {
	case kiosk.CodeOf(err) == kiosk.CodeNotFound:
		return b.idle(ctx, now)
	case err != nil:
		b.fault(ctx, err)
		return pause{d: storeWait}
	}
	ack, err := b.submit(ctx, row)
	if ctx.Err() != nil && err != nil {
		return b.giveBack(ctx, row)
	}
	return b.settle(ctx, row, ack, err, time.Since(now))
}

// idle sleeps until the next row is due.
func (b *Outbox) idle(ctx context.Context, now time.Time) pause {
	at, waiting, err := b.store.NextDue(ctx)
	switch {
	case err != nil:
		b.fault(ctx, err)
		return pause{d: storeWait}
	case !waiting:
		return pause{d: idleMost}
	}
	return pause{d: min(max(at.Sub(now), time.Millisecond), idleMost)}
}

// submit delivers, within the lease. An acknowledgement about anything but this dossier is nobody's word.
func (b *Outbox) submit(ctx context.Context, row kiosk.OutboxRow) (kiosk.Acknowledgement, error) {
	if sha256.Sum256(row.Body) != row.SHA256 {
		return kiosk.Acknowledgement{}, kiosk.Errorf(kiosk.CodeStoreCorrupt, "deliver dossier", "check the disk", "body does not have its SHA-256")
	}
	ctx, cancel := context.WithDeadline(ctx, row.Lease)
	defer cancel()
	ack, err := b.office.Submit(ctx, row.Sealed)
	if err == nil && (ack.DossierID != row.ID || ack.BodySHA256 != row.SHA256) {
		err = kiosk.Errorf(kiosk.CodeOfficeUntrusted, "deliver dossier", "", "acknowledgement is about another dossier")
	}
	return ack, err
}

// giveBack ends the lease while the service stops. That fails harmlessly: the next start takes the lease over.
func (b *Outbox) giveBack(ctx context.Context, row kiosk.OutboxRow) pause {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if _, err := b.store.Postpone(ctx, row.ID, b.owner, time.Time{}, row.LastError, false); err != nil {
		b.fault(ctx, err)
	}
	return pause{}
}

// settle does what the delivery's result asks for.
func (b *Outbox) settle(ctx context.Context, row kiosk.OutboxRow, ack kiosk.Acknowledgement, result error, took time.Duration) (p pause) {
	var err error
	switch decide(result) {
	case purge:
		// The office has it: the purge is finished even while stopping.
		err = b.store.Acknowledge(context.WithoutCancel(ctx), ack)
		if err == nil {
			b.online(ctx, took)
			age := int64(max(0, time.Since(row.Created)) / time.Second)
			b.log.Event(ctx, audit.OutboxDelivered, audit.MS(took), audit.Int(audit.KeyTry, int64(row.Attempts+1)),
				audit.Int(audit.KeyAge, min(age, audit.MaxNumber)))
		}
	case snooze:
		p = b.offline(ctx, result)
		_, err = b.store.Postpone(ctx, row.ID, b.owner, time.Time{}, kiosk.CodeOfficeOffline, false)
	case retry:
		wait := max(backoff(retryFirst, retryMost, row.Attempts, b.jitter()), asked(result))
		b.suspect(ctx, result)
		b.log.Event(ctx, audit.OutboxRetry, audit.Code(result), audit.Int(audit.KeyTry, int64(row.Attempts+1)),
			audit.Int(audit.KeyWait, int64(wait/time.Second)))
		_, err = b.store.Postpone(ctx, row.ID, b.owner, time.Now().Add(wait), kiosk.CodeOf(result), true)
	case quarantine:
		b.log.Event(ctx, audit.OutboxQuarantined, audit.Code(result), audit.Int(audit.KeyTry, int64(row.Attempts+1)))
		_, err = b.store.Quarantine(ctx, row.ID, b.owner, kiosk.CodeOf(result))
	}
	if err != nil {
		b.fault(ctx, err)
		return pause{d: storeWait}
	}
	return p
}

func (b *Outbox) fault(ctx context.Context, err error) {
	if !errors.Is(err, context.Canceled) {
		b.log.Fault(ctx, "outbox", err)
	}
}

// health is what the outbox thinks of the office.
type health struct {
	mu      sync.Mutex
	misses  int        // deliveries in a row that found nobody
	trouble kiosk.Code // office_offline, office_untrusted, …; "" when the last delivery went well
	since   time.Time  // of the trouble
}

// Trouble tells what stands in the way of delivery since when: office_offline, office_untrusted (an alarm) or another code;
// "" when the last delivery went well or none was tried.
func (b *Outbox) Trouble() (kiosk.Code, time.Time) {
	b.health.mu.Lock()
	defer b.health.mu.Unlock()
	return b.trouble, b.since
}

// enter notes a trouble and reports whether it is new.
func (h *health) enter(code kiosk.Code) (before kiosk.Code, fresh bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before = h.trouble
	if before == code {
		return before, false
	}
	h.trouble, h.since = code, time.Now()
	return before, true
}

func (b *Outbox) online(ctx context.Context, took time.Duration) {
	b.health.mu.Lock()
	b.misses = 0
	b.health.mu.Unlock()
	if before, fresh := b.enter(""); fresh && before != "" {
		b.log.Event(ctx, audit.OfficeOnline, audit.MS(took))
	}
}

// offline notes that nobody is there and gives how long the whole outbox sleeps.
func (b *Outbox) offline(ctx context.Context, result error) pause {
	b.health.mu.Lock()
	n := b.misses
	b.misses++
	b.health.mu.Unlock()
	if _, fresh := b.enter(kiosk.CodeOfficeOffline); fresh {
		b.log.Event(ctx, audit.OfficeOffline, audit.Code(result))
	}
	if d := asked(result); d > 0 {
		return pause{d: d, hard: true}
	}
	return pause{d: backoff(offlineFirst, offlineMost, n, b.jitter())}
}

// suspect raises the alarm once for a run of answers that are not the office's, or of defects of ours.
func (b *Outbox) suspect(ctx context.Context, result error) {
	if _, fresh := b.enter(kiosk.CodeOf(result)); fresh {
		b.fault(ctx, result)
	}
}
