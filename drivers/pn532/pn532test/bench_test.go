package pn532test_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"periph.io/x/conn/v3/physic"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/pa"
	"motcua/drivers/pn532"
	"motcua/drivers/pn532/pn532test"
	"motcua/drivers/uart"
	"motcua/kiosk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// issued is one card for all tests: issuing takes longer than reading.
var issued = sync.OnceValues(func() (*fixture, error) {
	a, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{})
	if err != nil {
		return nil, err
	}
	person := emrtdtest.Person{Number: "999304012345", Name: "NGUYỄN THỊ THU", Birth: "01/02/2004", Sex: "Nữ", Issued: "05/03/2024"}
	card, err := emrtdtest.IssueWith(person, emrtdtest.Silhouette(90), a, emrtdtest.IssueOptions{NoVariants: true})
	if err != nil {
		return nil, err
	}
	return &fixture{authority: a, card: card}, nil
})

type fixture struct {
	authority *emrtdtest.Authority
	card      *emrtdtest.Card
}

// bench is a whole chain: simulated chip, simulated PN532, the real driver, the real reader.
type bench struct {
	device *pn532test.Device
	driver *pn532.Dev
	reader *emrtd.Reader
	card   *emrtdtest.Card
	chip   *emrtdtest.Chip
}

// host makes a driver for a device, by one of its interfaces.
type host func(t testing.TB, d *pn532test.Device, opts *pn532.Opts) (*pn532.Dev, error)

var hosts = map[string]host{
	"hsu": func(_ testing.TB, d *pn532test.Device, opts *pn532.Opts) (*pn532.Dev, error) {
		return pn532.NewHSU(d.Port(), opts)
	},
	"pty": func(t testing.TB, d *pn532test.Device, opts *pn532.Opts) (*pn532.Dev, error) {
		p, err := d.ServePTY(context.Background())
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() { _ = p.Close() })
		port, err := uart.Open(p.Path)
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() { _ = port.Close() })
		return pn532.NewHSU(port, opts)
	},
	"spi": func(_ testing.TB, d *pn532test.Device, opts *pn532.Opts) (*pn532.Dev, error) {
		return pn532.NewSPI(d.SPI(), nil, opts)
	},
	"spi-irq": func(_ testing.TB, d *pn532test.Device, opts *pn532.Opts) (*pn532.Dev, error) {
		return pn532.NewSPI(d.SPI(), d.IRQ(), opts)
	},
	"i2c": func(_ testing.TB, d *pn532test.Device, opts *pn532.Opts) (*pn532.Dev, error) {
		bus := d.I2C()
		if err := bus.SetSpeed(400 * physic.KiloHertz); err != nil {
			return nil, err
		}
		return pn532.NewI2C(bus, pn532test.Address, nil, opts)
	},
	"i2c-irq": func(_ testing.TB, d *pn532test.Device, opts *pn532.Opts) (*pn532.Dev, error) {
		return pn532.NewI2C(d.I2C(), pn532test.Address, d.IRQ(), opts)
	},
}

// setup says what a bench is made of.
type setup struct {
	host   string
	device pn532test.Options
	card   pn532test.CardOptions
	chip   emrtdtest.Options
	driver pn532.Opts
}

// newBench puts a card on a PN532 and a driver before it.
func newBench(t testing.TB, s setup) *bench {
	t.Helper()
	f, err := issued()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{card: f.card}
	if b.chip, err = emrtdtest.New(f.card, s.chip); err != nil {
		t.Fatal(err)
	}
	if b.device, err = pn532test.New(s.device); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.device.Close() })
	b.device.Insert(b.chip, s.card)
	if s.driver.Poll == 0 {
		s.driver.Poll = 20 * time.Millisecond
	}
	if b.driver, err = hosts[s.host](t, b.device, &s.driver); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.driver.Halt() })
	b.reader = emrtd.NewReader(b.driver, emrtd.Options{Trust: b.trust(t), Timeout: time.Minute})
	return b
}

// trust holds the card's issuer.
func (b *bench) trust(t testing.TB) *pa.Store {
	t.Helper()
	f, err := issued()
	if err != nil {
		t.Fatal(err)
	}
	store, err := pa.NewStore(f.authority.CSCA)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// read reads the card and wants it verified.
func (b *bench) read(t testing.TB) *kiosk.ChipRead {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := b.driver.Check(ctx); err != nil {
		t.Fatalf("check: %v", err)
	}
	if err := b.driver.Wait(ctx, true); err != nil {
		t.Fatalf("wait for the card: %v", err)
	}
	r, err := b.reader.Read(ctx, b.key(), nil)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	b.verified(t, r)
	return r
}

func (b *bench) key() kiosk.CardKey {
	return kiosk.CardKey{Kind: kiosk.KeyNumber, Value: b.card.Number}
}

func (b *bench) verified(t testing.TB, r *kiosk.ChipRead) {
	t.Helper()
	if r.Verdict != kiosk.Verified || r.Citizen.Number != b.card.Number {
		t.Fatalf("verdict %s: %v", r.Verdict, r.Checks)
	}
}

var _ apdu.Slot = (*pn532.Dev)(nil)
