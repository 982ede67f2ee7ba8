package pn532

import (
	"context"
	"errors"
	"fmt"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/tcl"
)

// The times of the field.
const (
	guardTime = 6 * time.Millisecond // a card needs 5 ms of field before a request (ISO/IEC 14443-3 §5)
	resetTime = 8 * time.Millisecond // without field, until a card has surely lost power (5.1 ms there)
	lookAgain = time.Second          // after the chip could not be brought up
)

// Wait blocks until a card is there (present true) or gone, or ctx ends. A chip that does not answer counts as no card. While a card is
// in use, its presence is asked for between two commands and without disturbing it.
func (d *Dev) Wait(ctx context.Context, present bool) error {
	for {
		now, err := d.present(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, errHalted) {
			return d.fault("wait for card", err)
		}
		if now == present {
			return nil
		}
		gap := d.opts.Poll
		if err != nil {
			gap = lookAgain
		}
		if err := d.rest(ctx, gap); err != nil {
			return d.fault("wait for card", err)
		}
	}
}

// rest waits d, or less when ctx or the driver ends.
func (d *Dev) rest(ctx context.Context, gap time.Duration) error {
	t := time.NewTimer(gap)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-d.halted.Done():
		return errHalted
	case <-t.C:
		return nil
	}
}

// present looks once whether a card is there.
func (d *Dev) present(ctx context.Context) (bool, error) {
	if err := d.acquire(ctx); err != nil {
		return false, err
	}
	if d.card != nil {
		return d.inUse(ctx), nil
	}
	ctx, done := d.join(ctx)
	defer done()
	if err := d.ready(ctx); err != nil {
		return false, err
	}
	t, err := d.poll(ctx)
	d.failed(err)
	return t != nil && err == nil, err
}

// presentWithin bounds a presence check with its repetitions.
const presentWithin = time.Second

// inUse asks whether the card in use is there, and gives the turn back. A check that has begun is brought to its end although the
// caller waits no longer: a block without its answer would cost whoever uses the card the session.
func (d *Dev) inUse(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), presentWithin)
	defer cancel()
	ctx, done := d.join(ctx)
	defer done()
	return d.card.present(ctx)
}

// poll looks for a card and switches the field off again.
func (d *Dev) poll(ctx context.Context) (*target, error) {
	t, err := d.find(ctx)
	if err != nil {
		return nil, err
	}
	return t, d.chip.field(ctx, false)
}

// find switches the field on and looks for a card of either type, nil when there is none.
func (d *Dev) find(ctx context.Context) (*target, error) {
	if err := d.chip.field(ctx, true); err != nil {
		return nil, err
	}
	if err := pause(ctx, guardTime); err != nil {
		return nil, err
	}
	return d.request(ctx)
}

// request looks for a card without touching the field.
func (d *Dev) request(ctx context.Context) (*target, error) {
	t, err := d.chip.list(ctx, brty106A)
	if err != nil || t != nil || d.opts.TypeA {
		return t, err
	}
	return d.chip.list(ctx, brty106B)
}

// reset takes the power from a card.
func (d *Dev) reset(ctx context.Context) error {
	if err := d.chip.field(ctx, false); err != nil {
		return err
	}
	return pause(ctx, resetTime)
}

// Connect powers the card and activates it. An earlier card of this chip is dead from then on. Errors: apdu.ErrNoReader, ErrNoCard,
// ErrReader, ErrCardLost, wrapped with a code and a hint; card_unsupported for a card that does not speak ISO/IEC 14443-4.
func (d *Dev) Connect(ctx context.Context) (apdu.Card, error) {
	const op = "connect card"
	inner, done, err := d.take(ctx)
	if err != nil {
		return nil, d.fault(op, err)
	}
	defer done()
	d.drop()
	k, err := d.connect(inner)
	if err != nil {
		d.failed(err)
		d.off()
		if d.halted.Err() != nil {
			err = errHalted
		}
		return nil, d.fault(op, err)
	}
	d.card = k
	return k, nil
}

// off switches the field off, whatever happened to the caller's context.
func (d *Dev) off() {
	if !d.up {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*slice)
	defer cancel()
	d.failed(d.chip.field(ctx, false))
}

// connect tries the paths and rates in turn.
func (d *Dev) connect(ctx context.Context) (*card, error) {
	wasUp := d.up
	k, err := d.attempt(ctx)
	if err != nil && wasUp && ofLink(err) && !errors.Is(err, apdu.ErrNoCard) && ctx.Err() == nil { // the chip may have lost power since
		d.setUp(false)
		k, err = d.attempt(ctx)
	}
	return k, err
}

// tries is how often a card is activated, each time from a field without power: one frame lost or damaged ends an activation.
const tries = 3

func (d *Dev) attempt(ctx context.Context) (*card, error) {
	if err := d.ready(ctx); err != nil {
		return nil, err
	}
	var k *card
	var err error
	for range tries {
		rate := d.rate
		if errors.Is(err, tcl.ErrRate) {
			rate = d.rateFailed(err)
		}
		if k, err = d.tryPaths(ctx, rate); err == nil || ctx.Err() != nil || !again(err) {
			break
		}
	}
	return k, err
}

// rateFailed notes that a card was lost while changing its rate, and gives the rate for the next try. One such loss is the radio's
// fault, several are the rate's; registers that cannot be written stay so.
func (d *Dev) rateFailed(err error) tcl.Rate {
	if errors.Is(err, errSyntax) {
		d.rate = tcl.Rate106
	}
	d.doubtRate()
	return tcl.Rate106
}

// doubtRate counts a fault of the bit rate.
func (d *Dev) doubtRate() {
	if d.faults++; d.faults >= maxFaults {
		d.slower()
	}
}

// again reports whether an activation that failed may succeed the next time.
func again(err error) bool {
	return errors.Is(err, apdu.ErrNoCard) || errors.Is(err, tcl.ErrRate) || pathFailed(err)
}

// tryPaths activates the card once by each path that may do.
func (d *Dev) tryPaths(ctx context.Context, rate tcl.Rate) (*card, error) {
	if d.path == PathFirmware {
		return d.activate(ctx, PathFirmware, rate)
	}
	k, err := d.activate(ctx, PathSoftware, rate)
	if err == nil || d.path == PathSoftware || ctx.Err() != nil || errors.Is(err, tcl.ErrRate) || !pathFailed(err) {
		return k, err
	}
	return d.fallBack(ctx, err)
}

// maxDoubts is how often in a row the software path may fail where the firmware's works before it is given up: a radio fault happens
// to either.
const maxDoubts = 2

// fallBack tries the firmware path after the software path failed with cause.
func (d *Dev) fallBack(ctx context.Context, cause error) (*card, error) {
	k, err := d.activate(ctx, PathFirmware, d.rate)
	if err != nil {
		return nil, cause
	}
	d.doubt()
	return k, nil
}

func (d *Dev) doubt() {
	if d.doubts++; d.doubts >= maxDoubts && d.opts.Path == PathAuto {
		d.path = PathFirmware
	}
}

// pathFailed reports whether the firmware path may do better: the chip refused, or the card was not reached through it.
func pathFailed(err error) bool {
	var s status
	if errors.As(err, &s) {
		return s.limits() || s.damaged() || s == statusTimeout
	}
	return errors.Is(err, errSyntax) || errors.Is(err, tcl.ErrNoFrame) || errors.Is(err, tcl.ErrBadFrame) || errors.Is(err, tcl.ErrProtocol) ||
		errors.Is(err, apdu.ErrTimeout)
}

// slower lowers the highest rate after it failed.
func (d *Dev) slower() {
	d.faults = 0
	switch d.rate {
	case tcl.Rate848:
		d.rate = tcl.Rate424
	case tcl.Rate424:
		d.rate = tcl.Rate212
	default:
		d.rate = tcl.Rate106
	}
}

// activate takes the power from the field, finds the card again and activates it on one path.
func (d *Dev) activate(ctx context.Context, path Path, rate tcl.Rate) (*card, error) {
	if err := d.reset(ctx); err != nil {
		return nil, err
	}
	flags := byte(paramATR)
	if path == PathFirmware {
		flags |= paramRATS
	}
	if err := d.chip.run(ctx, cmdSetParameters, flags); err != nil {
		return nil, err
	}
	t, err := d.find(ctx)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, apdu.ErrNoCard
	}
	if !t.iso() {
		return nil, fmt.Errorf("card of type %s: %w", t.kind(), tcl.ErrNotISO)
	}
	if path == PathFirmware {
		return d.firmwareCard(ctx, t, rate)
	}
	return d.softwareCard(ctx, t, rate)
}

func (t *target) kind() string {
	if t.typeB {
		return "B"
	}
	return "A"
}
