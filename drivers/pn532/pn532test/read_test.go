package pn532test_test

import (
	"context"
	"testing"
	"time"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/pn532"
	"motcua/drivers/pn532/pn532test"
	"motcua/kiosk"
)

// clean fails for anything the host did that a card had to ignore.
func clean(t *testing.T, b *bench) {
	t.Helper()
	for _, v := range b.device.Violations() {
		t.Errorf("the host erred: %s", v)
	}
}

// TestRead reads and verifies a whole card over every interface and both data paths.
func TestRead(t *testing.T) {
	for name := range hosts {
		for _, path := range []pn532.Path{pn532.PathSoftware, pn532.PathFirmware} {
			t.Run(name+"/"+path.String(), func(t *testing.T) {
				b := newBench(t, setup{host: name, driver: pn532.Opts{Path: path}})
				r := b.read(t)
				clean(t, b)
				s := b.device.Stats()
				t.Logf("%s: %v; %d commands, %d radio frames of %d bytes, %d host frames of %d bytes", b.driver.Info(), r.Duration, r.APDUs, s.RadioFrames, s.RadioBytes, s.HostFrames, s.HostBytes)
			})
		}
	}
}

// TestReadVariants reads through every board that was met.
func TestReadVariants(t *testing.T) {
	for _, v := range pn532test.Variants() {
		t.Run(v.Name, func(t *testing.T) {
			b := newBench(t, setup{host: "pty", device: pn532test.Options{Variant: v.Name}})
			r := b.read(t)
			t.Logf("%s: %v", b.driver.Info(), r.Duration)
		})
	}
}

// TestReadCards reads cards with frames, rates and identifiers of every kind, by both data paths.
func TestReadCards(t *testing.T) {
	for name, card := range map[string]pn532test.CardOptions{
		"type B":          {TypeB: true},
		"type B no CID":   {TypeB: true, NoCID: true},
		"type B small":    {TypeB: true, FSC: 64, MaxRate: 106},
		"frames of 16":    {FSC: 16},
		"frames of 32":    {FSC: 32},
		"frames of 64":    {FSC: 64},
		"106 alone":       {MaxRate: 106},
		"212 at most":     {MaxRate: 212},
		"same rate":       {SameRate: true},
		"no CID":          {NoCID: true},
		"seven bytes":     {UID: []byte{4, 2, 3, 4, 5, 6, 7}},
		"ten bytes":       {UID: []byte{4, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
		"quick":           {FWI: 4},
		"no historical":   {Historical: []byte{}},
		"long historical": {Historical: []byte("123456789012345")},
	} {
		for _, path := range []pn532.Path{pn532.PathSoftware, pn532.PathFirmware} {
			t.Run(name+"/"+path.String(), func(t *testing.T) {
				b := newBench(t, setup{host: "hsu", card: card, driver: pn532.Opts{Path: path}})
				b.read(t)
				clean(t, b)
			})
		}
	}
}

// TestReadSlow reads a card that asks for the longest waiting time before every answer, and one whose chip is slow.
func TestReadSlow(t *testing.T) {
	for _, path := range []pn532.Path{pn532.PathSoftware, pn532.PathFirmware} {
		t.Run("always/"+path.String(), func(t *testing.T) {
			b := newBench(t, setup{host: "pty", card: pn532test.CardOptions{WTX: 59}, driver: pn532.Opts{Path: path}})
			b.read(t)
			clean(t, b)
		})
		t.Run("thrice/"+path.String(), func(t *testing.T) {
			b := newBench(t, setup{host: "hsu", card: pn532test.CardOptions{WTX: 1, WTXTimes: 3}, driver: pn532.Opts{Path: path}})
			b.read(t)
			clean(t, b)
		})
		t.Run("asking/"+path.String(), func(t *testing.T) {
			asks := emrtdtest.Options{Latency: emrtdtest.Latency{Extensions: 10}}
			b := newBench(t, setup{host: "hsu", chip: asks, driver: pn532.Opts{Path: path}})
			b.read(t)
			clean(t, b)
		})
		t.Run("computing/"+path.String(), func(t *testing.T) {
			slow := emrtdtest.Options{Latency: emrtdtest.Latency{PACE: 800 * time.Millisecond, Chip: 300 * time.Millisecond, Active: 300 * time.Millisecond}}
			b := newBench(t, setup{host: "hsu", chip: slow, card: pn532test.CardOptions{FWI: 7}, driver: pn532.Opts{Path: path}})
			b.read(t)
			clean(t, b)
		})
	}
}

// TestEndlessWaiting gives up on a card that asks for more time for ever, says that it is slow, not gone, and reads another one.
func TestEndlessWaiting(t *testing.T) {
	for _, path := range []pn532.Path{pn532.PathSoftware, pn532.PathFirmware} {
		t.Run(path.String(), func(t *testing.T) {
			b := newBench(t, setup{
				host: "hsu", card: pn532test.CardOptions{WTX: 59, WTXTimes: 1 << 30}, driver: pn532.Opts{Path: path, Wait: 300 * time.Millisecond},
			})
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if _, err := b.reader.Read(ctx, b.key(), nil); kiosk.CodeOf(err) != kiosk.CodeCardTimeout {
				t.Errorf("an endless card gives %v", err)
			}
			b.device.Insert(b.chip, pn532test.CardOptions{})
			b.reader.Forget()
			b.read(t)
		})
	}
}

// TestMemoryCard says of a bus card that it is no chip identity card.
func TestMemoryCard(t *testing.T) {
	for _, path := range []pn532.Path{pn532.PathAuto, pn532.PathSoftware, pn532.PathFirmware} {
		t.Run(path.String(), func(t *testing.T) {
			b := newBench(t, setup{host: "hsu", card: pn532test.CardOptions{Memory: true}, driver: pn532.Opts{Path: path}})
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			if _, err := b.reader.Read(ctx, b.key(), nil); kiosk.CodeOf(err) != kiosk.CodeCardUnsupported {
				t.Errorf("a memory card gives %v", err)
			}
		})
	}
}

// TestReadNoise reads right though one frame in a hundred is lost or damaged in each direction.
func TestReadNoise(t *testing.T) {
	for _, path := range []pn532.Path{pn532.PathSoftware, pn532.PathFirmware} {
		for name, noise := range map[string]pn532test.Noise{
			"lost": {Lose: 0.01, Seed: 1}, "damaged": {Corrupt: 0.01, Seed: 2}, "both": {Lose: 0.005, Corrupt: 0.005, Seed: 3},
		} {
			t.Run(name+"/"+path.String(), func(t *testing.T) {
				b := newBench(t, setup{host: "hsu", device: pn532test.Options{Noise: noise}, driver: pn532.Opts{Path: path}})
				again := 0
				for range 5 {
					again += b.readAgain(t)
				}
				s := b.device.Stats()
				if s.Lost+s.Corrupted == 0 {
					t.Error("there was no noise")
				}
				t.Logf("%d frames, %d lost, %d damaged, %d late; %d reads tried again", s.RadioFrames, s.Lost, s.Corrupted, s.Late, again)
			})
		}
	}
}

// readAgain reads the card, and once more each time the radio is to blame, thrice at most: what an officer would do, and no verdict
// may come out of it but the right one. It gives how often.
func (b *bench) readAgain(t *testing.T) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for again := 0; ; again++ {
		if err := b.driver.Wait(ctx, true); err != nil {
			t.Fatalf("wait for the card: %v", err)
		}
		r, err := b.reader.Read(ctx, b.key(), nil)
		if err == nil {
			b.verified(t, r)
			return again
		}
		if code := kiosk.CodeOf(err); again == 3 || (code != kiosk.CodeCardLost && code != kiosk.CodeCardTimeout) {
			t.Fatalf("read: %v", err)
		}
	}
}

// TestTorn takes the card away in the middle of the photo; back on the reader, the read goes on where it stood.
func TestTorn(t *testing.T) {
	for _, path := range []pn532.Path{pn532.PathSoftware, pn532.PathFirmware} {
		t.Run(path.String(), func(t *testing.T) {
			b := newBench(t, setup{
				host: "pty", chip: emrtdtest.Options{TearAt: kiosk.FileDG2, TearOffset: 2000}, driver: pn532.Opts{Path: path},
			})
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if _, err := b.reader.Read(ctx, b.key(), nil); kiosk.CodeOf(err) != kiosk.CodeCardLost {
				t.Fatalf("torn: %v", err)
			}
			if err := b.driver.Wait(ctx, false); err != nil {
				t.Fatal(err)
			}
			before := b.device.Stats().APDUs
			b.device.Insert(b.chip, pn532test.CardOptions{})
			if err := b.driver.Wait(ctx, true); err != nil {
				t.Fatal(err)
			}
			r, err := b.reader.Read(ctx, b.key(), nil)
			if err != nil {
				t.Fatal(err)
			}
			b.verified(t, r)
			t.Logf("%d commands before, %d after", before, b.device.Stats().APDUs-before)
		})
	}
}
