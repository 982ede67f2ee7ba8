package onestoptest

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

// received inserts a dossier and accepts it, due then.
func received(t *testing.T, s onestop.Store, a onestop.Account, due time.Time, children ...onestop.Child) onestop.Item {
	t.Helper()
	st := step(insert(t, s).ID, 1, 2, a)
	st.Due, st.Children = due, children
	it, err := s.Move(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	return it
}

// authenticated checks the constraint "100 % electronically authenticated".
func authenticated(t *testing.T, s onestop.Store) {
	none := Envelope()
	none.Item.Evidence = [32]byte{}
	if _, _, err := s.Insert(t.Context(), none); err == nil {
		t.Error("a dossier without evidence was stored")
	}
	a := officer(t, s, "lan")
	weak := Envelope()
	weak.Item.Verdict = kiosk.Undetermined
	if _, _, err := s.Insert(t.Context(), weak); err != nil {
		t.Fatal(err)
	}
	st := step(weak.Item.ID, 1, 2, a)
	if _, err := s.Move(t.Context(), st); err == nil {
		t.Error("an identity that is not verified was accepted without a named override")
	}
	st.Override, st.Reason = true, "đối chiếu thẻ gốc"
	it, err := s.Move(t.Context(), st)
	if err != nil || it.Override != (onestop.Override{By: a.ID, Reason: st.Reason}) {
		t.Errorf("override %+v, %v", it.Override, err)
	}
}

func clock(t *testing.T, s onestop.Store) {
	a := officer(t, s, "lan")
	due := At.Add(72 * time.Hour)
	it := received(t, s, a, due)
	want := func(what string, it onestop.Item, accepted, promised, due, finished time.Time, supplements int) {
		t.Helper()
		if !it.Accepted.Equal(accepted) || !it.Promised.Equal(promised) || !it.Due.Equal(due) || !it.Finished.Equal(finished) || it.Supplements != supplements {
			t.Errorf("%s: accepted %v, promised %v, due %v, finished %v, %d supplements", what, it.Accepted, it.Promised, it.Due, it.Finished, it.Supplements)
		}
	}
	want("accepted", it, At, due, due, time.Time{}, 0)
	move := func(to kiosk.DossierState, at, due time.Time) {
		t.Helper()
		st := step(it.ID, it.State, to, a)
		st.At, st.Due = at, due
		next, err := s.Move(t.Context(), st)
		if err != nil {
			t.Fatal(err)
		}
		it = next
	}
	pending := func(want int) {
		t.Helper()
		n := 0
		if err := s.Pending(t.Context(), func(onestop.Item) error { n++; return nil }); err != nil || n != want {
			t.Errorf("%d pending, %v; want %d", n, err, want)
		}
	}
	pending(1)
	move(5, At.Add(time.Hour), time.Time{})
	want("supplement", it, At, due, due, time.Time{}, 1)
	pending(0) // the clock stands still
	later := due.Add(24 * time.Hour)
	move(4, At.Add(25*time.Hour), later)
	want("supplement came", it, At, later, later, time.Time{}, 1)
	if it.Officer != (onestop.Person{ID: a.ID, Name: a.Name}) || !it.Paused.IsZero() {
		t.Errorf("officer %+v, paused %v", it.Officer, it.Paused)
	}
	pending(1)
	move(9, At.Add(30*time.Hour), time.Time{})
	want("finished", it, At, later, later, At.Add(30*time.Hour), 1)
	pending(0)
	move(4, At.Add(31*time.Hour), time.Time{})
	want("taken back", it, At, later, later, time.Time{}, 1)
	move(9, At.Add(32*time.Hour), time.Time{})
	move(10, At.Add(33*time.Hour), time.Time{})
	if it.Returned.IsZero() || !it.Over() {
		t.Error("returned, but not over")
	}
	letters, err := s.Letters(t.Context(), it.ID)
	var kinds []onestop.LetterKind
	for _, l := range letters {
		kinds = append(kinds, l.Kind)
		if l.Status != onestop.LetterIssued || l.Actor.Name != a.Name || l.Number == "" {
			t.Errorf("letter %+v", l)
		}
	}
	if d := cmp.Diff([]onestop.LetterKind{onestop.LetterReceipt, onestop.LetterSupplement}, kinds); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
}

func apologies(t *testing.T, s onestop.Store) {
	a := officer(t, s, "lan")
	due := At.Add(time.Hour)
	it := received(t, s, a, due)
	if _, err := s.Extend(t.Context(), it.ID, a.Actor(), At, due.Add(time.Hour), "x"); !errors.Is(err, onestop.ErrNoDraft) {
		t.Errorf("extended without a draft: %v", err)
	}
	type drafted struct {
		fresh bool
		err   error
	}
	const n = 8
	results := make(chan drafted, n)
	for range n {
		go func() {
			_, fresh, err := s.Draft(context.Background(), it.ID, At, time.Time{})
			results <- drafted{fresh, err}
		}()
	}
	made := 0
	for range n {
		r := <-results
		if r.err != nil {
			t.Fatal(r.err)
		}
		if r.fresh {
			made++
		}
	}
	if made != 1 {
		t.Errorf("%d apologies were drafted at once, want 1", made)
	}
	l, err := s.Extend(t.Context(), it.ID, a.Actor(), At, due.Add(time.Hour), "hệ thống hỏng")
	if err != nil || l.Status != onestop.LetterIssued || !l.Due.Equal(due) || !l.NewDue.Equal(due.Add(time.Hour)) {
		t.Errorf("%+v, %v", l, err)
	}
	now, err := s.Item(t.Context(), it.ID)
	if err != nil || !now.Extended || !now.Due.Equal(due.Add(time.Hour)) || !now.Promised.Equal(due) {
		t.Errorf("extended %v to %v, promised %v, %v", now.Extended, now.Due, now.Promised, err)
	}
	if _, err := s.Extend(t.Context(), it.ID, a.Actor(), At, due.Add(9*time.Hour), "lần hai"); !errors.Is(err, onestop.ErrExtended) {
		t.Errorf("a second extension: %v", err)
	}
	if one, err := s.Letter(t.Context(), l.Seq); err != nil || one.Number != l.Number {
		t.Errorf("%+v, %v", one, err)
	}
	if _, err := s.Letter(t.Context(), 99999); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("no such letter: %v", err)
	}
	all, err := s.LettersBetween(t.Context(), At.Add(-time.Hour), At.Add(time.Hour))
	if err != nil || len(all) != 2 {
		t.Errorf("%d letters, %v", len(all), err)
	}
	// A draft that was not needed is withdrawn with the step that settles the dossier in time.
	in := received(t, s, a, due)
	if _, _, err := s.Draft(t.Context(), in.ID, At, time.Time{}); err != nil {
		t.Fatal(err)
	}
	for _, to := range []kiosk.DossierState{4, 9} {
		st := step(in.ID, in.State, to, a)
		if in, err = s.Move(t.Context(), st); err != nil {
			t.Fatal(err)
		}
	}
	letters, err := s.Letters(t.Context(), in.ID)
	if err != nil || len(letters) != 2 || letters[1].Status != onestop.LetterWithdrawn {
		t.Errorf("%+v, %v", letters, err)
	}
}

func alerts(t *testing.T, s onestop.Store) {
	it := insert(t, s)
	a := onestop.Alert{Dossier: it.ID, Kind: onestop.AlertDueDay, Due: At, At: At}
	for n, want := range []bool{true, false} {
		if fresh, err := s.AddAlert(t.Context(), a); err != nil || fresh != want {
			t.Errorf("time %d: fresh %v, %v", n+1, fresh, err)
		}
	}
	got, err := s.Alerts(t.Context(), At)
	if d := cmp.Diff([]onestop.Alert{a}, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
	if _, err := s.AddAlert(t.Context(), onestop.Alert{Dossier: UUID(), Kind: onestop.AlertDueDay, Due: At, At: At}); err == nil {
		t.Error("an alert of no dossier")
	}
}

func linked(t *testing.T, s onestop.Store) {
	a := officer(t, s, "lan")
	it := received(t, s, a, time.Time{}, onestop.Child{Code: "a", Title: "Khai sinh"}, onestop.Child{Title: "Thường trú", Resolver: "Công an"}, onestop.Child{Title: "BHYT"})
	it, err := s.Move(t.Context(), step(it.ID, 2, 4, a))
	if err != nil {
		t.Fatal(err)
	}
	for ord := 1; ord <= 3; ord++ {
		if _, err := s.Move(t.Context(), step(it.ID, 4, 9, a)); !errors.Is(err, onestop.ErrChildren) {
			t.Errorf("finished with %d of 3 parts: %v", ord-1, err)
		}
		if err := s.DoneChild(t.Context(), it.ID, ord, a.Actor(), At); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.DoneChild(t.Context(), it.ID, 1, a.Actor(), At); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("done twice: %v", err)
	}
	got, err := s.Children(t.Context(), it.ID)
	if err != nil || len(got) != 3 || got[1].Resolver != "Công an" || got[2].By.Name != a.Name {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := s.Move(t.Context(), step(it.ID, 4, 9, a)); err != nil {
		t.Errorf("all parts are done: %v", err)
	}
}

func handovers(t *testing.T, s onestop.Store) {
	a, b := officer(t, s, "lan"), officer(t, s, "hoa")
	it := insert(t, s)
	h, err := s.HandOver(t.Context(), onestop.Handover{Dossier: it.ID, At: At, From: onestop.Person{ID: a.ID, Name: a.Name}, To: onestop.Person{ID: b.ID, Name: b.Name}, Note: "xem giúp"})
	if err != nil {
		t.Fatal(err)
	}
	if now, err := s.Item(t.Context(), it.ID); err != nil || now.Officer.ID != b.ID {
		t.Errorf("officer %+v, %v", now.Officer, err)
	}
	if rows, err := s.List(t.Context(), onestop.Filter{Officer: b.ID, Limit: 5}); err != nil || len(rows) != 1 {
		t.Errorf("%d in hand, %v", len(rows), err)
	}
	if open, err := s.OpenHandovers(t.Context(), At.Add(time.Second)); err != nil || len(open) != 1 {
		t.Errorf("%d open, %v", len(open), err)
	}
	if err := s.Acknowledge(t.Context(), h.Seq, a.ID, At); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("acknowledged by another: %v", err)
	}
	if err := s.Acknowledge(t.Context(), h.Seq, b.ID, At); err != nil {
		t.Fatal(err)
	}
	got, err := s.Handovers(t.Context(), it.ID)
	h.Acked = At
	if d := cmp.Diff([]onestop.Handover{h}, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
}

func results(t *testing.T, s onestop.Store) {
	a := officer(t, s, "lan")
	it := insert(t, s)
	r := onestop.ResultFile{
		Dossier: it.ID, Name: "Giấy khai sinh", Code: "KQ.G15.000031", Type: "application/pdf", Size: 3, SHA256: sha256.Sum256([]byte("pdf")),
		Signature: onestop.SignatureUnknown, At: At, By: onestop.Person{ID: a.ID, Name: a.Name},
	}
	r, err := s.AddResult(t.Context(), r, []byte("sealed"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Results(t.Context(), it.ID)
	if d := cmp.Diff([]onestop.ResultFile{r}, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
	dossier, body, err := s.ResultBody(t.Context(), r.Seq)
	if err != nil || dossier != it.ID || string(body) != "sealed" {
		t.Errorf("%s, %q, %v", dossier, body, err)
	}
	if now, err := s.Item(t.Context(), it.ID); err != nil || now.Results != 1 || now.ResultCodes != 1 {
		t.Errorf("%d results, %d codes, %v", now.Results, now.ResultCodes, err)
	}
	if _, _, err := s.ResultBody(t.Context(), 9999); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("no such result: %v", err)
	}
}

func ratings(t *testing.T, s onestop.Store) {
	it := insert(t, s)
	r := onestop.Rating{TokenID: it.TokenID, Moment: onestop.MomentReceipt, Score: 4, Day: At}
	if err := s.Rate(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := s.Rate(t.Context(), r); !errors.Is(err, onestop.ErrTaken) {
		t.Errorf("rated twice: %v", err)
	}
	train := r
	train.TokenID, train.Training = insert(t, s).TokenID, true
	if err := s.Rate(t.Context(), train); err != nil {
		t.Fatal(err)
	}
	got, err := s.Ratings(t.Context(), At, At.Add(time.Hour))
	if d := cmp.Diff(map[onestop.Moment][5]int{onestop.MomentReceipt: {0, 0, 0, 1, 0}}, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
}

func feedbacks(t *testing.T, s onestop.Store) {
	a := officer(t, s, "lan")
	f := onestop.Feedback{Code: "AAAAA-BBBBB", At: At, Due: At.Add(time.Hour), Sealed: []byte{1}}
	f, err := s.AddFeedback(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddFeedback(t.Context(), f); !errors.Is(err, onestop.ErrTaken) {
		t.Errorf("a code in use: %v", err)
	}
	answer := onestop.Feedback{Code: f.Code, Answer: "Đã sửa", Answered: At, Published: true, By: onestop.Person{ID: a.ID, Name: a.Name}}
	if err := s.AnswerFeedback(t.Context(), answer); err != nil {
		t.Fatal(err)
	}
	if err := s.AnswerFeedback(t.Context(), answer); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("answered twice: %v", err)
	}
	f.Answer, f.Answered, f.Published, f.By = answer.Answer, At, true, answer.By
	got, err := s.FeedbackByCode(t.Context(), f.Code)
	if d := cmp.Diff(f, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
	if all, err := s.Feedbacks(t.Context(), 10); err != nil || len(all) != 1 {
		t.Errorf("%d, %v", len(all), err)
	}
}

// tickets draws and calls at the same time: each number goes to one caller.
func tickets(t *testing.T, s onestop.Store) {
	a := officer(t, s, "lan")
	const day, n = "2026-11-21", 12
	for i := 1; i <= n; i++ {
		tk, err := s.NewTicket(t.Context(), day, At)
		if err != nil || tk.Number != i {
			t.Fatalf("number %d, %v", tk.Number, err)
		}
	}
	called := make(chan int, n)
	for i := range n {
		go func() {
			tk, err := s.CallNext(context.Background(), day, i+1, a.ID, At)
			if err != nil {
				tk.Number = -1
			}
			called <- tk.Number
		}()
	}
	seen := map[int]bool{}
	for range n {
		seen[<-called] = true
	}
	if len(seen) != n || seen[-1] {
		t.Errorf("called %v", seen)
	}
	if _, err := s.CallNext(t.Context(), day, 1, a.ID, At); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("nobody waits: %v", err)
	}
	all, err := s.Tickets(t.Context(), day)
	if err != nil || len(all) != n {
		t.Fatalf("%d, %v", len(all), err)
	}
	all[0].Status = onestop.TicketServed
	if err := s.SetTicket(t.Context(), all[0], a.ID); err != nil {
		t.Error(err)
	}
}

func copies(t *testing.T, s onestop.Store) {
	a := officer(t, s, "lan")
	who := onestop.Person{ID: a.ID, Name: a.Name}
	c, err := s.AddCopy(t.Context(), onestop.Copy{Dossier: insert(t, s).ID, Paper: 1, SHA256: [32]byte{1}, Pages: 3, Fee: 5000})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SignCopy(t.Context(), c.Seq, who, At, []byte{1}); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("signed without a comparison: %v", err)
	}
	if err := s.CompareCopy(t.Context(), c.Seq, who, At); err != nil {
		t.Fatal(err)
	}
	if err := s.SignCopy(t.Context(), c.Seq, who, At, []byte{1}); err != nil {
		t.Fatal(err)
	}
	c.Compared, c.ComparedBy, c.Signed, c.SignedBy, c.Signature = At, who, At, who, []byte{1}
	got, err := s.Copies(t.Context(), c.Dossier)
	if d := cmp.Diff([]onestop.Copy{c}, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
}

func syncs(t *testing.T, s onestop.Store) {
	a := officer(t, s, "lan")
	it := received(t, s, a, time.Time{})
	train := Envelope()
	train.Item.Training = true
	if _, _, err := s.Insert(t.Context(), train); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Move(t.Context(), step(train.Item.ID, 1, 2, a)); err != nil {
		t.Fatal(err)
	}
	waiting := func(want ...string) {
		t.Helper()
		got := []string{}
		err := s.ToSync(t.Context(), "dvcqg", func(it onestop.Item) error { got = append(got, it.ID); return nil })
		if d := cmp.Diff(append([]string{}, want...), got); d != "" || err != nil {
			t.Errorf("%v\n%s", err, d)
		}
	}
	waiting(it.ID)
	if _, err := s.Synced(t.Context(), it.ID, "dvcqg"); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("nothing was told: %v", err)
	}
	want := onestop.Synced{Remote: "R-1", Sent: it.StateAt, Attempts: 2, Error: kiosk.CodeOfficeOffline}
	for range 2 {
		if err := s.SetSynced(t.Context(), it.ID, "dvcqg", want); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Synced(t.Context(), it.ID, "dvcqg"); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	waiting()
	st := step(it.ID, 2, 4, a)
	st.At = At.Add(time.Second)
	if _, err := s.Move(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	waiting(it.ID)
}

func beats(t *testing.T, s onestop.Store) {
	for _, body := range []string{`{"n":1}`, `{"n":2}`} {
		if err := s.SetBeat(t.Context(), onestop.Beat{Kiosk: "kiosk-01", At: At, Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Beats(t.Context())
	if d := cmp.Diff([]onestop.Beat{{Kiosk: "kiosk-01", At: At, Body: `{"n":2}`}}, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
}

// facts checks that training dossiers are never counted.
func facts(t *testing.T, s onestop.Store) {
	a := officer(t, s, "lan")
	real := received(t, s, a, At.Add(time.Hour))
	train := Envelope()
	train.Item.Training = true
	if _, _, err := s.Insert(t.Context(), train); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Move(t.Context(), step(train.Item.ID, 1, 2, a)); err != nil {
		t.Fatal(err)
	}
	var ids []string
	err := s.Each(t.Context(), At.Add(-time.Hour), At.Add(time.Hour), func(it onestop.Item) error { ids = append(ids, it.ID); return nil })
	if d := cmp.Diff([]string{real.ID}, ids); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
	n := 0
	if err := s.Moved(t.Context(), At.Add(-time.Hour), At.Add(time.Hour), func(e onestop.Event) error {
		if e.Dossier != real.ID {
			t.Errorf("event of %s", e.Dossier)
		}
		n++
		return nil
	}); err != nil || n != 2 {
		t.Errorf("%d events, %v", n, err)
	}
	c, err := s.Counts(t.Context())
	if err != nil || c.Total() != 1 {
		t.Errorf("%d counted, %v", c.Total(), err)
	}
	if rows, err := s.List(t.Context(), onestop.Filter{Training: true, Limit: 9}); err != nil || len(rows) != 1 || rows[0].ID != train.Item.ID {
		t.Errorf("%d training dossiers, %v", len(rows), err)
	}
	late := onestop.Filter{Late: true, Now: At.Add(2 * time.Hour), Limit: 9}
	if rows, err := s.List(t.Context(), late); err != nil || len(rows) != 1 || rows[0].ID != real.ID {
		t.Errorf("%d late, %v", len(rows), err)
	}
}
