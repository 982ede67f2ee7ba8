package powercut

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
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
	"syscall"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/onestop/sqlite"
	"motcua/kiosk/store"
)

// realCuts is how often the real programs lose power by default; POWERCUT_N asks for one in a hundred of its states.
const realCuts = 2

// TestRealPowerCut runs kioskd and onestopd as they are shipped, as processes, with their databases on the recorded disk. A citizen
// files one dossier after the other through the kiosk's page, card and camera simulated. In the middle, inside a write or a flush that is
// chosen by lot, one of the machines loses its power: its process is killed before the call returns, and of what was not flushed nothing,
// all, some, or some sectors stay. Both start again on what is left. In the end every dossier whose receipt was on the screen is at the
// office, each once, and the kiosk has none left.
func TestRealPowerCut(t *testing.T) {
	models := config.Config{}.ModelsDir()
	if _, err := os.Stat(filepath.Join(models, "MANIFEST.json")); err != nil {
		t.Skip("no models here: set KIOSK_MODELS to the folder that holds MANIFEST.json and the weights")
	}
	cuts := realCuts
	if os.Getenv("POWERCUT_N") != "" {
		cuts = max(realCuts, wanted(t)/100)
	}
	h := newReal(t, models)
	dice := rand.New(rand.NewPCG(20261129, uint64(cuts)))
	kinds := map[string]int{}
	for n := range cuts {
		victim := []string{"kiosk", "office"}[n%2]
		m := mode(n / 2 % int(modes))
		at := h.run(t, victim, m, dice)
		kinds[victim+" "+m.String()+" in a "+at]++
	}
	rows, total := h.settle(t)
	t.Logf("%d cuts %v: %d receipts shown, %d dossiers at the kiosk, %d at the office", cuts, kinds, len(h.shown), rows, total)
	if len(h.shown) == 0 {
		t.Error("no receipt was ever shown: nothing was proved")
	}
}

// real is a hall of real programs.
type real struct {
	dir, bin      string
	page, dock    string // the page's address with its token; the dock's
	kiosk, office files  // what is on the two disks while nothing runs
	shown         []string
	logs          lockedBuffer
}

// newReal builds the commands, or takes those in POWERCUT_BIN, and sets a demo up.
func newReal(t *testing.T, models string) *real {
	t.Helper()
	abs, err := filepath.Abs(models)
	if err != nil {
		t.Fatal(err)
	}
	h := &real{dir: t.TempDir(), bin: t.TempDir(), dock: freePort(t), kiosk: files{}, office: files{}}
	if built := os.Getenv("POWERCUT_BIN"); built != "" {
		h.bin = built
	} else {
		h.must(t, "go", "build", "-o", h.bin+"/", "motcua/kiosk/cmd/kioskd", "motcua/kiosk/cmd/onestopd", "motcua/kiosk/cmd/kioskctl")
	}
	h.must(t, filepath.Join(h.bin, "kioskctl"), "demo", "-setup-only", "-dir", h.dir, "-bin", h.bin, "-models", abs, "-dock", h.dock,
		"-kiosk", freePort(t), "-intake", freePort(t), "-officers", freePort(t))
	file := filepath.Join(h.dir, "office", "onestop.toml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte(`data = "onestop.db"`), []byte(`data = "db/onestop.db"`), 1)
	if err := errors.Join(os.WriteFile(file, text, 0o600), os.Mkdir(filepath.Join(h.dir, "kiosk", "run"), 0o700)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s", h.logs.tail(6000))
		}
	})
	return h
}

func (h *real) must(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), args[0], err, out)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	for range 200 {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(20000+rand.IntN(12000))))
		if err == nil {
			_ = l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// running is the hall with the power on.
type running struct {
	disk          *disk
	kiosk, office *exec.Cmd
	ended         chan struct{} // closed when the victim is dead
	off           []func()
}

// start lays the disks and starts both programs.
func (h *real) start(t *testing.T) *running {
	t.Helper()
	r := &running{disk: new(disk), ended: make(chan struct{})}
	r.off = append(r.off,
		r.disk.mount(t, "kiosk", filepath.Join(h.dir, "kiosk", "data"), h.kiosk),
		r.disk.mount(t, "office", filepath.Join(h.dir, "office", "db"), h.office))
	r.office, _ = h.program(t, "onestopd", "-json", "-config", filepath.Join(h.dir, "office", "onestop.toml"))
	r.kiosk = h.startKiosk(t)
	return r
}

// startKiosk starts kioskd and waits until it sees.
func (h *real) startKiosk(t *testing.T) *exec.Cmd {
	t.Helper()
	const seeing = `"msg":"part.ready","part":"vision"`
	before := strings.Count(h.logs.String(), seeing)
	cmd, at := h.program(t, "kioskd", "-json", "-sim", "-config", filepath.Join(h.dir, "kiosk", "kiosk.toml"), "-dock", h.dock)
	h.page = at["kiosk"]
	// These visits are faster than any person: they would be at the camera before a busy machine has started its process.
	for end := time.Now().Add(time.Minute); strings.Count(h.logs.String(), seeing) == before; <-time.After(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the kiosk does not see")
		}
	}
	return cmd
}

// program starts one and waits until it says that it is ready.
func (h *real) program(t *testing.T, name string, args ...string) (*exec.Cmd, map[string]string) {
	t.Helper()
	cmd := exec.CommandContext(context.Background(), filepath.Join(h.bin, name), args...)
	cmd.Env = append(os.Environ(), "RUNTIME_DIRECTORY="+filepath.Join(h.dir, "kiosk", "run"))
	cmd.Stderr = &h.logs
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has mostly ended
	var at map[string]string
	if err := json.NewDecoder(out).Decode(&at); err != nil {
		t.Fatalf("%s does not start on what the cut left: %v", name, err)
	}
	return cmd, at
}

// run switches on, files dossiers, and cuts the victim's power. It says in what the cut fell.
func (h *real) run(t *testing.T, victim string, m mode, dice *rand.Rand) (in string) {
	t.Helper()
	r := h.start(t)
	process, other := r.kiosk, r.office
	if victim == "office" {
		process, other = other, process
	}
	var mu sync.Mutex
	left := 20 + dice.IntN(180) // writes and flushes of the victim from here on
	from := r.disk.length()
	r.disk.onEntry(func(n int) {
		e := r.disk.entry(n - 1)
		mu.Lock()
		defer mu.Unlock()
		if n <= from || e.machine != victim {
			return
		}
		if left--; left == 0 {
			in = [...]string{wrote: "write", resized: "truncation", created: "creation", removed: "removal", flushed: "flush", renamed: "renaming"}[e.kind]
			_ = process.Process.Kill()
			close(r.ended)
		}
	})
	for faults := 0; !r.dead(); {
		token, err := h.visit(r.ended)
		if token != "" {
			h.shown = append(h.shown, kiosk.TokenID(token))
		}
		if err == nil || r.dead() {
			continue
		}
		if faults++; faults == 3 { // a citizen may give up, but not everybody
			t.Fatalf("three visits failed, the last: %v", err)
		}
	}
	_ = process.Wait() // killed
	r.disk.onEntry(nil)
	_ = other.Process.Kill()
	_ = other.Wait()
	k, o := &tracker{"kiosk", h.kiosk.clone(), nil}, &tracker{"office", h.office.clone(), nil}
	for _, e := range r.disk.log {
		k.step(e)
		o.step(e)
	}
	modes := map[string]mode{"kiosk": prefix, "office": prefix}
	modes[victim] = m
	h.kiosk, h.office = k.cut(modes["kiosk"], dice), o.cut(modes["office"], dice)
	r.unmount(h)
	return in
}

// dead reports whether the power of the victim is gone.
func (r *running) dead() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

func (r *running) unmount(h *real) {
	for _, off := range r.off {
		off()
	}
	for _, f := range []files{h.kiosk, h.office} { // the shared memory of SQLite does not survive a cut
		maps.DeleteFunc(f, func(name string, _ []byte) bool { return strings.HasSuffix(name, "-shm") })
	}
}

// settle switches on, waits until the kiosk has nothing left, switches off in order, and counts.
func (h *real) settle(t *testing.T) (rows, total int) {
	t.Helper()
	r := h.start(t)
	data := filepath.Join(h.dir, "kiosk", "data", "kiosk.db")
	var all []kiosk.OutboxRow
	done := func() bool {
		s, err := store.Attach(t.Context(), data)
		if err != nil {
			return false
		}
		defer func() { _ = s.Close() }()
		all, err = s.OutboxRows(t.Context())
		return err == nil && !slices.ContainsFunc(all, func(r kiosk.OutboxRow) bool { return r.State != kiosk.OutboxAcknowledged })
	}
	for end := time.Now().Add(2 * time.Minute); !done(); <-time.After(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("dossiers still wait at the kiosk")
		}
	}
	for _, p := range []*exec.Cmd{r.kiosk, r.office} {
		if err := errors.Join(p.Process.Signal(syscall.SIGTERM), p.Wait()); err != nil {
			t.Errorf("%s does not stop in order: %v", filepath.Base(p.Path), err)
		}
	}
	office, err := sqlite.Open(t.Context(), filepath.Join(h.dir, "office", "db", "onestop.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = office.Close() }()
	for _, id := range h.shown {
		if _, err := office.ItemByToken(t.Context(), id); err != nil {
			t.Errorf("a receipt was shown and the dossier is not at the office: %v", err)
		}
	}
	counts, err := office.Counts(t.Context())
	if err != nil || counts.Total() != len(all) || counts.Fault != 0 || len(all) < len(h.shown) {
		t.Errorf("%d receipts shown, %d dossiers of the kiosk, %d at the office, %d of them faulty; %v", len(h.shown), len(all), counts.Total(), counts.Fault, err)
	}
	for _, bad := range []string{"store_corrupt", "audit.broken"} {
		if strings.Contains(h.logs.String(), bad) {
			t.Errorf("a program logged %s", bad)
		}
	}
	return len(all), counts.Total()
}

var receiptToken = regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b`)

// visit is a citizen who files the registration of a birth. It gives the token that was on the screen, and an error when the kiosk went
// away.
func (h *real) visit(ended <-chan struct{}) (token string, err error) {
	b, err := h.browse(ended)
	if err != nil {
		return "", err
	}
	b.dock("leave")
	b.see("attract")
	b.do("home", "start")
	b.do("consent", "submit")
	b.do("proc_search", "agree", "chip", "on", "camera", "on")
	b.do("proc_search", "search", "q", "lam giay khai sinh cho con")
	b.do("proc_detail", "pick", "code", "1.001193")
	b.do("for_whom", "proceed")
	b.do("card_place", "for", "who", "self")
	b.dock("arrive")
	b.see("card_number")
	b.do("who", "number", "number", "999301012345")
	b.do("form", "yes")
	b.do("form", "answer")
	b.do("form", "answer", "value", "0912345678")
	b.do("form", "answer", "value", "Số 99, Thôn Khác, Xã Giả Định")
	b.do("scan_list", "answer", "value", "Khai sinh cho con đầu lòng")
	b.do("scan_aim", "paper", "index", "0")
	b.do("scan_view", "take")
	b.do("scan_list", "keep")
	b.do("deliver", "next")
	b.do("review", "return", "method", "counter")
	b.do("sign", "confirm")
	b.do("done", "sign", "tick", "on", "ink", "100,100 110,120 120,140 130,160;500,200 520,210 540,220 560,230 580,240")
	if b.err == nil {
		if token = receiptToken.FindString(b.body); token == "" {
			return "", errors.New("no token on the receipt")
		}
		if token, err = kiosk.ParseToken(token); err != nil {
			return "", err
		}
	}
	b.do("rate", "finish")
	b.do("attract", "rate", "score", "4")
	return token, b.err
}

// person is a browser without JavaScript; after its first error it does nothing more.
type person struct {
	base, dockAt string
	http         *http.Client
	ended        <-chan struct{}
	body         string
	err          error
}

func (h *real) browse(ended <-chan struct{}) (*person, error) {
	base, path, _ := strings.Cut(h.page, "/?")
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	b := &person{base: base, dockAt: "http://" + h.dock, http: &http.Client{Jar: jar, Timeout: time.Minute}, ended: ended}
	b.get("/?" + path)
	return b, b.err
}

func (b *person) send(req *http.Request, err error) {
	if b.err != nil {
		return
	}
	if err != nil {
		b.err = err
		return
	}
	resp, err := b.http.Do(req)
	if err != nil {
		b.err = err
		return
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 400 {
		err = fmt.Errorf("%s: %s: %.200s", req.URL.Path, resp.Status, body)
	}
	b.body, b.err = string(body), err
}

func (b *person) get(path string) { b.send(http.NewRequest(http.MethodGet, b.base+path, http.NoBody)) }

func (b *person) post(to string, form url.Values) {
	req, err := http.NewRequest(http.MethodPost, to, strings.NewReader(form.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", req.URL.Scheme+"://"+req.URL.Host)
	}
	b.send(req, err)
}

// dock presses a button of the demo's dock, for the person thu.
func (b *person) dock(button string) {
	b.post(b.dockAt+"/do", url.Values{"do": {button}, "key": {"thu"}})
}

func (b *person) attribute(name string) string {
	m := regexp.MustCompile(`data-` + name + `="([^"]*)"`).FindStringSubmatch(b.body)
	if m == nil {
		return ""
	}
	return m[1]
}

// do posts an intent as a button would and waits for the screen it leads to.
func (b *person) do(want, intent string, kv ...string) {
	b.get("/")
	form := url.Values{"intent": {intent}, "boot": {b.attribute("boot")}, "turn": {b.attribute("turn")}}
	for i := 0; i+1 < len(kv); i += 2 {
		form.Set(kv[i], kv[i+1])
	}
	b.post(b.base+"/ev", form)
	b.see(want)
}

func (b *person) see(want string) {
	last := ""
	for end := time.Now().Add(2 * time.Minute); b.err == nil; {
		b.get("/")
		switch last = b.attribute("screen"); last {
		case want:
			return
		case "face_retry": // a busy machine sees slowly
			b.post(b.base+"/ev", url.Values{"intent": {"retry"}, "boot": {b.attribute("boot")}, "turn": {b.attribute("turn")}})
		}
		select {
		case <-b.ended:
			b.err = errors.New("the power is gone")
		case <-time.After(50 * time.Millisecond):
		}
		if b.err == nil && time.Now().After(end) {
			b.err = fmt.Errorf("on %q, want %q", last, want)
		}
	}
}

// lockedBuffer takes what several processes log.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lockedBuffer) tail(n int) string {
	s := l.String()
	return s[max(0, len(s)-n):]
}
