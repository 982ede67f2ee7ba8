package store

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/kiosk"
)

func lease(t *testing.T, s *Store, owner string, now time.Time) kiosk.OutboxRow {
	t.Helper()
	r, err := s.LeaseNext(t.Context(), owner, now, now.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func noLease(t *testing.T, s *Store, now time.Time) {
	t.Helper()
	if r, err := s.LeaseNext(t.Context(), "nobody", now, now.Add(time.Minute)); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("leased %s: %v", r.ID, err)
	}
}

func TestPut(t *testing.T) {
	s, path := openNew(t)
	d := sealed(1, 1000)
	put(t, s, d)
	put(t, s, d) // again: no error
	other := sealed(1, 1001)
	if err := s.PutOutbox(t.Context(), other); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("same id, other body: %v", err)
	}
	for name, change := range map[string]func(*kiosk.Sealed){
		"hash": func(d *kiosk.Sealed) { d.SHA256[0]++ }, "empty": func(d *kiosk.Sealed) { d.Body = nil },
	} {
		bad := sealed(2, 10)
		change(&bad)
		if err := s.PutOutbox(t.Context(), bad); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path)
	r := lease(t, s, "me", start)
	if diff := cmp.Diff(d, r.Sealed); diff != "" || r.State != kiosk.OutboxLeased || r.Size != 1000 {
		t.Errorf("row does not survive: %s", diff)
	}
	put(t, s, d) // while leased
	if err := s.Acknowledge(t.Context(), ackOf(d), kiosk.Deletion{}); err != nil {
		t.Fatal(err)
	}
	put(t, s, d) // after it is delivered
	noLease(t, s, start.Add(24*time.Hour))
	if err := s.PutOutbox(t.Context(), other); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("same id, other body, after delivery: %v", err)
	}
}

func TestLeaseOldestFirst(t *testing.T) {
	s, _ := openNew(t)
	for n := range 3 {
		put(t, s, sealed(n, 50))
	}
	if _, waiting, err := s.NextDue(t.Context()); err != nil || !waiting {
		t.Errorf("nothing waits: %v", err)
	}
	for n := range 3 {
		if r := lease(t, s, "me", start); r.ID != sealed(n, 50).ID {
			t.Errorf("lease %d gives %s", n, r.ID)
		}
	}
	noLease(t, s, start.Add(59*time.Second))
	at, waiting, err := s.NextDue(t.Context())
	if err != nil || !waiting || !at.Equal(start.Add(time.Minute)) {
		t.Errorf("next is due %v: %v", at, err)
	}
	if r := lease(t, s, "other", start.Add(time.Minute)); r.ID != sealed(0, 50).ID || r.Owner != "other" {
		t.Errorf("ended lease goes to %s", r.Owner)
	}
}

func TestLeaseHolderDecides(t *testing.T) {
	s, _ := openNew(t)
	put(t, s, sealed(1, 50))
	r := lease(t, s, "slow", start)
	lease(t, s, "fast", start.Add(time.Minute))
	if held, err := s.Postpone(t.Context(), r.ID, "slow", start, kiosk.CodeOfficeOffline, true); held || err != nil {
		t.Errorf("lost lease postponed: %v", err)
	}
	if held, err := s.Quarantine(t.Context(), r.ID, "slow", kiosk.CodeOfficeRefused); held || err != nil {
		t.Errorf("lost lease quarantined: %v", err)
	}
	if held, err := s.Postpone(t.Context(), r.ID, "fast", start.Add(time.Hour), kiosk.CodeOfficeUntrusted, true); !held || err != nil {
		t.Errorf("holder cannot postpone: %v", err)
	}
	noLease(t, s, start.Add(59*time.Minute))
	got := lease(t, s, "fast", start.Add(time.Hour))
	if got.Attempts != 1 || got.LastError != kiosk.CodeOfficeUntrusted {
		t.Errorf("row says %d attempts, %s", got.Attempts, got.LastError)
	}
	// An acknowledgement counts whoever brings it.
	if err := s.Acknowledge(t.Context(), ackOf(sealed(1, 50)), kiosk.Deletion{}); err != nil {
		t.Error(err)
	}
	if held, err := s.Postpone(t.Context(), r.ID, "fast", start, "", false); held || err != nil {
		t.Errorf("delivered row postponed: %v", err)
	}
}

func TestWrongClock(t *testing.T) {
	s, _ := openNew(t)
	put(t, s, sealed(1, 50))
	future := start.AddDate(10, 0, 0)
	r := lease(t, s, "me", future)
	lease(t, s, "me", start) // the lease of ten years ahead does not count
	if _, err := s.Postpone(t.Context(), r.ID, "me", future, "", false); err != nil {
		t.Fatal(err)
	}
	lease(t, s, "me", start)
}

func TestQuarantineAndRelease(t *testing.T) {
	s, _ := openNew(t)
	put(t, s, sealed(1, 50))
	r := lease(t, s, "me", start)
	if held, err := s.Quarantine(t.Context(), r.ID, "me", kiosk.CodeOfficeRefused); !held || err != nil {
		t.Fatal(err)
	}
	noLease(t, s, start.Add(time.Hour))
	st, err := s.OutboxStats(t.Context(), start.Add(time.Hour))
	if err != nil || st.Unsent != 1 || st.Quarantine != 1 || st.OldestAge != 59*time.Minute || !st.LastAck.IsZero() {
		t.Errorf("stats %+v: %v", st, err)
	}
	if body, err := s.OutboxBody(t.Context(), r.ID); err != nil || !bytes.Equal(body, r.Body) {
		t.Errorf("body for export: %v", err)
	}
	if found, err := s.Release(t.Context(), r.ID, start); !found || err != nil {
		t.Fatal(err)
	}
	lease(t, s, "me", start)
	if found, err := s.Release(t.Context(), r.ID, start); found || err != nil {
		t.Errorf("a leased row was released: %v", err)
	}
	if err := s.Acknowledge(t.Context(), ackOf(sealed(1, 50)), kiosk.Deletion{}); err != nil {
		t.Fatal(err)
	}
	if found, err := s.Release(t.Context(), r.ID, start); found || err != nil {
		t.Errorf("a delivered row was released: %v", err)
	}
	if _, err := s.OutboxBody(t.Context(), r.ID); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("body of a delivered dossier: %v", err)
	}
	if st, err := s.OutboxStats(t.Context(), start); err != nil || st.Unsent != 0 || !st.LastAck.Equal(start.Add(time.Hour)) {
		t.Errorf("stats %+v: %v", st, err)
	}
	if _, waiting, err := s.NextDue(t.Context()); err != nil || waiting {
		t.Errorf("something still waits: %v", err)
	}
}

func TestAcknowledgeRefuses(t *testing.T) {
	s, _ := openNew(t)
	d := sealed(1, 50)
	put(t, s, d)
	if err := s.Acknowledge(t.Context(), ackOf(sealed(2, 50)), kiosk.Deletion{}); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("unknown id: %v", err)
	}
	wrong := ackOf(d)
	wrong.BodySHA256[0]++
	if err := s.Acknowledge(t.Context(), wrong, kiosk.Deletion{}); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("another body: %v", err)
	}
	unsigned := ackOf(d)
	unsigned.Signature = nil
	if err := s.Acknowledge(t.Context(), unsigned, kiosk.Deletion{}); err == nil {
		t.Error("an unsigned acknowledgement purged a dossier")
	}
	if r := lease(t, s, "me", start); !bytes.Equal(r.Body, d.Body) {
		t.Error("the body is gone")
	}
	for range 2 {
		if err := s.Acknowledge(t.Context(), ackOf(d), kiosk.Deletion{}); err != nil {
			t.Error(err)
		}
	}
}

func TestRecover(t *testing.T) {
	s, _ := openNew(t)
	put(t, s, sealed(1, 50))
	put(t, s, sealed(2, 50))
	lease(t, s, "dead", start)
	if n, err := s.Recover(t.Context(), start); n != 1 || err != nil {
		t.Errorf("recovered %d: %v", n, err)
	}
	if r := lease(t, s, "me", start); r.ID != sealed(1, 50).ID || r.Attempts != 0 {
		t.Errorf("after recovery %s comes first, %d attempts", r.ID, r.Attempts)
	}
}

// TestChain: the rows are the chain of the kiosk's dossiers, also after a start.
func TestChain(t *testing.T) {
	s, _ := openNew(t)
	next := func(want kiosk.Link) {
		t.Helper()
		if got, err := s.NextLink(t.Context()); err != nil || got != want {
			t.Errorf("next link %+v, %v, want %+v", got, err, want)
		}
	}
	next(kiosk.Link{Sequence: 1})
	first, second := sealed(1, 100), sealed(2, 100)
	first.Link = kiosk.Link{Sequence: 1}
	put(t, s, first)
	next(kiosk.Link{Sequence: 2, Previous: first.SHA256})
	for name, link := range map[string]kiosk.Link{
		"gap": {Sequence: 3, Previous: first.SHA256}, "again": {Sequence: 1}, "other previous": {Sequence: 2, Previous: [32]byte{1}},
	} {
		second.Link = link
		if err := s.PutOutbox(t.Context(), second); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
	put(t, s, first) // the same again changes nothing
	second.Link = kiosk.Link{Sequence: 2, Previous: first.SHA256}
	put(t, s, second)
	if err := s.Acknowledge(t.Context(), ackOf(second), kiosk.Deletion{}); err != nil {
		t.Fatal(err)
	}
	next(kiosk.Link{Sequence: 3, Previous: second.SHA256})
}
