package onestop

import (
	"context"
	"errors"
	"time"
)

// AlertKind names what an alert tells. The values are stored.
type AlertKind string

// The alerts.
const (
	AlertDayBefore AlertKind = "day_before" // T-1: due on the next working day
	AlertDueDay    AlertKind = "due_day"    // T: due today
	AlertHandover  AlertKind = "handover"   // handed over and not acknowledged for too long
)

// AlertKinds is the closed list.
var AlertKinds = []AlertKind{AlertDayBefore, AlertDueDay, AlertHandover}

// Alert is one warning about a dossier. A dossier has each kind once for each due instant.
type Alert struct {
	Dossier string
	Kind    AlertKind
	Due     time.Time
	At      time.Time
}

// AlertStore keeps alerts; AddAlert of one that exists gives fresh false. Pending walks the dossiers whose clock runs: accepted,
// due, not over, not waiting for supplements.
type AlertStore interface {
	Pending(ctx context.Context, f func(Item) error) error
	AddAlert(ctx context.Context, a Alert) (fresh bool, err error)
	Alerts(ctx context.Context, since time.Time) ([]Alert, error)
}

// Swept is what a sweep did.
type Swept struct {
	Alerts  int // new ones
	Letters int // apologies newly drafted
}

// Sweep looks at every running dossier: it warns on the working day before the due instant and on the day itself, and drafts the
// apology (Mẫu 04) when the instant is near. Page streams that no dossier claimed in time go. Run it every few minutes; what it has done once it does not do again. It goes on
// after a fault of one dossier and tells all of them.
func (d *Desk) Sweep(ctx context.Context) (s Swept, err error) {
	now := d.Now().UTC().Truncate(time.Microsecond)
	var items []Item
	if err := d.opt.Store.Pending(ctx, func(it Item) error {
		items = append(items, it)
		return nil
	}); err != nil {
		return s, err
	}
	for _, it := range items {
		one, oneErr := d.sweepOne(ctx, it, now)
		s.Alerts += one.Alerts
		s.Letters += one.Letters
		err = errors.Join(err, oneErr)
	}
	late, lateErr := d.sweepHandovers(ctx, now)
	s.Alerts += late
	_, partErr := d.SweepParts(ctx)
	return s, errors.Join(err, lateErr, partErr)
}

func (d *Desk) sweepOne(ctx context.Context, it Item, now time.Time) (s Swept, err error) {
	kind, warn := d.alertFor(it.Due, now)
	if warn {
		fresh, err := d.opt.Store.AddAlert(ctx, Alert{it.ID, kind, it.Due, now})
		if err != nil {
			return s, err
		}
		if fresh {
			s.Alerts = 1
		}
	}
	if it.Training || it.Extended || now.Before(it.Due.Add(-d.opt.ApologyLead)) {
		return s, nil
	}
	_, fresh, err := d.opt.Store.Draft(ctx, it.ID, now, time.Time{})
	if fresh {
		s.Letters = 1
	}
	return s, err
}

// alertFor says which alert a due instant calls for now.
func (d *Desk) alertFor(due, now time.Time) (AlertKind, bool) {
	day := startOfDay(due)
	switch {
	case !now.Before(day):
		return AlertDueDay, true
	case !now.Before(startOfDay(d.opt.Terms.DayBefore(due))):
		return AlertDayBefore, true
	}
	return "", false
}

func startOfDay(t time.Time) time.Time {
	y, m, day := t.In(Zone).Date()
	return time.Date(y, m, day, 0, 0, 0, 0, Zone)
}

// SweepEvery sweeps until ctx ends; faults are logged by their code.
func (d *Desk) SweepEvery(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if _, err := d.Sweep(ctx); err != nil && ctx.Err() == nil {
			d.log.Fault(ctx, "sweep", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// NumberedAlert is an alert with its dossier's official number.
type NumberedAlert struct {
	Alert
	Number string
}

// Alerts gives the warnings since a time, newest first, of dossiers that still need somebody. They name no citizen. Error: the store's.
func (d *Desk) Alerts(ctx context.Context, since time.Time) (out []NumberedAlert, err error) {
	all, err := d.opt.Store.Alerts(ctx, since)
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		it, err := d.opt.Store.Item(ctx, a.Dossier)
		if err != nil {
			return nil, err
		}
		if !it.Over() {
			out = append(out, NumberedAlert{a, it.Number})
		}
	}
	return out, nil
}
