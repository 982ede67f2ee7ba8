package pn532

import (
	"context"
	"errors"
	"fmt"
)

// Diagnose tries what Check does not: long frames there and back at the speed in use (Diagnose, communication line test, UM0701-02
// §7.2.1), and the field on and off. It describes the chip: "PN532 v1.6 at 921600 baud, long frames pass, the field switches". A card
// on the reader loses its power, so a chip that somebody speaks to is left alone and said to be in use. Errors: reader_missing,
// reader_fault.
func (d *Dev) Diagnose(ctx context.Context) (string, error) {
	const op = "diagnose card reader"
	ctx, cancel := context.WithTimeout(ctx, checkWait)
	defer cancel()
	if err := d.acquire(ctx); err != nil {
		if d.isOnline() {
			return d.Info() + ", in use", nil
		}
		return "", d.fault(op, fmt.Errorf("%w: %w", errSilent, textOf(err)))
	}
	inner, done := d.join(ctx)
	defer done()
	if d.card != nil {
		return d.Info() + ", in use", nil
	}
	err := d.look(inner)
	if err == nil {
		err = d.chip.loopback(inner)
	}
	if err == nil {
		err = errors.Join(d.chip.field(inner, true), d.chip.field(inner, false))
	}
	d.failed(err)
	if d.halted.Err() != nil {
		err = errHalted
	}
	if err != nil {
		return "", d.fault(op, err)
	}
	return d.Info() + ", long frames pass, the field switches", nil
}
