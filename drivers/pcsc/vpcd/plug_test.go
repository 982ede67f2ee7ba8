package vpcd_test

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/kiosk"
)

// TestPlugDuringReads takes the card away at another moment of every read: each ends with card_lost or a verdict, never with
// anything else, and the last one, left alone, is verified.
func TestPlugDuringReads(t *testing.T) {
	b := newBench(t)
	reader := b.inspection(t)
	chip := b.insert(t, emrtdtest.Options{ShortOnly: true})
	for i, at := range []kiosk.FileID{"", kiosk.FileSOD, kiosk.FileDG14, kiosk.FileDG2} {
		torn := false
		_, err := reader.Read(context.Background(), b.number(), func(p kiosk.ChipProgress) {
			if p.File == at && !torn {
				torn = true
				b.slot.Remove()
			}
		})
		if !torn || kiosk.CodeOf(err) != kiosk.CodeCardLost {
			t.Errorf("removal %d, at %q (%v): %v", i, at, torn, err)
		}
		b.wait(t, false)
		b.slot.Insert(chip)
		b.wait(t, true)
	}
	if out, err := reader.Read(context.Background(), b.number(), nil); err != nil || out.Verdict != kiosk.Verified {
		t.Errorf("left alone: %v", err)
	}
}

// TestDaemonKilled kills pcscd in the middle of a read: it fails with a code and a hint, and with a new pcscd the next one works.
func TestDaemonKilled(t *testing.T) {
	b := newBench(t)
	if !b.service.Own() {
		t.Skip("pcscd was running already; this test must not kill it")
	}
	reader := b.inspection(t)
	b.insert(t, emrtdtest.Options{})
	killed := false
	_, err := reader.Read(context.Background(), b.number(), func(p kiosk.ChipProgress) {
		if p.File == kiosk.FileDG1 && !killed {
			killed = true
			if err := b.service.Kill(); err != nil {
				t.Errorf("kill: %v", err)
			}
		}
	})
	if code := kiosk.CodeOf(err); !killed || !slices.Contains([]kiosk.Code{kiosk.CodeReaderFault, kiosk.CodeReaderMissing, kiosk.CodeCardLost}, code) {
		t.Errorf("read over a killed pcscd: %v", err)
	}
	t.Log(err)
	if _, err := reader.Read(context.Background(), b.number(), nil); kiosk.CodeOf(err) != kiosk.CodeReaderMissing {
		t.Errorf("read without pcscd: %v", err)
	}
	b.start(t)
	b.wait(t, true)
	if out, err := reader.Read(context.Background(), b.number(), nil); err != nil || out.Verdict != kiosk.Verified {
		t.Errorf("with a new pcscd: %v", err)
	}
}

// open counts this process's open files; every PC/SC context is one.
func open(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}

// TestCycles inserts and removes a card many times (KIOSK_CYCLES, 6 unless told; pcscd needs a second for each) and connects it 200
// times: no context, file or goroutine may stay behind.
func TestCycles(t *testing.T) {
	b := newBench(t)
	cycles := 6
	if n, err := strconv.Atoi(os.Getenv("KIOSK_CYCLES")); err == nil {
		cycles = n
	}
	chip := b.insert(t, emrtdtest.Options{})
	use := func() {
		card, err := b.reader.Connect(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := card.Transmit(context.Background(), []byte{0, 0xB0, 0x9C, 0, 0}); err != nil {
			t.Fatal(err)
		}
		if err := card.Close(); err != nil {
			t.Fatal(err)
		}
	}
	use()
	files, goroutines := open(t), runtime.NumGoroutine()
	for range 200 {
		use()
	}
	for i := range cycles {
		b.slot.Remove()
		b.wait(t, false)
		b.slot.Insert(chip)
		b.wait(t, true)
		if i%2 == 0 {
			use()
		}
	}
	runtime.GC()
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end) && (open(t) > files || runtime.NumGoroutine() > goroutines); {
		runtime.Gosched()
	}
	if f, g := open(t), runtime.NumGoroutine(); f > files || g > goroutines {
		t.Errorf("after %d cycles: %d files instead of %d, %d goroutines instead of %d", cycles, f, files, g, goroutines)
	}
}

// BenchmarkExchange is one short command and its answer through libpcsclite, pcscd, its virtual reader and TCP to a card that
// takes no time.
func BenchmarkExchange(b *testing.B) {
	answer := append(make([]byte, 54), 0x90, 0)
	card := newFake(chipATR, func(context.Context, apdu.Command) []byte { return answer }).insert(b).connect(b)
	for b.Loop() {
		if _, err := card.Transmit(context.Background(), []byte{0, 0xB0, 0x9C, 0, 0}); err != nil {
			b.Fatal(err)
		}
	}
}
