// Package onestoptest is the conformance suite for stores of the back office: every onestop.Store passes [TestStore].
package onestoptest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/onestop"
)

// Numbering is the pattern the suite numbers by.
var Numbering = onestop.Numbering{Agency: "H00.00", Pattern: onestop.DefaultPattern}

// At is the suite's clock: a Saturday evening in Vietnam.
var At = time.Date(2026, 11, 21, 12, 0, 0, 123456000, time.UTC)

// TestStore runs the suite. open gives a new, empty store each time; the suite closes it.
func TestStore(t *testing.T, open func(t *testing.T) onestop.Store) {
	tests := map[string]func(*testing.T, onestop.Store){
		"insert and find":           insertAndFind,
		"insert again":              insertAgain,
		"insert another body":       insertConflict,
		"chained":                   chained,
		"list and count":            listAndCount,
		"every pair of states":      everyPair,
		"number once":               numberOnce,
		"numbers are consecutive":   numbersConsecutive,
		"numbers restart each year": numbersRestart,
		"first officer wins":        firstWins,
		"events":                    events,
		"accounts":                  accounts,
		"logins":                    logins,
		"audit chain":               auditChain,
		"authenticated":             authenticated,
		"clock":                     clock,
		"apologies":                 apologies,
		"alerts":                    alerts,
		"linked procedures":         linked,
		"hand-overs":                handovers,
		"results":                   results,
		"ratings":                   ratings,
		"feedback":                  feedbacks,
		"queue numbers":             tickets,
		"certified copies":          copies,
		"synchronisation":           syncs,
		"beats":                     beats,
		"facts":                     facts,
		"parts":                     partsOfDossiers,
		"enrolments":                enrolments,
		"changes":                   changesOfKiosks,
	}
	for name, f := range tests {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			f(t, s)
		})
	}
}

// UUID makes a dossier id.
func UUID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Envelope makes an envelope with random contents.
func Envelope() onestop.Envelope {
	body := make([]byte, 200)
	_, _ = rand.Read(body)
	token := make([]byte, 32)
	_, _ = rand.Read(token)
	return onestop.Envelope{Body: body, Item: onestop.Item{
		ID: UUID(), TokenID: hex.EncodeToString(token), SHA256: sha256.Sum256(body), Size: len(body), Kiosk: "kiosk-1",
		Created: At.Add(-time.Minute), Received: At, Code: "1.001193", Title: "Đăng ký khai sinh", Verdict: kiosk.Verified,
		Label: []byte{1, 2, 3}, State: kiosk.StateRegistered, StateAt: At, Channel: kiosk.ChannelDirect, Evidence: sha256.Sum256(token),
		Receiver: "Phường Thí Điểm", Resolver: "Phường Thí Điểm", Field: "Hộ tịch", Papers: 2,
	}}
}

func insert(t *testing.T, s onestop.Store) onestop.Item {
	t.Helper()
	it, fresh, err := s.Insert(t.Context(), Envelope())
	if err != nil || !fresh {
		t.Fatalf("insert: fresh %v, %v", fresh, err)
	}
	return it
}

func officer(t *testing.T, s onestop.Store, login string) onestop.Account {
	t.Helper()
	a, err := s.AddAccount(t.Context(), onestop.Account{
		Login: login, Name: "Cán bộ " + login, Role: onestop.RoleHead, Hash: "$argon2id$v=19$x", Created: At,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func insertAndFind(t *testing.T, s onestop.Store) {
	e := Envelope()
	got, fresh, err := s.Insert(t.Context(), e)
	if err != nil || !fresh {
		t.Fatalf("insert: fresh %v, %v", fresh, err)
	}
	if d := cmp.Diff(e.Item, got); d != "" {
		t.Errorf("inserted (-want +got):\n%s", d)
	}
	byID, err := s.Item(t.Context(), e.Item.ID)
	if d := cmp.Diff(e.Item, byID); d != "" || err != nil {
		t.Errorf("by id: %v\n%s", err, d)
	}
	byToken, err := s.ItemByToken(t.Context(), e.Item.TokenID)
	if d := cmp.Diff(e.Item, byToken); d != "" || err != nil {
		t.Errorf("by token: %v\n%s", err, d)
	}
	bySum, err := s.ItemBySHA256(t.Context(), e.Item.SHA256)
	if d := cmp.Diff(e.Item, bySum); d != "" || err != nil {
		t.Errorf("by envelope: %v\n%s", err, d)
	}
	body, err := s.Body(t.Context(), e.Item.ID)
	if err != nil || sha256.Sum256(body) != e.Item.SHA256 {
		t.Errorf("body is not as received: %v", err)
	}
	for what, err := range map[string]error{
		"item": second(s.Item(t.Context(), UUID())), "token": second(s.ItemByToken(t.Context(), "00")),
		"body": second(s.Body(t.Context(), UUID())), "envelope": second(s.ItemBySHA256(t.Context(), [32]byte{1})),
	} {
		if !errors.Is(err, onestop.ErrNotFound) {
			t.Errorf("unknown %s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// chained: who claims to follow an envelope is counted, by kiosk; what stands in no chain claims nothing.
func chained(t *testing.T, s onestop.Store) {
	first := Envelope()
	first.Link = kiosk.Link{Sequence: 1}
	put := func(e onestop.Envelope) {
		t.Helper()
		if _, _, err := s.Insert(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	count := func(device string, previous [32]byte, want int) {
		t.Helper()
		if n, err := s.Followers(t.Context(), device, previous); err != nil || n != want {
			t.Errorf("%d follow, want %d; %v", n, want, err)
		}
	}
	put(first)
	put(Envelope())
	count(first.Item.Kiosk, [32]byte{}, 1)
	for n := range 2 {
		e := Envelope()
		e.Link = kiosk.Link{Sequence: 2, Previous: first.Item.SHA256}
		put(e)
		count(first.Item.Kiosk, first.Item.SHA256, n+1)
	}
	count("another", first.Item.SHA256, 0)
	count(first.Item.Kiosk, [32]byte{}, 1)
}

func insertAgain(t *testing.T, s onestop.Store) {
	e := Envelope()
	first, _, err := s.Insert(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	e.Item.Received = At.Add(time.Hour) // the repetition comes later
	e.Item.Verdict = kiosk.Refused
	again, fresh, err := s.Insert(t.Context(), e)
	if err != nil || fresh {
		t.Fatalf("again: fresh %v, %v", fresh, err)
	}
	if d := cmp.Diff(first, again); d != "" {
		t.Errorf("the repetition changed the item:\n%s", d)
	}
	if ev, err := s.Events(t.Context(), e.Item.ID); err != nil || len(ev) != 1 {
		t.Errorf("%d events, %v; want 1", len(ev), err)
	}
}

func insertConflict(t *testing.T, s onestop.Store) {
	e := Envelope()
	if _, _, err := s.Insert(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	other := Envelope()
	other.Item.ID = e.Item.ID
	if _, _, err := s.Insert(t.Context(), other); !errors.Is(err, onestop.ErrConflict) {
		t.Errorf("same id, other body: %v", err)
	}
	other = Envelope()
	other.Item.TokenID = e.Item.TokenID
	if _, _, err := s.Insert(t.Context(), other); !errors.Is(err, onestop.ErrConflict) {
		t.Errorf("same token, other id: %v", err)
	}
	if _, err := s.Item(t.Context(), other.Item.ID); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("the refused one was kept: %v", err)
	}
}

func listAndCount(t *testing.T, s onestop.Store) {
	var ids []string
	for range 5 {
		ids = append(ids, insert(t, s).ID)
	}
	bad := Envelope()
	bad.Item.Fault, bad.Item.Label, bad.Item.Verdict, bad.Item.Evidence = kiosk.CodeBadInput, nil, kiosk.Undetermined, [32]byte{}
	if _, _, err := s.Insert(t.Context(), bad); err != nil {
		t.Fatal(err)
	}
	a := officer(t, s, "lan")
	moved, err := s.Move(t.Context(), step(ids[1], 1, 2, a))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	after := int64(0)
	for {
		rows, err := s.List(t.Context(), onestop.Filter{After: after, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 {
			break
		}
		for _, r := range rows {
			got, after = append(got, r.ID), r.Row
		}
	}
	if d := cmp.Diff(append(ids, bad.Item.ID), got); d != "" {
		t.Errorf("pages in the order of arrival:\n%s", d)
	}
	only := func(f onestop.Filter, want ...string) {
		t.Helper()
		f.Limit = onestop.MaxPage
		rows, err := s.List(t.Context(), f)
		got := make([]string, 0, len(rows))
		for _, r := range rows {
			got = append(got, r.ID)
		}
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("list %+v: %v\n%s", f, err, d)
		}
	}
	only(onestop.Filter{State: 2}, ids[1])
	only(onestop.Filter{Fault: true}, bad.Item.ID)
	only(onestop.Filter{Search: moved.Number}, ids[1])
	only(onestop.Filter{Search: ids[3]}, ids[3])
	c, err := s.Counts(t.Context())
	if err != nil || c.State[1] != 5 || c.State[2] != 1 || c.Fault != 1 || c.Total() != 6 {
		t.Errorf("counts %+v, %v", c, err)
	}
}

func step(id string, from, to kiosk.DossierState, a onestop.Account) onestop.Step {
	return onestop.Step{Dossier: id, From: from, To: to, Note: "ghi chú", Actor: a.Actor(), At: At, Number: Numbering}
}

// paths leads a new dossier to each state.
var paths = map[kiosk.DossierState][]kiosk.DossierState{
	1: {}, 2: {2}, 3: {3}, 4: {2, 4}, 5: {5}, 6: {2, 4, 6}, 7: {7}, 8: {2, 8}, 9: {2, 4, 9}, 10: {2, 4, 9, 10},
}

// everyPair tries all hundred pairs against the table, and those outside the list.
func everyPair(t *testing.T, s onestop.Store) {
	a := officer(t, s, "lan")
	for from := kiosk.DossierState(1); from <= 10; from++ {
		for to := kiosk.DossierState(0); to <= 11; to++ {
			it := insert(t, s)
			for _, next := range paths[from] {
				moved, err := s.Move(t.Context(), step(it.ID, it.State, next, a))
				if err != nil {
					t.Fatalf("to state %d: %v", next, err)
				}
				it = moved
			}
			want := onestop.Allowed(from, to, it.Number)
			after, err := s.Move(t.Context(), step(it.ID, from, to, a))
			switch {
			case want && (err != nil || after.State != to || after.StateNote != "ghi chú"):
				t.Errorf("%d to %d: %v, state %d", from, to, err, after.State)
			case !want && !errors.Is(err, onestop.ErrRefused):
				t.Errorf("%d to %d was not refused: %v", from, to, err)
			}
			if !want {
				if now, err := s.Item(t.Context(), it.ID); err != nil || now.State != from {
					t.Errorf("%d to %d refused, but the state is %d, %v", from, to, now.State, err)
				}
			}
		}
	}
}

func numberOnce(t *testing.T, s onestop.Store) {
	a := officer(t, s, "lan")
	it := insert(t, s)
	if it.Number != "" {
		t.Fatalf("a new dossier has number %q", it.Number)
	}
	it, err := s.Move(t.Context(), step(it.ID, 1, 2, a))
	if err != nil || it.Number != "H00.00-20261121-0000001" {
		t.Fatalf("number %q, %v", it.Number, err)
	}
	for _, to := range []kiosk.DossierState{5, 4, 9, 4, 9, 10} {
		next, err := s.Move(t.Context(), step(it.ID, it.State, to, a))
		if err != nil || next.Number != it.Number {
			t.Fatalf("at state %d the number is %q, %v", to, next.Number, err)
		}
		it = next
	}
	bad := step(insert(t, s).ID, 1, 2, a)
	bad.Number.Pattern = "{oops}"
	if _, err := s.Move(t.Context(), bad); kiosk.CodeOf(err) != kiosk.CodeConfigInvalid {
		t.Errorf("a pattern that cannot be: %v", err)
	}
	same := step(bad.Dossier, 1, 2, a)
	same.Number.Agency, same.Number.Pattern = "X", "H00.00-20261121-{seq:7}"
	if _, err := s.Move(t.Context(), same); !errors.Is(err, onestop.ErrNumber) {
		t.Errorf("a number that exists: %v", err)
	}
	if now, err := s.Item(t.Context(), bad.Dossier); err != nil || now.State != 1 || now.Number != "" {
		t.Errorf("after a failed acceptance: state %d, number %q, %v", now.State, now.Number, err)
	}
	it, err = s.Move(t.Context(), step(bad.Dossier, 1, 2, a))
	if err != nil || it.Number != "H00.00-20261121-0000002" {
		t.Errorf("no number may be lost by a failure: %q, %v", it.Number, err)
	}
}

// numbersConsecutive accepts a hundred dossiers at once: a hundred distinct numbers without a gap.
func numbersConsecutive(t *testing.T, s onestop.Store) {
	const n = 100
	a := officer(t, s, "lan")
	ids := make([]string, n)
	for i := range ids {
		ids[i] = insert(t, s).ID
	}
	type result struct {
		number string
		err    error
	}
	results := make(chan result, n)
	start := make(chan struct{})
	for _, id := range ids {
		go func() {
			<-start
			it, err := s.Move(context.Background(), step(id, 1, 2, a))
			results <- result{it.Number, err}
		}()
	}
	close(start)
	seen := map[string]bool{}
	for range n {
		r := <-results
		if r.err != nil {
			t.Fatalf("accept: %v", r.err)
		}
		seen[r.number] = true
	}
	for i := 1; i <= n; i++ {
		if number := fmt.Sprintf("H00.00-20261121-%07d", i); !seen[number] {
			t.Errorf("%s was not given", number)
		}
	}
}

func numbersRestart(t *testing.T, s onestop.Store) {
	a := officer(t, s, "lan")
	accept := func(at time.Time) string {
		t.Helper()
		st := step(insert(t, s).ID, 1, 2, a)
		st.At = at
		it, err := s.Move(t.Context(), st)
		if err != nil {
			t.Fatal(err)
		}
		return it.Number
	}
	lastMinute := time.Date(2026, 12, 31, 16, 59, 0, 0, time.UTC) // 23:59 in Vietnam
	got := []string{accept(At), accept(lastMinute), accept(lastMinute.Add(time.Minute))}
	want := []string{"H00.00-20261121-0000001", "H00.00-20261231-0000002", "H00.00-20270101-0000001"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func firstWins(t *testing.T, s onestop.Store) {
	a, b := officer(t, s, "lan"), officer(t, s, "hoa")
	it := insert(t, s)
	if _, err := s.Move(t.Context(), step(it.ID, 1, 2, a)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Move(t.Context(), step(it.ID, 1, 3, b)); !errors.Is(err, onestop.ErrMoved) {
		t.Errorf("the second officer saw state 1: %v", err)
	}
	if _, err := s.Move(t.Context(), step(UUID(), 1, 2, b)); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("no such dossier: %v", err)
	}
}

func events(t *testing.T, s onestop.Store) {
	a := officer(t, s, "lan")
	it := insert(t, s)
	seen := onestop.Event{Dossier: it.ID, At: At, Kind: onestop.EventPicture, Actor: a.Actor(), Note: "chip"}
	if err := s.AddEvent(t.Context(), seen); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Move(t.Context(), step(it.ID, 1, 5, a)); err != nil {
		t.Fatal(err)
	}
	got, err := s.Events(t.Context(), it.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := []onestop.Event{
		{Dossier: it.ID, At: At, Kind: onestop.EventTakenIn, To: 1},
		seen,
		{Dossier: it.ID, At: At, Kind: onestop.EventMoved, Actor: a.Actor(), From: 1, To: 5, Note: "ghi chú"},
	}
	for i := range got {
		if i > 0 && got[i].Seq <= got[i-1].Seq {
			t.Errorf("event %d is out of order", i)
		}
		got[i].Seq = 0
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	nobody := onestop.Event{Dossier: it.ID, At: At, Kind: onestop.EventViewed}
	if err := s.AddEvent(t.Context(), nobody); err == nil {
		t.Error("an action without a person was stored")
	}
	if err := s.AddEvent(t.Context(), onestop.Event{Dossier: UUID(), At: At, Kind: onestop.EventViewed, Actor: a.Actor()}); !errors.Is(err, onestop.ErrNotFound) {
		t.Errorf("event of an unknown dossier: %v", err)
	}
}

func accounts(t *testing.T, s onestop.Store) {
	a, b := officer(t, s, "lan"), officer(t, s, "hoa")
	if a.ID == b.ID || a.ID == 0 {
		t.Fatalf("numbers %d and %d", a.ID, b.ID)
	}
	if _, err := s.AddAccount(t.Context(), onestop.Account{Login: "lan", Name: "x", Role: onestop.RoleClerk, Hash: a.Hash, Created: At}); !errors.Is(err, onestop.ErrTaken) {
		t.Errorf("second account with the login: %v", err)
	}
	a.Disabled, a.Role, a.Name = true, onestop.RoleClerk, "Trần Thị Lan"
	if err := s.SetAccount(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	got, err := s.AccountByLogin(t.Context(), "lan")
	if d := cmp.Diff(a, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
	if got, err = s.Account(t.Context(), b.ID); err != nil || got != b {
		t.Errorf("by number: %v, %v", got, err)
	}
	all, err := s.Accounts(t.Context())
	if d := cmp.Diff([]onestop.Account{a, b}, all); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
	for what, err := range map[string]error{
		"login": second(s.AccountByLogin(t.Context(), "ai")), "number": second(s.Account(t.Context(), 999)),
		"change": s.SetAccount(t.Context(), onestop.Account{ID: 999, Name: "x", Role: onestop.RoleHead, Hash: a.Hash}),
	} {
		if !errors.Is(err, onestop.ErrNotFound) {
			t.Errorf("unknown %s: %v", what, err)
		}
	}
}

func auditChain(t *testing.T, s onestop.Store) {
	chain := audit.NewChain(s, func() time.Time { return At })
	for i := range 5 {
		if err := chain.Append(t.Context(), audit.DossierState, audit.Int(audit.KeyState, i+1)); err != nil {
			t.Fatal(err)
		}
	}
	rep, err := audit.Verify(t.Context(), s)
	if err != nil || rep.Broken != 0 || rep.Records != 5 {
		t.Fatalf("verify: %+v, %v", rep, err)
	}
	last, err := s.LastAudit(t.Context())
	if err != nil || last != rep.Head {
		t.Errorf("last %+v, head %+v, %v", last, rep.Head, err)
	}
	for what, r := range map[string]kiosk.AuditRecord{
		"a gap":    {Seq: 7, Prev: last.Hash, Event: "x", Fields: "{}"},
		"a repeat": {Seq: 5, Prev: last.Prev, Event: "x", Fields: "{}"},
		"a fork":   {Seq: 6, Prev: [32]byte{1}, Event: "x", Fields: "{}"},
	} {
		if err := s.AppendAudit(t.Context(), r); kiosk.CodeOf(err) != kiosk.CodeStoreCorrupt {
			t.Errorf("%s: %v", what, err)
		}
	}
}
