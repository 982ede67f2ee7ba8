package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

// withAccounts runs f on the store of an office's folder. The office may be running at the same time.
func withAccounts(ctx context.Context, dir string, f func(onestop.Store) error) error {
	cfg, err := onestop.LoadConfig(filepath.Join(dir, configFile))
	if err != nil {
		return err
	}
	store, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(f(store), store.Close())
}

// account is one person in -json.
type account struct {
	Login    string       `json:"login"`
	Name     string       `json:"name"`
	Role     onestop.Role `json:"role"`
	Disabled bool         `json:"disabled"`
	Password string       `json:"password,omitempty"` // only when it was made here
}

// officerAdd adds a person. The password comes from standard input with -stdin, or is made and printed once.
func officerAdd(ctx context.Context, c *console, args []string) error {
	fs := c.flags("officer add")
	dir := fs.String("dir", "", "the office's `folder`")
	name := fs.String("name", "", "the person's `name`, as officers and the log show it")
	role := fs.String("role", "", "head, receiver, specialist, clerk or admin")
	login := fs.String("login", "", "login `name`; made from the name when not given")
	stdin := fs.Bool("stdin", false, "read the password from standard input")
	if err := c.parse(fs, args, "dir", "name", "role"); err != nil {
		return err
	}
	if *login == "" {
		*login = onestop.LoginFor(*name)
	}
	password, made, err := c.password(*stdin)
	if err != nil {
		return err
	}
	return withAccounts(ctx, *dir, func(s onestop.Store) error {
		a, err := onestop.NewAccount(ctx, s, *name, *login, onestop.Role(*role), password, onestop.DefaultArgon2)
		if errors.Is(err, onestop.ErrTaken) {
			return kiosk.Errorf(kiosk.CodeBadInput, "add officer", "give another -login", "%w", err)
		}
		if err != nil {
			return badInput("add officer", err)
		}
		return c.told(a, made, "officer "+a.Login+" added")
	})
}

// password reads the first line of standard input, or makes a password. made is "" for one that was read.
func (c *console) password(stdin bool) (password, made string, err error) {
	if !stdin {
		p := onestop.NewPassword()
		return p, p, nil
	}
	const most = 4 << 10
	line, err := bufio.NewReaderSize(c.in, most).ReadSlice('\n')
	if len(line) == 0 || len(line) > onestop.MaxPassword+2 {
		return "", "", kiosk.Errorf(kiosk.CodeBadInput, "read the password", "write it as one line to standard input", "no password of a sensible length: %w", errors.Join(err))
	}
	return strings.TrimRight(string(line), "\r\n"), "", nil
}

// told prints an account, and its password if it was made here: this once.
func (c *console) told(a onestop.Account, made, text string) error {
	if made != "" {
		text += "\npassword (shown this once): " + made
	}
	return c.report(account{a.Login, a.Name, a.Role, a.Disabled, made}, text)
}

func badInput(op string, err error) error {
	var ours *kiosk.Error
	if errors.As(err, &ours) {
		return err
	}
	return kiosk.Errorf(kiosk.CodeBadInput, op, "run the command with -h", "%w", err)
}

func officerList(ctx context.Context, c *console, args []string) error {
	fs := c.flags("officer list")
	dir := fs.String("dir", "", "the office's `folder`")
	if err := c.parse(fs, args, "dir"); err != nil {
		return err
	}
	return withAccounts(ctx, *dir, func(s onestop.Store) error {
		all, err := s.Accounts(ctx)
		if err != nil {
			return err
		}
		list := []account{}
		lines := []string{fmt.Sprintf("%d officers", len(all))}
		for _, a := range all {
			list = append(list, account{Login: a.Login, Name: a.Name, Role: a.Role, Disabled: a.Disabled})
			state := ""
			if a.Disabled {
				state = "  disabled"
			}
			lines = append(lines, fmt.Sprintf("%-20s %-12s %s%s", a.Login, a.Role, a.Name, state))
		}
		return c.report(map[string]any{"officers": list}, strings.Join(lines, "\n"))
	})
}

// change alters the account of -login.
func (c *console) change(ctx context.Context, fs *flag.FlagSet, args []string, f func(*onestop.Account) (made, text string, err error)) error {
	dir := fs.String("dir", "", "the office's `folder`")
	login := fs.String("login", "", "login `name` of the person")
	if err := c.parse(fs, args, "dir", "login"); err != nil {
		return err
	}
	return withAccounts(ctx, *dir, func(s onestop.Store) error {
		a, err := s.AccountByLogin(ctx, *login)
		if errors.Is(err, onestop.ErrNotFound) {
			return kiosk.Errorf(kiosk.CodeNotFound, "find officer", "run onestopd officer list", "no login %q", *login)
		}
		if err != nil {
			return err
		}
		made, text, err := f(&a)
		if err != nil {
			return err
		}
		if err := s.SetAccount(ctx, a); err != nil {
			return err
		}
		return c.told(a, made, text)
	})
}

func officerPassword(ctx context.Context, c *console, args []string) error {
	fs := c.flags("officer password")
	stdin := fs.Bool("stdin", false, "read the password from standard input")
	return c.change(ctx, fs, args, func(a *onestop.Account) (string, string, error) {
		password, made, err := c.password(*stdin)
		if err != nil {
			return "", "", err
		}
		if a.Hash, err = onestop.HashPassword(password, onestop.DefaultArgon2); err != nil {
			return "", "", badInput("set password", err)
		}
		return made, "password of " + a.Login + " set", nil
	})
}

func officerDisable(ctx context.Context, c *console, args []string) error {
	return c.change(ctx, c.flags("officer disable"), args, func(a *onestop.Account) (string, string, error) {
		a.Disabled = true
		return "", "officer " + a.Login + " disabled", nil
	})
}

func officerEnable(ctx context.Context, c *console, args []string) error {
	return c.change(ctx, c.flags("officer enable"), args, func(a *onestop.Account) (string, string, error) {
		a.Disabled = false
		return "", "officer " + a.Login + " enabled", nil
	})
}
