package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/devicekey"
	"motcua/kiosk/onestop"
	"motcua/kiosk/provision"
	"motcua/kiosk/seal"
)

// enrolWord makes a one-time word by which a kiosk enrols itself over the network. It is printed once and kept as its hash.
func enrolWord(ctx context.Context, c *console, args []string) error {
	fs := c.flags("word")
	dir := fs.String("dir", "", "the office's `folder`")
	name := fs.String("kiosk", "", "the kiosk's `name`: a-z, 0-9, - and .")
	if err := c.parse(fs, args, "dir", "kiosk"); err != nil {
		return err
	}
	if !seal.ValidName(*name) {
		return kiosk.Errorf(kiosk.CodeBadInput, "make word", "use a-z, 0-9, - and .", "kiosk name cannot be used")
	}
	return withDesk(ctx, c, *dir, func(d *onestop.Desk, _ *provision.OfficeKeys) error {
		word, expires, err := d.NewEnrolment(ctx, *name)
		if err != nil {
			return err
		}
		return c.report(map[string]any{"kiosk": *name, "word": word, "expires": expires.Format(time.RFC3339)},
			fmt.Sprintf("kiosk %s enrols with the word %s, once, until %s", *name, word, expires.Local().Format("15:04 02/01/2006")))
	})
}

// withDesk runs f on the desk of an office's folder. The office may be running at the same time.
func withDesk(ctx context.Context, c *console, dir string, f func(*onestop.Desk, *provision.OfficeKeys) error) error {
	cfg, keys, err := loadOffice(dir)
	if err != nil {
		return err
	}
	store, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	desk, err := newDesk(c, cfg, keys, store, newLog(c, cfg, store))
	if err != nil {
		return errors.Join(err, store.Close())
	}
	return errors.Join(f(desk, keys), store.Close())
}

// importStick takes in what kioskctl outbox export wrote, as if it had come over the network, and writes the signed receipts for the
// way back. A dossier that is here already gets the receipt it had. What no kiosk of this office has sealed and signed is left out.
func importStick(ctx context.Context, c *console, args []string) error {
	fs := c.flags("import")
	dir := fs.String("dir", "", "the office's `folder`")
	receipts := fs.String("receipts", "", "`file` to write the signed receipts to")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if *dir == "" || *receipts == "" || fs.NArg() != 1 {
		return kiosk.Errorf(kiosk.CodeBadInput, "read the command line", "onestopd import -dir DIR -receipts OUT FILE", "-dir, -receipts or the file is missing")
	}
	f, err := os.Open(fs.Arg(0))
	if err != nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "import stick", "name the file that kioskctl outbox export wrote", "%w", err)
	}
	var i imported
	err = withDesk(ctx, c, *dir, func(d *onestop.Desk, keys *provision.OfficeKeys) error {
		return backoffice.ReadStick(f, func(s kiosk.Sealed, delivery, signature []byte) error {
			return i.take(ctx, d, keys.CA.Pool(), s, delivery, signature)
		})
	})
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := backoffice.WriteReceipts(&out, i.acks); err != nil {
		return err
	}
	if err := provision.WriteFile(filepath.Clean(*receipts), out.Bytes(), 0o644); err != nil {
		return err
	}
	v := map[string]any{"taken": len(i.acks) - i.again, "again": i.again, "refused": i.refused, "receipts": *receipts}
	return c.report(v, fmt.Sprintf("%d dossiers taken in, %d were here, %d refused; on the kiosk: kioskctl outbox accept %s", len(i.acks)-i.again, i.again, i.refused, *receipts))
}

// imported counts what a stick brought.
type imported struct {
	acks           []kiosk.Acknowledgement
	again, refused int
}

// take takes one dossier in. A fault of the office ends the import; a dossier that is not a kiosk's is counted and passed over.
func (i *imported) take(ctx context.Context, d *onestop.Desk, authorities *x509.CertPool, s kiosk.Sealed, delivery, signature []byte) error {
	name, err := origin(s, authorities, delivery, signature)
	if err != nil {
		i.refused++
		return nil
	}
	ack, again, err := d.Receive(ctx, name, s)
	switch {
	case kiosk.CodeOf(err) == kiosk.CodeBadInput:
		i.refused++
		return nil
	case err != nil:
		return err
	}
	if again {
		i.again++
	}
	i.acks = append(i.acks, ack)
	return nil
}

// origin checks that an enrolled kiosk sealed the envelope and signed the delivery, and names it.
func origin(s kiosk.Sealed, authorities *x509.CertPool, delivery, signature []byte) (string, error) {
	if err := seal.CheckOrigin(s.Body, authorities); err != nil {
		return "", err
	}
	h, err := seal.Peek(s.Body)
	if err != nil {
		return "", err
	}
	cert, err := x509.ParseCertificate(h.Certificate)
	if err != nil {
		return "", err
	}
	return h.Kiosk, devicekey.Verify(cert, backoffice.StickDomain, delivery, signature)
}
