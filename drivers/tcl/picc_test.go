package tcl

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"
)

// picc is a card by the rules of ISO/IEC 14443-4 §7.5 for the PICC, written for tests.
type picc struct {
	t       testing.TB
	ats     []byte
	fsc     int                          // largest frame it takes, CRC included
	handle  func(command []byte) []byte  // the application
	extend  int                          // S(WTX) requests before each answer
	wtxm    byte                         // their multiplier
	noPPS   bool                         // PPS is ignored
	chained int                          // largest INF it sends; 0 as FSD allows
	mutate  func(n int, b []byte) []byte // changes block n as it leaves
	active  bool                         //
	fsd     int                          //
	number  byte                         //
	in      []byte                       // command so far
	out     []byte                       // answer not sent yet
	last    []byte                       // last block sent
	pending []byte                       // block held back by S(WTX)
	asked   int                          //
	sent    int                          //
	ran     [][]byte                     // commands that the application saw
	rates   [2]Rate                      // as the card uses them
	heard   [2]Rate                      // as the reader does
	longest int                          // longest frame received, CRC included
	granted []byte                       // multipliers granted
}

func newPICC(t testing.TB) *picc {
	return &picc{
		t: t, ats: []byte{0x0A, 0x78, 0x77, 0x40, 0x02, 0x80, 0x73, 0xC8, 0x21, 0x10}, fsc: 256, wtxm: 2,
		handle: func(c []byte) []byte { return append(bytes.Clone(c), 0x90, 0x00) },
		rates:  [2]Rate{Rate106, Rate106}, heard: [2]Rate{Rate106, Rate106},
	}
}

// Exchange implements Exchanger without faults.
func (p *picc) Exchange(ctx context.Context, frame []byte, _ time.Duration) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if b := p.receive(bytes.Clone(frame)); b != nil {
		return bytes.Clone(b), nil
	}
	return nil, ErrNoFrame
}

// SetRates implements RateSetter.
func (p *picc) SetRates(_ context.Context, to, from Rate) error {
	p.heard = [2]Rate{to, from}
	return nil
}

// receive gives the card's answer to a frame, nil for silence.
func (p *picc) receive(f []byte) []byte {
	p.longest = max(p.longest, len(f)+crcSize)
	if len(f)+crcSize > p.fsc {
		return nil // it does not fit the card's buffer
	}
	if p.heard != p.rates {
		return nil
	}
	switch {
	case len(f) == 2 && f[0] == rats && !p.active:
		p.active, p.number, p.fsd = true, 1, frameSize(f[1]>>4)
		return p.ats
	case !p.active:
		return nil
	case len(f) == 3 && f[0] == ppss && p.sent == 0:
		if p.noPPS {
			return nil
		}
		p.rates = [2]Rate{rates[f[2]&3], rates[f[2]>>2&3]}
		return []byte{ppss}
	}
	return p.block(f)
}

func (p *picc) block(f []byte) []byte {
	pcb := f[0]
	switch {
	case pcb&0xE2 == pcbI:
		p.number ^= 1 // rule D
		p.in = append(p.in, f[1:]...)
		if pcb&pcbChaining != 0 {
			return p.send([]byte{pcbACK | p.number})
		}
		command := p.in
		p.in = nil
		p.ran = append(p.ran, command)
		p.out, p.asked = p.handle(command), 0
		return p.answer()
	case pcb&0xE6 == pcbACK&0xE6: // R-block; bit 5 tells ACK from NAK
		nak := pcb&0x10 != 0
		switch {
		case pcb&1 == p.number: // rule 11
			return p.last
		case nak: // rule 12
			return p.send([]byte{pcbACK | p.number})
		}
		p.number ^= 1 // rules E and 13
		return p.answer()
	case pcb == pcbWTX:
		if len(f) == 2 && p.pending != nil {
			p.granted = append(p.granted, f[1])
			return p.answer()
		}
	case pcb == pcbDeselect:
		p.active = false
		return []byte{pcbDeselect}
	}
	return nil
}

// answer sends the next block of the answer, or asks for time first.
func (p *picc) answer() []byte {
	if p.asked < p.extend {
		p.asked++
		p.pending = []byte{1}
		return p.send([]byte{pcbWTX, p.wtxm})
	}
	p.pending = nil
	room := p.fsd - overhead
	if p.chained > 0 {
		room = min(room, p.chained)
	}
	n := min(room, len(p.out))
	pcb := pcbI | p.number
	if n < len(p.out) {
		pcb |= pcbChaining
	}
	b := append([]byte{pcb}, p.out[:n]...)
	p.out = p.out[n:]
	return p.send(b)
}

func (p *picc) send(b []byte) []byte {
	if p.mutate != nil {
		b = p.mutate(p.sent, b)
	}
	p.sent++
	p.last = b
	return b
}

// fault is what the air does to one frame.
type fault int

const (
	clean      fault = 0
	lostDown   fault = 1 // the reader's frame does not reach the card
	lostUp     fault = 2 // the card's frame does not reach the reader
	badDown    fault = 3 // damaged on the way down: the card ignores it
	badUp      fault = 4 // damaged on the way up
	doubleDown fault = 5 // the card gets it twice, and the reader the first answer
	doubleUp   fault = 6 // the reader gets it now and again instead of the next answer
	faults           = 7
)

func (f fault) String() string {
	return [...]string{"clean", "lost down", "lost up", "bad down", "bad up", "double down", "double up"}[f]
}

// air carries frames to a picc with faults by exchange number.
type air struct {
	*picc
	plan  map[int]fault
	n     int
	stale []byte
}

// Exchange implements Exchanger.
func (a *air) Exchange(ctx context.Context, frame []byte, _ time.Duration) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f := a.plan[a.n]
	a.n++
	frame = bytes.Clone(frame)
	if f == lostDown || f == badDown {
		return nil, ErrNoFrame
	}
	b := bytes.Clone(a.receive(frame))
	if f == doubleDown && frame[0]&0xE2 != pcbI { // a card is deaf while it works on an I-block, and by rule D would run it twice
		a.receive(frame)
	}
	if s := a.stale; s != nil {
		a.stale = nil
		return s, nil
	}
	switch {
	case b == nil || f == lostUp:
		return nil, ErrNoFrame
	case f == badUp:
		return nil, ErrBadFrame
	case f == doubleUp:
		a.stale = bytes.Clone(b)
	}
	return b, nil
}

func activate(t testing.TB, x Exchanger, o Options) *Session {
	t.Helper()
	s, err := ActivateA(context.Background(), x, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pattern gives n bytes that differ from their neighbours.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func transmit(t testing.TB, s *Session, command []byte) []byte {
	t.Helper()
	b, err := s.Transmit(context.Background(), command)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func describe(plan map[int]fault) string { return fmt.Sprint(plan) }
