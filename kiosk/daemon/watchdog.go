package daemon

import (
	"context"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"

	"motcua/kiosk"
)

// pageLostAfter is how long a page that was painted may be silent before that counts as this program's fault: its keeper
// (kiosk-browser) has started a browser many times by then. A page that never was painted since the start does not count, so a
// kiosk without a screen is started again once, not for ever.
var pageLostAfter = 2 * time.Minute

// Watch feeds systemd's watchdog while the kiosk is healthy, until it is asked to stop or a listener dies. A part that is frozen
// keeps it waiting, so that nothing is fed either.
func (d *Daemon) Watch(ctx context.Context) error {
	every, err := sd.SdWatchdogEnabled(false)
	if err != nil || every == 0 {
		every = 20 * time.Second
	}
	tick := time.NewTicker(every / 2)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := d.healthyWithin(ctx, every/2); err != nil {
				d.log.Fault(ctx, "watchdog", err)
				continue
			}
			_, _ = sd.SdNotify(false, sd.SdNotifyWatchdog) // not under systemd: nobody to tell
		case err := <-d.Failed():
			if IsRestart(err) {
				return err
			}
			return &kiosk.Error{Code: kiosk.CodeInternal, Op: "serve the page", Err: err}
		case <-ctx.Done():
			return nil
		}
	}
}

func (d *Daemon) healthyWithin(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return d.Healthy(ctx)
}

// Healthy tells whether the kiosk serves: the session answers and its loop comes round, the database could be written, and the
// page that was painted still is.
func (d *Daemon) Healthy(ctx context.Context) error {
	if !d.runner.Lively() {
		return kiosk.Errorf(kiosk.CodeInternal, "look after the session", "", "the session does not answer")
	}
	if d.runner.PageSilence() > pageLostAfter {
		return kiosk.Errorf(kiosk.CodeInternal, "look after the page", "", "the page has not been painted for %v", pageLostAfter)
	}
	return d.store.Alive(ctx)
}
