package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"motcua/kiosk/onestop"
)

const accountColumns = "id, login, name, role, hash, disabled, created"

func scanAccount(s scanner) (onestop.Account, error) {
	var a onestop.Account
	var created int64
	err := s.Scan(&a.ID, &a.Login, &a.Name, &a.Role, &a.Hash, &a.Disabled, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return a, onestop.ErrNotFound
	}
	a.Created = fromMicros(created)
	return a, err
}

// AddAccount stores a new person and gives the account its number.
func (d *DB) AddAccount(ctx context.Context, a onestop.Account) (onestop.Account, error) {
	err := d.write(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `INSERT INTO account (login, name, role, hash, disabled, created) VALUES (?, ?, ?, ?, ?, ?)
			RETURNING id`, a.Login, a.Name, a.Role, a.Hash, a.Disabled, micros(a.Created)).Scan(&a.ID)
	})
	if unique(err) {
		return onestop.Account{}, onestop.ErrTaken
	}
	a.Created = fromMicros(micros(a.Created))
	return a, fault("add account", err)
}

// Account gives the account of that number.
func (d *DB) Account(ctx context.Context, id int64) (onestop.Account, error) {
	a, err := scanAccount(d.db.QueryRowContext(ctx, "SELECT "+accountColumns+" FROM account WHERE id = ?", id))
	return a, fault("find account", err)
}

// AccountByLogin gives the account of that login.
func (d *DB) AccountByLogin(ctx context.Context, login string) (onestop.Account, error) {
	a, err := scanAccount(d.db.QueryRowContext(ctx, "SELECT "+accountColumns+" FROM account WHERE login = ?", login))
	return a, fault("find account", err)
}

// Accounts gives every account, in the order of adding.
func (d *DB) Accounts(ctx context.Context) (out []onestop.Account, err error) {
	rows, err := d.db.QueryContext(ctx, "SELECT "+accountColumns+" FROM account ORDER BY id")
	if err != nil {
		return nil, fault("list accounts", err)
	}
	defer func() { err = errors.Join(err, fault("list accounts", rows.Close())) }()
	for rows.Next() {
		a, err := scanAccount(rows)
		if err != nil {
			return nil, fault("list accounts", err)
		}
		out = append(out, a)
	}
	return out, fault("list accounts", rows.Err())
}

// SetAccount changes name, role, hash and disabled of an account; login and number stay.
func (d *DB) SetAccount(ctx context.Context, a onestop.Account) error {
	return fault("change account", d.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE account SET name = ?, role = ?, hash = ?, disabled = ? WHERE id = ?",
			a.Name, a.Role, a.Hash, a.Disabled, a.ID)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err == nil && n == 0 {
			return onestop.ErrNotFound
		}
		return err
	}))
}
