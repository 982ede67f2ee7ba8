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
