package pn532_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/pa"
	"motcua/drivers/pn532"
	"motcua/drivers/pn532/pn532test"
	"motcua/drivers/uart"
	"motcua/kiosk"
)

// The tests of this file run the driver against a PN532 in software that was written from the documents alone.

var person = emrtdtest.Person{
	Number: "999301012345", Name: "Nguyễn Thị Thử Nghiệm", Birth: "02/01/2001", Sex: "Nữ", Issued: "05/03/2025",
	Nationality: "Việt Nam", Ethnicity: "Kinh", Religion: "Không", Origin: "Xã Thử, Tỉnh Mẫu", Residence: "Số 1, Xã Thử, Tỉnh Mẫu",
}

var key = kiosk.CardKey{Kind: kiosk.KeyNumber, Value: person.Number}

type bench struct {
	card  *emrtdtest.Card
	trust *pa.Store
}

var (
	issued = sync.OnceValues(func() (bench, error) { return issue(3000) })
	large  = sync.OnceValues(func() (bench, error) { return issue(16500) })
)

// issue makes a card whose photo is padded, and the trust it verifies under.
func issue(padding int) (bench, error) {
	a, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{})
	if err != nil {
		return bench{}, err
	}
	card, err := emrtdtest.Issue(person, append(emrtdtest.Silhouette(128), make([]byte, padding)...), a)
	if err != nil {
		return bench{}, err
	}
	dir, err := os.MkdirTemp("", "trust")
	if err != nil {
		return bench{}, err
	}
	defer os.RemoveAll(dir)
	if _, err := a.SaveTrust(dir); err != nil {
		return bench{}, err
	}
	trust, err := pa.LoadStore(dir)
	return bench{card, trust}, err
}

func setUpLarge(t testing.TB) bench {
	t.Helper()
	b, err := large()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func setUp(t testing.TB) bench {
	t.Helper()
	b, err := issued()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b bench) chip(t testing.TB, opt emrtdtest.Options) *emrtdtest.Chip {
	t.Helper()
	chip, err := emrtdtest.New(b.card, opt)
	if err != nil {
		t.Fatal(err)
	}
	return chip
}

// patient is a frame waiting time index, 619 ms, with which a simulated card does not fall silent because the machine is busy.
const patient = 11

// links are the ways to reach the chip.
var links = []string{"hsu", "spi", "spi irq", "i2c", "i2c irq"}

// open makes a simulated chip and the driver for it.
func open(t testing.TB, link string, sim pn532test.Options, opts *pn532.Opts) (*pn532.Dev, *pn532test.Device) {
	t.Helper()
	device, err := pn532test.New(sim)
	if err != nil {
		t.Fatal(err)
	}
	var d *pn532.Dev
	switch link {
	case "hsu":
		d, err = pn532.NewHSU(device.Port(), opts)
	case "spi":
		d, err = pn532.NewSPI(device.SPI(), nil, opts)
	case "spi irq":
		d, err = pn532.NewSPI(device.SPI(), device.IRQ(), opts)
	case "i2c":
		d, err = pn532.NewI2C(device.I2C(), 0, nil, opts)
	case "i2c irq":
		d, err = pn532.NewI2C(device.I2C(), 0, device.IRQ(), opts)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Halt(); err != nil {
			t.Errorf("halt: %v", err)
		}
		if err := device.Close(); err != nil {
			t.Error(err)
		}
	})
	return d, device
}

// read reads the card with everything that can be verified, and wants it verified and whole.
func (b bench) read(t testing.TB, d *pn532.Dev) *kiosk.ChipRead {
	t.Helper()
	out, err := emrtd.NewReader(d, emrtd.Options{Trust: b.trust}).Read(context.Background(), key, nil)
	if err != nil {
		t.Fatal(err)
	}
	if out.Verdict != kiosk.Verified {
		t.Fatalf("%s: %+v", out.Verdict, out.Checks)
	}
	for id, want := range b.card.Files {
		if got, ok := out.Files[id]; ok && !bytes.Equal(got, want) {
			t.Errorf("%s differs from the card's", id)
		}
	}
	return out
}

func noViolations(t testing.TB, device *pn532test.Device) {
	t.Helper()
	for _, v := range device.Violations() {
		t.Errorf("violation: %s", v)
	}
}

func TestFullRead(t *testing.T) {
	b := setUp(t)
	for _, link := range links {
		for _, path := range []pn532.Path{pn532.PathAuto, pn532.PathFirmware} {
			for _, typeB := range []bool{false, true} {
				t.Run(strings.Join([]string{link, path.String(), map[bool]string{false: "A", true: "B"}[typeB]}, " "), func(t *testing.T) {
					d, device := open(t, link, pn532test.Options{}, &pn532.Opts{Path: path})
					device.Insert(b.chip(t, emrtdtest.Options{}), pn532test.CardOptions{TypeB: typeB, FWI: patient})
					b.read(t, d)
					noViolations(t, device)
					k, err := d.Connect(context.Background())
					if err != nil {
						t.Fatal(err)
					}
					if want := b.chip(t, emrtdtest.Options{}).ATR(); !typeB && !bytes.Equal(k.ATR(), want) {
						t.Errorf("ATR %X, a PC/SC reader gives %X", k.ATR(), want)
					}
				})
			}
		}
	}
}

// Cards of every frame size, of every bit rate, with extensions asked for, without CID.
func TestCards(t *testing.T) {
	b := setUp(t)
	for name, c := range map[string]pn532test.CardOptions{
		"FSC 16": {FSC: 16}, "FSC 24": {FSC: 24}, "FSC 32": {FSC: 32}, "FSC 40": {FSC: 40}, "FSC 48": {FSC: 48}, "FSC 64": {FSC: 64},
		"FSC 96": {FSC: 96}, "FSC 128": {FSC: 128}, "106": {MaxRate: 106}, "212": {MaxRate: 212}, "same rate": {SameRate: true, MaxRate: 424},
		"extensions": {WTX: 3, WTXTimes: 2}, "no CID": {NoCID: true}, "B without CID": {TypeB: true, NoCID: true}, "B FSC 32": {TypeB: true, FSC: 32},
		"7-byte identifier": {UID: []byte{4, 1, 2, 3, 4, 5, 6}}, "FWI 9": {FWI: 9},
	} {
		for _, path := range []pn532.Path{pn532.PathSoftware, pn532.PathFirmware} {
			t.Run(name+" "+path.String(), func(t *testing.T) {
				d, device := open(t, "hsu", pn532test.Options{}, &pn532.Opts{Path: path})
				if c.FWI == 0 {
					c.FWI = patient
				}
				device.Insert(b.chip(t, emrtdtest.Options{}), c)
				b.read(t, d)
				noViolations(t, device)
			})
		}
	}
}

// speeds are what the boards can that cannot do all.
var speeds = map[string]string{"genuine": "PN532 v1.6 at 921600 baud", "slow-uart": "at 115200 baud", "no-921600": "at 460800 baud", "worst": "at 460800 baud", "old": "v1.5 at 921600 baud"}

// Every kind of board, with nothing set.
func TestVariants(t *testing.T) {
	b := setUp(t)
	for _, v := range pn532test.Variants() {
		t.Run(v.Name, func(t *testing.T) {
			d, device := open(t, "hsu", pn532test.Options{Variant: v.Name}, nil)
			device.Insert(b.chip(t, emrtdtest.Options{}), pn532test.CardOptions{FWI: patient})
			if err := d.Check(context.Background()); err != nil {
				t.Fatal(err)
			}
			if want := speeds[v.Name]; !strings.HasSuffix(d.Info(), want) {
				t.Errorf("%s, want %s", d.Info(), want)
			}
			b.read(t, d)
			if v.Name != "late-ack" {
				b.read(t, d) // by the path chosen in the first
			}
		})
	}
}

// Through the kernel's terminal layer, with real speeds: a full read, a restart that finds the chip at its high speed, and an adapter
// that is pulled.
func TestPTY(t *testing.T) {
	b := setUp(t)
	device, err := pn532test.New(pn532test.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	tty, err := device.ServePTY(context.Background())
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	defer tty.Close()
	device.Insert(b.chip(t, emrtdtest.Options{}), pn532test.CardOptions{FWI: patient})
	var d *pn532.Dev
	for range 2 { // the second finds the chip as the first, which does not halt, left it
		port, err := uart.Open(tty.Path)
		if err != nil {
			t.Fatal(err)
		}
		defer port.Close()
		if d, err = pn532.NewHSU(port, nil); err != nil {
			t.Fatal(err)
		}
		b.read(t, d)
		if !strings.HasSuffix(d.Info(), "at 921600 baud") {
			t.Error(d.Info())
		}
		if err := port.Close(); err != nil {
			t.Fatal(err)
		}
	}
	port, err := uart.Open(tty.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	if d, err = pn532.NewHSU(port, nil); err != nil {
		t.Fatal(err)
	}
	if err := d.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	noViolations(t, device)
	tty.Unplug()
	var k *kiosk.Error
	if err := d.Check(context.Background()); !errors.Is(err, apdu.ErrNoReader) || !errors.As(err, &k) || k.Code != kiosk.CodeReaderMissing {
		t.Errorf("unplugged: %v", err)
	}
	if err := d.Wait(context.Background(), false); err != nil {
		t.Errorf("unplugged: %v", err)
	}
	if err := d.Halt(); err != nil {
		t.Errorf("halt without a port: %v", err)
	}
}

// A chip that an earlier program left awake, or at another speed, is found.
func TestFoundAwake(t *testing.T) {
	d, _ := open(t, "hsu", pn532test.Options{Awake: true}, nil)
	if err := d.Check(context.Background()); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(d.Info(), "PN532 v1.") {
		t.Error(d.Info())
	}
}

// With a radio that loses and damages frames, a read ends verified or with a typed error, and mostly verified.
func TestNoise(t *testing.T) {
	b := setUp(t)
	good := 0
	const runs = 8
	for seed := range uint64(runs) {
		d, device := open(t, "hsu", pn532test.Options{}, nil)
		device.Insert(b.chip(t, emrtdtest.Options{}), pn532test.CardOptions{FWI: 9})
		if err := d.Check(context.Background()); err != nil {
			t.Fatal(err)
		}
		device.SetNoise(pn532test.Noise{Lose: 0.01, Corrupt: 0.02, Seed: seed + 1})
		out, err := emrtd.NewReader(d, emrtd.Options{Trust: b.trust}).Read(context.Background(), key, nil)
		switch {
		case err == nil && out.Verdict == kiosk.Verified:
			good++
		case err == nil:
			t.Errorf("seed %d: %s", seed, out.Verdict)
		case kiosk.CodeOf(err) != kiosk.CodeCardLost && kiosk.CodeOf(err) != kiosk.CodeCardTimeout:
			t.Errorf("seed %d: %v", seed, err)
		}
	}
	t.Logf("%d of %d reads verified", good, runs)
	if good < runs-1 {
		t.Errorf("%d of %d reads succeeded", good, runs)
	}
}

// Connect tries again when noise has eaten a frame of the activation.
func TestConnectInNoise(t *testing.T) {
	for _, path := range []pn532.Path{pn532.PathSoftware, pn532.PathFirmware} {
		d, device := open(t, "hsu", pn532test.Options{}, &pn532.Opts{Path: path})
		device.Insert(echo{}, pn532test.CardOptions{FWI: 9})
		if err := d.Check(context.Background()); err != nil {
			t.Fatal(err)
		}
		device.SetNoise(pn532test.Noise{Lose: 0.02, Corrupt: 0.02, Seed: 7})
		const runs = 40
		failed := 0
		for range runs {
			k, err := d.Connect(context.Background())
			if err != nil {
				t.Log(err)
				failed++
				continue
			}
			if err := k.Close(); err != nil {
				t.Error(err)
			}
		}
		if failed > 1 {
			t.Errorf("path %v: %d of %d failed", path, failed, runs)
		}
	}
}

// A card that is taken away is lost, and the read goes on when it is back.
func TestTearAndResume(t *testing.T) {
	b := setUp(t)
	for _, path := range []pn532.Path{pn532.PathSoftware, pn532.PathFirmware} {
		t.Run(path.String(), func(t *testing.T) {
			d, device := open(t, "hsu", pn532test.Options{}, &pn532.Opts{Path: path})
			chip := b.chip(t, emrtdtest.Options{})
			device.Insert(chip, pn532test.CardOptions{FWI: 9})
			device.Tear(4000)
			r := emrtd.NewReader(d, emrtd.Options{Trust: b.trust})
			_, err := r.Read(context.Background(), key, nil)
			if !errors.Is(err, apdu.ErrCardLost) || kiosk.CodeOf(err) != kiosk.CodeCardLost {
				t.Fatalf("torn: %v", err)
			}
			if device.Present() {
				t.Fatal("the card was not torn")
			}
			if _, err := d.Connect(context.Background()); !errors.Is(err, apdu.ErrNoCard) {
				t.Errorf("connect without a card: %v", err)
			}
			device.Insert(chip, pn532test.CardOptions{FWI: 9})
			out, err := r.Read(context.Background(), key, nil)
			if err != nil || out.Verdict != kiosk.Verified {
				t.Fatalf("resumed: %v", err)
			}
		})
	}
}
