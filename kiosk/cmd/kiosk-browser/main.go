// Command kiosk-browser keeps the kiosk's browser: it starts one at the citizen's page and ends with it when the page is no longer
// on the glass, so that systemd starts both anew.
//
//	kiosk-browser COMMAND [ARG]...
//
// It is the main process of kiosk-browser.service, in the browser's own sandbox, without any right of its own. The page's address
// with the boot's token comes as the systemd credential "page" (see daemon.PageFile). The token never stands on a command line,
// which every program of the machine may read: the browser opens start.html in the unit's runtime folder, which leads there.
//
// What is on the glass is not for this program to know: it asks kioskd, every second, how often a page reported a painted frame
// (GET /painted). systemd is told READY=1 at the first, so a unit that is active has been seen; when no more come for eight seconds
// while kioskd answers, this program ends with exit code 1. While kioskd itself does not answer nothing can be judged, and nothing
// is ended: the page says that the kiosk starts again, and kioskd has a watchdog of its own. Exit code 3 is wrong usage.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"
)

const (
	askEvery    = time.Second
	silentAfter = 8 * time.Second // the page reports every three seconds
	askTimeout  = 3 * time.Second
	maxAnswer   = 32 // bytes: one number
	maxPage     = 1 << 10
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes.
const (
	exitAsked  = 0
	exitSilent = 1 // the browser ended, or its page is not painted
	exitUsage  = 3
)

func run(ctx context.Context, command []string, stderr io.Writer) int {
	if len(command) == 0 {
		fmt.Fprintln(stderr, "usage: kiosk-browser COMMAND [ARG]...")
		return exitUsage
	}
	k, err := newKeeper(os.Getenv("CREDENTIALS_DIRECTORY"), os.Getenv("RUNTIME_DIRECTORY"))
	if err != nil {
		fmt.Fprintln(stderr, "kiosk-browser:", err)
		return exitUsage
	}
	if err := k.keep(ctx, command, stderr); err != nil {
		fmt.Fprintln(stderr, "kiosk-browser:", err)
		return exitSilent
	}
	return exitAsked
}

// keeper watches one browser.
type keeper struct {
	page   *url.URL // with the token
	start  string   // the file the browser opens
	client *http.Client
	paints uint64 // the last count
	since  time.Time
	ready  bool // a page of this browser was painted
	every  time.Duration
	silent time.Duration
}

// newKeeper reads the page's address and writes the file that leads there.
func newKeeper(credentials, runtime string) (*keeper, error) {
	if credentials == "" || runtime == "" {
		return nil, errors.New("CREDENTIALS_DIRECTORY and RUNTIME_DIRECTORY are not set: systemd starts this program")
	}
	raw, err := os.ReadFile(filepath.Join(credentials, "page"))
	if err != nil {
		return nil, fmt.Errorf("read the page's address: %w", err)
	}
	page, err := url.Parse(strings.TrimSpace(string(raw)))
	if err != nil || len(raw) > maxPage || page.Scheme != "http" || page.Query().Get("k") == "" {
		return nil, errors.New("read the page's address: it is none") // without its words: it holds the token
	}
	k := &keeper{
		page: page, start: filepath.Join(runtime, "start.html"), client: &http.Client{Timeout: askTimeout, Transport: &http.Transport{Proxy: nil}},
		every: askEvery, silent: silentAfter,
	}
	lead := `<!doctype html><meta http-equiv="refresh" content="0; url=` + html.EscapeString(page.String()) + `">`
	if err := os.WriteFile(k.start, []byte(lead), 0o600); err != nil {
		return nil, fmt.Errorf("write the first page: %w", err)
	}
	return k, nil
}

// keep runs the browser until ctx ends (nil), it ends by itself, or its page is no longer painted.
func (k *keeper) keep(ctx context.Context, command []string, stderr io.Writer) error {
	cmd := exec.Command(command[0], append(command[1:], "file://"+k.start)...)
	cmd.Stdout, cmd.Stderr = stderr, stderr
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	k.paints, _ = k.ask(ctx) // an earlier browser's
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the browser: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	k.since = time.Now()
	tick := time.NewTicker(k.every)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return fmt.Errorf("the browser ended by itself (%v)", err) //nolint:errorlint // nil as well
		case <-ctx.Done():
			stop(cmd, ended)
			return nil
		case <-tick.C:
		}
		if k.look(ctx); k.ready && time.Since(k.since) > k.silent {
			stop(cmd, ended)
			return fmt.Errorf("the page has not been painted for %v", k.silent)
		}
		_, _ = sd.SdNotify(false, sd.SdNotifyWatchdog) // not under systemd: nobody to tell
	}
}

// look asks how often a page was painted. A count that changed, or that cannot be had, starts the silence anew.
func (k *keeper) look(ctx context.Context) {
	n, err := k.ask(ctx)
	if err == nil && n == k.paints {
		return
	}
	k.since = time.Now()
	if err != nil {
		return
	}
	if !k.ready && n > k.paints {
		k.ready = true
		_, _ = sd.SdNotify(false, sd.SdNotifyReady) // not under systemd: nobody to tell
	}
	k.paints = n
}

func (k *keeper) ask(ctx context.Context) (uint64, error) {
	at := *k.page
	at.Path, at.RawQuery = "/painted", ""
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return 0, err
	}
	req.AddCookie(&http.Cookie{Name: "kiosk", Value: k.page.Query().Get("k")})
	resp, err := k.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil || resp.StatusCode != http.StatusOK {
		return 0, errors.Join(err, errors.New(resp.Status))
	}
	return strconv.ParseUint(string(bytes.TrimSpace(answer)), 10, 64)
}

// stop asks the browser to end and kills it when it does not.
func stop(cmd *exec.Cmd, ended <-chan error) {
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-ended: //nolint:errcheck // how it ended, nobody asks any more
	case <-time.After(3 * time.Second):
		_ = cmd.Process.Kill()
		<-ended //nolint:errcheck // it was killed
	}
}
