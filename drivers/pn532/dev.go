package pn532

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/uart"

	"motcua/drivers"
	"motcua/drivers/apdu"
	"motcua/drivers/tcl"
)

// Dev is one chip. It is safe for use by several goroutines; one card is used at a time.
type Dev struct {
	opts   Opts
	turn   chan struct{} // holds a token while somebody speaks to the chip
	halted context.Context
	halt   context.CancelFunc

	// What follows belongs to whoever holds the turn.
	chip   chip
	up     bool
	path   Path     // chosen by PathAuto so far
	doubts int      // sessions of the software path that failed where the firmware's worked
	rate   tcl.Rate // highest rate that was not seen to fail
	faults int      // damaged sessions at that rate
	card   *card    // of the last Connect, nil when none is open

	mu     sync.Mutex // guards what can be asked without the turn
	info   string
	online bool // up, as others see it
}

var (
	_ apdu.Slot      = (*Dev)(nil)
	_ drivers.Driver = (*Dev)(nil)
)

// NewHSU gives the chip on a UART. The port's connection must have Read, Write and SetReadDeadline, as drivers/uart has; with SetSpeed
// too, the speed is raised. Nothing is sent yet. nil opts are the zero Opts.
func NewHSU(p uart.Port, opts *Opts) (*Dev, error) {
	if p == nil {
		return nil, errors.New("pn532 needs a uart port")
	}
	return newDev(&hsu{port: p, baud: startBaud}, opts)
}

// NewSPI gives the chip on SPI. irq is its P70_IRQ line, nil when it is not wired. Nothing is sent yet.
func NewSPI(p spi.Port, irq gpio.PinIn, opts *Opts) (*Dev, error) {
	if p == nil {
		return nil, errors.New("pn532 needs an spi port")
	}
	o := opts.filled()
	clock := o.Speed
	if clock <= 0 {
		clock = defaultClock
	}
	if clock > maxClock {
		return nil, fmt.Errorf("pn532 on spi takes up to %s, not %s", maxClock, clock)
	}
	return newDev(&serialBus{port: p, clock: clock, lsb: o.LSBFirst, irq: interrupt{irq}}, opts)
}

// NewI2C gives the chip on I²C; addr 0 is [Addr]. irq is its P70_IRQ line, nil when it is not wired. Nothing is sent yet.
func NewI2C(b i2c.Bus, addr uint16, irq gpio.PinIn, opts *Opts) (*Dev, error) {
	if b == nil {
		return nil, errors.New("pn532 needs an i2c bus")
	}
	if addr == 0 {
		addr = Addr
	}
	o := opts.filled()
	return newDev(&twoWire{bus: b, addr: addr, clock: o.Speed, free: o.BusFree, irq: interrupt{irq}}, opts)
}

func newDev(l link, opts *Opts) (*Dev, error) {
	o := opts.filled()
	if _, ok := o.Rate.Divisor(); !ok {
		return nil, fmt.Errorf("bit rate %d: must be 106, 212, 424 or 848", int(o.Rate))
	}
	d := &Dev{opts: o, turn: make(chan struct{}, 1), chip: chip{link: l}, path: o.Path, rate: o.Rate}
	d.halted, d.halt = context.WithCancel(context.Background())
	return d, nil
}

// String gives "pn532:PORT".
func (d *Dev) String() string { return "pn532:" + d.chip.link.String() }

// Info says what the chip is, for people: "PN532 v1.6 at 921600 baud", "" as long as it was not brought up.
func (d *Dev) Info() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.info
}

// describe notes what Info tells.
func (d *Dev) describe(id identity) {
	info := fmt.Sprintf("PN5%02X v%d.%d", id.ic, id.version, id.revision)
	if h, ok := d.chip.link.(*hsu); ok {
		info += fmt.Sprintf(" at %d baud", h.baud)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.info = info
}

// take waits for the turn and gives a context that ends with ctx or Halt, and what gives the turn back.
func (d *Dev) take(ctx context.Context) (context.Context, func(), error) {
	if err := d.acquire(ctx); err != nil {
		return nil, nil, err
	}
	inner, done := d.join(ctx)
	return inner, done, nil
}

func (d *Dev) acquire(ctx context.Context) error {
	if d.halted.Err() != nil {
		return errHalted
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case d.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-d.halted.Done():
		return errHalted
	}
}

func (d *Dev) join(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(d.halted, cancel)
	return ctx, func() {
		stop()
		cancel()
		<-d.turn
	}
}

// upWithin bounds bringing a chip up, so that Check stays under two seconds.
const upWithin = 1500 * time.Millisecond

// ready brings the chip up unless it is.
func (d *Dev) ready(ctx context.Context) error {
	if d.up {
		return nil
	}
	within, cancel := context.WithTimeout(ctx, upWithin)
	defer cancel()
	id, err := d.chip.bringUp(within, d.opts)
	if err != nil {
		if within.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w: %w", errSilent, textOf(err))
		}
		return err
	}
	d.setUp(true)
	d.describe(id)
	return nil
}

// setUp notes whether the chip is up.
func (d *Dev) setUp(up bool) {
	d.up = up
	d.mu.Lock()
	defer d.mu.Unlock()
	d.online = up
}

func (d *Dev) isOnline() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.online
}

// failed notes what an error says of the link.
func (d *Dev) failed(err error) {
	if err != nil && ofLink(err) {
		d.setUp(false)
	}
}

// The patience of Check with others who speak to the chip, while it is known to answer and while it is not.
const (
	checkTurn = 100 * time.Millisecond
	checkWait = 1800 * time.Millisecond
)

// Check reports whether the chip answers. While somebody speaks to a chip that answers, that is the answer. Errors: reader_missing,
// reader_fault.
func (d *Dev) Check(ctx context.Context) error {
	err := d.check(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", errSilent, textOf(err))
	}
	if d.halted.Err() != nil {
		err = errHalted
	}
	return d.fault("check card reader", err)
}

func (d *Dev) check(ctx context.Context) error {
	patience := checkWait
	if d.isOnline() {
		patience = checkTurn
	}
	ctx, cancel := context.WithTimeout(ctx, checkWait)
	defer cancel()
	turn, stop := context.WithTimeout(ctx, patience)
	defer stop()
	if err := d.acquire(turn); err != nil {
		if d.isOnline() {
			return nil
		}
		return err
	}
	inner, done := d.join(ctx)
	defer done()
	err := d.look(inner)
	d.failed(err)
	return err
}

// look asks the chip for its version, bringing it up when it is not or does not answer.
func (d *Dev) look(ctx context.Context) error {
	if d.up {
		if _, err := d.chip.do(ctx, replyWait, 4, cmdGetFirmwareVersion); err == nil || ctx.Err() != nil {
			return err
		}
		d.drop()
		d.setUp(false)
	}
	return d.ready(ctx)
}

// drop declares the open card dead.
func (d *Dev) drop() {
	if d.card != nil {
		d.card.dead = true
		d.card = nil
	}
}

// haltWithin bounds what Halt does for the chip's good.
const haltWithin = 500 * time.Millisecond

// Halt ends every call, switches the field off and leaves a UART at its first speed. Later calls give apdu.ErrNoReader. It may be
// called twice. The port stays open; it is its opener's.
func (d *Dev) Halt() error {
	if d.halted.Err() != nil {
		return nil
	}
	d.halt()
	d.turn <- struct{}{} // those inside end within 100 ms
	defer func() { <-d.turn }()
	d.drop()
	if !d.up {
		return nil
	}
	d.setUp(false)
	ctx, cancel := context.WithTimeout(context.Background(), haltWithin)
	defer cancel()
	err := d.chip.field(ctx, false)
	if h, ok := d.chip.link.(*hsu); ok && err == nil && h.baud != startBaud {
		err = d.chip.changeBaud(ctx, h, startBaud)
	}
	return d.fault("halt card reader", err)
}
