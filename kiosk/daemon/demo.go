package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/provision"
)

// Demo is a whole one-stop hall in one folder: an office with its keys and an officer, an enrolled kiosk, an issuing state and
// a cast with simulated cards. It runs the true commands, kioskd and onestopd, as processes of their own.
type Demo struct {
	Dir      string // everything lies below
	Bin      string // folder of the commands
	Kiosk    string // address of the citizen's page, "127.0.0.1:8080"
	Dock     string // of the dock
	Intake   string // of the office's intake
	Officers string // of the officers' pages
	Models   string // folder of the models; "" as kiosk.toml finds it
	Clips    string // folder of the spoken prompts; "" for silence
	Places   string // folder of provinces.json and communes.json; "" where addresses are typed
	Story    bool
	Log      io.Writer // what the commands log

	page string // where a browser begins, with the token
}

// The demo's names.
const (
	demoKiosk   = "demo-01"
	demoOffice  = "Bộ phận Một cửa Phường Thí Điểm"
	demoHotline = "1900 0000"
	demoOfficer = "Cán bộ Trình Diễn"
)

// Login is the demo officer's account; the password is made at set-up.
type Login struct {
	Login    string `json:"login"`
	Password string `json:"password"`
}

func (d *Demo) path(parts ...string) string {
	return filepath.Join(append([]string{d.Dir}, parts...)...)
}

// SetUp makes what is not there yet; a folder that was set up before keeps its keys, cards and dossiers. progress is told
// what is being made.
func (d *Demo) SetUp(ctx context.Context, progress func(what string)) error {
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return fmt.Errorf("set up demo: %w", err)
	}
	steps := []struct {
		done, what string
		make       func(context.Context) error
	}{
		{d.path("office", "onestop.toml"), "cơ quan một cửa và khoá", d.makeOffice},
		{d.path("officer.json"), "tài khoản cán bộ", d.makeOfficer},
		{d.path("kiosk", "office", provision.FileOffice), "đăng ký ki-ốt", d.enrol},
		{d.path("kiosk", "sim", castFile), "", func(context.Context) error {
			return SetUpCast(d.path("kiosk", "sim"), d.path("kiosk", "trust"), progress)
		}},
	}
	for _, s := range steps {
		if _, err := os.Stat(s.done); err == nil {
			continue
		}
		if s.what != "" {
			progress(s.what)
		}
		if err := s.make(ctx); err != nil {
			return err
		}
	}
	return d.configure()
}

// command runs one of ours to its end and gives its standard output.
func (d *Demo) command(ctx context.Context, name string, args ...string) ([]byte, error) {
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(d.Bin, name), args...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return nil, kiosk.Errorf(kiosk.CodeInternal, "set up demo", "build the commands with make build", "%s %s: %w: %s",
			name, args[0], err, strings.TrimSpace(complaint.String()))
	}
	return out.Bytes(), nil
}

func (d *Demo) makeOffice(ctx context.Context) error {
	_, err := d.command(ctx, "onestopd", "init", "-dir", d.path("office"), "-name", demoOffice, "-hotline", demoHotline)
	return err
}

func (d *Demo) makeOfficer(ctx context.Context) error {
	out, err := d.command(ctx, "onestopd", "officer", "add", "-json", "-dir", d.path("office"), "-name", demoOfficer, "-role", "head")
	if err != nil {
		return err
	}
	var l Login
	if err := json.Unmarshal(out, &l); err != nil || l.Login == "" || l.Password == "" {
		return kiosk.Errorf(kiosk.CodeInternal, "set up demo", "", "onestopd officer add did not tell the account: %w", err)
	}
	return provision.WriteFile(d.path("officer.json"), out, 0o600)
}

func (d *Demo) enrol(ctx context.Context) error {
	if err := d.configureOffice(); err != nil { // the kiosk is told the intake's address
		return err
	}
	_, err := d.command(ctx, "onestopd", "enrol", "-dir", d.path("office"), "-kiosk", demoKiosk, "-out", d.path("kiosk", "office"))
	return err
}

// Officer gives the demo officer's account.
func (d *Demo) Officer() (l Login, err error) {
	raw, err := os.ReadFile(d.path("officer.json"))
	if err != nil {
		return l, fmt.Errorf("read the demo officer's account: %w", err)
	}
	return l, json.Unmarshal(raw, &l)
}

// set replaces the value of a key of a TOML text within a section ("" for the top).
func set(text, section, key, value string) string {
	at := 0
	if section != "" {
		at = strings.Index(text, "\n["+section+"]")
	}
	line := regexp.MustCompile(`(?m)^` + key + ` = .*$`)
	if loc := line.FindStringIndex(text[at:]); loc != nil {
		return text[:at+loc[0]] + key + " = " + value + text[at+loc[1]:]
	}
	return text
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }

func (d *Demo) configure() error {
	if err := d.configureOffice(); err != nil {
		return err
	}
	t := config.Sample()
	for _, k := range [][3]string{
		{"kiosk", "name", quoted(demoKiosk)}, {"kiosk", "commune", quoted(demoOffice)}, {"kiosk", "hotline", quoted(demoHotline)},
		{"http", "listen", quoted(d.Kiosk)}, {"data", "dir", quoted("data")}, {"data", "min_free_mb", "64"},
		{"reader", "kind", quoted("sim")}, {"trust", "dir", quoted("trust")},
		{"camera", "face", quoted("sim")}, {"camera", "paper", quoted("sim")}, {"models", "dir", quoted(d.Models)}, {"places", "dir", quoted(d.Places)},
		{"office", "dir", quoted("office")}, {"uplink", "socket", quoted("")}, {"printer", "device", quoted("sim")}, {"panel", "kind", quoted("sim")}, {"voice", "dir", quoted(d.Clips)}, {"voice", "enabled", fmt.Sprint(d.Clips != "")},
	} {
		t = set(t, k[0], k[1], k[2])
	}
	if err := os.MkdirAll(d.path("kiosk", "data"), 0o700); err != nil {
		return fmt.Errorf("set up demo: %w", err)
	}
	return provision.WriteFile(d.path("kiosk", "kiosk.toml"), []byte(t), 0o600)
}

func (d *Demo) configureOffice() error {
	file := d.path("office", "onestop.toml")
	raw, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("set up demo: %w", err)
	}
	t := string(raw)
	for _, k := range [][3]string{
		{"", "trust_dir", quoted("../kiosk/trust")},
		{"intake", "listen", quoted(d.Intake)}, {"intake", "public", quoted("https://" + d.Intake)},
		{"officers", "listen", quoted(d.Officers)}, {"officers", "public", quoted("http://" + d.Officers)},
	} {
		t = set(t, k[0], k[1], k[2])
	}
	return provision.WriteFile(file, []byte(t), 0o600)
}

// Process is one running command of the demo.
type Process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Done is closed when the process ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err tells how it ended.
func (p *Process) Err() error { return p.err }

// PID is its process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// stopPatience is how long a process may take to stop in order.
const stopPatience = 15 * time.Second

// Stop asks it to stop, waits, and kills it when it does not. It may be called twice.
func (p *Process) Stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.done:
	case <-time.After(stopPatience):
		p.Kill()
		return fmt.Errorf("%s did not stop within %v", p.name, stopPatience)
	}
	return p.err
}

// Kill ends it at once, as a power cut would.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// start runs a command that prints one JSON line when it is ready.
func (d *Demo) start(ctx context.Context, name string, args ...string) (*Process, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer func() { _ = out.Close() }()
	var complaint tail
	cmd := exec.Command(filepath.Join(d.Bin, name), args...)
	cmd.Env = append(os.Environ(), "RUNTIME_DIRECTORY="+d.path("kiosk", "run"))
	cmd.Stdout, cmd.Stderr = in, io.MultiWriter(d.log(), &complaint)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C reaches only us: we stop them in order
	err = cmd.Start()
	_ = in.Close()
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeInternal, "start "+name, "build the commands with make build", "%w", err)
	}
	p := &Process{name: name, cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	at, err := d.await(ctx, p, out, &complaint)
	if at["kiosk"] != "" {
		d.page = at["kiosk"]
	}
	return p, err
}

// await waits for the line that says ready and gives the addresses in it; a process that ended instead has said why.
func (d *Demo) await(ctx context.Context, p *Process, out *os.File, complaint *tail) (at map[string]string, err error) {
	ready := make(chan error, 1)
	go func() { ready <- json.NewDecoder(out).Decode(&at) }()
	select {
	case err := <-ready:
		if err == nil {
			return at, nil
		}
		<-p.done
		return nil, errors.New(complaint.last())
	case <-ctx.Done():
		p.Kill()
		return nil, ctx.Err()
	}
}

func (d *Demo) log() io.Writer {
	if d.Log == nil {
		return io.Discard
	}
	return d.Log
}

// StartOffice runs onestopd.
func (d *Demo) StartOffice(ctx context.Context) (*Process, error) {
	return d.start(ctx, "onestopd", "-json", "-config", d.path("office", "onestop.toml"))
}

// PageURL is where a browser begins, once StartKiosk has come back.
func (d *Demo) PageURL() string { return d.page }

// StartKiosk runs kioskd -sim. Its runtime folder is in the demo's, so that a browser that is open goes on after a restart.
func (d *Demo) StartKiosk(ctx context.Context) (*Process, error) {
	args := []string{"-json", "-sim", "-config", d.path("kiosk", "kiosk.toml"), "-dock", d.Dock, "-officer", "http://" + d.Officers + "/"}
	if d.Story {
		args = append(args, "-story")
	}
	if err := os.MkdirAll(d.path("kiosk", "run"), 0o700); err != nil {
		return nil, fmt.Errorf("start kioskd: %w", err)
	}
	return d.start(ctx, "kioskd", args...)
}

// tail keeps the end of what is written.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if len(t.b) > 4096 {
		t.b = t.b[len(t.b)-4096:]
	}
	return len(p), nil
}

// last gives the last line.
func (t *tail) last() string {
	lines := strings.Split(strings.TrimSpace(string(t.b)), "\n")
	return lines[len(lines)-1]
}
