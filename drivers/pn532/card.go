package pn532

import (
	"context"
	"errors"
	"fmt"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/tcl"
	"motcua/kiosk"
)

// carrier is one data path to an activated card. An error ends the card.
type carrier interface {
	transmit(ctx context.Context, command []byte) ([]byte, error)
	present(ctx context.Context) error
	close(ctx context.Context)
}

// card is an activated card. Its fields belong to whoever holds the device's turn.
type card struct {
	dev    *Dev
	target *target
	atr    []byte
	path   Path
	via    carrier
	used   time.Time // when the card answered last
	dead   bool
	closed bool
}

// The lengths both paths can carry: each chains frames both ways.
const (
	maxResponse = 65536
	maxNc       = 65535
)

// ATR gives the answer to reset a PC/SC reader would make of the card.
func (k *card) ATR() []byte { return append([]byte(nil), k.atr...) }

// MaxResponse gives 65536.
func (k *card) MaxResponse() int { return maxResponse }

// MaxCommand gives 65535.
func (k *card) MaxCommand() int { return maxNc }

// maxAPDU is the longest command APDU: header, two extended length fields, data.
const maxAPDU = 4 + 3 + maxNc + 2

// Transmit sends a command APDU and gives the response APDU. Errors: apdu.ErrCardLost, ErrTimeout, ErrReader, ErrNoReader, ErrLength,
// wrapped with a code and a hint; ctx's, within 100 ms. After an error, apdu.ErrLength excepted, the card is dead.
func (k *card) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	const op = "transmit to card"
	d := k.dev
	inner, done, err := d.take(ctx)
	if err != nil {
		return nil, d.fault(op, err)
	}
	defer done()
	if k.dead || k.closed {
		return nil, d.fault(op, fmt.Errorf("card was closed or lost before: %w", apdu.ErrCardLost))
	}
	if len(command) < 4 || len(command) > maxAPDU {
		return nil, d.fault(op, fmt.Errorf("%d bytes: %w", len(command), apdu.ErrLength))
	}
	response, err := k.via.transmit(inner, command)
	if err == nil && len(response) < 2 {
		err = fmt.Errorf("response of %d bytes: %w", len(response), tcl.ErrProtocol)
	}
	if err == nil {
		k.used = time.Now()
		return response, nil
	}
	return nil, d.fault(op, k.lose(inner, err))
}

// lose ends a card after an error and says what happened to it.
func (k *card) lose(ctx context.Context, err error) error {
	d := k.dev
	d.drop()
	d.failed(err)
	switch {
	case d.halted.Err() != nil:
		return errHalted
	case ctx.Err() != nil:
		d.off()
		return ctx.Err()
	case !d.up:
		return err
	}
	return k.fate(ctx, err)
}

// fate tells a card that fell silent from one that went (package comment), and remembers what the fault says of path and rate.
func (k *card) fate(ctx context.Context, cause error) error {
	d := k.dev
	var s status
	switch {
	case errors.As(cause, &s) && (s == statusHot || s == statusOverCurrent || s == statusNoField):
		d.off()
		return cause
	case errors.As(cause, &s) && s.limits() && k.path == PathSoftware && d.opts.Path == PathAuto:
		d.path = PathFirmware
	}
	back, err := d.chip.list(ctx, k.target.modulation())
	if err == nil && back == nil {
		err = d.reset(ctx)
		var same *target
		if err == nil {
			same, err = d.find(ctx)
		}
		if err == nil && same != nil && !same.differs(k.target) {
			d.off()
			return k.stayed(cause)
		}
	}
	d.failed(err)
	d.off()
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", apdu.ErrCardLost, textOf(cause))
}

// stayed names the fault of a card that is there still.
func (k *card) stayed(cause error) error {
	var s status
	switch {
	case errors.Is(cause, apdu.ErrTimeout), errors.As(cause, &s) && s == statusTimeout:
		return fmt.Errorf("%w: %w", apdu.ErrTimeout, textOf(cause))
	case errors.Is(cause, tcl.ErrProtocol):
		return &kiosk.Error{Code: kiosk.CodeCardProtocol, Op: "transmit to card", Err: fmt.Errorf("%w: %w", apdu.ErrReader, cause), Hint: hintForeign}
	}
	k.dev.doubtRate()
	return fmt.Errorf("%w: %w", apdu.ErrCardLost, textOf(cause)) // the edge of the field: another try may do
}

// maxFaults is how many sessions may end damaged before the bit rate is lowered.
const maxFaults = 3

// textOf keeps the text of a cause whose class would contradict the one found.
func textOf(err error) error { return errors.New(err.Error()) }

// present asks whether the card is there, unless it answered a moment ago. One that is not is dead.
func (k *card) present(ctx context.Context) bool {
	if time.Since(k.used) < k.dev.opts.Poll {
		return true
	}
	if err := k.via.present(ctx); err != nil {
		if ctx.Err() == nil {
			k.dev.drop()
			k.dev.failed(err)
			k.dev.off()
		} else {
			k.dev.drop() // block numbers are unknown
		}
		return false
	}
	k.used = time.Now()
	return true
}

// closeWithin bounds the farewell to a card.
const closeWithin = 200 * time.Millisecond

// Close deselects the card and switches the field off. It may be called twice.
func (k *card) Close() error {
	d := k.dev
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	inner, done, err := d.take(ctx)
	if err != nil {
		return nil // the driver was halted, or another command goes on: the next Connect resets the field
	}
	defer done()
	if k.closed {
		return nil
	}
	k.closed = true
	if d.card != k || k.dead {
		return nil
	}
	d.card = nil
	d.faults = 0 // the rate held for a whole session
	if d.up {
		k.via.close(inner)
		d.off()
	}
	return nil
}
