package provision

import (
	"context"
	"crypto/x509"
	"os"
	"path/filepath"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
)

// Enrol makes this machine a kiosk of an office: the key is made here and never leaves, a one-time word buys the certificate, and
// only what the given authority has signed is believed. o names the intake and the way to it. Errors: bad_input when there is an
// identity already, office_untrusted, office_offline, not_found for a word that is over.
func Enrol(ctx context.Context, dir string, o backoffice.Options, root *x509.Certificate, word string) (*Identity, *Office, error) {
	if _, err := os.Stat(filepath.Join(dir, FileDeviceCert)); err == nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeBadInput, "enrol kiosk", "remove the old identity first, or name another folder", "%s has an identity already", dir)
	}
	o.Roots = x509.NewCertPool()
	o.Roots.AddCert(root)
	self, err := GenerateIdentity("kiosk") // the office decides the name
	if err != nil {
		return nil, nil, err
	}
	csr, err := self.CSR()
	if err != nil {
		return nil, nil, err
	}
	e, err := backoffice.Enrol(ctx, o, word, csr)
	if err != nil {
		return nil, nil, err
	}
	return self.keep(dir, e, root)
}

// keep checks that the office's answer fits the key and the authority, and stores it.
func (i *Identity) keep(dir string, e backoffice.Enrolled, root *x509.Certificate) (*Identity, *Office, error) {
	const op, hint = "enrol kiosk", "ask the office's administrator"
	cert, err := ParseCertificate([]byte(e.Certificate))
	if err == nil {
		err = cert.CheckSignatureFrom(root)
	}
	if err == nil {
		err = i.SetCertificate(cert)
	}
	if err != nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeOfficeUntrusted, op, hint, "%w", err)
	}
	office, err := ParseOffice(e.Office)
	if err != nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeOfficeUntrusted, op, hint, "office.json: %w", err)
	}
	if authority, err := office.Authority(); err != nil || !authority.Equal(root) {
		return nil, nil, kiosk.Errorf(kiosk.CodeOfficeUntrusted, op, hint, "office.json names another authority")
	}
	if err := i.Save(dir); err != nil {
		return nil, nil, err
	}
	return i, office, office.Save(dir)
}
