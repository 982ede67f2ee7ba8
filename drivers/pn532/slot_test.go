package pn532_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/pn532"
	"motcua/drivers/pn532/pn532test"
	"motcua/kiosk"
)

// dumb is a chip that answers 9000 to everything, after a while.
type dumb struct {
	after time.Duration
	mu    sync.Mutex
	n     int
}

func (*dumb) PowerOn()  {}
func (*dumb) PowerOff() {}
func (c *dumb) Process(command []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return append(bytes.Clone(command[:4]), 0x90, 0x00)
}
func (c *dumb) Time(command, _ []byte) time.Duration {
	if command[1] == 0x86 {
		return c.after
	}
	return 0
}

// A context that ends gives Transmit back within 100 ms, though the card works on; the next Connect works.
func TestCancel(t *testing.T) {
	for _, link := range links {
		for _, path := range []pn532.Path{pn532.PathSoftware, pn532.PathFirmware} {
			t.Run(link+" "+path.String(), func(t *testing.T) {
				d, device := open(t, link, pn532test.Options{}, &pn532.Opts{Path: path})
				device.Insert(&dumb{after: 2 * time.Second}, pn532test.CardOptions{})
				k, err := d.Connect(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(context.Background())
				var ended time.Time
				stop := time.AfterFunc(150*time.Millisecond, func() { ended = time.Now(); cancel() })
				defer stop.Stop()
				_, err = k.Transmit(ctx, []byte{0, 0x86, 0, 0})
				if took := time.Since(ended); !errors.Is(err, context.Canceled) || took > 150*time.Millisecond {
					t.Errorf("%v, %v after the context", err, took)
				}
				if _, err := k.Transmit(context.Background(), []byte{0, 0x84, 0, 0}); !errors.Is(err, apdu.ErrCardLost) {
					t.Errorf("the card goes on: %v", err)
				}
				again, err := d.Connect(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				got, err := again.Transmit(context.Background(), []byte{0, 0x84, 1, 2})
				if err != nil || !bytes.Equal(got, []byte{0, 0x84, 1, 2, 0x90, 0}) {
					t.Errorf("%X %v", got, err)
				}
			})
		}
	}
}

// A card that asks for more time for ever is slow, not gone, and the chip is not missing.
func TestEndlessExtensions(t *testing.T) {
	for _, path := range []pn532.Path{pn532.PathSoftware, pn532.PathFirmware} {
		d, device := open(t, "hsu", pn532test.Options{}, &pn532.Opts{Path: path, Wait: 300 * time.Millisecond})
		device.Insert(&dumb{after: time.Minute}, pn532test.CardOptions{FWI: 6})
		k, err := d.Connect(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err = k.Transmit(context.Background(), []byte{0, 0x86, 0, 0})
		if !errors.Is(err, apdu.ErrTimeout) || kiosk.CodeOf(err) != kiosk.CodeCardTimeout || time.Since(start) > 3*time.Second {
			t.Errorf("%v: %v after %v", path, err, time.Since(start))
		}
		if err := d.Check(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

// A bus card is named as what it is not.
func TestForeignCard(t *testing.T) {
	for _, path := range []pn532.Path{pn532.PathAuto, pn532.PathFirmware} {
		d, device := open(t, "hsu", pn532test.Options{}, &pn532.Opts{Path: path})
		device.Insert(&dumb{}, pn532test.CardOptions{Memory: true})
		_, err := d.Connect(context.Background())
		var k *kiosk.Error
		if !errors.As(err, &k) || k.Code != kiosk.CodeCardUnsupported || !strings.Contains(k.Hint, "bus") {
			t.Errorf("%v", err)
		}
	}
}

// Wait sees a card come and go, also while it is in use, and does not disturb it.
func TestWait(t *testing.T) {
	b := setUp(t)
	d, device := open(t, "hsu", pn532test.Options{}, &pn532.Opts{Poll: 10 * time.Millisecond})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := d.Wait(ctx, false); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(50*time.Millisecond, func() { device.Insert(b.chip(t, emrtdtest.Options{}), pn532test.CardOptions{FWI: 9}) })
	defer stop.Stop()
	if err := d.Wait(ctx, true); err != nil {
		t.Fatal(err)
	}
	waiting, end := context.WithCancel(ctx)
	gone := make(chan error, 1)
	go func() { gone <- d.Wait(waiting, false) }()
	b.read(t, d)
	k, err := d.Connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	quiet, hush := context.WithTimeout(ctx, 200*time.Millisecond)
	defer hush()
	if err := d.Wait(quiet, false); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a card in use is reported gone: %v", err)
	}
	if _, err := k.Transmit(ctx, []byte{0, 0xA4, 2, 0x0C, 2, 1, 0x1C}); err != nil {
		t.Errorf("after presence checks: %v", err)
	}
	device.Remove()
	if err := d.Wait(ctx, false); err != nil {
		t.Error(err)
	}
	if err := <-gone; err != nil {
		t.Error(err)
	}
	end()
	if _, err := k.Transmit(ctx, []byte{0, 0x84, 0, 0}); !errors.Is(err, apdu.ErrCardLost) {
		t.Errorf("%v", err)
	}
	if err := errors.Join(k.Close(), k.Close()); err != nil {
		t.Error(err)
	}
	noViolations(t, device)
}

// Whoever ends waiting in the middle of a presence check does not end the card's session.
func TestWaitEndsDuringPresenceCheck(t *testing.T) {
	b := setUp(t)
	d, device := open(t, "hsu", pn532test.Options{}, &pn532.Opts{Poll: time.Millisecond})
	device.Insert(b.chip(t, emrtdtest.Options{}), pn532test.CardOptions{FWI: 9})
	k, err := d.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond+time.Duration(i)*100*time.Microsecond)
		if err := d.Wait(ctx, false); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("wait %d: %v", i, err)
		}
		cancel()
	}
	if _, err := k.Transmit(t.Context(), []byte{0, 0xA4, 2, 0x0C, 2, 1, 0x1C}); err != nil {
		t.Errorf("after presence checks that were given up: %v", err)
	}
	noViolations(t, device)
}

// powered counts how often a chip got and lost power.
type powered struct {
	echo
	mu      sync.Mutex
	on, off int
}

func (p *powered) PowerOn()  { p.mu.Lock(); p.on++; p.mu.Unlock() }
func (p *powered) PowerOff() { p.mu.Lock(); p.off++; p.mu.Unlock() }

func (p *powered) counts() (on, off int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.on, p.off
}

// The field is on only while a card is looked for or used; Halt leaves it off and the line at its first speed.
func TestField(t *testing.T) {
	for _, path := range []pn532.Path{pn532.PathSoftware, pn532.PathFirmware} {
		d, device := open(t, "hsu", pn532test.Options{}, &pn532.Opts{Path: path, Poll: 5 * time.Millisecond})
		p := &powered{}
		device.Insert(p, pn532test.CardOptions{})
		ctx := context.Background()
		for step, do := range map[string]func() error{
			"Wait":  func() error { return d.Wait(ctx, true) },
			"Check": func() error { return d.Check(ctx) },
			"Connect and Close": func() error {
				k, err := d.Connect(ctx)
				if err != nil {
					return err
				}
				if on, off := p.counts(); on != off+1 {
					t.Errorf("in use: on %d, off %d", on, off)
				}
				return k.Close()
			},
			"Connect twice": func() error {
				_, err := d.Connect(ctx)
				if err != nil {
					return err
				}
				k, err := d.Connect(ctx)
				if err != nil {
					return err
				}
				return k.Close()
			},
		} {
			if err := do(); err != nil {
				t.Fatalf("%s: %v", step, err)
			}
			if on, off := p.counts(); on != off {
				t.Errorf("after %s: on %d, off %d", step, on, off)
			}
		}
		k, err := d.Connect(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(d.Halt(), d.Halt()); err != nil {
			t.Error(err)
		}
		if on, off := p.counts(); on != off || on == 0 {
			t.Errorf("after Halt: on %d, off %d", on, off)
		}
		if _, err := k.Transmit(ctx, []byte{0, 0x84, 0, 0}); !errors.Is(err, apdu.ErrNoReader) {
			t.Errorf("after Halt: %v", err)
		}
		again, err := pn532.NewHSU(device.Port(), &pn532.Opts{Baud: 115200})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := again.Check(ctx); err != nil || time.Since(start) > 100*time.Millisecond {
			t.Errorf("not found at the first speed: %v after %v", err, time.Since(start))
		}
		if err := again.Halt(); err != nil {
			t.Error(err)
		}
	}
}

// Long APDUs both ways, by both paths.
func TestLongAPDUs(t *testing.T) {
	for _, path := range []pn532.Path{pn532.PathSoftware, pn532.PathFirmware} {
		for _, typeB := range []bool{false, true} {
			d, device := open(t, "hsu", pn532test.Options{}, &pn532.Opts{Path: path})
			device.Insert(echo{}, pn532test.CardOptions{TypeB: typeB})
			k, err := d.Connect(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if k.MaxResponse() != 65536 || k.MaxCommand() != 65535 {
				t.Error("lengths")
			}
			for _, n := range []int{4, 58, 59, 60, 61, 62, 240, 252, 253, 254, 255, 256, 261, 262, 263, 480, 502, 507, 508, 1000, 5000} {
				command := make([]byte, n)
				for i := range command {
					command[i] = byte(i*7 + i>>8)
				}
				got, err := k.Transmit(context.Background(), command)
				if err != nil {
					t.Fatalf("%v type B %v: %d bytes: %v", path, typeB, n, err)
				}
				if !bytes.Equal(got, append(command, 0x90, 0)) {
					t.Fatalf("%v type B %v: %d bytes came back as %d others", path, typeB, n, len(got))
				}
			}
			if _, err := k.Transmit(context.Background(), make([]byte, 70000)); !errors.Is(err, apdu.ErrLength) {
				t.Error(err)
			}
			if _, err := k.Transmit(context.Background(), []byte{0, 0x84, 0, 0}); err != nil {
				t.Errorf("after a length refused: %v", err)
			}
			noViolations(t, device)
		}
	}
}

// echo is a chip that answers with the command.
type echo struct{}

func (echo) PowerOn()                      {}
func (echo) PowerOff()                     {}
func (echo) Process(command []byte) []byte { return append(bytes.Clone(command), 0x90, 0) }

// Several goroutines may use a device at once.
func TestConcurrent(t *testing.T) {
	d, device := open(t, "hsu", pn532test.Options{}, &pn532.Opts{Poll: time.Millisecond})
	device.Insert(echo{}, pn532test.CardOptions{FWI: 9})
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for ctx.Err() == nil {
				_ = d.Wait(ctx, true)
				_ = d.Check(ctx)
			}
		})
		all.Go(func() {
			for ctx.Err() == nil {
				k, err := d.Connect(ctx)
				if err != nil {
					if ctx.Err() == nil {
						t.Errorf("connect: %v", err)
					}
					continue
				}
				for i := range byte(10) {
					got, err := k.Transmit(ctx, []byte{0, 0x84, i, 0})
					if err == nil && !bytes.Equal(got, []byte{0, 0x84, i, 0, 0x90, 0}) {
						t.Errorf("%X", got)
					}
					if err != nil && ctx.Err() == nil && !errors.Is(err, apdu.ErrCardLost) { // the other's Connect
						t.Errorf("transmit: %v", err)
					}
				}
				_ = k.Close()
			}
		})
	}
	all.Wait()
}
