package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/config"
	"motcua/kiosk/daemon"
	"motcua/kiosk/provision"
	"motcua/kiosk/uplink"
)

// provisionRun enrols this machine at its office: the key is made here and never leaves, a one-time word of the office (onestopd word)
// buys the certificate. The office's authority comes in a file, by the image or the technician: no other server is believed.
func provisionRun(ctx context.Context, c *console, args []string) exitCode {
	set := c.flags("provision", "")
	dir := set.String("dir", "", "folder for the kiosk's keys ([office] dir in kiosk.toml)")
	intake := set.String("intake", "", "the office's intake, https://host[:port]")
	ca := set.String("ca", "", "file with the certificate of the office's authority, PEM")
	word := set.String("word", "", "the one-time word")
	allow := set.String("allow", uplink.AllowFile, "`file` in which the uplink's service is told the office's address; left alone where its folder is not")
	socket := set.String("uplink", config.Default().Uplink.Socket, "`socket` of the uplink's service; without one this command uses the network itself")
	if _, err := c.parse(set, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	for name, value := range map[string]string{"dir": *dir, "intake": *intake, "ca": *ca, "word": *word} {
		if value == "" {
			return c.usageError("-%s is missing", name)
		}
	}
	self, office, err := enrolSelf(ctx, enrolment{*dir, *intake, *ca, *word, *allow, *socket})
	if err != nil {
		return c.fail(err)
	}
	out := struct {
		Kiosk  string    `json:"kiosk"`
		Office string    `json:"office"`
		Until  time.Time `json:"until"`
	}{self.Name, office.Name, self.Certificate().NotAfter.UTC()}
	return c.report(exitGood, out, func(w io.Writer) {
		fmt.Fprintf(w, "this is kiosk %s of %s until %s; set [kiosk] name in kiosk.toml to %q\n", out.Kiosk, out.Office, out.Until.Format(time.DateOnly), out.Kiosk)
	})
}

// enrolment is what a machine is enrolled with.
type enrolment struct{ dir, intake, ca, word, allow, socket string }

// allowOffice tells the uplink's service the one address that it may dial.
func allowOffice(file, intake string) error {
	const op = "tell the uplink the office's address"
	if _, err := os.Stat(filepath.Dir(file)); errors.Is(err, fs.ErrNotExist) {
		return nil // there is no such service here
	}
	to, err := uplink.Destination(intake)
	if err != nil {
		return kiosk.Errorf(kiosk.CodeConfigInvalid, op, "give the intake's address as https://host[:port]", "%w", err)
	}
	if err := provision.WriteFile(file, []byte("# The office's intake: written by kioskctl provision.\n"+to+"\n"), 0o644); err != nil {
		return kiosk.Errorf(kiosk.CodeConfigInvalid, op, "run kioskctl provision as root", "%w", err)
	}
	return nil
}

func enrolSelf(ctx context.Context, with enrolment) (*provision.Identity, *provision.Office, error) {
	const op = "enrol kiosk"
	dir, ca := with.dir, with.ca
	if _, err := os.Stat(filepath.Join(dir, provision.FileDeviceCert)); err == nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeBadInput, op, "remove the old identity first, or name another -dir", "%s has an identity already", dir)
	}
	if err := allowOffice(with.allow, with.intake); err != nil {
		return nil, nil, err
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
	e, err := backoffice.Enrol(ctx, backoffice.Options{URL: with.intake, Roots: pool, Dial: daemon.Dialer(with.socket)}, with.word, csr)
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
