package pn532test

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"sync"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

// mailbox holds the frames a host on SPI or I²C has not fetched: it must ask whether one is ready.
type mailbox struct {
	dev    *Device
	mu     sync.Mutex
	frames [][]byte
	offset int // bytes of the first frame that were read
}

// put lays a frame ready.
func (m *mailbox) put(_ context.Context, frame []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frames = append(m.frames, frame)
	m.dev.irq.set(true)
}

func (m *mailbox) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frames, m.offset = nil, 0
	m.dev.irq.set(false)
}

func (m *mailbox) ready() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.frames) > 0
}

// next gives the next byte of the frame being read, 00 beyond its end and without one.
func (m *mailbox) next() byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.frames) == 0 || m.offset >= len(m.frames[0]) {
		return 0
	}
	m.offset++
	return m.frames[0][m.offset-1]
}

// done ends a read: the frame is gone when it was read whole, or when anything of it was and the bus cannot go on (whole).
func (m *mailbox) done(whole bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.frames) == 0 || m.offset == 0 || (!whole && m.offset < len(m.frames[0])) {
		return
	}
	m.frames, m.offset = m.frames[1:], 0
	m.dev.irq.set(len(m.frames) > 0)
}

// SPI operations: the first byte of every transfer (UM0701-02 §6.2.5).
const (
	spiWrite  byte = 0x01
	spiStatus byte = 0x02
	spiRead   byte = 0x03
)

// maxSPIClock is what the chip bears (data sheet §8.3.5).
const maxSPIClock = 5 * physic.MegaHertz

// SPIPort is the device's serial peripheral interface: mode 0, low bit first. As on a Raspberry Pi, the bus itself sends the high
// bit first and refuses spi.LSBFirst, so a host turns the bits round by itself.
type SPIPort struct {
	dev   *Device
	box   *mailbox
	mu    sync.Mutex // one transfer at a time
	limit physic.Frequency
	clock physic.Frequency
}

var (
	_ spi.PortCloser = (*SPIPort)(nil)
	_ spi.Conn       = (*spiConn)(nil)
)

// SPI makes this the host interface.
func (d *Device) SPI() *SPIPort {
	p := &SPIPort{dev: d, box: &mailbox{dev: d}}
	d.attach(p.box)
	return p
}

// String names the port.
func (p *SPIPort) String() string { return p.dev.String() + " on SPI" }

// Close does nothing: the device outlives its host.
func (p *SPIPort) Close() error { return nil }

// LimitSpeed caps the clock.
func (p *SPIPort) LimitSpeed(f physic.Frequency) error {
	if f <= 0 {
		return errors.New("limit SPI clock: not a frequency")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limit = f
	return nil
}

// Connect refuses what the chip cannot do.
func (p *SPIPort) Connect(f physic.Frequency, mode spi.Mode, bits int) (spi.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.limit > 0 && (f == 0 || f > p.limit) {
		f = p.limit
	}
	switch {
	case mode&spi.LSBFirst != 0:
		return nil, errors.New("connect SPI: this bus sends the high bit first alone")
	case mode != spi.Mode0 || bits != 8:
		return nil, fmt.Errorf("connect SPI: mode %s with %d bits, the chip has mode 0 with 8", mode, bits)
	case f <= 0 || f > maxSPIClock:
		return nil, fmt.Errorf("connect SPI: the chip bears a clock of %s, not %s", maxSPIClock, f)
	}
	p.clock = f
	return &spiConn{p}, nil
}

type spiConn struct{ port *SPIPort }

func (c *spiConn) String() string { return c.port.String() }

// Duplex is full: every byte goes both ways.
func (c *spiConn) Duplex() conn.Duplex { return conn.Full }

// MaxTxSize is the buffer of Linux' spidev.
func (c *spiConn) MaxTxSize() int { return 4096 }

// Tx is one transfer, from chip select to chip select.
func (c *spiConn) Tx(w, r []byte) error { return c.TxPackets([]spi.Packet{{W: w, R: r}}) }

// TxPackets is one transfer, or several where a packet before the last lets go of chip select.
func (c *spiConn) TxPackets(packets []spi.Packet) error {
	c.port.mu.Lock()
	defer c.port.mu.Unlock()
	var t spiTransfer
	for _, k := range packets {
		n := max(len(k.W), len(k.R))
		if len(k.W) != 0 && len(k.R) != 0 && len(k.W) != len(k.R) {
			return errors.New("SPI transfer: both directions must have the same length")
		}
		if n > c.MaxTxSize() {
			return fmt.Errorf("SPI transfer: %d bytes, the bus takes %d", n, c.MaxTxSize())
		}
		for i := range n {
			var in byte
			if len(k.W) > 0 {
				in = k.W[i]
			}
			out := c.port.clockByte(&t, bits.Reverse8(in))
			if len(k.R) > 0 {
				k.R[i] = bits.Reverse8(out)
			}
		}
		if !k.KeepCS {
			c.port.finish(&t)
			t = spiTransfer{}
		}
	}
	c.port.finish(&t)
	return nil
}

// spiTransfer is what happens between two edges of chip select.
type spiTransfer struct {
	n       int  // bytes so far
	op      byte // the first
	written []byte
	status  byte
}

// clockByte moves one byte each way.
func (p *SPIPort) clockByte(t *spiTransfer, in byte) (out byte) {
	t.n++
	if t.n == 1 {
		t.op = in
		if p.box.ready() {
			t.status = 1
		}
		p.dev.awake(true)
		return p.first(in)
	}
	switch t.op {
	case spiWrite:
		t.written = append(t.written, in)
	case spiStatus:
		return t.status
	case spiRead:
		return p.box.next()
	}
	return 0
}

// first is what the chip shifts out with the operation byte: the next byte of a frame whose reading was interrupted, which is
// how a host that reads in pieces loses one (seen on the real chip).
func (p *SPIPort) first(op byte) byte {
	p.box.mu.Lock()
	started := p.box.offset > 0
	p.box.mu.Unlock()
	if op == spiRead && started {
		return p.box.next()
	}
	return 0
}

// finish is the rising edge of chip select.
func (p *SPIPort) finish(t *spiTransfer) {
	if t.n == 0 {
		return
	}
	p.dev.spendTime(p.dev.ctx, time.Duration(t.n)*8*time.Second/time.Duration(p.clock/physic.Hertz))
	switch t.op {
	case spiWrite:
		p.dev.bytesIn(t.written)
	case spiRead:
		p.box.done(false)
	}
	*t = spiTransfer{}
}

// Address is the chip's address on I²C.
const Address uint16 = 0x24

// I2CBus is a bus with the device alone on it.
type I2CBus struct {
	dev   *Device
	box   *mailbox
	mu    sync.Mutex
	clock physic.Frequency
}

var _ i2c.BusCloser = (*I2CBus)(nil)

// I2C makes this the host interface.
func (d *Device) I2C() *I2CBus {
	b := &I2CBus{dev: d, box: &mailbox{dev: d}, clock: 100 * physic.KiloHertz}
	d.attach(b.box)
	return b
}

// String names the bus.
func (b *I2CBus) String() string { return b.dev.String() + " on I2C" }

// Close does nothing: the device outlives its host.
func (b *I2CBus) Close() error { return nil }

// SetSpeed changes the clock, 400 kHz at most.
func (b *I2CBus) SetSpeed(f physic.Frequency) error {
	if f <= 0 || f > 400*physic.KiloHertz {
		return fmt.Errorf("set I2C clock: the chip bears 400 kHz, not %s", f)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = f
	return nil
}

// Tx writes a frame, or reads: one byte that says whether a frame is ready, then the frame. What one read leaves of a frame is lost;
// a NACK frame brings it again (UM0701-02 §6.2.4).
func (b *I2CBus) Tx(addr uint16, w, r []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if addr != Address {
		return fmt.Errorf("I2C transfer: no device at %#x", addr)
	}
	b.dev.spendTime(b.dev.ctx, time.Duration(len(w)+len(r)+1)*9*time.Second/time.Duration(b.clock/physic.Hertz))
	b.dev.awake(true)
	if len(w) > 0 {
		b.dev.bytesIn(w)
	}
	if len(r) == 0 {
		return nil
	}
	clear(r)
	if !b.box.ready() {
		return nil
	}
	r[0] = 0x01
	for i := range r[1:] {
		r[1+i] = b.box.next()
	}
	b.box.done(true)
	return nil
}
