package pn532

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"time"

	"periph.io/x/conn/v3/physic"

	"motcua/drivers/apdu"
	"motcua/drivers/tcl"
	"motcua/kiosk"
)

// What a technician reads when the port or the chip is not there.
func TestHints(t *testing.T) {
	silent := func(int, []byte) []byte { return nil }
	for name, c := range map[string]struct {
		port  *fakeUART
		class error
		code  kiosk.Code
		hint  string
	}{
		"no such port":  {&fakeUART{name: "/dev/ttyUSB9", err: fmt.Errorf("open: %w", fs.ErrNotExist)}, apdu.ErrNoReader, kiosk.CodeReaderMissing, "does not exist"},
		"not allowed":   {&fakeUART{name: "/dev/ttyUSB0", err: fmt.Errorf("open: %w", fs.ErrPermission)}, apdu.ErrNoReader, kiosk.CodeReaderMissing, "dialout"},
		"in use":        {&fakeUART{name: "/dev/ttyUSB0", err: fmt.Errorf("open: %w", syscall.EBUSY)}, apdu.ErrNoReader, kiosk.CodeReaderMissing, "another program"},
		"unplugged":     {&fakeUART{name: "/dev/ttyUSB0", err: fmt.Errorf("open: %w", syscall.ENODEV)}, apdu.ErrNoReader, kiosk.CodeReaderMissing, "unplugged"},
		"no answer":     {&fakeUART{name: "/dev/ttyUSB0", answer: silent}, apdu.ErrNoReader, kiosk.CodeReaderMissing, "no answer: is the board's switch on HSU"},
		"mini UART":     {&fakeUART{name: "/dev/ttyS0", answer: silent}, apdu.ErrNoReader, kiosk.CodeReaderMissing, "mini UART: use the PL011"},
		"another chip":  {&fakeUART{name: "/dev/ttyUSB0", answer: asChip(0x33)}, apdu.ErrReader, kiosk.CodeReaderFault, "not a PN532"},
		"short frames":  {&fakeUART{name: "/dev/ttyUSB0", answer: asChip(0x32)}, apdu.ErrReader, kiosk.CodeReaderFault, "long frames do not pass"},
		"another noise": {&fakeUART{name: "/dev/ttyUSB0", answer: func(int, []byte) []byte { return []byte("login: ") }}, apdu.ErrNoReader, kiosk.CodeReaderMissing, "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := NewHSU(c.port, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Halt(); c.port.close() })
			start := time.Now()
			err = d.Check(context.Background())
			var k *kiosk.Error
			if !errors.Is(err, c.class) || !errors.As(err, &k) || k.Code != c.code || !strings.Contains(k.Hint, c.hint) {
				t.Errorf("%v", err)
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("Check took %v", took)
			}
			if _, err := d.Connect(context.Background()); !errors.Is(err, c.class) {
				t.Errorf("connect: %v", err)
			}
		})
	}
}

// asChip answers as a chip of a kind whose loopback is broken.
func asChip(ic byte) func(int, []byte) []byte {
	return func(_ int, f []byte) []byte {
		switch {
		case f[0] == cmdGetFirmwareVersion && len(f) == 1:
			return acked(0x03, ic, 1, 6, 7)
		case f[0] == cmdDiagnose && len(f) > 6:
			return acked(0x01, 0, 1, 2, 3)
		case len(f) == 6 && f[0] == 0 && f[2] == 0xFF:
			return nil
		}
		return acked(f[0] + 1)
	}
}

// A missing reader is no card: waiting for one to go ends at once, waiting for one to come goes on until the context ends.
func TestWaitWithoutChip(t *testing.T) {
	p := &fakeUART{name: "/dev/ttyUSB9", err: fs.ErrNotExist}
	d, err := NewHSU(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Wait(context.Background(), false); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if err := d.Wait(ctx, true); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	stop := time.AfterFunc(20*time.Millisecond, func() { _ = d.Halt() })
	defer stop.Stop()
	if err := d.Wait(context.Background(), true); !errors.Is(err, apdu.ErrNoReader) {
		t.Errorf("after Halt: %v", err)
	}
	if err := d.Halt(); err != nil {
		t.Errorf("second Halt: %v", err)
	}
	if _, err := d.Connect(context.Background()); !errors.Is(err, apdu.ErrNoReader) {
		t.Error(err)
	}
	if d.String() != "pn532:/dev/ttyUSB9" || d.Info() != "" {
		t.Errorf("%s %q", d, d.Info())
	}
}

// Check tells the truth while a Wait is looking for the chip in vain, and is quick while a Wait polls a chip that is there.
func TestCheckBesideWait(t *testing.T) {
	a := newAdapter()
	a.deaf = map[int]bool{startBaud: true}
	d, err := NewHSU(a, &Opts{Poll: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Halt(); a.close() })
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = d.Wait(ctx, true)
	}()
	for range 2 {
		start := time.Now()
		if err := d.Check(ctx); kiosk.CodeOf(err) != kiosk.CodeReaderMissing || time.Since(start) > 2200*time.Millisecond {
			t.Errorf("a chip that is deaf: %v after %v", err, time.Since(start))
		}
	}
	a.mu.Lock()
	a.deaf = nil
	a.mu.Unlock()
	for range 20 {
		if err := d.Check(ctx); err != nil {
			t.Errorf("a chip that answers: %v", err)
		}
	}
	cancel()
	<-ended
	if err := d.Check(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestOptionsRefused(t *testing.T) {
	if _, err := NewHSU(nil, nil); err == nil {
		t.Error("no port was taken")
	}
	if _, err := NewHSU(&fakeUART{}, &Opts{Rate: 300}); err == nil {
		t.Error("300 kbit/s was taken")
	}
	if _, err := NewI2C(nil, 0, nil, nil); err == nil {
		t.Error("no bus was taken")
	}
	if _, err := NewSPI(nil, nil, nil); err == nil {
		t.Error("no port was taken")
	}
	o := (&Opts{Speed: 10 * physic.MegaHertz}).filled()
	if o.Rate != tcl.Rate424 || o.FSD != 256 || o.Baud != 921600 || o.Poll != 300*time.Millisecond {
		t.Errorf("%+v", o)
	}
}

func TestStatus(t *testing.T) {
	if statusOK.err() != nil || status(1).err() == nil || !strings.Contains(status(0x0D).Error(), "too hot") || status(0x3E).Error() != "status 3E: unknown" {
		t.Error("statuses as errors")
	}
}

func TestParseTargets(t *testing.T) {
	a, err := parseTargetA([]byte{1, 0, 4, 0x20, 4, 8, 1, 2, 3, 6, 0x75, 0x77, 0x81, 2, 0x80})
	if err != nil || !a.iso() || len(a.uid) != 4 || len(a.ats) != 6 {
		t.Errorf("%+v %v", a, err)
	}
	other := *a
	other.uid = []byte{8, 9, 9, 9}
	if a.differs(&other) {
		t.Error("random identifiers tell cards apart")
	}
	other.uid = []byte{4, 9, 9, 9}
	if !other.differs(a) {
		t.Error("fixed identifiers do not")
	}
	b, err := parseTargetB([]byte{1, 0x50, 1, 2, 3, 4, 0, 0, 0, 0, 0x77, 0x81, 0x71, 1, 0x01})
	if err != nil || !b.iso() || !a.differs(b) || len(b.attrib) != 1 {
		t.Errorf("%+v %v", b, err)
	}
	for _, bad := range [][]byte{nil, {1, 0, 4, 0x20}, {1, 0, 4, 0x20, 7, 1, 2}, {1, 0, 4, 0x20, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}} {
		if _, err := parseTargetA(bad); !errors.Is(err, errAnswer) {
			t.Errorf("%X: %v", bad, err)
		}
	}
	for _, bad := range [][]byte{nil, make([]byte, 12), append(make([]byte, 13), 5, 1)} {
		if _, err := parseTargetB(bad); !errors.Is(err, errAnswer) {
			t.Errorf("%X: %v", bad, err)
		}
	}
}

// Whatever the chip says of a card: it is taken apart within its bounds, and described or refused.
func FuzzParseTargets(f *testing.F) {
	f.Add([]byte{1, 0, 4, 0x20, 4, 8, 1, 2, 3, 6, 0x75, 0x77, 0x81, 2, 0x80}, false)
	f.Add([]byte{1, 0, 4, 0x20, 7, 1, 2}, false)
	f.Add([]byte{1, 0x50, 1, 2, 3, 4, 0, 0, 0, 0, 0x77, 0x81, 0x71, 1, 0x01}, true)
	f.Add(append(make([]byte, 13), 5, 1), true)
	f.Fuzz(func(t *testing.T, b []byte, typeB bool) {
		parse := parseTargetA
		if typeB {
			parse = parseTargetB
		}
		k, err := parse(b)
		if err != nil {
			if !errors.Is(err, errAnswer) {
				t.Errorf("%X: %v", b, err)
			}
			return
		}
		if k.typeB != typeB || len(k.uid) > 10 || len(k.uid)+len(k.ats)+len(k.attrib) > len(b) || k.differs(k) {
			t.Errorf("%X: %+v", b, k)
		}
		_ = k.iso()
		if atr, _, err := k.described(); err == nil && (len(atr) < 4 || len(atr) > 33) {
			t.Errorf("%X: an ATR of %d bytes", b, len(atr))
		}
	})
}
