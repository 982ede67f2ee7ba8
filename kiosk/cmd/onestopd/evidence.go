package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
	"motcua/kiosk/provision"
)

// exportEvidence hands a dossier's evidence to a court or an auditor. A named person answers for it, whose password is the first line of
// standard input. The file checks offline: kioskctl evidence verify FILE -trust FOLDER.
func exportEvidence(ctx context.Context, c *console, args []string) error {
	const op = "export evidence"
	fs := c.flags("evidence")
	dir := fs.String("dir", "", "the office's `folder`")
	id := fs.String("dossier", "", "the dossier's `id`, as the kiosk gave it")
	login := fs.String("login", "", "login `name` of the person who hands it out")
	reason := fs.String("reason", "", "who asked, and by what right; it stays in the dossier's log")
	out := fs.String("out", "", "`file` to write")
	if err := c.parse(fs, args, "dir", "dossier", "login", "reason", "out"); err != nil {
		return err
	}
	if _, err := os.Lstat(*out); err == nil {
		return kiosk.Errorf(kiosk.CodeBadInput, op, "choose another -out", "%s exists", *out)
	}
	password, _, err := c.password(true)
	if err != nil {
		return err
	}
	return withDesk(ctx, c, *dir, func(d *onestop.Desk, _ *provision.OfficeKeys) error {
		a, err := d.Person(ctx, *login, password)
		if err != nil {
			return badInput(op, err)
		}
		write, err := d.Evidence(ctx, a, *id, *reason)
		if errors.Is(err, onestop.ErrNotFound) {
			return kiosk.Errorf(kiosk.CodeNotFound, op, "give the id that the dossier's page shows", "no such dossier")
		}
		if err != nil {
			return badInput(op, err)
		}
		f, err := os.OpenFile(*out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return kiosk.Errorf(kiosk.CodeBadInput, op, "name a file that can be written with -out", "%w", err)
		}
		if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
			return errors.Join(err, os.Remove(*out))
		}
		return c.report(map[string]any{"dossier": *id, "out": *out}, fmt.Sprintf("evidence written to %s; check it with kioskctl evidence verify", *out))
	})
}
