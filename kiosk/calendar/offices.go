package calendar

import (
	"time"

	"motcua/kiosk"
)

// Offices reckons each procedure by the calendar of the office that settles it: one that also receives on Saturday mornings where the
// catalogue says so ([kiosk.Procedure].Saturday), the ordinary one otherwise. Kiosk, office and the technician's command all ask it, so
// that they tell one day.
type Offices struct {
	Ordinary *Calendar
	Saturday *Calendar // nil: Ordinary
}

var _ kiosk.Deadlines = Offices{}

// SaturdayOffice is the key of the office that also receives on Saturday mornings, in files that have one.
const SaturdayOffice = "police"

// Offices gives the two calendars by their keys; "" is [DefaultOffice], and [SaturdayOffice] or, in a file without it, the ordinary one.
// Error: not_found.
func (s *Set) Offices(ordinary, saturday string) (o Offices, err error) {
	if o.Ordinary, err = s.Office(ordinary); err != nil {
		return o, err
	}
	if saturday == "" {
		o.Saturday = s.offices[SaturdayOffice]
		return o, nil
	}
	o.Saturday, err = s.Office(saturday)
	return o, err
}

// Of gives the calendar of a procedure; nil is an unknown one.
func (o Offices) Of(p *kiosk.Procedure) *Calendar {
	if p != nil && p.Saturday && o.Saturday != nil {
		return o.Saturday
	}
	return o.Ordinary
}

// Due gives the due instant of a procedure by a channel. Error: not_found when the procedure states no time for it.
func (o Offices) Due(p *kiosk.Procedure, ch kiosk.Channel, received time.Time) (kiosk.Due, error) {
	return o.Of(p).Due(p, ch, received)
}
