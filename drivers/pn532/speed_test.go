package pn532

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"

	"motcua/drivers/apdu"
	"motcua/kiosk"
)

// adapter is a UART whose two ends have speeds, and a bridge that cannot carry all of them.
type adapter struct {
	fakeUART
	host, chip int
	next       int                         // speed the chip takes after the host's ACK
	long       map[int]func([]byte) []byte // what becomes of long frames from the chip, by speed
	deaf       map[int]bool                // speeds at which nothing passes
	silent     time.Time                   // until then nothing passes
}

func newAdapter() *adapter {
	a := &adapter{chip: startBaud}
	a.name = "/dev/ttyUSB0"
	a.fakeUART.answer = a.reply
	return a
}

func (a *adapter) Connect(f physic.Frequency, s uart.Stop, p uart.Parity, w uart.Flow, bits int) (conn.Conn, error) {
	c, err := a.fakeUART.Connect(f, s, p, w, bits)
	if err != nil {
		return nil, err
	}
	a.host = int(f / physic.Hertz)
	return speedConn{c.(fakeConn), a}, nil
}

type speedConn struct {
	fakeConn
	a *adapter
}

var _ net.Conn = speedConn{}

func (c speedConn) SetSpeed(f physic.Frequency) error {
	c.a.mu.Lock()
	defer c.a.mu.Unlock()
	c.a.host = int(f / physic.Hertz)
	return nil
}

func (a *adapter) reply(_ int, f []byte) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.host != a.chip || a.deaf[a.chip] || time.Now().Before(a.silent) {
		return nil
	}
	if bytes.Equal(f, ackFrame) && a.next != 0 {
		a.chip, a.next = a.next, 0
	}
	if len(f) == 6 && f[0] == 0 && f[2] == 0xFF {
		return nil
	}
	switch f[0] {
	case cmdSetSerialBaudRate:
		a.next = bauds[f[1]]
	case cmdGetFirmwareVersion:
		return acked(0x03, 0x32, 1, 6, 7)
	case cmdDiagnose:
		out := acked(append([]byte{1}, f[1:]...)...)
		if change := a.long[a.chip]; change != nil {
			return change(out)
		}
		return out
	case cmdInListPassive:
		return acked(0x4B, 0)
	}
	return acked(f[0] + 1)
}

// The speed falls back as far as the line asks for, within Check's two seconds.
func TestSpeeds(t *testing.T) {
	damage := func(b []byte) []byte { return damagedAt(b, 100) }
	loss := func(b []byte) []byte { return append(b[:60:60], b[90:]...) }
	for name, c := range map[string]struct {
		set  func(*adapter)
		opts *Opts
		want string
	}{
		"all speeds":                {func(*adapter) {}, nil, "921600"},
		"asked for less":            {func(*adapter) {}, &Opts{Baud: 230400}, "230400"},
		"asked for the first":       {func(*adapter) {}, &Opts{Baud: 115200}, "115200"},
		"asked for more":            {func(*adapter) {}, &Opts{Baud: 1288000}, "1288000"},
		"921600 damages":            {func(a *adapter) { a.long = map[int]func([]byte) []byte{921600: damage} }, nil, "460800"},
		"921600 loses":              {func(a *adapter) { a.long = map[int]func([]byte) []byte{921600: loss} }, nil, "460800"},
		"921600 and 460800 lose":    {func(a *adapter) { a.long = map[int]func([]byte) []byte{921600: loss, 460800: loss} }, nil, "230400"},
		"all but the first lose":    {func(a *adapter) { a.long = map[int]func([]byte) []byte{921600: loss, 460800: loss, 230400: loss} }, nil, "115200"},
		"left at 921600":            {func(a *adapter) { a.chip = 921600 }, nil, "921600"},
		"left at 460800":            {func(a *adapter) { a.chip = 460800 }, nil, "921600"},
		"first bytes are swallowed": {func(a *adapter) { a.silent = time.Now().Add(700 * time.Millisecond) }, nil, "921600"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAdapter()
			c.set(a)
			d, err := NewHSU(a, c.opts)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Halt(); a.close() })
			start := time.Now()
			if err := d.Check(context.Background()); err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(d.Info(), "at "+c.want+" baud") || time.Since(start) > 2*time.Second {
				t.Errorf("%s after %v", d.Info(), time.Since(start))
			}
			if err := d.Halt(); err != nil {
				t.Errorf("halt: %v", err)
			}
			if a.chip != startBaud {
				t.Errorf("left at %d baud", a.chip)
			}
		})
	}
}

// A speed at which nothing passes at all loses a chip that took it; that is said, in time.
func TestSpeedLosesChip(t *testing.T) {
	a := newAdapter()
	a.deaf = map[int]bool{921600: true}
	d, err := NewHSU(a, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Halt(); a.close() })
	start := time.Now()
	if err := d.Check(context.Background()); !errors.Is(err, apdu.ErrNoReader) || kiosk.CodeOf(err) != kiosk.CodeReaderMissing || time.Since(start) > 2*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}
