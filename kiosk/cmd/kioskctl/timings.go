package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/daemon"
	"motcua/kiosk/session"
)

// timings shows how long citizens and devices stay on each screen, as the kiosk has counted.
func timings(_ context.Context, c *console, args []string) exitCode {
	set := c.flags("timings", "")
	path := set.String("config", defaultConfig, "configuration of the kiosk")
	data := set.String("data", "", "data folder, instead of the configuration's")
	if _, err := c.parse(set, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	file, err := databaseFile(*path, *data)
	if err != nil {
		return c.fail(err)
	}
	t, err := daemon.ReadTimings(filepath.Dir(file))
	if errors.Is(err, fs.ErrNotExist) {
		t, err = &session.Timings{}, nil // no visit yet
	}
	if err != nil {
		return c.fail(kiosk.Errorf(kiosk.CodeBadInput, "read timings", "check the rights of the data folder", "%w", err))
	}
	out := struct {
		Screens []session.Timing `json:"screens"`
	}{t.Report()}
	if out.Screens == nil {
		out.Screens = []session.Timing{}
	}
	return c.report(exitGood, out, func(w io.Writer) {
		fmt.Fprintf(w, "%-16s %-8s %7s %9s %9s %9s %7s\n", "screen", "who", "count", "mean", "p50", "p95", "ended")
		for _, s := range out.Screens {
			who := "citizen"
			if s.Machine {
				who = "machine"
			}
			fmt.Fprintf(w, "%-16s %-8s %7d %9s %9s %9s %7d\n", s.Name, who, s.Count, seconds(s.Mean), seconds(s.P50), seconds(s.P95), s.Ended)
		}
	})
}

func seconds(ms int64) string { return (time.Duration(ms) * time.Millisecond).String() }
