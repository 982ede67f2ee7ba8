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
	file, err := databaseFile(*path, *data)
	if err != nil {
		return c.fail(err)
	}
	stats, rows, err := readOutbox(ctx, file)
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

// databaseFile gives the database in a data folder, the configuration's when data is empty.
func databaseFile(path, data string) (string, error) {
	if data == "" {
		cfg, err := config.Load(path)
		if err != nil {
			return "", err
		}
		data = cfg.Data.Dir
	}
	return filepath.Join(data, databaseName), nil
}

// outboxRetry makes dossiers due at once: those named, or with -all every one in quarantine. The running daemon delivers them
// at its next look, within a minute when the office can be reached.
func outboxRetry(ctx context.Context, c *console, args []string) exitCode {
	fs := c.flags("outbox retry", "ID...")
	path := fs.String("config", defaultConfig, "configuration of the kiosk")
	data := fs.String("data", "", "data folder, instead of the configuration's")
	all := fs.Bool("all", false, "every dossier in quarantine")
	ids, err := c.parse(fs, args, 0, -1)
	if err != nil {
		return c.usageExit(err)
	}
	if *all == (len(ids) > 0) {
		return c.usageError("give the ids of dossiers (kioskctl outbox list), or -all")
	}
	file, err := databaseFile(*path, *data)
	if err != nil {
		return c.fail(err)
	}
	released, err := release(ctx, file, ids)
	if err != nil {
		return c.fail(err)
	}
	out := struct {
		Released int `json:"released"`
	}{released}
	return c.report(exitGood, out, func(w io.Writer) { fmt.Fprintf(w, "%d dossiers are on their way\n", released) })
}

// release makes the named dossiers due, or without names those in quarantine.
func release(ctx context.Context, file string, ids []string) (n int, err error) {
	s, err := store.Attach(ctx, file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if ids == nil {
		rows, err := s.OutboxRows(ctx)
		if err != nil {
			return 0, err
		}
		for _, r := range rows {
			if r.State == kiosk.OutboxQuarantined {
				ids = append(ids, r.ID)
			}
		}
	}
	for _, id := range ids {
		found, err := s.Release(ctx, id, time.Now())
		if err != nil {
			return n, err
		}
		if !found {
			return n, kiosk.Errorf(kiosk.CodeNotFound, "release dossier", "look with: kioskctl outbox list", "no dossier %s waits", id)
		}
		n++
	}
	return n, nil
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
