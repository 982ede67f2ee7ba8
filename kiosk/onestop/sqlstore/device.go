package sqlstore

import (
	"context"
	"time"

	"motcua/kiosk/backoffice"
	"motcua/kiosk/onestop"
)

// AddEnrolment keeps a one-time word's hash.
func (d *DB) AddEnrolment(ctx context.Context, e onestop.Enrolment) error {
	err := d.write(ctx, func(q asker) error {
		return q.exec(ctx, "INSERT INTO enrolment (word_sha256, kiosk, expires) VALUES ($1, $2, $3)", e.Word[:], e.Kiosk, micros(e.Expires))
	})
	return d.fault("add enrolment", err)
}

// UseEnrolment spends a word, once; ErrNotFound for one that is unknown, spent or out of time.
func (d *DB) UseEnrolment(ctx context.Context, word [32]byte, now time.Time) (device string, err error) {
	err = d.write(ctx, func(q asker) error {
		err := q.row(ctx, "SELECT kiosk FROM enrolment WHERE word_sha256 = $1 AND used = 0 AND expires > $2"+d.d.Lock, word[:], micros(now)).Scan(&device)
		if err != nil {
			return none(err)
		}
		return q.change(ctx, "UPDATE enrolment SET used = $1 WHERE word_sha256 = $2 AND used = 0", micros(now), word[:])
	})
	if err != nil {
		return "", d.fault("use enrolment", err)
	}
	return device, nil
}

// Changes lists what happened to a kiosk's dossiers after a cursor, oldest first.
func (d *DB) Changes(ctx context.Context, device string, after int64, limit int) (out []backoffice.Change, err error) {
	err = d.ask().each(ctx, func(s scanner) error {
		var c backoffice.Change
		var at int64
		err := s.Scan(&c.Cursor, &c.DossierID, &at, &c.State, &c.Number)
		c.At = fromMicros(at)
		out = append(out, c)
		return err
	}, `SELECT e.seq, e.dossier, e.at, e.state_to, coalesce(d.number, '') FROM event e JOIN dossier d ON d.id = e.dossier
		WHERE d.kiosk = $1 AND e.seq > $2 AND e.kind IN ('taken_in', 'moved') ORDER BY e.seq LIMIT $3`, device, after, limit)
	return out, d.fault("list changes", err)
}
