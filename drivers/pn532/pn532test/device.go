package pn532test

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Options of a device. The zero value is a genuine PN532 with firmware 1.6 that takes no time.
type Options struct {
	Variant  string // one of Variants; "" is genuine
	WireTime bool   // host link and radio take the time they would
	Noise    Noise  // what the radio does to frames
	Awake    bool   // the host's interface is awake and SAMConfiguration was done, as after a host that did not power it down
}

// Stats count what went through a device.
type Stats struct {
	HostFrames  int // frames from and to the host, acknowledgements among them
	HostBytes   int // bytes on the host link, both ways
	RadioFrames int // frames on the air, both ways
	RadioBytes  int
	APDUs       int // commands the chip answered
	Lost        int // frames the noise lost
	Corrupted   int // frames the noise damaged
	Late        int // answers of the card that came after the reader's timeout
}

// Device is one PN532. It is safe for use by several goroutines. One host interface is in use at a time, as the pins of the
// real chip choose one.
type Device struct {
	opt     Options
	variant Variant
	ctx     context.Context
	cancel  context.CancelFunc
	field   *field
	irq     *irqPin

	mu         sync.Mutex // of what follows
	closed     bool
	wg         sync.WaitGroup
	stats      Stats
	violations []string
	owed       time.Duration // wire time not spent yet; negative when timers ended late

	link link // bytes and frames
	fw   firmware
}

// New makes a device. It fails for an unknown variant.
func New(opt Options) (*Device, error) {
	v, err := variantByName(opt.Variant)
	if err != nil {
		return nil, err
	}
	d := &Device{opt: opt, variant: v, irq: newIRQ()}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.field = newField(d, opt.Noise)
	d.fw.reset()
	d.fw.configured = opt.Awake
	d.link.asleep = !opt.Awake
	return d, nil
}

// String names the device.
func (d *Device) String() string { return "simulated PN532 (" + d.variant.Name + ")" }

// Close ends everything the device does. It may be called twice.
func (d *Device) Close() error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.cancel()
	d.field.remove()
	d.wg.Wait()
	return nil
}

// run starts a goroutine that Close waits for; a closed device starts none.
func (d *Device) run(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.wg.Go(f)
}

// Stats gives the counters.
func (d *Device) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

func (d *Device) count(change func(*Stats)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.stats)
}

// maxViolations bounds the list: a hostile host must not fill the memory.
const maxViolations = 100

// Violations gives, in words, what a host did that a card or the chip had to ignore, at most the first hundred. With a noisy
// radio some are no fault of the host's.
func (d *Device) Violations() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.violations...)
}

func (d *Device) note(violation string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.violations) < maxViolations {
		d.violations = append(d.violations, fmt.Sprintf(violation, args...))
	}
}

// spendTime lets modelled time pass. What a timer oversleeps is taken off the next waits, so that a busy machine does not add to
// the model; what the host takes is not.
func (d *Device) spendTime(ctx context.Context, t time.Duration) {
	if !d.opt.WireTime || t <= 0 {
		return
	}
	d.mu.Lock()
	d.owed += t
	wait := d.owed
	d.mu.Unlock()
	if wait <= 0 {
		return
	}
	began := time.Now()
	_ = pause(ctx, wait) // the caller looks at ctx
	d.mu.Lock()
	defer d.mu.Unlock()
	d.owed = max(d.owed-time.Since(began), -oversleepMost)
}

// oversleepMost bounds what is made good of one timer that ended late.
const oversleepMost = 20 * time.Millisecond
