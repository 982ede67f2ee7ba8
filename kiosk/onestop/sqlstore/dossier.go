package sqlstore

import (
	"context"
	"errors"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

const itemColumns = `"row", id, token_id, sha256, size, kiosk, created, received, code, title, verdict, fault, label,
	state, state_at, state_note, coalesce(number, ''), receiver, resolver, field, channel, training, evidence,
	coalesce(override_by, 0), override_reason, papers, reused, coalesce(officer, 0), officer_name, accepted, promised, due, finished,
	returned, closed, paused, supplements, extended, results, result_codes`

func scanRow(s scanner) (onestop.Row, error) {
	var r onestop.Row
	var sum, evidence []byte
	var created, received, stateAt, accepted, promised, due, finished, returned, closed, paused int64
	err := s.Scan(&r.Row, &r.ID, &r.TokenID, &sum, &r.Size, &r.Kiosk, &created, &received, &r.Code, &r.Title, &r.Verdict,
		&r.Fault, &r.Label, &r.State, &stateAt, &r.StateNote, &r.Number, &r.Receiver, &r.Resolver, &r.Field, &r.Channel, &r.Training,
		&evidence, &r.Override.By, &r.Override.Reason, &r.Papers, &r.Reused, &r.Officer.ID, &r.Officer.Name, &accepted, &promised,
		&due, &finished, &returned, &closed, &paused, &r.Supplements, &r.Extended, &r.Results, &r.ResultCodes)
	if err != nil {
		return r, none(err)
	}
	r.SHA256 = [32]byte(sum)
	copy(r.Evidence[:], evidence)
	r.Created, r.Received, r.StateAt = fromMicros(created), fromMicros(received), fromMicros(stateAt)
	r.Accepted, r.Promised, r.Due, r.Finished = fromStamp(accepted), fromStamp(promised), fromStamp(due), fromStamp(finished)
	r.Returned, r.Closed, r.Paused = fromStamp(returned), fromStamp(closed), fromStamp(paused)
	return r, nil
}

// items walks dossiers.
func (d *DB) items(ctx context.Context, op string, f func(onestop.Item) error, where string, args ...any) error {
	var theirs error // of f: it passes as it is
	err := d.ask().each(ctx, func(s scanner) error {
		r, err := scanRow(s)
		if err != nil {
			return err
		}
		theirs = f(r.Item)
		return theirs
	}, "SELECT "+itemColumns+" FROM dossier "+where, args...)
	if theirs != nil {
		return theirs
	}
	return d.fault(op, err)
}

// Each walks the real dossiers, training ones never, that were accepted before to and were not over before from, oldest first.
func (d *DB) Each(ctx context.Context, from, to time.Time, f func(onestop.Item) error) error {
	return d.items(ctx, "count dossiers", f, `WHERE training = 0 AND accepted > 0 AND accepted < $2
		AND (finished = 0 OR finished >= $1 OR returned >= $1) AND (closed = 0 OR closed >= $1) ORDER BY accepted, "row"`, stamp(from), stamp(to))
}

// itemBy gives the dossier whose column has the value; lock is the dialect's when the transaction will change it.
func itemBy(ctx context.Context, q asker, column string, value any, lock string) (onestop.Item, error) {
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
		fault, label, state, state_at, state_note, receiver, resolver, field, channel, training, evidence, papers, reused, previous)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', $15, $16, $17, $18, $19, $20, $21, $22, $23)`,
		i.ID, i.TokenID, i.SHA256[:], len(e.Body), i.Kiosk, micros(i.Created), micros(i.Received), i.Code, i.Title, i.Verdict,
		i.Fault, i.Label, i.State, micros(i.StateAt), i.Receiver, i.Resolver, i.Field, channelOf(i), number(i.Training), evidenceOf(i),
		i.Papers, i.Reused, previousOf(e))
	if err != nil {
		return err
	}
	if err := q.exec(ctx, "INSERT INTO envelope (dossier, body) VALUES ($1, $2)", i.ID, e.Body); err != nil {
		return err
	}
	if err := claimParts(ctx, q, i.ID, i.Kiosk, e.Parts); err != nil {
		return err
	}
	return insertEvent(ctx, q, onestop.Event{Dossier: i.ID, At: i.Received, Kind: onestop.EventTakenIn, To: i.State})
}

// previousOf gives the envelope before, NULL for a dossier that stands in no chain.
func previousOf(e onestop.Envelope) any {
	if e.Link.Sequence == 0 {
		return nil
	}
	return e.Link.Previous[:]
}

// Followers counts the dossiers of a kiosk that claim to follow an envelope.
func (d *DB) Followers(ctx context.Context, device string, previous [32]byte) (n int, err error) {
	err = d.ask().row(ctx, "SELECT count(*) FROM dossier WHERE kiosk = $1 AND previous = $2", device, previous[:]).Scan(&n)
	return n, d.fault("look up chain", err)
}

// evidenceOf gives the hash, NULL for none.
func evidenceOf(i onestop.Item) any {
	if i.Evidence == [32]byte{} {
		return nil
	}
	return i.Evidence[:]
}

func channelOf(i onestop.Item) kiosk.Channel {
	if i.Channel == "" {
		return kiosk.ChannelDirect
	}
	return i.Channel
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

// ItemBySHA256 gives the dossier of that envelope.
func (d *DB) ItemBySHA256(ctx context.Context, envelope [32]byte) (onestop.Item, error) {
	it, err := itemBy(ctx, d.ask(), "sha256", envelope[:], "")
	return it, d.fault("find dossier by envelope", err)
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
		AND (CAST($5 AS bigint) = 0 OR officer = CAST($5 AS bigint)) AND (CAST($6 AS bigint) = 0 OR (due > 0 AND due < CAST($6 AS bigint) AND finished = 0 AND closed = 0 AND paused = 0))
		AND training = $7
		ORDER BY "row" LIMIT $8`, f.After, int(f.State), number(f.Fault), f.Search, f.Officer, lateAt(f), number(f.Training), limit)
	return out, d.fault("list dossiers", err)
}

func lateAt(f onestop.Filter) int64 {
	if !f.Late {
		return 0
	}
	return stamp(f.Now)
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
	}, "SELECT state, count(*), count(*) FILTER (WHERE fault <> '') FROM dossier WHERE training = 0 GROUP BY state")
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
		if err := enter(ctx, q, s, it); err != nil {
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

// enter does what entering a state brings: the number, the clock, the children, the letter.
func enter(ctx context.Context, q asker, s onestop.Step, it onestop.Item) error {
	if s.Override {
		if err := q.exec(ctx, "UPDATE dossier SET override_by = $1, override_reason = $2 WHERE id = $3", s.Actor.ID, s.Reason, s.Dossier); err != nil {
			return err
		}
	}
	if s.To == kiosk.StateReceived && it.Number == "" {
		if err := assign(ctx, q, s); err != nil {
			return err
		}
		if err := insertChildren(ctx, q, s); err != nil {
			return err
		}
	}
	if s.To == kiosk.StateFinished {
		if err := finish(ctx, q, s, it); err != nil {
			return err
		}
	}
	if err := stepLetter(ctx, q, s, it); err != nil {
		return err
	}
	next := onestop.After(it, s)
	return q.exec(ctx, `UPDATE dossier SET state = $1, state_at = $2, state_note = $3, accepted = $4, promised = $5, due = $6, finished = $7,
		returned = $8, closed = $9, paused = $10, supplements = $11, officer = coalesce($12, officer),
		officer_name = CASE WHEN $12 IS NULL THEN officer_name ELSE $13 END WHERE id = $14`,
		s.To, micros(s.At), s.Note, stamp(next.Accepted), stamp(next.Promised), stamp(next.Due), stamp(next.Finished), stamp(next.Returned),
		stamp(next.Closed), stamp(next.Paused), next.Supplements, orNull(next.Officer.ID), next.Officer.Name, s.Dossier)
}

func insertChildren(ctx context.Context, q asker, s onestop.Step) error {
	for i, c := range s.Children {
		if err := q.exec(ctx, `INSERT INTO child (dossier, ord, code, title, resolver, done, actor_name) VALUES ($1, $2, $3, $4, $5, 0, '')`,
			s.Dossier, i+1, c.Code, c.Title, c.Resolver); err != nil {
			return err
		}
	}
	return nil
}

// finish refuses while a child is open, and takes the apology's draft back when there is still time.
func finish(ctx context.Context, q asker, s onestop.Step, it onestop.Item) error {
	all, err := children(ctx, q, s.Dossier)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.Done.IsZero() {
			return onestop.ErrChildren
		}
	}
	if it.Due.IsZero() || s.At.After(it.Due) {
		return nil
	}
	return withdraw(ctx, q, s.Dossier)
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
