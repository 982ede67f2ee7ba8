package calendar

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"motcua/kiosk"
)

// shared finds a file of the development data beside the module; the test is skipped without it.
func shared(t testing.TB, name string) []byte {
	t.Helper()
	root := os.Getenv("KIOSK_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	data, err := os.ReadFile(filepath.Join(root, "data", name))
	if err != nil {
		t.Skip("development data is not here: " + name)
	}
	return data
}

func office(t testing.TB, key string) *Calendar {
	t.Helper()
	s, err := Starter()
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Office(key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02T15:04", s, Zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// pauseOf makes a pause of n working days that begins on the first working day after receipt.
func pauseOf(c *Calendar, received time.Time, n int) Pause {
	v := view{Calendar: c}
	from := v.next(dateOf(received))
	to := from
	for range n {
		to = v.next(to)
	}
	return Pause{from.at(600), to.at(600)}
}

func TestVectors(t *testing.T) {
	var f struct {
		Vectors []struct {
			Case     string
			Received string
			Duration int
			Unit     kiosk.TimeUnit
			SameDay  bool     `json:"same_day_15h_rule"`
			Working  []string `json:"treat_as_working"`
			Paused   int      `json:"paused_working_days"`
			Due      string
		}
	}
	if err := json.Unmarshal(shared(t, "calendar/deadlines.json"), &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Vectors) < 24 {
		t.Fatalf("%d vectors", len(f.Vectors))
	}
	c := office(t, "")
	for _, v := range f.Vectors {
		t.Run(v.Case, func(t *testing.T) {
			received := instant(t, v.Received)
			s := Span{Duration: v.Duration, Unit: v.Unit, SameDay: v.SameDay}
			for _, d := range v.Working {
				s.Working = append(s.Working, instant(t, d+"T00:00"))
			}
			if v.Paused > 0 {
				s.Pauses = []Pause{pauseOf(c, received, v.Paused)}
			}
			due, err := c.Reckon(s, received)
			if err != nil || !due.At.Equal(instant(t, v.Due)) {
				t.Errorf("due %v, %v; want %s", due.At, err, v.Due)
			}
		})
	}
}

func TestReckon(t *testing.T) {
	for name, c := range map[string]struct {
		office, received, due string
		span                  Span
	}{
		"in the day, no rule, at 16:59":       {"", "2026-11-18T16:59", "2026-11-18T17:00", Span{Duration: 1}},
		"in the day, no rule, at closing":     {"", "2026-11-18T17:00", "2026-11-19T17:00", Span{Duration: 1}},
		"in the day, before the office opens": {"", "2026-11-18T05:00", "2026-11-18T17:00", Span{Duration: 1, SameDay: true}},
		"no unit above 1: working days":       {"", "2026-11-18T09:00", "2026-11-23T17:00", Span{Duration: 3}},
		"one hour":                            {"", "2026-11-18T09:00", "2026-11-18T10:00", Span{Duration: 1, Unit: kiosk.UnitHour}},
		"two hours over noon":                 {"", "2026-11-18T11:00", "2026-11-18T15:00", Span{Duration: 2, Unit: kiosk.UnitHour}},
		"eight hours over a weekend":          {"", "2026-11-20T16:00", "2026-11-23T16:30", Span{Duration: 8, Unit: kiosk.UnitHour, Pauses: []Pause{}}},
		"Saturday morning at the centre":      {"", "2026-11-14T09:00", "2026-11-17T17:00", Span{Duration: 1, Unit: kiosk.UnitWorkingDay}},
		"Saturday morning at the police":      {"police", "2026-11-14T09:00", "2026-11-16T17:00", Span{Duration: 1, Unit: kiosk.UnitWorkingDay}},
		"Saturday afternoon at the police":    {"police", "2026-11-14T14:00", "2026-11-17T17:00", Span{Duration: 1, Unit: kiosk.UnitWorkingDay}},
		"Saturday is never counted":           {"police", "2026-11-12T09:00", "2026-11-16T17:00", Span{Duration: 2, Unit: kiosk.UnitWorkingDay}},
		"same day, Saturday at the police":    {"police", "2026-11-14T09:00", "2026-11-16T17:00", Span{Duration: 1, SameDay: true}},
		"two pauses": {"", "2026-11-02T08:00", "2026-11-16T17:00", Span{Duration: 7, Unit: kiosk.UnitWorkingDay, Pauses: []Pause{
			{instant(t, "2026-11-03T10:00"), instant(t, "2026-11-04T10:00")}, {instant(t, "2026-11-06T10:00"), instant(t, "2026-11-10T10:00")},
		}}},
		"a pause in calendar days": {"", "2026-11-04T09:00", "2026-11-23T17:00", Span{Duration: 15, Unit: kiosk.UnitDay, Pauses: []Pause{
			{instant(t, "2026-11-05T10:00"), instant(t, "2026-11-07T10:00")},
		}}},
		"a pause of working hours": {"", "2026-11-18T08:00", "2026-11-18T16:30", Span{Duration: 2, Unit: kiosk.UnitHour, Pauses: []Pause{
			{instant(t, "2026-11-18T09:00"), instant(t, "2026-11-18T15:30")},
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			due, err := office(t, c.office).Reckon(c.span, instant(t, c.received))
			if err != nil || !due.At.Equal(instant(t, c.due)) {
				t.Errorf("due %v, %v; want %s", due.At, err, c.due)
			}
		})
	}
}

func TestAnOpenPauseHasNoDueInstant(t *testing.T) {
	received := instant(t, "2026-11-02T08:00")
	_, err := office(t, "").Reckon(Span{Duration: 7, Pauses: []Pause{{From: received}}}, received)
	if !errors.Is(err, ErrPaused) {
		t.Errorf("%v", err)
	}
	for _, n := range []int{0, -1, maxDuration + 1} {
		if _, err := office(t, "").Reckon(Span{Duration: n}, received); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("a duration of %d: %v", n, err)
		}
	}
}

func TestUnconfirmedDaysAreNamed(t *testing.T) {
	c := office(t, "")
	due, err := c.Reckon(Span{Duration: 3, Unit: kiosk.UnitWorkingDay}, instant(t, "2026-11-19T10:00"))
	if err != nil || !due.At.Equal(instant(t, "2026-11-25T17:00")) || !due.Otherwise.Equal(instant(t, "2026-11-24T17:00")) {
		t.Fatalf("%+v, %v", due, err)
	}
	if len(due.Unconfirmed) != 1 || !due.Unconfirmed[0].Equal(instant(t, "2026-11-24T00:00")) {
		t.Errorf("unconfirmed %v", due.Unconfirmed)
	}
	due, _ = c.Reckon(Span{Duration: 1, Unit: kiosk.UnitWorkingDay}, instant(t, "2026-11-09T10:00"))
	if due.Unconfirmed != nil || !due.Otherwise.IsZero() {
		t.Errorf("a due instant that depends on nothing says %+v", due)
	}
	due, _ = c.Reckon(Span{Duration: 3, Unit: kiosk.UnitWorkingDay, Working: []time.Time{instant(t, "2026-11-24T00:00")}}, instant(t, "2026-11-19T10:00"))
	if due.Unconfirmed != nil || !due.At.Equal(instant(t, "2026-11-24T17:00")) {
		t.Errorf("a day taken as working is still in doubt: %+v", due)
	}
}

func TestPastTheKnownDaysIsSaid(t *testing.T) {
	due, err := office(t, "").Reckon(Span{Duration: 20, Unit: kiosk.UnitDay}, instant(t, "2027-12-20T10:00"))
	if err != nil || len(due.Unconfirmed) != 1 || !due.Unconfirmed[0].Equal(instant(t, "2028-01-01T00:00")) || due.Otherwise.IsZero() {
		t.Errorf("%+v, %v", due, err)
	}
}

func TestDueOfAProcedure(t *testing.T) {
	c := office(t, "")
	p := &kiosk.Procedure{Code: "9.000001", Ways: []kiosk.Way{
		{Channel: kiosk.ChannelDirect, Duration: 5, Unit: kiosk.UnitWorkingDay, Committed: &kiosk.Commitment{Duration: 3, Unit: kiosk.UnitWorkingDay, From: "2026-11-10"}},
		{Channel: kiosk.ChannelOnline, Duration: 10, Unit: kiosk.UnitDay},
		{Channel: kiosk.ChannelPostal},
	}}
	for _, x := range []struct {
		ch        kiosk.Channel
		at, due   string
		committed bool
	}{
		{kiosk.ChannelDirect, "2026-11-09T09:00", "2026-11-16T17:00", false},
		{kiosk.ChannelDirect, "2026-11-10T09:00", "2026-11-13T17:00", true},
		{kiosk.ChannelOnline, "2026-11-10T09:00", "2026-11-20T17:00", false},
	} {
		due, err := c.Due(p, x.ch, instant(t, x.at))
		if err != nil || !due.At.Equal(instant(t, x.due)) || due.Committed != x.committed {
			t.Errorf("%s at %s: %+v, %v", x.ch, x.at, due, err)
		}
	}
	for _, ch := range []kiosk.Channel{kiosk.ChannelPostal, "pigeon"} {
		if _, err := c.Due(p, ch, instant(t, "2026-11-10T09:00")); kiosk.CodeOf(err) != kiosk.CodeNotFound {
			t.Errorf("channel %s: %v", ch, err)
		}
	}
}

func TestOpen(t *testing.T) {
	for at, want := range map[string][2]bool{ // centre, police
		"2026-11-18T08:00": {true, true}, "2026-11-18T12:00": {false, false}, "2026-11-21T09:00": {false, true},
		"2026-11-22T09:00": {false, false}, "2026-01-10T15:00": {true, true}, "2026-02-17T09:00": {false, false},
	} {
		for i, key := range []string{"", "police"} {
			if got := office(t, key).Open(instant(t, at)); got != want[i] {
				t.Errorf("%q open at %s: %v", key, at, got)
			}
		}
	}
	if working, name := office(t, "").Working(instant(t, "2026-11-24T09:00")); working || name != "Ngày Văn hóa Việt Nam" {
		t.Errorf("24/11/2026: %v %q", working, name)
	}
}

// An office's own days off come on top of the country's.
func TestOfficeOfItsOwn(t *testing.T) {
	s, err := Parse("own", []byte(`{"format":1,"source":"test","from":"2026-01-01","until":"2026-12-31","off":[],"working":[],"offices":{
		"default":{"name":"A","hours":["08:00-16:00"],"same_day_until":"14:00"},
		"b":{"name":"B","hours":["08:00-16:00"],"same_day_until":"14:00","off":[{"date":"2026-11-18","name":"Dời trụ sở"}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"": "2026-11-18T16:00", "b": "2026-11-19T16:00"} {
		c, err := s.Office(key)
		if err != nil {
			t.Fatal(err)
		}
		due, err := c.Reckon(Span{Duration: 1, SameDay: true}, instant(t, "2026-11-17T14:00"))
		if err != nil || !due.At.Equal(instant(t, want)) {
			t.Errorf("office %q: %v, %v", key, due.At, err)
		}
	}
	if _, err := s.Office("c"); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("%v", err)
	}
	if s.Until().Format(time.DateOnly) != "2026-12-31" || strings.Join(s.Keys(), " ") != "b default" {
		t.Errorf("%v %v", s.Until(), s.Keys())
	}
}

func TestBrokenFilesAreRefused(t *testing.T) {
	good := `{"format":1,"source":"s","from":"2026-01-01","until":"2026-12-31","off":[{"date":"2026-01-01","name":"N"}],"working":[],"offices":{"default":{"name":"A","hours":["08:00-16:00"],"same_day_until":"14:00"}}}`
	if _, err := Parse("good", []byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string][2]string{
		"format": {`"format":1`, `"format":2`}, "range": {"2026-12-31", "2025-12-31"}, "no default": {`"default"`, `"other"`}, "hours": {"08:00-16:00", "16:00-08:00"},
		"clock": {"14:00", "25:00"}, "day": {`"date":"2026-01-01"`, `"date":"2026-02-30"`}, "name": {`"name":"N"`, `"name":""`}, "unknown key": {`"source"`, `"sauce"`},
		"twice": {`"working":[]`, `"working":[{"date":"2026-01-01","name":"N"}]`}, "no hours": {`["08:00-16:00"]`, `[]`}, "after the end": {`"14:00"}}}`, `"14:00"}}} x`},
	} {
		bad := strings.Replace(good, r[0], r[1], 1)
		if _, err := Parse(name, []byte(bad)); bad == good || kiosk.CodeOf(err) != kiosk.CodeCalendar {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "absent.json")); kiosk.CodeOf(err) != kiosk.CodeCalendar {
		t.Errorf("an absent file: %v", err)
	}
}

// A due instant is after receipt, at a working day's close for whole days, and never earlier for a later receipt.
func TestReckonProperties(t *testing.T) {
	for _, key := range []string{"", "police"} {
		c := office(t, key)
		rapid.Check(t, func(t *rapid.T) {
			s := Span{
				Duration: rapid.IntRange(1, 60).Draw(t, "n"), SameDay: rapid.Bool().Draw(t, "same day"),
				Unit: rapid.SampledFrom([]kiosk.TimeUnit{kiosk.UnitUnknown, kiosk.UnitWorkingDay, kiosk.UnitDay, kiosk.UnitHour}).Draw(t, "unit"),
			}
			received := time.Date(2026, 1, 1, 0, 0, 0, 0, Zone).Add(time.Duration(rapid.IntRange(0, 500*24*60).Draw(t, "minutes")) * time.Minute)
			due, err := c.Reckon(s, received)
			if err != nil || !due.At.After(received) {
				t.Fatalf("%v, %v for %v", due.At, err, received)
			}
			if working, _ := c.Working(due.At); !working {
				t.Fatalf("%v is no working day", due.At)
			}
			if s.Unit != kiosk.UnitHour && clock(due.At) != 17*60 {
				t.Fatalf("%v is not the close of a day", due.At)
			}
			later, err := c.Reckon(s, received.Add(time.Duration(rapid.IntRange(0, 10_000).Draw(t, "more"))*time.Minute))
			if err != nil || later.At.Before(due.At) {
				t.Fatalf("received later, due earlier: %v before %v", later.At, due.At)
			}
		})
	}
}

func TestDates(t *testing.T) {
	for _, s := range []string{"2000-01-01", "2026-02-28", "2026-03-01", "2100-12-31"} {
		d, err := parseDate(s)
		if err != nil || d.at(0).Format("2006-01-02T15:04") != s+"T00:00" || d.weekday() != instant(t, s+"T12:00").Weekday() || dateOf(d.at(1439)) != d {
			t.Errorf("%s: %v %v", s, d.at(0), err)
		}
	}
}

// What is read either is refused with its code or reckons.
func FuzzParse(f *testing.F) {
	f.Add(starter)
	f.Add([]byte(`{"format":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("fuzz", data)
		if err != nil {
			if kiosk.CodeOf(err) != kiosk.CodeCalendar {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, key := range s.Keys() {
			c, err := s.Office(key)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Reckon(Span{Duration: 3}, time.Unix(1795000000, 0)); err != nil {
				t.Fatal(err)
			}
		}
	})
}
