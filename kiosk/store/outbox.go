package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"

	"motcua/kiosk"
)

// PutOutbox adds a dossier, waiting and due at once; it returns when the row is durable. The same id with the same hash
// changes nothing, with another it is bad_input, and so is a link that is not the chain's next. Errors also: store_full,
// store_corrupt.
func (s *Store) PutOutbox(ctx context.Context, d kiosk.Sealed) error {
	const op = "put dossier"
	if len(d.Body) == 0 || sha256.Sum256(d.Body) != d.SHA256 {
		return kiosk.Errorf(kiosk.CodeBadInput, op, "", "body does not have its SHA-256")
	}
	if err := s.room(d.TotalSize()); err != nil {
		return err
	}
	return s.tx(ctx, op, func(tx *sql.Tx) error {
		var sum []byte
		err := tx.QueryRowContext(ctx, "SELECT sha256 FROM outbox WHERE id = ?", d.ID).Scan(&sum)
		switch {
		case err == nil && string(sum) == string(d.SHA256[:]):
			return nil
		case err == nil:
			return kiosk.Errorf(kiosk.CodeBadInput, op, "", "the same id is there with another body")
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		if next, err := nextLink(ctx, tx); err != nil {
			return err
		} else if d.Link != (kiosk.Link{}) && d.Link != next {
			return kiosk.Errorf(kiosk.CodeBadInput, op, "", "link %d is not the chain's next, %d", d.Link.Sequence, next.Sequence)
		}
		return insert(ctx, tx, kiosk.NewOutboxRow(d))
	})
}

// NextLink gives the place of the next dossier in the kiosk's chain. The rows are the chain: their numbers have no gaps, and
// none is ever deleted.
func (s *Store) NextLink(ctx context.Context) (next kiosk.Link, err error) {
	err = s.tx(ctx, "find end of chain", func(tx *sql.Tx) (err error) {
		next, err = nextLink(ctx, tx)
		return err
	})
	return next, err
}

func nextLink(ctx context.Context, tx *sql.Tx) (kiosk.Link, error) {
	var last int64
	var sum []byte
	err := tx.QueryRowContext(ctx, "SELECT seq, sha256 FROM outbox ORDER BY seq DESC LIMIT 1").Scan(&last, &sum)
	if errors.Is(err, sql.ErrNoRows) {
		return kiosk.Link{Sequence: 1}, nil
	}
	next := kiosk.Link{Sequence: uint64(last) + 1}
	copy(next.Previous[:], sum)
	return next, err
}

// insert writes a row as it is, under its number in the chain when it has one, with its body when it has one.
func insert(ctx context.Context, tx *sql.Tx, r kiosk.OutboxRow) error {
	res, err := tx.ExecContext(ctx, `INSERT INTO outbox (seq, id, token_id, created, sha256, size, state, attempts, due, owner, lease,
		last_error, ack_office, ack_at, ack_number, ack_state, ack_signature) VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		append([]any{
			int64(r.Link.Sequence), r.ID, r.TokenID, toMicros(r.Created), r.SHA256[:], r.Size, int(r.State), r.Attempts, toMicros(r.Due), r.Owner,
			toMicros(r.Lease), string(r.LastError),
		}, ackValues(r)...)...)
	if err != nil || r.Body == nil {
		return err
	}
	seq, err := res.LastInsertId()
	if err != nil {
		return err
	}
	if _, err = tx.ExecContext(ctx, "INSERT INTO outbox_body (seq, body) VALUES (?, ?)", seq, r.Body); err != nil {
		return err
	}
	return insertParts(ctx, tx, seq, r.Parts)
}

// ackValues are NULL before the acknowledgement.
func ackValues(r kiosk.OutboxRow) []any {
	if r.State != kiosk.OutboxAcknowledged {
		return make([]any, 5)
	}
	return []any{r.Ack.Office, toMicros(r.Ack.ReceivedAt), r.Ack.Number, int(r.Ack.State), r.Ack.Signature}
}

const columns = `id, token_id, created, sha256, size, state, attempts, due, owner, lease, last_error,
	coalesce(ack_office, ''), coalesce(ack_at, 0), coalesce(ack_number, ''), coalesce(ack_state, 0), ack_signature`

// scan reads columns, and more behind them.
func scan(row interface{ Scan(...any) error }, more ...any) (r kiosk.OutboxRow, err error) {
	var created, due, lease, ackAt int64
	var sum []byte
	err = row.Scan(append([]any{
		&r.ID, &r.TokenID, &created, &sum, &r.Size, &r.State, &r.Attempts, &due, &r.Owner, &lease, &r.LastError,
		&r.Ack.Office, &ackAt, &r.Ack.Number, &r.Ack.State, &r.Ack.Signature,
	}, more...)...)
	if err != nil {
		return r, err
	}
	if len(sum) != len(r.SHA256) {
		return r, errors.New("hash in the database has a wrong length")
	}
	copy(r.SHA256[:], sum)
	r.Created, r.Due, r.Lease, r.Ack.ReceivedAt = fromMicros(created), fromMicros(due), fromMicros(lease), fromMicros(ackAt)
	if r.State == kiosk.OutboxAcknowledged {
		r.Ack.DossierID, r.Ack.BodySHA256 = r.ID, r.SHA256
	}
	return r, nil
}

// LeaseNext leases the oldest row that is waiting and due, or whose lease has ended, to owner. Error: not_found. The condition
// is kiosk.OutboxRow.Deliverable in SQL.
func (s *Store) LeaseNext(ctx context.Context, owner string, now, until time.Time) (kiosk.OutboxRow, error) {
	var r kiosk.OutboxRow
	err := s.tx(ctx, "lease dossier", func(tx *sql.Tx) error {
		var seq int64
		err := tx.QueryRowContext(ctx, `SELECT seq FROM outbox WHERE state IN (?1, ?2)
			AND CASE state WHEN ?1 THEN due ELSE lease END NOT BETWEEN ?3 + 1 AND ?4 ORDER BY seq LIMIT 1`,
			kiosk.OutboxWaiting, kiosk.OutboxLeased, toMicros(now), toMicros(now.Add(kiosk.OutboxHorizon))).Scan(&seq)
		if errors.Is(err, sql.ErrNoRows) {
			return kiosk.Errorf(kiosk.CodeNotFound, "lease dossier", "", "nothing is due")
		}
		if err != nil {
			return err
		}
		var body []byte
		r, err = scan(tx.QueryRowContext(ctx, "SELECT "+columns+", body FROM outbox JOIN outbox_body USING (seq) WHERE seq = ?", seq), &body)
		if err != nil {
			return err
		}
		r.Body = body
		if r.Parts, err = parts(ctx, s.db, tx, seq); err != nil {
			return err
		}
		r = r.Leased(owner, until)
		return write(ctx, tx, r)
	})
	return r, err
}

// write stores what may change of a row.
func write(ctx context.Context, tx *sql.Tx, r kiosk.OutboxRow) error {
	_, err := tx.ExecContext(ctx, `UPDATE outbox SET state = ?, token_id = ?, attempts = ?, due = ?, owner = ?, lease = ?,
		last_error = ?, ack_office = ?, ack_at = ?, ack_number = ?, ack_state = ?, ack_signature = ? WHERE id = ?`,
		append(append([]any{
			int(r.State), r.TokenID, r.Attempts, toMicros(r.Due), r.Owner, toMicros(r.Lease), string(r.LastError),
		}, ackValues(r)...), r.ID)...)
	return err
}

// transition applies one of the row's transitions, in one transaction; false when it does not apply or there is no such row.
func (s *Store) transition(ctx context.Context, op, id string, next func(kiosk.OutboxRow) (kiosk.OutboxRow, bool)) (changed bool, err error) {
	err = s.tx(ctx, op, func(tx *sql.Tx) error {
		r, err := scan(tx.QueryRowContext(ctx, "SELECT "+columns+" FROM outbox WHERE id = ?", id))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if r, changed = next(r); !changed {
			return nil
		}
		return write(ctx, tx, r)
	})
	return changed && err == nil, err
}

// Postpone ends owner's lease: the row waits until due. held is false, and nothing changed, when owner does not hold it.
func (s *Store) Postpone(ctx context.Context, id, owner string, due time.Time, code kiosk.Code, countAttempt bool) (held bool, err error) {
	return s.transition(ctx, "postpone dossier", id, func(r kiosk.OutboxRow) (kiosk.OutboxRow, bool) {
		return r.Postponed(owner, due, code, countAttempt)
	})
}

// Quarantine ends owner's lease: the row waits for a technician.
func (s *Store) Quarantine(ctx context.Context, id, owner string, code kiosk.Code) (held bool, err error) {
	return s.transition(ctx, "quarantine dossier", id, func(r kiosk.OutboxRow) (kiosk.OutboxRow, bool) {
		return r.Quarantined(owner, code)
	})
}

// Release sends a quarantined row back to waiting, a waiting one to be due at once; false when there is no such row.
func (s *Store) Release(ctx context.Context, id string, due time.Time) (found bool, err error) {
	return s.transition(ctx, "release dossier", id, func(r kiosk.OutboxRow) (kiosk.OutboxRow, bool) { return r.Released(due) })
}

// Recover ends every lease: a daemon that starts knows that its predecessor is dead.
func (s *Store) Recover(ctx context.Context, due time.Time) (n int, err error) {
	err = s.tx(ctx, "recover leases", func(tx *sql.Tx) error {
		leased, err := scanAll(tx.QueryContext(ctx, "SELECT "+columns+" FROM outbox WHERE state = ? ORDER BY seq", kiosk.OutboxLeased))
		if err != nil {
			return err
		}
		for _, r := range leased {
			if r, ok := r.Recovered(due); ok {
				if err := write(ctx, tx, r); err != nil {
					return err
				}
				n++
			}
		}
		return nil
	})
	return n, err
}

func (s *Store) change(ctx context.Context, op, query string, args ...any) (changed bool, err error) {
	err = s.tx(ctx, op, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		changed = n > 0
		return err
	})
	return changed, err
}

// scanAll reads every row of a query.
func scanAll(rows *sql.Rows, err error) ([]kiosk.OutboxRow, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []kiosk.OutboxRow
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// Acknowledge purges the body and keeps the signed acknowledgement, whoever holds the lease; again it changes nothing. The
// caller has verified the signature. The deletion record is kept in the same transaction. Errors: not_found, bad_input when
// either is about another body.
func (s *Store) Acknowledge(ctx context.Context, a kiosk.Acknowledgement, d kiosk.Deletion) error {
	const op = "acknowledge dossier"
	err := s.tx(ctx, op, func(tx *sql.Tx) error {
		var seq int64
		r, err := scan(tx.QueryRowContext(ctx, "SELECT "+columns+", seq FROM outbox WHERE id = ?", a.DossierID), &seq)
		if errors.Is(err, sql.ErrNoRows) {
			return kiosk.Errorf(kiosk.CodeNotFound, op, "", "no such dossier")
		}
		if err != nil {
			return err
		}
		r, changed, err := r.Acknowledged(a)
		if err != nil || !changed {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM outbox_body WHERE seq = ?", seq); err != nil {
			return err
		}
		if err := deleteParts(ctx, tx, seq); err != nil {
			return err
		}
		if err := insertDeletion(ctx, tx, seq, a, d); err != nil {
			return err
		}
		return write(ctx, tx, r)
	})
	if err != nil {
		return err
	}
	return s.truncate(ctx)
}

// truncate empties the write-ahead log, so that what was purged is in neither file. A reader beside the daemon may hold it up;
// the next purge then does it.
func (s *Store) truncate(ctx context.Context) error {
	var busy, log, done int
	if err := s.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil {
		return s.fault("truncate log", err)
	}
	return nil
}

// NextDue tells when LeaseNext may have something: the earliest due time or end of a lease; waiting is false when there is
// nothing to deliver.
func (s *Store) NextDue(ctx context.Context) (at time.Time, waiting bool, err error) {
	var first sql.NullInt64
	err = s.db.QueryRowContext(ctx, `SELECT min(CASE state WHEN ?1 THEN due ELSE lease END) FROM outbox WHERE state IN (?1, ?2)`,
		kiosk.OutboxWaiting, kiosk.OutboxLeased).Scan(&first)
	if err != nil {
		return time.Time{}, false, s.fault("find next dossier", err)
	}
	return fromMicros(first.Int64), first.Valid, nil
}

// OutboxRows lists every row, oldest first, without bodies.
func (s *Store) OutboxRows(ctx context.Context) ([]kiosk.OutboxRow, error) {
	all, err := scanAll(s.db.QueryContext(ctx, "SELECT "+columns+" FROM outbox ORDER BY seq"))
	if err != nil {
		return nil, s.fault("list outbox", err)
	}
	return all, nil
}

// OutboxBody gives the sealed body of a row that still has one, for export. Error: not_found.
func (s *Store) OutboxBody(ctx context.Context, id string) ([]byte, error) {
	var body []byte
	err := s.db.QueryRowContext(ctx, "SELECT body FROM outbox JOIN outbox_body USING (seq) WHERE id = ?", id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, kiosk.Errorf(kiosk.CodeNotFound, "read dossier", "", "no such dossier, or it is delivered")
	}
	if err != nil {
		return nil, s.fault("read dossier", err)
	}
	return body, nil
}

// OutboxStats counts what waits.
func (s *Store) OutboxStats(ctx context.Context, now time.Time) (kiosk.OutboxStats, error) {
	var st kiosk.OutboxStats
	var oldest, ack int64
	err := s.db.QueryRowContext(ctx, `SELECT
		count(*) FILTER (WHERE state <> ?1), count(*) FILTER (WHERE state = ?2),
		coalesce(min(created) FILTER (WHERE state <> ?1), 0), coalesce(max(ack_at), 0) FROM outbox`,
		kiosk.OutboxAcknowledged, kiosk.OutboxQuarantined).Scan(&st.Unsent, &st.Quarantine, &oldest, &ack)
	if err != nil {
		return kiosk.OutboxStats{}, s.fault("count outbox", err)
	}
	if st.Unsent > 0 {
		st.OldestAge = max(0, now.Sub(fromMicros(oldest)))
	}
	st.LastAck = fromMicros(ack)
	return st, nil
}
