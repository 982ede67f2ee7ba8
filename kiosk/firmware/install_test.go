package firmware

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
)

func testKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

var (
	releaseKey  = testKey(1)
	strangerKey = testKey(2)
)

func release(serial int64) Release {
	return Release{Version: fmt.Sprintf("1.%d", serial), Serial: serial, Arch: "amd64", Made: time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)}
}

// content is a part of a release: 3 sectors that no other release has.
func content(serial int64, name PartName) []byte {
	return bytes.Repeat([]byte(fmt.Sprintf("%-8s%8d", name, serial)), 3*sector/16)
}

func update(t *testing.T, r Release, key ed25519.PrivateKey) []byte {
	t.Helper()
	var b bytes.Buffer
	err := WriteUpdate(&b, r, key, Source{PartBoot, bytes.NewReader(content(r.Serial, PartBoot))}, Source{PartRoot, bytes.NewReader(content(r.Serial, PartRoot))})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// kioskMachine is a machine on disks in memory.
type kioskMachine struct {
	*Machine
	state *memDisk
	parts map[string]*memDisk
	power *power
}

func newMachine(t *testing.T) *kioskMachine {
	t.Helper()
	k := &kioskMachine{power: &power{}, parts: map[string]*memDisk{}, state: newDisk(StateRoom)}
	s := Fresh()
	s.Data = DataReady
	if err := StoreState(k.state, s); err != nil {
		t.Fatal(err)
	}
	k.state.power = k.power
	for _, slot := range []Slot{A, B} {
		for _, name := range partNames {
			d := newDisk(4 * sector)
			d.power = k.power
			k.parts[PartitionName(slot, name)] = d
		}
	}
	for _, name := range partNames {
		d := k.parts[PartitionName(A, name)]
		copy(d.now, content(1, name))
		copy(d.safe, content(1, name))
	}
	k.Machine = &Machine{
		Running: A, Release: release(1), State: k.state, Trusted: []ed25519.PublicKey{releaseKey.Public().(ed25519.PublicKey)},
		Open: func(s Slot, p PartName) (Partition, error) { return k.parts[PartitionName(s, p)], nil },
	}
	return k
}

func (k *kioskMachine) install(data []byte) error {
	_, err := k.Install(context.Background(), bytes.NewReader(data), func(string, int64, int64) {}, func(Header, Slot) error { return k.power.step() })
	return err
}

// outage lets the power fail: what was in the disks' caches is there by chance.
func (k *kioskMachine) outage(rng *rand.Rand, chance float64) {
	k.power = &power{}
	for _, d := range k.parts {
		d.outage(rng, chance)
		d.power = k.power
	}
	k.state.outage(rng, chance)
	k.state.power = k.power
}

// start does what the boot loader does and gives the serial number of the release that comes up, 0 when the slot is not whole.
func (k *kioskMachine) start(t *testing.T) (Slot, int64) {
	t.Helper()
	s, err := LoadState(k.state)
	if err != nil {
		t.Fatal(err)
	}
	slot, n := s.Choose()
	if err := StoreState(k.state, n); err != nil {
		t.Fatal(err)
	}
	for serial := int64(1); serial <= 3; serial++ {
		if bytes.HasPrefix(k.parts[PartitionName(slot, PartBoot)].now, content(serial, PartBoot)) &&
			bytes.HasPrefix(k.parts[PartitionName(slot, PartRoot)].now, content(serial, PartRoot)) {
			return slot, serial
		}
	}
	return slot, 0
}

func TestInstall(t *testing.T) {
	k := newMachine(t)
	if err := k.install(update(t, release(2), releaseKey)); err != nil {
		t.Fatal(err)
	}
	for range Tries {
		if slot, serial := k.start(t); slot != B || serial != 2 {
			t.Fatalf("slot %s with release %d", slot, serial)
		}
	}
	if slot, serial := k.start(t); slot != A || serial != 1 {
		t.Fatalf("nobody kept the trial, and slot %s with release %d is started", slot, serial)
	}
}

// The power fails at every write and every sync of an update, with nothing, all, or some of the disk's cache kept: a whole slot
// is started, the old release or the new one, and the next attempt succeeds.
func TestPowerFailsAtEveryWrite(t *testing.T) {
	file := update(t, release(2), releaseKey)
	whole := newMachine(t)
	if err := whole.install(file); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, 7))
	outcomes := map[int64]int{}
	for cut := 1; cut <= whole.power.done; cut++ {
		for round := range 20 {
			k := newMachine(t)
			k.power.cutAt = cut
			if err := k.install(file); err == nil {
				t.Fatalf("the power failed at write %d and nobody noticed", cut)
			}
			k.outage(rng, []float64{0, 1, 0.5, 0.1, 0.9}[round%5])
			slot, serial := k.start(t)
			outcomes[serial]++
			if serial == 0 {
				t.Fatalf("cut at write %d: slot %s is started and is not whole", cut, slot)
			}
			k.again(t, slot, serial)
		}
	}
	if outcomes[1] == 0 || outcomes[2] == 0 {
		t.Errorf("the cuts met only one side: %v", outcomes)
	}
	t.Logf("%d writes and syncs, releases started after the cut: %v", whole.power.done, outcomes)
}

// again runs on from a start after an outage: healthy, then the next release is installed.
func (k *kioskMachine) again(t *testing.T, slot Slot, serial int64) {
	t.Helper()
	s, err := LoadState(k.state)
	if err != nil {
		t.Fatal(err)
	}
	if err := StoreState(k.state, s.Good(slot)); err != nil {
		t.Fatal(err)
	}
	k.Running, k.Release = slot, release(serial)
	if err := k.install(update(t, release(3), releaseKey)); err != nil {
		t.Fatalf("the next attempt: %v", err)
	}
	if got, now := k.start(t); got != slot.Other() || now != 3 {
		t.Fatalf("after the next attempt slot %s has release %d", got, now)
	}
}

// Every refusal leaves the running slot the one that is started.
func TestRefusedUpdates(t *testing.T) {
	good := update(t, release(2), releaseKey)
	other := release(2)
	other.Arch = "arm64"
	flip := func(at int) []byte {
		b := bytes.Clone(good)
		b[at] ^= 1
		return b
	}
	lines := bytes.SplitN(good, []byte("\n"), 3)
	for name, c := range map[string]struct {
		file []byte
		want Refusal
	}{
		"empty":          {nil, Broken},
		"not an update":  {bytes.Repeat([]byte("x"), 2*maxLine), Broken},
		"header cut":     {good[:100], Broken},
		"cut in a part":  {good[:len(good)-1], Broken},
		"no parts":       {good[:bytes.LastIndexByte(good[:600], '\n')+1], Broken},
		"part changed":   {flip(len(good) - 1), Broken},
		"something more": {append(bytes.Clone(good), 0), Broken},
		"header changed": {bytes.Replace(good, []byte(`"serial":2`), []byte(`"serial":9`), 1), Unsigned},
		"no signature":   {bytes.Join([][]byte{lines[0], nil, lines[2]}, []byte("\n")), Unsigned},
		"stranger":       {update(t, release(2), strangerKey), Unsigned},
		"same release":   {update(t, release(1), releaseKey), Older},
		"other machine":  {update(t, other, releaseKey), OtherArch},
	} {
		t.Run(name, func(t *testing.T) {
			k := newMachine(t)
			if err := k.install(c.file); RefusalOf(err) != c.want || kiosk.CodeOf(err) != kiosk.CodeBundle {
				t.Fatalf("%v, want %s", err, c.want)
			}
			for range Kept + 2 {
				if slot, serial := k.start(t); slot != A || serial != 1 {
					t.Fatalf("slot %s with release %d is started", slot, serial)
				}
			}
		})
	}
}

// A signed header whose parts are not those of a slot is refused as well.
func TestSignedNonsense(t *testing.T) {
	for name, change := range map[string]func(*Header){
		"format": func(h *Header) { h.Format = 2 }, "one part": func(h *Header) { h.Parts = h.Parts[:1] }, "order": func(h *Header) { h.Parts[0], h.Parts[1] = h.Parts[1], h.Parts[0] },
		"size": func(h *Header) { h.Parts[0].Size = -512 }, "odd": func(h *Header) { h.Parts[0].Size++ }, "hash": func(h *Header) { h.Parts[1].SHA256 = "" }, "serial": func(h *Header) { h.Serial = 0 },
	} {
		h := Header{Format: Format, Release: release(2)}
		for _, p := range partNames {
			sum := sha256.Sum256(content(2, p))
			h.Parts = append(h.Parts, Part{p, 3 * sector, hex.EncodeToString(sum[:])})
		}
		if h.check() != nil {
			t.Fatal("the header is refused before it was changed")
		}
		change(&h)
		if h.check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestMachineRefusals(t *testing.T) {
	file := update(t, release(2), releaseKey)
	t.Run("the slot is too small", func(t *testing.T) {
		k := newMachine(t)
		k.parts[PartitionName(B, PartRoot)] = newDisk(sector)
		if err := k.install(file); RefusalOf(err) != TooLarge {
			t.Error(err)
		}
	})
	t.Run("the disk gives back other bytes", func(t *testing.T) {
		k := newMachine(t)
		k.parts[PartitionName(B, PartRoot)].lies = true
		if err := k.install(file); RefusalOf(err) != Unwritten {
			t.Error(err)
		}
		if slot, _ := k.start(t); slot != A {
			t.Error("the slot that cannot be read is started")
		}
	})
	t.Run("the running slot is on trial", func(t *testing.T) {
		k := newMachine(t)
		if slot, _ := k.start(t); slot != A { // nobody has found it good yet
			t.Fatal(slot)
		}
		if err := k.install(file); RefusalOf(err) != OnTrial {
			t.Error(err)
		}
	})
	t.Run("the record is not kept", func(t *testing.T) {
		k := newMachine(t)
		_, err := k.Install(t.Context(), bytes.NewReader(file), func(string, int64, int64) {}, func(Header, Slot) error { return errors.New("no space left") })
		if RefusalOf(err) != Unwritten {
			t.Error(err)
		}
		if slot, _ := k.start(t); slot != A {
			t.Error("a slot without a record is started")
		}
	})
	t.Run("it is stopped", func(t *testing.T) {
		k := newMachine(t)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := k.Install(ctx, bytes.NewReader(file), func(string, int64, int64) { cancel() }, func(Header, Slot) error { return nil })
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if slot, _ := k.start(t); slot != A {
			t.Error("a half-written slot is started")
		}
	})
}

func FuzzHeader(f *testing.F) {
	var b bytes.Buffer
	_ = WriteUpdate(&b, release(2), releaseKey, Source{PartBoot, bytes.NewReader(content(2, PartBoot))}, Source{PartRoot, bytes.NewReader(content(2, PartRoot))})
	f.Add(b.Bytes())
	f.Add([]byte("{}\n\n"))
	trusted := []ed25519.PublicKey{releaseKey.Public().(ed25519.PublicKey)}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ReadHeader(bufio.NewReader(bytes.NewReader(data)), trusted)
		if err == nil && !strings.HasPrefix(b.String(), string(data[:min(len(data), 60)])) {
			t.Errorf("a header that nobody signed was taken: %+v", h)
		}
		if err != nil && RefusalOf(err) == "" {
			t.Errorf("%v is no refusal", err)
		}
	})
}

var _ io.ReaderAt = (*memDisk)(nil)
