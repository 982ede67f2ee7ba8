package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/kiosk"
)

// cardIssue is `kioskctl card issue -from FILE -out FILE`: a simulated card of a person file. The demo authority is made when
// its file is not there yet, and its CSCA certificate is put into the trust folder.
func cardIssue(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("card issue", "")
	from := fs.String("from", "", "person file (JSON: person, photo)")
	out := fs.String("out", "", "card file to write")
	photo := fs.String("photo", "", "face image instead of the person file's (JPEG or JPEG 2000)")
	authority := fs.String("authority", "", "file of the demo authority, made when missing (default authority.json beside -out)")
	trust := fs.String("trust", "", "folder the CSCA certificate is put in (default trust beside -out)")
	active := fs.String("aa", "ec", "key of active authentication: ec, rsa or none")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	if *from == "" || *out == "" {
		return c.usageError("card issue needs -from and -out")
	}
	dir := filepath.Dir(*out)
	a, err := openAuthority(orDefault(*authority, filepath.Join(dir, "authority.json")))
	if err != nil {
		return c.fail(err)
	}
	anchor, err := a.SaveTrust(orDefault(*trust, filepath.Join(dir, "trust")))
	if err != nil {
		return c.fail(kiosk.Errorf(kiosk.CodeBadInput, "issue card", "give a folder that can be written with -trust", "%w", err))
	}
	card, err := issue(*from, *photo, a, emrtdtest.Active(*active))
	if err != nil {
		return c.fail(err)
	}
	if err := card.Save(*out); err != nil {
		return c.fail(kiosk.Errorf(kiosk.CodeBadInput, "issue card", "give a file that can be written with -out", "%w", err))
	}
	result := struct {
		Card    string `json:"card"`
		Trust   string `json:"trust"`
		Files   int    `json:"files"`
		Profile string `json:"profile"`
	}{*out, anchor, len(card.Files), card.Profile}
	return c.report(exitGood, result, func(w io.Writer) {
		fmt.Fprintf(w, "%s: simulated %s card, %d files; issuer's certificate in %s\n", *out, card.Profile, len(card.Files), anchor)
	})
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// openAuthority loads the demo authority, or makes and saves a new one.
func openAuthority(file string) (*emrtdtest.Authority, error) {
	a, err := emrtdtest.LoadAuthority(file)
	if err == nil {
		return a, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "open authority", "remove the file to have a new authority made", "%w", err)
	}
	if a, err = emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{}); err == nil {
		err = a.Save(file)
	}
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "make authority", "give a file that can be written with -authority", "%w", err)
	}
	return a, nil
}

func issue(from, photo string, a *emrtdtest.Authority, active emrtdtest.Active) (*emrtdtest.Card, error) {
	person, image, err := emrtdtest.LoadPersonFile(from, photo)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "issue card", "see `kioskctl card issue -h` and the package emrtdtest for a person file", "%w", err)
	}
	card, err := emrtdtest.IssueWith(person, image, a, emrtdtest.IssueOptions{Active: active})
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "issue card", "correct the person file", "%w", err)
	}
	return card, nil
}
