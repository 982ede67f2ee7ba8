package emrtdtest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"motcua/drivers/apdu"
	"motcua/kiosk"
)

// Slot is an apdu.Slot in memory: a reader on which chips are put and from which they are taken, by a test or by the demo dock.
// It waits as the chip's time model says. It is safe for use by several goroutines.
type Slot struct {
	mu        sync.Mutex
	name      string
	short     bool
	chip      *Chip
	unplugged bool
	left      int           // bytes until the chip is torn away; negative never
	changed   chan struct{} // closed at every change, then made anew
	visit     uint64        // counts insertions, so that a Card of an earlier one is dead
}

// SlotOptions describe the reader. The zero value takes extended lengths.
type SlotOptions struct {
	Name      string // what String gives; "simulated reader" when empty
	ShortOnly bool   // short APDUs only, as the ACR122U
}

// NewSlot makes a reader without a card on it.
func NewSlot(opt SlotOptions) *Slot {
	if opt.Name == "" {
		opt.Name = "simulated reader"
	}
	return &Slot{name: opt.Name, short: opt.ShortOnly, left: -1, changed: make(chan struct{})}
}

// String gives the reader's name.
func (s *Slot) String() string { return s.name }

// Insert puts a chip on the reader; one that is there is taken away first.
func (s *Slot) Insert(chip *Chip) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove()
	s.chip = chip
	s.visit++
	s.change()
}

// Swap is Insert by the name of what it does to a visit: another card lies there within the same moment.
func (s *Slot) Swap(chip *Chip) { s.Insert(chip) }

// Remove takes the chip away and gives it, nil when there was none.
func (s *Slot) Remove() *Chip {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remove()
}

func (s *Slot) remove() *Chip {
	chip := s.chip
	if chip != nil {
		chip.PowerOff()
		s.chip, s.left = nil, -1
		s.visit++
		s.change()
	}
	return chip
}

// Tear takes the chip away after n more bytes have come from it; 0 with the next response.
func (s *Slot) Tear(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = max(0, n)
}

// Check tells whether the reader is plugged in, as a driver's Check does: reader_missing.
func (s *Slot) Check(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unplugged {
		return &kiosk.Error{Code: kiosk.CodeReaderMissing, Op: "check simulated reader", Err: apdu.ErrNoReader, Hint: "plug it in at the demo dock"}
	}
	return nil
}

// Unplug takes the reader itself away: Connect gives ErrNoReader until Plug.
func (s *Slot) Unplug() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unplugged = true
	if s.chip != nil {
		s.chip.PowerOff()
	}
	s.visit++
	s.change()
}

// Plug brings the reader back.
func (s *Slot) Plug() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unplugged = false
	s.change()
}

// Present reports whether a chip lies on the reader.
func (s *Slot) Present() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chip != nil && !s.unplugged
}

func (s *Slot) change() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Wait blocks until a chip is there (present true) or gone, or ctx ends.
func (s *Slot) Wait(ctx context.Context, present bool) error {
	for {
		s.mu.Lock()
		now, changed := s.chip != nil && !s.unplugged, s.changed
		s.mu.Unlock()
		if now == present {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// Connect powers the chip. Errors: ErrNoReader, ErrNoCard, ctx's.
func (s *Slot) Connect(ctx context.Context) (apdu.Card, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.unplugged:
		return nil, fmt.Errorf("connect %s: %w", s.name, apdu.ErrNoReader)
	case s.chip == nil:
		return nil, fmt.Errorf("connect %s: %w", s.name, apdu.ErrNoCard)
	}
	s.chip.PowerOn()
	s.visit++ // a second Connect resets the chip under the first
	return &slotCard{slot: s, chip: s.chip, visit: s.visit}, nil
}

// slotCard is the chip of one Connect.
type slotCard struct {
	slot  *Slot
	chip  *Chip
	visit uint64
}

func (k *slotCard) ATR() []byte { return k.chip.ATR() }

func (k *slotCard) MaxResponse() int {
	if k.slot.short {
		return 256
	}
	return 65536
}

func (k *slotCard) MaxCommand() int {
	if k.slot.short {
		return 255
	}
	return 65535
}

// Transmit carries one command to the chip and waits as long as chip and link would take. What the simulated chip itself took to
// answer is part of that time: a real one computes while the reader waits.
func (k *slotCard) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if k.slot.short && len(command) > 261 {
		return nil, fmt.Errorf("transmit %d bytes: %w", len(command), apdu.ErrLength)
	}
	gone, err := k.alive()
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	response := k.chip.Process(command)
	if response == nil {
		k.slot.lose(k.visit)
		return nil, lost()
	}
	if err := k.wait(ctx, gone, k.chip.Time(command, response)-time.Since(begun)); err != nil {
		return nil, err
	}
	if !k.slot.spend(k.visit, len(response)) {
		return nil, lost()
	}
	return response, nil
}

func lost() error { return fmt.Errorf("transmit: %w", apdu.ErrCardLost) }

// alive gives the channel that is closed at the next change, or ErrCardLost.
func (k *slotCard) alive() (<-chan struct{}, error) {
	k.slot.mu.Lock()
	defer k.slot.mu.Unlock()
	if k.slot.visit != k.visit {
		return nil, lost()
	}
	return k.slot.changed, nil
}

// wait lets d pass; a removal meanwhile is ErrCardLost.
func (k *slotCard) wait(ctx context.Context, gone <-chan struct{}, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-gone:
			var err error
			if gone, err = k.alive(); err != nil {
				return err
			}
		case <-t.C:
			return nil
		}
	}
}

// lose takes away a chip that lost power by itself.
func (s *Slot) lose(visit uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.visit == visit {
		s.remove()
	}
}

// spend counts n response bytes; false when the chip is gone, or goes now.
func (s *Slot) spend(visit uint64, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.visit != visit {
		return false
	}
	if s.left < 0 {
		return true
	}
	if s.left -= n; s.left <= 0 {
		s.remove()
		return false
	}
	return true
}

// Close takes the power away. It may be called twice.
func (k *slotCard) Close() error {
	k.slot.mu.Lock()
	defer k.slot.mu.Unlock()
	if k.slot.visit == k.visit {
		k.chip.PowerOff()
		k.slot.visit++
	}
	return nil
}
