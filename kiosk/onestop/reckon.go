package onestop

import (
	"time"

	"motcua/kiosk"
	"motcua/kiosk/calendar"
)

// Reckoner is Terms by a catalogue of procedures and the offices' calendars.
type Reckoner struct {
	Procedures kiosk.Catalogue
	Offices    calendar.Offices
}

var _ Terms = Reckoner{}

// Due gives the due instant, ok false when the catalogue knows no time for the procedure by that channel.
func (r Reckoner) Due(code string, ch kiosk.Channel, received time.Time, pauses []Pause) (time.Time, bool) {
	p, err := r.Procedures.Procedure(code)
	if err != nil {
		return time.Time{}, false
	}
	waits := make([]calendar.Pause, 0, len(pauses))
	for _, w := range pauses {
		waits = append(waits, calendar.Pause{From: w.From, To: w.To})
	}
	due, err := r.Offices.Of(p).DuePaused(p, ch, received, waits)
	if err != nil {
		return time.Time{}, false
	}
	return due.At.UTC(), true
}

// DayBefore goes back to the working day before.
func (r Reckoner) DayBefore(t time.Time) time.Time {
	const far = 30 // days off in a row that no calendar has
	d := t
	for range far {
		d = d.AddDate(0, 0, -1)
		if working, _ := r.Offices.Ordinary.Working(d); working {
			return d
		}
	}
	return t.AddDate(0, 0, -1)
}
