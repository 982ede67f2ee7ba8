package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

// Dialect is what differs between databases.
type Dialect struct {
	Bind   func(query string) string        // writes the placeholders $1, $2, … as the database takes them; nil: as they are
	Lock   string                           // after a SELECT of the row that a transaction will change
	Chain  string                           // a statement that lets one transaction at a time add to the audit chain, "" when writers queue anyway
	Skip   string                           // after a SELECT of one row of many that several transactions want
	Unique func(error) bool                 // a UNIQUE constraint was violated
	Code   func(error) (kiosk.Code, string) // code and hint of one of the database's own errors, "" for none
	Retry  func(error) bool                 // the transaction may be run again; nil: never
}

// DB is the store over an open database. It implements onestop.Store.
type DB struct {
	db *sql.DB
	d  Dialect
}

var _ onestop.Store = (*DB)(nil)

// New keeps the office in db, whose tables are there.
func New(db *sql.DB, d Dialect) *DB {
	if d.Bind == nil {
		d.Bind = func(q string) string { return q }
	}
	if d.Retry == nil {
		d.Retry = func(error) bool { return false }
	}
	return &DB{db: db, d: d}
}

// conn is a database or a transaction.
type conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// asker asks one connection in the dialect.
type asker struct {
	c conn
	d *Dialect
}

func (d *DB) ask() asker { return asker{d.db, &d.d} }

func (a asker) exec(ctx context.Context, query string, args ...any) error {
	_, err := a.c.ExecContext(ctx, a.d.Bind(query), args...)
	return err
}

// change is exec for a statement that must change a row.
func (a asker) change(ctx context.Context, query string, args ...any) error {
	res, err := a.c.ExecContext(ctx, a.d.Bind(query), args...)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return onestop.ErrNotFound
	}
	return err
}

func (a asker) row(ctx context.Context, query string, args ...any) *sql.Row {
	return a.c.QueryRowContext(ctx, a.d.Bind(query), args...)
}

type scanner interface{ Scan(dest ...any) error }

// each walks the rows of a query.
func (a asker) each(ctx context.Context, f func(scanner) error, query string, args ...any) (err error) {
	rows, err := a.c.QueryContext(ctx, a.d.Bind(query), args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// attempts bounds how often a transaction is run that another one got in the way of.
const attempts = 5

// write runs f in one transaction.
func (d *DB) write(ctx context.Context, f func(asker) error) error {
	for n := 1; ; n++ {
		err := d.writeOnce(ctx, f)
		if err == nil || n == attempts || !d.d.Retry(err) {
			return err
		}
	}
}

func (d *DB) writeOnce(ctx context.Context, f func(asker) error) error {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(asker{tx, &d.d}); err != nil {
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

// Ping asks the database a question.
func (d *DB) Ping(ctx context.Context) error {
	var one int
	return d.fault("ask database", d.db.QueryRowContext(ctx, "SELECT 1").Scan(&one))
}

// Close ends all use of the database.
func (d *DB) Close() error { return d.fault("close database", d.db.Close()) }

// passed are the errors that a caller decides on.
var passed = []error{
	onestop.ErrNotFound, onestop.ErrConflict, onestop.ErrMoved, onestop.ErrRefused, onestop.ErrTaken, onestop.ErrNumber,
	onestop.ErrOffset, onestop.ErrHash, onestop.ErrParts, onestop.ErrChildren, onestop.ErrExtended, onestop.ErrNoDraft,
	context.Canceled, context.DeadlineExceeded,
}

// fault gives an error its code. Errors that a caller decides on, and ended contexts, pass unchanged.
func (d *DB) fault(op string, err error) error { return Fault(d.d, op, err) }

// Fault gives an error of the database its code.
func Fault(d Dialect, op string, err error) error {
	var ours *kiosk.Error
	if err == nil || errors.As(err, &ours) {
		return err
	}
	for _, p := range passed {
		if errors.Is(err, p) {
			return err
		}
	}
	if code, hint := d.Code(err); code != "" {
		return &kiosk.Error{Code: code, Op: op, Err: err, Hint: hint}
	}
	return &kiosk.Error{Code: kiosk.CodeInternal, Op: op, Err: err}
}

func none(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return onestop.ErrNotFound
	}
	return err
}

func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }

// stamp is micros with 0 for no time.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromStamp(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return fromMicros(n)
}

// orNull gives NULL for a reference to nobody.
func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
