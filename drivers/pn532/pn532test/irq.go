package pn532test

import (
	"errors"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/pin"
)

// irqPin is P70_IRQ: low while a frame for the host waits.
type irqPin struct {
	mu      sync.Mutex
	enabled bool // by SAMConfiguration
	waiting bool
	halted  chan struct{} // closed and made anew by Halt
	falls   chan struct{} // holds one falling edge nobody has waited for yet
}

var _ gpio.PinIn = (*irqPin)(nil)

func newIRQ() *irqPin {
	return &irqPin{halted: make(chan struct{}), falls: make(chan struct{}, 1)}
}

func (p *irqPin) enable(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.enabled = on
	if on && p.waiting {
		p.fall()
	}
}

// set says whether a frame waits.
func (p *irqPin) set(waiting bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.waiting
	p.waiting = waiting
	if waiting && !before && p.enabled {
		p.fall()
	}
}

func (p *irqPin) fall() {
	select {
	case p.falls <- struct{}{}:
	default:
	}
}

// String names the pin.
func (p *irqPin) String() string { return "P70_IRQ" }

// Halt ends a WaitForEdge.
func (p *irqPin) Halt() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.halted)
	p.halted = make(chan struct{})
	return nil
}

// Name is String.
func (p *irqPin) Name() string { return p.String() }

// Number gives -1: no number on a host.
func (p *irqPin) Number() int { return -1 }

// Function says that the pin is an input of the host.
func (p *irqPin) Function() string { return string(p.Func()) }

// Func says that the pin is an input of the host.
func (p *irqPin) Func() pin.Func { return gpio.IN }

// In prepares for edges; the line falls and rises, so either will do. It forgets an edge that was not waited for.
func (p *irqPin) In(_ gpio.Pull, edge gpio.Edge) error {
	if edge == gpio.RisingEdge {
		return errors.New("the line falls when a frame waits: wait for the falling edge")
	}
	select {
	case <-p.falls:
	default:
	}
	return nil
}

// Read gives the level.
func (p *irqPin) Read() gpio.Level {
	p.mu.Lock()
	defer p.mu.Unlock()
	return gpio.Level(!p.enabled || !p.waiting)
}

// WaitForEdge waits for the line to fall; a negative timeout is none.
func (p *irqPin) WaitForEdge(timeout time.Duration) bool {
	p.mu.Lock()
	halted := p.halted
	p.mu.Unlock()
	var over <-chan time.Time
	if timeout >= 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-p.falls:
		return true
	case <-halted:
	case <-over:
	}
	return false
}

// Pull gives the pull-up of the line.
func (p *irqPin) Pull() gpio.Pull { return gpio.PullUp }

// DefaultPull gives the pull-up of the line.
func (p *irqPin) DefaultPull() gpio.Pull { return gpio.PullUp }

// IRQ gives the interrupt line, for hosts on SPI and I²C.
func (d *Device) IRQ() gpio.PinIn { return d.irq }
