package onestoptest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

func sheetBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * i >> 3)
	}
	return b
}

// partsOfDossiers: pieces in order make a part, a dossier claims whole parts of its own kiosk or nothing, and only the unclaimed
// are swept.
func partsOfDossiers(t *testing.T, s onestop.Store) {
	ctx := t.Context()
	all := sheetBytes(10_000)
	sum := sha256.Sum256(all)
	if _, err := s.PartState(ctx, "kiosk-01", sum); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	add := func(from, to int, want error) {
		t.Helper()
		got, err := s.AppendPart(ctx, "kiosk-01", sum, int64(len(all)), int64(from), all[from:to], At)
		if !errors.Is(err, want) || want == nil && (got.Offset != int64(to) || got.Done != (to == len(all))) {
			t.Errorf("%d to %d: %+v %v", from, to, got, err)
		}
	}
	add(0, 4000, nil)
	add(0, 4000, onestop.ErrOffset)
	add(5000, 6000, onestop.ErrOffset)
	e := Envelope()
	e.Item.Kiosk = "kiosk-01"
	e.Parts = []kiosk.SealedPart{{SHA256: sum}}
	if _, _, err := s.Insert(ctx, e); !errors.Is(err, onestop.ErrParts) {
		t.Errorf("claim of half a part: %v", err)
	}
	if _, err := s.Item(ctx, e.Item.ID); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("the dossier is there without its part: %v", err)
	}
	add(4000, 10_000, nil)
	foreign := Envelope()
	foreign.Item.Kiosk, foreign.Parts = "kiosk-02", e.Parts
	if _, _, err := s.Insert(ctx, foreign); !errors.Is(err, onestop.ErrParts) {
		t.Errorf("claim by another kiosk: %v", err)
	}
	if _, fresh, err := s.Insert(ctx, e); err != nil || !fresh {
		t.Fatalf("claim: %v", err)
	}
	var got []byte
	if err := s.PartPieces(ctx, "kiosk-01", sum, func(b []byte) error { got = append(got, b...); return nil }); err != nil || !bytes.Equal(got, all) {
		t.Errorf("%d bytes come back: %v", len(got), err)
	}
	wrong := sheetBytes(300)
	if _, err := s.AppendPart(ctx, "kiosk-01", [32]byte{1}, 300, 0, wrong, At); !errors.Is(err, onestop.ErrHash) {
		t.Errorf("another hash: %v", err)
	}
	if _, err := s.PartState(ctx, "kiosk-01", [32]byte{1}); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("the wrong part is kept: %v", err)
	}
	if _, err := s.AppendPart(ctx, "kiosk-01", [32]byte{2}, onestop.MaxUnclaimed, 0, wrong, At); err != nil {
		t.Errorf("a large part begins: %v", err)
	}
	if _, err := s.AppendPart(ctx, "kiosk-01", [32]byte{3}, 10, 0, wrong[:5], At); kiosk.CodeOf(err) != kiosk.CodeStoreFull {
		t.Errorf("more than a kiosk may have on the way: %v", err)
	}
	if n, err := s.SweepParts(ctx, At.Add(time.Hour)); err != nil || n != 1 {
		t.Errorf("%d parts swept: %v", n, err)
	}
	if parts, err := s.DossierParts(ctx, e.Item.ID); err != nil || len(parts) != 1 || parts[0].SHA256 != sum || parts[0].Size != int64(len(all)) {
		t.Errorf("parts %+v: %v", parts, err)
	}
}

// enrolments: a word works once, in time.
func enrolments(t *testing.T, s onestop.Store) {
	ctx := t.Context()
	for n, name := range []string{"kiosk-01", "kiosk-02"} {
		if err := s.AddEnrolment(ctx, onestop.Enrolment{Word: [32]byte{byte(n)}, Kiosk: name, Expires: At.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.UseEnrolment(ctx, [32]byte{0}, At.Add(2*time.Hour)); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("too late: %v", err)
	}
	if name, err := s.UseEnrolment(ctx, [32]byte{1}, At); err != nil || name != "kiosk-02" {
		t.Errorf("%q: %v", name, err)
	}
	for _, word := range [][32]byte{{1}, {9}} {
		if _, err := s.UseEnrolment(ctx, word, At); !errors.Is(err, onestop.ErrNotFound) {
			t.Errorf("spent or unknown: %v", err)
		}
	}
}

// changesOfKiosks: a kiosk hears of its own dossiers alone, in order.
func changesOfKiosks(t *testing.T, s onestop.Store) {
	ctx := t.Context()
	var ids []string
	for _, name := range []string{"kiosk-01", "kiosk-02", "kiosk-01"} {
		e := Envelope()
		e.Item.Kiosk = name
		if _, _, err := s.Insert(ctx, e); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.Item.ID)
	}
	list, err := s.Changes(ctx, "kiosk-01", 0, 10)
	if err != nil || len(list) != 2 || list[0].DossierID != ids[0] || list[1].DossierID != ids[2] || list[0].State != kiosk.StateRegistered {
		t.Fatalf("changes %+v: %v", list, err)
	}
	if rest, err := s.Changes(ctx, "kiosk-01", list[0].Cursor, 10); err != nil || len(rest) != 1 {
		t.Errorf("after the first: %+v %v", rest, err)
	}
	if one, err := s.Changes(ctx, "kiosk-01", 0, 1); err != nil || len(one) != 1 {
		t.Errorf("one at a time: %+v %v", one, err)
	}
}
