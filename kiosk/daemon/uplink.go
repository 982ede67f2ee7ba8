package daemon

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/provision"
)

// How often the kiosk tells and asks beside the dossiers.
const (
	beatEvery  = 5 * time.Minute
	renewEvery = 6 * time.Hour
	fetchEvery = 15 * time.Minute
	nonceEvery = 5 * time.Minute
)

// startUplink begins what runs beside the outbox: heartbeats, the certificate's renewal,
// nonces, and what the office signs for its kiosks. It ends with Close.
func (d *Daemon) startUplink() {
	ctx, cancel := context.WithCancel(context.Background())
	d.uplink = cancel
	for _, l := range []struct {
		every time.Duration
		run   func(context.Context) error
	}{{beatEvery, d.beat}, {renewEvery, d.renew}, {fetchEvery, d.fetch}, {nonceEvery, d.askNonce}} {
		d.work.Go(func() { d.repeat(ctx, l.every, l.run) })
	}
}

// repeat runs f now and every so often. An office that cannot be reached is the outbox's to tell.
func (d *Daemon) repeat(ctx context.Context, every time.Duration, f func(context.Context) error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := f(ctx); err != nil && ctx.Err() == nil && kiosk.CodeOf(err) != kiosk.CodeOfficeOffline {
			d.log.Fault(ctx, "uplink", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// beat tells the office how this kiosk is: numbers, nothing of citizens.
func (d *Daemon) beat(ctx context.Context) error {
	stats, err := d.outbox.Stats(ctx)
	if err != nil {
		return err
	}
	checks, err := d.healthNow(ctx)
	if err != nil {
		return err
	}
	return d.client.Heartbeat(ctx, backoffice.Heartbeat{
		Version: d.opt.Version, At: time.Now(), Unsent: stats.Unsent, Quarantine: stats.Quarantine,
		OldestAge: int64(stats.OldestAge / time.Second), Checks: checks,
		DaysLeft: int(time.Until(d.self.Certificate().NotAfter) / (24 * time.Hour)),
	})
}

// renew asks for a fresh certificate when two thirds of this one's time have passed, keeps it in the folder of the data, which alone the
// kiosk may write, and uses it from then on. The key stays, so that what was signed with it verifies under both.
func (d *Daemon) renew(ctx context.Context) error {
	if !provision.NeedsRenewal(d.self.Certificate(), time.Now()) {
		return nil
	}
	csr, err := d.self.CSR()
	if err != nil {
		return err
	}
	e, err := d.client.Renew(ctx, csr)
	if err != nil {
		return err
	}
	if err := d.self.TakeCertificate(d.office, d.opt.Config.Data.Dir, []byte(e.Certificate)); err != nil {
		return err
	}
	d.client.SetCertificate(d.self.TLS())
	return nil
}

// fileNonce keeps the last nonce over a new start: a kiosk may be away from its office for days.
const fileNonce = "nonce.json"

// askNonce fetches a fresh nonce for the chips that will be read.
func (d *Daemon) askNonce(ctx context.Context) error {
	n, err := d.client.Nonce(ctx)
	if err != nil {
		return err
	}
	if err := d.maker.takeNonce(n); err != nil {
		return err
	}
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return provision.WriteFile(filepath.Join(d.opt.Config.Data.Dir, fileNonce), text, 0o600)
}

// lastNonce takes the nonce of an earlier start; one that is not there or not the office's is none.
func (d *Daemon) lastNonce() {
	text, err := os.ReadFile(filepath.Join(d.opt.Config.Data.Dir, fileNonce))
	var n backoffice.Nonce
	if err == nil && json.Unmarshal(text, &n) == nil && len(n.Value) == 16 {
		_ = d.maker.takeNonce(n)
	}
}
