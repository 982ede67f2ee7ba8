package pn532

import (
	"context"
	"fmt"
	"time"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"
)

// Addr is the chip's address on I²C.
const Addr = 0x24

// twoWire is I²C (UM0701-02 §6.2.3): every read begins with a byte whose lowest bit says whether a frame follows. A frame is read in
// one transaction; what is read beyond its end is ignored. A chip that is busy or asleep does not acknowledge its address.
type twoWire struct {
	bus   i2c.Bus
	addr  uint16
	clock physic.Frequency
	free  time.Duration // between two transactions
	irq   interrupt
	ended time.Time
	r     [maxFrame + 1]byte
}

func (t *twoWire) String() string { return fmt.Sprintf("%s(%#x)", t.bus, t.addr) }

func (t *twoWire) open() error {
	if t.clock > 0 {
		if err := t.bus.SetSpeed(t.clock); err != nil {
			return err
		}
	}
	return t.irq.open()
}

// wake addresses the chip, which wakes by its address and stretches the clock or does not acknowledge meanwhile.
func (t *twoWire) wake(ctx context.Context) ([]byte, error) {
	_, _ = t.fetch(ctx, 1) // a chip asleep does not acknowledge; the command that follows tells
	return nil, pause(ctx, wakeTime)
}

// addressTries is how often a chip is addressed that does not acknowledge.
const addressTries = 5

func (t *twoWire) write(ctx context.Context, b []byte) error {
	var err error
	for range addressTries {
		if err = t.tx(ctx, b, nil); err == nil || ctx.Err() != nil {
			return err
		}
		if err := pause(ctx, wakeTime); err != nil {
			return err
		}
	}
	return err
}

// tx makes one transaction, after the bus was free long enough.
func (t *twoWire) tx(ctx context.Context, w, r []byte) error {
	if err := pause(ctx, t.free-time.Since(t.ended)); err != nil {
		return err
	}
	err := t.bus.Tx(t.addr, w, r)
	t.ended = time.Now()
	return err
}

func (t *twoWire) read(ctx context.Context, by time.Time, size int) (frame, error) {
	n := min(size, maxFrame) + 1
	look := func() (bool, error) { return t.fetch(ctx, 1) }
	if t.irq.pin != nil { // the line says that it is worth reading at once
		look = func() (bool, error) { return t.fetch(ctx, n) }
	}
	if err := t.irq.await(ctx, by, look); err != nil {
		return frame{}, err
	}
	if t.irq.pin == nil {
		if err := t.tx(ctx, nil, t.r[:n]); err != nil {
			return frame{}, err
		}
	}
	return whole(t.r[1:n]), nil
}

// fetch reads n bytes and reports whether the first says that a frame follows. A chip that does not acknowledge its address is busy.
func (t *twoWire) fetch(ctx context.Context, n int) (bool, error) {
	if err := t.tx(ctx, nil, t.r[:n]); err != nil {
		return false, ctx.Err()
	}
	return t.r[0]&1 == 1, nil
}

// drain reads what waits and forgets it.
func (t *twoWire) drain() {
	ctx := context.Background()
	for range 3 {
		if ready, err := t.fetch(ctx, 1); err != nil || !ready {
			return
		}
		if t.tx(ctx, nil, t.r[:]) != nil {
			return
		}
	}
}

func (t *twoWire) cost(n int) time.Duration {
	clock := t.clock
	if clock == 0 {
		clock = 100 * physic.KiloHertz
	}
	return time.Duration(n+1)*9*clock.Period() + t.free
}

func (t *twoWire) hint() string {
	return "is the board's switch on I2C, does i2cdetect -y 1 show 24, and is dtparam=i2c_arm=on set?"
}
