package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

const letterColumns = "seq, dossier, kind, status, number, at, coalesce(actor, 0), actor_name, actor_role, note, due, new_due"

func scanLetter(s scanner) (onestop.Letter, error) {
	var l onestop.Letter
	var at, due, newDue int64
	err := s.Scan(&l.Seq, &l.Dossier, &l.Kind, &l.Status, &l.Number, &at, &l.Actor.ID, &l.Actor.Name, &l.Actor.Role, &l.Note, &due, &newDue)
	l.At, l.Due, l.NewDue = fromStamp(at), fromStamp(due), fromStamp(newDue)
	return l, none(err)
}

// insertLetter numbers a letter and stores it, inside the caller's transaction.
func insertLetter(ctx context.Context, q asker, l onestop.Letter) (onestop.Letter, error) {
	year := l.At.In(onestop.Zone).Year()
	var n int64
	err := q.row(ctx, `INSERT INTO number_sequence (scope, last) VALUES ($1, 1)
		ON CONFLICT (scope) DO UPDATE SET last = number_sequence.last + 1 RETURNING last`,
		fmt.Sprintf("letter/%s/%d", l.Kind, year)).Scan(&n)
	if err != nil {
		return l, err
	}
	l.Number = fmt.Sprintf("%d/%d-M%s", n, year, l.Kind.Form())
	err = q.row(ctx, `INSERT INTO letter (dossier, kind, status, number, at, actor, actor_name, actor_role, note, due, new_due)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING seq`, l.Dossier, l.Kind, l.Status, l.Number, stamp(l.At),
		orNull(l.Actor.ID), l.Actor.Name, l.Actor.Role, l.Note, stamp(l.Due), stamp(l.NewDue)).Scan(&l.Seq)
	return l, err
}

// stepLetter writes the letter that a step sends, if it sends one.
func stepLetter(ctx context.Context, q asker, s onestop.Step, it onestop.Item) error {
	kind, ok := onestop.LetterFor(s.To)
	if !ok || kind == onestop.LetterReceipt && !it.Accepted.IsZero() {
		return nil
	}
	due := it.Due
	if !s.Due.IsZero() {
		due = s.Due
	}
	_, err := insertLetter(ctx, q, onestop.Letter{
		Dossier: s.Dossier, Kind: kind, Status: onestop.LetterIssued, At: s.At, Actor: s.Actor, Note: s.Note, Due: due,
	})
	return err
}

// Draft makes the draft of an apology, unless there is one.
func (d *DB) Draft(ctx context.Context, dossier string, at, newDue time.Time) (l onestop.Letter, fresh bool, err error) {
	err = d.write(ctx, func(q asker) error {
		it, err := itemBy(ctx, q, "id", dossier, d.d.Lock)
		if err != nil {
			return err
		}
		l, err = apology(ctx, q, dossier)
		if err == nil || !errors.Is(err, onestop.ErrNotFound) {
			fresh = false
			return err
		}
		fresh = true
		l, err = insertLetter(ctx, q, onestop.Letter{
			Dossier: dossier, Kind: onestop.LetterApology, Status: onestop.LetterDraft, At: at, Due: it.Due, NewDue: newDue,
		})
		return err
	})
	return l, fresh && err == nil, d.fault("draft apology", err)
}

func apology(ctx context.Context, q asker, dossier string) (onestop.Letter, error) {
	return scanLetter(q.row(ctx, "SELECT "+letterColumns+" FROM letter WHERE dossier = $1 AND kind = $2", dossier, onestop.LetterApology))
}

// Extend signs the apology and moves the due instant, once.
func (d *DB) Extend(ctx context.Context, dossier string, by onestop.Actor, at, newDue time.Time, note string) (l onestop.Letter, err error) {
	err = d.write(ctx, func(q asker) error {
		it, err := itemBy(ctx, q, "id", dossier, d.d.Lock)
		if err != nil {
			return err
		}
		if it.Extended {
			return onestop.ErrExtended
		}
		l, err = apology(ctx, q, dossier)
		if errors.Is(err, onestop.ErrNotFound) {
			return onestop.ErrNoDraft
		}
		if err != nil {
			return err
		}
		if err := q.exec(ctx, "UPDATE dossier SET due = $1, extended = 1 WHERE id = $2", stamp(newDue), dossier); err != nil {
			return err
		}
		if err := q.exec(ctx, `UPDATE letter SET status = $1, at = $2, actor = $3, actor_name = $4, actor_role = $5, note = $6, due = $7,
			new_due = $8 WHERE seq = $9`, onestop.LetterIssued, stamp(at), by.ID, by.Name, by.Role, note, stamp(it.Due), stamp(newDue), l.Seq); err != nil {
			return err
		}
		l, err = apology(ctx, q, dossier)
		return err
	})
	return l, d.fault("extend dossier", err)
}

// Letters gives the letters of a dossier, oldest first.
func (d *DB) Letters(ctx context.Context, dossier string) ([]onestop.Letter, error) {
	return d.letters(ctx, "WHERE dossier = $1 ORDER BY seq", dossier)
}

// LettersBetween gives the letters of a time, oldest first.
func (d *DB) LettersBetween(ctx context.Context, from, to time.Time) ([]onestop.Letter, error) {
	return d.letters(ctx, "WHERE at >= $1 AND at < $2 ORDER BY seq", stamp(from), stamp(to))
}

func (d *DB) letters(ctx context.Context, where string, args ...any) (out []onestop.Letter, err error) {
	err = d.ask().each(ctx, func(s scanner) error {
		l, err := scanLetter(s)
		out = append(out, l)
		return err
	}, "SELECT "+letterColumns+" FROM letter "+where, args...)
	return out, d.fault("list letters", err)
}

// Letter gives one letter.
func (d *DB) Letter(ctx context.Context, seq int64) (onestop.Letter, error) {
	l, err := scanLetter(d.ask().row(ctx, "SELECT "+letterColumns+" FROM letter WHERE seq = $1", seq))
	return l, d.fault("find letter", err)
}

// withdraw takes an apology's draft back: the dossier was settled in time.
func withdraw(ctx context.Context, q asker, dossier string) error {
	return q.exec(ctx, "UPDATE letter SET status = $1 WHERE dossier = $2 AND kind = $3 AND status = $4",
		onestop.LetterWithdrawn, dossier, onestop.LetterApology, onestop.LetterDraft)
}

// Pending walks the dossiers whose clock runs.
func (d *DB) Pending(ctx context.Context, f func(onestop.Item) error) error {
	return d.items(ctx, "list pending dossiers", f, "WHERE due > 0 AND finished = 0 AND closed = 0 AND paused = 0 AND state IN ($1, $2, $3) ORDER BY due",
		int(kiosk.StateReceived), int(kiosk.StateProcessing), int(kiosk.StatePayment))
}

// AddAlert keeps an alert, once.
func (d *DB) AddAlert(ctx context.Context, a onestop.Alert) (fresh bool, err error) {
	err = d.write(ctx, func(q asker) error {
		err := q.change(ctx, "INSERT INTO alert (dossier, kind, due, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
			a.Dossier, a.Kind, stamp(a.Due), stamp(a.At))
		fresh = err == nil
		if errors.Is(err, onestop.ErrNotFound) { // it exists
			return nil
		}
		return err
	})
	return fresh, d.fault("keep alert", err)
}

// Alerts gives the alerts since a time, newest first.
func (d *DB) Alerts(ctx context.Context, since time.Time) (out []onestop.Alert, err error) {
	err = d.ask().each(ctx, func(s scanner) error {
		var a onestop.Alert
		var due, at int64
		err := s.Scan(&a.Dossier, &a.Kind, &due, &at)
		a.Due, a.At = fromStamp(due), fromStamp(at)
		out = append(out, a)
		return err
	}, "SELECT dossier, kind, due, at FROM alert WHERE at >= $1 ORDER BY at DESC, dossier, kind", stamp(since))
	return out, d.fault("list alerts", err)
}
