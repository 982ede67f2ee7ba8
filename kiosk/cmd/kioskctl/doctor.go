package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"motcua/kiosk/daemon"
	"motcua/kiosk/doctor"
)

// built is when this program's sources were committed (RFC 3339), set by the build; "" when not known.
var built string

func doctorRun(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("doctor", "")
	path := fs.String("config", defaultConfig, "configuration of the kiosk")
	only := fs.String("only", "", "only these checks, separated by commas")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	var names []string
	if *only != "" {
		names = strings.Split(strings.ReplaceAll(*only, " ", ""), ",")
	}
	checks, unknown := doctor.Pick(daemon.Checks(ctx, *path, buildDate()), names...)
	if len(unknown) > 0 {
		return c.usageError("no check is called %q", unknown[0])
	}
	rep := doctor.Run(ctx, checks)
	code := exitGood
	if !rep.OK {
		code = exitRefused
	}
	return c.report(code, rep, func(w io.Writer) {
		if err := rep.Write(w); err != nil {
			fmt.Fprintln(c.err, "kioskctl:", err)
		}
	})
}

// buildDate gives the zero time when the program was built without a date.
func buildDate() time.Time {
	t, err := time.Parse(time.RFC3339, built)
	if err != nil {
		return time.Time{}
	}
	return t
}
