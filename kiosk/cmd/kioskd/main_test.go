package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/kiosk/config"
	"motcua/kiosk/daemon"
	"motcua/kiosk/provision"
)

// cast is made once, because drawing faces takes a while; every test gets a copy.
var cast = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "kiosk-cast-")
	if err != nil {
		return "", err
	}
	return dir, daemon.SetUpCast(filepath.Join(dir, "sim"), filepath.Join(dir, "trust"), func(string) {})
})

// TestMain runs the tests, or, started again by the daemon under test, one of its processes.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == daemon.VisionCommand || os.Args[1] == daemon.UplinkCommand) {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
	}
	code := m.Run()
	if dir, err := cast(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// kioskDir makes the folder of an enrolled simulated kiosk and gives its kiosk.toml as text, to be changed and written.
func kioskDir(t *testing.T) (dir, text string) {
	t.Helper()
	dir = t.TempDir()
	made, err := cast()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, os.DirFS(made)); err != nil {
		t.Fatal(err)
	}
	keys, err := provision.NewOfficeKeys("Một cửa", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	office := keys.Office("Một cửa", "https://127.0.0.1:9", "1900 0000", "http://127.0.0.1:9/tra-cuu/")
	self, err := provision.GenerateIdentity("test-01")
	if err != nil {
		t.Fatal(err)
	}
	csr, err := self.CSR()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := provision.IssueDevice(keys.CA, csr, "test-01")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := provision.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{
		func() error { return self.SetCertificate(cert) },
		func() error { return self.Save(filepath.Join(dir, "office")) },
		func() error { return office.Save(filepath.Join(dir, "office")) },
		func() error {
			return daemon.SetUpCast(filepath.Join(dir, "sim"), filepath.Join(dir, "trust"), func(string) {})
		},
		func() error { return os.Mkdir(filepath.Join(dir, "data"), 0o700) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	text = config.Sample()
	for _, r := range [][2]string{
		{`name = ""`, `name = "test-01"`}, {`commune = ""`, `commune = "Một cửa"`}, {`hotline = ""`, `hotline = "1900 0000"`},
		{`listen = "127.0.0.1:8080"`, `listen = "127.0.0.1:0"`}, {`dir = "/var/lib/kiosk"`, `dir = "data"`},
		{`kind = "pcsc"`, `kind = "sim"`}, {`"/etc/kiosk/trust"`, `"trust"`}, {`"/dev/video0"`, `"sim"`},
		{`"/dev/video2"`, `"sim"`}, {`"/etc/kiosk/office"`, `"office"`}, {`"/run/kiosk-uplink/uplink.sock"`, `""`}, {`enabled = true`, `enabled = false`},
	} {
		if !strings.Contains(text, r[0]) {
			t.Fatalf("the sample has no %s", r[0])
		}
		text = strings.Replace(text, r[0], r[1], 1)
	}
	return dir, text
}

// start runs kioskd with a configuration until it prints that it is ready and has logged every text of until, or ends.
func start(t *testing.T, dir, text string, until ...string) (code int, stdout, stderr string) {
	t.Helper()
	file := filepath.Join(dir, "kiosk.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	w := &watched{until: until, enough: cancel}
	code = run(ctx, []string{"-config", file, "-sim", "-dock", "127.0.0.1:0"}, stream{w, &w.out}, stream{w, &w.log})
	w.mu.Lock()
	defer w.mu.Unlock()
	return code, w.out.String(), w.log.String()
}

// watched stops the daemon once it has told where it is and has logged what is waited for.
type watched struct {
	mu       sync.Mutex
	out, log bytes.Buffer
	until    []string
	enough   func()
}

// stream is one of a daemon's two outputs.
type stream struct {
	w  *watched
	to *bytes.Buffer
}

func (s stream) Write(p []byte) (int, error) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	n, err := s.to.Write(p)
	all := strings.Contains(s.w.out.String(), "dock ")
	for _, text := range s.w.until {
		all = all && strings.Contains(s.w.log.String(), text)
	}
	if all {
		s.w.enough()
	}
	return n, err
}

// TestBadInput: each fault is one sentence on the last line of standard error that says what to do, and exit code 3.
func TestBadInput(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for name, c := range map[string]struct {
		change func(dir, text string) string
		want   []string
	}{
		"unknown key": {
			func(_, s string) string { return strings.Replace(s, "rotate = 0", "rotatee = 0", 1) },
			[]string{"config_invalid", "rotatee"},
		},
		"impossible value": {
			func(_, s string) string { return strings.Replace(s, "rotate = 0", "rotate = 45", 1) },
			[]string{"config_invalid", "rotate"},
		},
		"port in use": {
			func(_, s string) string { return strings.Replace(s, "127.0.0.1:0", taken.Addr().String(), 1) },
			[]string{"port_in_use", taken.Addr().String(), "stop the other program"},
		},
		"not on this machine alone": {
			func(_, s string) string { return strings.Replace(s, "127.0.0.1:0", "0.0.0.0:0", 1) },
			[]string{"config_invalid", "listen"},
		},
		"not enrolled": {
			func(dir, s string) string {
				if err := os.Remove(filepath.Join(dir, "office", "device.key")); err != nil {
					t.Fatal(err)
				}
				return s
			},
			[]string{"key_missing", "device.key"},
		},
		"another kiosk's certificate": {
			func(_, s string) string { return strings.Replace(s, `name = "test-01"`, `name = "test-02"`, 1) },
			[]string{"config_invalid", "test-02", "test-01", "enrol"},
		},
		"broken catalogue": {
			func(dir, s string) string {
				if err := os.WriteFile(filepath.Join(dir, "cat.json"), []byte(`{"procedures": [`), 0o600); err != nil {
					t.Fatal(err)
				}
				return strings.Replace(s, `file = ""`, `file = "cat.json"`, 1)
			},
			[]string{"catalogue_invalid", "cat.json"},
		},
		"no cast": {
			func(dir, s string) string {
				if err := os.RemoveAll(filepath.Join(dir, "sim")); err != nil {
					t.Fatal(err)
				}
				return s
			},
			[]string{"key_missing", "kioskctl demo"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, text := kioskDir(t)
			code, _, stderr := start(t, dir, c.change(dir, text))
			if code != exitFault {
				t.Errorf("exit code %d, want %d", code, exitFault)
			}
			lines := strings.Split(strings.TrimSpace(stderr), "\n")
			last := lines[len(lines)-1]
			for _, w := range append(c.want, "kioskd: ") {
				if !strings.Contains(last, w) {
					t.Errorf("the last line does not say %q:\n%s", w, last)
				}
			}
			if n := strings.Count(stderr, "kioskd: "); n != 1 {
				t.Errorf("%d sentences, want one", n)
			}
		})
	}
}

// TestParts: what is missing without harm is logged as absent, and the kiosk runs.
func TestParts(t *testing.T) {
	dir, text := kioskDir(t)
	t.Setenv("KIOSK_MODELS", t.TempDir())
	text = strings.Replace(text, `face = "sim"`, `face = "/dev/video99"`, 1)
	text = strings.Replace(text, `dir = "trust"`, `dir = "nowhere"`, 1)
	text = strings.Replace(text, "kind = \"sim\"", "kind = \"pcsc\"", 1)
	text = strings.Replace(text, "name = \"\"\n", "name = \"no such reader\"\n", 1)
	wanted := []string{"part=models code=model_missing", "part=camera code=camera_missing", "part=reader code=reader_missing"}
	code, stdout, stderr := start(t, dir, text, wanted...)
	if code != 0 || !strings.Contains(stdout, "kiosk  http://127.0.0.1:") {
		t.Fatalf("exit code %d: %s\n%s", code, stdout, stderr)
	}
	for _, want := range wanted {
		if !strings.Contains(stderr, want) {
			t.Errorf("the log does not tell %q:\n%s", want, stderr)
		}
	}
}

func TestUsage(t *testing.T) {
	var out, complaint bytes.Buffer
	if code := run(t.Context(), []string{"-version"}, &out, &complaint); code != 0 || strings.TrimSpace(out.String()) != version {
		t.Errorf("-version: %d %q", code, out.String())
	}
	if code := run(t.Context(), []string{"extra"}, &out, &complaint); code != exitFault || !strings.Contains(complaint.String(), "extra") {
		t.Errorf("an extra argument: %d %q", code, complaint.String())
	}
	if code := run(t.Context(), []string{"-h"}, &out, &complaint); code != 0 {
		t.Errorf("-h: %d", code)
	}
	complaint.Reset()
	if code := run(t.Context(), []string{"-sim", "-config", "/nowhere/kiosk.toml"}, &out, &complaint); code != exitFault || !strings.Contains(complaint.String(), "kioskctl demo") {
		t.Errorf("no file: %d %q", code, complaint.String())
	}
}

// The page's token is made once a boot, lies where only kioskd reads it, and lets in what has it and nobody else.
func TestPageTokenOutlivesARestart(t *testing.T) {
	dir, text := kioskDir(t)
	run := t.TempDir()
	t.Setenv("RUNTIME_DIRECTORY", run)
	var tokens []string
	for range 2 {
		code, stdout, stderr := start(t, dir, text)
		_, after, ok := strings.Cut(stdout, "/?k=")
		if code != 0 || !ok {
			t.Fatalf("exit code %d: %s\n%s", code, stdout, stderr)
		}
		token, _, _ := strings.Cut(after, "\n")
		tokens = append(tokens, token)
	}
	if tokens[0] != tokens[1] || len(tokens[0]) < 26 {
		t.Errorf("tokens of %d and %d letters, the same: %t", len(tokens[0]), len(tokens[1]), tokens[0] == tokens[1])
	}
	file := filepath.Join(run, daemon.PageFile)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	for name, raw := range map[string]string{"short": "http://127.0.0.1:1/?k=a", "foreign": "\x00", "long": strings.Repeat("k", 2000)} {
		if err := os.WriteFile(file, []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, stdout, _ := start(t, dir, text); strings.Contains(stdout, tokens[0]) || !strings.Contains(stdout, "/?k=") {
			t.Errorf("%s: the token did not change", name)
		}
	}
}
