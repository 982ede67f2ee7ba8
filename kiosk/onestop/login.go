package onestop

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"motcua/kiosk/audit"
)

// Errors of a login. They do not tell whether the login exists.
var (
	ErrLogin = errors.New("login or password is wrong")
)

// WaitError says that a login is refused for a time.
type WaitError struct{ Wait time.Duration }

func (e WaitError) Error() string {
	return fmt.Sprintf("too many failures, wait %s", e.Wait.Round(time.Second))
}

// Login checks a person's password and starts a session. remote is the client's address without the port.
// Errors: ErrLogin, WaitError, the store's.
func (d *Desk) Login(ctx context.Context, login, password, remote string) (cookie string, err error) {
	a, err := d.enter(ctx, login, password, remote)
	if err != nil {
		return "", err
	}
	return d.startSession(ctx, a.ID)
}

// enter checks a login and a password, slows guessing, and writes down that somebody came in or did not.
func (d *Desk) enter(ctx context.Context, login, password, remote string) (Account, error) {
	login = strings.ToLower(strings.TrimSpace(login))
	if wait := d.loginWait(login, remote); wait > 0 {
		d.log.Event(ctx, audit.Login, audit.Flag(audit.KeyOK, false), audit.Word(audit.KeyReason, "throttled"))
		return Account{}, WaitError{wait}
	}
	a, err := d.authenticate(ctx, login, password)
	if errors.Is(err, ErrLogin) {
		d.byPerson.Fail(login + "\x00" + remote)
		d.byLogin.Fail(login)
		d.byAddr.Fail(remote)
		d.log.Event(ctx, audit.Login, audit.Flag(audit.KeyOK, false), audit.Word(audit.KeyReason, "wrong"))
		return Account{}, err
	}
	if err != nil {
		return Account{}, err
	}
	d.byPerson.Succeed(login + "\x00" + remote)
	if err := d.kept(ctx, audit.Login, audit.Flag(audit.KeyOK, true), audit.Word(audit.KeyRole, a.Role)); err != nil {
		return Account{}, err
	}
	return a, nil
}

func (d *Desk) loginWait(login, remote string) time.Duration {
	return max(d.byPerson.Wait(login+"\x00"+remote), d.byLogin.Wait(login), d.byAddr.Wait(remote))
}

func (d *Desk) authenticate(ctx context.Context, login, password string) (Account, error) {
	a, err := d.opt.Store.AccountByLogin(ctx, login)
	hash := a.Hash
	if errors.Is(err, ErrNotFound) {
		hash = d.nobody
	} else if err != nil {
		return Account{}, err
	}
	select {
	case d.hashing <- struct{}{}:
		defer func() { <-d.hashing }()
	case <-ctx.Done():
		return Account{}, ctx.Err()
	}
	good, herr := CheckPassword(hash, password)
	if herr != nil {
		return Account{}, herr
	}
	if !good || err != nil || a.Disabled {
		return Account{}, ErrLogin
	}
	return a, nil
}

// Logout ends a login.
func (d *Desk) Logout(ctx context.Context, a Account, cookie string) error {
	err := d.opt.Store.EndSession(ctx, tokenOf(cookie))
	d.log.Event(ctx, audit.Logout, audit.Word(audit.KeyRole, a.Role), audit.Word(audit.KeyReason, "asked"))
	return err
}

// LogoutEverywhere ends every login of a person, on whatever computer.
func (d *Desk) LogoutEverywhere(ctx context.Context, a Account) error {
	err := d.opt.Store.EndSessions(ctx, a.ID)
	d.log.Event(ctx, audit.Logout, audit.Word(audit.KeyRole, a.Role), audit.Word(audit.KeyReason, "everywhere"))
	return err
}

// NewAccount adds a person. Errors: ErrTaken, ErrWeak, a plain error for a name, login or role that cannot be.
func NewAccount(ctx context.Context, s Store, name, login string, role Role, password string, cost Argon2) (Account, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "" || len(name) > 200 || strings.ContainsAny(name, "\r\n\t\x00"):
		return Account{}, errors.New("the name must be one line")
	case !ValidLogin(login):
		return Account{}, errors.New("the login must be 2 to 40 of a-z 0-9 . _ -")
	case !role.Valid():
		return Account{}, fmt.Errorf("the role must be one of %v", Roles)
	}
	hash, err := HashPassword(password, cost)
	if err != nil {
		return Account{}, err
	}
	return s.AddAccount(ctx, Account{Login: login, Name: name, Role: role, Hash: hash, Created: time.Now().UTC()})
}

// ChangePassword gives a person another password, ends all of the person's logins and starts a new one here. Errors: ErrLogin when
// old is wrong, ErrWeak, WaitError, the store's.
func (d *Desk) ChangePassword(ctx context.Context, a Account, old, next, remote string) (cookie string, err error) {
	if wait := d.loginWait(a.Login, remote); wait > 0 {
		return "", WaitError{wait}
	}
	login := a.Login
	a, err = d.authenticate(ctx, login, old)
	if errors.Is(err, ErrLogin) {
		d.byPerson.Fail(login + "\x00" + remote)
		return "", err
	}
	if err != nil {
		return "", err
	}
	if a.Hash, err = HashPassword(next, d.opt.Cost); err != nil {
		return "", err
	}
	if err := d.opt.Store.SetAccount(ctx, a); err != nil {
		return "", err
	}
	return d.startSession(ctx, a.ID)
}
