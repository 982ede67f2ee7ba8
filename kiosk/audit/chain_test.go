package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/kiosk"
)

func fill(t *testing.T, n int) *memory {
	t.Helper()
	m := &memory{}
	at := time.Date(2026, 11, 21, 1, 2, 3, 456789123, time.FixedZone("ICT", 7*3600))
	c := NewChain(m, func() time.Time { at = at.Add(time.Second); return at })
	for i := range n {
		if err := c.Append(t.Context(), VisitEnd, Word(KeyReason, "idle"), Int(KeyMS, i)); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// The canonical form is a promise to whoever checks a log later: this vector must never change.
func TestCanonicalVector(t *testing.T) {
	r := kiosk.AuditRecord{
		Seq: 7, At: time.UnixMicro(1_700_000_000_123_456).UTC(), Event: "visit.end", Fields: `{"ms":5,"reason":"idle"}`,
		Prev: [32]byte{1, 2, 3},
	}
	want := hex.EncodeToString([]byte("motcua audit 1\x00")) +
		"010203" + strings.Repeat("00", 29) + "0000000000000007" + "00060a2418202240" +
		"0009" + hex.EncodeToString([]byte("visit.end")) + "00000018" + hex.EncodeToString([]byte(`{"ms":5,"reason":"idle"}`))
	if got := hex.EncodeToString(Canonical(r)); got != want {
		t.Errorf("canonical form\n got %s\nwant %s", got, want)
	}
}

func TestAppendAndVerify(t *testing.T) {
	m := fill(t, 20)
	rep, err := Verify(t.Context(), m)
	if err != nil || rep.Broken != 0 || rep.Records != 20 || rep.Head.Hash != m.records[19].Hash {
		t.Fatalf("Verify = %+v, %v", rep, err)
	}
	if f := m.records[3].Fields; f != `{"ms":3,"reason":"idle"}` {
		t.Errorf("fields are not sorted JSON: %s", f)
	}
	if at := m.records[0].At; at.Location() != time.UTC || at.Nanosecond()%1000 != 0 {
		t.Errorf("time is not UTC microseconds: %v", at)
	}
}

func TestVerifyEmpty(t *testing.T) {
	rep, err := Verify(t.Context(), &memory{})
	if err != nil || rep.Broken != 0 || rep.Records != 0 {
		t.Fatalf("Verify = %+v, %v", rep, err)
	}
}

func TestTamper(t *testing.T) {
	rehash := func(r *kiosk.AuditRecord) { r.Hash = Hash(*r) }
	for name, c := range map[string]struct {
		change func(m *memory)
		at     int64
		reason string
	}{
		"fields changed":             {func(m *memory) { m.records[4].Fields = `{"ms":4,"reason":"done"}` }, 5, BrokenHash},
		"event changed":              {func(m *memory) { m.records[4].Event = "visit.start" }, 5, BrokenHash},
		"time changed":               {func(m *memory) { m.records[4].At = m.records[4].At.Add(time.Microsecond) }, 5, BrokenHash},
		"time finer than hashed":     {func(m *memory) { m.records[4].At = m.records[4].At.Add(1) }, 5, BrokenClock},
		"changed and hashed again":   {func(m *memory) { m.records[4].Fields = "{}"; rehash(&m.records[4]) }, 6, BrokenLink},
		"last one changed":           {func(m *memory) { m.records[9].Fields = "{}" }, 10, BrokenHash},
		"removed":                    {func(m *memory) { m.records = append(m.records[:4], m.records[5:]...) }, 5, BrokenGap},
		"removed and numbered again": {renumber, 5, BrokenLink},
		"swapped":                    {func(m *memory) { m.records[4], m.records[5] = m.records[5], m.records[4] }, 5, BrokenGap},
		"first removed":              {func(m *memory) { m.records = m.records[1:] }, 1, BrokenGap},
		"hash changed":               {func(m *memory) { m.records[4].Hash[0] ^= 1 }, 5, BrokenHash},
		"prev of the first":          {func(m *memory) { m.records[0].Prev[0] = 1; rehash(&m.records[0]) }, 1, BrokenLink},
	} {
		t.Run(name, func(t *testing.T) {
			m := fill(t, 10)
			c.change(m)
			rep, err := Verify(t.Context(), m)
			if err != nil || rep.Broken != c.at || rep.Reason != c.reason {
				t.Errorf("Verify = broken %d %q, %v; want %d %q", rep.Broken, rep.Reason, err, c.at, c.reason)
			}
			if rep.Records != c.at-1 {
				t.Errorf("%d good records before the break, want %d", rep.Records, c.at-1)
			}
		})
	}
}

func renumber(m *memory) {
	m.records = append(m.records[:4], m.records[5:]...)
	for i := range m.records {
		m.records[i].Seq = int64(i + 1)
		m.records[i].Hash = Hash(m.records[i])
	}
}

// A cut end verifies by itself: only a head noted elsewhere shows it. This is the limit the package comment states.
func TestCutEndNeedsHead(t *testing.T) {
	m := fill(t, 10)
	before, err := Verify(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	m.records = m.records[:8]
	after, err := Verify(t.Context(), m)
	if err != nil || after.Broken != 0 {
		t.Fatalf("Verify = %+v, %v", after, err)
	}
	if after.Head.Seq >= before.Head.Seq {
		t.Error("the heads do not show the cut")
	}
}

func TestAppendRefuses(t *testing.T) {
	c := NewChain(&memory{}, nil)
	for name, call := range map[string]func() error{
		"unknown event": func() error { return c.Append(t.Context(), "nguyen.van.a") },
		"event not kept": func() error {
			return c.Append(t.Context(), SessionScreen, Word(KeyFrom, "home"), Word(KeyTo, "consent"))
		},
		"free text": func() error { return c.Append(t.Context(), VisitEnd, slog.String("reason", "Nguyễn Văn A")) },
		"wrong key": func() error { return c.Append(t.Context(), VisitStart, Int(KeyMS, 1)) },
	} {
		if err := call(); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v, want bad_input", name, err)
		}
	}
}

func TestAppendAfterFailure(t *testing.T) {
	m := fill(t, 2)
	c := NewChain(m, nil)
	m.fail = &kiosk.Error{Code: kiosk.CodeStoreFull}
	if err := c.Append(t.Context(), VisitStart); kiosk.CodeOf(err) != kiosk.CodeStoreFull {
		t.Fatalf("error %v, want store_full", err)
	}
	m.fail = nil
	if err := c.Append(t.Context(), VisitStart); err != nil {
		t.Fatal(err)
	}
	if rep, err := Verify(t.Context(), m); err != nil || rep.Records != 3 || rep.Broken != 0 {
		t.Errorf("Verify = %+v, %v", rep, err)
	}
}

func TestAppendConcurrently(t *testing.T) {
	m := &memory{}
	c := NewChain(m, nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				if err := c.Append(context.Background(), VisitStart); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if rep, err := Verify(t.Context(), m); err != nil || rep.Records != 200 || rep.Broken != 0 {
		t.Errorf("Verify = %+v, %v", rep, err)
	}
}

func TestVerifyGivesStoreErrors(t *testing.T) {
	want := errors.New("disk gone")
	_, err := Verify(t.Context(), brokenStore{want})
	if !errors.Is(err, want) {
		t.Errorf("Verify error %v, want %v", err, want)
	}
}

type brokenStore struct{ err error }

func (b brokenStore) LastAudit(context.Context) (kiosk.AuditRecord, error) {
	return kiosk.AuditRecord{}, b.err
}
func (b brokenStore) AppendAudit(context.Context, kiosk.AuditRecord) error { return b.err }
func (b brokenStore) EachAudit(context.Context, int64, func(kiosk.AuditRecord) error) error {
	return b.err
}
