package sqlstore

import (
	"context"
	"time"

	"motcua/kiosk/onestop"
)

const resultColumns = "seq, dossier, name, code, type, size, sha256, signature, at, actor, actor_name"

// AddResult stores a result file, sealed, and counts it at its dossier.
func (d *DB) AddResult(ctx context.Context, r onestop.ResultFile, sealed []byte) (onestop.ResultFile, error) {
	err := d.write(ctx, func(q asker) error {
		coded := number(r.Code != "")
		if err := q.change(ctx, "UPDATE dossier SET results = results + 1, result_codes = result_codes + $1 WHERE id = $2", coded, r.Dossier); err != nil {
			return err
		}
		return q.row(ctx, `INSERT INTO result (dossier, name, code, type, size, sha256, signature, at, actor, actor_name, body)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING seq`,
			r.Dossier, r.Name, r.Code, r.Type, r.Size, r.SHA256[:], r.Signature, stamp(r.At), r.By.ID, r.By.Name, sealed).Scan(&r.Seq)
	})
	return r, d.fault("store result", err)
}

// Results lists the result files of a dossier.
func (d *DB) Results(ctx context.Context, dossier string) (out []onestop.ResultFile, err error) {
	err = d.ask().each(ctx, func(s scanner) error {
		var r onestop.ResultFile
		var at int64
		var sum []byte
		err := s.Scan(&r.Seq, &r.Dossier, &r.Name, &r.Code, &r.Type, &r.Size, &sum, &r.Signature, &at, &r.By.ID, &r.By.Name)
		r.At = fromStamp(at)
		copy(r.SHA256[:], sum)
		out = append(out, r)
		return err
	}, "SELECT "+resultColumns+" FROM result WHERE dossier = $1 ORDER BY seq", dossier)
	return out, d.fault("list results", err)
}

// ResultBody gives a result file as sealed, and the dossier it belongs to.
func (d *DB) ResultBody(ctx context.Context, seq int64) (dossier string, sealed []byte, err error) {
	err = d.ask().row(ctx, "SELECT dossier, body FROM result WHERE seq = $1", seq).Scan(&dossier, &sealed)
	return dossier, sealed, d.fault("read result", none(err))
}

// Rate keeps a rating, once for a token and a moment.
func (d *DB) Rate(ctx context.Context, r onestop.Rating) error {
	err := d.write(ctx, func(q asker) error {
		return q.exec(ctx, "INSERT INTO rating (token_id, moment, score, day, training) VALUES ($1, $2, $3, $4, $5)",
			r.TokenID, r.Moment, r.Score, stamp(r.Day), number(r.Training))
	})
	if d.d.Unique(err) {
		return onestop.ErrTaken
	}
	return d.fault("keep rating", err)
}

// Ratings counts the real ratings of a time by moment and score. Who gave them is not read.
func (d *DB) Ratings(ctx context.Context, from, to time.Time) (map[onestop.Moment][5]int, error) {
	out := map[onestop.Moment][5]int{}
	err := d.ask().each(ctx, func(s scanner) error {
		var m onestop.Moment
		var score, n int
		if err := s.Scan(&m, &score, &n); err != nil {
			return err
		}
		counts := out[m]
		counts[score-1] = n
		out[m] = counts
		return nil
	}, "SELECT moment, score, count(*) FROM rating WHERE training = 0 AND day >= $1 AND day < $2 GROUP BY moment, score", stamp(from), stamp(to))
	return out, d.fault("count ratings", err)
}

const feedbackColumns = "seq, code, at, due, body, answer, answered, published, coalesce(actor, 0), actor_name"

func scanFeedback(s scanner) (onestop.Feedback, error) {
	var f onestop.Feedback
	var at, due, answered int64
	err := s.Scan(&f.Seq, &f.Code, &at, &due, &f.Sealed, &f.Answer, &answered, &f.Published, &f.By.ID, &f.By.Name)
	f.At, f.Due, f.Answered = fromStamp(at), fromStamp(due), fromStamp(answered)
	return f, none(err)
}

// AddFeedback keeps a citizen's words.
func (d *DB) AddFeedback(ctx context.Context, f onestop.Feedback) (onestop.Feedback, error) {
	err := d.write(ctx, func(q asker) error {
		return q.row(ctx, `INSERT INTO feedback (code, at, due, body, answer, answered, published, actor_name)
			VALUES ($1, $2, $3, $4, '', 0, 0, '') RETURNING seq`, f.Code, stamp(f.At), stamp(f.Due), f.Sealed).Scan(&f.Seq)
	})
	if d.d.Unique(err) {
		return f, onestop.ErrTaken
	}
	return f, d.fault("keep feedback", err)
}

// FeedbackByCode finds feedback by the citizen's code.
func (d *DB) FeedbackByCode(ctx context.Context, code string) (onestop.Feedback, error) {
	f, err := scanFeedback(d.ask().row(ctx, "SELECT "+feedbackColumns+" FROM feedback WHERE code = $1", code))
	return f, d.fault("find feedback", err)
}

// Feedbacks lists feedback, unanswered first, each oldest first.
func (d *DB) Feedbacks(ctx context.Context, limit int) (out []onestop.Feedback, err error) {
	err = d.ask().each(ctx, func(s scanner) error {
		f, err := scanFeedback(s)
		out = append(out, f)
		return err
	}, "SELECT "+feedbackColumns+" FROM feedback ORDER BY CASE WHEN answered = 0 THEN 0 ELSE 1 END, seq LIMIT $1", limit)
	return out, d.fault("list feedback", err)
}

// AnswerFeedback keeps the answer, once.
func (d *DB) AnswerFeedback(ctx context.Context, f onestop.Feedback) error {
	return d.fault("answer feedback", d.write(ctx, func(q asker) error {
		return q.change(ctx, "UPDATE feedback SET answer = $1, answered = $2, published = $3, actor = $4, actor_name = $5 WHERE code = $6 AND answered = 0",
			f.Answer, stamp(f.Answered), number(f.Published), f.By.ID, f.By.Name, f.Code)
	}))
}

// NewTicket draws the day's next queue number.
func (d *DB) NewTicket(ctx context.Context, day string, at time.Time) (t onestop.Ticket, err error) {
	t = onestop.Ticket{Day: day, At: at, Status: onestop.TicketWaiting}
	err = d.write(ctx, func(q asker) error {
		if err := q.row(ctx, `INSERT INTO number_sequence (scope, last) VALUES ($1, 1)
			ON CONFLICT (scope) DO UPDATE SET last = number_sequence.last + 1 RETURNING last`, "ticket/"+day).Scan(&t.Number); err != nil {
			return err
		}
		return q.exec(ctx, "INSERT INTO ticket (day, number, at, status, counter, called, calls) VALUES ($1, $2, $3, $4, 0, 0, 0)",
			day, t.Number, stamp(at), t.Status)
	})
	return t, d.fault("draw queue number", err)
}

const ticketColumns = "day, number, at, status, counter, called, calls"

func scanTicket(s scanner) (onestop.Ticket, error) {
	var t onestop.Ticket
	var at, called int64
	err := s.Scan(&t.Day, &t.Number, &at, &t.Status, &t.Counter, &called, &t.Calls)
	t.At, t.Called = fromStamp(at), fromStamp(called)
	return t, none(err)
}

// CallNext calls the day's lowest waiting number to a counter. Error: ErrNotFound when nobody waits.
func (d *DB) CallNext(ctx context.Context, day string, counter int, by int64, at time.Time) (t onestop.Ticket, err error) {
	err = d.write(ctx, func(q asker) error {
		t, err = scanTicket(q.row(ctx, "SELECT "+ticketColumns+" FROM ticket WHERE day = $1 AND status = $2 ORDER BY number LIMIT 1"+d.d.Skip, day, onestop.TicketWaiting))
		if err != nil {
			return err
		}
		t.Status, t.Counter, t.Called, t.Calls = onestop.TicketCalled, counter, at, t.Calls+1
		return setTicket(ctx, q, t, by)
	})
	return t, d.fault("call queue number", err)
}

func setTicket(ctx context.Context, q asker, t onestop.Ticket, by int64) error {
	return q.change(ctx, "UPDATE ticket SET status = $1, counter = $2, called = $3, calls = $4, actor = $5 WHERE day = $6 AND number = $7",
		t.Status, t.Counter, stamp(t.Called), t.Calls, by, t.Day, t.Number)
}

// SetTicket changes a ticket that was called.
func (d *DB) SetTicket(ctx context.Context, t onestop.Ticket, by int64) error {
	return d.fault("change queue number", d.write(ctx, func(q asker) error { return setTicket(ctx, q, t, by) }))
}

// Tickets lists the numbers of a day.
func (d *DB) Tickets(ctx context.Context, day string) (out []onestop.Ticket, err error) {
	err = d.ask().each(ctx, func(s scanner) error {
		t, err := scanTicket(s)
		out = append(out, t)
		return err
	}, "SELECT "+ticketColumns+" FROM ticket WHERE day = $1 ORDER BY number", day)
	return out, d.fault("list queue numbers", err)
}

const copyColumns = `seq, dossier, paper, sha256, pages, fee, compared, coalesce(compared_by, 0), compared_name, signed,
	coalesce(signed_by, 0), signed_name, signature`

func scanCopy(s scanner) (onestop.Copy, error) {
	var c onestop.Copy
	var sum []byte
	var compared, signed int64
	err := s.Scan(&c.Seq, &c.Dossier, &c.Paper, &sum, &c.Pages, &c.Fee, &compared, &c.ComparedBy.ID, &c.ComparedBy.Name, &signed,
		&c.SignedBy.ID, &c.SignedBy.Name, &c.Signature)
	c.Compared, c.Signed = fromStamp(compared), fromStamp(signed)
	copy(c.SHA256[:], sum)
	return c, none(err)
}

// AddCopy keeps what shall be certified.
func (d *DB) AddCopy(ctx context.Context, c onestop.Copy) (onestop.Copy, error) {
	err := d.write(ctx, func(q asker) error {
		return q.row(ctx, `INSERT INTO ecopy (dossier, paper, sha256, pages, fee, compared, compared_name, signed, signed_name)
			VALUES ($1, $2, $3, $4, $5, 0, '', 0, '') RETURNING seq`, c.Dossier, c.Paper, c.SHA256[:], c.Pages, c.Fee).Scan(&c.Seq)
	})
	return c, d.fault("keep copy", err)
}

// Copy gives one.
func (d *DB) Copy(ctx context.Context, seq int64) (onestop.Copy, error) {
	c, err := scanCopy(d.ask().row(ctx, "SELECT "+copyColumns+" FROM ecopy WHERE seq = $1", seq))
	return c, d.fault("find copy", err)
}

// Copies lists those of a dossier.
func (d *DB) Copies(ctx context.Context, dossier string) (out []onestop.Copy, err error) {
	err = d.ask().each(ctx, func(s scanner) error {
		c, err := scanCopy(s)
		out = append(out, c)
		return err
	}, "SELECT "+copyColumns+" FROM ecopy WHERE dossier = $1 ORDER BY seq", dossier)
	return out, d.fault("list copies", err)
}

// CompareCopy keeps who compared it with the original.
func (d *DB) CompareCopy(ctx context.Context, seq int64, by onestop.Person, at time.Time) error {
	return d.fault("compare copy", d.write(ctx, func(q asker) error {
		return q.change(ctx, "UPDATE ecopy SET compared = $1, compared_by = $2, compared_name = $3 WHERE seq = $4 AND compared = 0",
			stamp(at), by.ID, by.Name, seq)
	}))
}

// SignCopy keeps the signature of a copy that was compared; ErrNotFound when it was not, or is signed.
func (d *DB) SignCopy(ctx context.Context, seq int64, by onestop.Person, at time.Time, signature []byte) error {
	return d.fault("sign copy", d.write(ctx, func(q asker) error {
		return q.change(ctx, `UPDATE ecopy SET signed = $1, signed_by = $2, signed_name = $3, signature = $4
			WHERE seq = $5 AND compared > 0 AND signed = 0`, stamp(at), by.ID, by.Name, signature, seq)
	}))
}

// Synced gives what a target has been told of a dossier, the zero value when nothing.
func (d *DB) Synced(ctx context.Context, dossier, target string) (onestop.Synced, error) {
	var s onestop.Synced
	var sent int64
	err := none(d.ask().row(ctx, "SELECT remote, sent, attempts, error FROM outsync WHERE dossier = $1 AND target = $2", dossier, target).
		Scan(&s.Remote, &sent, &s.Attempts, &s.Error))
	s.Sent = fromStamp(sent)
	return s, d.fault("find synchronisation", err)
}

// SetSynced keeps what a target has been told.
func (d *DB) SetSynced(ctx context.Context, dossier, target string, s onestop.Synced) error {
	return d.fault("keep synchronisation", d.write(ctx, func(q asker) error {
		return q.exec(ctx, `INSERT INTO outsync (dossier, target, remote, sent, attempts, error) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (dossier, target) DO UPDATE SET remote = $3, sent = $4, attempts = $5, error = $6`,
			dossier, target, s.Remote, stamp(s.Sent), s.Attempts, string(s.Error))
	}))
}

// ToSync walks the real dossiers that changed after a target was last told, oldest change first.
func (d *DB) ToSync(ctx context.Context, target string, f func(onestop.Item) error) error {
	return d.items(ctx, "list what to synchronise", f, `WHERE training = 0 AND accepted > 0 AND NOT EXISTS
		(SELECT 1 FROM outsync o WHERE o.dossier = dossier.id AND o.target = $1 AND o.sent >= dossier.state_at) ORDER BY state_at, "row" LIMIT 500`, target)
}

// SetBeat keeps a kiosk's last word about itself.
func (d *DB) SetBeat(ctx context.Context, b onestop.Beat) error {
	return d.fault("keep beat", d.write(ctx, func(q asker) error {
		return q.exec(ctx, `INSERT INTO beat (kiosk, at, body) VALUES ($1, $2, $3) ON CONFLICT (kiosk) DO UPDATE SET at = $2, body = $3`,
			b.Kiosk, stamp(b.At), b.Body)
	}))
}

// Beats gives every kiosk's last word.
func (d *DB) Beats(ctx context.Context) (out []onestop.Beat, err error) {
	err = d.ask().each(ctx, func(s scanner) error {
		var b onestop.Beat
		var at int64
		err := s.Scan(&b.Kiosk, &at, &b.Body)
		b.At = fromStamp(at)
		out = append(out, b)
		return err
	}, "SELECT kiosk, at, body FROM beat ORDER BY kiosk")
	return out, d.fault("list beats", err)
}

// Moved gives the events of moves in a time: for medians and the volume by hour.
func (d *DB) Moved(ctx context.Context, from, to time.Time, f func(onestop.Event) error) error {
	return d.fault("walk events", d.ask().each(ctx, func(s scanner) error {
		e := onestop.Event{Kind: onestop.EventMoved}
		var at int64
		if err := s.Scan(&e.Dossier, &at, &e.From, &e.To); err != nil {
			return err
		}
		e.At = fromStamp(at)
		return f(e)
	}, `SELECT event.dossier, event.at, state_from, state_to FROM event JOIN dossier ON dossier.id = event.dossier
		WHERE training = 0 AND event.kind IN ('moved', 'taken_in') AND event.at >= $1 AND event.at < $2 ORDER BY event.dossier, event.seq`, stamp(from), stamp(to)))
}
