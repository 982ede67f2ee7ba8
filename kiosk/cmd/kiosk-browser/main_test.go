package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const token = "TOKENOFTHISBOOTTOKENOFTHISBOOT"

// place is where the keeper runs: a kioskd that counts paints, the two folders systemd gives, and systemd's socket.
type place struct {
	t      *testing.T
	paints atomic.Int64
	dead   atomic.Bool // kioskd does not answer
	asked  atomic.Int64
	creds  string
	run    string
	told   *notified
}

func newPlace(t *testing.T) *place {
	p := &place{t: t, creds: t.TempDir(), run: t.TempDir(), told: listen(t)}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		c, err := r.Cookie("kiosk")
		if p.dead.Load() || err != nil || c.Value != token || r.URL.RawQuery != "" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fmt.Fprintln(w, p.paints.Load())
	}))
	t.Cleanup(srv.Close)
	p.write(srv.URL + "/?k=" + token + "\n")
	return p
}

func (p *place) write(page string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.creds, "page"), []byte(page), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// keeper is quick: it asks every 20 ms and takes 300 ms for silence.
func (p *place) keeper() *keeper {
	p.t.Helper()
	k, err := newKeeper(p.creds, p.run)
	if err != nil {
		p.t.Fatal(err)
	}
	k.every, k.silent = 20*time.Millisecond, 300*time.Millisecond
	return k
}

// notified is what systemd was told.
type notified struct {
	mu   sync.Mutex
	list []string
}

func listen(t *testing.T) *notified {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	n := &notified{}
	go func() {
		for buf := make([]byte, 256); ; {
			size, err := conn.Read(buf)
			if err != nil {
				return
			}
			n.mu.Lock()
			n.list = append(n.list, string(buf[:size]))
			n.mu.Unlock()
		}
	}()
	return n
}

func (n *notified) count(what string) (c int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.list {
		if s == what {
			c++
		}
	}
	return c
}

// browser is a program that stays; it leaves its arguments, its environment and its number in dir.
func browser(dir string) []string {
	return []string{"/bin/sh", "-c", `echo "$@" > ` + dir + `/args; env > ` + dir + `/env; echo $$ > ` + dir + `/pid; exec sleep 60`, "browser"}
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-time.After(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("waited in vain: ", what)
}

// A page that was painted makes the unit ready; when it is no longer painted the browser is ended, within the time for silence.
func TestSilentPageEndsTheBrowser(t *testing.T) {
	p, dir := newPlace(t), t.TempDir()
	p.paints.Store(5) // of an earlier browser
	k, ended := p.keeper(), make(chan error, 1)
	go func() { ended <- k.keep(t.Context(), browser(dir), &bytes.Buffer{}) }()
	until(t, "the browser runs", func() bool { _, err := os.Stat(filepath.Join(dir, "pid")); return err == nil })
	<-time.After(2 * k.silent)
	if n := p.told.count("READY=1"); n != 0 {
		t.Error("ready before this browser's page was painted")
	}
	if len(ended) != 0 {
		t.Fatal("a page that was never painted is systemd's to judge (TimeoutStartSec)")
	}
	for range 20 {
		p.paints.Add(1)
		<-time.After(k.silent / 10)
	}
	if r, w := p.told.count("READY=1"), p.told.count("WATCHDOG=1"); r != 1 || w < 5 || len(ended) != 0 {
		t.Fatalf("ready %d, fed %d, ended %d", r, w, len(ended))
	}
	begun := time.Now()
	err := <-ended
	if err == nil || !strings.Contains(err.Error(), "painted") || time.Since(begun) > 10*k.silent {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
	if _, err := os.Stat("/proc/" + strings.TrimSpace(read(t, filepath.Join(dir, "pid")))); err == nil {
		t.Error("the browser still runs")
	}
}

// While kioskd does not answer, or begins to count anew, nothing is ended.
func TestDeadKioskdEndsNothing(t *testing.T) {
	p, dir := newPlace(t), t.TempDir()
	k, ended := p.keeper(), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- k.keep(ctx, browser(dir), &bytes.Buffer{}) }()
	until(t, "ready", func() bool { p.paints.Add(1); return p.told.count("READY=1") == 1 })
	p.dead.Store(true)
	fed := p.told.count("WATCHDOG=1")
	<-time.After(3 * k.silent)
	if len(ended) != 0 || p.told.count("WATCHDOG=1") <= fed {
		t.Error("the browser was ended because kioskd is dead, or the watchdog starved")
	}
	p.paints.Store(0)
	p.dead.Store(false)
	<-time.After(k.silent / 2)
	if len(ended) != 0 {
		t.Error("the browser was ended because kioskd began anew")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("asked to stop: %v", err)
	}
}

// The token stands in a file of the browser's alone: on no command line.
func TestTokenIsOnNoCommandLine(t *testing.T) {
	p, dir := newPlace(t), t.TempDir()
	k := p.keeper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- k.keep(ctx, browser(dir), &bytes.Buffer{}) }()
	until(t, "the browser runs", func() bool { _, err := os.Stat(filepath.Join(dir, "pid")); return err == nil })
	start := filepath.Join(p.run, "start.html")
	if got := strings.TrimSpace(read(t, filepath.Join(dir, "args"))); got != "file://"+start {
		t.Errorf("the browser opens %q", got)
	}
	if env := read(t, filepath.Join(dir, "env")); strings.Contains(env, token) || strings.Contains(env, "NOTIFY_SOCKET=/") {
		t.Error("the browser's environment has the token or systemd's socket")
	}
	if info, err := os.Stat(start); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if got := read(t, start); !strings.Contains(got, "url=http://127.0.0.1:") || !strings.Contains(got, "/?k="+token) {
		t.Errorf("start.html: %s", got)
	}
	cancel()
	<-ended
}

func TestBadStarts(t *testing.T) {
	p := newPlace(t)
	for name, page := range map[string]string{
		"empty": "", "no token": "http://127.0.0.1:8080/", "a file": "file:///etc/passwd?k=" + token, "long": "http://127.0.0.1/?k=" + strings.Repeat("k", 2000),
	} {
		p.write(page)
		if _, err := newKeeper(p.creds, p.run); err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var out bytes.Buffer
	if code := run(t.Context(), nil, &out); code != exitUsage || !strings.Contains(out.String(), "usage") {
		t.Errorf("no command: %d %s", code, out.String())
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if code := run(t.Context(), []string{"/bin/true"}, &out); code != exitUsage {
		t.Errorf("not under systemd: %d", code)
	}
	p.write("http://127.0.0.1:9/?k=" + token)
	t.Setenv("CREDENTIALS_DIRECTORY", p.creds)
	t.Setenv("RUNTIME_DIRECTORY", p.run)
	if code := run(t.Context(), []string{"/bin/true"}, &out); code != exitSilent || !strings.Contains(out.String(), "the browser ended") {
		t.Errorf("a browser that ends: %d %s", code, out.String())
	}
}
