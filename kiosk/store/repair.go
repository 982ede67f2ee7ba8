package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/mattn/go-sqlite3"

	"motcua/kiosk"
)

// scanBound is how many row numbers are tried when the corrupt file cannot even say how many it had.
const scanBound = 10_000

// saved counts what was carried over.
type saved struct{ outbox, lost, audit int }

// repair sets a corrupt database aside, starts a fresh one and carries over what is readable. cause is what was wrong.
func repair(ctx context.Context, path string, cause error) (*Store, error) {
	aside := path + ".corrupt-" + time.Now().UTC().Format("20060102T150405.000000Z")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, kiosk.Errorf(kiosk.CodeStoreCorrupt, "set corrupt database aside", "check the data folder's rights and disk", "%w", err)
		}
	}
	s, err := openChecked(ctx, path)
	if err != nil {
		return nil, err
	}
	n, err := s.salvage(ctx, aside)
	if err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	s.warning = kiosk.Errorf(kiosk.CodeStoreCorrupt, "open database",
		"keep "+filepath.Base(aside)+" and call the maintainer; check the disk",
		"set aside, carried over: %d dossiers (%d unreadable), %d audit records: %w", n.outbox, n.lost, n.audit, cause)
	return s, nil
}

// salvage copies from the file set aside; that nothing can be read there is no error.
func (s *Store) salvage(ctx context.Context, aside string) (n saved, err error) {
	abs, err := filepath.Abs(aside)
	if err != nil {
		return n, fmt.Errorf("open database set aside: %w", err)
	}
	old, err := sql.Open("sqlite3", (&url.URL{Scheme: "file", Path: abs, RawQuery: "mode=ro&_busy_timeout=1000"}).String())
	if err != nil {
		return n, fmt.Errorf("open database set aside: %w", err)
	}
	defer old.Close()
	old.SetMaxOpenConns(1)
	var tables int
	var cause sqlite3.Error
	err = old.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables)
	if errors.As(err, &cause) && cause.Code == sqlite3.ErrNotADB {
		return n, nil
	}
	bound := int64(scanBound)
	for _, q := range []string{"SELECT seq FROM sqlite_sequence WHERE name = 'outbox'", "SELECT max(seq) FROM outbox"} {
		var top sql.NullInt64
		if old.QueryRowContext(ctx, q).Scan(&top) == nil && top.Valid {
			bound = top.Int64
			break
		}
	}
	if n.outbox, n.lost, err = s.salvageOutbox(ctx, old, bound); err != nil {
		return n, err
	}
	if err := s.salvageDesk(ctx, old); err != nil {
		return n, err
	}
	if err = s.salvageDeletions(ctx, old); err != nil {
		return n, err
	}
	n.audit, err = s.salvageAudit(ctx, old)
	return n, err
}

// salvageOutbox looks every row up by its number, so that a broken page costs its own rows only.
func (s *Store) salvageOutbox(ctx context.Context, old *sql.DB, bound int64) (n, lost int, err error) {
	for seq := int64(1); seq <= bound; seq++ {
		r, err := readOld(ctx, old, seq)
		switch {
		case ctx.Err() != nil:
			return n, lost, ctx.Err()
		case errors.Is(err, sql.ErrNoRows):
			continue
		case err != nil:
			lost++
			continue
		}
		err = s.tx(ctx, "carry dossier over", func(tx *sql.Tx) error { return insert(ctx, tx, r) })
		if kiosk.CodeOf(err) == kiosk.CodeStoreFull {
			return n, lost, err
		}
		if err != nil { // what a broken page says may break a rule of the schema
			lost++
			continue
		}
		n++
	}
	return n, lost, nil
}

// readOld reads a row that is worth keeping: delivered, or with a body that has its hash. What was leased waits again.
func readOld(ctx context.Context, old *sql.DB, seq int64) (kiosk.OutboxRow, error) {
	r, err := scan(old.QueryRowContext(ctx, "SELECT "+columns+" FROM outbox WHERE seq = ?", seq))
	r.Link.Sequence = uint64(seq)
	if err != nil || r.State == kiosk.OutboxAcknowledged {
		return r, err
	}
	if err := old.QueryRowContext(ctx, "SELECT body FROM outbox_body WHERE seq = ?", seq).Scan(&r.Body); err != nil {
		return r, fmt.Errorf("body is gone: %s", err.Error()) // not sql.ErrNoRows: the row was there
	}
	if sha256.Sum256(r.Body) != r.SHA256 {
		return r, errors.New("body does not have its SHA-256")
	}
	if r.Parts, err = oldParts(ctx, old, seq, r.Size-int64(len(r.Body))); err != nil {
		return r, err
	}
	if r.State == kiosk.OutboxLeased {
		r.State, r.Owner, r.Lease = kiosk.OutboxWaiting, "", time.Time{}
	}
	return r, nil
}

// oldParts lists the streams, which insert checks by their hashes while it copies them. All of them, or the dossier is lost:
// size says how many bytes they have.
func oldParts(ctx context.Context, old *sql.DB, seq, size int64) ([]kiosk.SealedPart, error) {
	if size == 0 {
		return nil, nil
	}
	list, err := parts(ctx, old, old, seq)
	if err != nil {
		return nil, fmt.Errorf("parts are gone: %s", err.Error())
	}
	for _, p := range list {
		size -= p.Size
	}
	if size != 0 {
		return nil, errors.New("parts are missing")
	}
	return list, nil
}

// salvageDeletions carries the signed records of purges over, as many as can be read.
func (s *Store) salvageDeletions(ctx context.Context, old *sql.DB) error {
	list, err := (&Store{db: old}).Deletions(ctx)
	if err != nil {
		return ctx.Err() // an older schema has none, a broken page hides them
	}
	for _, d := range list {
		err := s.tx(ctx, "carry deletion record over", func(tx *sql.Tx) error {
			var seq int64
			err := tx.QueryRowContext(ctx, "SELECT seq FROM outbox WHERE id = ? AND sha256 = ? AND state = ?", d.DossierID, d.BodySHA256[:], kiosk.OutboxAcknowledged).Scan(&seq)
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			if err != nil {
				return err
			}
			return insertDeletion(ctx, tx, seq, kiosk.Acknowledgement{DossierID: d.DossierID, BodySHA256: d.BodySHA256}, d)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// salvageAudit carries the chain over up to the first record that cannot be read or does not follow.
func (s *Store) salvageAudit(ctx context.Context, old *sql.DB) (n int, err error) {
	for seq := int64(1); ; seq++ {
		r, err := scanAudit(old.QueryRowContext(ctx, auditColumns+"WHERE seq = ?", seq))
		if err != nil {
			return n, ctx.Err()
		}
		if err := s.AppendAudit(ctx, r); err != nil {
			if kiosk.CodeOf(err) == kiosk.CodeStoreFull {
				return n, err
			}
			return n, nil
		}
		n++
	}
}
