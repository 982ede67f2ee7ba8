package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
	"motcua/kiosk/provision"
)

// configFile is the configuration's name in an office's folder.
const configFile = "onestop.toml"

// initOffice makes an office's folder. It never overwrites keys.
func initOffice(_ context.Context, c *console, args []string) error {
	fs := c.flags("init")
	dir := fs.String("dir", "", "`folder` to make the office in")
	name := fs.String("name", "Bộ phận Một cửa", "the office's `name`, as citizens read it")
	hotline := fs.String("hotline", "1900 0000", "`telephone` that screens and receipts show")
	hosts := fs.String("hosts", "", "more `names` and addresses the intake is reached by, separated by commas")
	if err := c.parse(fs, args, "dir", "name", "hotline"); err != nil {
		return err
	}
	file, keysDir := filepath.Join(*dir, configFile), filepath.Join(*dir, "keys")
	for _, path := range []string{file, keysDir} {
		if _, err := os.Stat(path); err == nil {
			return kiosk.Errorf(kiosk.CodeBadInput, "make office", "choose another -dir; keys are never overwritten", "%s exists", path)
		}
	}
	text := onestop.SampleConfig(*name, *hotline)
	if _, err := onestop.ParseConfig(text, *dir); err != nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "make office", "give another -name or -hotline", "%w", err)
	}
	all := append([]string{"localhost", "127.0.0.1", "::1"}, splitHosts(*hosts)...)
	keys, err := provision.NewOfficeKeys(*name, all...)
	if err != nil {
		return err
	}
	if err := errors.Join(os.MkdirAll(*dir, 0o700), os.MkdirAll(filepath.Join(*dir, "trust"), 0o755)); err != nil {
		return fmt.Errorf("make office: %w", err)
	}
	if err := keys.Save(keysDir); err != nil {
		return err
	}
	if err := provision.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	v := map[string]any{"config": file, "keys": keysDir, "trust": filepath.Join(*dir, "trust"), "seal_key_id": keys.Seal.Public().ID().String()}
	return c.report(v, fmt.Sprintf("office made: %s\nback up %s now: without seal.key no dossier can be opened again\n"+
		"next: put CSCA certificates into %s, then onestopd officer add, onestopd enrol, onestopd -config %s",
		file, keysDir, v["trust"], file))
}

func splitHosts(s string) (hosts []string) {
	for h := range strings.SplitSeq(s, ",") {
		if h = strings.TrimSpace(h); h != "" {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// loadOffice reads the configuration and the keys of an office's folder.
func loadOffice(dir string) (onestop.Config, *provision.OfficeKeys, error) {
	cfg, err := onestop.LoadConfig(filepath.Join(dir, configFile))
	if err != nil {
		return cfg, nil, err
	}
	keys, err := provision.LoadOfficeKeys(cfg.Path(cfg.Keys))
	return cfg, keys, err
}

// enrol makes a kiosk one of this office's: its certificate and what it must know of the office. With -csr the kiosk keeps its
// own key and only the answer is written.
func enrol(_ context.Context, c *console, args []string) error {
	fs := c.flags("enrol")
	dir := fs.String("dir", "", "the office's `folder`")
	name := fs.String("kiosk", "", "the kiosk's `name`: a-z, 0-9, - and .")
	out := fs.String("out", "", "`folder` for the kiosk's files")
	csr := fs.String("csr", "", "certificate request `file` made on the kiosk; without it the key is made here")
	if err := c.parse(fs, args, "dir", "kiosk", "out"); err != nil {
		return err
	}
	cfg, keys, err := loadOffice(*dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(*out, provision.FileDeviceCert)); err == nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "enrol kiosk", "choose another -out, or remove the old identity first", "%s has an identity already", *out)
	}
	if err := os.MkdirAll(*out, 0o700); err != nil {
		return fmt.Errorf("enrol kiosk: %w", err)
	}
	if err := identify(keys.CA, *name, *csr, *out); err != nil {
		return err
	}
	office := keys.Office(cfg.Office, cfg.Intake.Public, cfg.Hotline, statusURL(cfg))
	if err := office.Save(*out); err != nil {
		return err
	}
	return c.report(map[string]any{"kiosk": *name, "out": *out, "intake": office.Intake},
		fmt.Sprintf("kiosk %s enrolled: copy %s to the kiosk", *name, *out))
}

// identify writes the kiosk's certificate, and its key when there is no request.
func identify(ca *provision.Authority, name, csrFile, out string) error {
	if csrFile != "" {
		request, err := os.ReadFile(csrFile)
		if err != nil {
			return kiosk.Errorf(kiosk.CodeBadInput, "enrol kiosk", "name the request with -csr", "%w", err)
		}
		cert, err := provision.IssueDevice(ca, request, name)
		if err != nil {
			return err
		}
		return provision.WriteFile(filepath.Join(out, provision.FileDeviceCert), cert, 0o644)
	}
	id, err := provision.GenerateIdentity(name)
	if err != nil {
		return err
	}
	request, err := id.CSR()
	if err != nil {
		return err
	}
	text, err := provision.IssueDevice(ca, request, name)
	if err != nil {
		return err
	}
	cert, err := provision.ParseCertificate(text)
	if err != nil {
		return err
	}
	if err := id.SetCertificate(cert); err != nil {
		return err
	}
	return id.Save(out)
}

// statusURL is the address in a receipt's QR code, before the token.
func statusURL(cfg onestop.Config) string {
	return strings.TrimSuffix(cfg.Officers.Public, "/") + "/tra-cuu/"
}
