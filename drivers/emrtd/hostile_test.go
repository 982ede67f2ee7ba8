package emrtd_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/kiosk"
)

// TestGroupTakenAway: a signed group that the chip no longer hands out is found.
func TestGroupTakenAway(t *testing.T) {
	b := setUp(t)
	for _, id := range []kiosk.FileID{
		kiosk.FileSOD, kiosk.FileCOM, kiosk.FileDG1, kiosk.FileDG2, kiosk.FileDG13, kiosk.FileDG14, kiosk.FileDG15,
	} {
		r, _ := b.reader(t, emrtdtest.Options{Replace: map[kiosk.FileID][]byte{id: nil}}, emrtdtest.SlotOptions{})
		out, err := r.Read(context.Background(), numberKey, nil)
		if err != nil {
			t.Errorf("without %s: %v", id, err)
			continue
		}
		if out.Verdict == kiosk.Verified || id != kiosk.FileCOM && out.Verdict != kiosk.Refused {
			t.Errorf("without %s: %s", id, describe(out))
		}
		if id == kiosk.FileDG1 && out.Citizen.NameMRZ != "" || id == kiosk.FileDG2 && len(out.Photo.Data) > 0 {
			t.Errorf("without %s: data all the same", id)
		}
	}
}

// TestChangedFile: one changed bit anywhere in a file is never verified, and a group with another hash is never decoded.
func TestChangedFile(t *testing.T) {
	b := setUp(t)
	for id, raw := range b.card.Files {
		if id == "DG3" || id == kiosk.FileCOM {
			continue
		}
		for _, at := range []int{0, 3, 11, len(raw) / 3, len(raw) / 2, len(raw) - 1} {
			r, _ := b.reader(t, emrtdtest.Options{FlipAt: id, FlipOffset: at}, emrtdtest.SlotOptions{})
			out, err := r.Read(context.Background(), numberKey, nil)
			if err != nil {
				continue // a broken header or key is refused by the protocol
			}
			if out.Verdict == kiosk.Verified {
				t.Errorf("%s with byte %d changed: %s", id, at, describe(out))
			}
			if id == kiosk.FileDG2 && len(out.Photo.Data) > 0 || id == kiosk.FileDG1 && out.Citizen.NameMRZ != "" ||
				id == kiosk.FileDG13 && out.Citizen.Name != "" {
				t.Errorf("%s with byte %d changed was decoded", id, at)
			}
		}
	}
}

// tap changes the n-th answer between reader and card.
type tap struct {
	apdu.Slot
	n      int
	change func([]byte) []byte
}

type tappedCard struct {
	apdu.Card
	t *tap
}

func (s *tap) Connect(ctx context.Context) (apdu.Card, error) {
	c, err := s.Slot.Connect(ctx)
	return &tappedCard{c, s}, err
}

func (c *tappedCard) Transmit(ctx context.Context, cmd []byte) ([]byte, error) {
	r, err := c.Card.Transmit(ctx, cmd)
	if c.t.n--; c.t.n == -1 && err == nil {
		r = c.t.change(bytes.Clone(r))
	}
	return r, err
}

// TestTap: whatever a tap between reader and card does to one answer, the read fails or ends with the card's own bytes.
func TestTap(t *testing.T) {
	b := setUp(t)
	changes := map[string]func([]byte) []byte{
		"first bit":  func(r []byte) []byte { r[0] ^= 0x80; return r },
		"middle bit": func(r []byte) []byte { r[len(r)/2] ^= 1; return r },
		"status":     func(r []byte) []byte { r[len(r)-1] ^= 0x82; return r },
		"naked 9000": func([]byte) []byte { return []byte{0x90, 0} },
		"naked 6A82": func([]byte) []byte { return []byte{0x6A, 0x82} },
		"naked 6700": func([]byte) []byte { return []byte{0x67, 0} },
		"cut":        func(r []byte) []byte { return r[:len(r)/2] },
		"empty":      func([]byte) []byte { return nil },
		"long":       func(r []byte) []byte { return append(make([]byte, 300), r...) },
	}
	step := 1
	if testing.Short() {
		step = 5
	}
	for name, change := range changes {
		for n := 0; n < 28; n += step {
			slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
			slot.Insert(chipOf(t, b.card, emrtdtest.Options{}))
			r := emrtd.NewReader(&tap{slot, n, change}, emrtd.Options{Trust: b.trust, Timeout: 20 * time.Second})
			out, err := r.Read(context.Background(), numberKey, nil)
			if err != nil {
				if c := kiosk.CodeOf(err); c == kiosk.CodeInternal || c == "" {
					t.Errorf("%s at %d: %v", name, n, err)
				}
				continue
			}
			for id, raw := range out.Files {
				if want := b.card.Files[id]; want != nil && !bytes.Equal(raw, want) && out.Verdict == kiosk.Verified {
					t.Errorf("%s at %d: %s is not the card's", name, n, id)
				}
			}
		}
	}
}

// FuzzHostileChip: a chip that answers anything at all is survived and never verified.
func FuzzHostileChip(f *testing.F) {
	f.Add([]byte{0x90, 0}, uint8(2))
	f.Add(append([]byte{0x31, 0x14, 0x30, 0x12, 0x06, 0x0A, 4, 0, 0x7F, 0, 7, 2, 2, 4, 2, 2, 2, 1, 2, 2, 1, 13, 0x90, 0}, 0x7C, 0, 0x90, 0), uint8(24))
	f.Fuzz(func(t *testing.T, stream []byte, n uint8) {
		r := emrtd.NewReader(&hostile{stream, int(n)}, emrtd.Options{Timeout: 5 * time.Second})
		out, err := r.Read(context.Background(), numberKey, nil)
		if err == nil && out.Verdict == kiosk.Verified {
			t.Fatal("verified")
		}
		if c := kiosk.CodeOf(err); err != nil && c == kiosk.CodeInternal {
			t.Fatal(err)
		}
	})
}

// hostile is a slot and its card that answers with the next n bytes of a stream.
type hostile struct {
	stream []byte
	n      int
}

func (*hostile) String() string                               { return "hostile" }
func (*hostile) Wait(context.Context, bool) error             { return nil }
func (h *hostile) Connect(context.Context) (apdu.Card, error) { return h, nil }
func (*hostile) ATR() []byte                                  { return nil }
func (*hostile) MaxResponse() int                             { return 256 }
func (*hostile) MaxCommand() int                              { return 255 }
func (*hostile) Close() error                                 { return nil }
func (h *hostile) Transmit(context.Context, []byte) ([]byte, error) {
	k := min(h.n, len(h.stream))
	out := h.stream[:k]
	h.stream = append(h.stream[k:], out...)
	return bytes.Clone(out), nil
}
