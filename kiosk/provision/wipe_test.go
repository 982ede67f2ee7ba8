package provision

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// canary is what must not be found afterwards.
var canary = bytes.Repeat([]byte("Canary Nguyễn Văn A 999201000001 "), 400)

// TestWipeLeavesNothing looks at the raw bytes of a real ext4: what was wiped, and what was removed long before, is nowhere on it.
func TestWipeLeavesNothing(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mounting needs root")
	}
	image, mount := filepath.Join(t.TempDir(), "data.img"), t.TempDir()
	run := func(name string, args ...string) error {
		out, err := exec.Command(name, args...).CombinedOutput()
		if err != nil {
			return errors.Join(err, errors.New(string(out)))
		}
		return nil
	}
	if err := errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, 16<<20), run("mkfs.ext4", "-q", image)); err != nil {
		t.Skipf("no ext4 here: %v", err)
	}
	if err := run("mount", "-o", "loop", image, mount); err != nil {
		t.Skipf("no mount here: %v", err)
	}
	mounted := true
	t.Cleanup(func() {
		if mounted {
			if err := run("umount", mount); err != nil {
				t.Error(err)
			}
		}
	})
	keep := filepath.Join(mount, "office", "deep")
	if err := os.MkdirAll(keep, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]fs.FileMode{filepath.Join(keep, "device.key"): 0o400, filepath.Join(mount, "kiosk.db"): 0o600, filepath.Join(mount, "old.db"): 0o600} {
		if err := os.WriteFile(path, canary, mode); err != nil {
			t.Fatal(err)
		}
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := errors.Join(os.WriteFile(outside, canary, 0o600), os.Symlink(outside, filepath.Join(keep, "link")), run("sync"), os.Remove(filepath.Join(mount, "old.db"))); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(image); err != nil || !bytes.Contains(raw, canary[:200]) {
		t.Fatalf("the canary was never on the disk: %v", err)
	}
	if err := Wipe(filepath.Join(mount, "office"), filepath.Join(mount, "kiosk.db"), filepath.Join(mount, "never.was")); err != nil {
		t.Fatal(err)
	}
	if done, err := WipeFree(mount); !done || err != nil {
		t.Fatalf("free space: %v, %v", done, err)
	}
	if entries, err := os.ReadDir(mount); err != nil || len(entries) != 1 { // lost+found
		t.Errorf("%v, %v", entries, err)
	}
	if b, err := os.ReadFile(outside); err != nil || !bytes.Equal(b, canary) {
		t.Errorf("what a link pointed to was touched: %v", err)
	}
	if err := run("umount", mount); err != nil {
		t.Fatal(err)
	}
	mounted = false
	raw, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"Canary", "999201000001", "Nguyễn"} {
		if bytes.Contains(raw, []byte(word)) {
			t.Errorf("%q is still on the disk", word)
		}
	}
}

func TestWipeFreeSparesTheSystem(t *testing.T) {
	if done, err := WipeFree("/"); done || err != nil {
		t.Errorf("%v, %v", done, err)
	}
}
