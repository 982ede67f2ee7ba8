package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"motcua/kiosk"
)

const auditColumns = "seq, at, event, fields, prev, hash"

func scanAudit(s scanner) (kiosk.AuditRecord, error) {
	var r kiosk.AuditRecord
	var at int64
	var prev, hash []byte
	if err := s.Scan(&r.Seq, &at, &r.Event, &r.Fields, &prev, &hash); err != nil {
		return r, err
	}
	r.At, r.Prev, r.Hash = fromMicros(at), [32]byte(prev), [32]byte(hash)
	return r, nil
}

// LastAudit gives the end of the audit chain, the zero record when it is empty.
func (d *DB) LastAudit(ctx context.Context) (kiosk.AuditRecord, error) {
	r, err := lastAudit(ctx, d.ask())
	return r, d.fault("read audit chain", err)
}

func lastAudit(ctx context.Context, q asker) (kiosk.AuditRecord, error) {
	r, err := scanAudit(q.row(ctx, "SELECT "+auditColumns+" FROM audit ORDER BY seq DESC LIMIT 1"))
	if errors.Is(err, sql.ErrNoRows) {
		return kiosk.AuditRecord{}, nil
	}
	return r, err
}

// AppendAudit adds one link; one that does not continue the chain is refused with store_corrupt.
func (d *DB) AppendAudit(ctx context.Context, r kiosk.AuditRecord) error {
	return d.fault("append to audit chain", d.write(ctx, func(q asker) error {
		if d.d.Chain != "" {
			if err := q.exec(ctx, d.d.Chain); err != nil {
				return err
			}
		}
		last, err := lastAudit(ctx, q)
		if err != nil {
			return err
		}
		if r.Seq != last.Seq+1 || r.Prev != last.Hash {
			return kiosk.Errorf(kiosk.CodeStoreCorrupt, "append to audit chain", "", "record %d does not continue record %d", r.Seq, last.Seq)
		}
		return q.exec(ctx, "INSERT INTO audit ("+auditColumns+") VALUES ($1, $2, $3, $4, $5, $6)",
			r.Seq, micros(r.At), r.Event, r.Fields, r.Prev[:], r.Hash[:])
	}))
}

// EachAudit walks the chain from a sequence number on.
func (d *DB) EachAudit(ctx context.Context, from int64, f func(kiosk.AuditRecord) error) error {
	var theirs error // of f: it passes as it is
	err := d.ask().each(ctx, func(s scanner) error {
		r, err := scanAudit(s)
		if err != nil {
			return err
		}
		theirs = f(r)
		return theirs
	}, "SELECT "+auditColumns+" FROM audit WHERE seq >= $1 ORDER BY seq", from)
	if theirs != nil {
		return theirs
	}
	return d.fault("walk audit chain", err)
}
