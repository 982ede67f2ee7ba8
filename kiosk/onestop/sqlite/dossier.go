package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

const itemColumns = `row, id, token_id, sha256, size, kiosk, created, received, code, title, verdict, fault, label,
	state, state_at, state_note, coalesce(number, '')`

type scanner interface{ Scan(dest ...any) error }

func scanRow(s scanner) (onestop.Row, error) {
	var r onestop.Row
	var sum []byte
	var created, received, stateAt int64
	err := s.Scan(&r.Row, &r.ID, &r.TokenID, &sum, &r.Size, &r.Kiosk, &created, &received, &r.Code, &r.Title, &r.Verdict,
		&r.Fault, &r.Label, &r.State, &stateAt, &r.StateNote, &r.Number)
	if errors.Is(err, sql.ErrNoRows) {
		return r, onestop.ErrNotFound
	}
	if err != nil {
		return r, err
	}
	r.SHA256 = [32]byte(sum)
	r.Created, r.Received, r.StateAt = fromMicros(created), fromMicros(received), fromMicros(stateAt)
	return r, nil
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func itemBy(ctx context.Context, q querier, column, value string) (onestop.Item, error) {
	r, err := scanRow(q.QueryRowContext(ctx, "SELECT "+itemColumns+" FROM dossier WHERE "+column+" = ?", value))
	return r.Item, err
}

// Insert stores an envelope with its first event.
func (d *DB) Insert(ctx context.Context, e onestop.Envelope) (it onestop.Item, fresh bool, err error) {
	err = d.write(ctx, func(tx *sql.Tx) error {
		it, err = itemBy(ctx, tx, "id", e.Item.ID)
		if err == nil {
			if it.SHA256 != e.Item.SHA256 || it.TokenID != e.Item.TokenID {
				return onestop.ErrConflict
			}
			return nil
		}
		if !errors.Is(err, onestop.ErrNotFound) {
			return err
		}
		fresh = true
		if err := insertItem(ctx, tx, e); err != nil {
			return err
		}
		it, err = itemBy(ctx, tx, "id", e.Item.ID)
		return err
	})
	if err != nil {
		return onestop.Item{}, false, fault("store dossier", err)
	}
	return it, fresh, nil
}

func insertItem(ctx context.Context, tx *sql.Tx, e onestop.Envelope) error {
	i := e.Item
	_, err := tx.ExecContext(ctx, `INSERT INTO dossier (id, token_id, sha256, size, kiosk, created, received, code, title, verdict,
		fault, label, state, state_at, state_note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')`,
		i.ID, i.TokenID, i.SHA256[:], len(e.Body), i.Kiosk, micros(i.Created), micros(i.Received), i.Code, i.Title, i.Verdict,
		i.Fault, i.Label, i.State, micros(i.StateAt))
	if unique(err) {
		return onestop.ErrConflict // the token of another dossier
	}
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO envelope (dossier, body) VALUES (?, ?)", i.ID, e.Body); err != nil {
		return err
	}
	return insertEvent(ctx, tx, onestop.Event{Dossier: i.ID, At: i.Received, Kind: onestop.EventTakenIn, To: i.State})
}

// Item gives the dossier of that id.
func (d *DB) Item(ctx context.Context, id string) (onestop.Item, error) {
	it, err := itemBy(ctx, d.db, "id", id)
	return it, fault("find dossier", err)
}

// ItemByToken gives the dossier of that token id.
func (d *DB) ItemByToken(ctx context.Context, tokenID string) (onestop.Item, error) {
	it, err := itemBy(ctx, d.db, "token_id", tokenID)
	return it, fault("find dossier by token", err)
}

// Body gives the envelope as received.
func (d *DB) Body(ctx context.Context, id string) ([]byte, error) {
	var body []byte
	err := d.db.QueryRowContext(ctx, "SELECT body FROM envelope WHERE dossier = ?", id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, onestop.ErrNotFound
	}
	return body, fault("read envelope", err)
}

// List gives a page of the inbox, oldest first.
func (d *DB) List(ctx context.Context, f onestop.Filter) (out []onestop.Row, err error) {
	limit := min(max(f.Limit, 1), onestop.MaxPage)
	rows, err := d.db.QueryContext(ctx, "SELECT "+itemColumns+` FROM dossier
		WHERE row > ? AND (? = 0 OR state = ?) AND (NOT ? OR fault <> '') AND (? = '' OR number = ? OR id = ?)
		ORDER BY row LIMIT ?`, f.After, f.State, f.State, f.Fault, f.Search, f.Search, f.Search, limit)
	if err != nil {
		return nil, fault("list dossiers", err)
	}
	defer func() { err = errors.Join(err, fault("list dossiers", rows.Close())) }()
	for rows.Next() {
		r, err := scanRow(rows)
		if err != nil {
			return nil, fault("list dossiers", err)
		}
		out = append(out, r)
	}
	return out, fault("list dossiers", rows.Err())
}

// Counts counts the dossiers by state.
func (d *DB) Counts(ctx context.Context) (c onestop.Counts, err error) {
	c.State = map[kiosk.DossierState]int{}
	rows, err := d.db.QueryContext(ctx, "SELECT state, count(*), sum(fault <> '') FROM dossier GROUP BY state")
	if err != nil {
		return c, fault("count dossiers", err)
	}
	defer func() { err = errors.Join(err, fault("count dossiers", rows.Close())) }()
	for rows.Next() {
		var s kiosk.DossierState
		var n, faults int
		if err := rows.Scan(&s, &n, &faults); err != nil {
			return c, fault("count dossiers", err)
		}
		c.State[s] = n
		c.Fault += faults
	}
	return c, fault("count dossiers", rows.Err())
}

// Move takes a dossier to another state; see onestop.Store.
func (d *DB) Move(ctx context.Context, s onestop.Step) (it onestop.Item, err error) {
	err = d.write(ctx, func(tx *sql.Tx) error {
		it, err = itemBy(ctx, tx, "id", s.Dossier)
		switch {
		case err != nil:
			return err
		case it.State != s.From:
			return onestop.ErrMoved
		case !onestop.Allowed(it.State, s.To, it.Number):
			return onestop.ErrRefused
		}
		if s.To == kiosk.StateReceived && it.Number == "" {
			if err := assign(ctx, tx, s); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, "UPDATE dossier SET state = ?, state_at = ?, state_note = ? WHERE id = ?",
			s.To, micros(s.At), s.Note, s.Dossier); err != nil {
			return err
		}
		err := insertEvent(ctx, tx, onestop.Event{
			Dossier: s.Dossier, At: s.At, Kind: onestop.EventMoved, Actor: s.Actor, From: s.From, To: s.To, Note: s.Note, Reason: s.Reason,
		})
		if err != nil {
			return err
		}
		it, err = itemBy(ctx, tx, "id", s.Dossier)
		return err
	})
	if err != nil {
		return onestop.Item{}, fault("move dossier", err)
	}
	return it, nil
}

// assign draws the next number of the scope and gives it to the dossier, inside the accepting transaction: a number is never
// drawn for nothing and never drawn twice.
func assign(ctx context.Context, tx *sql.Tx, s onestop.Step) error {
	scope, format, err := s.Number.Next(s.At)
	if err != nil {
		return err
	}
	var seq int64
	err = tx.QueryRowContext(ctx, `INSERT INTO number_sequence (scope, last) VALUES (?, 1)
		ON CONFLICT (scope) DO UPDATE SET last = last + 1 RETURNING last`, scope).Scan(&seq)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE dossier SET number = ?, state = ? WHERE id = ?", format(seq), s.To, s.Dossier)
	if unique(err) {
		return onestop.ErrNumber
	}
	return err
}

// AddEvent adds a line to a dossier's log.
func (d *DB) AddEvent(ctx context.Context, e onestop.Event) error {
	return fault("add event", d.write(ctx, func(tx *sql.Tx) error {
		if _, err := itemBy(ctx, tx, "id", e.Dossier); err != nil {
			return err
		}
		return insertEvent(ctx, tx, e)
	}))
}

func insertEvent(ctx context.Context, tx *sql.Tx, e onestop.Event) error {
	var actor any // NULL for a kiosk
	if e.Actor.ID != 0 {
		actor = e.Actor.ID
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO event (dossier, at, kind, actor, actor_name, actor_role, state_from, state_to, note,
		reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.Dossier, micros(e.At), e.Kind, actor, e.Actor.Name, e.Actor.Role, e.From, e.To, e.Note, e.Reason)
	return err
}

// Events gives the log of a dossier, oldest first.
func (d *DB) Events(ctx context.Context, id string) (out []onestop.Event, err error) {
	rows, err := d.db.QueryContext(ctx, `SELECT seq, dossier, at, kind, coalesce(actor, 0), actor_name, actor_role, state_from,
		state_to, note, reason FROM event WHERE dossier = ? ORDER BY seq`, id)
	if err != nil {
		return nil, fault("read events", err)
	}
	defer func() { err = errors.Join(err, fault("read events", rows.Close())) }()
	for rows.Next() {
		var e onestop.Event
		var at int64
		if err := rows.Scan(&e.Seq, &e.Dossier, &at, &e.Kind, &e.Actor.ID, &e.Actor.Name, &e.Actor.Role, &e.From, &e.To, &e.Note, &e.Reason); err != nil {
			return nil, fault("read events", err)
		}
		e.At = time.UnixMicro(at).UTC()
		out = append(out, e)
	}
	return out, fault("read events", rows.Err())
}
