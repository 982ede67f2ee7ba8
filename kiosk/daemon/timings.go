package daemon

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"time"

	"motcua/kiosk/provision"
	"motcua/kiosk/session"
)

// TimingsFile is where the times of the screens are counted, in the data folder: counts by class of time, nothing of a visit.
const TimingsFile = "timings.json"

const (
	timingsEvery = time.Minute
	maxTimings   = 256 << 10
)

// ReadTimings reads the times a kiosk has counted in its data folder.
func ReadTimings(dir string) (*session.Timings, error) {
	f, err := os.Open(filepath.Join(dir, TimingsFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxTimings))
	if err != nil {
		return nil, err
	}
	return session.ReadTimings(data), nil
}

// keepTimings goes on counting where the last start ended, and writes the counts every minute and at the end.
func (d *Daemon) keepTimings() {
	dir := d.opt.Config.Data.Dir
	if t, err := ReadTimings(dir); err == nil {
		d.runner.Resume(t)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.timings = cancel
	d.work.Go(func() {
		tick := time.NewTicker(timingsEvery)
		defer tick.Stop()
		for last := ""; ; {
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
			if now := d.runner.Timings(); string(now) != last {
				last = string(now)
				if err := provision.WriteFile(filepath.Join(dir, TimingsFile), now, 0o640); err != nil {
					d.log.Fault(context.Background(), "timings", err) // a full disk: the outbox closes intake by itself
				}
			}
			if ctx.Err() != nil {
				return
			}
		}
	})
}

// Timings gives the times counted so far, as [session.ReadTimings] reads them.
func (d *Daemon) Timings() []byte { return d.runner.Timings() }
