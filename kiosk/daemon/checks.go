package daemon

import (
	"context"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/bundle"
	"motcua/kiosk/config"
	"motcua/kiosk/doctor"
	"motcua/kiosk/provision"
	"motcua/kiosk/store"
	"motcua/ui"
)

// databaseName is the database's file in the data folder.
const databaseName = "kiosk.db"

// machine is this computer.
var machine doctor.Machine

// probes ask the parts that one process at a time may have: a running kiosk its own, a tool the bare devices.
type probes struct {
	reader, card doctor.Check
	face, paper  doctor.Check
	printer      doctor.Check
	panel, voice doctor.Check
}

func (p probes) list() []doctor.Check {
	return []doctor.Check{p.reader, p.card, p.face, p.paper, p.printer, p.panel, p.voice}
}

// held are the names of the checks in probes.
var held = []string{"reader", "card", "camera", "paper_camera", "printer", "panel", "voice"}

// Checks gives every check of the machine whose configuration is at path, for a tool beside kioskd. What kioskd holds is asked of
// kioskd when it runs. With a configuration that cannot be read the rest is checked by the defaults. built is when the tool was
// built; zero when that is not known.
func Checks(ctx context.Context, path string, built time.Time) []doctor.Check {
	cfg, cfgErr := config.Load(path)
	if cfgErr != nil {
		cfg = config.Default()
	}
	ask := askKiosk(cfg.Data.Dir)
	running := ask.runs(ctx)
	p := bare(cfg)
	if running {
		p = ask.probes()
	}
	head := []doctor.Check{{Name: "config", Run: func(context.Context) doctor.Finding {
		if cfgErr != nil {
			return doctor.FromError(cfgErr)
		}
		return doctor.Good("%s", path)
	}}, doctor.OpenCV(probeOpenCV)}
	return append(head, around(cfg, built, running, p, path)...)
}

// around gives the checks of what is around the devices, and those.
func around(cfg config.Config, built time.Time, running bool, p probes, path string) []doctor.Check {
	db := filepath.Join(cfg.Data.Dir, databaseName)
	clock := doctor.Time{Built: built, Now: time.Now, Files: []string{db, db + "-wal"}, Sync: doctor.KernelSync}
	if path != "" {
		clock.Files = append(clock.Files, path)
	}
	list := []doctor.Check{
		doctor.Database(func(ctx context.Context) (int64, error) { return probeDatabase(ctx, db) }),
		doctor.Outbox(func(ctx context.Context) (kiosk.OutboxStats, error) { return probeOutbox(ctx, db) }),
		doctor.Audit(func(ctx context.Context) (int64, int64, string, error) { return probeAudit(ctx, db) }),
		doctor.Crash(machine, func(ctx context.Context) (doctor.Past, error) { return probePast(ctx, db, running) }),
		doctor.Disk(cfg.Data.Dir, cfg.Data.MinFreeMB), doctor.Storage(machine, cfg.Data.Dir),
		doctor.Clock(clock), doctor.RTC(machine, time.Now), doctor.Temperature(machine),
		doctor.Touch(machine, cfg.Camera.Face == config.KindSim || cfg.Reader.Kind == config.KindSim),
		doctor.Models(cfg.ModelsDir()),
		doctor.Trust(cfg.Trust.Dir, probeTrust, time.Now),
		doctor.Catalogue(func() (doctor.CatalogueState, error) { return probeCatalogue(cfg) }, time.Now),
		doctor.Calendar(func() (time.Time, error) { return probeCalendar(cfg) }, time.Now),
		doctor.Bundles(func() ([]string, error) { return Alarms(cfg) }),
		doctor.Places(func() (int, error) { return probePlaces(cfg) }),
		doctor.Languages(cfg.UI.Languages, func() ([]string, error) { return ui.CheckLanguages(cfg.UI.Languages) }),
		network(cfg.Office.Dir, nil),
		doctor.Office(func(ctx context.Context) error { return pingOffice(ctx, cfg) }),
		doctor.Certificate(deviceCertificate(cfg), time.Now),
		doctor.Authority(func() (*x509.Certificate, error) { return probeAuthority(cfg.Office.Dir) }, time.Now),
	}
	return append(list, p.list()...)
}

// network tries the way to the office of a folder: the machine's own, or, from a process without a network, through dial.
func network(dir string, dial func(context.Context, string, string) (net.Conn, error)) doctor.Check {
	way := doctor.Way{Machine: machine, Dial: dial}
	if dial == nil {
		way.Dial, way.Lookup = new(net.Dialer).DialContext, net.DefaultResolver.LookupHost
	}
	check := doctor.Network(way)
	check.Run = func(ctx context.Context) doctor.Finding {
		office, err := provision.LoadOffice(dir)
		if err != nil {
			return doctor.FromError(err)
		}
		if way.Roots, err = office.Pool(); err != nil {
			return doctor.FromError(err)
		}
		way.Office = office.Intake
		return doctor.Network(way).Run(ctx)
	}
	return check
}

func attached(ctx context.Context, path string, use func(*store.Store) error) (err error) {
	s, err := store.Attach(ctx, path)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := s.Close(); err == nil {
			err = cerr
		}
	}()
	return use(s)
}

func probeDatabase(ctx context.Context, path string) (bytes int64, err error) {
	err = attached(ctx, path, func(s *store.Store) error {
		bytes, err = s.Check(ctx)
		return err
	})
	return bytes, err
}

// unmade makes no error of a database that kioskd has not made yet: there is nothing in it.
func unmade(err error) error {
	if kiosk.CodeOf(err) == kiosk.CodeNotFound {
		return nil
	}
	return err
}

func probeOutbox(ctx context.Context, path string) (stats kiosk.OutboxStats, err error) {
	err = attached(ctx, path, func(s *store.Store) error {
		stats, err = s.OutboxStats(ctx, time.Now())
		return err
	})
	return stats, unmade(err)
}

func probeAudit(ctx context.Context, path string) (records, broken int64, reason string, err error) {
	err = attached(ctx, path, func(s *store.Store) error {
		rep, err := audit.Verify(ctx, s)
		records, broken, reason = rep.Records, rep.Broken, rep.Reason
		return err
	})
	return records, broken, reason, unmade(err)
}

// pastDays and pastRecords bound how far back the runs are looked at.
const (
	pastDays    = 7
	pastRecords = 20_000
)

// probePast reads from the log how the earlier runs ended: one that wrote no "stop" before the next "start" was cut off. With
// running the newest is the one that goes on.
func probePast(ctx context.Context, path string, running bool) (p doctor.Past, err error) {
	err = attached(ctx, path, func(s *store.Store) error {
		last, err := s.LastAudit(ctx)
		if err != nil {
			return err
		}
		p, err = past(ctx, s, max(1, last.Seq-pastRecords), time.Now().AddDate(0, 0, -pastDays), running)
		return err
	})
	return p, unmade(err)
}

func past(ctx context.Context, log kiosk.AuditStore, from int64, since time.Time, running bool) (p doctor.Past, err error) {
	open, heard := false, time.Time{} // a run that has not ended yet, and when it was last heard of
	cut := func() {
		if p.Last = (time.Time{}); open {
			p.Unclean++
			p.Last = heard
		}
	}
	err = log.EachAudit(ctx, from, func(r kiosk.AuditRecord) error {
		if r.At.Before(since) {
			return nil
		}
		switch audit.Event(r.Event) {
		case audit.KioskStart:
			cut()
			open = true
			p.Starts++
		case audit.KioskStop:
			open = false
		default:
		}
		heard = r.At
		return nil
	})
	if !running {
		cut()
	}
	return p, err
}

func probeTrust(dir string) (doctor.TrustState, error) {
	s, err := pa.Load(dir)
	if err != nil {
		return doctor.TrustState{}, err
	}
	return doctor.TrustState{Anchors: s.Len(), Date: s.Date(), Problems: s.Problems(time.Now())}, nil
}

func probeCatalogue(cfg config.Config) (s doctor.CatalogueState, err error) {
	c, err := LoadCatalogue(cfg)
	if err != nil {
		return s, err
	}
	s = doctor.CatalogueState{Version: c.Version(), Count: c.Count()}
	if b, err := current(bundle.KindCatalogue, cfg); err == nil && b != nil {
		s.Made = b.Made
	}
	return s, nil
}

func probeCalendar(cfg config.Config) (until time.Time, err error) {
	set, _, err := LoadCalendar(cfg)
	if err != nil {
		return time.Time{}, err
	}
	return set.Until(), nil
}

func probePlaces(cfg config.Config) (count int, err error) {
	p, err := LoadPlaces(cfg)
	if err != nil || p == nil {
		return 0, err
	}
	for _, v := range p.Provinces() {
		count += 1 + len(p.Communes(v.Code))
	}
	return count, nil
}

// deviceCertificate is the file of the certificate in use: the renewed one where there is one.
func deviceCertificate(cfg config.Config) string {
	renewed := filepath.Join(cfg.Data.Dir, provision.FileDeviceCert)
	if _, err := os.Stat(renewed); err == nil {
		return renewed
	}
	return filepath.Join(cfg.Office.Dir, provision.FileDeviceCert)
}

func probeAuthority(dir string) (*x509.Certificate, error) {
	office, err := provision.LoadOffice(dir)
	if err != nil {
		return nil, err
	}
	return office.Authority()
}

func pingOffice(ctx context.Context, cfg config.Config) error {
	dir := cfg.Office.Dir
	office, err := provision.LoadOffice(dir)
	if err != nil {
		return err
	}
	self, err := provision.LoadIdentity(dir, cfg.Data.Dir)
	if err != nil {
		return err
	}
	roots, err := office.Pool()
	if err != nil {
		return err
	}
	client, err := backoffice.NewClient(backoffice.Options{URL: office.Intake, Roots: roots, Certificate: self.TLS(), AckKey: office.AckKey, Dial: Dialer(cfg.Uplink.Socket)})
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Ping(ctx)
}

// identify asks a reader for the card that lies there.
func identify(r *emrtd.Reader) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		text, err := r.Identify(ctx)
		if kiosk.CodeOf(err) == kiosk.CodeCardAbsent {
			return "", doctor.ErrNoCard
		}
		return text, err
	}
}

// Checks gives every check of this running kiosk. Its devices are asked through their drivers, beside a visit. With thorough the
// cameras are looked through; without, they are asked whether they are there, and stay off.
func (d *Daemon) Checks(thorough bool) []doctor.Check {
	cfg := d.opt.Config
	list := around(cfg, time.Time{}, true, d.probes(thorough), "")
	replace(list, doctor.Outbox(d.outbox.Stats))
	replace(list, network(cfg.Office.Dir, d.dial))
	replace(list, doctor.Office(d.client.Ping))
	replace(list, doctor.Clock(doctor.Time{Built: d.opt.Built, Now: d.now, Sync: doctor.KernelSync, Skew: d.client.Skew}))
	return list
}

func replace(list []doctor.Check, c doctor.Check) {
	if i := slices.IndexFunc(list, func(o doctor.Check) bool { return o.Name == c.Name }); i >= 0 {
		list[i] = c
	}
}

// Doctor runs the named checks, or every one that nobody has to ask for, and logs how they ended.
func (d *Daemon) Doctor(ctx context.Context, thorough bool, names ...string) (doctor.Report, error) {
	kept, unknown := doctor.Pick(d.Checks(thorough), names...)
	if len(unknown) > 0 {
		return doctor.Report{}, kiosk.Errorf(kiosk.CodeBadInput, "run the checks", "", "no check is called %q", strings.Join(unknown, ", "))
	}
	begun := time.Now()
	rep := doctor.Run(ctx, kept)
	d.log.Event(ctx, audit.Doctor, audit.Int(audit.KeyOK, rep.Count(doctor.OK)), audit.Int(audit.KeyWarn, rep.Count(doctor.Warn)),
		audit.Int(audit.KeyFail, rep.Count(doctor.Fail)), audit.MS(time.Since(begun)))
	return rep, nil
}
