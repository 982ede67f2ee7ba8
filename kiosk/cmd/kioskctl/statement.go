package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/daemon"
	"motcua/kiosk/provision"
	"motcua/kiosk/statement"
	"motcua/vision/qr"
)

// statementVerify is `kioskctl statement verify FILE -ca FILE`: FILE is the text of the code on the technician's page, or a picture of
// it. It needs nothing but the office's authority.
func statementVerify(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("statement verify", "FILE")
	ca := fs.String("ca", "", "file with the certificate of the office's authority, PEM, or office.json")
	operands, err := c.parse(fs, args, 1, 1)
	if err != nil {
		return c.usageExit(err)
	}
	if *ca == "" {
		return c.usageError("-ca is missing")
	}
	roots, err := authorities(*ca)
	if err != nil {
		return c.fail(err)
	}
	text, err := statementText(operands[0])
	if err != nil {
		return c.fail(err)
	}
	s, err := statement.Verify(text, roots)
	out := struct {
		Verdict string               `json:"verdict"`
		Reason  string               `json:"reason,omitempty"`
		Said    *statement.Statement `json:"statement,omitempty"`
	}{Verdict: "verified", Said: &s}
	code := exitGood
	if err != nil {
		out.Verdict, out.Reason, out.Said, code = "refused", err.Error(), nil, exitRefused
	}
	return c.report(code, out, func(w io.Writer) {
		if out.Said == nil {
			fmt.Fprintln(w, "refused:", out.Reason)
			return
		}
		fmt.Fprintf(w, "verified: kiosk %s, version %s, said on %s\nprogram %s\n", s.Kiosk, s.Version, s.At.Format(time.RFC3339), s.Program)
		if s.Root != "" {
			fmt.Fprintf(w, "verified system %s, slot %s\n", s.Root, s.Slot)
		}
		fmt.Fprintf(w, "checks: %d ok, %d warn, %d fail %s\n", s.OK, s.Warn, s.Fail, strings.Join(s.Wrong, " "))
	})
}

// authorities reads the authority's certificate, bare or in office.json.
func authorities(path string) (*x509.CertPool, error) {
	const op, hint = "read the office's authority", "name its ca.crt or office.json with -ca"
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeKeyMissing, op, hint, "%w", err)
	}
	if office, err := provision.ParseOffice(b); err == nil {
		return office.Pool()
	}
	cert, err := provision.ParseCertificate(b)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeKeyMissing, op, hint, "%w", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return pool, nil
}

// statementText gives the text of a file, or of the code in a picture.
func statementText(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", kiosk.Errorf(kiosk.CodeBadInput, "read statement", "name a text file or a picture", "%w", err)
	}
	if strings.HasPrefix(string(b), statement.Prefix) {
		return string(b), nil
	}
	text := ""
	err = withPicture(path, func(m *picture) error {
		codes, err := qr.Read(&m.Mat)
		for _, code := range codes {
			if strings.HasPrefix(string(code.Payload), statement.Prefix) {
				text = string(code.Payload)
			}
		}
		return err
	})
	if err == nil && text == "" {
		err = kiosk.Errorf(kiosk.CodeBadInput, "read statement", "take the picture nearer and straighter", "%w", errors.New("the picture shows no statement's code"))
	}
	return text, err
}

// pinSet is `kioskctl pin`: it keeps the hash of the PIN that stands on standard input. A PIN on the command line would be seen by others.
func pinSet(_ context.Context, c *console, args []string) exitCode {
	fs := c.flags("pin", "")
	path := fs.String("config", defaultConfig, "configuration of the kiosk")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	cfg, err := config.Load(*path)
	if err != nil {
		return c.fail(err)
	}
	line, err := bufio.NewReader(io.LimitReader(c.in, 256)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return c.fail(kiosk.Errorf(kiosk.CodeBadInput, "read the PIN", "type it on standard input", "%w", err))
	}
	if err := daemon.SetPIN(cfg.Office.Dir, strings.TrimSpace(line)); err != nil {
		return c.fail(err)
	}
	return c.report(exitGood, struct {
		OK bool `json:"ok"`
	}{true}, func(w io.Writer) { fmt.Fprintln(w, "the technician's PIN is set") })
}
