package calendar

import (
	"time"

	"motcua/kiosk"
)

// due reckons under one view of the days.
func (v view) due(s Span, received time.Time) time.Time {
	d, minute := v.start(received)
	switch {
	case s.Unit == kiosk.UnitHour:
		return v.hoursLater(d, minute, s.Duration*60+v.pausedMinutes(s.Pauses))
	case s.Unit == kiosk.UnitDay:
		return v.daysLater(d, s.Duration+pausedDays(s.Pauses))
	case s.SameDay && s.Duration == 1:
		return v.workingDaysLater(v.today(d, minute, v.cutoff), v.pausedWorkingDays(s.Pauses))
	case s.Unit == kiosk.UnitUnknown && s.Duration == 1:
		return v.workingDaysLater(v.today(d, minute, v.close()), v.pausedWorkingDays(s.Pauses))
	}
	return v.workingDaysLater(d, s.Duration+v.pausedWorkingDays(s.Pauses))
}

// today gives the working day on which a same-day procedure is due: the day of receipt before the cut-off, else the next.
func (v view) today(d date, minute, cutoff int) date {
	if v.working(d) && minute < cutoff {
		return d
	}
	return v.next(d)
}

func (v view) workingDaysLater(d date, n int) time.Time {
	for range n {
		d = v.next(d)
	}
	return d.at(v.close())
}

func (v view) daysLater(d date, n int) time.Time {
	d += date(n)
	if !v.working(d) {
		d = v.next(d)
	}
	return d.at(v.close())
}

// hoursLater walks through the hours of working days.
func (v view) hoursLater(d date, minute, left int) time.Time {
	if !v.working(d) {
		d, minute = v.next(d), 0
	}
	for {
		for _, h := range v.hours {
			from := max(h.from, minute)
			if from >= h.to {
				continue
			}
			if left <= h.to-from {
				return d.at(from + left)
			}
			left -= h.to - from
		}
		d, minute = v.next(d), 0
	}
}

// pausedWorkingDays counts the working days after that of the request up to that on which the supplements came.
func (v view) pausedWorkingDays(pauses []Pause) (n int) {
	for _, p := range pauses {
		for d := dateOf(p.From) + 1; d <= dateOf(p.To); d++ {
			if v.working(d) {
				n++
			}
		}
	}
	return n
}

func pausedDays(pauses []Pause) (n int) {
	for _, p := range pauses {
		n += max(0, int(dateOf(p.To)-dateOf(p.From)))
	}
	return n
}

// pausedMinutes counts the working minutes of the pauses.
func (v view) pausedMinutes(pauses []Pause) (n int) {
	for _, p := range pauses {
		for d := dateOf(p.From); d <= dateOf(p.To); d++ {
			if !v.working(d) {
				continue
			}
			from, to := 0, 24*60
			if d == dateOf(p.From) {
				from = clock(p.From)
			}
			if d == dateOf(p.To) {
				to = clock(p.To)
			}
			for _, h := range v.hours {
				n += max(0, min(to, h.to)-max(from, h.from))
			}
		}
	}
	return n
}
