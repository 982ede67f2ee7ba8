package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/config"
	"motcua/kiosk/provision"
	"motcua/kiosk/uplink"
)

// FirstBoot makes a flashed machine the kiosk that the file on its boot partition describes.
type FirstBoot struct {
	Boot   string // the file (config.BootFile)
	Config string // the kiosk.toml to write; there must be none
	Base   string // a kiosk.toml of this kind of machine, to be given the names; "" takes the sample
	Allow  string // where the uplink's service is told the office's address
	Socket string // of the uplink's service
}

// Run enrols the machine, sets the technician's PIN, writes kiosk.toml and erases the file, in this order: a power cut or a missing
// network between leaves the file where it is, and Run does the rest the next time. Errors: config_invalid for a file that cannot be
// used, bad_input when the machine is a kiosk already, those of provision.Enrol.
func (f FirstBoot) Run(ctx context.Context) (*provision.Identity, *provision.Office, error) {
	const op = "provision this machine"
	if _, err := os.Stat(f.Config); !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, kiosk.Errorf(kiosk.CodeBadInput, op, "wipe the machine first (technician's page)", "there is a %s already", filepath.Base(f.Config))
	}
	b, err := config.LoadBoot(f.Boot)
	if err != nil {
		return nil, nil, err
	}
	text, cfg, err := f.configuration(b)
	if err != nil {
		return nil, nil, err
	}
	if err := AllowOffice(f.Allow, b.Office); err != nil {
		return nil, nil, err
	}
	self, office, err := f.enrol(ctx, b, cfg.Office.Dir)
	if err != nil {
		return nil, nil, err
	}
	if err := SetPIN(cfg.Office.Dir, b.PIN); err != nil {
		return nil, nil, err
	}
	if err := provision.WriteFile(f.Config, []byte(text), 0o600); err != nil {
		return nil, nil, err
	}
	return self, office, provision.Wipe(f.Boot)
}

// configuration is the kiosk.toml to be, with this kiosk's names.
func (f FirstBoot) configuration(b config.Boot) (string, config.Config, error) {
	base := config.Sample()
	if f.Base != "" {
		raw, err := os.ReadFile(f.Base)
		if err != nil {
			return "", config.Config{}, kiosk.Errorf(kiosk.CodeConfigInvalid, "read the base configuration", "", "%w", err)
		}
		base = string(raw)
	}
	text, err := config.Set(f.Config, base, map[string]string{
		"kiosk.name": fmt.Sprintf("%q", b.Name), "kiosk.commune": fmt.Sprintf("%q", b.Commune), "kiosk.hotline": fmt.Sprintf("%q", b.Hotline),
	})
	if err != nil {
		return "", config.Config{}, err
	}
	c, err := config.Parse(f.Config, []byte(text))
	return text, c, err
}

// enrol gets the identity, or takes the one that an earlier start got before it was cut off.
func (f FirstBoot) enrol(ctx context.Context, b config.Boot, dir string) (*provision.Identity, *provision.Office, error) {
	root, err := provision.ParseCertificate([]byte(b.CA))
	if err != nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeConfigInvalid, "read "+config.BootFile, "copy the office's ca.crt again", "ca: %w", err)
	}
	self, err := provision.LoadIdentity(dir)
	var office *provision.Office
	if err == nil {
		office, err = provision.LoadOffice(dir)
	}
	if err != nil {
		self, office, err = provision.Enrol(ctx, dir, backoffice.Options{URL: b.Office, Dial: Dialer(f.Socket)}, root, b.Word)
	}
	if err != nil {
		return nil, nil, err
	}
	if authority, err := office.Authority(); err != nil || !authority.Equal(root) || self.Name != b.Name {
		return nil, nil, errors.Join(kiosk.Errorf(kiosk.CodeOfficeRefused, "provision this machine", "ask the office for a word for this kiosk's name",
			"the office calls this machine %q, the file %q", self.Name, b.Name), provision.Wipe(dir))
	}
	return self, office, nil
}

// AllowOffice tells the uplink's service the one address that it may dial.
func AllowOffice(file, intake string) error {
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
