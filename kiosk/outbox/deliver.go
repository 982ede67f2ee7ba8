package outbox

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
)

// pause says how long the service begins no delivery. hard: a Put does not end it, because the office asked for it.
type pause struct {
	d    time.Duration
	hard bool
}

// outcome is a delivery that came to an end.
type outcome struct {
	row  kiosk.OutboxRow
	ack  kiosk.Acknowledgement
	err  error
	took time.Duration
}

// deliver is the service: leases of a dead process are taken over, then rows go out, oldest first, at most width at a time.
// Everything but the deliveries themselves happens in this one goroutine.
func (b *Outbox) deliver(ctx context.Context) {
	b.takeOver(ctx)
	done := make(chan outcome)
	running := 0
	var rest time.Time // no delivery begins before
	hard := false
	for ctx.Err() == nil {
		nap := time.Until(rest)
		for nap <= 0 && running < b.width() && ctx.Err() == nil {
			row, p := b.take(ctx)
			if p.d > 0 {
				nap = p.d
				break
			}
			running++
			go func() { done <- b.attempt(ctx, row) }()
		}
		if nap <= 0 {
			nap = idleMost
		}
		switch o, why := b.wait(ctx, done, nap, hard && time.Until(rest) > 0); why {
		case awakeByResult:
			running--
			if p := b.finish(ctx, o); p.d > 0 {
				rest, hard = time.Now().Add(p.d), p.hard
			}
		case awakeByPut:
			rest = time.Time{}
		case awakeByTime:
		}
	}
	for ; running > 0; running-- {
		b.finish(ctx, <-done)
	}
}

// takeOver ends the leases of a process that died.
func (b *Outbox) takeOver(ctx context.Context) {
	for ctx.Err() == nil {
		_, err := b.store.Recover(ctx, time.Now())
		if err == nil {
			return
		}
		b.fault(ctx, err)
		b.wait(ctx, nil, storeWait, false)
	}
}

// Why wait came back.
const (
	awakeByTime   = 1
	awakeByPut    = 2
	awakeByResult = 3
)

// wait sleeps until a delivery ended, something was put (not when deaf), or the time is over.
func (b *Outbox) wait(ctx context.Context, done <-chan outcome, d time.Duration, deaf bool) (outcome, int) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	wake := b.wake
	if deaf {
		wake = nil
	}
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-wake:
		return outcome{}, awakeByPut
	case o := <-done:
		return o, awakeByResult
	}
	return outcome{}, awakeByTime
}

// width is how many deliveries may run: one until the office has acknowledged one, so that a dead office is knocked at by one.
func (b *Outbox) width() int {
	b.health.mu.Lock()
	defer b.health.mu.Unlock()
	if !b.proven {
		return 1
	}
	return b.parallel
}

// take leases the oldest row that is due, or says how long there is nothing to do.
func (b *Outbox) take(ctx context.Context) (kiosk.OutboxRow, pause) {
	now := time.Now()
	b.leases++
	row, err := b.store.LeaseNext(ctx, fmt.Sprintf("%s-%d", b.owner, b.leases), now, now.Add(leaseFor))
	switch {
	case err == nil:
		return row, pause{}
	case kiosk.CodeOf(err) == kiosk.CodeNotFound:
		return row, b.idle(ctx, now)
	}
	b.fault(ctx, err)
	return row, pause{d: storeWait}
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

// attempt delivers, within the lease. An acknowledgement about anything but this dossier is nobody's word.
func (b *Outbox) attempt(ctx context.Context, row kiosk.OutboxRow) outcome {
	begun := time.Now()
	ack, err := b.submit(ctx, row)
	return outcome{row, ack, err, time.Since(begun)}
}

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

// finish settles a delivery, or gives its lease back when it was broken off because the service stops.
func (b *Outbox) finish(ctx context.Context, o outcome) pause {
	if ctx.Err() != nil && o.err != nil {
		return b.giveBack(ctx, o.row)
	}
	return b.settle(ctx, o)
}

// giveBack ends the lease while the service stops. That fails harmlessly: the next start takes the lease over.
func (b *Outbox) giveBack(ctx context.Context, row kiosk.OutboxRow) pause {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if _, err := b.store.Postpone(ctx, row.ID, row.Owner, time.Time{}, row.LastError, false); err != nil {
		b.fault(ctx, err)
	}
	return pause{}
}

// settle does what the delivery's result asks for.
func (b *Outbox) settle(ctx context.Context, o outcome) (p pause) {
	var err error
	row, try := o.row, int64(o.row.Attempts+1)
	switch b.decide(o.err) {
	case purge:
		// The office has it: the purge is finished even while stopping.
		if err = b.Accept(context.WithoutCancel(ctx), o.ack); err == nil {
			b.delivered(ctx, o)
		}
	case snooze:
		p = b.offline(ctx, o.err)
		_, err = b.store.Postpone(ctx, row.ID, row.Owner, time.Time{}, kiosk.CodeOfficeOffline, false)
	case retry:
		wait := max(backoff(retryFirst, retryMost, row.Attempts, b.jitter()), asked(o.err))
		b.suspect(ctx, o.err)
		b.log.Event(ctx, audit.OutboxRetry, audit.Code(o.err), audit.Int(audit.KeyTry, try), audit.Int(audit.KeyWait, int64(wait/time.Second)))
		_, err = b.store.Postpone(ctx, row.ID, row.Owner, time.Now().Add(wait), kiosk.CodeOf(o.err), true)
	case quarantine:
		b.log.Event(ctx, audit.OutboxQuarantined, audit.Code(o.err), audit.Int(audit.KeyTry, try))
		_, err = b.store.Quarantine(ctx, row.ID, row.Owner, kiosk.CodeOf(o.err))
	}
	if err != nil {
		b.fault(ctx, err)
		return pause{d: storeWait}
	}
	return p
}

func (b *Outbox) delivered(ctx context.Context, o outcome) {
	b.online(ctx, o.took)
	age := int64(max(0, time.Since(o.row.Created)) / time.Second)
	b.log.Event(ctx, audit.OutboxDelivered, audit.MS(o.took), audit.Int(audit.KeyTry, int64(o.row.Attempts+1)),
		audit.Int(audit.KeyAge, min(age, audit.MaxNumber)))
}

func (b *Outbox) fault(ctx context.Context, err error) {
	if !errors.Is(err, context.Canceled) {
		b.log.Fault(ctx, "outbox", err)
	}
}
