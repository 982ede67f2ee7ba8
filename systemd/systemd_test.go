package systemd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"motcua/kiosk/config"
	"motcua/kiosk/uplink"
)

// exposure is the bar for each unit, in tenths: systemd-analyze security gives more exposure a higher number.
var exposure = map[string]int{"kioskd.service": 8, "kiosk-uplink.service": 12, "onestopd.service": 19, "kiosk-browser.service": 24}

// tools are units that run a program of systemd's for a moment, as root.
var tools = []string{"kiosk-touch.service"}

// binaries are what the units start; the test root holds empty ones.
var binaries = []string{"usr/bin/kioskd", "usr/bin/onestopd", "usr/bin/kiosk-browser", "usr/bin/systemctl", "usr/bin/cage", "usr/bin/chromium", "usr/sbin/pcscd"}

// oldest is the systemd whose "security --offline" the bars were set with (Debian 12).
const oldest = 252

func analyze(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	out, err := exec.Command(path, "--version").Output()
	if err != nil {
		t.Skipf("systemd-analyze --version: %v", err)
	}
	m := regexp.MustCompile(`^systemd ([0-9]+)`).FindSubmatch(out)
	if m == nil {
		t.Skipf("systemd-analyze tells no version: %q", out)
	}
	if v, err := strconv.Atoi(string(m[1])); err != nil || v < oldest {
		t.Skipf("systemd %s is older than %d", m[1], oldest)
	}
	return path
}

func units(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("units/*.service")
	list = slices.DeleteFunc(list, func(u string) bool { return slices.Contains(tools, filepath.Base(u)) })
	if err != nil || len(list) != len(exposure) {
		t.Fatalf("%d units, %d bars (%v)", len(list), len(exposure), err)
	}
	return list
}

// machineRoot makes a root with the host's own units, ours, and empty programs.
func machineRoot(t *testing.T) string {
	t.Helper()
	const host = "/usr/lib/systemd/system"
	if _, err := os.Stat(host); err != nil {
		t.Skip("the host has no systemd units to verify against")
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, host), withoutLinksOut{os.DirFS(host)}); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "etc/systemd/system"), os.DirFS("units")); err != nil {
		t.Fatal(err)
	}
	for _, b := range binaries {
		path := filepath.Join(dir, b)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// withoutLinksOut leaves out symbolic links (aliases of units): they point out of the copied folder.
type withoutLinksOut struct{ fs.FS }

func (w withoutLinksOut) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(w.FS, name)
	return slices.DeleteFunc(list, func(d fs.DirEntry) bool { return d.Type()&fs.ModeSymlink != 0 }), err
}

func TestUnitsLoad(t *testing.T) {
	bin, dir := analyze(t), machineRoot(t)
	all, err := filepath.Glob("units/*.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range all {
		out, err := exec.Command(bin, "verify", "--man=no", "--root="+dir, filepath.Base(u)).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", u, err, out)
			continue
		}
		for line := range strings.SplitSeq(string(out), "\n") {
			if strings.Contains(line, "/etc/systemd/system/") || strings.Contains(line, filepath.Base(u)) {
				t.Errorf("%s: %s", u, strings.TrimPrefix(line, dir))
			}
		}
	}
}

// Drop-ins that a technician may copy load with the unit they are for.
func TestOptionsLoad(t *testing.T) {
	bin, dir := analyze(t), machineRoot(t)
	files, err := filepath.Glob("options/*.conf")
	if err != nil || len(files) == 0 {
		t.Fatal("no options: ", err)
	}
	to := filepath.Join(dir, "etc/systemd/system/kioskd.service.d")
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		raw = bytes.ReplaceAll(raw, []byte("\n#Supp"), []byte("\nSupp")) // what is commented out must load too
		raw = bytes.ReplaceAll(raw, []byte("\n#Dev"), []byte("\nDev"))
		if err := os.WriteFile(filepath.Join(to, filepath.Base(f)), raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(bin, "verify", "--man=no", "--root="+dir, "kioskd.service").CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("kioskd.service.d")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// The verification itself works: a unit with a misspelt key and a missing program is found.
func TestVerifyFindsMistakes(t *testing.T) {
	bin, dir := analyze(t), machineRoot(t)
	bad := "[Service]\nExecStart=/usr/bin/nobody\nProtectSytem=strict\n"
	if err := os.WriteFile(filepath.Join(dir, "etc/systemd/system/bad.service"), []byte(bad), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(bin, "verify", "--man=no", "--root="+dir, "bad.service").CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("ProtectSytem")) {
		t.Errorf("error %v, output:\n%s", err, out)
	}
}

func TestExposure(t *testing.T) {
	bin := analyze(t)
	for _, u := range units(t) {
		bar := exposure[filepath.Base(u)]
		out, err := exec.Command(bin, "security", "--offline=yes", "--no-pager", fmt.Sprintf("--threshold=%d", bar), u).CombinedOutput()
		overall := "no overall level"
		for line := range strings.SplitSeq(string(out), "\n") {
			if strings.Contains(line, "Overall exposure level") {
				overall = strings.TrimSpace(line)
			}
		}
		t.Log(overall)
		if err != nil {
			t.Errorf("%s is above %.1f: %v\n%s", u, float64(bar)/10, err, out)
		}
	}
}

// settings reads a unit: every value of every key, continued lines joined.
func settings(t *testing.T, path string) map[string][]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string][]string{}
	for line := range strings.SplitSeq(strings.ReplaceAll(string(data), "\\\n", " "), "\n") {
		key, value, ok := strings.Cut(line, "=")
		if ok && !strings.HasPrefix(line, "#") {
			values[key] = append(values[key], value)
		}
	}
	return values
}

func TestUnitsAreWatchedAndConfined(t *testing.T) {
	k := settings(t, "units/kioskd.service")
	for key, want := range map[string]string{
		"Type": "notify", "NotifyAccess": "main", "User": "kiosk", "ProtectSystem": "strict", "LimitCORE": "0", "DevicePolicy": "closed",
		"RestrictAddressFamilies": "AF_UNIX AF_INET", "PrivateNetwork": "yes", "MemorySwapMax": "0", "StateDirectoryMode": "0700", "UMask": "0077",
	} {
		if got := k[key]; len(got) != 1 || got[0] != want {
			t.Errorf("kioskd.service %s = %q, want %q", key, got, want)
		}
	}
	if s, err := strconv.Atoi(first(k["WatchdogSec"])); err != nil || s < 5 || s > 60 {
		t.Errorf("kioskd.service WatchdogSec = %q, want 5 to 60 seconds", k["WatchdogSec"])
	}
	users := map[string]bool{}
	for _, u := range units(t) {
		s := settings(t, u)
		name := first(s["User"])
		if name == "" || name == "root" || users[name] {
			t.Errorf("%s runs as %q: every program has a user of its own", u, name)
		}
		users[name] = true
		for _, key := range []string{"NoNewPrivileges", "CapabilityBoundingSet", "LimitCORE", "ProtectSystem", "SystemCallFilter", "Restart"} {
			if _, ok := s[key]; !ok {
				t.Errorf("%s lacks %s", u, key)
			}
		}
	}
	for key, want := range map[string]string{
		"IPAddressDeny": "any", "IPAddressAllow": "localhost", "PrivateNetwork": "yes", "JoinsNamespaceOf": "kioskd.service",
		"Type": "notify", "LoadCredential": "page:/run/kiosk/page", "StartLimitIntervalSec": "0",
		"PrivateTmp": "", "PrivateIPC": "", // joined, they would be kioskd's
	} {
		if got := first(settings(t, "units/kiosk-browser.service")[key]); got != want {
			t.Errorf("kiosk-browser.service %s = %q, want %q", key, got, want)
		}
	}
}

// A point that systemd-analyze counts is one that the unit's own comment names.
func TestEveryPointIsExplained(t *testing.T) {
	bin := analyze(t)
	for _, u := range []string{"units/kioskd.service", "units/kiosk-uplink.service", "units/kiosk-browser.service"} {
		text, err := os.ReadFile(u)
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(bin, "security", "--offline=yes", "--no-pager", "--json=short", u).Output()
		if err != nil {
			t.Fatal(err)
		}
		var points []struct {
			Set      *bool   `json:"set"`
			Name     string  `json:"name"`
			Exposure *string `json:"exposure"`
		}
		if err := json.Unmarshal(out, &points); err != nil || len(points) < 50 {
			t.Fatalf("%d points, %v", len(points), err)
		}
		for _, p := range points {
			if p.Set == nil || *p.Set || p.Exposure == nil {
				continue
			}
			name := strings.TrimSuffix(strings.NewReplacer("RestrictNamespaces=~", "", "RestrictAddressFamilies=~", "", "SystemCallFilter=~", "",
				"RootDirectory=/RootImage", "RootDirectory", "AF_(INET|INET6)", "AF_INET").Replace(p.Name), "=")
			if !regexp.MustCompile(`(?m)^#   .*\b` + regexp.QuoteMeta(strings.TrimPrefix(name, "@")) + `\b`).Match(text) {
				t.Errorf("%s does not say why %s (%s) stays", u, p.Name, *p.Exposure)
			}
		}
	}
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// The port stands in three places: the configuration's default, kioskd's unit, the browser's policy. The browser itself is told.
func TestThePortIsTheSame(t *testing.T) {
	_, port, err := net.SplitHostPort(config.Default().HTTP.Listen)
	if err != nil {
		t.Fatal(err)
	}
	if got := first(settings(t, "units/kioskd.service")["SocketBindAllow"]); got != "tcp:"+port {
		t.Errorf("kioskd.service allows %q, the default port is %s", got, port)
	}
	address := "http://127.0.0.1:" + port
	if p := policy(t); first(texts(p["URLAllowlist"])) != address || first(texts(p["RestoreOnStartupURLs"])) != address+"/" {
		t.Errorf("the policy allows %v and opens %v", p["URLAllowlist"], p["RestoreOnStartupURLs"])
	}
}

func policy(t *testing.T) map[string]any {
	t.Helper()
	data, err := os.ReadFile("chromium/kiosk.json")
	if err != nil {
		t.Fatal(err)
	}
	var p map[string]any
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func texts(v any) []string {
	var out []string
	list, _ := v.([]any)
	for _, x := range list {
		s, _ := x.(string)
		out = append(out, s)
	}
	return out
}

func TestPolicyLocksTheBrowser(t *testing.T) {
	p := policy(t)
	if got := texts(p["URLBlocklist"]); !slices.Equal(got, []string{"*"}) {
		t.Errorf("URLBlocklist = %v", got)
	}
	b := settings(t, "units/kiosk-browser.service")
	if got, start := texts(p["URLAllowlist"]), "file:///run/"+first(b["RuntimeDirectory"])+"/start.html"; len(got) != 2 || got[1] != start {
		t.Errorf("URLAllowlist = %v, wanted the page and %s", got, start)
	}
	for key, want := range map[string]any{
		"DeveloperToolsAvailability": 2.0, "DownloadRestrictions": 3.0, "IncognitoModeAvailability": 2.0, "SyncDisabled": true,
		"PasswordManagerEnabled": false, "AllowFileSelectionDialogs": false, "VideoCaptureAllowed": false, "AudioCaptureAllowed": false,
		"AutofillAddressEnabled": false, "SearchSuggestEnabled": false, "PrintingEnabled": false, "MetricsReportingEnabled": false,
		"SavingBrowserHistoryDisabled": true, "DefaultWebUsbGuardSetting": 2.0, "DefaultSerialGuardSetting": 2.0, "DefaultPopupsSetting": 2.0,
	} {
		if p[key] != want {
			t.Errorf("%s = %v, want %v", key, p[key], want)
		}
	}
}

// Users and folders are made as the programs would make them, in a root of their own.
func TestUsersAndFolders(t *testing.T) {
	for _, tool := range []string{"systemd-sysusers", "systemd-tmpfiles"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	if os.Getuid() != 0 {
		t.Skip("making users' folders needs root")
	}
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	group := "video:x:44:\naudio:x:29:\nroot:x:0:\n"
	for name, text := range map[string]string{"etc/passwd": "root:x:0:0:root:/:/bin/sh\n", "etc/group": group} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(t, "systemd-sysusers", "--root="+dir, abs(t, "sysusers.d/kiosk.conf"), abs(t, "sysusers.d/onestop.conf"))
	run(t, "systemd-tmpfiles", "--root="+dir, "--create", abs(t, "tmpfiles.d/kiosk.conf"), abs(t, "tmpfiles.d/onestop.conf"))
	passwd, err := os.ReadFile(filepath.Join(dir, "etc/passwd"))
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units(t) {
		if name := first(settings(t, u)["User"]); !bytes.Contains(passwd, []byte("\n"+name+":x:")) {
			t.Errorf("%s: no user %s is made", u, name)
		}
	}
	for path, mode := range map[string]fs.FileMode{"var/lib/kiosk": 0o700, "etc/kiosk/office": 0o750, "var/lib/onestop": 0o700} {
		s, err := os.Stat(filepath.Join(dir, path))
		if err != nil || s.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, s, err)
		}
	}
}

func abs(t *testing.T, path string) string {
	t.Helper()
	a, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

var udevTerm = regexp.MustCompile(`^(SUBSYSTEM|KERNEL|ATTRS?\{[A-Za-z_]+\}|ENV\{[A-Z_]+\}|GROUP|MODE|OWNER|TAG|ACTION|GOTO|LABEL|RUN)(==|!=|=|\+=)"[^"]*"$`)

// A rule that udev cannot read is skipped without a word; so the form is checked here, and by udevadm where it can (254).
func TestUdevRules(t *testing.T) {
	for file, least := range map[string]int{"udev/70-kiosk.rules": 6, "machine/usr/lib/udev/rules.d/69-kiosk-usb.rules": 10, "options/keypad.rules": 1} {
		if n := len(rules(t, file)); n < least {
			t.Errorf("%s: %d rules", file, n)
		}
		if exec.Command("udevadm", "verify", "--help").Run() == nil {
			run(t, "udevadm", "verify", "--no-summary", abs(t, file))
		}
	}
}

// The uplink's user is the one that the packet filter lets out, group kiosk may ask it, and nobody of the kiosk's own has a network.
func TestOnlyTheUplinkHasANetwork(t *testing.T) {
	for unit, private := range map[string]string{"kioskd.service": "yes", "kiosk-browser.service": "yes", "kiosk-uplink.service": ""} {
		if got := first(settings(t, "units/"+unit)["PrivateNetwork"]); got != private {
			t.Errorf("%s PrivateNetwork = %q, want %q", unit, got, private)
		}
	}
	if s := settings(t, "units/kiosk-browser.service"); first(s["JoinsNamespaceOf"]) != "kioskd.service" || s["PrivateTmp"] != nil {
		t.Error("the browser is not on kioskd's loopback, or shares its temporary files")
	}
	s := settings(t, "units/kiosk-uplink.socket")
	if first(s["ListenStream"]) != config.Default().Uplink.Socket || first(s["SocketGroup"]) != "kiosk" || first(s["SocketMode"]) != "0660" {
		t.Errorf("the socket is %v", s)
	}
	if dir := filepath.Dir(uplink.AllowFile); !strings.Contains(text(t, "tmpfiles.d/kiosk.conf"), dir+" ") || strings.HasPrefix(dir, "/etc/kiosk/") {
		t.Errorf("no folder %s is made, or the uplink may not read it", dir)
	}
	var out []string
	for line := range strings.SplitSeq(text(t, "nftables/kiosk.nft"), "\n") {
		if strings.Contains(line, "skuid") && strings.Contains(line, "tcp jump") {
			out = append(out, strings.TrimSpace(line))
		}
	}
	user := first(settings(t, "units/kiosk-uplink.service")["User"])
	if want := []string{fmt.Sprintf("meta skuid %q meta l4proto tcp jump uplink", user)}; !slices.Equal(out, want) {
		t.Errorf("out go %q", out)
	}
}

// The packet filter is one that the kernel takes, with the users of sysusers.d.
func TestPacketFilter(t *testing.T) {
	if _, err := exec.LookPath("nft"); err != nil || os.Getuid() != 0 {
		t.Skip("nft is not installed, or this is not root")
	}
	made := map[string]bool{"root": true}
	for line := range strings.SplitSeq(text(t, "sysusers.d/kiosk.conf"), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "u" {
			made[f[1]] = true
		}
	}
	rules := regexp.MustCompile(`"(root|kiosk[a-z-]*|systemd-[a-z]+)"`).ReplaceAllStringFunc(text(t, "nftables/kiosk.nft"), func(name string) string {
		if !made[strings.Trim(name, `"`)] {
			t.Errorf("no user %s is made: the filter would not load", name)
		}
		return strconv.Itoa(40000 + len(name)) // the users are not on this machine
	})
	file := filepath.Join(t.TempDir(), "kiosk.nft")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	// In a network namespace of its own, so that nothing of this machine changes.
	out, err := exec.Command("unshare", "--net", "sh", "-c", "nft -f "+file+" && nft list ruleset").CombinedOutput()
	if err != nil && (bytes.Contains(out, []byte("not permitted")) || bytes.Contains(out, []byte("not supported"))) {
		t.Skipf("%s", out)
	}
	if err != nil || bytes.Count(out, []byte("policy drop")) != 3 {
		t.Errorf("%v\n%s", err, out)
	}
}

func text(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
