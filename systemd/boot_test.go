package systemd

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

var boot = flag.Bool("boot", false, "boot a systemd in a container and run the units there (root, systemd-nspawn, build/)")

// bootConfig is the kiosk of the boot test: real device kinds, none of them there, but for a sound device that swallows all.
const bootConfig = `[kiosk]
name = "demo-01"
commune = "Phường Thí Điểm"
hotline = "1900 0000"
[data]
min_free_mb = 1
[models]
dir = "/usr/share/kiosk/models"
`

// noScreen takes from a unit what a container has none of: a display, a terminal, and logind's session for them. The sandbox stays.
const noScreen = `[Unit]
ConditionPathExists=
[Service]
PAMName=
TTYPath=
TTYReset=no
TTYVHangup=no
TTYVTDisallocate=no
StandardInput=null
UtmpIdentifier=
TimeoutStartSec=180
`

// cage stands for the compositor, which needs a display: it starts the browser as it was told to, without a window.
const cage = `#!/bin/sh
shift 2
exec "$@" --headless=new --ozone-platform=headless --disable-gpu
`

// report is what looks at the units from outside, freezes them one by one, and ends the machine.
const report = `#!/bin/sh
show() { systemctl show -P "$2" "$1"; }
# until SECONDS COMMAND...: how many seconds it took until the command succeeded; "never" otherwise.
until_ok() {
	most=$1; shift; from=$(date +%s)
	while ! "$@"; do
		if [ $(($(date +%s) - from)) -ge "$most" ]; then echo never; return; fi
		sleep 0.5
	done
	echo $(($(date +%s) - from))
}
active() { systemctl -q is-active "$1"; }
paints() { nsenter -t "$(show kioskd MainPID)" -n wget -qO- -T 3 --header "Cookie: kiosk=$(sed 's/.*k=//' /run/kiosk/page)" http://127.0.0.1:8080/painted; }
painted_since() { now=$(paints) && [ "$now" -gt "$1" ]; }
silent() { journalctl -b -u kiosk-browser --no-pager -o cat | grep -q 'has not been painted'; }
restarted() { [ "$(show "$1" NRestarts)" -gt "$2" ] && active "$1"; }

echo "browser_ready=$(until_ok 240 active kiosk-browser)"
for u in kioskd kiosk-uplink kiosk-browser; do
	echo "state_$u=$(systemctl is-active $u)"
	grep -E '^(Uid|CapEff|Seccomp|NoNewPrivs):' "/proc/$(show $u MainPID)/status" | tr -s '\t ' ' ' | sed "s/^/status_$u=/"
done
pid=$(show kioskd MainPID)
echo "page_with_token=$(nsenter -t "$pid" -n wget -qO- -T 10 "$(cat /run/kiosk/page)" | grep -c 'http-equiv="refresh"')"
echo "page_bare=$(nsenter -t "$pid" -n wget -O- -T 10 http://127.0.0.1:8080/ 2>&1 | grep -c '403 Forbidden')"
echo "page_from_machine=$(wget -O- -t 1 -T 10 http://127.0.0.1:8080/ 2>&1 | grep -c 'Connection refused')"
sed 's/.*k=//' /run/kiosk/page > /run/token # not on a command line here either
echo "token_on_command_lines=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' | grep -cF -f /run/token)"

ip address add 192.0.2.1/32 dev lo
/usr/bin/probe listen & sleep 1
for u in kioskd kiosk-uplink kiosk-browser; do systemctl start $u-probe || echo "probe_$u=failed"; done

KIOSK_MODELS= kioskctl doctor -json > /var/doctor.json
echo "watchdog=$(systemctl show -P RuntimeWatchdogUSec)"
echo "terminals=$(busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager NAutoVTs)"
echo "getty=$(systemctl is-enabled getty@tty1.service)"
echo "tmp=$(findmnt -no FSTYPE,OPTIONS /var/tmp)"
echo "not_understood=$(journalctl -b --no-pager -o cat | grep -cE 'Unknown (key|section|lvalue)|Failed to parse')"

pkill -STOP -u kiosk-browser -f -- --type=renderer
begun=$(date +%s)
echo "white_screen_seen=$(until_ok 90 silent)"
until_ok 90 restarted kiosk-browser 0 >/dev/null
echo "white_screen_cured=$(($(date +%s) - begun))"

token=$(cat /run/kiosk/page); browser=$(show kiosk-browser MainPID)
kill -STOP "$(show kioskd MainPID)"
echo "frozen_restarted=$(until_ok 90 restarted kioskd 0)"
echo "frozen_result=$(journalctl -b -u kioskd --no-pager -o cat | grep -c 'Watchdog timeout')"
echo "token_kept=$([ "$token" = "$(cat /run/kiosk/page)" ] && echo yes)"
echo "page_goes_on=$(until_ok 60 painted_since 1)"
echo "browser_kept=$([ "$browser" = "$(show kiosk-browser MainPID)" ] && echo yes)"
journalctl -b --no-pager -o short-monotonic -u kioskd -u kiosk-browser -u kiosk-uplink
systemctl poweroff
`

const reporter = `[Unit]
After=kioskd.service
[Service]
ExecStart=/usr/bin/report
StandardOutput=file:/var/report.txt
StandardError=inherit
[Install]
WantedBy=multi-user.target
`

// TestBoot boots the units as they are, under a true systemd, with kioskd's real OpenCV and SQLite and a real Chromium.
func TestBoot(t *testing.T) {
	if !*boot {
		t.Skip("takes two minutes and needs root: make units-test")
	}
	if _, err := exec.LookPath("systemd-nspawn"); err != nil || os.Getuid() != 0 {
		t.Skip("booting the units needs root and systemd-nspawn (Debian: systemd-container)")
	}
	root := overlay(t)
	install(t, root)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "systemd-nspawn", "-D", root, "--boot", "--register=no", "--keep-unit", "--private-network", "--console=read-only")
	c.Env = append(os.Environ(), "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1")
	out, runErr := c.CombinedOutput()
	raw, err := os.ReadFile(filepath.Join(root, "var/report.txt"))
	if err != nil {
		t.Fatalf("no report: %v (%v)\n%s", err, runErr, tail(out, 3000))
	}
	t.Logf("\n%s", raw)
	said := map[string][]string{}
	for line := range strings.Lines(string(raw)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			said[key] = append(said[key], value)
		}
	}
	for key, want := range map[string]string{
		"state_kioskd": "active", "state_kiosk-uplink": "active", "state_kiosk-browser": "active",
		"page_with_token": "1", "page_bare": "1", "page_from_machine": "1", "token_on_command_lines": "0",
		"watchdog": "14s", "terminals": "u 0", "getty": "masked", "not_understood": "0",
		"token_kept": "yes", "browser_kept": "yes", "frozen_result": "1",
	} {
		if got := strings.Join(said[key], " "); got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
	for key, most := range map[string]int{"browser_ready": 240, "white_screen_seen": 16, "white_screen_cured": 45, "frozen_restarted": 40, "page_goes_on": 40} {
		if n, err := strconv.Atoi(first(said[key])); err != nil || n > most {
			t.Errorf("%s = %q seconds, want at most %d", key, said[key], most)
		}
	}
	if tmp := first(said["tmp"]); !strings.HasPrefix(tmp, "tmpfs") || !strings.Contains(tmp, "noexec") {
		t.Errorf("/var/tmp is %q", tmp)
	}
	for _, unit := range []string{"kioskd", "kiosk-uplink", "kiosk-browser"} {
		status := strings.Join(said["status_"+unit], ", ")
		if !strings.Contains(status, "CapEff: 0000000000000000") || !strings.Contains(status, "Seccomp: 2") || !strings.Contains(status, "NoNewPrivs: 1") || strings.Contains(status, "Uid: 0 ") {
			t.Errorf("%s runs with %s", unit, status)
		}
		checkProbe(t, root, unit)
	}
	checkParts(t, raw)
	checkDoctor(t, root)
}

// mayDo is what each sandbox lets through; everything else that the probe tries must be denied. Device nodes and addresses that
// only cgroup filters deny are not tried: a container has none of these filters.
var mayDo = map[string][]string{
	"kioskd":        {"write-state", "write-runtime", "read-database", "read-page-token", "read-device-key", "page", "pcscd", "uplink", "dbus"},
	"kiosk-uplink":  {"machine-loopback", "machine-network", "dbus"},
	"kiosk-browser": {"write-runtime", "page", "dbus", "exec-sh", "netlink", "user-namespace", "write-and-execute"},
}

func checkProbe(t *testing.T, root, unit string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "var/probe-"+unit+".txt"))
	if err != nil {
		t.Errorf("%s: the probe said nothing: %v", unit, err)
		return
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	if len(lines) < 40 {
		t.Errorf("%s: %d tries", unit, len(lines))
	}
	denied := 0
	for _, line := range lines {
		what, how, _ := strings.Cut(line, ": ")
		switch may := slices.Contains(mayDo[unit], what); {
		case may && how != "allowed":
			t.Errorf("%s may %s, but: %s", unit, what, how)
		case !may && how == "allowed":
			t.Errorf("%s: %s is allowed", unit, what)
		case !may:
			denied++
		}
	}
	t.Logf("%s: %d of %d tries denied\n%s", unit, denied, len(lines), raw)
}

// checkParts wants OpenCV's process and the voice's to have come up in the sandbox, and what is not there to be told so.
func checkParts(t *testing.T, log []byte) {
	t.Helper()
	for part, want := range map[string]bool{"vision": haveModels(), "voice": haveClips()} {
		if ready := bytes.Contains(log, []byte("msg=part.ready part="+part)); ready != want {
			t.Errorf("part %s: ready %t, want %t", part, ready, want)
		}
	}
}

// notThere are the checks that must fail in a container: it has none of these devices.
var notThere = []string{"reader", "camera", "paper_camera", "printer", "touch"}

func checkDoctor(t *testing.T, root string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "var/doctor.json"))
	if err != nil {
		t.Error(err)
		return
	}
	var rep struct {
		Checks []struct{ Name, Result, Text string }
	}
	if err := json.Unmarshal(raw, &rep); err != nil || len(rep.Checks) < 15 {
		t.Errorf("doctor: %v\n%s", err, raw)
	}
	for _, c := range rep.Checks {
		t.Logf("doctor: %-6s %s: %s", c.Result, c.Name, c.Text)
		if c.Result == "fail" && !slices.Contains(notThere, c.Name) && (c.Name != "models" || haveModels()) {
			t.Errorf("doctor: %s: %s", c.Name, c.Text)
		}
	}
}

const (
	modelsFrom = "../../shared/data/models"
	clipsFrom  = "../build/clips"
)

func haveModels() bool {
	_, err := os.Stat(filepath.Join(modelsFrom, "MANIFEST.json"))
	return err == nil
}
func haveClips() bool { list, _ := os.ReadDir(clipsFrom); return len(list) > 0 }

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

// install puts programs, units, machine settings, users and a fresh kiosk's keys into the root.
func install(t *testing.T, root string) {
	t.Helper()
	build := abs(t, "../build")
	for _, p := range []string{"kioskd", "kiosk-browser", "kioskctl", "onestopd"} {
		copyFile(t, filepath.Join(build, p), filepath.Join(root, "usr/bin", p), 0o755)
	}
	probe := filepath.Join(t.TempDir(), "probe")
	c := exec.Command("go", "build", "-o", probe, "./testdata/probe")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build the probe: %v\n%s", err, out)
	}
	copyFile(t, probe, filepath.Join(root, "usr/bin/probe"), 0o755)
	put(t, filepath.Join(root, "usr/bin/cage"), []byte(cage), 0o755)
	put(t, filepath.Join(root, "usr/bin/report"), []byte(report), 0o755)
	put(t, filepath.Join(root, "etc/asound.conf"), []byte("pcm.!default { type null }\nctl.!default { type null }\n"), 0o644)

	system := filepath.Join(root, "etc/systemd/system")
	for _, f := range []struct{ from, to string }{
		{"units", "etc/systemd/system"}, {"machine", ""}, {"sysusers.d", "usr/lib/sysusers.d"}, {"tmpfiles.d", "usr/lib/tmpfiles.d"},
		{"chromium", "etc/chromium/policies/managed"}, {"polkit", "usr/share/polkit-1/rules.d"},
	} {
		copyDir(t, f.from, filepath.Join(root, f.to))
	}
	for _, unit := range append(lines(t, "masked"), "postgresql.service", "onestopd.service") {
		link(t, "/dev/null", filepath.Join(system, unit))
	}
	put(t, filepath.Join(system, "report.service"), []byte(reporter), 0o644)
	put(t, filepath.Join(system, "kiosk-browser.service.d/no-screen.conf"), []byte(noScreen), 0o644)
	for _, unit := range []string{"kioskd", "kiosk-uplink", "kiosk-browser"} {
		putProbe(t, system, unit)
	}
	for wants, units := range map[string][]string{
		"multi-user.target.wants": {"kioskd.service", "kiosk-uplink.service", "kiosk-browser.service", "report.service"},
		"sockets.target.wants":    {"kiosk-uplink.socket"}, "local-fs.target.wants": {"tmp.mount", "var-tmp.mount"},
	} {
		for _, u := range units {
			link(t, "/etc/systemd/system/"+u, filepath.Join(system, wants, u))
		}
	}
	link(t, "/usr/lib/systemd/system/multi-user.target", filepath.Join(system, "default.target"))

	keys := filepath.Join(t.TempDir(), "demo")
	run(t, filepath.Join(build, "kioskctl"), "demo", "-setup-only", "-dir", keys)
	put(t, filepath.Join(root, "etc/kiosk/kiosk.toml"), []byte(bootConfig), 0o644)
	copyDir(t, filepath.Join(keys, "kiosk/office"), filepath.Join(root, "etc/kiosk/office"))
	copyDir(t, filepath.Join(keys, "kiosk/trust"), filepath.Join(root, "etc/kiosk/trust"))
	if haveModels() {
		copyDir(t, modelsFrom, filepath.Join(root, "usr/share/kiosk/models"))
	}
	if haveClips() {
		copyDir(t, clipsFrom, filepath.Join(root, "usr/share/kiosk/clips"))
	}
	run(t, "systemd-sysusers", "--root="+root, filepath.Join(root, "usr/lib/sysusers.d/kiosk.conf"))
	run(t, "chroot", root, "chown", "-R", "root:kiosk", "/etc/kiosk")
	run(t, "chroot", root, "chmod", "-R", "g+rX,o-rwx", "/etc/kiosk")
	put(t, filepath.Join(root, "etc/machine-id"), nil, 0o444)
}

// putProbe makes the unit that runs the probe in the sandbox of another: that unit, but for what it starts. The probe stands in
// the program's place, because the sandbox lets nothing else be executed.
func putProbe(t *testing.T, system, unit string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("units", unit+".service"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(raw), "\\\n", " ")
	program := regexp.MustCompile(`(?m)^ExecStart=(\S+)`).FindStringSubmatch(text)[1]
	text = regexp.MustCompile(`(?m)^(ExecStart|Type|NotifyAccess|WatchdogSec|WatchdogSignal|Restart|RestartSec|Requires|Wants|Conflicts|ConditionPathExists|StandardOutput|StandardError|WantedBy)=.*$`).ReplaceAllString(text, "")
	if !strings.Contains(text, "JoinsNamespaceOf=") && strings.Contains(text, "PrivateNetwork=yes") {
		text = strings.Replace(text, "[Unit]", "[Unit]\nJoinsNamespaceOf=kioskd.service", 1)
	}
	text = strings.Replace(text, "[Service]", "[Service]\nType=oneshot\nExecStart="+program+"\nBindReadOnlyPaths=/usr/bin/probe:"+program+
		"\nStandardOutput=file:/var/probe-"+unit+".txt\nStandardError=journal\nRuntimeDirectoryPreserve=yes", 1)
	put(t, filepath.Join(system, unit+"-probe.service"), []byte(text), 0o644)
	if unit == "kiosk-browser" {
		put(t, filepath.Join(system, unit+"-probe.service.d/no-screen.conf"), []byte(noScreen), 0o644)
	}
}

func copyFile(t *testing.T, from, to string, mode os.FileMode) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal("make build first: ", err)
	}
	put(t, to, data, mode)
}

// copyDir copies files with their modes into a folder that may be there.
func copyDir(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, "cp", "-r", "--no-target-directory", from, to)
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
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}
