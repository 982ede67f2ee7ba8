package emrtdtest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"motcua/drivers/apdu"
	"motcua/kiosk"
)

// TestSlotCarries connects, transmits and closes.
func TestSlotCarries(t *testing.T) {
	card, _ := issued(t)
	s := NewSlot(SlotOptions{Name: "bench", ShortOnly: true})
	ctx := context.Background()
	if _, err := s.Connect(ctx); !errors.Is(err, apdu.ErrNoCard) {
		t.Errorf("without a card: %v", err)
	}
	s.Insert(powered(t, card, Options{}))
	k, err := s.Connect(ctx)
	if err != nil || !s.Present() || s.String() != "bench" {
		t.Fatal(err)
	}
	if r, err := apdu.Do(ctx, k, readSFI(0x1C, 256)); err != nil || len(r.Data) != 54 {
		t.Errorf("%v, %d bytes", err, len(r.Data))
	}
	if _, err := k.Transmit(ctx, make([]byte, 262)); !errors.Is(err, apdu.ErrLength) {
		t.Errorf("long command on a short reader: %v", err)
	}
	if k.MaxResponse() != 256 || k.MaxCommand() != 255 || len(k.ATR()) == 0 {
		t.Error("lengths or ATR")
	}
	if err := errors.Join(k.Close(), k.Close()); err != nil {
		t.Error(err)
	}
	if _, err := k.Transmit(ctx, []byte{0, 0xB0, 0x9C, 0, 0}); !errors.Is(err, apdu.ErrCardLost) {
		t.Errorf("after close: %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Connect(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}
}

// TestSlotLosesCards is every way a card is lost: the Card stays dead, a new Connect tells what is there.
func TestSlotLosesCards(t *testing.T) {
	card, _ := issued(t)
	read := []byte{0, 0xB0, 0x9C, 0, 0}
	for name, step := range map[string]struct {
		lose func(*Slot)
		then error
	}{
		"removed":   {func(s *Slot) { s.Remove() }, apdu.ErrNoCard},
		"unplugged": {func(s *Slot) { s.Unplug() }, apdu.ErrNoReader},
		"swapped":   {func(s *Slot) { s.Swap(powered(t, card, Options{})) }, nil},
		"torn":      {func(s *Slot) { s.Tear(10) }, apdu.ErrNoCard},
		"plugged":   {func(s *Slot) { s.Unplug(); s.Plug() }, nil},
	} {
		s := NewSlot(SlotOptions{})
		s.Insert(powered(t, card, Options{}))
		k, err := s.Connect(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		step.lose(s)
		for range 2 {
			if _, err := k.Transmit(context.Background(), read); !errors.Is(err, apdu.ErrCardLost) {
				t.Errorf("%s: transmit gave %v", name, err)
			}
		}
		if _, err := s.Connect(context.Background()); !errors.Is(err, step.then) {
			t.Errorf("%s: connect gave %v, want %v", name, err, step.then)
		}
	}
}

// TestSlotTearAtFile loses a chip that tears by its own options; put back, it answers again.
func TestSlotTearAtFile(t *testing.T) {
	card, _ := issued(t)
	chip := powered(t, card, Options{TearAt: kiosk.FileCardAccess, TearOffset: 10})
	s := NewSlot(SlotOptions{})
	s.Insert(chip)
	k, err := s.Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := apdu.Do(context.Background(), k, readSFI(0x1C, 256)); !errors.Is(err, apdu.ErrCardLost) || s.Present() {
		t.Errorf("%v, present %v", err, s.Present())
	}
	s.Insert(chip)
	if k, err = s.Connect(context.Background()); err != nil {
		t.Fatal(err)
	}
	if r, err := apdu.Do(context.Background(), k, readSFI(0x1C, 256)); err != nil || len(r.Data) != 54 {
		t.Errorf("put back: %v", err)
	}
}

// TestSlotWait sees cards come and go and ends with its context.
func TestSlotWait(t *testing.T) {
	card, _ := issued(t)
	synctest.Test(t, func(t *testing.T) {
		s := NewSlot(SlotOptions{})
		if err := s.Wait(context.Background(), false); err != nil {
			t.Error(err)
		}
		time.AfterFunc(time.Second, func() { s.Insert(powered(t, card, Options{})) })
		time.AfterFunc(3*time.Second, func() { s.Remove() })
		began := time.Now()
		for i, present := range []bool{true, false} {
			if err := s.Wait(context.Background(), present); err != nil {
				t.Error(err)
			}
			if got, want := time.Since(began), time.Duration(1+2*i)*time.Second; got != want {
				t.Errorf("present %v after %v, want %v", present, got, want)
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := s.Wait(ctx, true); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

// TestSlotTakesItsTime waits as the time model says, and is interrupted by the context and by a removal.
func TestSlotTakesItsTime(t *testing.T) {
	card, _ := issued(t)
	synctest.Test(t, func(t *testing.T) {
		s := NewSlot(SlotOptions{})
		s.Insert(powered(t, card, Options{Latency: Latency{APDU: time.Second}}))
		k, err := s.Connect(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := apdu.Do(context.Background(), k, readSFI(0x1C, 256)); err != nil || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		if _, err := apdu.Do(ctx, k, readSFI(0x1C, 256)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("interrupted by the context: %v", err)
		}
		began = time.Now()
		time.AfterFunc(100*time.Millisecond, func() { s.Remove() })
		if _, err := apdu.Do(context.Background(), k, readSFI(0x1C, 256)); !errors.Is(err, apdu.ErrCardLost) || time.Since(began) != 100*time.Millisecond {
			t.Errorf("interrupted by a removal: %v after %v", err, time.Since(began))
		}
	})
}
