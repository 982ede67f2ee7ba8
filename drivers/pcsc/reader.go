package pcsc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ebfe/scard"

	"motcua/drivers"
	"motcua/drivers/apdu"
	"motcua/kiosk"
)

// Opts choose a reader and how its card is held. Without Shared and Exclusive a card is held exclusively, and shared when another
// program has it already.
type Opts struct {
	Name      string        // part of the reader's name, in any case, or "#N" for the Nth; "" takes the one best for chip cards
	Shared    bool          // never keep other programs out between reads; each read is one transaction
	Exclusive bool          // never share: a card that another program has is a fault
	Patience  time.Duration // how long Connect may take, which another program holds up; 0 is 3 s
}

// defaultPatience is longer than what programs that look at every card (scdaemon, browsers) take for that.
const defaultPatience = 3 * time.Second

// Reader is one reader of pcscd, present or not.
type Reader struct {
	opts    Opts
	lengths lengths
	opening chan struct{}   // holds one token while pcscd connects a card
	halted  context.Context // ends with Halt
	halt    context.CancelFunc
}

var (
	_ apdu.Slot      = (*Reader)(nil)
	_ drivers.Driver = (*Reader)(nil)
)

// New gives the reader that opts describe. It needs neither pcscd nor the reader; nil opts take the first reader.
func New(opts *Opts) *Reader {
	r := &Reader{opening: make(chan struct{}, 1)}
	if opts != nil {
		r.opts = *opts
	}
	if r.opts.Patience <= 0 {
		r.opts.Patience = defaultPatience
	}
	r.halted, r.halt = context.WithCancel(context.Background())
	return r
}

// String gives "pcsc" or "pcsc:NAME".
func (r *Reader) String() string {
	if r.opts.Name == "" {
		return "pcsc"
	}
	return "pcsc:" + r.opts.Name
}

// Halt ends every Wait; later calls give apdu.ErrNoReader. It may be called twice.
func (r *Reader) Halt() error {
	r.halt()
	return nil
}

func (r *Reader) alive() error {
	if r.halted.Err() != nil {
		return fmt.Errorf("the driver was halted: %w", apdu.ErrNoReader)
	}
	return nil
}

// Readers gives the names of the readers pcscd sees now.
func Readers() ([]string, error) {
	sc, err := scard.EstablishContext()
	if err != nil {
		return nil, contextFault("list readers", err)
	}
	defer release(sc)
	names, err := list(sc)
	if err != nil {
		return nil, fault("list readers", err)
	}
	return names, nil
}

// checkWithin bounds Check: a pcscd that hangs in a driver answers nobody.
const checkWithin = 1500 * time.Millisecond

// Check reports whether pcscd runs and the reader is there. Errors: reader_missing, reader_fault.
func (r *Reader) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	checked := make(chan error, 1)
	go func() { checked <- r.check() }()
	select {
	case err := <-checked:
		return err
	case <-ctx.Done():
		return &kiosk.Error{
			Code: kiosk.CodeReaderFault, Op: "check card reader", Err: fmt.Errorf("pcscd does not answer: %w", apdu.ErrReader),
			Hint: "systemctl restart pcscd.service, and unplug the reader and plug it in again",
		}
	}
}

func (r *Reader) check() error {
	names, err := Readers()
	if err != nil {
		return err
	}
	if _, ok := choose(names, r.opts.Name); !ok {
		return r.missing("check card reader", names)
	}
	return nil
}

// missing says that the reader is not among those there are.
func (r *Reader) missing(op string, names []string) error {
	hint := hintConnect
	if len(names) > 0 {
		hint = "correct the reader's name; pcscd sees: " + strings.Join(names, ", ")
	}
	return &kiosk.Error{Code: kiosk.CodeReaderMissing, Op: op, Err: apdu.ErrNoReader, Hint: hint}
}

// list gives the readers; none is not an error.
func list(sc *scard.Context) ([]string, error) {
	names, err := sc.ListReaders()
	if errors.Is(err, scard.ErrNoReadersAvailable) {
		return nil, nil
	}
	return names, err
}

// release gives a context back. What it answers decides nothing.
func release(sc *scard.Context) { _ = sc.Release() }

// Connect powers the card. Errors: apdu.ErrNoReader, ErrNoCard, ErrReader (another program that does not let go among others),
// ErrTimeout for a card that does not answer, wrapped with a code and a hint; card_unsupported for a card that is plainly no chip ID
// card; ctx's.
func (r *Reader) Connect(ctx context.Context) (apdu.Card, error) {
	if err := errors.Join(ctx.Err(), r.alive()); err != nil {
		return nil, err
	}
	patient, cancel := context.WithTimeout(ctx, r.opts.Patience)
	defer cancel()
	c, err := r.openWithin(patient)
	switch {
	case err == nil:
		return c, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fault("connect card", scard.ErrSharingViolation)
	}
	return nil, err
}

// openWithin is open for as long as ctx allows. pcscd cannot be interrupted while it waits for another program: what it gives later is
// given back, and until then nothing else is begun, so that a program that never lets go costs one thread and no more.
func (r *Reader) openWithin(ctx context.Context) (*card, error) {
	select {
	case r.opening <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	type result struct {
		card *card
		err  error
	}
	opened := make(chan result, 1)
	go func() {
		c, err := r.open(ctx)
		<-r.opening
		opened <- result{c, err}
	}()
	select {
	case o := <-opened:
		return o.card, o.err
	case <-ctx.Done():
		go func() {
			if o := <-opened; o.card != nil {
				_ = o.card.Close()
			}
		}()
		return nil, ctx.Err()
	}
}

func (r *Reader) open(ctx context.Context) (*card, error) {
	sc, err := scard.EstablishContext()
	if err != nil {
		return nil, contextFault("connect card", err)
	}
	c, err := r.openIn(ctx, sc)
	if err != nil {
		release(sc)
		return nil, err
	}
	return c, nil
}

func (r *Reader) openIn(ctx context.Context, sc *scard.Context) (*card, error) {
	names, err := list(sc)
	if err != nil {
		return nil, fault("list readers", err)
	}
	name, ok := choose(names, r.opts.Name)
	if !ok {
		return nil, r.missing("connect card", names)
	}
	sk, shared, err := r.power(ctx, sc, name)
	if err != nil {
		return nil, fault("connect card", err)
	}
	c := &card{sc: sc, sk: sk, name: name, shared: shared, lengths: &r.lengths}
	if err := c.prepare(ctx); err != nil {
		_ = sk.Disconnect(scard.UnpowerCard) // the first error counts; it was released already when another program did not let go
		return nil, err
	}
	return c, nil
}

// The attempts to power a card that does not answer: one that is still on its way to the reader answers a moment later.
const (
	powerAttempts = 3
	powerPause    = 150 * time.Millisecond
)

// power connects the card, exclusively when that can be. A card that another program holds alone is waited for as long as ctx allows.
func (r *Reader) power(ctx context.Context, sc *scard.Context, name string) (sk *scard.Card, shared bool, err error) {
	for mute := 0; ; {
		sk, shared, err = r.connect(sc, name)
		switch {
		case errors.Is(err, scard.ErrSharingViolation):
		case errors.Is(err, scard.ErrUnresponsiveCard) && mute < powerAttempts-1:
			mute++
		default:
			return sk, shared, err
		}
		pause(ctx, r.halted, powerPause)
		if ctx.Err() != nil || r.halted.Err() != nil {
			return nil, false, err
		}
	}
}

// connect is one attempt to connect the card.
func (r *Reader) connect(sc *scard.Context, name string) (sk *scard.Card, shared bool, err error) {
	if !r.opts.Shared {
		sk, err = sc.Connect(name, scard.ShareExclusive, scard.ProtocolAny)
		if !errors.Is(err, scard.ErrSharingViolation) || r.opts.Exclusive {
			return sk, false, err
		}
	}
	sk, err = sc.Connect(name, scard.ShareShared, scard.ProtocolAny)
	return sk, true, err
}
