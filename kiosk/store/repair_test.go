package store

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"motcua/kiosk"
)

// spoiled makes a database with delivered, waiting and leased dossiers and an audit chain, closes it and lets spoil change its
// bytes.
func spoiled(t *testing.T, spoil func(b []byte) []byte) (path string) {
	t.Helper()
	s, path := openNew(t)
	for n := range 4 {
		put(t, s, sealed(n, 30_000))
	}
	if err := s.Acknowledge(t.Context(), ackOf(sealed(0, 30_000)), kiosk.Deletion{}); err != nil {
		t.Fatal(err)
	}
	lease(t, s, "dead", start)
	chain(t, s, 5)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, spoil(b), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCorruptIsSetAside: whatever happened to the file, the kiosk starts, keeps the old file and saves what can be read.
func TestCorruptIsSetAside(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func([]byte) []byte
		least int  // rows carried over at least, of 4
		audit bool // the chain of 5 is carried over whole
	}{
		"header gone":   {func(b []byte) []byte { clear(b[:100]); return b }, 0, false},
		"rubbish":       {func([]byte) []byte { return bytes.Repeat([]byte("rubbish "), 3000) }, 0, false},
		"cut in half":   {func(b []byte) []byte { return b[:len(b)/2/4096*4096] }, 0, false},
		"the free list": {func(b []byte) []byte { b[35] ^= 0x55; return b }, 4, true},
	} {
		path := spoiled(t, c.spoil)
		s := openAt(t, path)
		warning := s.Warning()
		if kiosk.CodeOf(warning) != kiosk.CodeStoreCorrupt {
			t.Errorf("%s: warning %v", name, warning)
			continue
		}
		if names, _ := filepath.Glob(path + ".corrupt-*"); len(names) == 0 {
			t.Errorf("%s: the corrupt file is not kept", name)
		}
		rows, err := s.OutboxRows(t.Context())
		if err != nil || len(rows) < c.least {
			t.Errorf("%s: %d rows carried over: %v", name, len(rows), err)
		}
		for _, r := range rows {
			if r.State == kiosk.OutboxLeased {
				t.Errorf("%s: a dead lease was carried over", name)
			}
		}
		last, err := s.LastAudit(t.Context())
		if err != nil || c.audit && last.Seq != 5 {
			t.Errorf("%s: audit chain ends at %d: %v", name, last.Seq, err)
		}
		if err := s.Ready(); err != nil {
			t.Errorf("%s: not ready after the repair: %v", name, err)
		}
		put(t, s, sealed(9, 100))
		chain(t, s, 1)
	}
}

func overwrite(b []byte, what string) []byte {
	i := bytes.Index(b, []byte(what))
	copy(b[i:], strings.Repeat("x", 64))
	return b
}

// TestSalvageChecksHashes: a body that lost its hash is counted as lost, the rest comes over whole.
func TestSalvageChecksHashes(t *testing.T) {
	path := spoiled(t, func(b []byte) []byte { b[35] ^= 0x55; return overwrite(b, "body-2-canary") })
	s := openAt(t, path)
	if w := s.Warning(); w == nil || !strings.Contains(w.Error(), "3 dossiers (1 unreadable), 5 audit records") {
		t.Fatalf("warning: %v", w)
	}
	rows, err := s.OutboxRows(t.Context())
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	for i, want := range []int{0, 1, 3} {
		if rows[i].ID != sealed(want, 30_000).ID {
			t.Errorf("row %d is %s", i, rows[i].ID)
		}
	}
	if rows[0].State != kiosk.OutboxAcknowledged || rows[1].State != kiosk.OutboxWaiting {
		t.Errorf("states %s %s", rows[0].State, rows[1].State)
	}
	if r := lease(t, s, "me", start); !bytes.Equal(r.Body, sealed(1, 30_000).Body) {
		t.Error("a salvaged body differs")
	}
	if s.Close() != nil {
		t.Error("close")
	}
	if s = openAt(t, path); s.Warning() != nil {
		t.Errorf("the repaired database is not whole: %v", s.Warning())
	}
}

// TestSalvageReadsTheLog: what a dead process had committed to the write-ahead log only is carried over too.
func TestSalvageReadsTheLog(t *testing.T) {
	s, path := openNew(t)
	put(t, s, sealed(1, 30_000))
	put(t, s, sealed(2, 30_000))
	if err := s.truncate(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, s, sealed(3, 30_000))
	crashed := filepath.Join(t.TempDir(), "kiosk.db")
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if suffix == "" { // break the chain of pages that holds a body
			page := bytes.LastIndex(b, []byte("body-1-canary")) / 4096 * 4096
			copy(b[page-4096:], []byte{0xff, 0xff, 0xff, 0xff})
		}
		if err := os.WriteFile(crashed+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := openAt(t, crashed)
	if w := r.Warning(); w == nil || !strings.Contains(w.Error(), "2 dossiers (1 unreadable)") {
		t.Fatalf("warning: %v", w)
	}
	rows, err := r.OutboxRows(t.Context())
	if err != nil || len(rows) != 2 || rows[0].ID != sealed(2, 1).ID || rows[1].ID != sealed(3, 1).ID {
		t.Errorf("%d rows: %v", len(rows), err)
	}
}

// TestCorruptionWhileRunning: Ready says so from then on.
func TestCorruptionWhileRunning(t *testing.T) {
	s, path := openNew(t)
	for n := range 4 {
		put(t, s, sealed(n, 30_000))
	}
	if err := s.truncate(t.Context()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xee}, len(b)-4096), 4096); err != nil {
		t.Fatal(err)
	}
	s.db.SetMaxIdleConns(0) // forget the page cache
	if _, err := s.OutboxRows(t.Context()); kiosk.CodeOf(err) != kiosk.CodeStoreCorrupt {
		t.Errorf("reading: %v", err)
	}
	if err := s.Ready(); kiosk.CodeOf(err) != kiosk.CodeStoreCorrupt {
		t.Errorf("ready: %v", err)
	}
	if err := s.PutOutbox(t.Context(), sealed(9, 10)); kiosk.CodeOf(err) != kiosk.CodeStoreCorrupt {
		t.Errorf("put: %v", err)
	}
}

// TestCheck: a tool beside the daemon sees what the daemon has not noticed yet.
func TestCheck(t *testing.T) {
	s, path := openNew(t)
	put(t, s, sealed(1, 30_000))
	if n, err := s.Check(t.Context()); err != nil || n < 30_000 {
		t.Errorf("sound database of %d bytes: %v", n, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[35] ^= 0x55
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	tool, err := Attach(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer tool.Close()
	if _, err := tool.Check(t.Context()); kiosk.CodeOf(err) != kiosk.CodeStoreCorrupt {
		t.Errorf("corrupt database: %v", err)
	}
}
