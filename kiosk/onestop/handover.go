package onestop

import (
	"context"
	"errors"
	"time"
)

// Handover is one line of the control sheet (Mẫu 06): who gave the dossier to whom, and when that person took it.
type Handover struct {
	Seq      int64
	Dossier  string
	At       time.Time
	From, To Person
	Note     string
	Acked    time.Time // zero: not taken yet
}

// Errors of a hand-over.
var (
	ErrSelf = errors.New("a dossier is handed to another person")
	ErrWho  = errors.New("that person cannot take dossiers")
)

// HandoverStore keeps hand-overs. HandOver also makes the receiver the dossier's officer. Acknowledge is the receiver's own word:
// ErrNotFound when the hand-over is not to that person or was taken before.
type HandoverStore interface {
	HandOver(ctx context.Context, h Handover) (Handover, error)
	Acknowledge(ctx context.Context, seq int64, by int64, at time.Time) error
	Handovers(ctx context.Context, dossier string) ([]Handover, error)
	OpenHandovers(ctx context.Context, before time.Time) ([]Handover, error)
}

// HandOver gives a dossier to another person. Errors: ErrDenied, ErrLong, ErrSelf, ErrWho, ErrNotFound, the store's.
func (d *Desk) HandOver(ctx context.Context, a Account, dossier string, to int64, note string) (Handover, error) {
	if !a.Role.May(PermForward) {
		return Handover{}, ErrDenied
	}
	note, err := cleanNote(note)
	switch {
	case err != nil:
		return Handover{}, err
	case to == a.ID:
		return Handover{}, ErrSelf
	}
	b, err := d.opt.Store.Account(ctx, to)
	if errors.Is(err, ErrNotFound) || err == nil && (b.Disabled || !b.Role.May(PermOpen)) {
		return Handover{}, ErrWho
	}
	if err != nil {
		return Handover{}, err
	}
	h, err := d.opt.Store.HandOver(ctx, Handover{
		Dossier: dossier, At: d.Now().UTC().Truncate(time.Microsecond), From: Person{a.ID, a.Name}, To: Person{b.ID, b.Name}, Note: note,
	})
	return h, d.did(ctx, a, "hand_over", err)
}

// Acknowledge takes a dossier that was handed over. Errors: ErrDenied, ErrNotFound, the store's.
func (d *Desk) Acknowledge(ctx context.Context, a Account, seq int64) error {
	if !a.Role.May(PermOpen) {
		return ErrDenied
	}
	return d.did(ctx, a, "hand_over_taken", d.opt.Store.Acknowledge(ctx, seq, a.ID, d.Now().UTC().Truncate(time.Microsecond)))
}

// Colleagues lists who can take a dossier from a. Error: the store's.
func (d *Desk) Colleagues(ctx context.Context, a Account) (out []Account, err error) {
	all, err := d.opt.Store.Accounts(ctx)
	for _, b := range all {
		if b.ID != a.ID && !b.Disabled && b.Role.May(PermOpen) {
			b.Hash = ""
			out = append(out, b)
		}
	}
	return out, err
}

// sweepHandovers warns of hand-overs that nobody has taken for HandoverHours.
func (d *Desk) sweepHandovers(ctx context.Context, now time.Time) (fresh int, err error) {
	late, err := d.opt.Store.OpenHandovers(ctx, now.Add(-d.opt.HandoverWait))
	if err != nil {
		return 0, err
	}
	for _, h := range late {
		one, err := d.opt.Store.AddAlert(ctx, Alert{h.Dossier, AlertHandover, h.At, now})
		if err != nil {
			return fresh, err
		}
		if one {
			fresh++
		}
	}
	return fresh, nil
}
