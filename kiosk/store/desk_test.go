package store

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"motcua/kiosk"
)

func TestQueueNumbersAreGivenOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kiosk.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	seen := map[string]bool{}
	for i := range 40 {
		wg.Go(func() {
			ticket, err := s.Draw(t.Context(), kiosk.Services[i%2])
			mu.Lock()
			defer mu.Unlock()
			if err != nil || seen[ticket.String()] {
				t.Errorf("%v, %v", ticket, err)
			}
			seen[ticket.String()] = true
		})
	}
	wg.Wait()
	if !seen["A01"] || !seen["A20"] || !seen["B20"] || len(seen) != 40 {
		t.Errorf("%d numbers: %v", len(seen), seen)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if ticket, err := s.Draw(t.Context(), kiosk.ServiceFile); err != nil || ticket.Number != 21 {
		t.Errorf("after a restart %v, %v", ticket, err)
	}
	if _, err := s.Draw(t.Context(), "Z"); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("no such service: %v", err)
	}
	// The counter's day begins at midnight in Vietnam, 17:00 UTC.
	late := time.Date(2031, 3, 4, 16, 59, 0, 0, time.UTC)
	for at, want := range map[time.Time]int{late: 1, late.Add(2 * time.Minute): 1} {
		if ticket, err := s.drawAt(t.Context(), kiosk.ServiceAsk, at); err != nil || ticket.Number != want {
			t.Errorf("%v: %v, %v", at, ticket, err)
		}
	}
}

func feedback(n int) kiosk.Sealed {
	body := fmt.Appendf(nil, "sealed feedback %d", n)
	return kiosk.Sealed{
		ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n), TokenID: kiosk.TokenID(fmt.Sprint(n)), Created: time.Unix(int64(n), 0).UTC(),
		Body: body, SHA256: sha256.Sum256(body),
	}
}

func TestFeedbackWaitsUntilDelivered(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "kiosk.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := time.Now()
	for n := 1; n <= 2; n++ {
		if err := s.PutFeedback(t.Context(), feedback(n)); err != nil {
			t.Fatal(err)
		}
	}
	f, err := s.NextFeedback(t.Context(), now)
	if err != nil || f.ID != feedback(1).ID || string(f.Body) != "sealed feedback 1" {
		t.Fatalf("%+v, %v", f, err)
	}
	if err := s.PostponeFeedback(t.Context(), f.ID, now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if f, err = s.NextFeedback(t.Context(), now); err != nil || f.ID != feedback(2).ID {
		t.Fatalf("the postponed one is first: %v, %v", f.ID, err)
	}
	for _, n := range []int{1, 2} {
		if err := s.FeedbackDelivered(t.Context(), feedback(n).ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.NextFeedback(t.Context(), now.Add(time.Hour)); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("something still waits: %v", err)
	}
	if n, err := s.WaitingFeedback(t.Context()); n != 0 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
	bad := feedback(3)
	bad.Body = append(bad.Body, 'x')
	if err := s.PutFeedback(t.Context(), bad); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("another body: %v", err)
	}
}

func TestDeskOutlivesARepair(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kiosk.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := s.Draw(t.Context(), kiosk.ServiceResult); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PutFeedback(t.Context(), feedback(7)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// A page of the outbox's index is overwritten: the check fails, the rest is readable.
	breakIndex(t, path)
	s, err = Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Warning() == nil {
		t.Fatal("the database was not repaired")
	}
	if ticket, err := s.Draw(t.Context(), kiosk.ServiceResult); err != nil || ticket.Number != 4 {
		t.Errorf("after the repair %v, %v", ticket, err)
	}
	if f, err := s.NextFeedback(t.Context(), time.Now()); err != nil || f.ID != feedback(7).ID {
		t.Errorf("the feedback is lost: %v", err)
	}
}

// breakIndex overwrites the root page of outbox_next.
func breakIndex(t *testing.T, path string) {
	t.Helper()
	s, err := Attach(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	var root, size int64
	err = s.db.QueryRowContext(t.Context(), "SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_schema WHERE name = 'outbox_next'").Scan(&root, &size)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	junk := make([]byte, size)
	for i := range junk {
		junk[i] = 0xa5
	}
	if _, err := f.WriteAt(junk, (root-1)*size); err != nil {
		t.Fatal(err)
	}
}
