package store

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"motcua/kiosk"
)

// sector is what a disk writes whole, or not.
const sector = 512

// moment is what the two files held when a Put had returned; all of it is then on the disk (synchronous=FULL).
type moment struct{ main, log []byte }

func snapshot(t *testing.T, path string) moment {
	t.Helper()
	main, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return moment{main, log}
}

// mix gives new with each sector that differs from old kept, lost or filled with rubbish: what a cut of the power may leave of
// writes that were not synced. old is what was synced before.
func mix(old, new []byte, dice *rand.Rand) []byte {
	out := bytes.Clone(new)
	for at := 0; at < len(new); at += sector {
		end := min(at+sector, len(new))
		if end <= len(old) && bytes.Equal(old[at:end], new[at:end]) {
			continue
		}
		switch dice.IntN(3) {
		case 0:
			clear(out[at:end])
			if at < len(old) {
				copy(out[at:end], old[at:])
			}
		case 1:
			if at >= len(old) { // a torn write of new space only: sectors written before are old or new
				for i := at; i < end; i++ {
					out[i] = byte(dice.Uint32())
				}
			}
		}
	}
	if len(new) > len(old) && dice.IntN(2) == 0 { // the file had not grown yet
		out = out[:len(old)+dice.IntN(len(new)-len(old)+1)]
	}
	return out
}

// reopen opens a crash state as a daemon does and counts the whole dossiers 0, 1, 2, … that are there.
func reopen(t *testing.T, name string, m moment) int {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kiosk.db")
	for suffix, b := range map[string][]byte{"": m.main, "-wal": m.log} {
		if err := os.WriteFile(path+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(context.Background(), path)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer s.Close()
	if w := s.Warning(); w != nil {
		t.Errorf("%s: %v", name, w)
	}
	rows, err := s.OutboxRows(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for i, r := range rows {
		want := sealed(i, 3000)
		body, err := s.OutboxBody(t.Context(), r.ID)
		if r.ID != want.ID || r.State != kiosk.OutboxAcknowledged && (err != nil || !bytes.Equal(body, want.Body)) {
			t.Errorf("%s: dossier %d is not whole: %v", name, i, err)
		}
	}
	return len(rows)
}

// TestPowerCut builds states that a cut of the power may leave during each Put and during a checkpoint: every dossier whose
// Put had returned is there and whole, and the database is sound. It is about recovery; that commits are synced at all is what
// the pragmas assert.
func TestPowerCut(t *testing.T) {
	const dossiers, states = 8, 12
	dice := rand.New(rand.NewPCG(1, 2))
	s, path := openNew(t)
	last, n := snapshot(t, path), 0
	for i := range dossiers {
		put(t, s, sealed(i, 3000))
		now := snapshot(t, path)
		for range states {
			n++
			name := fmt.Sprintf("state %d, during put %d", n, i)
			if got := reopen(t, name, moment{last.main, mix(last.log, now.log, dice)}); got < i || got > i+1 {
				t.Errorf("%s: %d dossiers", name, got)
			}
		}
		last = now
	}
	if err := s.truncate(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := snapshot(t, path)
	for range states * 3 { // while pages are copied to the main file the log is whole
		n++
		name := fmt.Sprintf("state %d, during a checkpoint", n)
		if got := reopen(t, name, moment{mix(last.main, after.main, dice), last.log}); got != dossiers {
			t.Errorf("%s: %d dossiers", name, got)
		}
	}
	if got := reopen(t, "after the checkpoint", after); got != dossiers {
		t.Errorf("after the checkpoint: %d dossiers", got)
	}
}

// TestPowerCutControl: a log that loses what was synced loses dossiers, so the test above can fail.
func TestPowerCutControl(t *testing.T) {
	s, path := openNew(t)
	put(t, s, sealed(0, 3000))
	before := snapshot(t, path)
	put(t, s, sealed(1, 3000))
	if got := reopen(t, "log not synced", before); got != 1 {
		t.Errorf("%d dossiers from a log that never reached the disk", got)
	}
}
