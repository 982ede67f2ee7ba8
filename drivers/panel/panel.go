// Package panel is what is wired to the kiosk's case: lamps, and a sensor that tells whether somebody stands there, on GPIO lines.
//
// Lines are periph's, so they come from any board that Linux knows (gpioreg.ByName in the daemon) and from gpiotest in tests. A
// lamp is lit by a high level, through a transistor or a relay board: no pin drives a lamp itself. A line that fails is remembered
// for [Panel.Ready] and disturbs nobody.
//
// What a newcomer must know: presence sensors (infrared, radar) flicker, and people shift from foot to foot. Somebody counts as
// there after 0.3 s and as gone after 3 s. The line is read ten times a second rather than waited for: edges differ between
// kernels and boards, and a lost one would leave the kiosk believing in somebody for ever.
//
// Source: periph.io/x/conn/v3/gpio.
package panel

import (
	"context"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"motcua/drivers"
	"motcua/kiosk"
)

// Times of the sensor.
const (
	readEvery = 100 * time.Millisecond
	nearAfter = 300 * time.Millisecond
	awayAfter = 3 * time.Second
)

// Lines are the wired lines; nil for what the case does not have.
type Lines struct {
	Lamps    map[kiosk.Lamp]gpio.PinOut
	Presence gpio.PinIn // high: somebody stands there
}

// Panel is a [kiosk.Panel] on GPIO lines. Made by [New], ended by Halt.
type Panel struct {
	lines Lines

	mu     sync.Mutex
	err    error // of the last line that failed
	halted bool
}

var (
	_ kiosk.Panel    = (*Panel)(nil)
	_ drivers.Driver = (*Panel)(nil)
)

// New takes the lines: lamps off, the sensor's as an input. Error: unavailable, with the line's name.
func New(l Lines) (*Panel, error) {
	p := &Panel{lines: l}
	for _, name := range kiosk.Lamps {
		p.Light(name, false)
	}
	if l.Presence != nil {
		if err := l.Presence.In(gpio.PullDown, gpio.NoEdge); err != nil { // not every board has a pull-down: a sensor drives its line
			if err := l.Presence.In(gpio.PullNoChange, gpio.NoEdge); err != nil {
				p.failed(l.Presence.Name(), err)
			}
		}
	}
	return p, p.Ready()
}

// String names the panel.
func (p *Panel) String() string {
	n := 0
	for _, pin := range p.lines.Lamps {
		if pin != nil {
			n++
		}
	}
	sensor := "no presence sensor"
	if p.lines.Presence != nil {
		sensor = "a presence sensor"
	}
	return fmt.Sprintf("panel with %d lamps and %s", n, sensor)
}

// Light implements [kiosk.Panel].
func (p *Panel) Light(l kiosk.Lamp, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pin := p.lines.Lamps[l]
	if pin == nil || p.halted {
		return
	}
	if err := pin.Out(gpio.Level(on)); err != nil {
		p.fail(pin.Name(), err)
	}
}

// Presence implements [kiosk.Panel].
func (p *Panel) Presence(ctx context.Context) <-chan bool {
	out := make(chan bool)
	go func() {
		defer close(out)
		if p.lines.Presence == nil {
			<-ctx.Done()
			return
		}
		p.sense(ctx, out)
	}()
	return out
}

func (p *Panel) sense(ctx context.Context, out chan<- bool) {
	tick := time.NewTicker(readEvery)
	defer tick.Stop()
	var s steady
	for {
		select {
		case now := <-tick.C:
			if s.see(now, bool(p.lines.Presence.Read())) {
				select {
				case out <- s.is:
				case <-ctx.Done():
					return
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

// steady is somebody there, once that has lasted.
type steady struct {
	is    bool
	since time.Time // when the line began to say the opposite; zero when it does not
}

// see takes what the line says and tells whether that changed what is.
func (s *steady) see(now time.Time, level bool) bool {
	if level == s.is {
		s.since = time.Time{}
		return false
	}
	if s.since.IsZero() {
		s.since = now
	}
	wait := nearAfter
	if s.is {
		wait = awayAfter
	}
	if now.Sub(s.since) < wait {
		return false
	}
	s.is, s.since = level, time.Time{}
	return true
}

// Ready implements [kiosk.Panel].
func (p *Panel) Ready() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Check is Ready.
func (p *Panel) Check(context.Context) error { return p.Ready() }

func (p *Panel) failed(line string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail(line, err)
}

// fail remembers a line that failed. The lock is held.
func (p *Panel) fail(line string, err error) {
	p.err = kiosk.Errorf(kiosk.CodeUnavailable, "use the panel", "check [panel] in kiosk.toml and that the service may use GPIO", "line %s: %w", line, err)
}

// Halt puts the lamps out. It may be called twice.
func (p *Panel) Halt() error {
	for _, l := range kiosk.Lamps {
		p.Light(l, false)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.halted = true
	return nil
}
