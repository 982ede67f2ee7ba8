package systemd

import (
	"bufio"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The machine's settings: what must stand in each drop-in, and in which section.
func TestMachineSettings(t *testing.T) {
	for file, want := range map[string]struct {
		section string
		keys    map[string]string
	}{
		"system.conf.d":    {"Manager", map[string]string{"RuntimeWatchdogSec": "14", "RebootWatchdogSec": "2min", "DumpCore": "no", "DefaultLimitCORE": "0", "CtrlAltDelBurstAction": "none"}},
		"journald.conf.d":  {"Journal", map[string]string{"Storage": "persistent", "SystemMaxUse": "64M", "RuntimeMaxUse": "16M", "ForwardToWall": "no", "ForwardToConsole": "no"}},
		"logind.conf.d":    {"Login", map[string]string{"NAutoVTs": "0", "ReserveVT": "0", "IdleAction": "ignore"}},
		"timesyncd.conf.d": {"Time", map[string]string{"SaveIntervalSec": "60"}},
		"coredump.conf.d":  {"Coredump", map[string]string{"Storage": "none", "ProcessSizeMax": "0"}},
	} {
		path := filepath.Join("machine/usr/lib/systemd", file, "20-kiosk.conf")
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if !strings.Contains(string(raw), "\n["+want.section+"]\n") || strings.Count(string(raw), "\n[") != 1 {
			t.Errorf("%s has other sections than [%s]", file, want.section)
		}
		got := settings(t, path)
		for key, value := range want.keys {
			if list := got[key]; len(list) != 1 || list[0] != value {
				t.Errorf("%s: %s = %q, want %q", file, key, list, value)
			}
		}
	}
}

// Every kernel setting exists here, under the name that stands there.
func TestKernelSettings(t *testing.T) {
	const file = "machine/usr/lib/sysctl.d/70-kiosk.conf"
	got := settings(t, file)
	for key, want := range map[string]string{"kernel.core_pattern ": " |/bin/false", "fs.suid_dumpable ": " 0", "kernel.sysrq ": " 0", "kernel.yama.ptrace_scope ": " 3"} {
		if first(got[key]) != want {
			t.Errorf("%s= %q, want %q", key, got[key], want)
		}
	}
	for key := range got {
		name := filepath.Join("/proc/sys", strings.ReplaceAll(strings.TrimSpace(key), ".", "/"))
		module := strings.Contains(name, "yama") || strings.Contains(name, "ipv6") || strings.Contains(name, "kexec") || strings.Contains(name, "sysrq") // not in every kernel
		if _, err := os.Stat(name); err != nil && !module {
			t.Errorf("there is no %s", name)
		}
	}
}

func TestMachineMounts(t *testing.T) {
	bin, dir := analyze(t), machineRoot(t)
	if err := os.CopyFS(filepath.Join(dir, "etc/systemd/system"), os.DirFS("machine/etc/systemd/system")); err != nil {
		t.Fatal(err)
	}
	for _, unit := range []string{"tmp.mount", "var-tmp.mount"} {
		if out, err := exec.Command(bin, "verify", "--man=no", "--root="+dir, unit).CombinedOutput(); err != nil || strings.Contains(string(out), unit) {
			t.Errorf("%s: %v\n%s", unit, err, out)
		}
		s := settings(t, filepath.Join("machine/etc/systemd/system", unit))
		for _, option := range []string{"nosuid", "nodev", "noexec", "mode=1777"} {
			if first(s["Type"]) != "tmpfs" || !slices.Contains(strings.Split(first(s["Options"]), ","), option) {
				t.Errorf("%s: %s, %s", unit, s["Type"], s["Options"])
			}
		}
	}
}

// lines are those of a list: without comments and empty ones.
func lines(t *testing.T, path string) (list []string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			list = append(list, line)
		}
	}
	return list
}

func TestNobodyLogsIn(t *testing.T) {
	masked := lines(t, "masked")
	for _, unit := range []string{"getty@.service", "serial-getty@.service", "autovt@.service", "debug-shell.service", "rescue.service", "emergency.service", "ctrl-alt-del.target"} {
		if !slices.Contains(masked, unit) {
			t.Errorf("%s is not masked", unit)
		}
	}
}

// rule is one line of a udev file: matches, then what is set.
type rule []struct{ key, op, value string }

// rules reads a udev file as far as it decides what may be plugged in.
func rules(t *testing.T, path string) (list []rule) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var r rule
		for term := range strings.SplitSeq(line, ", ") {
			m := udevTerm.FindStringSubmatch(term)
			if m == nil {
				t.Fatalf("%q is not a term of a rule", term)
			}
			r = append(r, struct{ key, op, value string }{m[1], m[2], strings.Trim(strings.TrimPrefix(term, m[1]+m[2]), `"`)})
		}
		list = append(list, r)
	}
	return list
}

// plug gives what the rules make of an interface: its attributes are in at, and changed there.
func plug(rules []rule, at map[string]string) {
	wanted := ""
	for _, r := range rules {
		if wanted != "" && !slices.ContainsFunc(r, func(x struct{ key, op, value string }) bool { return x.key == "LABEL" && x.value == wanted }) {
			continue
		}
		wanted = ""
		for _, x := range r {
			has := slices.ContainsFunc(strings.Split(x.value, "|"), func(v string) bool { ok, _ := path.Match(v, at[x.key]); return ok })
			if x.op == "==" && !has || x.op == "!=" && has {
				break
			}
			if x.op == "=" && x.key == "GOTO" {
				wanted = x.value
			} else if x.op == "=" {
				at[x.key] = x.value
			}
		}
	}
}

// What is plugged in is let in by what it says it is; a keyboard is not.
func TestUSB(t *testing.T) {
	list := rules(t, "machine/usr/lib/udev/rules.d/69-kiosk-usb.rules")
	for name, c := range map[string]struct {
		class, sub, protocol, vendor string
		in                           bool
	}{
		"camera":                   {"0e", "01", "00", "046d", true},
		"loudspeaker":              {"01", "01", "00", "08bb", true},
		"card reader (CCID)":       {"0b", "00", "00", "072f", true},
		"card reader (own)":        {"ff", "00", "00", "072f", true},
		"printer":                  {"07", "01", "02", "04b8", true},
		"touch panel":              {"03", "00", "00", "222a", true},
		"keyboard":                 {"03", "01", "01", "413c", false},
		"stick that types":         {"03", "01", "01", "072f", false},
		"mouse":                    {"03", "01", "02", "046d", true},
		"stick":                    {"08", "06", "50", "0781", true},
		"hub":                      {"09", "00", "01", "1d6b", true},
		"PN532 on FTDI":            {"ff", "ff", "ff", "0403", true},
		"network adapter (ECM)":    {"02", "06", "00", "0bda", false},
		"network adapter (NCM)":    {"02", "0d", "00", "0bda", false},
		"telephone (RNDIS)":        {"e0", "01", "03", "18d1", false},
		"wireless adapter":         {"ff", "ff", "ff", "0bda", false},
		"Bluetooth":                {"e0", "01", "01", "0a12", false},
		"telephone (debug bridge)": {"ff", "42", "01", "18d1", false},
		"firmware upgrade":         {"fe", "01", "02", "0483", false},
	} {
		for _, before := range []string{"0", "1"} { // new, or there since before udev began
			at := map[string]string{
				"ACTION": "add", "SUBSYSTEM": "usb", "ENV{DEVTYPE}": "usb_interface", "KERNEL": "1-1:1.0", "ATTR{authorized}": before,
				"ATTR{bInterfaceClass}": c.class, "ATTR{bInterfaceSubClass}": c.sub, "ATTR{bInterfaceProtocol}": c.protocol, "ATTRS{idVendor}": c.vendor,
			}
			plug(list, at)
			if in := at["ATTR{authorized}"] == "1"; in != c.in {
				t.Errorf("%s (authorized %s): let in: %t", name, before, in)
			}
		}
	}
	hub := map[string]string{"ACTION": "add", "SUBSYSTEM": "usb", "ENV{DEVTYPE}": "usb_device", "KERNEL": "usb1"}
	if plug(list, hub); hub["ATTR{interface_authorized_default}"] != "0" {
		t.Error("new interfaces do not wait")
	}
	pad := map[string]string{
		"ACTION": "add", "SUBSYSTEM": "usb", "ENV{DEVTYPE}": "usb_interface", "ATTR{authorized}": "0",
		"ATTR{bInterfaceClass}": "03", "ATTR{bInterfaceProtocol}": "01", "ATTRS{idVendor}": "0000", "ATTRS{idProduct}": "0000",
	}
	if plug(append(rules(t, "options/keypad.rules"), list...), pad); pad["ATTR{authorized}"] != "1" {
		t.Error("a key pad that is named is refused")
	}
}
