package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"motcua/drivers/emrtd/pa"
	"motcua/drivers/pcsc"
	"motcua/drivers/speaker"
	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/config"
	"motcua/kiosk/daemon"
	"motcua/kiosk/doctor"
	"motcua/kiosk/places"
	"motcua/kiosk/provision"
	"motcua/kiosk/store"
	"motcua/vision"
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
	checks := checksFor(*path)
	if *only != "" {
		var err error
		if checks, err = pick(checks, strings.Split(*only, ",")); err != nil {
			return c.usageError("%w", err)
		}
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

// pick keeps the named checks.
func pick(checks []doctor.Check, names []string) ([]doctor.Check, error) {
	var kept []doctor.Check
	for _, n := range names {
		i := slices.IndexFunc(checks, func(c doctor.Check) bool { return c.Name == strings.TrimSpace(n) })
		if i < 0 {
			return nil, fmt.Errorf("no check is called %q", n)
		}
		kept = append(kept, checks[i])
	}
	return kept, nil
}

// checksFor assembles every check for the configuration at path. With one that cannot be read, the rest is checked by the defaults.
func checksFor(path string) []doctor.Check {
	cfg, cfgErr := config.Load(path)
	if cfgErr != nil {
		cfg = config.Default()
	}
	db := filepath.Join(cfg.Data.Dir, databaseName)
	return []doctor.Check{
		{Name: "config", Run: func(context.Context) doctor.Finding {
			if cfgErr != nil {
				return doctor.FromError(cfgErr)
			}
			return doctor.Good("%s", path)
		}},
		doctor.Database(func(ctx context.Context) (int64, error) { return probeDatabase(ctx, db) }),
		doctor.Outbox(func(ctx context.Context) (kiosk.OutboxStats, error) {
			stats, _, err := readOutbox(ctx, db)
			if kiosk.CodeOf(err) == kiosk.CodeNotFound {
				return stats, nil // no database yet: nothing waits
			}
			return stats, err
		}),
		doctor.Audit(func(ctx context.Context) (int64, int64, string, error) { return probeAudit(ctx, db) }),
		doctor.Disk(cfg.Data.Dir, cfg.Data.MinFreeMB),
		doctor.Clock(buildDate(), time.Now, db, db+"-wal", path),
		doctor.Models(cfg.ModelsDir()),
		doctor.OpenCV(probeOpenCV),
		doctor.Reader(cfg.Reader.Kind, func(ctx context.Context) (string, error) { return probeReader(ctx, cfg.Reader) }),
		doctor.Trust(cfg.Trust.Dir, probeTrust),
		doctor.Device("camera", cfg.Camera.Face, "face camera"),
		doctor.Device("paper_camera", cfg.Camera.Paper, "document camera"),
		doctor.Catalogue(func() (string, int, error) { return probeCatalogue(cfg) }),
		doctor.Calendar(func() (time.Time, error) { return probeCalendar(cfg) }, time.Now),
		doctor.Bundles(cfg.Catalogue.Bundles, func() ([]string, error) { return daemon.Alarms(cfg) }),
		doctor.Places(func() (int, error) { return probePlaces(cfg.Places.Dir) }),
		doctor.Office(func(ctx context.Context) error { return pingOffice(ctx, cfg) }),
		doctor.Certificate(filepath.Join(cfg.Office.Dir, provision.FileDeviceCert), time.Now),
		doctor.Printer(cfg.Printer.Device, func(ctx context.Context) (doctor.PrinterState, error) { return probePrinter(ctx, cfg.Printer) }),
		doctor.Panel(cfg.Panel.Kind, func() (string, error) { return probePanel(cfg.Panel) }),
		{Name: "voice", Run: func(ctx context.Context) doctor.Finding { return probeVoice(ctx, cfg.Voice) }},
	}
}

// buildDate gives the zero time when the program was built without a date.
func buildDate() time.Time {
	t, err := time.Parse(time.RFC3339, built)
	if err != nil {
		return time.Time{}
	}
	return t
}

func probeDatabase(ctx context.Context, path string) (bytes int64, err error) {
	s, err := store.Attach(ctx, path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Check(ctx)
}

func probeAudit(ctx context.Context, path string) (records, broken int64, reason string, err error) {
	s, err := store.Attach(ctx, path)
	if kiosk.CodeOf(err) == kiosk.CodeNotFound {
		return 0, 0, "", nil // no database yet: no records
	}
	if err != nil {
		return 0, 0, "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	rep, err := audit.Verify(ctx, s)
	return rep.Records, rep.Broken, rep.Reason, err
}

// probeOpenCV brings a picture into OpenCV, encodes it and reads it back.
func probeOpenCV(context.Context) (string, error) {
	const op = "use OpenCV"
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for y := range 48 {
		for x := range 64 {
			img.Set(x, y, color.RGBA{R: uint8(4 * x), G: uint8(5 * y), B: 128, A: 255})
		}
	}
	m, err := vision.FromImage(img)
	if err != nil {
		return "", kiosk.Errorf(kiosk.CodeInternal, op, "install OpenCV again (libopencv)", "%w", err)
	}
	defer m.Close()
	jpeg, err := vision.EncodeJPEG(&m, 90)
	if err != nil {
		return "", kiosk.Errorf(kiosk.CodeInternal, op, "install OpenCV again (libopencv)", "%w", err)
	}
	back, err := vision.Decode(jpeg.Data)
	if err != nil {
		return "", kiosk.Errorf(kiosk.CodeInternal, op, "install OpenCV again (libopencv)", "%w", err)
	}
	defer back.Close()
	if back.Cols() != 64 || back.Rows() != 48 {
		return "", kiosk.Errorf(kiosk.CodeInternal, op, "install OpenCV again (libopencv)", "a picture came back with another size")
	}
	return fmt.Sprintf("encodes and decodes pictures, %d threads", vision.Threads()), nil
}

// probeReader asks the reader itself. A PN532 that kioskd holds is busy, which says so.
func probeReader(ctx context.Context, c config.Reader) (name string, err error) {
	if c.Kind == config.KindPN532 {
		dev, err := daemon.OpenPN532(c.Port, false)
		if err != nil {
			return "", err
		}
		defer func() { err = errors.Join(err, dev.Halt()) }()
		return dev.String(), dev.Check(ctx)
	}
	r := pcsc.New(&pcsc.Opts{Name: c.Name})
	defer func() { err = errors.Join(err, r.Halt()) }()
	return r.String(), r.Check(ctx)
}

func probeTrust(dir string) (doctor.TrustState, error) {
	s, err := pa.Load(dir)
	if err != nil {
		return doctor.TrustState{}, err
	}
	return doctor.TrustState{Anchors: s.Len(), Date: s.Date(), Problems: s.Problems(time.Now())}, nil
}

func probeCatalogue(cfg config.Config) (version string, count int, err error) {
	c, err := daemon.LoadCatalogue(cfg)
	if err != nil {
		return "", 0, err
	}
	return c.Version(), c.Count(), nil
}

func probeCalendar(cfg config.Config) (until time.Time, err error) {
	set, _, err := daemon.LoadCalendar(cfg)
	if err != nil {
		return time.Time{}, err
	}
	return set.Until(), nil
}

func probePlaces(dir string) (count int, err error) {
	if dir == "" {
		return 0, nil
	}
	p, err := places.Open(dir)
	if err != nil {
		return 0, err
	}
	for _, v := range p.Provinces() {
		count += 1 + len(p.Communes(v.Code))
	}
	return count, nil
}

// pingOffice asks the office by the way that kioskd takes, so that a fault of the uplink is found too.
func pingOffice(ctx context.Context, cfg config.Config) error {
	dir := cfg.Office.Dir
	office, err := provision.LoadOffice(dir)
	if err != nil {
		return err
	}
	self, err := provision.LoadIdentity(dir)
	if err != nil {
		return err
	}
	roots, err := office.Pool()
	if err != nil {
		return err
	}
	client, err := backoffice.NewClient(backoffice.Options{URL: office.Intake, Roots: roots, Certificate: self.TLS(), AckKey: office.AckKey, Dial: dialer(cfg.Uplink.Socket)})
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Ping(ctx)
}

// probePrinter asks the printer itself; the kernel lets one process at a time have a USB printer.
func probePrinter(ctx context.Context, c config.Printer) (s doctor.PrinterState, err error) {
	p, err := daemon.OpenPrinter(c, true, nil)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, p.Halt()) }()
	if err := p.Check(ctx); errors.Is(err, syscall.EBUSY) {
		return doctor.PrinterState{Held: true}, nil
	} else if err != nil {
		return s, err
	}
	is, _ := p.Status()
	return doctor.PrinterState{Low: is.Low}, nil
}

func probePanel(c config.Panel) (text string, err error) {
	p, err := daemon.OpenPanel(c)
	if err != nil {
		return "", err
	}
	return p.String(), p.Halt()
}

func probeVoice(ctx context.Context, cfg config.Voice) doctor.Finding {
	if !cfg.Enabled {
		return doctor.Missing("switched off in kiosk.toml", "")
	}
	if err := speaker.OpenDevice().Wait(ctx); err != nil {
		return doctor.FromError(err)
	}
	s := speaker.New(speaker.Options{Dir: cfg.Dir, Volume: cfg.Volume})
	if err := s.Check(ctx); err != nil {
		return doctor.FromError(err)
	}
	return doctor.Good("%s, %d clips", s, len(speaker.Sentences(speaker.Vietnamese)))
}
