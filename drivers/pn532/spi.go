package pn532

import (
	"context"
	"fmt"
	"math/bits"
	"time"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

// The first byte of an SPI transaction (UM0701-02 §6.2.4).
const (
	spiWrite  = 0x01
	spiStatus = 0x02
	spiRead   = 0x03
)

// serialBus is SPI: mode 0, least significant bit first, a status byte that says whether a frame waits. A frame is read in one
// transaction, for a second one would lose bytes; what is read beyond its end is ignored.
type serialBus struct {
	port  spi.Port
	clock physic.Frequency
	lsb   bool
	irq   interrupt
	conn  spi.Conn
	w, r  [maxFrame + 1]byte
}

func (s *serialBus) String() string { return s.port.String() }

func (s *serialBus) open() error {
	if s.conn == nil { // periph's ports are connected once
		mode := spi.Mode0
		if s.lsb {
			mode |= spi.LSBFirst
		}
		c, err := s.port.Connect(s.clock, mode, 8)
		if err != nil {
			return err
		}
		s.conn = c
	}
	return s.irq.open()
}

// wakeTime is how long the chip takes to wake after it was addressed (UM0701-02 §7.2.11).
const wakeTime = 2 * time.Millisecond

// wake addresses the chip, which wakes by its select line.
func (s *serialBus) wake(ctx context.Context) ([]byte, error) {
	if _, err := s.status(); err != nil {
		return nil, err
	}
	return nil, pause(ctx, wakeTime)
}

func (s *serialBus) write(_ context.Context, b []byte) error {
	if len(b)+1 > len(s.w) {
		return fmt.Errorf("write %d bytes: frame too long", len(b))
	}
	s.w[0] = spiWrite
	copy(s.w[1:], b)
	return s.tx(len(b)+1, nil)
}

// tx exchanges n bytes of s.w, turning bits where the port does not; what came in stands in s.r.
func (s *serialBus) tx(n int, r []byte) error {
	if !s.lsb {
		reverse(s.w[:n])
	}
	if err := s.conn.Tx(s.w[:n], r); err != nil {
		return err
	}
	if !s.lsb {
		reverse(r)
	}
	return nil
}

func reverse(b []byte) {
	for i, c := range b {
		b[i] = bits.Reverse8(c)
	}
}

// status asks whether a frame waits.
func (s *serialBus) status() (bool, error) {
	s.w[0], s.w[1] = spiStatus, 0
	err := s.tx(2, s.r[:2])
	return s.r[1]&1 == 1, err
}

func (s *serialBus) read(ctx context.Context, by time.Time, size int) (frame, error) {
	if err := s.irq.await(ctx, by, s.status); err != nil {
		return frame{}, err
	}
	n := min(size, maxFrame) + 1
	clear(s.w[:n])
	s.w[0] = spiRead
	if err := s.tx(n, s.r[:n]); err != nil {
		return frame{}, err
	}
	return whole(s.r[1:n]), nil
}

// whole gives the frame that a chunk holds; a chunk without one is broken.
func whole(b []byte) frame {
	if f, _, ok := parseFrame(b); ok {
		return f
	}
	return frame{kind: kindBroken}
}

// drain reads what waits and forgets it.
func (s *serialBus) drain() {
	for range 3 {
		if ready, err := s.status(); err != nil || !ready {
			return
		}
		clear(s.w[:])
		s.w[0] = spiRead
		if s.tx(len(s.w), s.r[:]) != nil {
			return
		}
	}
}

func (s *serialBus) cost(n int) time.Duration {
	return time.Duration(n) * 8 * s.clock.Period()
}

func (s *serialBus) hint() string {
	return "is the board's switch on SPI, are SCK, MOSI, MISO and SS wired, and is dtparam=spi=on set?"
}
