package systemd

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

var deb = flag.Bool("deb", false, "build the Debian packages and install them in a root of their own (root, build/)")

// Every source of the list is there, and what systemd/ holds for a kiosk is in the list.
func TestFileList(t *testing.T) {
	var patterns []string
	for _, line := range lines(t, "files") {
		f := strings.Fields(line)
		if len(f) != 4 || !slices.Contains([]string{"kiosk", "appliance", "office"}, f[0]) || !regexp.MustCompile(`^(644|755)$`).MatchString(f[1]) || !strings.HasPrefix(f[3], "/") {
			t.Errorf("%q is not: package, mode, source, folder", line)
			continue
		}
		patterns = append(patterns, f[2])
		if found, err := filepath.Glob(filepath.Join("..", f[2])); !strings.HasPrefix(f[2], "build/") && (err != nil || len(found) == 0) {
			t.Errorf("%s: nothing is there (%v)", f[2], err)
		}
	}
	for _, dir := range []string{"units", "units/pcscd.service.d", "sysusers.d", "tmpfiles.d", "udev", "polkit", "nftables", "chromium", "options"} {
		list, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			path := filepath.Join("systemd", dir, e.Name())
			if !e.IsDir() && !slices.ContainsFunc(patterns, func(p string) bool { ok, _ := filepath.Match(p, path); return ok }) {
				t.Errorf("%s is in no package", path)
			}
		}
	}
}

// TestPackages builds the packages twice and takes them through their life in a root that is thrown away.
func TestPackages(t *testing.T) {
	if !*deb {
		t.Skip("takes a minute and needs root: make deb-test")
	}
	first, again, newer := buildDebs(t, "1.0"), buildDebs(t, "1.0"), buildDebs(t, "1.1") // not compressed: that is quicker, and dpkg-deb's part
	for name, data := range first {
		if other := again[name]; sha256.Sum256(data) != sha256.Sum256(other) {
			t.Errorf("%s: two builds differ", name)
		}
	}
	root := overlay(t)
	if err := syscall.Mount("proc", filepath.Join(root, "proc"), "proc", 0, ""); err != nil { // systemd-tmpfiles asks there
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(filepath.Join(root, "proc"), 0); err != nil {
			t.Error(err)
		}
	})
	dpkg := func(args ...string) string {
		t.Helper()
		// What the packages depend on (a screen) is not in this root.
		out, err := exec.Command("chroot", append([]string{root, "dpkg", "--force-depends", "--force-confold"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("dpkg %v: %v\n%s", args, err, tail(out, 2000))
		}
		return string(out)
	}
	install := func(debs map[string][]byte) {
		t.Helper()
		args := []string{"--install"}
		for name, data := range debs {
			put(t, filepath.Join(root, "var/debs", name), data, 0o644)
			args = append(args, "/var/debs/"+name)
		}
		dpkg(args...)
	}
	exists := func(path string, want bool) {
		t.Helper()
		if _, err := os.Lstat(filepath.Join(root, path)); (err == nil) != want {
			t.Errorf("%s: is there: %t", path, !want)
		}
	}

	install(first)
	passwd, err := os.ReadFile(filepath.Join(root, "etc/passwd"))
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"kiosk", "kiosk-browser", "kiosk-uplink", "onestop"} {
		if !bytes.Contains(passwd, []byte("\n"+user+":x:")) {
			t.Errorf("no user %s", user)
		}
	}
	for _, path := range []string{"usr/bin/kioskd", "usr/lib/systemd/system/kioskd.service", "etc/chromium/policies/managed/kiosk.json", "etc/systemd/system/getty@.service", "usr/lib/clock-epoch", "var/lib/kiosk"} {
		exists(path, true)
	}
	for _, unit := range []string{"kioskd.service", "kiosk-browser.service", "kiosk-uplink.socket", "onestopd.service"} {
		exists("etc/systemd/system/multi-user.target.wants/"+unit, false) // nothing starts before it is set up
		exists("etc/systemd/system/sockets.target.wants/"+unit, false)
		exists("etc/systemd/system/graphical.target.wants/"+unit, false)
	}
	for _, program := range []string{"kioskd", "kioskctl", "onestopd"} {
		if out, err := exec.Command("chroot", root, program, "-h").CombinedOutput(); len(out) == 0 {
			t.Errorf("%s does not run: %v", program, err)
		}
	}

	policy := filepath.Join(root, "etc/chromium/policies/managed/kiosk.json")
	put(t, policy, []byte("{}"), 0o644)
	put(t, filepath.Join(root, "etc/kiosk/kiosk.toml"), []byte("# ours"), 0o640)
	put(t, filepath.Join(root, "var/lib/kiosk/kiosk.db"), []byte("dossiers"), 0o600)
	install(newer)
	if data, err := os.ReadFile(policy); err != nil || string(data) != "{}" {
		t.Errorf("the upgrade overwrote a changed file of /etc: %v", err)
	}
	if got := dpkg("--list", "motcua-kiosk"); !strings.Contains(got, "1.1") {
		t.Errorf("not upgraded:\n%s", got)
	}

	dpkg("--remove", "motcua-appliance", "motcua-kiosk", "motcua-office")
	for path, want := range map[string]bool{
		"usr/bin/kioskd": false, "usr/lib/systemd/system/kioskd.service": false, "etc/systemd/system/getty@.service": false,
		"etc/chromium/policies/managed/kiosk.json": true, "etc/kiosk/kiosk.toml": true, "var/lib/kiosk/kiosk.db": true,
	} {
		exists(path, want)
	}
	if out := dpkg("--purge", "motcua-appliance", "motcua-kiosk", "motcua-office"); !strings.Contains(out, "dossiers may wait there") {
		t.Errorf("purging does not say what stays:\n%s", out)
	}
	exists("etc/chromium/policies/managed/kiosk.json", false)
	exists("var/lib/kiosk/kiosk.db", true)
}

// buildDebs builds all packages of a version; their names are without it.
func buildDebs(t *testing.T, version string) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	c := exec.Command("deb/build.sh", dir)
	c.Env = append(os.Environ(), "VERSION="+version, "SOURCE_DATE_EPOCH=1790000000", "DEB_PACKED=none")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build.sh: %v\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%d packages, %v", len(files), err)
	}
	debs := map[string][]byte{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(filepath.Base(f), "_")
		debs[name+".deb"] = data
		t.Logf("%s %s: %d KB", name, version, len(data)>>10)
	}
	return debs
}
