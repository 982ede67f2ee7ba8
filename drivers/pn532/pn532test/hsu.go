package pn532test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"
)

// serial is the device's high speed UART (UM0701-02 §6.2.3): its speed, and what a wrong speed or sleep does to bytes.
type serial struct {
	dev     *Device
	deliver func(ctx context.Context, b []byte) // to the host's receiver
	forget  func()                              // bytes not yet delivered
	speed   func() int                          // the host's, 0 unknown

	mu      sync.Mutex
	baud    int
	host    int       // the host's speed when it last sent
	swallow bool      // the next byte is lost
	waking  int       // bytes still lost while the oscillator starts…
	wokenAt time.Time // …unless time enough has passed since
}

// After the first edges on the line the chip needs its oscillator: bytes meanwhile are lost (UM0701-02 §6.3.2.3, §7.2.11).
const (
	wakeBytes = 8
	wakeTime  = 2 * time.Millisecond
)

// put sends a frame to the host at the device's speed.
func (s *serial) put(ctx context.Context, frame []byte) {
	s.mu.Lock()
	baud := s.baud
	s.mu.Unlock()
	s.dev.spendTime(ctx, lineTime(len(frame), baud))
	if ctx.Err() != nil {
		return
	}
	if host := s.speed(); host != 0 && host != baud {
		frame = garbled(frame)
	}
	s.deliver(ctx, frame)
}

func (s *serial) clear() { s.forget() }

// setBaud changes the speed, after the host's acknowledgement.
func (s *serial) setBaud(baud int, swallow bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.baud != baud {
		s.baud, s.swallow = baud, swallow
	}
}

// receive takes bytes from the host. Behind a pseudo terminal it learns of them later than they were sent, and the host may have
// changed its speed meanwhile: the first bytes after a change count as sent at either speed.
func (s *serial) receive(b []byte) {
	now := s.speed()
	s.mu.Lock()
	baud, before := s.baud, s.host
	s.host = now
	s.mu.Unlock()
	s.dev.spendTime(s.dev.ctx, lineTime(len(b), baud))
	if now != 0 && now != baud && before != baud {
		b = garbled(b)
	}
	if b = s.heard(b); len(b) > 0 {
		s.dev.bytesIn(b)
	}
}

// heard gives what of the bytes the chip is awake for.
func (s *serial) heard(b []byte) []byte {
	if !s.dev.awake(true) {
		s.mu.Lock()
		s.waking, s.wokenAt = wakeBytes, time.Now()
		s.mu.Unlock()
		b = b[1:] // the byte whose edges woke it
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waking > 0 && time.Since(s.wokenAt) > wakeTime {
		s.waking = 0
	}
	lost := min(s.waking, len(b))
	s.waking -= lost
	b = b[lost:]
	if s.swallow && len(b) > 0 {
		s.swallow = false
		b = b[1:]
	}
	return b
}

// garbled is what a receiver at another speed makes of bytes: never a frame.
func garbled(b []byte) []byte {
	out := make([]byte, len(b))
	for i, x := range b {
		out[i] = x<<1 | 0x81
	}
	return out
}

// lineTime gives the time of n bytes of ten bits each.
func lineTime(n, baud int) time.Duration {
	return time.Duration(n) * 10 * time.Second / time.Duration(baud)
}

// Port is the device's serial interface in memory: a periph uart port whose connection has what package drivers/uart's has.
type Port struct {
	dev   *Device
	line  *serial
	limit physic.Frequency

	mu       sync.Mutex // of what follows
	host     int        // the host's speed, 0 not connected
	inbox    []byte
	arrived  chan struct{} // closed and made anew when bytes, a deadline or the end come
	deadline time.Time
	closed   bool
}

var (
	_ uart.PortCloser = (*Port)(nil)
	_ conn.Conn       = (*Conn)(nil)
)

// Port makes this the host interface.
func (d *Device) Port() *Port {
	p := &Port{dev: d, arrived: make(chan struct{})}
	p.line = &serial{dev: d, baud: baudRates[baud115200], deliver: p.deliver, forget: p.forget, speed: p.speed}
	d.attach(p.line)
	return p
}

// Conn makes the serial interface the host interface, connected at 115200 baud.
func (d *Device) Conn() *Conn {
	p := d.Port()
	p.host = baudRates[baud115200]
	return &Conn{p}
}

// maxInbox bounds what a host that does not read can make the device hold.
const maxInbox = 64 << 10

func (p *Port) deliver(_ context.Context, b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.inbox)+len(b) <= maxInbox {
		p.inbox = append(p.inbox, b...)
	}
	p.wake()
}

// forget does nothing: what is on the wire arrives.
func (p *Port) forget() {}

func (p *Port) speed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.host
}

func (p *Port) wake() {
	close(p.arrived)
	p.arrived = make(chan struct{})
}

// String names the port.
func (p *Port) String() string { return p.dev.String() + " on a serial line" }

// Close ends reads that block. It may be called twice.
func (p *Port) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.wake()
	return nil
}

// LimitSpeed caps the speed.
func (p *Port) LimitSpeed(f physic.Frequency) error {
	if f < physic.Hertz {
		return errors.New("limit serial port: not a speed")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limit = f
	return nil
}

// Connect sets the host's speed. The chip wants 8 bits without parity, one stop bit, no flow control.
func (p *Port) Connect(f physic.Frequency, stop uart.Stop, parity uart.Parity, flow uart.Flow, bits int) (conn.Conn, error) {
	if stop != uart.One || parity != uart.NoParity || flow != uart.NoFlow || bits != 8 {
		return nil, fmt.Errorf("connect serial port: the chip wants 8N1 without flow control, not %d%c%d %s", bits, parity, stop, flow)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, fmt.Errorf("connect serial port: %w", os.ErrClosed)
	}
	if err := p.set(f); err != nil {
		return nil, err
	}
	return &Conn{p}, nil
}

func (p *Port) set(f physic.Frequency) error {
	if f < physic.Hertz || f > 4*physic.MegaHertz {
		return fmt.Errorf("set serial port: speed %s", f)
	}
	if p.limit > 0 {
		f = min(f, p.limit)
	}
	p.host = int(f / physic.Hertz)
	return nil
}

// Conn is the connected serial interface.
type Conn struct{ port *Port }

// String names the connection.
func (c *Conn) String() string { return c.port.String() }

// Duplex says that Tx writes first and reads then.
func (c *Conn) Duplex() conn.Duplex { return conn.Half }

// Tx writes all of w and fills r completely; without a deadline it gives up after two seconds without a byte too many.
func (c *Conn) Tx(w, r []byte) error {
	if len(w) > 0 {
		if _, err := c.Write(w); err != nil {
			return err
		}
	}
	if len(r) == 0 {
		return nil
	}
	c.port.mu.Lock()
	own := c.port.deadline.IsZero()
	c.port.mu.Unlock()
	if own {
		if err := c.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
			return err
		}
		defer func() { _ = c.SetReadDeadline(time.Time{}) }()
	}
	_, err := io.ReadFull(c, r)
	return err
}

// Write sends bytes to the device.
func (c *Conn) Write(b []byte) (int, error) {
	c.port.mu.Lock()
	closed := c.port.closed
	c.port.mu.Unlock()
	if closed {
		return 0, fmt.Errorf("write serial port: %w", os.ErrClosed)
	}
	c.port.line.receive(b)
	return len(b), nil
}

// Read gives what is there, at least a byte, and waits for it until the deadline.
func (c *Conn) Read(b []byte) (int, error) {
	p := c.port
	for {
		p.mu.Lock()
		n := copy(b, p.inbox)
		p.inbox = p.inbox[n:]
		arrived, deadline, closed := p.arrived, p.deadline, p.closed
		p.mu.Unlock()
		switch {
		case n > 0 || len(b) == 0:
			return n, nil
		case closed:
			return 0, fmt.Errorf("read serial port: %w", os.ErrClosed)
		}
		if !waitUntil(arrived, deadline) {
			return 0, fmt.Errorf("read serial port: %w", os.ErrDeadlineExceeded)
		}
	}
}

// waitUntil waits for the channel, false when the deadline (zero: none) passed first.
func waitUntil(arrived <-chan struct{}, deadline time.Time) bool {
	if deadline.IsZero() {
		<-arrived
		return true
	}
	t := time.NewTimer(time.Until(deadline))
	defer t.Stop()
	select {
	case <-arrived:
		return true
	case <-t.C:
		return false
	}
}

// SetReadDeadline ends a Read at t, the zero time never; one that blocks notices.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.port.mu.Lock()
	defer c.port.mu.Unlock()
	c.port.deadline = t
	c.port.wake()
	return nil
}

// SetSpeed changes the host's speed.
func (c *Conn) SetSpeed(f physic.Frequency) error {
	c.port.mu.Lock()
	defer c.port.mu.Unlock()
	return c.port.set(f)
}

// Speed gives the host's speed.
func (c *Conn) Speed() physic.Frequency {
	return physic.Frequency(c.port.speed()) * physic.Hertz
}

// Flush throws away what was received and not read.
func (c *Conn) Flush() error {
	c.port.mu.Lock()
	defer c.port.mu.Unlock()
	c.port.inbox = nil
	return nil
}
