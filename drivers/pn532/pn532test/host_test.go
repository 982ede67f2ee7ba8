package pn532test_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/uart"

	"motcua/drivers/pn532/pn532test"
)

// echo is a chip that answers every command with itself and 9000.
type echo struct{}

func (echo) PowerOn()                {}
func (echo) PowerOff()               {}
func (echo) Process(c []byte) []byte { return append(bytes.Clone(c), 0x90, 0x00) }

// line is a host that speaks bytes to the device's serial interface.
type line struct {
	t *testing.T
	*pn532test.Conn
	device *pn532test.Device
}

func newLine(t *testing.T, opt pn532test.Options) line {
	t.Helper()
	d, err := pn532test.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return line{t, d.Conn(), d}
}

// frame makes an information frame to the device, by hand.
func frame(data ...byte) []byte {
	n, sum := byte(len(data)+1), byte(0xD4)
	for _, b := range data {
		sum += b
	}
	f := append([]byte{0x00, 0x00, 0xFF, n, -n, 0xD4}, data...)
	return append(f, -sum, 0x00)
}

var ack = []byte{0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00}

// answer is the device's ACK and information frame.
func answer(data ...byte) []byte {
	n, sum := byte(len(data)+1), byte(0xD5)
	for _, b := range data {
		sum += b
	}
	f := append(bytes.Clone(ack), 0x00, 0x00, 0xFF, n, -n, 0xD5)
	return append(append(f, data...), -sum, 0x00)
}

func (l line) send(b ...byte) {
	l.t.Helper()
	if _, err := l.Write(b); err != nil {
		l.t.Fatal(err)
	}
}

// expect reads exactly these bytes.
func (l line) expect(want []byte) {
	l.t.Helper()
	got := make([]byte, len(want))
	if err := l.Tx(nil, got); err != nil {
		l.t.Fatalf("%v; want % X", err, want)
	}
	if !bytes.Equal(got, want) {
		l.t.Fatalf("the device sent % X, want % X", got, want)
	}
}

// silent wants nothing for a while.
func (l line) silent() {
	l.t.Helper()
	if err := l.SetReadDeadline(time.Now().Add(30 * time.Millisecond)); err != nil {
		l.t.Fatal(err)
	}
	buf := make([]byte, 64)
	if n, err := l.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		l.t.Fatalf("the device sent % X, %v", buf[:n], err)
	}
	if err := l.SetReadDeadline(time.Time{}); err != nil {
		l.t.Fatal(err)
	}
}

// do sends a command and wants this answer.
func (l line) do(command []byte, want ...byte) {
	l.t.Helper()
	l.send(frame(command...)...)
	l.expect(answer(want...))
}

// TestWakeUp loses what comes while the chip sleeps and wakes, and hears what follows.
func TestWakeUp(t *testing.T) {
	l := newLine(t, pn532test.Options{})
	l.send(frame(0x02)...)
	l.silent()
	l = newLine(t, pn532test.Options{})
	l.send(append([]byte{0x55, 0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, frame(0x14, 0x01)...)...)
	l.expect(answer(0x15))
	l.do([]byte{0x16, 0x10}, 0x17, 0x00) // PowerDown, to be woken by the serial line
	l.send(frame(0x02)...)
	l.silent()
	l.send(frame(0x02)...) // woken by the frame that was lost
	l.expect(answer(0x03, 0x32, 0x01, 0x06, 0x07))
}

// TestFrames walks through UM0701-02 §6.2: what is acknowledged, answered, refused and ignored.
func TestFrames(t *testing.T) {
	long := make([]byte, 262)
	for i := range long {
		long[i] = byte(i)
	}
	for name, test := range map[string]struct {
		send, want []byte
	}{
		"version":             {frame(0x02), answer(0x03, 0x32, 0x01, 0x06, 0x07)},
		"echo":                {frame(0x00, 0x00, 'a', 'b'), answer(0x01, 0x00, 'a', 'b')},
		"without preamble":    {frame(0x02)[1:], answer(0x03, 0x32, 0x01, 0x06, 0x07)},
		"after garbage":       {append([]byte{0xFF, 0x12, 0x00, 0x34}, frame(0x02)...), answer(0x03, 0x32, 0x01, 0x06, 0x07)},
		"after broken length": {append([]byte{0x00, 0x00, 0xFF, 0x05, 0x05}, frame(0x02)...), answer(0x03, 0x32, 0x01, 0x06, 0x07)},
		"after broken sum":    {append([]byte{0x00, 0x00, 0xFF, 0x02, 0xFE, 0xD4, 0x02, 0x11, 0x00}, frame(0x02)...), answer(0x03, 0x32, 0x01, 0x06, 0x07)},
		"extended": {
			[]byte{0x00, 0x00, 0xFF, 0xFF, 0xFF, 0x00, 0x02, 0xFE, 0xD4, 0x02, 0x2A, 0x00},
			answer(0x03, 0x32, 0x01, 0x06, 0x07),
		},
		"extended too long": {[]byte{0x00, 0x00, 0xFF, 0xFF, 0xFF, 0x01, 0x0A, 0xF5, 0xD4, 0x02, 0x2A, 0x00}, nil},
		"from the device":   {[]byte{0x00, 0x00, 0xFF, 0x02, 0xFE, 0xD5, 0x02, 0x29, 0x00}, nil},
		"unknown command":   {frame(0x7E), append(bytes.Clone(ack), 0x00, 0x00, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0x00)},
		"wrong parameters":  {frame(0x12), append(bytes.Clone(ack), 0x00, 0x00, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0x00)},
		"no command":        {frame(), append(bytes.Clone(ack), 0x00, 0x00, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0x00)},
		"general status":    {frame(0x04), answer(0x05, 0x00, 0x00, 0x00, 0x00)},
		"registers":         {frame(0x06, 0x63, 0x02, 0x63, 0x03), answer(0x07, 0x00, 0x00)},
		"no such target":    {frame(0x40, 0x01, 0x00), answer(0x41, 0x27)},
		"memory test":       {frame(0x00, 0x02), answer(0x01, 0x00)},
		"no field":          {frame(0x42, 0x30), answer(0x43, 0x01)},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLine(t, pn532test.Options{Awake: true})
			l.send(test.send...)
			l.expect(test.want)
			l.silent()
		})
	}
}

// TestEcho262 sends the largest extended frame both ways.
func TestEcho262(t *testing.T) {
	l := newLine(t, pn532test.Options{Awake: true})
	data := bytes.Repeat([]byte{0xA5}, 262)
	const n = 262 + 3 // identifier, command, test
	f := []byte{0x00, 0x00, 0xFF, 0xFF, 0xFF, n >> 8, n & 0xFF, 0xFF & -(n>>8 + n&0xFF), 0xD4, 0x00, 0x00}
	f = append(f, data...)
	sum := byte(0xD4)
	for _, b := range data {
		sum += b
	}
	l.send(append(f, -sum, 0x00)...)
	l.expect(ack)
	f[8], f[9] = 0xD5, 0x01
	l.expect(append(append([]byte(nil), f...), -(sum + 2), 0x00))
}

// TestNACK has the last answer sent again, as often as it is wanted.
func TestNACK(t *testing.T) {
	l := newLine(t, pn532test.Options{Awake: true})
	l.do([]byte{0x02}, 0x03, 0x32, 0x01, 0x06, 0x07)
	for range 3 {
		l.send(0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00)
		l.expect(answer(0x03, 0x32, 0x01, 0x06, 0x07)[len(ack):])
	}
}

// TestAbort ends a command that waits for a card by an ACK, and by another command; by default it waits for ever.
func TestAbort(t *testing.T) {
	l := newLine(t, pn532test.Options{Awake: true})
	l.send(frame(0x4A, 0x01, 0x00)...)
	l.expect(ack)
	l.silent()
	l.send(ack...)
	l.silent()
	l.send(frame(0x4A, 0x01, 0x00)...)
	l.expect(ack)
	l.do([]byte{0x02}, 0x03, 0x32, 0x01, 0x06, 0x07)
	l.send(frame(0x4A, 0x01, 0x00)...)
	l.expect(ack)
	l.device.Insert(echo{}, pn532test.CardOptions{Historical: []byte{}})
	l.expect(answer(0x4B, 1, 1, 0x00, 0x04, 0x20, 4, 0x08, 0x99, 0x90, 0x01, 5, 0x78, 0x77, 0x80, 0x02)[len(ack):])
}

// TestBaud changes the speed after the host's ACK, not before, and understands nothing at another.
func TestBaud(t *testing.T) {
	l := newLine(t, pn532test.Options{Awake: true})
	l.do([]byte{0x10, 0x07}, 0x11)
	l.do([]byte{0x02}, 0x03, 0x32, 0x01, 0x06, 0x07) // not acknowledged: still the old speed
	l.do([]byte{0x10, 0x07}, 0x11)
	l.send(ack...)
	l.send(frame(0x02)...) // the host stays at its speed
	l.silent()
	l = newLine(t, pn532test.Options{Awake: true})
	l.do([]byte{0x10, 0x07}, 0x11)
	l.send(ack...)
	if err := l.SetSpeed(921600 * physic.Hertz); err != nil {
		t.Fatal(err)
	}
	l.do([]byte{0x02}, 0x03, 0x32, 0x01, 0x06, 0x07)
	if err := l.SetSpeed(9600 * physic.Hertz); err != nil {
		t.Fatal(err)
	}
	l.send(0x00)
	l.send(frame(0x02)...)
	l.silent()
}

// TestSwallow loses the first byte after a change of speed.
func TestSwallow(t *testing.T) {
	l := newLine(t, pn532test.Options{Awake: true, Variant: "swallow"})
	l.do([]byte{0x10, 0x05}, 0x11)
	l.send(ack...)
	if err := l.SetSpeed(230400 * physic.Hertz); err != nil {
		t.Fatal(err)
	}
	l.send(frame(0x02)[2:]...) // without both bytes before FF: the start code is cut
	l.silent()
	l.do([]byte{0x02}, 0x03, 0x32, 0x01, 0x06, 0x07)
}

// TestActivation lists cards of both types and exchanges data by both commands.
func TestActivation(t *testing.T) {
	l := newLine(t, pn532test.Options{Awake: true})
	l.do([]byte{0x32, 0x05, 0xFF, 0x01, 0x00}, 0x33)
	l.do([]byte{0x4A, 0x01, 0x00}, 0x4B, 0)
	l.device.Insert(echo{}, pn532test.CardOptions{UID: []byte{4, 1, 2, 3, 4, 5, 6}, Historical: []byte{0x80}, FSC: 32, FWI: 6, MaxRate: 212})
	l.do([]byte{0x4A, 0x01, 0x00}, 0x4B, 1, 1, 0x00, 0x44, 0x20, 7, 4, 1, 2, 3, 4, 5, 6, 6, 0x72, 0x11, 0x60, 0x02, 0x80)
	l.do([]byte{0x4A, 0x01, 0x00}, 0x4B, 0) // in ISO/IEC 14443-4 the card hears no REQA
	l.do([]byte{0x32, 0x01, 0x00}, 0x33)
	l.do([]byte{0x12, 0x04}, 0x13) // no automatic RATS
	l.do([]byte{0x4A, 0x01, 0x00}, 0x4B, 1, 1, 0x00, 0x44, 0x20, 7, 4, 1, 2, 3, 4, 5, 6)
	l.do([]byte{0x42, 0xE0, 0x80}, 0x43, 0, 6, 0x72, 0x11, 0x60, 0x02, 0x80)
	l.do([]byte{0x42, 0xD0, 0x11, 0x05}, 0x43, 0, 0xD0)
	l.do([]byte{0x42, 0x02, 1, 2, 3}, 0x43, 0x01) // the card listens at 212 now
	l.do([]byte{0x08, 0x63, 0x02, 0x90, 0x63, 0x03, 0x90}, 0x09)
	l.do([]byte{0x42, 0x02, 1, 2, 3}, 0x43, 0, 0x02, 1, 2, 3, 0x90, 0x00)
	l.do([]byte{0x42, 0xB3}, 0x43, 0, 0xA2)                               // R(NAK) of the other number: nothing came
	l.do([]byte{0x42, 0xB2}, 0x43, 0, 0x02, 1, 2, 3, 0x90, 0x00)          // R(NAK) of this number: once more
	l.do(append([]byte{0x42, 0x03}, make([]byte, 30)...), 0x43, 0x01)     // longer than FSC
	l.do([]byte{0x42, 0x13, 1}, 0x43, 0, 0xA3)                            // chained
	l.do([]byte{0x42, 0x02, 2}, 0x43, 0, 0x02, 1, 2, 0x90, 0x00)          // its end
	l.do([]byte{0x42, 0xC2}, 0x43, 0, 0xC2)                               // DESELECT
	l.do([]byte{0x4A, 0x01, 0x00}, 0x4B, 0)                               // halted
	l.device.Insert(echo{}, pn532test.CardOptions{TypeB: true, FSC: 128}) // another card, type B
	l.do([]byte{0x4A, 0x01, 0x00}, 0x4B, 0)
	l.do([]byte{0x4A, 0x01, 0x03, 0x00}, 0x4B, 1, 1, 0x50, 0x08, 0x99, 0x90, 0x01, 0, 0, 0, 0, 0x77, 0x71, 0x81, 1, 0x01)
	l.do([]byte{0x40, 0x01, 0xCA}, 0x41, 0, 0xCA, 0x90, 0x00)
	l.do([]byte{0x00, 0x06}, 0x01, 0x00)
	l.device.Remove()
	l.do([]byte{0x00, 0x06}, 0x01, 0x01)
	l.do([]byte{0x52, 0x01}, 0x53, 0x01)
}

// TestTargets walks through the commands about a target: bit rates, status, select, deselect, release.
func TestTargets(t *testing.T) {
	l := newLine(t, pn532test.Options{Awake: true})
	l.do([]byte{0x32, 0x05, 0xFF, 0x01, 0x00}, 0x33)
	l.do([]byte{0x4E, 0x01, 0x02, 0x02}, 0x4F, 0x27)
	l.do([]byte{0x54, 0x01}, 0x55, 0x27)
	l.do([]byte{0x52, 0x00}, 0x53, 0x00)
	l.device.Insert(echo{}, pn532test.CardOptions{Historical: []byte{}, NoCID: true})
	l.do([]byte{0x4A, 0x01, 0x00}, 0x4B, 1, 1, 0x00, 0x04, 0x20, 4, 0x08, 0x99, 0x90, 0x01, 5, 0x78, 0x77, 0x80, 0x00)
	l.do([]byte{0x4E, 0x01, 0x03, 0x02}, 0x4F, 0x10) // 848 is not in the command
	l.do([]byte{0x4E, 0x01, 0x02, 0x01}, 0x4F, 0x00)
	l.do([]byte{0x04}, 0x05, 0x00, 0x00, 1, 1, 1, 2, 0x00, 0x00)
	l.do([]byte{0x06, 0x63, 0x02, 0x63, 0x03}, 0x07, 0xA0, 0x90)
	l.do([]byte{0x40, 0x01, 7}, 0x41, 0x00, 7, 0x90, 0x00)
	l.do([]byte{0x4E, 0x01, 0x00, 0x00}, 0x4F, 0x01) // too late for PPS
	l.do([]byte{0x54, 0x01}, 0x55, 0x00)
	l.do([]byte{0x44, 0x01}, 0x45, 0x00)
	l.do([]byte{0x40, 0x01, 7}, 0x41, 0x01) // halted
	l.do([]byte{0x52, 0x00}, 0x53, 0x01)
	l.do([]byte{0x40, 0x01, 7}, 0x41, 0x27) // released
	l.do([]byte{0x04}, 0x05, 0x27, 0x00, 0, 0x00)
	l.device.Insert(echo{}, pn532test.CardOptions{Memory: true, UID: []byte{1, 2, 3, 4}})
	l.do([]byte{0x4A, 0x01, 0x00}, 0x4B, 1, 1, 0x00, 0x04, 0x08, 4, 1, 2, 3, 4)
	l.do([]byte{0x40, 0x01, 0x30, 0x00}, append([]byte{0x41, 0x00}, make([]byte, 16)...)...)
	l.do([]byte{0x32, 0x01, 0x00}, 0x33)
	l.do([]byte{0x4A, 0x01, 0x00, 9, 9, 9, 9}, 0x4B, 0) // another identifier was asked for
	if len(l.device.Violations()) == 0 {
		t.Error("nothing was noted of what the card ignored")
	}
}

// TestUnconfigured finds no card before SAMConfiguration.
func TestUnconfigured(t *testing.T) {
	l := newLine(t, pn532test.Options{})
	l.device.Insert(echo{}, pn532test.CardOptions{Historical: []byte{}})
	l.send(make([]byte, 16)...)
	l.do([]byte{0x4A, 0x01, 0x00}, 0x4B, 0)
	l.do([]byte{0x42, 0x30}, 0x43, 0x27)
	l.do([]byte{0x14, 0x01, 0x14, 0x01}, 0x15)
	l.do([]byte{0x4A, 0x01, 0x00}, 0x4B, 1, 1, 0x00, 0x04, 0x20, 4, 0x08, 0x99, 0x90, 0x01, 5, 0x78, 0x77, 0x80, 0x02)
}

// TestChaining carries commands and responses longer than a host frame through InDataExchange.
func TestChaining(t *testing.T) {
	l := newLine(t, pn532test.Options{Awake: true, Variant: "small-pieces"})
	l.device.Insert(echo{}, pn532test.CardOptions{Historical: []byte{}})
	l.do([]byte{0x4A, 0x01, 0x00}, 0x4B, 1, 1, 0x00, 0x04, 0x20, 4, 0x08, 0x99, 0x90, 0x01, 5, 0x78, 0x77, 0x80, 0x02)
	part := bytes.Repeat([]byte{0x11}, 200)
	l.do(append([]byte{0x40, 0x41}, part...), 0x41, 0x00) // more follows
	l.do(append([]byte{0x40, 0x01}, part...), append([]byte{0x41, 0x40}, bytes.Repeat([]byte{0x11}, 240)...)...)
	l.do([]byte{0x40, 0x01}, append(append([]byte{0x41, 0x00}, bytes.Repeat([]byte{0x11}, 160)...), 0x90, 0x00)...)
}

// TestTear takes the card away with the response that passes the limit.
func TestTear(t *testing.T) {
	l := newLine(t, pn532test.Options{Awake: true})
	l.device.Insert(echo{}, pn532test.CardOptions{Historical: []byte{}})
	l.do([]byte{0x4A, 0x01, 0x00}, 0x4B, 1, 1, 0x00, 0x04, 0x20, 4, 0x08, 0x99, 0x90, 0x01, 5, 0x78, 0x77, 0x80, 0x02)
	l.device.Tear(6)
	l.do([]byte{0x40, 0x01, 1, 2, 3}, 0x41, 0, 1, 2, 3, 0x90, 0x00)
	l.do([]byte{0x40, 0x01, 1, 2, 3}, 0x41, 0x01)
	if l.device.Present() {
		t.Error("the card is still there")
	}
}

// TestBuses holds SPI and I²C to the chip's rules.
func TestBuses(t *testing.T) {
	d, err := pn532test.New(pn532test.Options{Awake: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	port := d.SPI()
	if _, err := port.Connect(physic.MegaHertz, spi.Mode0|spi.LSBFirst, 8); err == nil {
		t.Error("LSBFirst was accepted")
	}
	if _, err := port.Connect(6*physic.MegaHertz, spi.Mode0, 8); err == nil {
		t.Error("6 MHz was accepted")
	}
	if _, err := port.Connect(physic.MegaHertz, spi.Mode1, 8); err == nil {
		t.Error("mode 1 was accepted")
	}
	c, err := port.Connect(physic.MegaHertz, spi.Mode0, 8)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Tx(make([]byte, 3), make([]byte, 2)); err == nil {
		t.Error("two lengths were accepted")
	}
	status := func() byte {
		r := make([]byte, 2)
		if err := c.Tx([]byte{0x40, 0}, r); err != nil { // 02 with its bits turned round
			t.Fatal(err)
		}
		return r[1]
	}
	if status() != 0 {
		t.Error("ready before a command")
	}
	bus := d.I2C()
	if err := bus.Tx(0x25, nil, make([]byte, 1)); err == nil {
		t.Error("another address answered")
	}
	if err := errors.Join(bus.SetSpeed(400*physic.KiloHertz), bus.Tx(pn532test.Address, frame(0x02), nil)); err != nil {
		t.Fatal(err)
	}
	got := fetch(t, bus, 7)
	if !bytes.Equal(got[1:], ack) {
		t.Errorf("acknowledged with % X", got)
	}
	if got = fetch(t, bus, 8); got[0] != 1 || got[6] != 0xD5 { // cut short: the rest is lost
		t.Errorf("answered with % X", got)
	}
	if err := bus.Tx(pn532test.Address, []byte{0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00}, nil); err != nil {
		t.Fatal(err)
	}
	if got = fetch(t, bus, 14); !bytes.Equal(got[1:], answer(0x03, 0x32, 0x01, 0x06, 0x07)[len(ack):]) {
		t.Errorf("after NACK: % X", got)
	}
}

// fetch reads from the bus once something is ready.
func fetch(t *testing.T, bus i2c.Bus, n int) []byte {
	t.Helper()
	limit := time.NewTimer(5 * time.Second)
	defer limit.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		r := make([]byte, n)
		if err := bus.Tx(pn532test.Address, nil, r); err != nil {
			t.Fatal(err)
		}
		if r[0] == 1 {
			return r
		}
		select {
		case <-limit.C:
			t.Fatal("nothing became ready")
		case <-tick.C:
		}
	}
}

// TestWireTime takes the time the wire would: 115200 baud for 280 bytes each way.
func TestWireTime(t *testing.T) {
	l := newLine(t, pn532test.Options{Awake: true, WireTime: true})
	data := append([]byte{0x00, 0x00}, make([]byte, 230)...)
	began := time.Now()
	l.do(data, append([]byte{0x01, 0x00}, make([]byte, 230)...)...)
	bytes := 2*(230+9) + len(ack)
	want := time.Duration(bytes) * 10 * time.Second / 115200
	if took := time.Since(began); took < want {
		t.Errorf("%d bytes took %v, the wire needs %v", bytes, took, want)
	}
}

// TestPortManners refuses settings the chip has not, ends reads at Close, and gives the speed.
func TestPortManners(t *testing.T) {
	d, err := pn532test.New(pn532test.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	p := d.Port()
	if _, err := p.Connect(115200*physic.Hertz, uart.One, uart.Even, uart.NoFlow, 8); err == nil {
		t.Error("parity was accepted")
	}
	c, err := p.Connect(115200*physic.Hertz, uart.One, uart.NoParity, uart.NoFlow, 8)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.(*pn532test.Conn).Speed(); got != 115200*physic.Hertz {
		t.Errorf("speed %s", got)
	}
	read := make(chan error, 1)
	go func() {
		_, err := c.(*pn532test.Conn).Read(make([]byte, 1))
		read <- err
	}()
	if err := errors.Join(p.Close(), p.Close()); err != nil {
		t.Fatal(err)
	}
	if err := <-read; !errors.Is(err, os.ErrClosed) {
		t.Errorf("the read ended with %v", err)
	}
	if _, err := pn532test.New(pn532test.Options{Variant: "unheard"}); err == nil {
		t.Error("a variant there is not was made")
	}
}

// TestPTYEnds hangs up when the context ends and when the device is closed.
func TestPTYEnds(t *testing.T) {
	d, err := pn532test.New(pn532test.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p, err := d.ServePTY(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p.Path); err != nil {
		t.Error(err)
	}
	cancel()
	if err := errors.Join(p.Close(), p.Close()); err != nil {
		t.Error(err)
	}
	if _, err := d.ServePTY(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Close(), d.Close()); err != nil {
		t.Error(err)
	}
}
