package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/mattn/go-sqlite3"
	"golang.org/x/sys/unix"

	"motcua/kiosk"
)

// Reserve is the free room a disk must keep beside the dossier that is put: for the write-ahead log, logs and a repair.
const Reserve = 64 << 20

// Store is the kiosk's database. It is safe for concurrent use.
type Store struct {
	db   *sql.DB
	dir  string
	lock *os.File                    // nil when attached
	free func(string) (int64, error) // bytes free on the disk of a folder

	mu      sync.Mutex
	keep    int64 // free bytes below which Ready refuses, when more than Reserve
	warning error // what Open had to repair
	corrupt error // sticky: seen while running
}

var _ kiosk.AuditStore = (*Store)(nil)

// Open opens the daemon's database, making or repairing it. Errors: store_full, store_corrupt when even a fresh one cannot be
// used, port_in_use when another daemon has it, internal.
func Open(ctx context.Context, path string) (*Store, error) {
	lock, err := takeLock(path + ".lock")
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, path)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	s.lock = lock
	return s, nil
}

func open(ctx context.Context, path string) (*Store, error) {
	s, err := openChecked(ctx, path)
	if kiosk.CodeOf(err) != kiosk.CodeStoreCorrupt {
		return s, err
	}
	return repair(ctx, path, err)
}

// openChecked opens, migrates and checks.
func openChecked(ctx context.Context, path string) (*Store, error) {
	s, err := connect(path)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{s.assertPragmas, s.checkIntegrity, s.migrate, s.syncFolder} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.db.Close())
		}
	}
	return s, nil
}

// syncFolder makes durable which files there are. The journal by which a fresh database became one with a write-ahead log is removed
// without a flush of the folder: if it came back after a cut, SQLite would roll the database back to before its log, and with it
// everything in it.
func (s *Store) syncFolder(context.Context) error {
	f, err := os.Open(s.dir)
	if err != nil {
		return fmt.Errorf("flush data folder: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("flush data folder: %w", err)
	}
	return nil
}

// Attach opens an existing database beside the daemon, for tools. It neither migrates nor repairs.
// Errors: not_found, store_corrupt, internal.
func Attach(ctx context.Context, path string) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, kiosk.Errorf(kiosk.CodeNotFound, "open database", "check [data] dir in kiosk.toml", "no database there: %w", err)
	}
	s, err := connect(path)
	if err != nil {
		return nil, err
	}
	version, err := s.version(ctx)
	if want := len(migrationFiles()); err == nil && version != want {
		err = kiosk.Errorf(kiosk.CodeInternal, "open database", "use the tool of the same release as the daemon", "schema %d is not %d", version, want)
	}
	if err = errors.Join(err, s.assertPragmas(ctx)); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

// Close writes everything to the main file and closes it. It may be called twice.
func (s *Store) Close() error {
	err := s.db.Close()
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
		s.lock = nil
	}
	return err
}

// String names the database by its folder.
func (s *Store) String() string { return "database in " + s.dir }

// Warning tells what Open had to repair (store_corrupt, with what was saved), nil when nothing.
func (s *Store) Warning() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.warning
}

// Ready gives nil, or why no dossier may be taken in: store_full, store_corrupt.
func (s *Store) Ready() error {
	s.mu.Lock()
	err := s.corrupt
	keep := s.keep
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.room(max(0, keep-Reserve) / 3)
}

// KeepFree makes Ready refuse below that many free bytes. A visit that began before still finds its room: Put asks for the
// Reserve alone.
func (s *Store) KeepFree(bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep = bytes
}

// room checks that n bytes fit thrice (log, main file, slack) beside the reserve.
func (s *Store) room(n int64) error {
	free, err := s.free(s.dir)
	if err != nil {
		return kiosk.Errorf(kiosk.CodeInternal, "check free disk", "", "%w", err)
	}
	if free < Reserve+3*n {
		return kiosk.Errorf(kiosk.CodeStoreFull, "check free disk", "free the disk of the data folder; undelivered dossiers stay", "%d MB are free", free>>20)
	}
	return nil
}

func freeBytes(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * st.Bsize, nil
}

// tx runs f in one transaction.
func (s *Store) tx(ctx context.Context, op string, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s.fault(op, err)
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // the first error tells
		return s.fault(op, err)
	}
	if err := tx.Commit(); err != nil {
		return s.fault(op, err)
	}
	return nil
}

// fault gives an error its code and remembers corruption. A kiosk.Error passes as it is.
func (s *Store) fault(op string, err error) error {
	var known *kiosk.Error
	if errors.As(err, &known) {
		return err
	}
	var cause sqlite3.Error
	if !errors.As(err, &cause) {
		return &kiosk.Error{Code: kiosk.CodeInternal, Op: op, Err: err}
	}
	switch cause.Code {
	case sqlite3.ErrFull:
		return kiosk.Errorf(kiosk.CodeStoreFull, op, "free the disk of the data folder", "%w", err)
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		e := kiosk.Errorf(kiosk.CodeStoreCorrupt, op, "restart kioskd: it sets the database aside and saves what is readable", "%w", err)
		s.mu.Lock()
		s.corrupt = e
		s.mu.Unlock()
		return e
	}
	return &kiosk.Error{Code: kiosk.CodeInternal, Op: op, Err: err}
}

func toMicros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
