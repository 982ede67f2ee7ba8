package calendar

import (
	"errors"
	"maps"
	"time"

	"motcua/kiosk"
)

// Calendar is one office's. It never changes and is safe for concurrent use.
type Calendar struct {
	name        string
	from, until date
	days        map[date]special
	hours       []span
	saturday    []span
	cutoff      int // of the same-day rule, minutes
}

func newCalendar(o Office, common map[date]special) (*Calendar, error) {
	c := &Calendar{name: o.Name, days: maps.Clone(common)}
	var err1, err2, err3 error
	c.hours, err1 = parseSpans(o.Hours)
	c.saturday, err2 = parseSpans(o.Saturday)
	c.cutoff, err3 = parseClock(o.SameDayUntil)
	if err := errors.Join(err1, err2, err3, addDays(c.days, o.Off, o.Working)); err != nil {
		return nil, err
	}
	if len(c.hours) == 0 || o.Name == "" {
		return nil, errors.New("it has no name or no hours")
	}
	return c, nil
}

// Name is the office's name as people read it.
func (c *Calendar) Name() string { return c.name }

// view is a calendar under an assumption about the days that are not confirmed.
type view struct {
	*Calendar
	other map[date]bool // days taken to be the opposite of what the file says
}

// far ends every search for a working day: a calendar without one for so long is a mistake of the file.
const far = 400

func (v view) working(d date) bool {
	w := d.weekday()
	free := w == time.Saturday || w == time.Sunday
	s, ok := v.days[d]
	if !ok {
		return !free
	}
	if v.other[d] {
		return !s.working
	}
	return s.working
}

// receives gives the hours in which the office takes dossiers on a day, nil when it does not.
func (v view) receives(d date) []span {
	if v.working(d) {
		return v.hours
	}
	if _, marked := v.days[d]; !marked && d.weekday() == time.Saturday {
		return v.saturday
	}
	return nil
}

// next gives the first working day after d.
func (v view) next(d date) date {
	for range far {
		d++
		if v.working(d) {
			return d
		}
	}
	return d
}

func (v view) close() int { return v.hours[len(v.hours)-1].to }

// start gives the day and the minute at which the office has the dossier.
func (v view) start(received time.Time) (date, int) {
	d, minute := dateOf(received), clock(received)
	for range far {
		if hours := v.receives(d); hours != nil && minute < hours[len(hours)-1].to {
			return d, max(minute, hours[0].from)
		}
		d, minute = d+1, 0
	}
	return d, minute
}

// Working reports whether the day of an instant is a working day, and its name when the calendar has one for it.
func (c *Calendar) Working(t time.Time) (working bool, name string) {
	d := dateOf(t)
	return view{Calendar: c}.working(d), c.days[d].name
}

// Open reports whether the office takes dossiers at an instant.
func (c *Calendar) Open(t time.Time) bool {
	for _, s := range (view{Calendar: c}).receives(dateOf(t)) {
		if m := clock(t); m >= s.from && m < s.to {
			return true
		}
	}
	return false
}

// Pause is the time from a request for supplements to their arrival. To zero: they have not come yet.
type Pause struct{ From, To time.Time }

// ErrPaused says that the clock stands still, there is no due instant until the supplements have come.
var ErrPaused = errors.New("the clock stands still until the supplements have come")

// Span is what is reckoned.
type Span struct {
	Duration int
	Unit     kiosk.TimeUnit
	SameDay  bool // the 15:00 rule
	Pauses   []Pause
	Working  []time.Time // days off to take as working days, because they turned out to be
}

var _ kiosk.Deadlines = (*Calendar)(nil)

// Due gives the due instant of a procedure by a channel. Error: not_found when the procedure states no time for it.
func (c *Calendar) Due(p *kiosk.Procedure, ch kiosk.Channel, received time.Time) (kiosk.Due, error) {
	return c.DuePaused(p, ch, received, nil)
}

// DuePaused is [Calendar.Due] for a dossier that waited for supplements. Errors: not_found, [ErrPaused].
func (c *Calendar) DuePaused(p *kiosk.Procedure, ch kiosk.Channel, received time.Time, pauses []Pause) (kiosk.Due, error) {
	s, committed, err := SpanOf(p, ch, received)
	if err != nil {
		return kiosk.Due{}, err
	}
	s.Pauses = pauses
	due, err := c.Reckon(s, received)
	due.Committed = committed
	return due, err
}

// SpanOf gives what is to be reckoned for a procedure by a channel. Error: not_found.
func SpanOf(p *kiosk.Procedure, ch kiosk.Channel, received time.Time) (s Span, committed bool, err error) {
	w, _ := p.Way(ch)
	n, unit, committed := w.Limit(received.In(Zone))
	if n <= 0 {
		return Span{}, false, kiosk.Errorf(kiosk.CodeNotFound, "reckon the due instant",
			"add the time to the catalogue, or ask for another channel", "procedure %s states no time for channel %q", p.Code, ch)
	}
	return Span{Duration: n, Unit: unit, SameDay: p.SameDay15h}, committed, nil
}

// maxDuration bounds what is counted day by day.
const maxDuration = 10_000

// Reckon gives the due instant of a span of time. Errors: bad_input for a duration outside 1 to 10,000, [ErrPaused].
func (c *Calendar) Reckon(s Span, received time.Time) (kiosk.Due, error) {
	if s.Duration < 1 || s.Duration > maxDuration {
		return kiosk.Due{}, kiosk.Errorf(kiosk.CodeBadInput, "reckon the due instant", "", "a duration of %d is not possible", s.Duration)
	}
	for _, p := range s.Pauses {
		if p.To.IsZero() {
			return kiosk.Due{}, ErrPaused
		}
	}
	known := view{c, map[date]bool{}}
	for _, t := range s.Working {
		if d := dateOf(t); !known.working(d) && c.marked(d) {
			known.other[d] = true
		}
	}
	due := kiosk.Due{At: known.due(s, received)}
	known.doubt(&due, s, received)
	return due, nil
}

func (c *Calendar) marked(d date) bool { _, ok := c.days[d]; return ok }

// doubt fills in which unconfirmed days the instant depends on.
func (v view) doubt(due *kiosk.Due, s Span, received time.Time) {
	flipped := view{v.Calendar, maps.Clone(v.other)}
	var days []time.Time
	for d := dateOf(received); d <= dateOf(due.At); d++ {
		if v.days[d].unconfirmed && !v.other[d] {
			flipped.other[d] = true
			days = append(days, d.at(0))
		}
	}
	if other := flipped.due(s, received); !other.Equal(due.At) {
		due.Unconfirmed, due.Otherwise = days, other
	}
	if last := dateOf(due.At); last > v.until {
		due.Unconfirmed = append(due.Unconfirmed, (v.until + 1).at(0))
		if due.Otherwise.IsZero() {
			due.Otherwise = due.At
		}
	}
}
