package pn532test

import (
	"context"
	"slices"
	"sync"
	"time"

	"motcua/drivers/apdu"
)

// Chip is what lies behind the card's antenna. Process answers a command APDU; nil says that the chip lost its power in the
// middle. emrtdtest.Chip is one. A chip that also has Work() (time.Duration, int) takes that long for the answer just given and
// asks that often for more time before; one that has Time(command, response []byte) time.Duration takes that long. One that has
// ATR() []byte puts its historical bytes into the ATS.
type Chip interface {
	PowerOn()
	PowerOff()
	Process(command []byte) (response []byte)
}

// CardOptions say how the card speaks ISO/IEC 14443. The zero value is a card of type A with a random identifier of four bytes,
// frames of 256 bytes, a frame waiting time of 77 ms, bit rates up to 848 kbit/s, and a CID.
type CardOptions struct {
	TypeB      bool          // ISO/IEC 14443-3 type B instead of A
	UID        []byte        // 4, 7 or 10 bytes (A), 4 bytes (B); nil is a fixed fictional one
	FSC        int           // largest frame the card takes: 16, 24, 32, 40, 48, 64, 96, 128 or 256 bytes; 0 is 256
	FWI        int           // frame waiting time index 1 to 14; 0 is 8, 77 ms
	MaxRate    int           // highest bit rate offered: 106, 212, 424; 0 is 848
	SameRate   bool          // both directions must have the same bit rate
	NoCID      bool          // the card takes no CID
	WTX        int           // ask for this multiple of the waiting time (1 to 59) before every answer; 0 only when the chip is slow
	WTXTimes   int           // how often to ask before every answer; 0 is once
	Historical []byte        // of the ATS; nil takes the chip's
	SlowRATS   time.Duration // time until the ATS comes
	Memory     bool          // a memory card: no ISO/IEC 14443-4, SAK 08
}

// frameSizes are FSC and FSD by index (ISO/IEC 14443-4 §5.1 table 1).
var frameSizes = [...]int{16, 24, 32, 40, 48, 64, 96, 128, 256}

// fsci gives the index of the frame size, that of 256 bytes for a size there is not.
func (o CardOptions) fsci() int {
	if i := slices.Index(frameSizes[:], o.FSC); i >= 0 {
		return i
	}
	return len(frameSizes) - 1
}

func (o CardOptions) fwi() int {
	if o.FWI < 1 || o.FWI > 14 {
		return 8
	}
	return o.FWI
}

// rates gives the index of the highest bit rate: 0 for 106 to 3 for 848 kbit/s.
func (o CardOptions) rates() int {
	switch o.MaxRate {
	case 106:
		return 0
	case 212:
		return 1
	case 424:
		return 2
	}
	return 3
}

// rateByte is TA(1) of the ATS and the first protocol byte of ATQB: which divisors are taken in each direction.
func (o CardOptions) rateByte() byte {
	b := byte(1)<<o.rates() - 1
	b |= b << 4
	if o.SameRate {
		b |= 0x80
	}
	return b
}

func (o CardOptions) uid() []byte {
	if o.UID != nil {
		return o.UID
	}
	return []byte{0x08, 0x99, 0x90, 0x01} // 08: a number of this activation alone, as identity cards give
}

// waitTime is FWT of an index: 256 · 16/fc · 2^FWI (ISO/IEC 14443-4 §7.2).
func waitTime(fwi int) time.Duration {
	return time.Duration(float64(time.Second) * 256 * 16 / 13.56e6 * float64(int(1)<<fwi))
}

// slotChip makes a chip of an apdu.Slot: power is Connect and Close.
type slotChip struct {
	ctx  context.Context
	slot apdu.Slot
	mu   sync.Mutex // of card: power may go while a command is in work
	card apdu.Card
}

// PowerOn connects the slot's card; without one, commands are answered as by a chip without power.
func (s *slotChip) PowerOn() {
	s.PowerOff()
	card, err := s.slot.Connect(s.ctx)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.card = card
}

// PowerOff closes the slot's card.
func (s *slotChip) PowerOff() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.card != nil {
		_ = s.card.Close()
		s.card = nil
	}
}

func (s *slotChip) powered() apdu.Card {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.card
}

// ATR gives the card's answer to reset, nil without power.
func (s *slotChip) ATR() []byte {
	card := s.powered()
	if card == nil {
		return nil
	}
	return card.ATR()
}

// Process transmits the command.
func (s *slotChip) Process(command []byte) []byte {
	card := s.powered()
	if card == nil {
		return nil
	}
	response, err := card.Transmit(s.ctx, command)
	if err != nil {
		return nil
	}
	return response
}
