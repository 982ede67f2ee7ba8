package pcsc

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
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
		scard.ErrResetCard:         {apdu.ErrCardLost, kiosk.CodeCardLost, "another program"},
		scard.ErrUnresponsiveCard:  {apdu.ErrTimeout, kiosk.CodeCardTimeout, "does not answer"},
		scard.ErrProtoMismatch:     {apdu.ErrReader, kiosk.CodeCardUnsupported, "not a chip ID card"},
		scard.ErrSecurityViolation: {apdu.ErrReader, kiosk.CodeReaderFault, "polkit"},
		scard.ErrNotTransacted:     {apdu.ErrCardLost, kiosk.CodeCardLost, ""},
		scard.ErrReaderUnavailable: {apdu.ErrNoReader, kiosk.CodeReaderMissing, "connect"},
		scard.ErrTimeout:           {apdu.ErrTimeout, kiosk.CodeCardTimeout, ""},
		scard.ErrSharingViolation:  {apdu.ErrReader, kiosk.CodeReaderFault, "another program"},
		scard.ErrNoAccess:          {apdu.ErrReader, kiosk.CodeReaderFault, "polkit"},
		scard.ErrInternalError:     {apdu.ErrReader, kiosk.CodeReaderFault, "kioskctl doctor"},
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

// TestChoose finds readers by a part of the name, by number, and the best slot of a reader that has several.
func TestChoose(t *testing.T) {
	dual := []string{
		"ACS ACR1252 1S CL Reader [ACR1252 Dual Reader SAM] 01 00", "ACS ACR1252 1S CL Reader [ACR1252 Dual Reader PICC] 00 00",
		"HID Global OMNIKEY 5422 Smartcard Reader [OMNIKEY 5422 Smartcard Reader] 02 00",
		"HID Global OMNIKEY 5422 Smartcard Reader [OMNIKEY 5422CL Smartcard Reader] 03 00",
		"Identiv uTrust 4701 F Dual Interface Reader [uTrust 4701 F Contact Reader] 04 00",
		"Identiv uTrust 4701 F Dual Interface Reader [uTrust 4701 F CL Reader] 05 00",
		"ACS ACR1281 1S Dual Reader (ICC) 06 00", "ACS ACR1281 1S Dual Reader (SAM) 06 02", "ACS ACR1281 1S Dual Reader (PICC) 06 01",
		"Virtual PCD 00 00", "Virtual PCD 00 01",
	}
	for name, want := range map[string]int{
		"": 1, "acr1252": 1, "SAM": 0, "5422": 3, "4701": 5, "acr1281": 8, "VIRTUAL": 9, "PCD 00 01": 10, "omnikey 9": -1,
		"#0": 0, "#10": 10, "#11": -1, "#-1": -1, "#x": -1,
	} {
		got, ok := choose(dual, name)
		if ok != (want >= 0) || ok && got != dual[want] {
			t.Errorf("%q chose %q", name, got)
		}
	}
	if got, ok := choose([]string{"ACS ACR1252 Dual Reader SAM 00 01"}, ""); !ok || got == "" {
		t.Error("the only reader was not taken")
	}
	for _, name := range []string{"", "#0"} {
		if _, ok := choose(nil, name); ok {
			t.Error("chose one of none")
		}
	}
}

// TestForeign refuses cards that only store by their ATR, and no others.
func TestForeign(t *testing.T) {
	classic := []byte{0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0, 0, 3, 6, 3, 0, 1, 0, 0, 0, 0, 0x6A}
	err := foreign(classic)
	if kiosk.CodeOf(err) != kiosk.CodeCardUnsupported || !strings.Contains(err.Error(), "MIFARE Classic 1K") || !strings.Contains(err.Error(), "not a chip ID card") {
		t.Errorf("a bus card: %v", err)
	}
	other := slices.Clone(classic)
	other[14] = 0x99
	if err := foreign(other); kiosk.CodeOf(err) != kiosk.CodeCardUnsupported {
		t.Errorf("a storage card without a name: %v", err)
	}
	for _, atr := range [][]byte{
		nil, {0x3B}, classic[:14], {0x3B, 0x88, 0x80, 0x01, 0, 0x73, 0xC8, 0x40, 0x13, 0, 0x90, 0, 0x62},
		{0x3B, 0x81, 0x80, 0x01, 0x80, 0x80}, append([]byte{0x3B, 0x6F}, classic[2:]...),
	} {
		if err := foreign(atr); err != nil {
			t.Errorf("%X: %v", atr, err)
		}
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
}

// TestModels knows readers by their names, with and without extended APDUs, and what of them fits one message.
func TestModels(t *testing.T) {
	for name, want := range map[string]struct{ all, one limits }{
		"ACS ACR122U PICC Interface 00 00":                    {shortLimits, limits{259, 255}},
		"ACS ACR1252 1S CL Reader [ACR1252 Dual Reader PICC]": {extendedLimits, limits{510, 503}},
		"ACS ACR1552 1S CL Reader":                            {extendedLimits, limits{504, 497}},
		"HID Global OMNIKEY 5022 Smart Card Reader":           {extendedLimits, limits{508, 501}},
		"Identiv uTrust 3700 F CL Reader":                     {extendedLimits, limits{1022, 1015}},
		"Identiv uTrust 3720 Contactless Reader":              {shortLimits, limits{256, 255}},
		"HID Global OMNIKEY 5321 CLi USB":                     {shortLimits, limits{259, 255}},
		"Feitian VR504 Contactless & Contact Card Reader":     {extendedLimits, limits{4094, 4087}},
		"Virtual PCD 00 00":                                   {extendedLimits, limits{259, 255}},
	} {
		m := modelOf(name)
		if got := m.limits(); got != want.all {
			t.Errorf("%s: %v", name, got)
		}
		if got := m.oneMessage(); got != want.one {
			t.Errorf("%s in one message: %v", name, got)
		}
	}
}

// TestLearnt bounds a reader that fails long exchanges, unless one has worked.
func TestLearnt(t *testing.T) {
	const omnikey = "HID Global OMNIKEY 5022 Smart Card Reader 00 00"
	var l lengths
	l.broke(omnikey)
	if got := l.bound(omnikey, extendedLimits); got != extendedLimits {
		t.Errorf("after one failure: %v", got)
	}
	l.broke(omnikey)
	if got := l.bound(omnikey, extendedLimits); got.response != 508 || got.command != 501 {
		t.Errorf("after two failures: %v", got)
	}
	if got := l.bound(omnikey, shortLimits); got != shortLimits {
		t.Errorf("a bound must not enlarge: %v", got)
	}
	if got := l.bound("another", extendedLimits); got != extendedLimits {
		t.Errorf("another reader: %v", got)
	}
	l.worked(omnikey)
	if got := l.bound(omnikey, extendedLimits); got != extendedLimits {
		t.Errorf("after it worked: %v", got)
	}
}

// FuzzLengths reads features and properties of any bytes.
func FuzzLengths(f *testing.F) {
	f.Add([]byte{propertyMaxAPDUData, 4, 0, 0, 1, 0}, byte(0x12))
	f.Add([]byte{0x06, 4, 0x42, 0, 0x0D, 0x4D, 0x12, 4, 0x42, 0x33, 0x00, 0x12}, byte(0x12))
	f.Add([]byte{0x01, 2, 0, 0, propertyMaxAPDUData, 4, 0xFF, 0xFF, 0xFF, 0xFF}, byte(0))
	f.Fuzz(func(t *testing.T, b []byte, tag byte) {
		if n, ok := maxAPDUData(b); ok && (bounded(n) < 256 || bounded(n) > 65536) {
			t.Errorf("%d", bounded(n))
		}
		feature(b, tag)
	})
}

// FuzzNames chooses among any names and reads any ATR: what is chosen is one of them and fits.
func FuzzNames(f *testing.F) {
	f.Add("ACS ACR1252 1S CL Reader [ACR1252 Dual Reader PICC] 00 00", "acr", []byte{0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0, 0, 3, 6, 3, 0, 1, 0, 0, 0, 0, 0x6A})
	f.Add("]x[", "#1", []byte{0x3B, 0x88, 0x80, 0x01})
	f.Add("Virtual PCD 00 00", "", []byte{})
	f.Fuzz(func(t *testing.T, reader, name string, atr []byte) {
		names := []string{"Virtual PCD 00 01", reader}
		if got, ok := choose(names, name); ok && !slices.Contains(names, got) {
			t.Errorf("chose %q", got)
		}
		if m := modelOf(reader).oneMessage(); m.response < 256 || m.command < 255 {
			t.Errorf("%v", m)
		}
		if err := foreign(atr); err != nil && kiosk.CodeOf(err) != kiosk.CodeCardUnsupported {
			t.Error(err)
		}
	})
}

// TestTickets reuses the numbers of waits that ended.
func TestTickets(t *testing.T) {
	var all tickets
	a, b := all.take(), all.take()
	if a == b || a.name("x") == b.name("x") {
		t.Errorf("two waits share the name %q", a.name("x"))
	}
	all.give(a)
	if c := all.take(); c != a {
		t.Errorf("ticket %d instead of %d again", c, a)
	}
}

// refusing accepts connections as pcscd does, and closes them at once, as pcscd does to a user whom polkit refuses.
func refusing(t *testing.T) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "comm")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	return socket
}

// TestFirstCall says what the first call's errors mean: turned away, not running, not installed.
func TestFirstCall(t *testing.T) {
	t.Setenv("PCSCLITE_CSOCK_NAME", refusing(t))
	_, err := Readers()
	if kiosk.CodeOf(err) != kiosk.CodeReaderFault || !strings.Contains(err.Error(), "polkit") {
		t.Errorf("turned away: %v", err)
	}
	t.Setenv("PCSCLITE_CSOCK_NAME", filepath.Join(t.TempDir(), "none"))
	before := daemonPaths
	defer func() { daemonPaths = before }()
	daemonPaths = []string{filepath.Join(t.TempDir(), "pcscd")}
	if err := contextFault("list readers", scard.ErrNoService); !strings.Contains(err.Error(), "apt install pcscd") {
		t.Errorf("not installed: %v", err)
	}
	if err := os.WriteFile(daemonPaths[0], nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := contextFault("list readers", scard.ErrNoService); !strings.Contains(err.Error(), "systemctl start pcscd.socket") {
		t.Errorf("not running: %v", err)
	}
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
