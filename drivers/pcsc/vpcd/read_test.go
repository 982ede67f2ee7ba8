package vpcd_test

import (
	"context"
	"testing"
	"time"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
)

// inspection gives the real reader code over pcscd, with the bench's issuer trusted.
func (b *bench) inspection(t *testing.T) *emrtd.Reader {
	t.Helper()
	store, err := pa.NewStore(b.trust.CSCA)
	if err != nil {
		t.Fatal(err)
	}
	return emrtd.NewReader(b.reader, emrtd.Options{Trust: store, Timeout: 20 * time.Second})
}

func (b *bench) number() kiosk.CardKey {
	return kiosk.CardKey{Kind: kiosk.KeyNumber, Value: b.card.Number}
}

// TestReadThroughPCSCD reads and verifies a whole card through the real daemon.
func TestReadThroughPCSCD(t *testing.T) {
	b := newBench(t)
	reader := b.inspection(t)
	b.insert(t, emrtdtest.Options{})
	if _, err := reader.Read(context.Background(), kiosk.CardKey{Kind: kiosk.KeyCAN, Value: "111111"}, nil); kiosk.CodeOf(err) != kiosk.CodeCardWrongKey {
		t.Errorf("wrong CAN: %v", err)
	}
	r, err := reader.Read(context.Background(), b.number(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != kiosk.Verified || r.Citizen.Number != b.card.Number {
		t.Errorf("verdict %s: %v", r.Verdict, r.Checks)
	}
	t.Logf("%d commands, %d bytes, %v", r.APDUs, r.Bytes, r.Duration)
}

// TestExchangeTime makes sure that delayed acknowledgements are off: with them every exchange takes 40 ms or more.
func TestExchangeTime(t *testing.T) {
	b := newBench(t)
	b.insert(t, emrtdtest.Options{})
	card := b.connect(t)
	best := time.Hour
	for range 30 {
		began := time.Now()
		if _, err := card.Transmit(context.Background(), []byte{0, 0xB0, 0x9C, 0, 0}); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(began))
	}
	t.Logf("best of 30 exchanges: %v", best)
	if best > 20*time.Millisecond {
		t.Errorf("the best of 30 exchanges took %v", best)
	}
}

// TestReadShortOnly reads a chip that takes short APDUs alone.
func TestReadShortOnly(t *testing.T) {
	b := newBench(t)
	reader := b.inspection(t)
	b.insert(t, emrtdtest.Options{ShortOnly: true})
	r, err := reader.Read(context.Background(), b.number(), nil)
	if err != nil || r.Verdict != kiosk.Verified {
		t.Fatalf("%v", err)
	}
}

// TestTearThroughPCSCD tears the card in the middle of DG2; back on the reader, the read goes on.
func TestTearThroughPCSCD(t *testing.T) {
	b := newBench(t)
	reader := b.inspection(t)
	chip := b.insert(t, emrtdtest.Options{TearAt: kiosk.FileDG2, TearOffset: 2000})
	if _, err := reader.Read(context.Background(), b.number(), nil); kiosk.CodeOf(err) != kiosk.CodeCardLost {
		t.Fatalf("torn: %v", err)
	}
	b.wait(t, false)
	b.slot.Insert(chip)
	b.wait(t, true)
	r, err := reader.Read(context.Background(), b.number(), nil)
	if err != nil || r.Verdict != kiosk.Verified {
		t.Fatalf("put back: %v", err)
	}
}

// TestWatchThroughPCSCD sees a card come, go and come again.
func TestWatchThroughPCSCD(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	events := b.inspection(t).Watch(ctx)
	next := func(want bool) {
		t.Helper()
		if got, ok := <-events; !ok || got != want {
			t.Fatalf("event %v (open %v), want %v", got, ok, want)
		}
	}
	next(false)
	chip := b.insert(t, emrtdtest.Options{})
	next(true)
	b.slot.Remove()
	next(false)
	b.slot.Insert(chip)
	next(true)
	cancel()
	for range events { // closed when the context ends
	}
}

// TestDaemonRestart stops pcscd under a session: the card is lost, Check says what to do, and a new pcscd is used without more ado.
func TestDaemonRestart(t *testing.T) {
	b := newBench(t)
	if !b.service.Own() {
		t.Skip("pcscd was running already; this test must not stop it")
	}
	b.insert(t, emrtdtest.Options{})
	card := b.connect(t)
	if err := b.service.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := card.Transmit(context.Background(), []byte{0, 0xB0, 0x9C, 0, 0}); err == nil {
		t.Error("a command was answered without pcscd")
	}
	if err := b.reader.Check(context.Background()); kiosk.CodeOf(err) != kiosk.CodeReaderMissing {
		t.Errorf("check without pcscd: %v", err)
	}
	b.wait(t, false)
	b.start(t)
	b.wait(t, true)
	again := b.connect(t)
	if _, err := again.Transmit(context.Background(), []byte{0, 0xB0, 0x9C, 0, 0}); err != nil {
		t.Errorf("after the restart: %v", err)
	}
}
