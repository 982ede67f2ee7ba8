package sqlstore

import (
	"context"
	"time"

	"motcua/kiosk/onestop"
)

// Children gives the parts of a linked procedure, in order.
func (d *DB) Children(ctx context.Context, dossier string) ([]onestop.Child, error) {
	out, err := children(ctx, d.ask(), dossier)
	return out, d.fault("list children", err)
}

func children(ctx context.Context, q asker, dossier string) (out []onestop.Child, err error) {
	err = q.each(ctx, func(s scanner) error {
		var c onestop.Child
		var done int64
		err := s.Scan(&c.Ord, &c.Code, &c.Title, &c.Resolver, &done, &c.By.ID, &c.By.Name)
		c.Done = fromStamp(done)
		out = append(out, c)
		return err
	}, "SELECT ord, code, title, resolver, done, coalesce(actor, 0), actor_name FROM child WHERE dossier = $1 ORDER BY ord", dossier)
	return out, err
}

// DoneChild marks a part done.
func (d *DB) DoneChild(ctx context.Context, dossier string, ord int, by onestop.Actor, at time.Time) error {
	return d.fault("finish child", d.write(ctx, func(q asker) error {
		return q.change(ctx, "UPDATE child SET done = $1, actor = $2, actor_name = $3 WHERE dossier = $4 AND ord = $5 AND done = 0",
			stamp(at), by.ID, by.Name, dossier, ord)
	}))
}

const handoverColumns = "seq, dossier, at, from_id, from_name, to_id, to_name, note, acked"

func scanHandover(s scanner) (onestop.Handover, error) {
	var h onestop.Handover
	var at, acked int64
	err := s.Scan(&h.Seq, &h.Dossier, &at, &h.From.ID, &h.From.Name, &h.To.ID, &h.To.Name, &h.Note, &acked)
	h.At, h.Acked = fromStamp(at), fromStamp(acked)
	return h, none(err)
}

// HandOver keeps a hand-over and makes its receiver the dossier's officer.
func (d *DB) HandOver(ctx context.Context, h onestop.Handover) (onestop.Handover, error) {
	err := d.write(ctx, func(q asker) error {
		if err := q.change(ctx, "UPDATE dossier SET officer = $1, officer_name = $2 WHERE id = $3", h.To.ID, h.To.Name, h.Dossier); err != nil {
			return err
		}
		return q.row(ctx, `INSERT INTO handover (dossier, at, from_id, from_name, to_id, to_name, note, acked)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0) RETURNING seq`,
			h.Dossier, stamp(h.At), h.From.ID, h.From.Name, h.To.ID, h.To.Name, h.Note).Scan(&h.Seq)
	})
	return h, d.fault("hand over", err)
}

// Acknowledge is the receiver's word that the dossier is there.
func (d *DB) Acknowledge(ctx context.Context, seq, by int64, at time.Time) error {
	return d.fault("acknowledge hand-over", d.write(ctx, func(q asker) error {
		return q.change(ctx, "UPDATE handover SET acked = $1 WHERE seq = $2 AND to_id = $3 AND acked = 0", stamp(at), seq, by)
	}))
}

// Handovers gives the hand-overs of a dossier, oldest first.
func (d *DB) Handovers(ctx context.Context, dossier string) ([]onestop.Handover, error) {
	return d.handovers(ctx, "WHERE dossier = $1 ORDER BY seq", dossier)
}

// OpenHandovers gives those that nobody has taken since before.
func (d *DB) OpenHandovers(ctx context.Context, before time.Time) ([]onestop.Handover, error) {
	return d.handovers(ctx, "WHERE acked = 0 AND at < $1 ORDER BY seq", stamp(before))
}

func (d *DB) handovers(ctx context.Context, where string, args ...any) (out []onestop.Handover, err error) {
	err = d.ask().each(ctx, func(s scanner) error {
		h, err := scanHandover(s)
		out = append(out, h)
		return err
	}, "SELECT "+handoverColumns+" FROM handover "+where, args...)
	return out, d.fault("list hand-overs", err)
}
