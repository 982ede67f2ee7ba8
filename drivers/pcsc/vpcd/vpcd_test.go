package vpcd_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/pcsc"
	"motcua/drivers/pcsc/vpcd"
	"motcua/kiosk"
)

// bench is the real pcscd with a simulated chip behind it.
type bench struct {
	slot    *emrtdtest.Slot
	reader  *pcsc.Reader
	card    *emrtdtest.Card
	trust   *emrtdtest.Authority
	service *vpcd.Service
}

// newBench starts pcscd, or uses the one that runs, and puts an empty slot behind its virtual reader. The test is skipped where
// pcscd or the virtual reader driver is not installed.
func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{slot: emrtdtest.NewSlot(emrtdtest.SlotOptions{}), reader: pcsc.New(&pcsc.Opts{Name: vpcd.ReaderName, Patience: 2 * time.Second})}
	b.start(t)
	authority, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	person := emrtdtest.Person{Number: "999304012345", Name: "NGUYỄN THỊ THU", Birth: "01/02/2004", Sex: "Nữ", Issued: "05/03/2024", Expires: emrtdtest.NoExpiry}
	card, err := emrtdtest.Issue(person, emrtdtest.Silhouette(90), authority)
	if err != nil {
		t.Fatal(err)
	}
	b.card, b.trust = card, authority
	b.serve(t)
	return b
}

// start has pcscd run until the test ends.
func (b *bench) start(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	service, err := vpcd.Start(ctx)
	if err != nil {
		t.Skipf("the real pcscd cannot be used here: %v", err)
	}
	t.Cleanup(func() {
		if err := service.Stop(); err != nil {
			t.Errorf("stop pcscd: %v", err)
		}
	})
	b.service = service
}

func (b *bench) serve(t testing.TB) { b.serveSlot(t, b.slot) }

// serveSlot puts a slot behind the virtual reader until the test ends.
func (b *bench) serveSlot(t testing.TB, slot apdu.Slot) {
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- vpcd.Serve(ctx, vpcd.Address, slot, nil) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; !errors.Is(err, context.Canceled) {
			t.Errorf("serve ended with %v", err)
		}
		if err := errors.Join(b.reader.Halt(), b.reader.Halt()); err != nil {
			t.Errorf("halt: %v", err)
		}
	})
}

// insert makes a chip with these options and waits until pcscd sees it.
func (b *bench) insert(t *testing.T, opt emrtdtest.Options) *emrtdtest.Chip {
	t.Helper()
	chip, err := emrtdtest.New(b.card, opt)
	if err != nil {
		t.Fatal(err)
	}
	b.slot.Insert(chip)
	b.wait(t, true)
	return chip
}

func (b *bench) wait(t testing.TB, present bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := b.reader.Wait(ctx, present); err != nil {
		t.Fatalf("wait for present=%v: %v", present, err)
	}
}

func (b *bench) connect(t testing.TB) apdu.Card {
	t.Helper()
	card, err := b.reader.Connect(context.Background())
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() {
		if err := card.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return card
}

// TestThroughPCSCD talks to the simulated chip through libpcsclite and pcscd.
func TestThroughPCSCD(t *testing.T) {
	b := newBench(t)
	if err := b.reader.Check(context.Background()); err != nil {
		t.Fatalf("check: %v", err)
	}
	if _, err := b.reader.Connect(context.Background()); !errors.Is(err, apdu.ErrNoCard) {
		t.Errorf("connect without a card gave %v", err)
	}
	chip := b.insert(t, emrtdtest.Options{})
	card := b.connect(t)
	if !bytes.Equal(card.ATR(), chip.ATR()) {
		t.Errorf("ATR %X, want %X", card.ATR(), chip.ATR())
	}
	if card.MaxResponse() != 65536 || card.MaxCommand() != 65535 {
		t.Errorf("lengths %d and %d", card.MaxResponse(), card.MaxCommand())
	}
	r, err := apdu.Do(context.Background(), card, apdu.Command{INS: 0xB0, P1: 0x9C, Ne: 256})
	if err != nil || !r.SW.OK() || !bytes.Equal(r.Data, b.card.Files[kiosk.FileCardAccess]) {
		t.Fatalf("EF.CardAccess: %v, %v, %d bytes", err, r.SW, len(r.Data))
	}
	long := apdu.Command{INS: 0xB0, P1: 0x9C, Ne: 65536}
	if r, err = apdu.Do(context.Background(), card, long); err != nil || !r.SW.OK() || len(r.Data) != 54 {
		t.Fatalf("extended length: %v, %v, %d bytes", err, r.SW, len(r.Data))
	}
	if _, err := b.reader.Connect(context.Background()); !errors.Is(err, apdu.ErrReader) || kiosk.CodeOf(err) != kiosk.CodeReaderFault {
		t.Errorf("a second exclusive connect gave %v", err)
	}
}

// TestRemovalAndReturn takes the card away in the middle of a session and puts it back.
func TestRemovalAndReturn(t *testing.T) {
	b := newBench(t)
	b.wait(t, false)
	chip := b.insert(t, emrtdtest.Options{})
	card := b.connect(t)
	b.slot.Remove()
	_, err := card.Transmit(context.Background(), []byte{0, 0xB0, 0x9C, 0, 0})
	if !errors.Is(err, apdu.ErrCardLost) || kiosk.CodeOf(err) != kiosk.CodeCardLost {
		t.Errorf("transmit after removal gave %v", err)
	}
	if err := errors.Join(card.Close(), card.Close()); err != nil {
		t.Errorf("close twice: %v", err)
	}
	b.wait(t, false)
	b.slot.Insert(chip)
	b.wait(t, true)
	again := b.connect(t)
	if _, err := again.Transmit(context.Background(), []byte{0, 0xB0, 0x9C, 0, 0}); err != nil {
		t.Errorf("transmit after return: %v", err)
	}
}

// TestWaitEnds ends a wait by its context and by Halt; neither may take long.
func TestWaitEnds(t *testing.T) {
	b := newBench(t)
	b.wait(t, false)
	endsSoon(t, b.reader, func(cancel context.CancelFunc) { cancel() })
	endsSoon(t, b.reader, func(context.CancelFunc) { _ = b.reader.Halt() })
	if _, err := b.reader.Connect(context.Background()); !errors.Is(err, apdu.ErrNoReader) {
		t.Errorf("connect after halt gave %v", err)
	}
}

func endsSoon(t *testing.T, r *pcsc.Reader, end func(context.CancelFunc)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- r.Wait(ctx, true) }()
	timer := time.AfterFunc(300*time.Millisecond, func() { end(cancel) })
	defer timer.Stop()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("wait ended without a card and without an error")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("wait did not end")
	}
}

// TestShared lets two programs have the card; each transaction keeps the other out until its card is closed.
func TestShared(t *testing.T) {
	b := newBench(t)
	shared := pcsc.New(&pcsc.Opts{Name: vpcd.ReaderName, Shared: true})
	b.reader = shared
	b.insert(t, emrtdtest.Options{})
	first := b.connect(t)
	type result struct {
		card apdu.Card
		err  error
	}
	second := make(chan result, 1)
	go func() {
		card, err := shared.Connect(context.Background())
		second <- result{card, err}
	}()
	select {
	case r := <-second:
		t.Fatalf("the second transaction began inside the first: %v", r.err)
	case <-time.After(300 * time.Millisecond):
	}
	if _, err := first.Transmit(context.Background(), []byte{0, 0xB0, 0x9C, 0, 0}); err != nil {
		t.Errorf("first: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	r := <-second
	if r.err != nil {
		t.Fatalf("second: %v", r.err)
	}
	if _, err := r.card.Transmit(context.Background(), []byte{0, 0xB0, 0x9C, 0, 0}); err != nil {
		t.Errorf("second: %v", err)
	}
	if err := r.card.Close(); err != nil {
		t.Error(err)
	}
}
