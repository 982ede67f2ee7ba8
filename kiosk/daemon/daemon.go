package daemon

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"motcua/drivers/sim"
	"motcua/drivers/speaker"
	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/bundle"
	"motcua/kiosk/config"
	"motcua/kiosk/outbox"
	"motcua/kiosk/places"
	"motcua/kiosk/provision"
	"motcua/kiosk/rota"
	"motcua/kiosk/seal"
	"motcua/kiosk/session"
	"motcua/kiosk/store"
	"motcua/ui"
)

// Options say what kiosk to start.
type Options struct {
	Config  config.Config
	Sim     *sim.World       // nil: real devices only
	Photos  Photos           // the cast's chip photos, for the dock
	Dock    string           // address of the dock, with Sim; "" for none
	Officer string           // address of the officer's pages, for the dock's link
	Version string           //
	Runtime string           // folder in memory for the page's address and token; "" keeps them to this start
	Log     slog.Handler     // nil discards
	Strict  bool             // panic on an event outside the closed list (tests, the simulated kiosk)
	Story   bool             // serve /story
	Vision  func() *exec.Cmd // makes the vision process; nil: this program with [VisionCommand]
	Uplink  func() *exec.Cmd // makes the uplink's process where the configuration names no socket; nil: this program with [UplinkCommand]
	Built   time.Time        // when the program was built; zero when that is not known
	Now     func() time.Time // the wall clock as judged; nil: time.Now
	Voice   kiosk.Voice      // speaks instead of the sound device; nil: what the configuration says
}

// Photos gives a person's chip photo, for the dock.
type Photos func(key string) (jpeg []byte, ok bool)

// Daemon is a running kiosk.
type Daemon struct {
	opt      Options
	log      *audit.Log
	begun    time.Time
	store    *store.Store
	office   *provision.Office
	self     *provision.Identity
	dial     sim.Dial // the way to the office
	relay    *relay   // of this kiosk's own, where the machine has none
	client   *backoffice.Client
	outbox   *outbox.Outbox
	dev      devices
	maker    *maker
	voice    *speaker.Client
	runner   *session.Runner
	timings  context.CancelFunc // ends the counting
	feedback context.CancelFunc // ends the delivery of feedback
	wrote    chan struct{}      // somebody wrote
	adopted  map[bundle.Kind]int64
	web      web
	health   health

	work    sync.WaitGroup
	uplink  context.CancelFunc // ends what runs beside the outbox
	started bool               // told in the log
	close   sync.Once
	err     error
}

// Open starts a kiosk. Errors: config_invalid, key_missing, catalogue_invalid, store_corrupt, store_full, port_in_use.
func Open(ctx context.Context, o Options) (*Daemon, error) {
	if o.Log == nil {
		o.Log = slog.DiscardHandler
	}
	d := &Daemon{opt: o, begun: time.Now(), adopted: map[bundle.Kind]int64{}}
	for _, step := range []func(context.Context) error{d.openStore, d.openOffice, d.openSession, d.openWeb} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	d.openSocket(ctx)
	d.startUplink()
	d.log.Event(ctx, audit.KioskStart, audit.Word(audit.KeyVersion, o.Version), audit.Flag(audit.KeySim, o.Sim != nil), audit.MS(time.Since(d.begun)))
	d.started = true
	return d, nil
}

// openStore opens the database and the audit log in it. A database that failed its check was moved aside and salvaged: the
// kiosk goes on and says so.
func (d *Daemon) openStore(ctx context.Context) error {
	s, err := store.Open(ctx, filepath.Join(d.opt.Config.Data.Dir, databaseName))
	if err != nil {
		return err
	}
	s.KeepFree(int64(d.opt.Config.Data.MinFreeMB) << 20)
	d.store = s
	d.log = audit.New(d.opt.Log, audit.Options{Strict: d.opt.Strict, Chain: audit.NewChain(s, nil)})
	if warn := s.Warning(); warn != nil {
		d.log.Fault(ctx, "store", warn)
	}
	return nil
}

// openOffice loads the keys and starts delivering.
func (d *Daemon) openOffice(context.Context) error {
	dir := d.opt.Config.Office.Dir
	office, err := provision.LoadOffice(dir)
	if err != nil {
		return err
	}
	if d.self, err = provision.LoadIdentity(dir, d.opt.Config.Data.Dir); err != nil {
		return err
	}
	if d.self.Name != d.opt.Config.Kiosk.Name {
		return kiosk.Errorf(kiosk.CodeConfigInvalid, "open the kiosk's identity", "correct [kiosk] name, or enrol this kiosk under it",
			"kiosk.toml names %q, the device certificate %q", d.opt.Config.Kiosk.Name, d.self.Name)
	}
	roots, err := office.Pool()
	if err != nil {
		return err
	}
	o := backoffice.Options{URL: office.Intake, Roots: roots, Certificate: d.self.TLS(), AckKey: office.AckKey}
	if o.Dial, err = d.openRelay(office.Intake); err != nil {
		return err
	}
	d.dial = o.Dial
	if d.client, err = backoffice.NewClient(o); err != nil {
		return err
	}
	d.office = office
	d.outbox = outbox.New(outbox.Options{
		Store: d.store, Office: d.client, Log: d.log, Deletion: func(ack kiosk.Acknowledgement, at time.Time) (kiosk.Deletion, error) {
			return seal.SignDeletion(d.self.Signer(), ack, at)
		},
	})
	d.outbox.Start(context.Background())
	return nil
}

// openSession opens the catalogue and the devices and starts the visits.
func (d *Daemon) openSession(ctx context.Context) error {
	begun := time.Now()
	cat, err := LoadCatalogue(d.opt.Config)
	if err != nil {
		return err
	}
	_, office, err := LoadCalendar(d.opt.Config)
	if err != nil {
		return err
	}
	d.reportBundles(ctx)
	d.log.Event(ctx, audit.CatalogueLoaded, audit.Word(audit.KeyVersion, cat.Version()), audit.Int(audit.KeyCount, cat.Count()), audit.MS(time.Since(begun)))
	announced, err := d.announced()
	if err != nil {
		return err
	}
	d.maker = &maker{office: d.office, self: d.self, version: d.opt.Version, announced: announced, chain: d.outbox, catalogue: cat, deadlines: office}
	d.lastNonce()
	if err := d.openDevices(ctx); err != nil {
		return err
	}
	d.openVoice()
	d.runner = session.New(d.ports(cat), session.KioskInfo{
		Name: d.self.Name, Commune: d.opt.Config.Kiosk.Commune, Hotline: d.opt.Config.Kiosk.Hotline, Office: d.office.Name,
		Version: d.opt.Version,
	}, bootID())
	d.keepTimings()
	d.deliverFeedback()
	return nil
}

// reportBundles says what was refused among the signed bundles: the one before is in use.
func (d *Daemon) reportBundles(ctx context.Context) {
	alarms, err := Alarms(d.opt.Config)
	if len(alarms) > 0 || err != nil {
		d.log.Event(ctx, audit.BundleRefused, audit.Int(audit.KeyCount, len(alarms)), audit.Code(&kiosk.Error{Code: kiosk.CodeBundle}))
	}
}

// ports leaves an interface nil where the part is absent: a typed nil would look present.
func (d *Daemon) ports(cat kiosk.Catalogue) session.Ports {
	p := session.Ports{
		Office: d.client, Outbox: d.outbox, Catalogue: cat, Log: d.log,
		Dossier: d.maker, Consents: map[string]map[kiosk.Purpose]session.ConsentText{},
		Queue: d.store, Feedback: feedbackBox{d}, Rota: rota.Open(d.fetchedRota(), filepath.Join(d.opt.Config.Office.Dir, RotaFile)), Clock: d.clock,
		Reader: d.dev.reader, Face: d.dev.match, Scanner: d.dev.scan, Faces: d.dev.faces, Papers: d.dev.papers, Spotter: d.dev.spot,
	}
	for lang, asked := range ui.ConsentLanguages(d.opt.Config.UI.Languages) {
		p.Consents[lang] = map[kiosk.Purpose]session.ConsentText{}
		for purpose, text := range asked {
			p.Consents[lang][purpose] = session.ConsentText{ID: text.ID, Text: text.Text}
		}
	}
	p.Night = d.quiet
	if d.voice != nil {
		p.Voice = d.voice
	}
	if d.opt.Voice != nil {
		p.Voice = d.opt.Voice
	}
	if d.dev.printer != nil {
		p.Printer = d.dev.printer
	}
	if d.dev.panel != nil {
		p.Panel = d.dev.panel
	}
	if list := d.places(); list != nil {
		p.Places = list
	}
	return p
}

// quiet tells whether it is an hour of low voices, as the hall's clock has it.
func (d *Daemon) quiet() bool {
	now := time.Now().In(session.Vietnam)
	is, err := d.opt.Config.Voice.QuietAt(time.Duration(now.Hour())*time.Hour + time.Duration(now.Minute())*time.Minute)
	return is && err == nil
}

// places gives the list of provinces and communes, nil without one, or with a broken one: addresses are typed then.
func (d *Daemon) places() *places.Places {
	list, err := LoadPlaces(d.opt.Config)
	if err != nil {
		d.log.Fault(context.Background(), "places", err)
		return nil
	}
	return list
}

// bootID is random per start: a page of an earlier start knows that it is one.
func bootID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// Close stops the kiosk in order: the page, the visit (wiped), the delivery, the devices, the database. It may be called twice.
func (d *Daemon) Close() error {
	d.close.Do(func() { d.err = d.stop() })
	return d.err
}

func (d *Daemon) stop() error {
	begun := time.Now()
	var errs []error
	if d.runner != nil {
		d.web.begin()
		d.runner.Close()
		d.timings()
		d.feedback()
	}
	errs = append(errs, d.web.stop())
	if d.uplink != nil {
		d.uplink()
	}
	if d.outbox != nil {
		d.outbox.Stop()
	}
	if d.client != nil {
		d.client.Close()
	}
	if d.relay != nil {
		errs = append(errs, d.relay.close())
	}
	errs = append(errs, d.dev.close())
	d.work.Wait()
	if d.voice != nil {
		errs = append(errs, d.voice.Halt())
	}
	if d.store != nil {
		if d.started {
			d.log.Event(context.Background(), audit.KioskStop, audit.Word(audit.KeyReason, "asked"), audit.MS(time.Since(begun)))
		}
		errs = append(errs, d.store.Close())
	}
	return errors.Join(errs...)
}
