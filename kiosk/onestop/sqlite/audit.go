package sqlite

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
	r, err := lastAudit(ctx, d.db)
	return r, fault("read audit chain", err)
}

func lastAudit(ctx context.Context, q querier) (kiosk.AuditRecord, error) {
	r, err := scanAudit(q.QueryRowContext(ctx, "SELECT "+auditColumns+" FROM audit ORDER BY seq DESC LIMIT 1"))
	if errors.Is(err, sql.ErrNoRows) {
		return kiosk.AuditRecord{}, nil
	}
	return r, err
}

// AppendAudit adds one link; one that does not continue the chain is refused with store_corrupt.
func (d *DB) AppendAudit(ctx context.Context, r kiosk.AuditRecord) error {
	return fault("append to audit chain", d.write(ctx, func(tx *sql.Tx) error {
		last, err := lastAudit(ctx, tx)
		if err != nil {
			return err
		}
		if r.Seq != last.Seq+1 || r.Prev != last.Hash {
			return kiosk.Errorf(kiosk.CodeStoreCorrupt, "append to audit chain", "", "record %d does not continue record %d", r.Seq, last.Seq)
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO audit ("+auditColumns+") VALUES (?, ?, ?, ?, ?, ?)",
			r.Seq, micros(r.At), r.Event, r.Fields, r.Prev[:], r.Hash[:])
		return err
	}))
}

// EachAudit walks the chain from a sequence number on.
func (d *DB) EachAudit(ctx context.Context, from int64, f func(kiosk.AuditRecord) error) (err error) {
	rows, err := d.db.QueryContext(ctx, "SELECT "+auditColumns+" FROM audit WHERE seq >= ? ORDER BY seq", from)
	if err != nil {
		return fault("walk audit chain", err)
	}
	defer func() { err = errors.Join(err, fault("walk audit chain", rows.Close())) }()
	for rows.Next() {
		r, err := scanAudit(rows)
		if err != nil {
			return fault("walk audit chain", err)
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return fault("walk audit chain", rows.Err())
}
