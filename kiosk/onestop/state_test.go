package onestop_test

import (
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

// The table is the one of the national list, move by move.
func TestMovesTable(t *testing.T) {
	want := map[kiosk.DossierState]string{
		1: "2 3 5 7", 2: "4 5 7 8", 3: "", 4: "5 6 7 8 9", 5: "2 4 7 8", 6: "4 7 8", 7: "4 8", 8: "", 9: "4 10", 10: "",
	}
	for from := kiosk.DossierState(1); from <= 10; from++ {
		got := ""
		for to := kiosk.DossierState(0); to <= 11; to++ {
			if _, ok := onestop.FindMove(from, to); ok {
				if got != "" {
					got += " "
				}
				got += map[bool]string{true: "10", false: string(rune('0' + to))}[to == 10]
			}
		}
		if got != want[from] {
			t.Errorf("from %d to %q, want %q", from, got, want[from])
		}
		if onestop.Final(from) != (want[from] == "") {
			t.Errorf("state %d: final %v", from, onestop.Final(from))
		}
	}
	seen := map[[2]kiosk.DossierState]bool{}
	for _, m := range onestop.Moves {
		if seen[[2]kiosk.DossierState{m.From, m.To}] || m.Label == "" || m.Perm == "" {
			t.Errorf("row %d to %d is doubled or not complete", m.From, m.To)
		}
		seen[[2]kiosk.DossierState{m.From, m.To}] = true
		if final := onestop.Final(m.To); final && m.Need&onestop.NeedConfirm == 0 {
			t.Errorf("%d to %d ends the dossier without a confirmation", m.From, m.To)
		}
	}
}

// The buttons are the table's rows that the role may press: none for what cannot be opened.
func TestMovesFor(t *testing.T) {
	for from := kiosk.DossierState(1); from <= 10; from++ {
		for _, number := range []string{"", "X-1"} {
			for _, role := range onestop.Roles {
				it := onestop.Item{State: from, Number: number}
				want := 0
				for _, m := range onestop.Moves {
					if m.From == from && role.May(m.Perm) && onestop.Allowed(from, m.To, number) {
						want++
					}
				}
				got := onestop.MovesFor(it, role)
				if len(got) != want || role == onestop.RoleAdmin && len(got) > 0 {
					t.Errorf("state %d, number %q, %s: %d moves, want %d", from, number, role, len(got), want)
				}
				it.Fault = kiosk.CodeBadInput
				if len(onestop.MovesFor(it, role)) > 0 {
					t.Errorf("state %d, %s: moves for what cannot be opened", from, role)
				}
			}
		}
	}
}

// Nothing is worked on without an official number, and a number is given once.
func TestAllowedNumber(t *testing.T) {
	for _, m := range onestop.Moves {
		without, with := onestop.Allowed(m.From, m.To, ""), onestop.Allowed(m.From, m.To, "X-1")
		switch m.To {
		case 2:
			if !without || with {
				t.Errorf("%d to 2: without a number %v, with %v", m.From, without, with)
			}
		case 4, 6, 9, 10:
			if without || !with {
				t.Errorf("%d to %d: without a number %v, with %v", m.From, m.To, without, with)
			}
		default:
			if !without || !with {
				t.Errorf("%d to %d: without a number %v, with %v", m.From, m.To, without, with)
			}
		}
	}
}

func TestNumbering(t *testing.T) {
	at := time.Date(2026, 11, 20, 18, 30, 0, 0, time.UTC) // 01:30 of the 21st in Vietnam
	for _, tt := range []struct{ agency, pattern, want string }{
		{"H00.00", onestop.DefaultPattern, "H00.00-20261121-0000042"},
		{"", "{yyyy}/{seq:3}", "2026/042"},
		{"A", "{agency}.{yymmdd}.{seq:1}", "A.261121.42"},
	} {
		n := onestop.Numbering{Agency: tt.agency, Pattern: tt.pattern}
		if err := n.Check(); err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
		}
		if got := n.Format(at, 42); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.pattern, got, tt.want)
		}
	}
	for _, n := range []onestop.Numbering{
		{"A", ""}, {"A", "{agency}"}, {"A", "{seq:0}"}, {"A", "{seq:13}"}, {"A", "{seq:7}{seq:7}"}, {"", "{agency}-{seq:7}"},
		{"A", "{agency}-{seq:7}-{month}"}, {"A", "{agency} {seq:7}"}, {"A'", "{agency}{seq:7}"}, {"A", "{{seq:7}}"},
	} {
		if n.Check() == nil {
			t.Errorf("%+v was taken", n)
		}
	}
	n := onestop.Numbering{Agency: "A", Pattern: "{seq:7}"}
	if n.Scope(at) != n.Scope(at.AddDate(1, 0, 0)) {
		t.Error("a pattern without the year restarts, and repeats itself")
	}
	n.Pattern = "yy-{seq:7}"
	if n.Scope(at) != n.Scope(at.AddDate(1, 0, 0)) {
		t.Error("letters beside the placeholders are taken for a date")
	}
	n.Pattern = onestop.DefaultPattern
	if n.Scope(at) == n.Scope(at.AddDate(1, 0, 0)) || n.Scope(at) != n.Scope(at.AddDate(0, 0, 1)) {
		t.Error("a pattern with the year restarts each year, not each day")
	}
}

// Whatever pattern is taken makes numbers that are plain and differ.
func FuzzNumbering(f *testing.F) {
	f.Add("H00.00", onestop.DefaultPattern)
	f.Add("", "{yyyy}{seq:1}")
	f.Add("A", "{agency}{{seq:3}}")
	f.Fuzz(func(t *testing.T, agency, pattern string) {
		n := onestop.Numbering{Agency: agency, Pattern: pattern}
		if n.Check() != nil {
			return
		}
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		seen := map[string]bool{}
		for _, seq := range []int64{1, 2, 9, 10, 99, 1 << 40} {
			s := n.Format(at, seq)
			if s == "" || strings.ContainsAny(s, "{} \n'\"<>") || seen[s] {
				t.Fatalf("number %q", s)
			}
			seen[s] = true
		}
	})
}
