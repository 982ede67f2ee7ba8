package sqlstore

import (
	"context"
	"time"

	"motcua/kiosk/onestop"
)

// StartSession keeps a login, and forgets what ended and what is one too many; see onestop.SessionStore.
func (d *DB) StartSession(ctx context.Context, s onestop.Session) error {
	return d.fault("start login", d.write(ctx, func(q asker) error {
		err := q.exec(ctx, "DELETE FROM login WHERE seen < $1 OR started < $2",
			micros(s.Started.Add(-onestop.SessionIdle)), micros(s.Started.Add(-onestop.SessionMost)))
		if err != nil {
			return err
		}
		err = q.exec(ctx, "INSERT INTO login (token_sha256, account, started, seen) VALUES ($1, $2, $3, $4)",
			s.Token[:], s.Account, micros(s.Started), micros(s.Seen))
		if err != nil {
			return err
		}
		return q.exec(ctx, `DELETE FROM login WHERE account = $1 AND token_sha256 NOT IN
			(SELECT token_sha256 FROM login WHERE account = $1 ORDER BY seen DESC, started DESC LIMIT $2)`, s.Account, onestop.SessionsOf)
	}))
}

// UseSession finds a login that has not ended, and counts the request.
func (d *DB) UseSession(ctx context.Context, token [32]byte, now time.Time) (onestop.Session, error) {
	const op = "find login"
	s := onestop.Session{Token: token}
	var started, seen int64
	err := d.ask().row(ctx, "SELECT account, started, seen FROM login WHERE token_sha256 = $1", token[:]).Scan(&s.Account, &started, &seen)
	s.Started, s.Seen = fromMicros(started), fromMicros(seen)
	if err == nil && s.Ended(now) {
		return onestop.Session{}, onestop.ErrNotFound
	}
	if err != nil || now.Sub(s.Seen) < onestop.SessionGrain {
		return s, d.fault(op, none(err))
	}
	// A login that was ended meanwhile stays ended: nothing is inserted here.
	s.Seen = fromMicros(micros(now))
	return s, d.fault(op, d.write(ctx, func(q asker) error {
		return q.change(ctx, "UPDATE login SET seen = $1 WHERE token_sha256 = $2", micros(now), token[:])
	}))
}

// EndSession forgets one login.
func (d *DB) EndSession(ctx context.Context, token [32]byte) error {
	return d.fault("end login", d.write(ctx, func(q asker) error {
		return q.exec(ctx, "DELETE FROM login WHERE token_sha256 = $1", token[:])
	}))
}

// EndSessions forgets every login of a person.
func (d *DB) EndSessions(ctx context.Context, account int64) error {
	return d.fault("end logins", d.write(ctx, func(q asker) error {
		return q.exec(ctx, "DELETE FROM login WHERE account = $1", account)
	}))
}
