package calendar

import (
	"fmt"
	"strings"
	"time"
)

// Zone is the zone of every calendar; Vietnam has had one since 1975, without summer time.
var Zone = time.FixedZone("ICT", 7*60*60)

// date is a day in [Zone], counted from 1970-01-01.
type date int

// dateOf gives the day of an instant.
func dateOf(t time.Time) date {
	_, offset := t.In(Zone).Zone()
	return date((t.Unix() + int64(offset)) / 86400)
}

func parseDate(s string) (date, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, Zone)
	if err != nil || t.Year() < 2000 || t.Year() > 2200 {
		return 0, fmt.Errorf("%q is not yyyy-mm-dd", s)
	}
	return dateOf(t), nil
}

func (d date) weekday() time.Weekday { return time.Weekday((int(d) + 4) % 7) } // 1970-01-01 was a Thursday

// at gives the instant of a minute of the day.
func (d date) at(minute int) time.Time {
	return time.Unix(int64(d)*86400, 0).Add(time.Duration(minute)*time.Minute - 7*time.Hour).In(Zone)
}

// clock gives the minute of the day of an instant.
func clock(t time.Time) int {
	t = t.In(Zone)
	return t.Hour()*60 + t.Minute()
}

// span is hours of a day in minutes, [from, to).
type span struct{ from, to int }

func parseClock(s string) (int, error) {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("%q is not hh:mm", s)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// parseSpans reads "07:30-11:30", in order and apart.
func parseSpans(list []string) ([]span, error) {
	var spans []span
	last := 0
	for _, s := range list {
		a, b, _ := strings.Cut(s, "-")
		from, err1 := parseClock(a)
		to, err2 := parseClock(b)
		if err1 != nil || err2 != nil || from < last || to <= from {
			return nil, fmt.Errorf("hours %q are not hh:mm-hh:mm in order", s)
		}
		spans, last = append(spans, span{from, to}), to
	}
	return spans, nil
}
