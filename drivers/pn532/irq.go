package pn532

import (
	"context"
	"fmt"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// interrupt is the line P70_IRQ, low while a frame waits (UM0701-02 §3.1.2). Without a pin the chip's status is polled.
type interrupt struct{ pin gpio.PinIn }

func (i interrupt) open() error {
	if i.pin == nil {
		return nil
	}
	if err := i.pin.In(gpio.PullUp, gpio.FallingEdge); err != nil {
		return fmt.Errorf("interrupt pin %s: %w", i.pin, err)
	}
	return nil
}

// The pauses between two looks at the status: short at first, since most commands take a few milliseconds.
const (
	quickLook = 500 * time.Microsecond
	slowLook  = 2 * time.Millisecond
	quickFor  = 20 * time.Millisecond
)

// await waits until a frame waits. errSilent when none does by the deadline.
func (i interrupt) await(ctx context.Context, by time.Time, status func() (bool, error)) error {
	start := time.Now()
	for {
		ready, err := i.look(status)
		if err != nil || ready {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		now := time.Now()
		if !now.Before(by) {
			return errSilent
		}
		if i.pin != nil && i.pin.Read() != gpio.Low {
			i.pin.WaitForEdge(min(slice, by.Sub(now)))
			continue
		}
		gap := quickLook
		if now.Sub(start) > quickFor {
			gap = slowLook
		}
		if err := pause(ctx, min(gap, by.Sub(now))); err != nil {
			return err
		}
	}
}

// look reports whether a frame waits. The line may still be low for a moment after a frame was read, so the status has the last word.
func (i interrupt) look(status func() (bool, error)) (bool, error) {
	if i.pin != nil && i.pin.Read() != gpio.Low {
		return false, nil
	}
	return status()
}
