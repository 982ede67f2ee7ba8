package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"sync"

	"motcua/kiosk"
)

// chunkSize is the piece in which a part is kept; the schema knows it.
const chunkSize = 256 << 10

// maxParts bounds what a dossier may bring.
const maxParts = 1000

// insertParts copies the streams of a dossier into the database and checks that they are what they are said to be.
func insertParts(ctx context.Context, tx *sql.Tx, seq int64, parts []kiosk.SealedPart) error {
	if len(parts) > maxParts {
		return kiosk.Errorf(kiosk.CodeBadInput, "put dossier", "", "%d parts are too many", len(parts))
	}
	piece := make([]byte, chunkSize)
	for n, p := range parts {
		if p.Data == nil || p.Size <= 0 {
			return kiosk.Errorf(kiosk.CodeBadInput, "put dossier", "", "part %d has no data", n)
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO outbox_part (seq, part, sha256, size) VALUES (?, ?, ?, ?)", seq, n, p.SHA256[:], p.Size); err != nil {
			return err
		}
		if err := insertChunks(ctx, tx, seq, n, p, piece); err != nil {
			return err
		}
	}
	return nil
}

func insertChunks(ctx context.Context, tx *sql.Tx, seq int64, part int, p kiosk.SealedPart, piece []byte) error {
	sum := sha256.New()
	for chunk, at := 0, int64(0); at < p.Size; chunk++ {
		b := piece[:min(chunkSize, p.Size-at)]
		if n, err := p.Data.ReadAt(b, at); n < len(b) {
			return fmt.Errorf("read part %d: %w", part, errors.Join(err, io.ErrUnexpectedEOF))
		}
		sum.Write(b)
		if _, err := tx.ExecContext(ctx, "INSERT INTO outbox_chunk (seq, part, chunk, body) VALUES (?, ?, ?, ?)", seq, part, chunk, b); err != nil {
			return err
		}
		at += int64(len(b))
	}
	if [32]byte(sum.Sum(nil)) != p.SHA256 {
		return kiosk.Errorf(kiosk.CodeBadInput, "put dossier", "", "part %d does not have its SHA-256", part)
	}
	return nil
}

// deleteParts purges the streams.
func deleteParts(ctx context.Context, tx *sql.Tx, seq int64) error {
	for _, q := range []string{"DELETE FROM outbox_chunk WHERE seq = ?", "DELETE FROM outbox_part WHERE seq = ?"} {
		if _, err := tx.ExecContext(ctx, q, seq); err != nil {
			return err
		}
	}
	return nil
}

// parts lists the streams of a row, readable as long as the row is not purged.
func parts(ctx context.Context, db *sql.DB, q querier, seq int64) ([]kiosk.SealedPart, error) {
	rows, err := q.QueryContext(ctx, "SELECT sha256, size FROM outbox_part WHERE seq = ? ORDER BY part", seq)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []kiosk.SealedPart
	for rows.Next() {
		var sum []byte
		var p kiosk.SealedPart
		if err := rows.Scan(&sum, &p.Size); err != nil {
			return nil, err
		}
		if len(sum) != len(p.SHA256) {
			return nil, errors.New("hash in the database has a wrong length")
		}
		copy(p.SHA256[:], sum)
		p.Data = &partReader{db: db, seq: seq, part: len(list), size: p.Size}
		list = append(list, p)
	}
	return list, rows.Err()
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// partReader reads a stream piece by piece, and keeps the last. A piece that is gone (the dossier was purged meanwhile) is an
// error. It is safe for concurrent use.
type partReader struct {
	db   *sql.DB
	seq  int64
	part int
	size int64

	mu    sync.Mutex
	at    int64 // number of the piece
	piece []byte
}

// ReadAt reads at an offset; see io.ReaderAt.
func (r *partReader) ReadAt(b []byte, off int64) (n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n < len(b) {
		at := off + int64(n)
		if at < 0 || at >= r.size {
			return n, io.EOF
		}
		if err := r.load(at / chunkSize); err != nil {
			return n, err
		}
		if at%chunkSize >= int64(len(r.piece)) {
			return n, errors.New("part is cut short")
		}
		n += copy(b[n:], r.piece[at%chunkSize:])
	}
	return n, nil
}

func (r *partReader) load(number int64) error {
	if r.piece != nil && r.at == number {
		return nil
	}
	r.piece, r.at = nil, number
	err := r.db.QueryRow("SELECT body FROM outbox_chunk WHERE seq = ? AND part = ? AND chunk = ?", r.seq, r.part, number).Scan(&r.piece)
	if err != nil {
		return fmt.Errorf("read part: %s", err.Error()) // not sql.ErrNoRows: callers know that as an empty answer
	}
	return nil
}

// OutboxParts gives the streams of a row that still has them, for export. Error: not_found.
func (s *Store) OutboxParts(ctx context.Context, id string) ([]kiosk.SealedPart, error) {
	var seq int64
	err := s.db.QueryRowContext(ctx, "SELECT seq FROM outbox JOIN outbox_body USING (seq) WHERE id = ?", id).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, kiosk.Errorf(kiosk.CodeNotFound, "read dossier", "", "no such dossier, or it is delivered")
	}
	if err != nil {
		return nil, s.fault("read dossier", err)
	}
	list, err := parts(ctx, s.db, s.db, seq)
	if err != nil {
		return nil, s.fault("read dossier", err)
	}
	return list, nil
}
