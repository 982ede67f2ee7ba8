package vpcd_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/kiosk"
)

// TestForeignCards puts cards into the reader that are no chip ID cards: all are card_unsupported, and nothing of them is kept.
func TestForeignCards(t *testing.T) {
	status := func(sw apdu.Status) func(context.Context, apdu.Command) []byte {
		return func(context.Context, apdu.Command) []byte { return apdu.Response{SW: sw}.Bytes() }
	}
	for name, c := range map[string]struct {
		atr    []byte
		answer func(context.Context, apdu.Command) []byte
		text   string
	}{
		"storage card": {
			[]byte{0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0, 0, 3, 6, 3, 0, 1, 0, 0, 0, 0, 0x6A}, status(apdu.StatusWrongINS),
			"MIFARE Classic 1K",
		},
		"bus card with files": {[]byte{0x3B, 0x81, 0x80, 0x01, 0x80, 0x80}, status(apdu.StatusNotFound), "card_unsupported"},
		"card without SELECT": {chipATR, status(apdu.StatusWrongINS), "card_unsupported"},
		"contact card":        {[]byte{0x3B, 0x68, 0, 0, 0, 0x73, 0xC8, 0x40, 0x12, 0, 0x90, 0}, status(0x6A81), "card_unsupported"},
		"other class":         {chipATR, status(apdu.StatusWrongCLA), "card_unsupported"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newFake(c.atr, c.answer).insert(t)
			reader := emrtd.NewReader(b.reader, emrtd.Options{})
			files := 0
			out, err := reader.Read(context.Background(), kiosk.CardKey{Kind: kiosk.KeyCAN, Value: "123456"}, func(p kiosk.ChipProgress) {
				files += len(p.Chunk) + len(p.File)
			})
			if kiosk.CodeOf(err) != kiosk.CodeCardUnsupported || !strings.Contains(err.Error(), c.text) || out != nil || files != 0 {
				t.Errorf("%v, %d bytes of progress", err, files)
			}
			var k *kiosk.Error
			if !errors.As(err, &k) || k.Hint == "" {
				t.Errorf("no hint in %v", err)
			}
		})
	}
}

// TestLongAPDUs carries the longest command and response that the virtual reader takes.
func TestLongAPDUs(t *testing.T) {
	const most = 65520
	body := bytes.Repeat([]byte{1, 2, 3, 0}, most/4)
	f := newFake(chipATR, func(_ context.Context, c apdu.Command) []byte {
		if c.INS == 0xB0 {
			return apdu.Response{Data: body[:min(c.Ne, most)], SW: apdu.StatusOK}.Bytes()
		}
		return apdu.Response{Data: c.Data[len(c.Data)-8:], SW: apdu.StatusOK}.Bytes()
	})
	card := f.insert(t).connect(t)
	began := time.Now()
	r, err := apdu.Do(context.Background(), card, apdu.Command{INS: 0xB0, Ne: 65536})
	if err != nil || !r.SW.OK() || !bytes.Equal(r.Data, body) {
		t.Fatalf("response of %d bytes: %v", len(r.Data)+2, err)
	}
	t.Logf("%d bytes of response in %v", len(r.Data)+2, time.Since(began))
	if r, err = apdu.Do(context.Background(), card, apdu.Command{INS: 0x86, Data: body, Ne: 256}); err != nil || !bytes.Equal(r.Data, body[most-8:]) {
		t.Fatalf("command of %d bytes: %v", most, err)
	}
	for name, command := range map[string][]byte{"too short": {0, 0xB0, 0}, "too long": make([]byte, 66000)} {
		if _, err := card.Transmit(context.Background(), command); !errors.Is(err, apdu.ErrLength) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRemovalDuringTransmit takes the card away while it computes: the call ends soon, as card_lost.
func TestRemovalDuringTransmit(t *testing.T) {
	asked := make(chan struct{}, 1)
	f := newFake(chipATR, func(ctx context.Context, _ apdu.Command) []byte {
		asked <- struct{}{}
		<-ctx.Done()
		return nil
	})
	b := f.insert(t)
	card := b.connect(t)
	failed := make(chan error, 1)
	go func() {
		_, err := card.Transmit(context.Background(), []byte{0, 0x86, 0, 0})
		failed <- err
	}()
	<-asked
	f.put(false)
	within(t, 3*time.Second, "a command to a card that left", func() {
		if err := <-failed; !errors.Is(err, apdu.ErrCardLost) || kiosk.CodeOf(err) != kiosk.CodeCardLost {
			t.Errorf("got %v", err)
		}
	})
	b.wait(t, false)
}

// TestAbandonedTransmit gives up a command whose card thinks too long; the card is of no use then, and the next one works.
func TestAbandonedTransmit(t *testing.T) {
	f := newFake(chipATR, func(ctx context.Context, c apdu.Command) []byte {
		if c.INS == 0x86 {
			select {
			case <-ctx.Done():
			case <-time.After(800 * time.Millisecond):
			}
		}
		return apdu.Response{SW: apdu.StatusOK}.Bytes()
	})
	b := f.insert(t)
	card := b.connect(t)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	within(t, 400*time.Millisecond, "a command whose context ended", func() {
		if _, err := card.Transmit(ctx, []byte{0, 0x86, 0, 0}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("abandoned: %v", err)
		}
		if _, err := card.Transmit(context.Background(), []byte{0, 0xB0, 0, 0}); !errors.Is(err, apdu.ErrReader) {
			t.Errorf("after that: %v", err)
		}
		if err := card.Close(); err != nil {
			t.Error(err)
		}
	})
	within(t, 5*time.Second, "a new card", func() {
		for {
			again, err := b.reader.Connect(context.Background())
			if kiosk.CodeOf(err) == kiosk.CodeReaderFault { // the abandoned command is still in the reader
				continue
			}
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := again.Transmit(context.Background(), []byte{0, 0xB0, 0, 0}); err != nil {
				t.Error(err)
			}
			_ = again.Close()
			return
		}
	})
}

// TestReaderFaults: an exchange that fails while the card stays where it is ends the session as card_lost, for the card answers again
// after a reset; a reader that fails so with extended lengths twice is used within one message then.
func TestReaderFaults(t *testing.T) {
	f := newFake(chipATR, func(_ context.Context, c apdu.Command) []byte {
		if c.Extended() {
			return []byte{0x90} // no answer: half a status word
		}
		return apdu.Response{SW: apdu.StatusOK}.Bytes()
	})
	b := f.insert(t)
	for i := range 2 {
		card := b.connect(t)
		if card.MaxResponse() != 65536 {
			t.Fatalf("attempt %d: %d bytes of response", i, card.MaxResponse())
		}
		_, err := apdu.Do(context.Background(), card, apdu.Command{INS: 0xB0, Ne: 1000})
		if !errors.Is(err, apdu.ErrCardLost) || kiosk.CodeOf(err) != kiosk.CodeCardLost {
			t.Errorf("attempt %d: %v", i, err)
		}
		if err := card.Close(); err != nil {
			t.Error(err)
		}
	}
	card := b.connect(t)
	if card.MaxResponse() != 259 || card.MaxCommand() != 255 {
		t.Errorf("after two faults: %d and %d bytes", card.MaxResponse(), card.MaxCommand())
	}
	if r, err := apdu.Do(context.Background(), card, apdu.Command{INS: 0xB0, Ne: 256}); err != nil || !r.SW.OK() {
		t.Errorf("short lengths: %v", err)
	}
	if err := card.Close(); err != nil {
		t.Error(err)
	}
}
