package store

import (
	"context"
	"database/sql"
	"errors"

	"motcua/kiosk"
)

const auditColumns = "SELECT seq, at, event, fields, prev, hash FROM audit "

func scanAudit(row interface{ Scan(...any) error }) (r kiosk.AuditRecord, err error) {
	var at int64
	var prev, hash []byte
	if err := row.Scan(&r.Seq, &at, &r.Event, &r.Fields, &prev, &hash); err != nil {
		return r, err
	}
	if len(prev) != len(r.Prev) || len(hash) != len(r.Hash) {
		return r, errors.New("hash in the database has a wrong length")
	}
	r.At = fromMicros(at)
	copy(r.Prev[:], prev)
	copy(r.Hash[:], hash)
	return r, nil
}

// LastAudit gives the chain's last record, the zero record when it is empty.
func (s *Store) LastAudit(ctx context.Context) (kiosk.AuditRecord, error) {
	r, err := scanAudit(s.db.QueryRowContext(ctx, auditColumns+"ORDER BY seq DESC LIMIT 1"))
	if errors.Is(err, sql.ErrNoRows) {
		return kiosk.AuditRecord{}, nil
	}
	if err != nil {
		return kiosk.AuditRecord{}, s.fault("read audit chain", err)
	}
	return r, nil
}

// AppendAudit adds a record at the end of the chain. Error: store_corrupt when it does not continue the chain.
func (s *Store) AppendAudit(ctx context.Context, r kiosk.AuditRecord) error {
	return s.tx(ctx, "append to audit chain", func(tx *sql.Tx) error { return appendAudit(ctx, tx, r) })
}

func appendAudit(ctx context.Context, tx *sql.Tx, r kiosk.AuditRecord) error {
	last, err := scanAudit(tx.QueryRowContext(ctx, auditColumns+"ORDER BY seq DESC LIMIT 1"))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if r.Seq != last.Seq+1 || r.Prev != last.Hash {
		return kiosk.Errorf(kiosk.CodeStoreCorrupt, "append to audit chain", "keep the database and call the maintainer", "record %d does not follow record %d", r.Seq, last.Seq)
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO audit (seq, at, event, fields, prev, hash) VALUES (?, ?, ?, ?, ?, ?)",
		r.Seq, toMicros(r.At), r.Event, r.Fields, r.Prev[:], r.Hash[:])
	return err
}

// auditPage is how many records EachAudit reads at a time, so that f may use the store.
const auditPage = 500

// EachAudit calls f with every record from a number on, in order, until f gives an error, which it returns.
func (s *Store) EachAudit(ctx context.Context, from int64, f func(kiosk.AuditRecord) error) error {
	for {
		page, err := s.auditFrom(ctx, from)
		if err != nil {
			return err
		}
		for _, r := range page {
			if err := f(r); err != nil {
				return err
			}
			from = r.Seq + 1
		}
		if len(page) < auditPage {
			return nil
		}
	}
}

func (s *Store) auditFrom(ctx context.Context, from int64) (page []kiosk.AuditRecord, err error) {
	rows, err := s.db.QueryContext(ctx, auditColumns+"WHERE seq >= ? ORDER BY seq LIMIT ?", from, auditPage)
	if err != nil {
		return nil, s.fault("read audit chain", err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanAudit(rows)
		if err != nil {
			return page, s.fault("read audit chain", err)
		}
		page = append(page, r)
	}
	if err := rows.Err(); err != nil {
		return page, s.fault("read audit chain", err)
	}
	return page, nil
}
