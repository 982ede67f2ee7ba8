package onestop

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"log/slog"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/seal"
)

// Options make a [Desk]. What is marked required has no default.
type Options struct {
	Office  string             // the office's name, as citizens read it; required
	Hotline string             // telephone of the office
	Store   Store              // required
	Seal    seal.Ring          // opens dossiers, newest key first; required
	Ack     ed25519.PrivateKey // signs acknowledgements; required
	Number  Numbering          // required
	Devices *x509.CertPool     // who certifies kiosks; required
	Chip    Chip               // how to read a chip's files
	Audit   *audit.Log         // nil: nothing is logged
	Cost    Argon2             // of new passwords, zero: DefaultArgon2
	Now     func() time.Time   // nil: time.Now
	Issuer  Issuer             // certifies kiosks over the network; nil: by hand only
	Bundles string             // folder of what kiosks fetch, KIND.json or signed KIND.bundle; "": none

	Announced string // file of the announced keys to seal to; "" for none

	Terms        Terms                          // by when dossiers must be settled; nil: NoTerms
	Place        func(kiosk, code string) Place // where a dossier belongs; nil: here
	Linked       map[string][]Child             // by procedure code: the parts of linked procedures
	Forms        map[LetterKind]LetterForm      // nil: DefaultForms
	National     map[kiosk.DossierState]int     // the national number of a state where it differs
	ApologyLead  time.Duration                  // how long before the due instant an apology is drafted; zero: DefaultApologyLead
	HandoverWait time.Duration                  // after which an untaken hand-over is warned of; zero: DefaultHandoverWait
	FeedbackTime time.Duration                  // in which feedback is answered; zero: DefaultFeedbackTime
}

// The defaults of Options.
const (
	DefaultApologyLead  = 4 * time.Hour
	DefaultHandoverWait = 8 * time.Hour
	DefaultFeedbackTime = 15 * 24 * time.Hour
)

// Place says where a dossier belongs: who took it in, who settles it, in which field it counts, by which channel it came, and
// whether it was only filed in training.
type Place struct {
	Receiver, Resolver, Field string
	Channel                   kiosk.Channel
	Training                  bool
}

// Desk is the one-stop office: it takes dossiers in and lets named persons work on them. It is safe for concurrent use.
type Desk struct {
	opt    Options
	labels Labels
	log    *audit.Log

	byPerson *Throttle // login and address: a typing mistake
	byLogin  *Throttle // login from anywhere: a distributed guess
	byAddr   *Throttle // address with any login: a sweep
	byToken  *Throttle // citizens' look-ups, per asker
	bySay    *Throttle // citizens' feedback, per asker
	hashing  chan struct{}
	nobody   string // a hash nobody's password gives: unknown logins take as long as known ones
}

// ErrDenied is given when the role does not allow the action.
var ErrDenied = errors.New("the role does not allow this")

// NewDesk checks the options. Errors: config_invalid, key_missing.
func NewDesk(o Options) (*Desk, error) {
	switch {
	case o.Store == nil:
		return nil, kiosk.Errorf(kiosk.CodeInternal, "open office", "", "no store")
	case o.Office == "":
		return nil, kiosk.Errorf(kiosk.CodeConfigInvalid, "open office", "set office in onestop.toml", "the office has no name")
	case o.Devices == nil:
		return nil, kiosk.Errorf(kiosk.CodeKeyMissing, "open office", "run onestopd init", "no authority for kiosks")
	case len(o.Ack) != ed25519.PrivateKeySize:
		return nil, kiosk.Errorf(kiosk.CodeKeyMissing, "open office", "run onestopd init", "no key for acknowledgements")
	}
	if _, _, err := o.Number.Next(time.Now()); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Cost == (Argon2{}) {
		o.Cost = DefaultArgon2
	}
	o.setDefaults()
	if o.Audit == nil {
		o.Audit = audit.New(slog.DiscardHandler, audit.Options{})
	}
	labels, err := NewLabels(o.Seal)
	if err != nil {
		return nil, err
	}
	nobody, err := HashPassword(Secret(), o.Cost)
	if err != nil {
		return nil, err
	}
	return &Desk{
		opt: o, labels: labels, log: o.Audit, nobody: nobody,
		byPerson: NewThrottle(5, 30*time.Second, 15*time.Minute, o.Now),
		byLogin:  NewThrottle(30, 30*time.Second, 15*time.Minute, o.Now),
		byAddr:   NewThrottle(30, 30*time.Second, 15*time.Minute, o.Now),
		byToken:  NewThrottle(10, 10*time.Second, 10*time.Minute, o.Now),
		bySay:    NewThrottle(5, time.Minute, time.Hour, o.Now),
		hashing:  make(chan struct{}, 2), // at most two hashes of 64 MiB at a time
	}, nil
}

func (o *Options) setDefaults() {
	if o.Terms == nil {
		o.Terms = NoTerms{}
	}
	if o.Place == nil {
		o.Place = func(string, string) Place {
			return Place{Receiver: o.Office, Resolver: o.Office, Channel: kiosk.ChannelDirect}
		}
	}
	if o.Forms == nil {
		o.Forms = DefaultForms
	}
	if o.ApologyLead == 0 {
		o.ApologyLead = DefaultApologyLead
	}
	if o.HandoverWait == 0 {
		o.HandoverWait = DefaultHandoverWait
	}
	if o.FeedbackTime == 0 {
		o.FeedbackTime = DefaultFeedbackTime
	}
}

// Office gives the office's name, Hotline its telephone.
func (d *Desk) Office() string { return d.opt.Office }

// Hotline gives the office's telephone, "" when not set.
func (d *Desk) Hotline() string { return d.opt.Hotline }

// Now is the desk's clock.
func (d *Desk) Now() time.Time { return d.opt.Now() }

// kept logs an event that must be in the audit chain; the error says that it is not.
func (d *Desk) kept(ctx context.Context, e audit.Event, attrs ...slog.Attr) error {
	d.log.Event(ctx, e, attrs...)
	return d.log.Err()
}

// did writes an action of a person into the audit chain. err is the action's own: what failed was not done.
func (d *Desk) did(ctx context.Context, a Account, what string, err error) error {
	if err != nil {
		return err
	}
	return d.kept(ctx, audit.DeskAct, audit.Word(audit.KeyReason, what), audit.Word(audit.KeyRole, a.Role))
}

// Ready reports whether the store answers.
func (d *Desk) Ready(ctx context.Context) error { return d.opt.Store.Ping(ctx) }

// Fault logs an error of the pages by its code.
func (d *Desk) Fault(ctx context.Context, err error) { d.log.Fault(ctx, "officer", err) }

// Status gives what a citizen may know, by the token itself, to anyone who has it. asker is the client's address: wrong
// guesses are counted by it. Errors: not_found, WaitError.
func (d *Desk) Status(ctx context.Context, token, asker string) (kiosk.Status, error) {
	if wait := d.byToken.Wait(asker); wait > 0 {
		return kiosk.Status{}, WaitError{wait}
	}
	begun := time.Now()
	s, err := kiosk.Status{}, error(nil)
	if token, err = kiosk.ParseToken(token); err == nil {
		s, err = d.StatusByToken(ctx, kiosk.TokenID(token))
	}
	if c := kiosk.CodeOf(err); c == kiosk.CodeNotFound || c == kiosk.CodeBadInput {
		d.byToken.Fail(asker)
		err = kiosk.Errorf(kiosk.CodeNotFound, "look status up", "", "no dossier has this token")
	}
	d.log.Event(ctx, audit.StatusLookup, audit.Flag(audit.KeyFound, err == nil), audit.MS(time.Since(begun)))
	return s, err
}
