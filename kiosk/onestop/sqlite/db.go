package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"

	sqlite3 "github.com/mattn/go-sqlite3" // registers the driver too

	"motcua/kiosk"
	"motcua/kiosk/onestop/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// DB is the store in one file. It implements onestop.Store.
type DB struct {
	*sqlstore.DB
	db *sql.DB
}

var placeholder = regexp.MustCompile(`\$([0-9]+)`)

// dialect: one writer at a time by the immediate transaction, so that neither rows nor the chain need a lock of their own.
var dialect = sqlstore.Dialect{
	Bind:   func(q string) string { return placeholder.ReplaceAllString(q, "?$1") },
	Unique: unique,
	Code:   codeOf,
}

// conns bounds the connections: readers beside the one writer that SQLite allows.
const conns = 8

// Open opens or makes the file and brings its tables up to date. Errors: store_corrupt, store_full.
func Open(ctx context.Context, path string) (*DB, error) {
	if err := private(path); err != nil {
		return nil, fault("open database", err)
	}
	q := url.Values{
		"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_foreign_keys": {"on"}, "_busy_timeout": {"15000"},
		"_txlock": {"immediate"}, "_trusted_schema": {"off"}, "_secure_delete": {"on"},
	}
	db, err := sql.Open("sqlite3", (&url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, fault("open database", err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	d := &DB{DB: sqlstore.New(db, dialect), db: db}
	if err := d.prepare(ctx); err != nil {
		return nil, errors.Join(fault("open database", err), db.Close())
	}
	return d, nil
}

func (d *DB) prepare(ctx context.Context) error {
	if err := d.checkPragmas(ctx); err != nil {
		return err
	}
	if err := d.checkIntegrity(ctx); err != nil {
		return err
	}
	if err := d.migrate(ctx); err != nil {
		return err
	}
	return d.syncFolder(ctx)
}

// syncFolder makes durable which files there are: the journal of a fresh database must not come back after a cut of the power, or
// everything in the write-ahead log would be rolled back with it.
func (d *DB) syncFolder(ctx context.Context) error {
	var path string
	if err := d.db.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path); err != nil {
		return err
	}
	f, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// private makes an absent file readable by its owner only, before SQLite makes it with the umask.
func private(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// checkPragmas asserts what durability rests on: the driver takes wishes, the file answers.
func (d *DB) checkPragmas(ctx context.Context) error {
	const full = 2
	var mode string
	var sync, keys int
	if err := errors.Join(
		d.db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode),
		d.db.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&sync),
		d.db.QueryRowContext(ctx, "PRAGMA foreign_keys").Scan(&keys),
	); err != nil {
		return err
	}
	if mode != "wal" || sync != full || keys != 1 {
		return fmt.Errorf("journal_mode is %s, synchronous %d, foreign_keys %d: not wal, %d, 1", mode, sync, keys, full)
	}
	return nil
}

func (d *DB) checkIntegrity(ctx context.Context) error {
	var verdict string
	if err := d.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return kiosk.Errorf(kiosk.CodeStoreCorrupt, "check database", "restore the file from its last backup", "%s", verdict)
	}
	return nil
}

// migrate runs the embedded files above PRAGMA user_version, one transaction each. A file from a newer program is refused.
func (d *DB) migrate(ctx context.Context) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	for n, name := range files {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		if err := d.step(ctx, n+1, string(text)); err != nil {
			return fmt.Errorf("migration %s: %w", filepath.Base(name), err)
		}
	}
	var have int
	if err := d.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return err
	}
	if have > len(files) {
		return kiosk.Errorf(kiosk.CodeStoreCorrupt, "open database", "start the program version that wrote this file, or a newer one",
			"the file has version %d, this program knows %d", have, len(files))
	}
	return nil
}

func (d *DB) step(ctx context.Context, version int, text string) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		var have int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil || have >= version {
			return err
		}
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version))
		return err
	})
}

// write runs f in one immediate transaction.
func (d *DB) write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, rolledBack(tx))
	}
	return tx.Commit()
}

func rolledBack(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

func fault(op string, err error) error { return sqlstore.Fault(dialect, op, err) }

// codeOf tells a full disk and a damaged file from other errors.
func codeOf(err error) (kiosk.Code, string) {
	var e sqlite3.Error
	switch {
	case !errors.As(err, &e):
	case e.Code == sqlite3.ErrFull:
		return kiosk.CodeStoreFull, "make room on the disk of the database"
	case e.Code == sqlite3.ErrCorrupt, e.Code == sqlite3.ErrNotADB:
		return kiosk.CodeStoreCorrupt, "restore the file from its last backup"
	}
	return "", ""
}

// unique reports whether err is a violated UNIQUE or PRIMARY KEY constraint.
func unique(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && (e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey)
}
