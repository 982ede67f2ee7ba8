package pn532_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"

	"motcua/drivers/apdu"
	"motcua/drivers/pn532"
	"motcua/drivers/pn532/pn532test"
)

// badWire is a UART whose wire flips, loses and doubles bytes, both ways, one in several hundred.
type badWire struct {
	uart.Port
	random *rand.Rand
	every  int // bytes between two faults, at least; 0 never
	left   int
}

func (w *badWire) Connect(f physic.Frequency, s uart.Stop, p uart.Parity, fl uart.Flow, bits int) (conn.Conn, error) {
	c, err := w.Port.Connect(f, s, p, fl, bits)
	if err != nil {
		return nil, err
	}
	return &badConn{c.(line), w}, nil
}

// line is what a UART connection has.
type line interface {
	conn.Conn
	io.ReadWriter
	SetReadDeadline(time.Time) error
	SetSpeed(physic.Frequency) error
}

type badConn struct {
	line
	wire *badWire
}

// spoil gives bytes as they arrive.
func (w *badWire) spoil(b []byte) []byte {
	out := make([]byte, 0, len(b)+1)
	for _, c := range b {
		w.left--
		if w.every == 0 || w.left > 0 {
			out = append(out, c)
			continue
		}
		w.left = w.every + w.random.IntN(w.every)
		switch w.random.IntN(3) {
		case 0:
			out = append(out, c^1<<w.random.IntN(8))
		case 1: // lost
		case 2:
			out = append(out, c, c)
		}
	}
	return out
}

func (c *badConn) Write(b []byte) (int, error) {
	if _, err := c.line.Write(c.wire.spoil(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (c *badConn) Read(b []byte) (int, error) {
	n, err := c.line.Read(b[:len(b)/2])
	return copy(b, c.wire.spoil(b[:n])), err
}

// Whatever a bad wire does to single bytes, an APDU has the right answer or a typed error, by both paths.
func TestBadWire(t *testing.T) {
	for _, path := range []pn532.Path{pn532.PathSoftware, pn532.PathFirmware} {
		t.Run(path.String(), func(t *testing.T) {
			device, err := pn532test.New(pn532test.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer device.Close()
			device.Insert(echo{}, pn532test.CardOptions{FWI: 9})
			wire := &badWire{Port: device.Port(), random: rand.New(rand.NewPCG(1, uint64(path)))}
			d, err := pn532.NewHSU(wire, &pn532.Opts{Path: path, Wait: 2 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Check(context.Background()); err != nil {
				t.Fatal(err)
			}
			wire.every, wire.left = 700, 700
			var k apdu.Card
			good, bad := 0, 0
			for i := range 120 {
				if k == nil {
					if k, err = d.Connect(context.Background()); err != nil {
						bad++
						typed(t, err)
						continue
					}
				}
				command := make([]byte, 20+i)
				for j := range command {
					command[j] = byte(j % 7 * (i + j))
				}
				got, err := k.Transmit(context.Background(), command)
				if err != nil {
					bad++
					typed(t, err)
					k = nil
					continue
				}
				if good++; !bytes.Equal(got, append(command, 0x90, 0)) {
					t.Fatalf("command %d: wrong data: %X for %X", i, got, command)
				}
			}
			t.Logf("%d good, %d errors", good, bad)
			if good < bad {
				t.Errorf("%d good, %d errors", good, bad)
			}
			wire.every = 0
			if err := d.Halt(); err != nil {
				t.Error(err)
			}
		})
	}
}

func typed(t *testing.T, err error) {
	t.Helper()
	for _, e := range []error{apdu.ErrCardLost, apdu.ErrNoCard, apdu.ErrNoReader, apdu.ErrReader, apdu.ErrTimeout} {
		if errors.Is(err, e) {
			return
		}
	}
	t.Errorf("untyped error: %v", err)
}
