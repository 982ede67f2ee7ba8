package systemd

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

var boot = flag.Bool("boot", false, "boot a systemd in a container and run kioskd in its unit there (root, systemd-nspawn, build/)")

// bootConfig is the kiosk of the boot test: real device kinds, none of them there.
const bootConfig = `[kiosk]
name = "demo-01"
commune = "Phường Thí Điểm"
hotline = "1900 0000"
[data]
min_free_mb = 1
`

// reporter looks at kioskd from outside, freezes it, waits for the watchdog, and ends the machine.
const reporter = `[Unit]
After=kioskd.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'pid=$$(systemctl show -P MainPID kioskd); \
 echo state1=$$(systemctl is-active kioskd); grep -E "^(Uid|CapEff|Seccomp|NoNewPrivs):" /proc/$$pid/status; \
 echo page=$$(nsenter -t $$pid -n wget -qO- -T 10 http://127.0.0.1:8080/ | grep -c "<html lang=.vi."); \
 kill -STOP $$pid; sleep 35; echo state2=$$(systemctl is-active kioskd); \
 echo restarts=$$(systemctl show -P NRestarts kioskd); systemctl show -P Result kioskd; \
 journalctl --no-pager -o cat -u kioskd; systemctl poweroff'
StandardOutput=file:/var/report.txt
StandardError=inherit
[Install]
WantedBy=multi-user.target
`

func TestBoot(t *testing.T) {
	if !*boot {
		t.Skip("takes a minute and needs root: run with -boot")
	}
	root := overlay(t)
	install(t, root)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "systemd-nspawn", "-D", root, "--boot", "--register=no", "--keep-unit", "--private-network", "--console=read-only")
	c.Env = append(os.Environ(), "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1")
	out, runErr := c.CombinedOutput()
	report, err := os.ReadFile(filepath.Join(root, "var/report.txt"))
	if err != nil {
		t.Fatalf("no report: %v (%v)\n%s", err, runErr, tail(out, 3000))
	}
	t.Logf("\n%s", report)
	for _, want := range []string{"state1=active", "page=1", "state2=active", "CapEff:\t0000000000000000", "Seccomp:\t2", "NoNewPrivs:\t1"} {
		if !bytes.Contains(report, []byte(want)) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if bytes.Contains(report, []byte("Uid:\t0")) {
		t.Error("kioskd runs as root")
	}
	_, after, _ := strings.Cut(string(report), "restarts=")
	if n, err := strconv.Atoi(strings.SplitN(after, "\n", 2)[0]); err != nil || n < 1 {
		t.Errorf("the watchdog did not start kioskd again (%q)", strings.SplitN(after, "\n", 2)[0])
	}
}

func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }

// overlay gives the host's root with everything written to memory.
func overlay(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"mem", "root"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mem, top := filepath.Join(dir, "mem"), filepath.Join(dir, "root")
	mount := func(source, target, kind, data string) {
		if err := syscall.Mount(source, target, kind, 0, data); err != nil {
			t.Skipf("mount %s: %v", kind, err)
		}
		t.Cleanup(func() {
			if err := syscall.Unmount(target, syscall.MNT_DETACH); err != nil {
				t.Errorf("unmount %s: %v", target, err)
			}
		})
	}
	mount("tmpfs", mem, "tmpfs", "mode=755")
	for _, d := range []string{"upper", "work"} {
		if err := os.Mkdir(filepath.Join(mem, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mount("overlay", top, "overlay", "lowerdir=/,upperdir="+filepath.Join(mem, "upper")+",workdir="+filepath.Join(mem, "work"))
	return top
}

// install puts programs, units, users and a fresh kiosk's keys into the root.
func install(t *testing.T, root string) {
	t.Helper()
	build := abs(t, "../build")
	for _, p := range []string{"kioskd", "kioskctl", "onestopd"} {
		data, err := os.ReadFile(filepath.Join(build, p))
		if err != nil {
			t.Skip("make build first: ", err)
		}
		put(t, filepath.Join(root, "usr/bin", p), data, 0o755)
	}
	keys := filepath.Join(t.TempDir(), "demo")
	run(t, filepath.Join(build, "kioskctl"), "demo", "-setup-only", "-dir", keys)
	system := filepath.Join(root, "etc/systemd/system")
	for _, f := range []string{"kioskd.service", "kiosk-uplink.service", "kiosk-uplink.socket", "pcscd.service.d/kiosk.conf"} {
		data, err := os.ReadFile(filepath.Join("units", f))
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(system, f), data, 0o644)
	}
	put(t, filepath.Join(system, "report.service"), []byte(reporter), 0o644)
	for _, u := range []string{"kioskd.service", "report.service"} {
		wants := filepath.Join(system, "multi-user.target.wants")
		if err := os.MkdirAll(wants, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/etc/systemd/system/"+u, filepath.Join(wants, u)); err != nil {
			t.Fatal(err)
		}
	}
	link(t, "/usr/lib/systemd/system/multi-user.target", filepath.Join(system, "default.target"))
	put(t, filepath.Join(root, "etc/kiosk/kiosk.toml"), []byte(bootConfig), 0o644)
	for _, d := range []string{"office", "trust"} {
		if err := os.CopyFS(filepath.Join(root, "etc/kiosk", d), os.DirFS(filepath.Join(keys, "kiosk", d))); err != nil {
			t.Fatal(err)
		}
	}
	for dst, src := range map[string]string{"usr/lib/sysusers.d/kiosk.conf": "sysusers.d/kiosk.conf", "usr/lib/tmpfiles.d/kiosk.conf": "tmpfiles.d/kiosk.conf"} {
		data, err := os.ReadFile(src)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(root, dst), data, 0o644)
	}
	run(t, "systemd-sysusers", "--root="+root, filepath.Join(root, "usr/lib/sysusers.d/kiosk.conf"))
	run(t, "chroot", root, "chown", "-R", "root:kiosk", "/etc/kiosk")
	run(t, "chroot", root, "chmod", "-R", "g+rX,o-rwx", "/etc/kiosk")
	put(t, filepath.Join(root, "etc/machine-id"), nil, 0o444)
}

func put(t *testing.T, path string, data []byte, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}
