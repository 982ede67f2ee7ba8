package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"motcua/kiosk"
)

// tree makes a machine of files: path below sys → contents.
func tree(t *testing.T, files map[string]string) Machine {
	t.Helper()
	m := Machine{Sys: t.TempDir()}
	for name, text := range files {
		path := filepath.Join(m.Sys, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// found wants a check to end with a result and a fault, and the fault to be told.
func found(t *testing.T, name string, f Finding, want Result, fault Fault) {
	t.Helper()
	if f.Result != want || f.Fault != fault {
		t.Errorf("%s: %+v, want %s %q", name, f, want, fault)
	}
	told(t, f)
}

func TestTemperature(t *testing.T) {
	const zone, firmware, core = "class/thermal/thermal_zone0/temp", "devices/platform/soc/soc:firmware/get_throttled", "devices/system/cpu/cpu1/thermal_throttle/core_throttle_count"
	for name, c := range map[string]struct {
		files map[string]string
		want  Result
		fault Fault
	}{
		"cool":        {map[string]string{zone: "48312", firmware: "0", core: "0"}, OK, ""},
		"warm":        {map[string]string{zone: "48312", "class/thermal/thermal_zone1/temp": "77000"}, Warn, FaultHot},
		"hot":         {map[string]string{zone: "86000"}, Fail, FaultHot},
		"slowed":      {map[string]string{zone: "50000", firmware: "e0000"}, Warn, FaultThrottled},
		"slowed x86":  {map[string]string{zone: "50000", core: "17"}, Warn, FaultThrottled},
		"weak supply": {map[string]string{zone: "50000", firmware: "50005"}, Warn, FaultVoltage},
		"weak sensor": {map[string]string{zone: "50000", "class/hwmon/hwmon2/in0_lcrit_alarm": "1"}, Warn, FaultVoltage},
		"not told":    {map[string]string{}, Absent, ""},
		"nonsense":    {map[string]string{zone: "999999999"}, Absent, ""},
	} {
		found(t, name, one(t, Temperature(tree(t, c.files))), c.want, c.fault)
	}
}

func TestTouch(t *testing.T) {
	screen := map[string]string{"class/input/input7/properties": "2", "class/input/input7/name": "Goodix Touch", "class/input/input1/properties": "0"}
	found(t, "there", one(t, Touch(tree(t, screen), false)), OK, "")
	mouse := map[string]string{"class/input/input1/properties": "1", "class/input/input1/name": "Mouse"}
	found(t, "a mouse", one(t, Touch(tree(t, mouse), false)), Fail, FaultTouchAbsent)
	found(t, "simulated", one(t, Touch(tree(t, nil), true)), Absent, "")
}

func TestRTC(t *testing.T) {
	now := func() time.Time { return time.Unix(1_790_000_000, 0) }
	for name, c := range map[string]struct {
		files map[string]string
		want  Result
		fault Fault
	}{
		"right":   {map[string]string{"class/rtc/rtc0/name": "rtc-pcf85063", "class/rtc/rtc0/since_epoch": "1790000003"}, OK, ""},
		"2000":    {map[string]string{"class/rtc/rtc0/name": "rtc-pcf85063", "class/rtc/rtc0/since_epoch": "946684800"}, Warn, FaultRTCBattery},
		"no time": {map[string]string{"class/rtc/rtc0/name": "rtc-pcf85063"}, Warn, FaultRTCBattery},
		"absent":  {nil, Warn, FaultRTCAbsent},
	} {
		found(t, name, one(t, RTC(tree(t, c.files), now)), c.want, c.fault)
	}
}

func TestClockSource(t *testing.T) {
	at := func() time.Time { return time.Unix(1_790_000_000, 0) }
	sync := func(s, known bool) func() (bool, bool) { return func() (bool, bool) { return s, known } }
	skew := func(d time.Duration) func() (time.Duration, bool) {
		return func() (time.Duration, bool) { return d, true }
	}
	for name, c := range map[string]struct {
		time  Time
		want  Result
		fault Fault
	}{
		"by network":   {Time{Now: at, Sync: sync(true, true), Skew: skew(time.Second)}, OK, ""},
		"free":         {Time{Now: at, Sync: sync(false, true)}, Warn, FaultClockFree},
		"not told":     {Time{Now: at, Sync: sync(false, false)}, OK, ""},
		"off the line": {Time{Now: at, Sync: sync(true, true), Skew: skew(-time.Minute)}, Warn, FaultClockDrift},
	} {
		found(t, name, one(t, Clock(c.time)), c.want, c.fault)
	}
}

func TestWear(t *testing.T) {
	block := func(files map[string]string) Machine {
		m := tree(t, files)
		for _, d := range []string{"dev/block", "devices/mmcblk0/mmcblk0p2"} {
			if err := os.MkdirAll(filepath.Join(m.Sys, d), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		part := filepath.Join(m.Sys, "devices/mmcblk0/mmcblk0p2")
		if err := errors.Join(os.WriteFile(filepath.Join(part, "partition"), []byte("2\n"), 0o600), os.Symlink(part, filepath.Join(m.Sys, "dev/block/179:2"))); err != nil {
			t.Fatal(err)
		}
		return m
	}
	const life, eol = "block/mmcblk0/device/life_time", "block/mmcblk0/device/pre_eol_info"
	for name, c := range map[string]struct {
		files map[string]string
		want  Result
		fault Fault
	}{
		"new":               {map[string]string{life: "0x01 0x02", eol: "0x01"}, OK, ""},
		"SD card":           {map[string]string{}, OK, ""},
		"nine tenths":       {map[string]string{life: "0x09 0x01", eol: "0x01"}, Warn, FaultDiskWearing},
		"warning":           {map[string]string{eol: "0x02"}, Warn, FaultDiskWearing},
		"over":              {map[string]string{life: "0x0B 0x01"}, Fail, FaultDiskWorn},
		"urgent":            {map[string]string{eol: "0x03"}, Fail, FaultDiskWorn},
		"file system error": {map[string]string{"fs/ext4/mmcblk0p2/errors_count": "4"}, Fail, FaultDiskErrors},
	} {
		found(t, name, (func() Finding { f := block(c.files).wear("179:2"); f.Name = "storage"; return f })(), c.want, c.fault)
	}
	crypt := block(map[string]string{life: "0x0A 0x01", "devices/dm-0/size": "1"})
	if err := errors.Join(os.MkdirAll(filepath.Join(crypt.Sys, "devices/dm-0/slaves"), 0o755),
		os.Symlink(filepath.Join(crypt.Sys, "devices/mmcblk0/mmcblk0p2"), filepath.Join(crypt.Sys, "devices/dm-0/slaves/mmcblk0p2")),
		os.Symlink(filepath.Join(crypt.Sys, "devices/dm-0"), filepath.Join(crypt.Sys, "dev/block/253:0"))); err != nil {
		t.Fatal(err)
	}
	if f := crypt.wear("253:0"); f.Fault != FaultDiskWearing {
		t.Errorf("below an encrypted partition: %+v", f)
	}
	if f := one(t, Storage(Machine{}, t.TempDir())); f.Result != OK {
		t.Errorf("this machine: %+v", f)
	}
}

// A file system that is mounted read-only is seen on a real mount: this process's own mount namespace.
func TestReadOnly(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mounting needs root")
	}
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_RDONLY, "size=64k"); err != nil {
		t.Skipf("no mount here: %v", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	found(t, "read-only", one(t, Storage(Machine{}, dir)), Fail, FaultDiskReadOnly)
}

func TestSight(t *testing.T) {
	look := func(s Sight, err error) Check {
		return Camera("camera", "/dev/video0", func(context.Context) (Sight, error) { return s, err })
	}
	for name, c := range map[string]struct {
		s     Sight
		want  Result
		fault Fault
	}{
		"well":      {Sight{6, 6, 120, .01}, OK, ""},
		"no frames": {Sight{}, Fail, FaultNoFrames},
		"frozen":    {Sight{6, 1, 120, .01}, Fail, FaultFrozen},
		"dark":      {Sight{6, 6, 9, 0}, Warn, FaultDark},
		"bright":    {Sight{6, 6, 240, .2}, Warn, FaultBright},
		"window":    {Sight{6, 5, 170, .6}, Warn, FaultBright},
	} {
		found(t, name, one(t, look(c.s, nil)), c.want, c.fault)
	}
}

func TestCrash(t *testing.T) {
	past := func(p Past) func(context.Context) (Past, error) {
		return func(context.Context) (Past, error) { return p, nil }
	}
	found(t, "clean", one(t, Crash(tree(t, nil), past(Past{Starts: 3}))), OK, "")
	found(t, "one power cut", one(t, Crash(tree(t, nil), past(Past{Starts: 3, Unclean: 1, Last: time.Now()}))), OK, "")
	found(t, "again and again", one(t, Crash(tree(t, nil), past(Past{Starts: 9, Unclean: 8, Last: time.Now()}))), Warn, FaultCrash)
	found(t, "kernel", one(t, Crash(tree(t, map[string]string{"fs/pstore/dmesg-ramoops-0": "x"}), past(Past{}))), Warn, FaultKernelCrash)
}

func TestAuthority(t *testing.T) {
	ends := func(d time.Duration) Check {
		return Authority(func() (*x509.Certificate, error) { return &x509.Certificate{NotAfter: time.Now().Add(d)}, nil }, time.Now)
	}
	found(t, "long", one(t, ends(365*24*time.Hour)), OK, "")
	found(t, "soon", one(t, ends(90*24*time.Hour)), Warn, FaultAuthoritySoon)
	found(t, "over", one(t, ends(-48*time.Hour)), Fail, FaultCertificate)
}

// The way to the office, fault by fault, against real TLS servers.
func TestNetwork(t *testing.T) {
	office := httptest.NewTLSServer(http.NotFoundHandler())
	defer office.Close()
	portal := httptest.NewUnstartedServer(http.NotFoundHandler())
	portal.TLS = &tls.Config{MaxVersion: tls.VersionTLS12}
	portal.StartTLS()
	defer portal.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	up := tree(t, map[string]string{"class/net/eth0/operstate": "up", "class/net/lo/operstate": "unknown"})
	down := tree(t, map[string]string{"class/net/eth0/operstate": "down", "class/net/lo/operstate": "unknown"})
	roots := x509.NewCertPool()
	roots.AddCert(office.Certificate())
	at := func(s *httptest.Server) func(context.Context, string, string) (net.Conn, error) {
		return func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
		}
	}
	refused := func(context.Context, string, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED }
	lookup := func(context.Context, string) ([]string, error) { return []string{"192.0.2.7"}, nil }
	unknown := func(context.Context, string) ([]string, error) { return nil, errors.New("no such host") }
	for name, c := range map[string]struct {
		way   Way
		want  Result
		fault Fault
	}{
		"well":              {Way{up, "https://example.com:8443", roots, lookup, at(office)}, OK, ""},
		"cable out":         {Way{down, "https://example.com", roots, lookup, at(office)}, Warn, FaultLinkDown},
		"no name":           {Way{up, "https://example.com", roots, unknown, at(office)}, Warn, FaultDNS},
		"firewall":          {Way{up, "https://example.com", roots, lookup, refused}, Warn, FaultUnreachable},
		"another authority": {Way{up, "https://example.com", x509.NewCertPool(), lookup, at(office)}, Warn, FaultPortal},
		"another name":      {Way{up, "https://office.invalid", roots, lookup, at(office)}, Warn, FaultPortal},
		"old TLS":           {Way{up, "https://example.com", roots, lookup, at(portal)}, Warn, FaultPortal},
		"log-in page":       {Way{up, "https://example.com", roots, lookup, at(plain)}, Warn, FaultPortal},
		"own office":        {Way{down, "https://127.0.0.1", roots, lookup, at(office)}, OK, ""},
	} {
		found(t, name, one(t, Network(c.way)), c.want, c.fault)
	}
}

// Every fault of the list, and every title, can be told; nothing is told that is not on the list.
func TestTold(t *testing.T) {
	for _, f := range Faults {
		if s := sentences[f]; s.text == "" || s.fix == "" {
			t.Errorf("%s has no sentence", f)
		}
	}
	for f := range sentences {
		if !slices.Contains(Faults, f) && !isCode(f) {
			t.Errorf("%s is told and on no list", f)
		}
	}
	for name, faults := range byName {
		if titles[name] == "" {
			t.Errorf("%s has no title", name)
		}
		for f := range faults {
			if _, ok := sentences[f]; !ok {
				t.Errorf("%s of %s is on no list", f, name)
			}
		}
	}
	for name, title := range titles {
		if strings.TrimSpace(title) == "" {
			t.Errorf("%s has an empty title", name)
		}
	}
}

func TestPick(t *testing.T) {
	list := []Check{{Name: "a"}, {Name: "card", Asked: true}, {Name: "b"}}
	if kept, unknown := Pick(list); len(kept) != 2 || unknown != nil {
		t.Errorf("all: %v, %v", kept, unknown)
	}
	kept, unknown := Pick(list, "b", "card", "nonsense")
	if len(kept) != 2 || kept[0].Name != "b" || kept[1].Name != "card" || !slices.Equal(unknown, []string{"nonsense"}) {
		t.Errorf("named: %v, %v", kept, unknown)
	}
}

func isCode(f Fault) bool { return slices.Contains(kiosk.Codes, kiosk.Code(f)) }
