package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Check asserts the pragmas and walks the whole database once more, for tools beside the daemon. It gives the size of the
// database's files in bytes. Errors: store_corrupt, internal.
func (s *Store) Check(ctx context.Context) (bytes int64, err error) {
	for _, step := range []func(context.Context) error{s.assertPragmas, s.checkIntegrity} {
		if err := step(ctx); err != nil {
			return 0, err
		}
	}
	files, err := filepath.Glob(filepath.Join(s.dir, "*.db*"))
	if err != nil {
		return 0, fmt.Errorf("list database files: %w", err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			bytes += info.Size()
		}
	}
	return bytes, nil
}

// Alive reports whether the database could be written now: it takes the lock that every writer takes, and gives it back. A disk
// that hangs, or a writer that does not come to an end, is an error once ctx or the busy timeout ends.
func (s *Store) Alive(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil) // _txlock=immediate
	if err != nil {
		return s.fault("look after the database", err)
	}
	if err := tx.Rollback(); err != nil {
		return s.fault("look after the database", err)
	}
	return nil
}
