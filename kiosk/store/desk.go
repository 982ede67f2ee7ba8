package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"slices"
	"time"

	"motcua/kiosk"
)

// vietnam is the zone in which a day of the counter begins and ends.
var vietnam = time.FixedZone("ICT", 7*60*60)

var _ kiosk.Queue = (*Store)(nil)

// Draw gives the next number of the service on this day; it returns when the number is durable.
// Errors: bad_input (no such service), store_full, store_corrupt.
func (s *Store) Draw(ctx context.Context, service kiosk.Service) (kiosk.Ticket, error) {
	return s.drawAt(ctx, service, time.Now())
}

func (s *Store) drawAt(ctx context.Context, service kiosk.Service, now time.Time) (kiosk.Ticket, error) {
	const op = "draw queue number"
	if !slices.Contains(kiosk.Services, service) {
		return kiosk.Ticket{}, kiosk.Errorf(kiosk.CodeBadInput, op, "", "no such service")
	}
	t := kiosk.Ticket{Service: service, At: now}
	err := s.tx(ctx, op, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `INSERT INTO queue (day, service, last) VALUES (?, ?, 1)
			ON CONFLICT (day, service) DO UPDATE SET last = last + 1 RETURNING last`,
			now.In(vietnam).Format(time.DateOnly), string(service)).Scan(&t.Number)
	})
	return t, err
}

// PutFeedback adds sealed feedback; it returns when it is durable. Errors: bad_input, store_full, store_corrupt.
func (s *Store) PutFeedback(ctx context.Context, f kiosk.Sealed) error {
	const op = "put feedback"
	if len(f.Body) == 0 || sha256.Sum256(f.Body) != f.SHA256 {
		return kiosk.Errorf(kiosk.CodeBadInput, op, "", "body does not have its SHA-256")
	}
	if err := s.room(int64(len(f.Body))); err != nil {
		return err
	}
	return s.tx(ctx, op, func(tx *sql.Tx) error { return insertFeedback(ctx, tx, f) })
}

func insertFeedback(ctx context.Context, tx *sql.Tx, f kiosk.Sealed) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO feedback (id, token_id, created, sha256, body) VALUES (?, ?, ?, ?, ?)",
		f.ID, f.TokenID, toMicros(f.Created), f.SHA256[:], f.Body)
	return err
}

// NextFeedback gives the oldest feedback that waits and is due. Error: not_found when there is none.
func (s *Store) NextFeedback(ctx context.Context, now time.Time) (kiosk.Sealed, error) {
	f, err := scanFeedback(s.db.QueryRowContext(ctx, `SELECT id, token_id, created, sha256, body FROM feedback
		WHERE body IS NOT NULL AND due NOT BETWEEN ?1 + 1 AND ?2 ORDER BY seq LIMIT 1`, toMicros(now), toMicros(now.Add(kiosk.OutboxHorizon))))
	if errors.Is(err, sql.ErrNoRows) {
		return f, kiosk.Errorf(kiosk.CodeNotFound, "find feedback", "", "nothing is due")
	}
	if err != nil {
		return f, s.fault("find feedback", err)
	}
	return f, nil
}

func scanFeedback(row interface{ Scan(...any) error }) (f kiosk.Sealed, err error) {
	var created int64
	var sum []byte
	if err := row.Scan(&f.ID, &f.TokenID, &created, &sum, &f.Body); err != nil {
		return f, err
	}
	f.Created, f.SHA256 = fromMicros(created), sha256.Sum256(f.Body)
	if string(sum) != string(f.SHA256[:]) {
		return f, errors.New("feedback does not have its SHA-256")
	}
	return f, nil
}

// FeedbackDelivered drops the body of feedback that the office has.
func (s *Store) FeedbackDelivered(ctx context.Context, id string) error {
	_, err := s.change(ctx, "purge feedback", "UPDATE feedback SET body = NULL, attempts = attempts + 1 WHERE id = ?", id)
	return err
}

// PostponeFeedback lets feedback wait until due.
func (s *Store) PostponeFeedback(ctx context.Context, id string, due time.Time) error {
	_, err := s.change(ctx, "postpone feedback", "UPDATE feedback SET due = ?, attempts = attempts + 1 WHERE id = ?", toMicros(due), id)
	return err
}

// WaitingFeedback counts what the office does not have yet.
func (s *Store) WaitingFeedback(ctx context.Context) (n int, err error) {
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM feedback WHERE body IS NOT NULL").Scan(&n); err != nil {
		return 0, s.fault("count feedback", err)
	}
	return n, nil
}

// salvageDesk carries over the day's numbers, so that none is given out twice, and what was written and not delivered. What
// cannot be read is lost.
func (s *Store) salvageDesk(ctx context.Context, old *sql.DB) error {
	day := time.Now().In(vietnam).Format(time.DateOnly)
	for _, service := range kiosk.Services {
		var last int
		if old.QueryRowContext(ctx, "SELECT last FROM queue WHERE day = ? AND service = ?", day, string(service)).Scan(&last) != nil {
			continue
		}
		if _, err := s.change(ctx, "carry queue over", "INSERT INTO queue (day, service, last) VALUES (?, ?, ?)", day, string(service), last); err != nil {
			return err
		}
	}
	rows, err := old.QueryContext(ctx, "SELECT id, token_id, created, sha256, body FROM feedback WHERE body IS NOT NULL ORDER BY seq")
	if err != nil {
		return ctx.Err()
	}
	defer rows.Close()
	for rows.Next() {
		f, err := scanFeedback(rows)
		if err != nil {
			continue
		}
		err = s.tx(ctx, "carry feedback over", func(tx *sql.Tx) error { return insertFeedback(ctx, tx, f) })
		if kiosk.CodeOf(err) == kiosk.CodeStoreFull {
			return err
		}
	}
	_ = rows.Err() // what a broken page hides is lost
	return ctx.Err()
}
