package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/provision"
)

// provisionRun enrols this machine at its office: the key is made here and never leaves, a one-time word of the office (onestopd word)
// buys the certificate. The office's authority comes in a file, by the image or the technician: no other server is believed.
func provisionRun(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("provision", "")
	dir := fs.String("dir", "", "folder for the kiosk's keys ([office] dir in kiosk.toml)")
	intake := fs.String("intake", "", "the office's intake, https://host[:port]")
	ca := fs.String("ca", "", "file with the certificate of the office's authority, PEM")
	word := fs.String("word", "", "the one-time word")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	for name, value := range map[string]string{"dir": *dir, "intake": *intake, "ca": *ca, "word": *word} {
		if value == "" {
			return c.usageError("-%s is missing", name)
		}
	}
	self, office, err := enrolSelf(ctx, *dir, *intake, *ca, *word)
	if err != nil {
		return c.fail(err)
	}
	out := struct {
		Kiosk  string    `json:"kiosk"`
		Office string    `json:"office"`
		Until  time.Time `json:"until"`
	}{self.Name, office.Name, self.Certificate.NotAfter.UTC()}
	return c.report(exitGood, out, func(w io.Writer) {
		fmt.Fprintf(w, "this is kiosk %s of %s until %s; set [kiosk] name in kiosk.toml to %q\n", out.Kiosk, out.Office, out.Until.Format(time.DateOnly), out.Kiosk)
	})
}

func enrolSelf(ctx context.Context, dir, intake, ca, word string) (*provision.Identity, *provision.Office, error) {
	const op = "enrol kiosk"
	if _, err := os.Stat(filepath.Join(dir, provision.FileDeviceCert)); err == nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeBadInput, op, "remove the old identity first, or name another -dir", "%s has an identity already", dir)
	}
	text, err := os.ReadFile(ca)
	if err != nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeKeyMissing, op, "name the authority's certificate with -ca", "%w", err)
	}
	root, err := provision.ParseCertificate(text)
	if err != nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeKeyMissing, op, "name the authority's certificate with -ca", "%w", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	self, err := provision.GenerateIdentity("kiosk") // the office decides the name
	if err != nil {
		return nil, nil, err
	}
	csr, err := self.CSR()
	if err != nil {
		return nil, nil, err
	}
	e, err := backoffice.Enrol(ctx, intake, pool, word, csr)
	if err != nil {
		return nil, nil, err
	}
	return keepEnrolment(dir, self, e, root)
}

// keepEnrolment checks that the answer fits the key and the authority, and stores it.
func keepEnrolment(dir string, self *provision.Identity, e backoffice.Enrolled, root *x509.Certificate) (*provision.Identity, *provision.Office, error) {
	const op, hint = "enrol kiosk", "ask the office's administrator"
	cert, err := provision.ParseCertificate([]byte(e.Certificate))
	if err == nil {
		err = cert.CheckSignatureFrom(root)
	}
	if err == nil {
		err = self.SetCertificate(cert)
	}
	if err != nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeOfficeUntrusted, op, hint, "%w", err)
	}
	office, err := provision.ParseOffice(e.Office)
	if err != nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeOfficeUntrusted, op, hint, "office.json: %w", err)
	}
	if authority, err := office.Authority(); err != nil || !authority.Equal(root) {
		return nil, nil, kiosk.Errorf(kiosk.CodeOfficeUntrusted, op, hint, "office.json names another authority")
	}
	if err := self.Save(dir); err != nil {
		return nil, nil, err
	}
	return self, office, office.Save(dir)
}
