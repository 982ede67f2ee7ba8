package sqlstore

import (
	"context"

	"motcua/kiosk/onestop"
)

const accountColumns = "id, login, name, role, hash, disabled, created"

func scanAccount(s scanner) (onestop.Account, error) {
	var a onestop.Account
	var created int64
	err := s.Scan(&a.ID, &a.Login, &a.Name, &a.Role, &a.Hash, &a.Disabled, &created)
	a.Created = fromMicros(created)
	return a, none(err)
}

// AddAccount stores a new person and gives the account its number.
func (d *DB) AddAccount(ctx context.Context, a onestop.Account) (onestop.Account, error) {
	err := d.write(ctx, func(q asker) error {
		return q.row(ctx, `INSERT INTO account (login, name, role, hash, disabled, created) VALUES ($1, $2, $3, $4, $5, $6)
			RETURNING id`, a.Login, a.Name, a.Role, a.Hash, number(a.Disabled), micros(a.Created)).Scan(&a.ID)
	})
	if d.d.Unique(err) {
		return onestop.Account{}, onestop.ErrTaken
	}
	a.Created = fromMicros(micros(a.Created))
	return a, d.fault("add account", err)
}

// Account gives the account of that number.
func (d *DB) Account(ctx context.Context, id int64) (onestop.Account, error) {
	a, err := scanAccount(d.ask().row(ctx, "SELECT "+accountColumns+" FROM account WHERE id = $1", id))
	return a, d.fault("find account", err)
}

// AccountByLogin gives the account of that login.
func (d *DB) AccountByLogin(ctx context.Context, login string) (onestop.Account, error) {
	a, err := scanAccount(d.ask().row(ctx, "SELECT "+accountColumns+" FROM account WHERE login = $1", login))
	return a, d.fault("find account", err)
}

// Accounts gives every account, in the order of adding.
func (d *DB) Accounts(ctx context.Context) (out []onestop.Account, err error) {
	err = d.ask().each(ctx, func(s scanner) error {
		a, err := scanAccount(s)
		out = append(out, a)
		return err
	}, "SELECT "+accountColumns+" FROM account ORDER BY id")
	return out, d.fault("list accounts", err)
}

// SetAccount changes name, role, hash and disabled of an account; login and number stay. The logins of a person who is disabled or
// gets another password end.
func (d *DB) SetAccount(ctx context.Context, a onestop.Account) error {
	return d.fault("change account", d.write(ctx, func(q asker) error {
		err := q.exec(ctx, "DELETE FROM login WHERE account = $1 AND ($2 = 1 OR (SELECT hash FROM account WHERE id = $1) <> $3)",
			a.ID, number(a.Disabled), a.Hash)
		if err != nil {
			return err
		}
		return q.change(ctx, "UPDATE account SET name = $1, role = $2, hash = $3, disabled = $4 WHERE id = $5",
			a.Name, a.Role, a.Hash, number(a.Disabled), a.ID)
	}))
}
