package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
	"motcua/kiosk/provision"
)

// rotate makes the next key that dossiers are sealed to, or with -recovery a second key whose private half is written to a file for
// the safe. The old key stays. Kiosks already enrolled fetch announced.json from the office and believe its signatures.
func rotate(_ context.Context, c *console, args []string) error {
	fs := c.flags("rotate")
	dir := fs.String("dir", "", "the office's `folder`")
	days := fs.Int("in", 0, "`days` from now on which kiosks begin to seal to it")
	recovery := fs.String("recovery", "", "make a recovery key instead, and write its private half to this `file`")
	if err := c.parse(fs, args, "dir"); err != nil {
		return err
	}
	cfg, err := onestop.LoadConfig(filepath.Join(*dir, configFile))
	if err != nil {
		return err
	}
	folder := cfg.Path(cfg.Keys)
	keys, err := provision.LoadOfficeKeys(folder)
	if err != nil {
		return err
	}
	from, id := time.Now().AddDate(0, 0, *days), ""
	if *recovery != "" {
		id, err = addRecovery(keys, folder, *recovery, from)
	} else if key, rotateErr := keys.Rotate(folder, from); rotateErr != nil {
		err = rotateErr
	} else {
		id = key.ID().String()
	}
	if err != nil {
		return err
	}
	announced := filepath.Join(folder, provision.FileAnnounced)
	return c.report(map[string]any{"key": id, "from": from.UTC().Format(time.RFC3339), "announced": announced},
		fmt.Sprintf("key %s from %s\nback up %s now and restart onestopd; kiosks fetch %s by themselves",
			id, from.Format(time.RFC3339), folder, announced))
}

// addRecovery never overwrites a file: it may be the only copy of another key.
func addRecovery(keys *provision.OfficeKeys, folder, file string, from time.Time) (id string, err error) {
	if _, err := os.Stat(file); err == nil {
		return "", kiosk.Errorf(kiosk.CodeBadInput, "make recovery key", "choose another -recovery", "%s exists", file)
	}
	private, err := keys.AddRecovery(folder, from)
	if err != nil {
		return "", err
	}
	defer clear(private)
	return keys.Recovery.ID().String(), provision.WriteFile(file, private, 0o600)
}
