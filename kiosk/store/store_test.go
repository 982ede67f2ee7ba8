package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
)

var start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

func openAt(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func openNew(t testing.TB) (s *Store, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "kiosk.db")
	return openAt(t, path), path
}

// sealed makes dossier number n with a body of size bytes.
func sealed(n, size int) kiosk.Sealed {
	body := bytes.Repeat([]byte(fmt.Sprintf("body-%d-canary ", n)), size/14+1)[:size]
	return kiosk.Sealed{
		ID: fmt.Sprintf("0f8fad5b-d9cb-469f-a165-%012d", n), TokenID: kiosk.TokenID(fmt.Sprintf("TOKEN%05d", n)),
		Created: start.Add(time.Duration(n) * time.Minute), Body: body, SHA256: sha256.Sum256(body),
	}
}

func put(t testing.TB, s *Store, d kiosk.Sealed) {
	t.Helper()
	if err := s.PutOutbox(context.Background(), d); err != nil {
		t.Fatal(err)
	}
}

func ackOf(d kiosk.Sealed) kiosk.Acknowledgement {
	return kiosk.Acknowledgement{
		DossierID: d.ID, BodySHA256: d.SHA256, Office: "Xã Thử Nghiệm", ReceivedAt: start.Add(time.Hour), State: kiosk.StateRegistered,
		Signature: bytes.Repeat([]byte{7}, 64),
	}
}

func TestPragmasAreAsserted(t *testing.T) {
	s, _ := openNew(t)
	ctx := t.Context()
	if err := s.assertPragmas(ctx); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"synchronous = NORMAL", "secure_delete = OFF", "foreign_keys = OFF", "temp_store = FILE", "busy_timeout = 0", "journal_mode = DELETE"} {
		other, _ := openNew(t)
		if _, err := other.db.ExecContext(ctx, "PRAGMA "+p); err != nil {
			t.Fatal(err)
		}
		if err := other.assertPragmas(ctx); err == nil {
			t.Errorf("%s goes unnoticed", p)
		}
	}
}

// TestEveryConnectionHasThePragmas: database/sql may drop a connection and open another.
func TestEveryConnectionHasThePragmas(t *testing.T) {
	s, _ := openNew(t)
	s.db.SetMaxIdleConns(0)
	if err := s.assertPragmas(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestFilesAreTheOwners(t *testing.T) {
	s, path := openNew(t)
	put(t, s, sealed(1, 5000))
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", filepath.Base(name), info.Mode())
		}
	}
}

func TestOneDaemon(t *testing.T) {
	s, path := openNew(t)
	if _, err := Open(t.Context(), path); kiosk.CodeOf(err) != kiosk.CodePortInUse {
		t.Errorf("second daemon: %v", err)
	}
	put(t, s, sealed(1, 100))
	tool, err := Attach(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := tool.OutboxRows(t.Context())
	if err != nil || len(rows) != 1 {
		t.Errorf("tool sees %d rows: %v", len(rows), err)
	}
	if err := tool.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	openAt(t, path)
}

func TestAttachChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.db")
	if _, err := Attach(t.Context(), path); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("no database: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("Attach made a database")
	}
	if err := os.WriteFile(path, []byte("this is no database, and it is long enough to be looked at as one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Attach(t.Context(), path); kiosk.CodeOf(err) != kiosk.CodeStoreCorrupt {
		t.Errorf("rubbish: %v", err)
	}
	if names, _ := filepath.Glob(path + ".corrupt-*"); len(names) != 0 {
		t.Error("Attach set the file aside")
	}
}

func TestNewerSchemaIsLeftAlone(t *testing.T) {
	s, path := openNew(t)
	put(t, s, sealed(1, 100))
	if _, err := s.db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); kiosk.CodeOf(err) != kiosk.CodeInternal || !strings.Contains(err.Error(), "newer") {
		t.Errorf("newer schema: %v", err)
	}
	if names, _ := filepath.Glob(path + ".corrupt-*"); len(names) != 0 {
		t.Error("a newer database was set aside")
	}
}

func TestFullDisk(t *testing.T) {
	s, _ := openNew(t)
	s.free = func(string) (int64, error) { return Reserve + 2000, nil }
	if err := s.Ready(); err != nil {
		t.Error(err)
	}
	if err := s.PutOutbox(t.Context(), sealed(1, 1000)); kiosk.CodeOf(err) != kiosk.CodeStoreFull {
		t.Errorf("no room for it: %v", err)
	}
	s.KeepFree(Reserve + 30_000)
	s.free = func(string) (int64, error) { return Reserve + 20_000, nil }
	if err := s.Ready(); kiosk.CodeOf(err) != kiosk.CodeStoreFull {
		t.Errorf("below what the operator wants free: %v", err)
	}
	if err := s.PutOutbox(t.Context(), sealed(3, 1000)); err != nil {
		t.Errorf("a visit that began before finds no room: %v", err)
	}
	s.KeepFree(0)
	s.free = func(string) (int64, error) { return Reserve - 1, nil }
	if err := s.Ready(); kiosk.CodeOf(err) != kiosk.CodeStoreFull {
		t.Errorf("no reserve: %v", err)
	}
	s.free = freeBytes
	if _, err := s.db.Exec("PRAGMA max_page_count = 40"); err != nil {
		t.Fatal(err)
	}
	if err := s.PutOutbox(t.Context(), sealed(2, 1<<20)); kiosk.CodeOf(err) != kiosk.CodeStoreFull {
		t.Errorf("SQLite is full: %v", err)
	}
	if st, err := s.OutboxStats(t.Context(), start); err != nil || st.Unsent != 1 {
		t.Errorf("a refused dossier is there: %+v %v", st, err)
	}
	put(t, s, sealed(4, 100))
}

// TestPurgedLeavesNothing is the canary: after the acknowledgement no byte of body or token id is in any file.
func TestPurgedLeavesNothing(t *testing.T) {
	s, path := openNew(t)
	keep, gone := sealed(1, 40_000), sealed(2, 40_000)
	put(t, s, keep)
	put(t, s, gone)
	found := func(what []byte) (files []string) {
		names, err := filepath.Glob(path + "*")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(b, what) {
				files = append(files, filepath.Base(name))
			}
		}
		return files
	}
	canary, token := []byte("body-2-canary"), []byte(gone.TokenID)
	if len(found(canary)) == 0 || len(found(token)) == 0 {
		t.Fatal("the canary is not there to begin with")
	}
	if err := s.Acknowledge(t.Context(), ackOf(gone), kiosk.Deletion{}); err != nil {
		t.Fatal(err)
	}
	if f := append(found(canary), found(token)...); len(f) != 0 {
		t.Errorf("purged dossier is still in %v", f)
	}
	if len(found([]byte("body-1-canary"))) == 0 {
		t.Error("the other dossier is gone")
	}
	rows, err := s.OutboxRows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	last := rows[1]
	if last.State != kiosk.OutboxAcknowledged || last.Size != 40_000 || last.SHA256 != gone.SHA256 || last.Ack.DossierID != gone.ID ||
		!last.Ack.ReceivedAt.Equal(start.Add(time.Hour)) || len(last.Ack.Signature) != 64 || last.TokenID != "" {
		t.Errorf("record of the deletion: %+v", last)
	}
}

// TestStatesMirrorGo: the CHECK accepts exactly the states that Go knows.
func TestStatesMirrorGo(t *testing.T) {
	s, _ := openNew(t)
	known := make(map[kiosk.OutboxState]bool)
	for _, st := range kiosk.OutboxStates {
		known[st] = true
	}
	for n := kiosk.OutboxState(-1); n < 10; n++ {
		if known[n] == (n.String() == "unknown") {
			t.Errorf("state %d is called %s", n, n)
		}
		r := kiosk.OutboxRow{Sealed: sealed(int(n)+10, 10), State: n, Size: 10}
		if n == kiosk.OutboxLeased {
			r.Owner, r.Lease = "me", start
		}
		if n == kiosk.OutboxAcknowledged {
			r.TokenID, r.Body, r.Ack = "", nil, ackOf(r.Sealed)
		}
		err := s.tx(t.Context(), "insert", func(tx *sql.Tx) error { return insert(t.Context(), tx, r) })
		if (err == nil) != known[n] {
			t.Errorf("state %d: %v", n, err)
		}
	}
}

// TestRulesOfTheSchema tries what no code of ours does.
func TestRulesOfTheSchema(t *testing.T) {
	s, _ := openNew(t)
	put(t, s, sealed(1, 100))
	put(t, s, sealed(2, 100))
	if err := s.Acknowledge(t.Context(), ackOf(sealed(2, 100)), kiosk.Deletion{}); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		"UPDATE outbox SET state = 3 WHERE seq = 1",
		"UPDATE outbox SET state = 3, token_id = '', ack_at = 1, ack_signature = zeroblob(64) WHERE seq = 1", // its body is there
		"UPDATE outbox SET state = 2 WHERE seq = 1",
		"UPDATE outbox SET owner = 'x' WHERE seq = 1",
		"UPDATE outbox SET lease = 1 WHERE seq = 1",
		"UPDATE outbox SET state = 1 WHERE seq = 2",
		"UPDATE outbox SET ack_at = 2 WHERE seq = 2",
		"UPDATE outbox SET attempts = -1 WHERE seq = 1",
		"UPDATE outbox SET sha256 = zeroblob(31) WHERE seq = 1",
		"UPDATE outbox SET due = 'soon' WHERE seq = 1",
		"DELETE FROM outbox WHERE seq = 1",
		"DELETE FROM outbox WHERE seq = 2",
		"INSERT INTO outbox_body (seq, body) VALUES (77, x'00')",
	} {
		if _, err := s.db.Exec(q); err == nil {
			t.Errorf("accepted: %s", q)
		}
	}
}

func BenchmarkPut2MB(b *testing.B) {
	s, _ := openNew(b)
	s.free = func(string) (int64, error) { return 1 << 50, nil }
	body := bytes.Repeat([]byte{1}, 2<<20)
	sum := sha256.Sum256(body)
	n := 0
	for b.Loop() {
		n++
		d := kiosk.Sealed{ID: fmt.Sprintf("0f8fad5b-d9cb-469f-a165-%012d", n), TokenID: kiosk.TokenID("x"), Created: start, Body: body, SHA256: sum}
		if err := s.PutOutbox(context.Background(), d); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := s.Acknowledge(context.Background(), ackOf(d), kiosk.Deletion{}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
