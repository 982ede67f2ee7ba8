package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"motcua/kiosk/provision"
)

func TestRotate(t *testing.T) {
	top := t.TempDir()
	dir, safe := filepath.Join(top, "office"), filepath.Join(top, "recovery.key")
	do(t, "", "init", "-dir", dir)
	do(t, "", "rotate", "-dir", dir, "-in", "7")
	do(t, "", "rotate", "-dir", dir, "-recovery", safe)
	keys, err := provision.LoadOfficeKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	if len(keys.Seal) != 2 || len(keys.Announced) != 2 || len(keys.PublicKeys()) != 2 {
		t.Errorf("%d keys, %d announcements, %d to seal to", len(keys.Seal), len(keys.Announced), len(keys.PublicKeys()))
	}
	if info, err := os.Stat(safe); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("recovery key: %v, %v", info, err)
	}
	var out, complaint bytes.Buffer
	code := run(t.Context(), &console{in: strings.NewReader(""), out: &out, err: &complaint}, []string{"rotate", "-dir", dir, "-recovery", safe})
	if code == exitGood {
		t.Error("a recovery key is overwritten")
	}
}
