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

// Opts choose a reader and how its card is held.
type Opts struct {
	Name   string // part of the reader's name, in any case; "" takes the first reader
	Shared bool   // let other programs use the reader too; each read is then one transaction
}

// Reader is one reader of pcscd, present or not.
type Reader struct {
	opts   Opts
	halted context.Context // ends with Halt
	halt   context.CancelFunc
}

var (
	_ apdu.Slot      = (*Reader)(nil)
	_ drivers.Driver = (*Reader)(nil)
)

// New gives the reader that opts describe. It needs neither pcscd nor the reader; nil opts take the first reader.
func New(opts *Opts) *Reader {
	r := &Reader{}
	if opts != nil {
		r.opts = *opts
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

// Readers gives the names of the readers pcscd sees now.
func Readers() ([]string, error) {
	sc, err := scard.EstablishContext()
	if err != nil {
		return nil, fault("list readers", err)
	}
	defer release(sc)
	names, err := list(sc)
	if err != nil {
		return nil, fault("list readers", err)
	}
	return names, nil
}

// Check reports whether pcscd runs and the reader is there. Errors: reader_missing, reader_fault.
func (r *Reader) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
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
	hint := "connect the card reader; `pcsc_scan -r` lists what pcscd sees"
	if len(names) > 0 {
		hint = "correct the reader's name; pcscd sees: " + strings.Join(names, ", ")
	}
	return &kiosk.Error{Code: kiosk.CodeReaderMissing, Op: op, Err: apdu.ErrNoReader, Hint: hint}
}

// choose gives the first name that contains part.
func choose(names []string, part string) (string, bool) {
	for _, n := range names {
		if strings.Contains(strings.ToLower(n), strings.ToLower(part)) {
			return n, true
		}
	}
	return "", false
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

// Connect powers the card in the reader. Errors: apdu.ErrNoReader, ErrNoCard, ErrReader, wrapped with a code and a hint.
func (r *Reader) Connect(ctx context.Context) (apdu.Card, error) {
	if err := errors.Join(ctx.Err(), r.alive()); err != nil {
		return nil, err
	}
	sc, err := scard.EstablishContext()
	if err != nil {
		return nil, fault("connect card", err)
	}
	card, err := r.connect(sc)
	if err != nil {
		release(sc)
		return nil, err
	}
	return card, nil
}

func (r *Reader) connect(sc *scard.Context) (apdu.Card, error) {
	names, err := list(sc)
	if err != nil {
		return nil, fault("list readers", err)
	}
	name, ok := choose(names, r.opts.Name)
	if !ok {
		return nil, r.missing("connect card", names)
	}
	mode := scard.ShareExclusive
	if r.opts.Shared {
		mode = scard.ShareShared
	}
	sk, err := sc.Connect(name, mode, scard.ProtocolAny)
	if err != nil {
		return nil, fault("connect card", err)
	}
	return newCard(sc, sk, name, r.opts.Shared)
}

func (r *Reader) alive() error {
	if r.halted.Err() != nil {
		return fmt.Errorf("the driver was halted: %w", apdu.ErrNoReader)
	}
	return nil
}

// The pauses of Wait.
const (
	retryService = 500 * time.Millisecond // between attempts to reach pcscd
	lookAgain    = time.Second            // longest stay in pcscd, so that a cancel that came too early is noticed
)

// Wait blocks until a card is there (present true) or gone, or ctx ends. No pcscd and no reader count as no card.
func (r *Reader) Wait(ctx context.Context, present bool) error {
	for {
		if err := errors.Join(ctx.Err(), r.alive()); err != nil {
			return err
		}
		done, err := r.watch(ctx, present)
		switch {
		case done:
			return nil
		case err != nil && !present:
			return ctx.Err()
		case err != nil:
			pause(ctx, r.halted, retryService)
		}
	}
}

// pause waits d, or less when ctx or the driver ends.
func pause(ctx, halted context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-halted.Done():
	case <-t.C:
	}
}

// watch waits in one PC/SC context. done says that the wanted state was seen; an error that the context is of no use any more.
func (r *Reader) watch(ctx context.Context, present bool) (done bool, err error) {
	sc, err := scard.EstablishContext()
	if err != nil {
		return false, err
	}
	defer release(sc)
	cancel := func() { _ = sc.Cancel() } // fails only when nothing waits
	defer stopped(ctx, cancel)()
	defer stopped(r.halted, cancel)()
	state := scard.StateUnaware
	for ctx.Err() == nil && r.halted.Err() == nil {
		names, err := list(sc)
		if err != nil {
			return false, err
		}
		name, there := choose(names, r.opts.Name)
		if !there && !present {
			return true, nil
		}
		now, err := step(sc, name, len(names), state)
		if err != nil {
			return false, err
		}
		if there && now != scard.StateUnaware && present == (now&scard.StatePresent != 0 && now&scard.StateMute == 0) {
			return true, nil
		}
		state = now
	}
	return false, nil
}

// stopped calls f when ctx ends. The function it gives takes that back and, when f has begun, waits for its end.
func stopped(ctx context.Context, f func()) func() {
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		f()
	})
	return func() {
		if !stop() {
			<-ended
		}
	}
}

// plugAndPlay is the name under which pcscd reports that a reader came or went; the number of readers known stands in the upper
// half of the state.
const plugAndPlay = `\\?PnP?\Notification`

// step waits until the reader's state differs from state, a reader comes or goes, or a while has passed. It gives the reader's
// state, StateUnaware while there is none.
func step(sc *scard.Context, name string, readers int, state scard.StateFlag) (scard.StateFlag, error) {
	states := []scard.ReaderState{{Reader: plugAndPlay, CurrentState: scard.StateFlag(readers << 16)}}
	if name != "" {
		states = append(states, scard.ReaderState{Reader: name, CurrentState: state})
	}
	err := sc.GetStatusChange(states, lookAgain)
	switch {
	case errors.Is(err, scard.ErrTimeout), errors.Is(err, scard.ErrCancelled):
		return state, nil
	case errors.Is(err, scard.ErrUnknownReader), errors.Is(err, scard.ErrReaderUnavailable):
		return scard.StateUnaware, nil // it went between list and wait
	case err != nil:
		return 0, err
	case name == "":
		return scard.StateUnaware, nil
	}
	return states[1].EventState &^ scard.StateChanged, nil
}
