package store

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/kiosk"
)

func record(prev kiosk.AuditRecord) kiosk.AuditRecord {
	seq := prev.Seq + 1
	return kiosk.AuditRecord{
		Seq: seq, At: start.Add(time.Duration(seq) * time.Second), Event: "visit.start", Fields: fmt.Sprintf(`{"n":%d}`, seq),
		Prev: prev.Hash, Hash: sha256.Sum256(fmt.Append(nil, seq)),
	}
}

// chain appends n records.
func chain(t *testing.T, s *Store, n int) (all []kiosk.AuditRecord) {
	t.Helper()
	last, err := s.LastAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		last = record(last)
		if err := s.AppendAudit(t.Context(), last); err != nil {
			t.Fatal(err)
		}
		all = append(all, last)
	}
	return all
}

func TestAuditChain(t *testing.T) {
	s, path := openNew(t)
	if r, err := s.LastAudit(t.Context()); err != nil || r != (kiosk.AuditRecord{}) {
		t.Errorf("empty chain: %+v %v", r, err)
	}
	want := chain(t, s, 3)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path)
	var got []kiosk.AuditRecord
	err := s.EachAudit(t.Context(), 2, func(r kiosk.AuditRecord) error {
		got = append(got, r)
		_, err := s.LastAudit(t.Context()) // the store may be used meanwhile
		return err
	})
	if diff := cmp.Diff(want[1:], got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	stop := errors.New("enough")
	if err := s.EachAudit(t.Context(), 1, func(kiosk.AuditRecord) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error of the callback: %v", err)
	}
}

func TestAuditPages(t *testing.T) {
	s, _ := openNew(t)
	want := auditPage + 3
	if _, err := s.db.Exec("PRAGMA synchronous = OFF"); err != nil { // for the test's speed alone
		t.Fatal(err)
	}
	chain(t, s, want)
	n := 0
	if err := s.EachAudit(t.Context(), 1, func(r kiosk.AuditRecord) error { n++; return nil }); err != nil || n != want {
		t.Errorf("%d records: %v", n, err)
	}
}

func TestAuditRefusesGaps(t *testing.T) {
	s, _ := openNew(t)
	all := chain(t, s, 2)
	next := record(all[1])
	gap, fork, again, unlinked := next, next, all[1], next
	gap.Seq++
	fork.Prev = all[0].Hash
	unlinked.Prev = [32]byte{}
	for name, r := range map[string]kiosk.AuditRecord{"gap": gap, "fork": fork, "again": again, "unlinked": unlinked} {
		if err := s.AppendAudit(t.Context(), r); kiosk.CodeOf(err) != kiosk.CodeStoreCorrupt {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Ready(); err != nil {
		t.Errorf("a refused record made the store unready: %v", err)
	}
	if err := s.AppendAudit(t.Context(), next); err != nil {
		t.Error(err)
	}
}

// TestAuditTableIsClosed tries to go round the code.
func TestAuditTableIsClosed(t *testing.T) {
	s, _ := openNew(t)
	chain(t, s, 2)
	row := "(seq, at, event, fields, prev, hash) VALUES (%d, 1, 'x', '%s', %s, zeroblob(32))"
	head := "(SELECT hash FROM audit WHERE seq = 2)"
	for _, q := range []string{
		"UPDATE audit SET event = 'x' WHERE seq = 1", "DELETE FROM audit", "DELETE FROM audit WHERE seq = 2",
		"INSERT INTO audit " + fmt.Sprintf(row, 4, "{}", head), "INSERT INTO audit " + fmt.Sprintf(row, 3, "{}", "zeroblob(32)"),
		"INSERT INTO audit " + fmt.Sprintf(row, 3, "no json", head), "REPLACE INTO audit " + fmt.Sprintf(row, 2, "{}", head),
		"INSERT OR REPLACE INTO audit " + fmt.Sprintf(row, 1, "{}", "zeroblob(32)"),
	} {
		if _, err := s.db.Exec(q); err == nil {
			t.Errorf("accepted: %s", q)
		}
	}
	if _, err := s.db.Exec("INSERT INTO audit " + fmt.Sprintf(row, 3, "{}", head)); err != nil {
		t.Errorf("the next record is refused: %v", err)
	}
}
