package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/drivers/sim"
	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/daemon"
)

// bin holds the commands as built for these tests, template a demo that was set up once and is copied for each.
var bin, template string

func TestMain(m *testing.M) {
	if os.Getenv("KIOSK_MEMORY_CHILD") != "" { // of TestNothingInMemory: it needs no hall
		os.Exit(m.Run())
	}
	code, err := prepare(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func prepare(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "kiosk-hall-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bin, template = filepath.Join(dir, "bin"), filepath.Join(dir, "demo")
	build := exec.Command("go", "build", "-o", bin+"/", "motcua/kiosk/cmd/kioskd", "motcua/kiosk/cmd/onestopd")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the commands: %w\n%s", err, out)
	}
	d := demo(template)
	if err := d.SetUp(context.Background(), func(string) {}); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// free gives a loopback address nobody listens on. It lies below the ports that the system gives to outgoing connections, or one of
// another test would take it before the kiosk listens there.
func free() string {
	for range 200 {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(20000+rand.IntN(12000))))
		if err != nil {
			continue
		}
		_ = l.Close()
		return l.Addr().String()
	}
	panic("no port is free")
}

func demo(dir string) *daemon.Demo {
	return &daemon.Demo{Dir: dir, Bin: bin, Kiosk: free(), Dock: free(), Intake: free(), Officers: free(), Models: models()}
}

// models gives the folder of the true models, "" when this checkout has none.
func models() string {
	dir := config.Config{}.ModelsDir()
	if _, err := os.Stat(filepath.Join(dir, "MANIFEST.json")); err != nil {
		return ""
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	return abs
}

func needModels(t *testing.T) {
	t.Helper()
	if models() == "" {
		t.Skip("no models here: set KIOSK_MODELS to the folder that holds MANIFEST.json and the weights")
	}
}

// hall is an office, as a process, and a kiosk inside this test, so that the race detector sees it.
type hall struct {
	t      *testing.T
	demo   *daemon.Demo
	office *daemon.Process
	kiosk  *daemon.Daemon
	world  *sim.World
	page   *browser
	logs   *safeBuffer
	heard  *ear
}

// ear is a voice that keeps what is said.
type ear struct {
	mu   sync.Mutex
	said []string
}

func (e *ear) Say(_ context.Context, p kiosk.Phrase) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, part := range p.Parts {
		e.said = append(e.said, part.Prompt)
	}
}

func (*ear) Silence() {}

func (*ear) SetVolume(kiosk.Volume) {}

func (*ear) Ready() error { return nil }

// keys gives what was said so far, by the keys of the prompts.
func (e *ear) keys() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.said)
}

// open sets a hall up: the template's keys and cards, fresh databases.
func open(t *testing.T) *hall {
	t.Helper()
	dir := t.TempDir()
	if err := copyTree(dir, template); err != nil {
		t.Fatal(err)
	}
	h := &hall{t: t, demo: demo(dir), logs: &safeBuffer{}, heard: &ear{}}
	h.demo.Log = h.logs
	if err := h.demo.SetUp(t.Context(), func(string) {}); err != nil {
		t.Fatal(err)
	}
	h.reenrol()
	h.openOffice()
	h.openKiosk()
	t.Cleanup(h.close)
	return h
}

// copyTree copies files with their modes: keys that others may read are refused.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil || e.IsDir() {
			return errors.Join(err, os.MkdirAll(filepath.Join(to, rel), 0o700))
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, info.Mode().Perm())
	})
}

// reenrol tells the kiosk this hall's addresses.
func (h *hall) reenrol() {
	out := filepath.Join(h.demo.Dir, "kiosk", "office")
	cmd := exec.Command(filepath.Join(bin, "onestopd"), "enrol", "-dir", filepath.Join(h.demo.Dir, "office"), "-kiosk", "demo-01", "-out", out)
	if err := os.RemoveAll(out); err != nil {
		h.t.Fatal(err)
	}
	if b, err := cmd.CombinedOutput(); err != nil {
		h.t.Fatalf("enrol: %v\n%s", err, b)
	}
}

func (h *hall) openOffice() {
	h.t.Helper()
	p, err := h.demo.StartOffice(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	h.office = p
}

func (h *hall) config() config.Config {
	c, err := config.Load(filepath.Join(h.demo.Dir, "kiosk", "kiosk.toml"))
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *hall) openKiosk() {
	h.t.Helper()
	world, photos, err := daemon.LoadWorld(filepath.Join(h.demo.Dir, "kiosk", "sim"))
	if err != nil {
		h.t.Fatal(err)
	}
	const seeing = "msg=part.ready part=vision"
	before := strings.Count(h.logs.String(), seeing)
	k, err := daemon.Open(h.t.Context(), daemon.Options{
		Config: h.config(), Sim: world, Photos: photos, Dock: h.demo.Dock, Version: "test", Strict: true, Voice: h.heard,
		Log:    slog.NewTextHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug}),
		Vision: func() *exec.Cmd { return exec.Command(filepath.Join(bin, "kioskd"), daemon.VisionCommand) },
		Uplink: func() *exec.Cmd { return exec.Command(filepath.Join(bin, "kioskd"), daemon.UplinkCommand) },
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.kiosk, h.world = k, world
	h.page = enter(h.t, k.PageURL())
	// A visit waits for the first process, but a machine that builds beside its tests may take longer to start one than a visit lasts.
	until(h.t, "the kiosk sees", func() bool { return strings.Count(h.logs.String(), seeing) > before })
}

func (h *hall) close() {
	if h.kiosk != nil {
		if err := h.kiosk.Close(); err != nil {
			h.t.Errorf("close the kiosk: %v", err)
		}
	}
	if h.office != nil {
		if err := h.office.Stop(); err != nil {
			h.t.Errorf("stop the office: %v", err)
		}
	}
	if h.t.Failed() {
		h.t.Logf("logs:\n%s", h.logs.String())
	}
}

// browser is a browser without JavaScript: it reads pages and posts their forms.
type browser struct {
	t    *testing.T
	base string
	http *http.Client
	body string
}

func newBrowser(t *testing.T, base string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, base: base, http: &http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

// enter is a browser that began at the kiosk's address with its token.
func enter(t *testing.T, address string) *browser {
	t.Helper()
	base, path, ok := strings.Cut(address, "/?")
	if !ok {
		t.Fatal("the kiosk's address has no token")
	}
	b := newBrowser(t, base)
	b.get("/?" + path)
	return b
}

func (b *browser) get(path string) string {
	b.t.Helper()
	resp, err := b.http.Get(b.base + path)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.read(resp)
}

func (b *browser) post(path string, form url.Values) string {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", b.base)
	resp, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.read(resp)
}

func (b *browser) read(resp *http.Response) string {
	b.t.Helper()
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.body = string(body)
	if resp.StatusCode >= 400 {
		b.t.Fatalf("%s %s: %s\n%.300s", resp.Request.Method, resp.Request.URL.Path, resp.Status, b.body)
	}
	return b.body
}

// attribute gives a data attribute of the body element.
func (b *browser) attribute(name string) string {
	m := regexp.MustCompile(`data-` + name + `="([^"]*)"`).FindStringSubmatch(b.body)
	if m == nil {
		return ""
	}
	return m[1]
}

// do posts an intent as a button would and wants the screen it leads to, which may take a device's time.
func (b *browser) do(want, intent string, kv ...string) {
	b.t.Helper()
	b.get("/")
	form := url.Values{"intent": {intent}, "boot": {b.attribute("boot")}, "turn": {b.attribute("turn")}}
	for i := 0; i+1 < len(kv); i += 2 {
		form.Set(kv[i], kv[i+1])
	}
	b.post("/ev", form)
	b.see(want)
}

// see waits for a screen.
func (b *browser) see(want string) {
	b.t.Helper()
	var now string
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); {
		b.get("/")
		if now = b.attribute("screen"); now == want {
			return
		}
		pause(50 * time.Millisecond)
	}
	b.t.Fatalf("on %q, want %q", now, want)
}

// settle waits until none of these screens is shown and gives the one that is.
func (b *browser) settle(working ...string) string {
	b.t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); pause(50 * time.Millisecond) {
		b.get("/")
		if now := b.attribute("screen"); now != "" && !slices.Contains(working, now) {
			return now
		}
	}
	b.t.Fatalf("still on %v", working)
	return ""
}

func pause(d time.Duration) { <-time.After(d) }

// until waits for something that must become true.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); pause(50 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited in vain: %s", what)
}

// safeBuffer takes what several goroutines log.
type safeBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
