package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/mattn/go-sqlite3"
	"golang.org/x/sys/unix"

	"motcua/kiosk"
)

//go:embed migrations/*.sql
var migrations embed.FS

// connect makes the file when there is none; connections are opened when they are used.
func connect(path string) (*Store, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if f, err := os.OpenFile(abs, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, kiosk.Errorf(kiosk.CodeInternal, "open database", "check that the data folder exists and belongs to the kiosk's user", "%w", err)
	} else if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db := sql.OpenDB(connector{address(abs)})
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	return &Store{db: db, dir: filepath.Dir(abs), free: freeBytes}, nil
}

// connector opens connections that all have the same pragmas: those the driver takes in the address, and temp_store.
type connector struct{ address string }

var lite = &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
	_, err := c.Exec("PRAGMA temp_store = MEMORY", nil)
	return err
}}

// Connect opens a connection.
func (c connector) Connect(context.Context) (driver.Conn, error) { return lite.Open(c.address) }

// Driver gives go-sqlite3.
func (connector) Driver() driver.Driver { return lite }

func address(abs string) string {
	u := url.URL{Scheme: "file", Path: abs, RawQuery: "_journal_mode=WAL&_synchronous=FULL&_foreign_keys=on&_busy_timeout=5000" +
		"&_secure_delete=on&_txlock=immediate"}
	return u.String()
}

// wanted are the pragmas and what reading them back must give.
var wanted = []struct{ name, value string }{
	{"journal_mode", "wal"}, {"synchronous", "2"}, {"foreign_keys", "1"}, {"busy_timeout", "5000"}, {"secure_delete", "1"}, {"temp_store", "2"},
}

func (s *Store) assertPragmas(ctx context.Context) error {
	for _, p := range wanted {
		var got string
		if err := s.db.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&got); err != nil {
			return s.fault("check database", err)
		}
		if got != p.value {
			return kiosk.Errorf(kiosk.CodeInternal, "check database", "the data folder's file system cannot keep dossiers safe",
				"%s is %s, not %s", p.name, got, p.value)
		}
	}
	return nil
}

func (s *Store) checkIntegrity(ctx context.Context) error {
	var result string
	if err := s.db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&result); err != nil {
		return s.fault("check database", err)
	}
	if result != "ok" {
		return kiosk.Errorf(kiosk.CodeStoreCorrupt, "check database", "", "integrity check failed")
	}
	return nil
}

func migrationFiles() []string {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is constant
	}
	return names
}

func (s *Store) version(ctx context.Context) (v int, err error) {
	if err := s.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&v); err != nil {
		return 0, s.fault("read schema version", err)
	}
	return v, nil
}

// migrate applies what is missing, one transaction each.
func (s *Store) migrate(ctx context.Context) error {
	version, err := s.version(ctx)
	if err != nil {
		return err
	}
	names := migrationFiles()
	if version > len(names) {
		return kiosk.Errorf(kiosk.CodeInternal, "migrate database", "install the newer release again", "schema %d is newer than this release's %d", version, len(names))
	}
	for i, name := range names[version:] {
		script, err := migrations.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read migration: %w", err)
		}
		err = s.tx(ctx, "migrate database", func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, string(script)); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version+i+1))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// takeLock makes this process the only daemon on the database; the kernel lets go when the process dies.
func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeInternal, "lock database", "check that the data folder exists and belongs to the kiosk's user", "%w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(kiosk.Errorf(kiosk.CodePortInUse, "lock database", "stop the other kioskd", "another process has it: %w", err), f.Close())
	}
	return f, nil
}
