package daemon

import (
	"os"
	"path/filepath"
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/provision"
)

// wipeMark is the file in the data folder that says that this machine is to be wiped.
const wipeMark = "wipe"

// MarkForWipe says that the next start is to wipe this machine.
func MarkForWipe(c config.Config) error {
	return provision.WriteFile(filepath.Join(c.Data.Dir, wipeMark), nil, 0o600)
}

// Marked tells whether this machine is to be wiped.
func Marked(c config.Config) bool {
	_, err := os.Stat(filepath.Join(c.Data.Dir, wipeMark))
	return err == nil
}

// WipeMachine forgets what makes a machine one particular kiosk: its keys and certificates, its database with what was not sent, its
// configuration. Programs, models, trust anchors and catalogues stay: they are public. The mark goes last. It is called before
// anything is open; it does again what a power cut broke off.
func WipeMachine(c config.Config, file string) error {
	for _, dir := range []string{c.Data.Dir, c.Office.Dir} {
		if abs, err := filepath.Abs(dir); err != nil || strings.Count(abs, "/") < 2 {
			return kiosk.Errorf(kiosk.CodeConfigInvalid, "wipe this machine", "name folders of the kiosk's own in kiosk.toml", "%q is no such folder", dir)
		}
	}
	entries, err := os.ReadDir(c.Data.Dir)
	if err != nil {
		return err
	}
	paths := []string{c.Office.Dir}
	for _, e := range entries {
		if e.Name() != wipeMark {
			paths = append(paths, filepath.Join(c.Data.Dir, e.Name()))
		}
	}
	if err := provision.Wipe(paths...); err != nil {
		return err
	}
	if _, err := provision.WipeFree(c.Data.Dir); err != nil {
		return err
	}
	return provision.Wipe(filepath.Join(c.Data.Dir, wipeMark), file) // a machine without its configuration finds its data no more
}
