package sqlstore

import (
	"context"
	"errors"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

const itemColumns = `"row", id, token_id, sha256, size, kiosk, created, received, code, title, verdict, fault, label,
	state, state_at, state_note, coalesce(number, '')`

func scanRow(s scanner) (onestop.Row, error) {
	var r onestop.Row
	var sum []byte
	var created, received, stateAt int64
	err := s.Scan(&r.Row, &r.ID, &r.TokenID, &sum, &r.Size, &r.Kiosk, &created, &received, &r.Code, &r.Title, &r.Verdict,
		&r.Fault, &r.Label, &r.State, &stateAt, &r.StateNote, &r.Number)
	if err != nil {
		return r, none(err)
	}
	r.SHA256 = [32]byte(sum)
	r.Created, r.Received, r.StateAt = fromMicros(created), fromMicros(received), fromMicros(stateAt)
	return r, nil
}

// itemBy gives the dossier whose column has the value; lock is the dialect's when the transaction will change it.
func itemBy(ctx context.Context, q asker, column, value, lock string) (onestop.Item, error) {
	r, err := scanRow(q.row(ctx, "SELECT "+itemColumns+" FROM dossier WHERE "+column+" = $1"+lock, value))
	return r.Item, err
}

// Insert stores an envelope with its first event.
func (d *DB) Insert(ctx context.Context, e onestop.Envelope) (it onestop.Item, fresh bool, err error) {
	it, fresh, err = d.insert(ctx, e)
	if d.d.Unique(err) { // another receiver stored the same id meanwhile: now it is found; or the token is another dossier's
		if it, fresh, err = d.insert(ctx, e); d.d.Unique(err) {
			err = onestop.ErrConflict
		}
	}
	if err != nil {
		return onestop.Item{}, false, d.fault("store dossier", err)
	}
	return it, fresh, nil
}

func (d *DB) insert(ctx context.Context, e onestop.Envelope) (it onestop.Item, fresh bool, err error) {
	err = d.write(ctx, func(q asker) error {
		it, err = itemBy(ctx, q, "id", e.Item.ID, "")
		if err == nil {
			fresh = false
			if it.SHA256 != e.Item.SHA256 || it.TokenID != e.Item.TokenID {
				return onestop.ErrConflict
			}
			return nil
		}
		if !errors.Is(err, onestop.ErrNotFound) {
			return err
		}
		fresh = true
		if err := insertItem(ctx, q, e); err != nil {
			return err
		}
		it, err = itemBy(ctx, q, "id", e.Item.ID, "")
		return err
	})
	return it, fresh, err
}

func insertItem(ctx context.Context, q asker, e onestop.Envelope) error {
	i := e.Item
	err := q.exec(ctx, `INSERT INTO dossier (id, token_id, sha256, size, kiosk, created, received, code, title, verdict,
		fault, label, state, state_at, state_note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '')`,
		i.ID, i.TokenID, i.SHA256[:], len(e.Body), i.Kiosk, micros(i.Created), micros(i.Received), i.Code, i.Title, i.Verdict,
		i.Fault, i.Label, i.State, micros(i.StateAt))
	if err != nil {
		return err
	}
	if err := q.exec(ctx, "INSERT INTO envelope (dossier, body) VALUES ($1, $2)", i.ID, e.Body); err != nil {
		return err
	}
	return insertEvent(ctx, q, onestop.Event{Dossier: i.ID, At: i.Received, Kind: onestop.EventTakenIn, To: i.State})
}

// Item gives the dossier of that id.
func (d *DB) Item(ctx context.Context, id string) (onestop.Item, error) {
	it, err := itemBy(ctx, d.ask(), "id", id, "")
	return it, d.fault("find dossier", err)
}

// ItemByToken gives the dossier of that token id.
func (d *DB) ItemByToken(ctx context.Context, tokenID string) (onestop.Item, error) {
	it, err := itemBy(ctx, d.ask(), "token_id", tokenID, "")
	return it, d.fault("find dossier by token", err)
}

// Body gives the envelope as received.
func (d *DB) Body(ctx context.Context, id string) ([]byte, error) {
	var body []byte
	err := d.ask().row(ctx, "SELECT body FROM envelope WHERE dossier = $1", id).Scan(&body)
	return body, d.fault("read envelope", none(err))
}

// List gives a page of the inbox, oldest first.
func (d *DB) List(ctx context.Context, f onestop.Filter) (out []onestop.Row, err error) {
	limit := min(max(f.Limit, 1), onestop.MaxPage)
	err = d.ask().each(ctx, func(s scanner) error {
		r, err := scanRow(s)
		out = append(out, r)
		return err
	}, "SELECT "+itemColumns+` FROM dossier
		WHERE "row" > $1 AND ($2 = 0 OR state = $2) AND ($3 = 0 OR fault <> '') AND ($4 = '' OR number = $4 OR id = $4)
		ORDER BY "row" LIMIT $5`, f.After, int(f.State), number(f.Fault), f.Search, limit)
	return out, d.fault("list dossiers", err)
}

// Counts counts the dossiers by state.
func (d *DB) Counts(ctx context.Context) (c onestop.Counts, err error) {
	c.State = map[kiosk.DossierState]int{}
	err = d.ask().each(ctx, func(s scanner) error {
		var state kiosk.DossierState
		var n, faults int
		err := s.Scan(&state, &n, &faults)
		c.State[state] = n
		c.Fault += faults
		return err
	}, "SELECT state, count(*), count(*) FILTER (WHERE fault <> '') FROM dossier GROUP BY state")
	return c, d.fault("count dossiers", err)
}

// Move takes a dossier to another state; see onestop.Store.
func (d *DB) Move(ctx context.Context, s onestop.Step) (it onestop.Item, err error) {
	err = d.write(ctx, func(q asker) error {
		it, err = itemBy(ctx, q, "id", s.Dossier, d.d.Lock)
		switch {
		case err != nil:
			return err
		case it.State != s.From:
			return onestop.ErrMoved
		case !onestop.Allowed(it.State, s.To, it.Number):
			return onestop.ErrRefused
		}
		if s.To == kiosk.StateReceived && it.Number == "" {
			if err := assign(ctx, q, s); err != nil {
				return err
			}
		}
		if err := q.exec(ctx, "UPDATE dossier SET state = $1, state_at = $2, state_note = $3 WHERE id = $4",
			s.To, micros(s.At), s.Note, s.Dossier); err != nil {
			return err
		}
		err := insertEvent(ctx, q, onestop.Event{
			Dossier: s.Dossier, At: s.At, Kind: onestop.EventMoved, Actor: s.Actor, From: s.From, To: s.To, Note: s.Note, Reason: s.Reason,
		})
		if err != nil {
			return err
		}
		it, err = itemBy(ctx, q, "id", s.Dossier, "")
		return err
	})
	if err != nil {
		return onestop.Item{}, d.fault("move dossier", err)
	}
	return it, nil
}

// assign draws the next number of the scope and gives it to the dossier, inside the accepting transaction: a number is never
// drawn for nothing and never drawn twice.
func assign(ctx context.Context, q asker, s onestop.Step) error {
	scope, format, err := s.Number.Next(s.At)
	if err != nil {
		return err
	}
	var seq int64
	err = q.row(ctx, `INSERT INTO number_sequence (scope, last) VALUES ($1, 1)
		ON CONFLICT (scope) DO UPDATE SET last = number_sequence.last + 1 RETURNING last`, scope).Scan(&seq)
	if err != nil {
		return err
	}
	err = q.exec(ctx, "UPDATE dossier SET number = $1, state = $2 WHERE id = $3", format(seq), s.To, s.Dossier)
	if q.d.Unique(err) {
		return onestop.ErrNumber
	}
	return err
}

// AddEvent adds a line to a dossier's log.
func (d *DB) AddEvent(ctx context.Context, e onestop.Event) error {
	return d.fault("add event", d.write(ctx, func(q asker) error {
		if _, err := itemBy(ctx, q, "id", e.Dossier, ""); err != nil {
			return err
		}
		return insertEvent(ctx, q, e)
	}))
}

func insertEvent(ctx context.Context, q asker, e onestop.Event) error {
	var actor any // NULL for a kiosk
	if e.Actor.ID != 0 {
		actor = e.Actor.ID
	}
	return q.exec(ctx, `INSERT INTO event (dossier, at, kind, actor, actor_name, actor_role, state_from, state_to, note,
		reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		e.Dossier, micros(e.At), e.Kind, actor, e.Actor.Name, e.Actor.Role, e.From, e.To, e.Note, e.Reason)
}

// Events gives the log of a dossier, oldest first.
func (d *DB) Events(ctx context.Context, id string) (out []onestop.Event, err error) {
	err = d.ask().each(ctx, func(s scanner) error {
		var e onestop.Event
		var at int64
		err := s.Scan(&e.Seq, &e.Dossier, &at, &e.Kind, &e.Actor.ID, &e.Actor.Name, &e.Actor.Role, &e.From, &e.To, &e.Note, &e.Reason)
		e.At = fromMicros(at)
		out = append(out, e)
		return err
	}, `SELECT seq, dossier, at, kind, coalesce(actor, 0), actor_name, actor_role, state_from, state_to, note, reason
		FROM event WHERE dossier = $1 ORDER BY seq`, id)
	return out, d.fault("read events", err)
}
