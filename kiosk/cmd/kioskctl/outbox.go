package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/store"
)

// defaultConfig is where a kiosk's configuration lies.
const defaultConfig = "/etc/kiosk/kiosk.toml"

// databaseName is the database's file in the data folder, as the daemon names it.
const databaseName = "kiosk.db"

// waiting is one dossier of the outbox as it is printed: names and times, nothing of what is in it.
type waiting struct {
	ID        string     `json:"id"`
	State     string     `json:"state"`
	Created   time.Time  `json:"created"`
	Bytes     int64      `json:"bytes"`
	Attempts  int        `json:"attempts"`
	Due       *time.Time `json:"due,omitempty"`
	LastError kiosk.Code `json:"last_error,omitempty"`
}

func outboxList(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("outbox list", "")
	path := fs.String("config", defaultConfig, "configuration of the kiosk")
	data := fs.String("data", "", "data folder, instead of the configuration's")
	all := fs.Bool("all", false, "also those that were delivered")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	if *data == "" {
		cfg, err := config.Load(*path)
		if err != nil {
			return c.fail(err)
		}
		*data = cfg.Data.Dir
	}
	stats, rows, err := readOutbox(ctx, filepath.Join(*data, databaseName))
	if err != nil {
		return c.fail(err)
	}
	out := struct {
		Unsent     int       `json:"unsent"`
		Quarantine int       `json:"quarantine"`
		OldestAge  int64     `json:"oldest_age_s"`
		Items      []waiting `json:"items"`
	}{stats.Unsent, stats.Quarantine, int64(stats.OldestAge.Seconds()), []waiting{}}
	for _, r := range rows {
		if *all || r.State != kiosk.OutboxAcknowledged {
			out.Items = append(out.Items, printed(r))
		}
	}
	return c.report(exitGood, out, func(w io.Writer) {
		fmt.Fprintf(w, "%d dossiers wait, the oldest for %s\n", stats.Unsent, stats.OldestAge.Round(time.Second))
		for _, i := range out.Items {
			fmt.Fprintf(w, "%s  %-12s %s  %8d bytes  %d attempts  %s\n", i.ID, i.State, i.Created.Format(time.RFC3339), i.Bytes, i.Attempts, i.LastError)
		}
	})
}

func printed(r kiosk.OutboxRow) waiting {
	w := waiting{ID: r.ID, State: r.State.String(), Created: r.Created.UTC(), Bytes: r.Size, Attempts: r.Attempts, LastError: r.LastError}
	if r.State == kiosk.OutboxWaiting && !r.Due.IsZero() {
		due := r.Due.UTC()
		w.Due = &due
	}
	return w
}

// readOutbox reads beside the daemon and changes nothing.
func readOutbox(ctx context.Context, path string) (stats kiosk.OutboxStats, rows []kiosk.OutboxRow, err error) {
	s, err := store.Attach(ctx, path)
	if err != nil {
		return stats, nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if stats, err = s.OutboxStats(ctx, time.Now()); err != nil {
		return stats, nil, err
	}
	rows, err = s.OutboxRows(ctx)
	return stats, rows, err
}
