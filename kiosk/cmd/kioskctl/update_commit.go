package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/daemon"
	"motcua/kiosk/doctor"
	"motcua/kiosk/firmware"
)

// updateCommit looks at the machine after a start until it is healthy, and keeps the running image; an image on trial that does
// not get healthy in time is left for the one before. It is run by kiosk-update-commit.service, at every start.
func updateCommit(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("update commit", "")
	path := fs.String("config", defaultConfig, "configuration of the kiosk")
	wait := fs.Duration("wait", 0, "how long the machine may take to get healthy")
	every := fs.Duration("every", 5*time.Second, "between two looks")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	return c.withMachine(func(p firmware.Places, m *firmware.Machine) exitCode {
		trial := p.Trial()
		reason := awaitHealth(ctx, *path, trial, m.Running, *wait, *every)
		if ctx.Err() != nil {
			return exitFault // asked to stop: nobody has judged
		}
		return c.conclude(ctx, p, m, trial, reason)
	})
}

// awaitHealth gives what speaks against the running image when the time is over, "" as soon as nothing does.
func awaitHealth(ctx context.Context, path string, trial *firmware.Trial, running firmware.Slot, wait, every time.Duration) string {
	var before *firmware.Health
	if trial != nil && trial.Slot == running {
		before = &trial.Before
	}
	for end := time.Now().Add(wait); ; {
		reason := firmware.Judge(before, measure(ctx, path))
		if reason == "" || time.Now().Add(every).After(end) {
			return reason
		}
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return reason
		}
	}
}

// conclude stores the verdict and says it in one line that machines read from the console.
func (c *console) conclude(ctx context.Context, p firmware.Places, m *firmware.Machine, trial *firmware.Trial, reason string) exitCode {
	s, err := firmware.LoadState(m.State)
	if kiosk.CodeOf(err) == kiosk.CodeStoreCorrupt { // both copies are gone: the slot that runs is the one there is
		s, err = firmware.Fresh().Good(m.Running), nil
		s.Data = firmware.DataReady
	}
	if err != nil {
		return c.fail(err)
	}
	verdict, next, restart := firmware.Conclude(s, m.Running, trial, reason)
	if err := firmware.StoreState(m.State, next); err != nil {
		return c.fail(err)
	}
	out := firmware.Outcome{Verdict: verdict, Release: m.Release, Reason: reason, At: time.Now().UTC()}
	if trial != nil {
		out.Release = trial.Release
		if err := p.SaveOutcome(out); err != nil {
			return c.fail(err)
		}
	}
	line, err := json.Marshal(map[string]any{"verdict": verdict, "slot": m.Running, "serial": m.Release.Serial, "reason": reason})
	if err != nil {
		return c.fail(err)
	}
	fmt.Fprintf(c.out, "KIOSK %s\n", line)
	if restart {
		return c.restart(ctx, exitRefused)
	}
	if reason != "" {
		return exitRefused
	}
	return exitGood
}

// measure looks at the machine: the page, the doctor's checks, the outbox.
func measure(ctx context.Context, path string) firmware.Health {
	h := firmware.Health{Failing: []string{}, Outbox: []string{}}
	cfg, err := config.Load(path)
	if err != nil {
		h.Fault = string(kiosk.CodeOf(err))
		return h
	}
	h.Painted = painted(ctx, cfg.HTTP.Listen)
	_, rows, err := readOutbox(ctx, filepath.Join(cfg.Data.Dir, databaseName))
	if err != nil {
		h.Fault = string(kiosk.CodeOf(err))
	}
	for _, r := range rows {
		h.Outbox = append(h.Outbox, r.ID)
	}
	if h.Painted && h.Fault == "" { // the doctor's checks take seconds
		for _, f := range doctor.Run(ctx, daemon.Checks(ctx, path, buildDate())).Checks {
			if f.Result == doctor.Fail {
				h.Failing = append(h.Failing, f.Name)
			}
		}
	}
	return h
}

// painted asks kioskd whether a browser has drawn its page since kioskd started.
func painted(ctx context.Context, addr string) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/painted", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 64))
	if err != nil || res.StatusCode != http.StatusOK {
		return false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	return err == nil && n > 0
}
