package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// DB is the store in a PostgreSQL database. It implements onestop.Store.
type DB struct {
	*sqlstore.DB
	db *sql.DB
}

var _ onestop.Store = (*DB)(nil)

// Options of a store.
type Options struct {
	Unsafe bool // take a server that may lose what it has acknowledged: tests only
	Conns  int  // connections at most, 0: 16
}

// The advisory locks of an office's database: numbers of our own, the same in every receiver.
const (
	lockMigrate = 0x6d6f74637561_01 // "motcua", 1
	lockChain   = 0x6d6f74637561_02
)

var dialect = sqlstore.Dialect{
	Lock:   " FOR UPDATE",
	Skip:   " FOR UPDATE SKIP LOCKED",
	Chain:  fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", lockChain),
	Unique: func(err error) bool { return sqlState(err) == "23505" },
	Code:   codeOf,
	Retry: func(err error) bool {
		s := sqlState(err)
		return s == "40001" || s == "40P01" // serialization failure, deadlock
	},
}

// Is reports whether a data setting names a PostgreSQL database.
func Is(data string) bool {
	return strings.HasPrefix(data, "postgres://") || strings.HasPrefix(data, "postgresql://")
}

// Open connects to the database that the URL names (postgres://user@host/name; passwords come from ~/.pgpass or PGPASSFILE) and
// brings its tables up to date. Errors: unavailable when the server does not answer, config_invalid for a URL that cannot be or
// a server that may lose data, store_corrupt for tables of a newer program.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	const op = "open database"
	cfg, err := pgx.ParseConfig(url)
	if err != nil { // the text of pgx hides a password
		return nil, kiosk.Errorf(kiosk.CodeConfigInvalid, op, "set data in onestop.toml to postgres://user@host/name", "%w", err)
	}
	cfg.RuntimeParams["application_name"] = "onestopd"
	cfg.RuntimeParams["timezone"] = "UTC"
	db := stdlib.OpenDB(*cfg)
	if o.Conns == 0 {
		o.Conns = 16
	}
	db.SetMaxOpenConns(o.Conns)
	db.SetMaxIdleConns(o.Conns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	d := &DB{DB: sqlstore.New(db, dialect), db: db}
	if err := d.prepare(ctx, o); err != nil {
		return nil, errors.Join(sqlstore.Fault(dialect, op, err), db.Close())
	}
	return d, nil
}

func (d *DB) prepare(ctx context.Context, o Options) error {
	if !o.Unsafe {
		if err := d.checkDurable(ctx); err != nil {
			return err
		}
	}
	return d.migrate(ctx)
}

// checkDurable asks the server what durability rests on.
func (d *DB) checkDurable(ctx context.Context) error {
	for _, name := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		var value string
		if err := d.db.QueryRowContext(ctx, "SHOW "+name).Scan(&value); err != nil {
			return err
		}
		if value == "off" || value == "local" && name != "synchronous_commit" {
			return kiosk.Errorf(kiosk.CodeConfigInvalid, "open database", "set "+name+" = on in postgresql.conf",
				"the server has %s = %s and may lose what it has acknowledged", name, value)
		}
	}
	return nil
}

// migrate runs the embedded files above the version in the database, one transaction each.
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
	if err := d.db.QueryRowContext(ctx, "SELECT version FROM schema_version").Scan(&have); err != nil {
		return err
	}
	if have > len(files) {
		return kiosk.Errorf(kiosk.CodeStoreCorrupt, "open database", "start the program version that made these tables, or a newer one",
			"the tables have version %d, this program knows %d", have, len(files))
	}
	return nil
}

func (d *DB) step(ctx context.Context, version int, text string) error {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	var have int
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`SELECT pg_advisory_xact_lock(%d);
		CREATE TABLE IF NOT EXISTS schema_version (one boolean PRIMARY KEY DEFAULT true CHECK (one), version integer NOT NULL);
		INSERT INTO schema_version (version) VALUES (0) ON CONFLICT DO NOTHING`, lockMigrate)); err != nil {
		return err
	}
	if err := tx.QueryRowContext(ctx, "SELECT version FROM schema_version").Scan(&have); err != nil || have >= version {
		return err
	}
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE schema_version SET version = $1", version); err != nil {
		return err
	}
	return tx.Commit()
}

// sqlState gives the server's five-character code, "" when the error is not the server's.
func sqlState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// codeOf maps the server's error classes (appendix A): 53 is out of resources, 08 and 57P the connection, XX001 damaged data.
func codeOf(err error) (kiosk.Code, string) {
	state := sqlState(err)
	var refused *pgconn.ConnectError
	switch {
	case state == "53100":
		return kiosk.CodeStoreFull, "make room on the disk of the database server"
	case state == "XX001", state == "XX002":
		return kiosk.CodeStoreCorrupt, "restore the database from its last backup"
	case strings.HasPrefix(state, "08"), strings.HasPrefix(state, "53"), strings.HasPrefix(state, "57P"), errors.As(err, &refused):
		return kiosk.CodeUnavailable, "look after the database server; data in onestop.toml names it"
	}
	return "", ""
}
