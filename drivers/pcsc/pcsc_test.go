package pcsc

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"motcua/drivers/apdu"
	"motcua/kiosk"
)

// TestFaults gives every PC/SC error its apdu error, its code, and a hint where a technician can do something.
func TestFaults(t *testing.T) {
	for e, want := range map[scard.Error]struct {
		class error
		code  kiosk.Code
		hint  string
	}{
		scard.ErrNoService:         {apdu.ErrNoReader, kiosk.CodeReaderMissing, "systemctl start pcscd.socket"},
		scard.ErrNoSmartcard:       {apdu.ErrNoCard, kiosk.CodeCardLost, ""},
		scard.ErrRemovedCard:       {apdu.ErrCardLost, kiosk.CodeCardLost, ""},
		scard.ErrResetCard:         {apdu.ErrCardLost, kiosk.CodeCardLost, ""},
		scard.ErrNotTransacted:     {apdu.ErrCardLost, kiosk.CodeCardLost, ""},
		scard.ErrReaderUnavailable: {apdu.ErrNoReader, kiosk.CodeReaderMissing, "connect"},
		scard.ErrTimeout:           {apdu.ErrTimeout, kiosk.CodeCardTimeout, ""},
		scard.ErrSharingViolation:  {apdu.ErrReader, kiosk.CodeReaderFault, "another program"},
		scard.ErrNoAccess:          {apdu.ErrReader, kiosk.CodeReaderFault, "polkit"},
		scard.ErrInternalError:     {apdu.ErrReader, kiosk.CodeReaderFault, ""},
	} {
		err := fault("do something", e)
		var k *kiosk.Error
		if !errors.Is(err, want.class) || !errors.Is(err, e) || !errors.As(err, &k) || k.Code != want.code || !strings.Contains(k.Hint, want.hint) {
			t.Errorf("%v became %v", e, err)
		}
	}
	if err := fault("do something", errors.New("other")); !errors.Is(err, apdu.ErrReader) {
		t.Errorf("an error of another kind became %v", err)
	}
}

func TestChoose(t *testing.T) {
	names := []string{"ACS ACR1252 Dual Reader 00 00", "ACS ACR1252 Dual Reader 00 01", "Virtual PCD 00 00"}
	for part, want := range map[string]string{"": names[0], "acr1252": names[0], "00 01": names[1], "VIRTUAL": names[2], "omnikey": ""} {
		if got, ok := choose(names, part); got != want || ok != (want != "") {
			t.Errorf("%q chose %q", part, got)
		}
	}
	if _, ok := choose(nil, ""); ok {
		t.Error("chose one of none")
	}
}

// TestLengths reads what a reader says of itself and knows the readers that say nothing.
func TestLengths(t *testing.T) {
	features := []byte{0x06, 4, 0x42, 0, 0x0D, 0x4D, 0x12, 4, 0x42, 0x33, 0x00, 0x12}
	if code, ok := feature(features, featureTLVProperties); !ok || code != 0x42330012 {
		t.Errorf("feature %08X, %v", code, ok)
	}
	properties := []byte{0x01, 2, 0, 0, propertyMaxAPDUData, 4, 0, 0, 1, 0, 0x0B, 2, 0x2F, 0x07}
	if n, ok := maxAPDUData(properties); !ok || n != 0x10000 {
		t.Errorf("dwMaxAPDUDataSize %d, %v", n, ok)
	}
	for _, bad := range [][]byte{nil, {1}, {propertyMaxAPDUData, 4, 0}, {propertyMaxAPDUData, 2, 0, 0}, {9, 200, 1}} {
		if n, ok := maxAPDUData(bad); ok {
			t.Errorf("%X gave %d", bad, n)
		}
		if code, ok := feature(bad, propertyMaxAPDUData); ok {
			t.Errorf("%X gave the feature %08X", bad, code)
		}
	}
	for n, want := range map[uint32]int{0: 256, 256: 256, 261: 261, 65536: 65536, 1 << 31: 65536} {
		if got := bounded(n); got != want {
			t.Errorf("%d became %d", n, got)
		}
	}
	for name, want := range map[string]int{"ACS ACR122U PICC Interface 00 00": 256, "ACS ACR1252 1S CL Reader": 65536, "Virtual PCD 00 00": 65536} {
		if got := lengthByName(name); got != want {
			t.Errorf("%s: %d", name, got)
		}
	}
}

func FuzzLengths(f *testing.F) {
	f.Add([]byte{propertyMaxAPDUData, 4, 0, 0, 1, 0}, byte(0x12))
	f.Fuzz(func(t *testing.T, b []byte, tag byte) {
		if n, ok := maxAPDUData(b); ok && (bounded(n) < 256 || bounded(n) > 65536) {
			t.Errorf("%d", bounded(n))
		}
		feature(b, tag)
	})
}

// TestWithoutDaemon points the library to a socket where nobody listens.
func TestWithoutDaemon(t *testing.T) {
	t.Setenv("PCSCLITE_CSOCK_NAME", t.TempDir()+"/none")
	r := New(nil)
	if err := r.Check(context.Background()); kiosk.CodeOf(err) != kiosk.CodeReaderMissing || !strings.Contains(err.Error(), "systemctl start pcscd.socket") {
		t.Errorf("check: %v", err)
	}
	if _, err := r.Connect(context.Background()); !errors.Is(err, apdu.ErrNoReader) {
		t.Errorf("connect: %v", err)
	}
	if err := r.Wait(context.Background(), false); err != nil {
		t.Errorf("no daemon is no card: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := r.Wait(ctx, true); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("wait: %v", err)
	}
	if err := errors.Join(r.Halt(), r.Halt()); err != nil {
		t.Error(err)
	}
	if err := r.Wait(context.Background(), true); !errors.Is(err, apdu.ErrNoReader) {
		t.Errorf("wait after halt: %v", err)
	}
	if r.String() != "pcsc" || New(&Opts{Name: "ACS"}).String() != "pcsc:ACS" {
		t.Error("name")
	}
}
