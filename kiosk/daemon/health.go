package daemon

import (
	"context"
	"slices"
	"sync"
	"time"

	"motcua/kiosk/doctor"
)

// heavy are the checks that read whole files; they are run again once an hour. mute are those that the office knows better.
var (
	heavy      = []string{"database", "audit", "models", "trust", "catalogue"}
	mute       = []string{"network", "office"}
	heavyEvery = time.Hour
)

// health keeps what the checks found last, for the heartbeat.
type health struct {
	mu    sync.Mutex
	at    time.Time // of the last round with the heavy checks
	found map[string]doctor.Finding
}

// healthNow runs the checks, without looking through the cameras, and gives how each ended: ok, warn, fail. What the configuration does
// without is left out.
func (d *Daemon) healthNow(ctx context.Context) (map[string]string, error) {
	d.health.mu.Lock()
	defer d.health.mu.Unlock()
	whole := d.health.found == nil || time.Since(d.health.at) > heavyEvery
	var names []string
	for _, c := range d.Checks(false) {
		if !c.Asked && !slices.Contains(mute, c.Name) && (whole || !slices.Contains(heavy, c.Name)) {
			names = append(names, c.Name)
		}
	}
	rep, err := d.Doctor(ctx, false, names...)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil { // what was cut off says nothing
		return nil, ctx.Err()
	}
	if whole {
		d.health.at, d.health.found = time.Now(), map[string]doctor.Finding{}
	}
	for _, f := range rep.Checks {
		d.health.found[f.Name] = f
	}
	told := map[string]string{}
	for name, f := range d.health.found {
		if f.Result != doctor.Absent {
			told[name] = string(f.Result)
		}
	}
	return told, nil
}
