package kiosk_test

import (
	"slices"
	"testing"
	"time"

	"motcua/kiosk"
)

func day(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestProcedureIsValidBetweenItsDays(t *testing.T) {
	p := &kiosk.Procedure{From: "2026-03-01", Until: "2027-02-28"}
	for on, want := range map[string]bool{"2026-02-28": false, "2026-03-01": true, "2027-02-28": true, "2027-03-01": false} {
		if p.Valid(day(t, on)) != want {
			t.Errorf("valid on %s: %v, want %v", on, !want, want)
		}
	}
	if !(&kiosk.Procedure{}).Valid(day(t, "1990-01-01")) {
		t.Error("a procedure without bounds is not valid")
	}
}

func TestTheCommittedLimitCountsFromItsDay(t *testing.T) {
	w := kiosk.Way{Duration: 10, Unit: kiosk.UnitWorkingDay, Committed: &kiosk.Commitment{Duration: 6, Unit: kiosk.UnitWorkingDay, From: "2026-07-01"}}
	if n, _, committed := w.Limit(day(t, "2026-06-30")); n != 10 || committed {
		t.Errorf("before its day: %d, committed %v", n, committed)
	}
	if n, _, committed := w.Limit(day(t, "2026-07-01")); n != 6 || !committed {
		t.Errorf("on its day: %d, committed %v", n, committed)
	}
}

func TestMissingNamesWhatTheRecordIsSilentAbout(t *testing.T) {
	all := []kiosk.Part{kiosk.PartSteps, kiosk.PartWays, kiosk.PartPapers, kiosk.PartTime, kiosk.PartApplicants, kiosk.PartAgency}
	if got := (&kiosk.Procedure{}).Missing(); !slices.Equal(got, all) {
		t.Errorf("an empty record lacks %v", got)
	}
	full := &kiosk.Procedure{
		Steps: []string{"1"}, Ways: []kiosk.Way{{Duration: 1}}, Papers: []kiosk.Paper{{Name: "p"}}, Applicants: []string{"a"}, Agency: "x",
	}
	if got := full.Missing(); got != nil {
		t.Errorf("a full record lacks %v", got)
	}
	full.Ways[0].Duration = 0
	if got := full.Missing(); !slices.Equal(got, []kiosk.Part{kiosk.PartTime}) {
		t.Errorf("a record without a time lacks %v", got)
	}
}
