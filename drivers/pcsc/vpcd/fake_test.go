package vpcd_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/pcsc"
	"motcua/drivers/pcsc/vpcd"
)

// fake is a slot with a card that answers as a function says: cards of other kinds than the simulated chip.
type fake struct {
	atr    []byte
	answer func(ctx context.Context, c apdu.Command) []byte // nil: the card says nothing and is lost

	mu      sync.Mutex
	present bool
	changed chan struct{}
}

func newFake(atr []byte, answer func(context.Context, apdu.Command) []byte) *fake {
	return &fake{atr: atr, answer: answer, changed: make(chan struct{})}
}

func (f *fake) String() string { return "fake" }

func (f *fake) put(present bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.present = present
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fake) state() (bool, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.present, f.changed
}

func (f *fake) Wait(ctx context.Context, present bool) error {
	for {
		now, changed := f.state()
		if now == present {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func (f *fake) Connect(context.Context) (apdu.Card, error) {
	if now, _ := f.state(); !now {
		return nil, apdu.ErrNoCard
	}
	return fakeCard{f}, nil
}

type fakeCard struct{ *fake }

func (k fakeCard) ATR() []byte    { return k.atr }
func (fakeCard) MaxResponse() int { return 65536 }
func (fakeCard) MaxCommand() int  { return 65535 }
func (fakeCard) Close() error     { return nil }

func (k fakeCard) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	c, err := apdu.ParseCommand(command)
	if err != nil {
		return nil, err
	}
	if r := k.answer(ctx, c); r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("transmit: %w", apdu.ErrCardLost)
}

// insert has pcscd run with a fake card in its virtual reader, and gives the reader.
func (f *fake) insert(t testing.TB) *bench {
	t.Helper()
	b := &bench{reader: pcsc.New(&pcsc.Opts{Name: vpcd.ReaderName})}
	b.start(t)
	b.serveSlot(t, f)
	f.put(true)
	b.wait(t, true)
	return b
}

// chipATR is that of a contactless card with a chip: no historical bytes that say more.
var chipATR = []byte{0x3B, 0x80, 0x80, 0x01, 0x01}

// within fails the test when f takes longer.
func within(t *testing.T, d time.Duration, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(d):
		t.Fatalf("%s took longer than %v", what, d)
	}
}
