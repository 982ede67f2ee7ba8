package pn532

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"
)

// startBaud is the speed of a chip that was just powered.
const startBaud = 115200

// serial is what a UART connection must offer beside periph's conn.Conn, whose Tx has no deadline.
type serial interface {
	io.ReadWriter
	SetReadDeadline(t time.Time) error
}

// speeder is a connection whose speed can be changed; without it the chip stays at 115200 baud.
type speeder interface {
	SetSpeed(f physic.Frequency) error
}

// hsu is the high speed UART (UM0701-02 §6.2.5): frames without anything around them.
type hsu struct {
	port uart.Port
	conn serial
	baud int
	buf  []byte // received and not done with
	next int    // bytes at the beginning of buf that are done with, the last frame among them

	store [4 * maxFrame]byte // where buf lies
}

func (h *hsu) String() string { return h.port.String() }

func (h *hsu) open() error {
	c, err := h.port.Connect(physic.Frequency(startBaud)*physic.Hertz, uart.One, uart.NoParity, uart.NoFlow, 8)
	if err != nil {
		return err
	}
	s, ok := c.(serial)
	if !ok {
		return fmt.Errorf("connection %s cannot read with a deadline: %w", c, errors.ErrUnsupported)
	}
	h.conn, h.baud, h.buf, h.next = s, startBaud, nil, 0
	return nil
}

// wakeUp is what a sleeping chip needs before a command: 55 55, then time, which zeroes give (UM0701-02 §7.2.11).
var wakeUp = append([]byte{0x55, 0x55}, make([]byte, 14)...)

func (h *hsu) wake(context.Context) ([]byte, error) { return wakeUp, nil }

func (h *hsu) write(_ context.Context, b []byte) error {
	_, err := h.conn.Write(b)
	return err
}

func (h *hsu) read(ctx context.Context, by time.Time, _ int) (frame, error) {
	last := time.Now() // when something came
	for {
		f, used, ok := parseFrame(h.buf[h.next:])
		h.next += used
		if ok {
			return f, nil
		}
		if err := ctx.Err(); err != nil {
			return frame{}, err
		}
		now := time.Now()
		begun := bytes.Contains(h.buf[h.next:], startCode)
		switch {
		case begun && now.Sub(last) > maxGap:
			h.buf, h.next = nil, 0
			return frame{kind: kindBroken}, nil
		case !begun && !now.Before(by):
			return frame{}, errSilent
		}
		before := len(h.buf) - h.next
		if err := h.more(now.Add(slice)); err != nil {
			return frame{}, err
		}
		if len(h.buf) > before {
			last = time.Now()
		}
	}
}

// maxGap is the longest pause within a frame; USB bridges deliver in portions 16 ms apart.
const maxGap = 60 * time.Millisecond

// more reads what there is until a moment.
func (h *hsu) more(by time.Time) error {
	if err := h.conn.SetReadDeadline(by); err != nil {
		return err
	}
	kept := copy(h.store[:], h.buf[h.next:])
	n, err := h.conn.Read(h.store[kept:])
	h.buf, h.next = h.store[:kept+max(n, 0)], 0
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

// silence is how long nothing must come for a line to count as drained; maxDrain bounds a line that babbles.
const (
	silence  = 5 * time.Millisecond
	maxDrain = 50 * time.Millisecond
)

func (h *hsu) drain() {
	end := time.Now().Add(maxDrain)
	for time.Now().Before(end) {
		if h.conn.SetReadDeadline(time.Now().Add(silence+h.cost(4))) != nil {
			break
		}
		if n, err := h.conn.Read(h.store[:]); n == 0 || err != nil {
			break
		}
	}
	h.buf, h.next = nil, 0
}

func (h *hsu) cost(n int) time.Duration {
	return time.Duration(n) * 10 * time.Second / time.Duration(h.baud)
}

func (h *hsu) hint() string {
	if strings.HasSuffix(h.port.String(), "ttyS0") {
		return "on a Raspberry Pi ttyS0 is the mini UART: use the PL011 (/dev/ttyAMA0, dtoverlay=disable-bt) and end the login console on it; then check TX, RX, power and the board's switch (HSU)"
	}
	return "is the board's switch on HSU, is TX wired to RX and RX to TX, and is it powered?"
}

// setSpeed changes the host's end.
func (h *hsu) setSpeed(baud int) error {
	s, ok := h.conn.(speeder)
	if !ok {
		return fmt.Errorf("change speed: %w", errors.ErrUnsupported)
	}
	if err := s.SetSpeed(physic.Frequency(baud) * physic.Hertz); err != nil {
		return err
	}
	h.baud = baud
	return nil
}
