package pn532

import (
	"bytes"
	"context"
	"errors"
	"math/bits"
	"os"
	"testing"
	"time"

	"periph.io/x/conn/v3/conntest"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c/i2ctest"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi/spitest"
)

// ask sends GetFirmwareVersion over a link and wants the version.
func ask(t *testing.T, l link) {
	t.Helper()
	if err := l.open(); err != nil {
		t.Fatal(err)
	}
	c := chip{link: l}
	got, err := c.do(context.Background(), time.Second, 4, cmdGetFirmwareVersion)
	if err != nil || !bytes.Equal(got, version) {
		t.Fatalf("%X, %v", got, err)
	}
}

var (
	askVersion  = []byte{0, 0, 0xFF, 2, 0xFE, 0xD4, 0x02, 0x2A, 0}
	tellVersion = []byte{0, 0, 0xFF, 6, 0xFA, 0xD5, 0x03, 0x32, 1, 6, 7, 0xE8, 0}
)

// turned gives bytes with their bits in the other order.
func turned(b ...byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = bits.Reverse8(c)
	}
	return out
}

func same(b ...byte) []byte { return b }

// spiOps is a conversation over SPI: write, status until ready, read, each led by its byte.
func spiOps(order func(...byte) []byte) []conntest.IO {
	status := func(ready byte) conntest.IO { return conntest.IO{W: order(2, 0), R: order(0, ready)} }
	read := func(b []byte) conntest.IO {
		return conntest.IO{W: order(append([]byte{3}, make([]byte, len(b))...)...), R: order(append([]byte{0}, b...)...)}
	}
	return []conntest.IO{
		{W: order(append([]byte{1}, askVersion...)...)},
		status(0), status(1), read(ackFrame),
		status(0), status(0), status(1), read(tellVersion),
	}
}

func TestSPIPlayback(t *testing.T) {
	for name, c := range map[string]struct {
		lsb   bool
		order func(...byte) []byte
	}{"bits turned in software": {false, turned}, "port shifts LSB first": {true, same}} {
		p := &spitest.Playback{Playback: conntest.Playback{Ops: spiOps(c.order), DontPanic: true}}
		ask(t, &serialBus{port: p, clock: physic.MegaHertz, lsb: c.lsb})
		if err := p.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// irqPin is low from the second look on.
type irqPin struct {
	gpio.PinIn
	edge  gpio.Edge
	waits int
}

func (p *irqPin) In(_ gpio.Pull, e gpio.Edge) error { p.edge = e; return nil }
func (p *irqPin) Read() gpio.Level                  { return gpio.Level(p.waits == 0) }
func (p *irqPin) WaitForEdge(time.Duration) bool    { p.waits++; return true }

// With the interrupt line the status is asked for only when the line is low.
func TestSPIInterrupt(t *testing.T) {
	pin := &irqPin{}
	ops := spiOps(turned)
	p := &spitest.Playback{Playback: conntest.Playback{Ops: []conntest.IO{ops[0], ops[2], ops[3], ops[6], ops[7]}, DontPanic: true}}
	ask(t, &serialBus{port: p, clock: physic.MegaHertz, irq: interrupt{pin}})
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if pin.edge != gpio.FallingEdge || pin.waits != 1 {
		t.Errorf("edge %v, %d waits", pin.edge, pin.waits)
	}
}

// An answer damaged on the bus is asked for again, and then read at full length.
func TestSPIAnswerAgain(t *testing.T) {
	ops := spiOps(turned)
	bad := conntest.IO{W: ops[7].W, R: bytes.Clone(ops[7].R)}
	bad.R[9] ^= 1
	nack := conntest.IO{W: turned(append([]byte{1}, nackFrame...)...)}
	idle := conntest.IO{W: turned(2, 0), R: turned(0, 0)}
	long := frameSize(maxLength - 1)
	again := conntest.IO{W: turned(append([]byte{3}, make([]byte, long)...)...), R: append(bytes.Clone(ops[7].R), make([]byte, long-len(tellVersion))...)}
	p := &spitest.Playback{Playback: conntest.Playback{
		Ops: []conntest.IO{ops[0], ops[2], ops[3], ops[6], bad, idle, nack, ops[6], again}, DontPanic: true,
	}}
	ask(t, &serialBus{port: p, clock: physic.MegaHertz})
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// On I²C the frame is read at once when the line is low; one that is still low from the frame before costs a second read.
func TestI2CInterrupt(t *testing.T) {
	ops := i2cOps()
	early := i2ctest.IO{Addr: Addr, R: make([]byte, 1+len(tellVersion))}
	p := &i2ctest.Playback{Ops: []i2ctest.IO{ops[0], ops[3], early, ops[6]}, DontPanic: true}
	ask(t, &twoWire{bus: p, addr: Addr, irq: interrupt{&irqPin{}}})
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func i2cOps() []i2ctest.IO {
	status := func(ready byte) i2ctest.IO { return i2ctest.IO{Addr: Addr, R: []byte{ready}} }
	read := func(b []byte) i2ctest.IO { return i2ctest.IO{Addr: Addr, R: append([]byte{1}, b...)} }
	return []i2ctest.IO{{Addr: Addr, W: askVersion}, status(0), status(1), read(ackFrame), status(0), status(1), read(tellVersion)}
}

func TestI2CPlayback(t *testing.T) {
	p := &i2ctest.Playback{Ops: i2cOps(), DontPanic: true}
	l := &twoWire{bus: p, addr: Addr, free: 2 * time.Millisecond}
	start := time.Now()
	ask(t, l)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took < 6*2*time.Millisecond {
		t.Errorf("7 transactions in %v: the bus was not left free", took)
	}
}

// A chip that is waking does not acknowledge its address; writing is tried again.
func TestI2CNotAcknowledged(t *testing.T) {
	p := &i2ctest.Playback{Ops: i2cOps(), DontPanic: true}
	ask(t, &twoWire{bus: &deaf{Playback: p, times: 2}, addr: Addr})
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	l := &twoWire{bus: &deaf{Playback: p, times: 1 << 20}, addr: Addr}
	if err := l.write(context.Background(), askVersion); !errors.Is(err, errNoACK) {
		t.Errorf("a chip that is not there: %v", err)
	}
}

var errNoACK = errors.New("remote i/o error")

type deaf struct {
	*i2ctest.Playback
	times int
}

func (d *deaf) Tx(addr uint16, w, r []byte) error {
	if d.times > 0 {
		d.times--
		return errNoACK
	}
	return d.Playback.Tx(addr, w, r)
}

// playedUART gives a conversation recorded by conntest the methods of a UART connection.
type playedUART struct{ *conntest.Playback }

func (p playedUART) SetReadDeadline(time.Time) error { return nil }

func (p playedUART) Write(b []byte) (int, error) { return len(b), p.Tx(b, nil) }

func (p playedUART) Read(b []byte) (int, error) {
	if p.Count >= len(p.Ops) || len(p.Ops[p.Count].R) == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return len(p.Ops[p.Count].R), p.Tx(nil, b[:len(p.Ops[p.Count].R)])
}

// Short reads, garbage between frames, and a frame cut anywhere.
func TestHSUPlayback(t *testing.T) {
	for cut := 1; cut < len(tellVersion); cut++ {
		p := &conntest.Playback{DontPanic: true, Ops: []conntest.IO{
			{W: askVersion}, {R: []byte{0x55}}, {R: ackFrame[:3]}, {R: join(ackFrame[3:], []byte{0, 0x11}, tellVersion[:cut])}, {R: tellVersion[cut:]},
		}}
		c := chip{link: &hsu{conn: playedUART{p}, baud: startBaud}}
		got, err := c.do(context.Background(), time.Second, 4, cmdGetFirmwareVersion)
		if err != nil || !bytes.Equal(got, version) {
			t.Fatalf("cut at %d: %X, %v", cut, got, err)
		}
	}
}

// The wake-up comes right before the first command, in one write.
func TestHSUWakeUp(t *testing.T) {
	sam := appendFrame(nil, []byte{cmdSAMConfiguration, 1, 0x14, 1})
	p := &conntest.Playback{DontPanic: true, Ops: []conntest.IO{
		{W: join([]byte{0x55, 0x55}, make([]byte, 14), sam)}, {R: acked(0x15)},
	}}
	c := chip{link: &hsu{conn: playedUART{p}, baud: startBaud}}
	if err := c.call(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
