package onestop_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/onestoptest"
)

// The figures that communes and provinces have published, recomputed.
func TestPublishedFigures(t *testing.T) {
	for _, tt := range []struct {
		name        string
		part, whole int
		two, one    string
	}{
		{"Lạng Sơn 2024", 2_164_655, 2_167_957, "99,85", "99,8"},
		{"Phú Tân 2024", 776, 804, "96,52", "96,5"},
		{"nothing", 0, 0, "–", "–"},
		{"half away from zero", 1, 800, "0,13", "0,1"},
		{"all", 5, 5, "100,00", "100,0"},
	} {
		r := onestop.Ratio{Part: tt.part, Whole: tt.whole}
		if r.String() != tt.two || r.OneDecimal() != tt.one {
			t.Errorf("%s: %s and %s, want %s and %s", tt.name, r, r.OneDecimal(), tt.two, tt.one)
		}
	}
	// 99,848 % of what was settled in time, of 2,182,152 received.
	lang := onestop.Tally{Early: 2_164_655, Late: 2_167_957 - 2_164_655, Pending: 2_182_152 - 2_167_957}
	if lang.Received() != 2_182_152 || lang.OnTime().OneDecimal() != "99,8" || lang.OnTime().Part*100_000/lang.OnTime().Whole != 99_847 {
		t.Errorf("%d received, %s", lang.Received(), lang.OnTime())
	}
	// 797 early and on time, 7 late: 804 decided.
	phu := onestop.Tally{Early: 776, On: 21, Late: 7, Pending: 68}
	if phu.Early+phu.On != 797 || phu.OnTime().Whole != 804 || phu.Received() != 872 {
		t.Errorf("%d in time of %d decided, %d received", phu.Early+phu.On, phu.OnTime().Whole, phu.Received())
	}
}

func TestBuckets(t *testing.T) {
	due := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC) // 17:00 in Vietnam
	day, end := 24*time.Hour, due.Add(10*24*time.Hour)
	for _, tt := range []struct {
		name string
		it   onestop.Item
		end  time.Time
		want onestop.Bucket
	}{
		{"a day before", onestop.Item{Promised: due, Finished: due.Add(-day)}, end, onestop.BucketEarly},
		{"on the day", onestop.Item{Promised: due, Finished: due.Add(-time.Hour)}, end, onestop.BucketOn},
		{"at the instant", onestop.Item{Promised: due, Finished: due}, end, onestop.BucketOn},
		{"a moment later", onestop.Item{Promised: due, Finished: due.Add(time.Microsecond)}, end, onestop.BucketLate},
		{"an extension does not make it in time", onestop.Item{Promised: due, Due: due.Add(day), Finished: due.Add(time.Hour), Extended: true}, end, onestop.BucketLate},
		{"finished counts before returned", onestop.Item{Promised: due, Finished: due.Add(-time.Hour), Returned: due.Add(3 * day)}, end, onestop.BucketOn},
		{"two supplements are late", onestop.Item{Promised: due, Finished: due.Add(-day), Supplements: 2}, end, onestop.BucketLate},
		{"one is not", onestop.Item{Promised: due, Finished: due.Add(-day), Supplements: 1}, end, onestop.BucketEarly},
		{"stopped in time", onestop.Item{Promised: due, Closed: due.Add(-day)}, end, onestop.BucketEarly},
		{"not settled, not due", onestop.Item{Promised: due}, due.Add(-day), onestop.BucketPending},
		{"not settled at the end of the period", onestop.Item{Promised: due}, end, onestop.BucketLate},
		{"settled after the period", onestop.Item{Promised: due, Finished: due.Add(-time.Hour)}, due.Add(-day), onestop.BucketPending},
		{"an open supplement counts at its request", onestop.Item{Promised: due, Paused: due.Add(-day), Supplements: 1}, end, onestop.BucketPending},
		{"asked for after it was due", onestop.Item{Promised: due, Paused: due.Add(day), Supplements: 1}, end, onestop.BucketLate},
		{"no known time", onestop.Item{Finished: due}, end, onestop.BucketOn},
		{"no known time, open", onestop.Item{}, end, onestop.BucketPending},
	} {
		if got := onestop.BucketOf(tt.it, tt.end); got != tt.want {
			t.Errorf("%s: bucket %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestSatisfaction(t *testing.T) {
	if _, ok := (onestop.Satisfaction{}).Mean(); ok {
		t.Error("a mean of nobody")
	}
	s := onestop.Satisfaction{Scores: [5]int{1, 0, 0, 1, 1}}
	if mean, ok := s.Mean(); !ok || mean != 333 || s.N() != 3 {
		t.Errorf("%d, n %d", mean, s.N())
	}
}

// termsOf is a calendar that makes everything due a fixed time after it came in, without the pauses.
type termsOf time.Duration

func (d termsOf) Due(_ string, _ kiosk.Channel, received time.Time, pauses []onestop.Pause) (time.Time, bool) {
	due := received.Add(time.Duration(d))
	for _, p := range pauses {
		due = due.Add(p.To.Sub(p.From))
	}
	return due, true
}

func (termsOf) DayBefore(t time.Time) time.Time { return t.AddDate(0, 0, -1) }

// settle takes a dossier from arrival to the state, an hour a step.
func settle(t *testing.T, o *onestoptest.Office, a onestop.Account, id string, states ...kiosk.DossierState) onestop.Item {
	t.Helper()
	it, err := o.Store.Item(t.Context(), id)
	for _, to := range states {
		if err != nil {
			t.Fatal(err)
		}
		it, err = o.Desk.Move(t.Context(), a, onestop.MoveRequest{ID: id, From: it.State, To: to, Note: "ghi chú", Reason: "đã đối chiếu", Confirmed: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	return it
}

// Seven late of ten: seven letters, however often the sweep runs; a second extension is refused; the figures follow.
func TestSevenLateSevenLetters(t *testing.T) {
	o := newOffice(t, func(opt *onestop.Options) { opt.Terms = termsOf(72 * time.Hour) })
	a := o.Officer(t, "Lê Văn Trưởng", onestop.RoleHead)
	var ids []string
	for range 10 {
		ids = append(ids, o.Deliver(t, nil).Dossier.ID)
	}
	start := o.Clock.T
	for _, id := range ids {
		settle(t, o, a, id, 2, 4)
	}
	want := func(what string, alerts, letters int) {
		t.Helper()
		for range 3 {
			s, err := o.Desk.Sweep(t.Context())
			if err != nil || s.Alerts != alerts || s.Letters != letters {
				t.Errorf("%s: %+v, %v; want %d alerts and %d letters", what, s, err, alerts, letters)
			}
			alerts, letters = 0, 0 // and never again
		}
	}
	want("at once", 0, 0)
	o.Clock.T = start.Add(47 * time.Hour)
	want("the day before", 10, 0)
	for _, id := range ids[:3] {
		settle(t, o, a, id, 9)
	}
	o.Clock.T = start.Add(69 * time.Hour)
	want("the day", 7, 7)
	o.Clock.T = start.Add(80 * time.Hour)
	want("too late", 0, 0)
	l, err := o.Desk.Extend(t.Context(), a, ids[3], o.Clock.T.Add(24*time.Hour), "chờ cơ quan phối hợp")
	if err != nil || l.Status != onestop.LetterIssued {
		t.Fatalf("%+v, %v", l, err)
	}
	if _, err := o.Desk.Extend(t.Context(), a, ids[3], o.Clock.T.Add(72*time.Hour), "lần hai"); !errors.Is(err, onestop.ErrExtended) {
		t.Errorf("a second extension: %v", err)
	}
	if _, err := o.Desk.Extend(t.Context(), a, ids[4], start, "x"); !errors.Is(err, onestop.ErrDate) {
		t.Errorf("a date in the past: %v", err)
	}
	o.Clock.T = start.Add(81 * time.Hour)
	for _, id := range ids[3:] {
		settle(t, o, a, id, 9)
	}
	r, err := o.Desk.Statistics(t.Context(), a, start.Add(-time.Hour), start.Add(1000*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if r.All.Late != 7 || r.All.Early+r.All.On != 3 || r.Letters[onestop.LetterApology] != 7 || r.Letters[onestop.LetterReceipt] != 10 {
		t.Errorf("%+v, letters %v", r.All, r.Letters)
	}
	if r.OnTime != (onestop.Ratio{Part: 3, Whole: 10}) || r.Verified.String() != "100,00" || r.Done != 10 || r.LateDone != 7 {
		t.Errorf("on time %v, verified %v, %d done, %d of them late", r.OnTime, r.Verified, r.Done, r.LateDone)
	}
}

// A draft is withdrawn when the dossier is settled in time after all.
func TestDraftNotNeeded(t *testing.T) {
	o := newOffice(t, func(opt *onestop.Options) { opt.Terms = termsOf(72 * time.Hour) })
	a := o.Officer(t, "Lê Văn Trưởng", onestop.RoleHead)
	id := o.Deliver(t, nil).Dossier.ID
	settle(t, o, a, id, 2, 4)
	o.Clock.T = o.Clock.T.Add(70 * time.Hour)
	if s, err := o.Desk.Sweep(t.Context()); err != nil || s.Letters != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	settle(t, o, a, id, 9)
	letters, err := o.Store.Letters(t.Context(), id)
	if err != nil || letters[len(letters)-1].Status != onestop.LetterWithdrawn {
		t.Errorf("%+v, %v", letters, err)
	}
}

// The wait for supplements is not counted; a second one makes the dossier late.
func TestSupplementPause(t *testing.T) {
	o := newOffice(t, func(opt *onestop.Options) { opt.Terms = termsOf(72 * time.Hour) })
	a := o.Officer(t, "Lê Văn Trưởng", onestop.RoleHead)
	id := o.Deliver(t, nil).Dossier.ID
	it := settle(t, o, a, id, 2)
	due := it.Due
	if due.IsZero() {
		t.Fatal("accepted without a due instant")
	}
	o.Clock.T = o.Clock.T.Add(10 * time.Hour)
	settle(t, o, a, id, 5)
	o.Clock.T = o.Clock.T.Add(100 * time.Hour)
	if s, err := o.Desk.Sweep(t.Context()); err != nil || s != (onestop.Swept{}) {
		t.Errorf("the clock stands still, yet %+v, %v", s, err)
	}
	it = settle(t, o, a, id, 4)
	if !it.Due.Equal(due.Add(100 * time.Hour)) {
		t.Errorf("due %v, want %v", it.Due, due.Add(100*time.Hour))
	}
	settle(t, o, a, id, 5)
	it = settle(t, o, a, id, 4, 9)
	if b := onestop.BucketOf(it, o.Clock.T); b != onestop.BucketLate {
		t.Errorf("two supplements: bucket %d", b)
	}
}

// Every number of the statistics against a count by hand, training dossiers left out.
func TestStatisticsByHand(t *testing.T) {
	o := newOffice(t, func(opt *onestop.Options) {
		opt.Terms = termsOf(48 * time.Hour)
		opt.Place = func(name, _ string) onestop.Place {
			p := onestop.Place{Receiver: "Điểm A", Resolver: "Phường B", Field: "Hộ tịch", Channel: kiosk.ChannelDirect}
			p.Training = name == "kiosk-tap"
			return p
		}
	})
	tap := onestoptest.Enrol(t, o.Keys.CA, "kiosk-tap")
	a := o.Officer(t, "Lê Văn Trưởng", onestop.RoleHead)
	b := o.Officer(t, "Trần Thị Sáu", onestop.RoleSpecialist)
	start := o.Clock.T
	var ids []string
	for range 4 {
		ids = append(ids, o.Deliver(t, nil).Dossier.ID)
	}
	settle(t, o, a, ids[0], 2, 4)
	settle(t, o, a, ids[1], 2, 4)
	settle(t, o, a, ids[2], 2)
	settle(t, o, a, ids[3], 3) // refused before it was accepted: not in the statistics
	if _, err := o.Desk.HandOver(t.Context(), a, ids[1], b.ID, ""); err != nil {
		t.Fatal(err)
	}
	pdf := []byte("%PDF-1.7 /ByteRange [0 1 2 3]")
	r, err := o.Desk.AddResult(t.Context(), a, ids[0], "Giấy khai sinh", "KQ.G15.000031", pdf)
	if err != nil || r.Signature != onestop.SignatureUnknown {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, body, err := o.Desk.Result(t.Context(), a, r.Seq); err != nil || !bytes.Equal(body, pdf) {
		t.Errorf("result comes back as %d bytes, %v", len(body), err)
	}
	o.Clock.T = start.Add(2 * time.Hour)
	settle(t, o, a, ids[0], 9, 10)
	o.Clock.T = start.Add(60 * time.Hour)
	settle(t, o, a, ids[1], 9) // late, without a result file

	o.Kiosk = tap
	train := o.Deliver(t, func(d *kiosk.Dossier) { d.Kiosk = "kiosk-tap" })
	if it, err := o.Store.Item(t.Context(), train.Dossier.ID); err != nil || !it.Training {
		t.Fatalf("training %v, %v", it.Training, err)
	}
	settle(t, o, a, train.Dossier.ID, 2)

	s, err := o.Desk.Statistics(t.Context(), a, start.Add(-time.Hour), start.Add(100*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if s.All.Received() != 3 || s.All.Early != 1 || s.All.Late != 2 || s.Done != 2 {
		t.Errorf("%+v, done %d", s.All, s.Done)
	}
	for what, got := range map[string][2]onestop.Ratio{
		"2.1": {s.OnTime, {Part: 1, Whole: 3}}, "3.3": {s.Online, {Part: 0, Whole: 3}}, "4.1": {s.EResult, {Part: 1, Whole: 2}},
		"4.2": {s.Digitised, {Part: 1, Whole: 2}}, "4.3": {s.Reused, {Part: 0, Whole: 3}}, "evidence": {s.Verified, {Part: 3, Whole: 3}},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %+v, want %+v", what, got[0], got[1])
		}
	}
	if len(s.Backlog) != 1 || s.Backlog[0].Received() != 1 || s.Backlog[0].Late != 1 {
		t.Errorf("backlog %+v", s.Backlog)
	}
	if len(s.Officers) != 3 || len(s.Units) != 1 || s.Units[0].Name != "Phường B" || s.Receivers[0].Name != "Điểm A" {
		t.Errorf("officers %+v, units %+v", s.Officers, s.Units)
	}
	for name, list := range map[string][]onestop.Tally{"fields": s.Fields, "officers": s.Officers, "units": s.Units, "channels": s.Channels} {
		sum := 0
		for _, x := range list {
			sum += x.Received()
		}
		if sum != s.All.Received() {
			t.Errorf("%s sum to %d, all are %d", name, sum, s.All.Received())
		}
	}
	if n := s.Hours[start.In(onestop.Zone).Hour()]; n != 4 {
		t.Errorf("%d arrivals in the first hour", n)
	}
	checkExports(t, s)
}

func checkExports(t *testing.T, s *onestop.Statistics) {
	t.Helper()
	sheets := append(s.Sheets(), onestop.Sheet{Name: "a/b", Rows: [][]onestop.Cell{{{Text: "=1+1"}, {Text: "<&\""}}}})
	var out bytes.Buffer
	if err := onestop.WriteCSV(&out, sheets); err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff")))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, row := range rows {
		if len(row) == 5 && row[0] == "2.1" {
			found = row[2] == "1" && row[3] == "3" && row[4] == "33.33"
		}
		for _, c := range row {
			if strings.HasPrefix(c, "=") {
				t.Errorf("a formula: %s", c)
			}
		}
	}
	if !found {
		t.Error("indicator 2.1 is not in the CSV with its numbers")
	}
	out.Reset()
	if err := onestop.WriteXLSX(&out, sheets); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(rc)
		for err == nil {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", f.Name, err)
		}
		_ = rc.Close()
	}
	if len(z.File) != len(sheets)+4 {
		t.Errorf("%d parts", len(z.File))
	}
}
