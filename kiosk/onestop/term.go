package onestop

import (
	"context"
	"errors"
	"time"

	"motcua/kiosk"
)

// Pause is a time that is not counted: from a supplement request to what came of it.
type Pause struct{ From, To time.Time }

// Terms say by when dossiers must be settled. It is asked with the procedure's code.
//
// Due gives the due instant of a dossier received then, less the pauses; ok is false when the procedure has no known time:
// then there is no due instant and none is told. DayBefore gives an instant of the working day before an instant's day.
type Terms interface {
	Due(code string, ch kiosk.Channel, received time.Time, pauses []Pause) (due time.Time, ok bool)
	DayBefore(t time.Time) time.Time
}

// NoTerms knows no procedure's time.
type NoTerms struct{}

// Due never knows.
func (NoTerms) Due(string, kiosk.Channel, time.Time, []Pause) (time.Time, bool) {
	return time.Time{}, false
}

// DayBefore is the calendar day before.
func (NoTerms) DayBefore(t time.Time) time.Time { return t.AddDate(0, 0, -1) }

// dueOf gives the due instant that a step brings: reckoned when the dossier is accepted, moved when supplements have come. An
// extension that was granted moves by as much.
func (d *Desk) dueOf(ctx context.Context, it Item, to kiosk.DossierState, at time.Time) (time.Time, error) {
	switch {
	case to == kiosk.StateReceived && it.Accepted.IsZero():
		due, ok := d.opt.Terms.Due(it.Code, it.Channel, at, nil)
		if !ok {
			return time.Time{}, nil
		}
		return due, nil
	case it.State != kiosk.StateSupplement || it.Accepted.IsZero() || it.Promised.IsZero() || to == kiosk.StateStopped || to == kiosk.StateWithdrawn:
		return time.Time{}, nil
	}
	events, err := d.opt.Store.Events(ctx, it.ID)
	if err != nil {
		return time.Time{}, err
	}
	due, ok := d.opt.Terms.Due(it.Code, it.Channel, it.Accepted, pausesOf(events, it.Accepted, at))
	if !ok {
		return time.Time{}, errors.New("the procedure's time is no longer known")
	}
	return due, nil
}

// pausesOf reads the pauses after acceptance from a dossier's log; one that is still open ends now.
func pausesOf(events []Event, accepted, now time.Time) (out []Pause) {
	var from time.Time
	for _, e := range events {
		if e.Kind != EventMoved || e.At.Before(accepted) {
			continue
		}
		if e.To == kiosk.StateSupplement {
			from = e.At
		} else if e.From == kiosk.StateSupplement && !from.IsZero() {
			out = append(out, Pause{from, e.At})
			from = time.Time{}
		}
	}
	if !from.IsZero() {
		out = append(out, Pause{from, now})
	}
	return out
}
