package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"

	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/calendar"
	"motcua/kiosk/catalogue"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/national"
	"motcua/kiosk/onestop/postgres"
	"motcua/kiosk/onestop/sqlite"
	"motcua/kiosk/provision"
	"motcua/ui/officer"
)

// serve runs the office until ctx ends.
func serve(ctx context.Context, c *console, args []string) error {
	fs := c.flags("")
	path := fs.String("config", "onestop.toml", "configuration `file`")
	fs.Usage = func() {
		fmt.Fprint(c.err, usage)
		fs.PrintDefaults()
	}
	told := fs.Bool("version", false, "print the version and exit")
	if err := c.parse(fs, args); err != nil {
		return err
	}
	if *told {
		return c.report(map[string]string{"version": version}, version)
	}
	cfg, err := onestop.LoadConfig(*path)
	if err != nil {
		return err
	}
	keys, err := provision.LoadOfficeKeys(cfg.Path(cfg.Keys))
	if err != nil {
		return err
	}
	store, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(withStore(ctx, c, cfg, keys, store), store.Close())
}

// openStore opens the database that the configuration names: a file, or a PostgreSQL server.
func openStore(ctx context.Context, cfg onestop.Config) (onestop.Store, error) {
	if postgres.Is(cfg.Data) {
		return postgres.Open(ctx, cfg.Data, postgres.Options{})
	}
	return sqlite.Open(ctx, cfg.Path(cfg.Data))
}

func withStore(ctx context.Context, c *console, cfg onestop.Config, keys *provision.OfficeKeys, store onestop.Store) error {
	log := newLog(c, cfg, store)
	checkChain(ctx, log, store)
	server, err := newServer(c, cfg, keys, store, log)
	if err != nil {
		return err
	}
	if err := server.Open(ctx); err != nil {
		return errors.Join(err, server.Close())
	}
	if err := ready(c, cfg, server); err != nil {
		return errors.Join(err, server.Close())
	}
	select {
	case <-ctx.Done():
		err = nil
	case err = <-server.Failed():
	}
	_, nerr := sd.SdNotify(false, sd.SdNotifyStopping)
	return errors.Join(err, nerr, server.Close())
}

// ready tells whoever waits: systemd, a script, a person.
func ready(c *console, cfg onestop.Config, s *onestop.Server) error {
	if _, err := sd.SdNotify(false, sd.SdNotifyReady); err != nil {
		return fmt.Errorf("tell systemd: %w", err)
	}
	scheme := "http"
	if cfg.Officers.Certificate != "" {
		scheme = "https"
	}
	v := map[string]string{"intake": "https://" + s.IntakeAddr(), "officers": scheme + "://" + s.OfficersAddr() + "/", "office": cfg.Office}
	return c.report(v, "intake "+v["intake"]+", officers' pages "+v["officers"])
}

func newLog(c *console, cfg onestop.Config, store onestop.Store) *audit.Log {
	o := &slog.HandlerOptions{Level: audit.Levels[cfg.Log]}
	var h slog.Handler = slog.NewTextHandler(c.err, o)
	if c.json {
		h = slog.NewJSONHandler(c.err, o)
	}
	return audit.New(h, audit.Options{Chain: audit.NewChain(store, nil)})
}

// checkChain tells of a broken audit chain and goes on: citizens still want to be served, and the finding stands in the log.
func checkChain(ctx context.Context, log *audit.Log, store onestop.Store) {
	rep, err := audit.Verify(ctx, store)
	switch {
	case err != nil:
		log.Event(ctx, audit.AuditBroken, audit.Code(err))
	case rep.Broken != 0:
		log.Event(ctx, audit.AuditBroken, audit.Int(audit.KeySeq, min(rep.Broken, audit.MaxNumber)))
	}
}

// newDesk makes the office itself.
func newDesk(c *console, cfg onestop.Config, keys *provision.OfficeKeys, store onestop.Store, log *audit.Log) (*onestop.Desk, error) {
	trust, err := loadTrust(c.err, cfg.Path(cfg.Trust))
	if err != nil {
		return nil, err
	}
	o := onestop.Options{
		Office: cfg.Office, Hotline: cfg.Hotline, Store: store, Seal: keys.Seal, Ack: keys.Ack, Number: cfg.Numbering(),
		Devices: keys.CA.Pool(), Chip: chip(trust), Audit: log, Issuer: issuer(cfg, keys),
		Announced: filepath.Join(cfg.Path(cfg.Keys), provision.FileAnnounced),
	}
	if cfg.Bundles != "" {
		o.Bundles = cfg.Path(cfg.Bundles)
	}
	if err := setRules(cfg, &o); err != nil {
		return nil, err
	}
	return onestop.NewDesk(o)
}

// issuer certifies the kiosks that enrol themselves.
func issuer(cfg onestop.Config, keys *provision.OfficeKeys) provision.Issuer {
	return provision.Issuer{Keys: keys, Name: cfg.Office, Intake: cfg.Intake.Public, Hotline: cfg.Hotline, StatusURL: statusURL(cfg)}
}

func newServer(c *console, cfg onestop.Config, keys *provision.OfficeKeys, store onestop.Store, log *audit.Log) (*onestop.Server, error) {
	desk, err := newDesk(c, cfg, keys, store, log)
	if err != nil {
		return nil, err
	}
	pages, err := officer.New(officer.Options{Desk: desk, Secure: strings.HasPrefix(cfg.Officers.Public, "https://")})
	if err != nil {
		return nil, err
	}
	target, err := syncTarget(cfg)
	if err != nil {
		return nil, err
	}
	so := onestop.ServerOptions{
		Desk: desk, Sweep: sweepEvery, Target: target, Sync: time.Duration(cfg.Sync.Minutes) * time.Minute, Intake: cfg.Intake.Listen, TLS: keys.Server, Clients: keys.CA.Pool(),
		Revoked: cfg.Intake.Revoked, Officers: cfg.Officers.Listen, Pages: pages, Version: version,
	}
	if cfg.Officers.Certificate != "" {
		cert, err := tls.LoadX509KeyPair(cfg.Path(cfg.Officers.Certificate), cfg.Path(cfg.Officers.Key))
		if err != nil {
			return nil, kiosk.Errorf(kiosk.CodeKeyMissing, "read the officers' certificate", "check [officers] certificate and key in onestop.toml", "%w", err)
		}
		so.PagesTLS = &cert
	}
	return onestop.NewServer(so)
}

// sweepEvery is how often deadlines are looked at.
const sweepEvery = time.Minute

// setRules gives the office what it works by: the catalogue, the calendars, where dossiers belong, the letters.
func setRules(cfg onestop.Config, o *onestop.Options) error {
	procedures, err := openCatalogue(cfg.Path(cfg.Catalogue))
	if err != nil {
		return err
	}
	set, err := openCalendar(cfg.Path(cfg.Calendar.File))
	if err != nil {
		return err
	}
	r := onestop.Reckoner{Procedures: procedures}
	if r.Offices, err = set.Offices(cfg.Calendar.Ordinary, cfg.Calendar.Saturday); err != nil {
		return err
	}
	if o.Forms, err = cfg.LetterForms(); err != nil {
		return err
	}
	if o.National, err = cfg.StateMap(); err != nil {
		return err
	}
	o.Terms, o.Place, o.Linked = r, cfg.Place(procedures), cfg.Children()
	o.ApologyLead = time.Duration(cfg.Time.ApologyHours) * time.Hour
	o.HandoverWait = time.Duration(cfg.Time.HandoverHours) * time.Hour
	o.FeedbackTime = time.Duration(cfg.Time.FeedbackDays) * 24 * time.Hour
	return nil
}

// syncTarget opens the national system of the configuration, nil when there is none. The account comes from the environment, so
// that it stands in no file that is copied about.
func syncTarget(cfg onestop.Config) (onestop.Target, error) {
	o := national.Options{
		Address: cfg.Sync.Address, Unit: cfg.Sync.Unit, User: os.Getenv("ONESTOP_SYNC_USER"), Password: os.Getenv("ONESTOP_SYNC_PASSWORD"),
	}
	switch cfg.Sync.Protocol {
	case "DongBoHoSoMC":
		return national.NewMC(o)
	case "NoiHoSo":
		return national.NewLGSP(o)
	}
	return nil, nil //nolint:nilnil // no national system is a choice
}

func openCatalogue(path string) (*catalogue.Catalogue, error) {
	if path == "" {
		return catalogue.Starter()
	}
	return catalogue.Open(path)
}

func openCalendar(path string) (*calendar.Set, error) {
	if path == "" {
		return calendar.Starter()
	}
	return calendar.Open(path)
}

// loadTrust reads the trust anchors and tells which files are of no use.
func loadTrust(w io.Writer, dir string) (*pa.Store, error) {
	trust, err := pa.Load(dir)
	if err != nil {
		return nil, err
	}
	for _, s := range trust.Sources() {
		if s.Err != nil {
			fmt.Fprintf(w, "onestopd: trust anchor file %s is left out: %v\n", s.File, s.Err)
		}
	}
	return trust, nil
}
