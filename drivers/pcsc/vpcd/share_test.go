package vpcd_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/pa"
	"motcua/drivers/pcsc"
	"motcua/drivers/pcsc/vpcd"
	"motcua/kiosk"
)

// program is another program that uses the reader.
type program struct {
	sc *scard.Context
	sk *scard.Card
}

func otherProgram(t *testing.T, mode scard.ShareMode) program {
	t.Helper()
	sc, err := scard.EstablishContext()
	if err != nil {
		t.Fatal(err)
	}
	names, err := sc.ListReaders()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if strings.Contains(n, vpcd.ReaderName) {
			sk, err := sc.Connect(n, mode, scard.ProtocolAny)
			if err != nil {
				t.Fatal(err)
			}
			return program{sc, sk}
		}
	}
	t.Fatalf("no virtual reader among %q", names)
	return program{}
}

func (p program) end(t *testing.T) {
	t.Helper()
	if err := errors.Join(p.sk.Disconnect(scard.LeaveCard), p.sc.Release()); err != nil {
		t.Error(err)
	}
}

// TestAnotherProgram: one that holds the card alone is named in the hint; one that shares it is worked beside; one that does not end its
// transaction is waited for, not for ever.
func TestAnotherProgram(t *testing.T) {
	b := newBench(t)
	b.insert(t, emrtdtest.Options{})
	store, err := pa.NewStore(b.trust.CSCA)
	if err != nil {
		t.Fatal(err)
	}
	impatient := pcsc.New(&pcsc.Opts{Name: vpcd.ReaderName, Patience: 800 * time.Millisecond})
	read := func(r *pcsc.Reader) error {
		out, err := emrtd.NewReader(r, emrtd.Options{Trust: store}).Read(context.Background(), b.number(), nil)
		if err == nil && out.Verdict != kiosk.Verified {
			t.Errorf("verdict %s", out.Verdict)
		}
		return err
	}
	held := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, apdu.ErrReader) || kiosk.CodeOf(err) != kiosk.CodeReaderFault || !strings.Contains(err.Error(), "another program holds the card") {
			t.Errorf("%s: %v", what, err)
		}
	}

	alone := otherProgram(t, scard.ShareExclusive)
	held("held alone", read(impatient))
	alone.end(t)

	beside := otherProgram(t, scard.ShareShared)
	// It has selected the application and left it so; ours must not find that.
	if _, err := beside.sk.Transmit([]byte{0, 0xA4, 4, 0x0C, 7, 0xA0, 0, 0, 2, 0x47, 0x10, 1}); err != nil {
		t.Fatal(err)
	}
	if err := read(impatient); err != nil {
		t.Errorf("beside another program: %v", err)
	}
	held("exclusive beside another", read(pcsc.New(&pcsc.Opts{Name: vpcd.ReaderName, Exclusive: true, Patience: 500 * time.Millisecond})))
	if err := beside.sk.Reconnect(scard.ShareShared, scard.ProtocolAny, scard.LeaveCard); err != nil {
		t.Fatal(err)
	}
	if err := beside.sk.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	within(t, 3*time.Second, "a transaction that does not end", func() { held("transaction", read(impatient)) })
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, err := b.reader.Connect(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled while waiting for another program: %v", err)
	}
	if err := beside.sk.EndTransaction(scard.LeaveCard); err != nil {
		t.Error(err)
	}
	beside.end(t)
	if err := read(pcsc.New(&pcsc.Opts{Name: vpcd.ReaderName})); err != nil { // waits for what was abandoned above
		t.Errorf("alone again: %v", err)
	}
}

// TestReset: one reader powers a shared card down while another waits for it; the other gets a fresh card.
func TestReset(t *testing.T) {
	b := newBench(t)
	b.reader = pcsc.New(&pcsc.Opts{Name: vpcd.ReaderName, Shared: true})
	b.insert(t, emrtdtest.Options{})
	first := b.connect(t)
	if _, err := first.Transmit(context.Background(), []byte{0, 0xB0, 0x9C, 0, 0}); err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	go func() {
		card, err := b.reader.Connect(context.Background())
		if err == nil {
			if _, err = card.Transmit(context.Background(), []byte{0, 0xB0, 0x9C, 0, 0}); err == nil {
				err = card.Close()
			}
		}
		second <- err
	}()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Errorf("the second one, after the first one's power down: %v", err)
	}
}

// TestWaitAndTransmit waits in several places for the card to leave while it is read: no wait may hold up a command.
func TestWaitAndTransmit(t *testing.T) {
	b := newBench(t)
	b.insert(t, emrtdtest.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 4)
	for range cap(ended) {
		go func() { ended <- b.reader.Wait(ctx, false) }()
	}
	card := b.connect(t)
	began := time.Now()
	for range 200 {
		if _, err := card.Transmit(context.Background(), []byte{0, 0xB0, 0x9C, 0, 0}); err != nil {
			t.Fatal(err)
		}
	}
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("200 commands took %v", d)
	}
	cancel()
	for range cap(ended) {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("wait ended with %v", err)
		}
	}
}
