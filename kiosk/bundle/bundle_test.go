package bundle

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
)

var (
	publicKey, privateKey = newKey(1)
	_, strangerKey        = newKey(2)
)

func newKey(seed byte) (ed25519.PublicKey, ed25519.PrivateKey) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	return key.Public().(ed25519.PublicKey), key
}

func write(path string, data []byte, mode fs.FileMode) error { return os.WriteFile(path, data, mode) }

func shelf(t *testing.T) *Shelf {
	t.Helper()
	return &Shelf{
		Dir: t.TempDir(), Kind: KindCatalogue, Trusted: []ed25519.PublicKey{publicKey}, Write: write,
		Now: func() time.Time { return time.Date(2026, 11, 29, 10, 0, 0, 0, vietnam) },
		Check: func(payload []byte) error {
			if bytes.Contains(payload, []byte("useless")) {
				return errors.New("the reader does not like it")
			}
			return nil
		},
	}
}

func header(serial int64) Header {
	return Header{Kind: KindCatalogue, Serial: serial, Made: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), From: "2026-11-20", Until: "2027-11-20"}
}

func sign(t *testing.T, h Header, payload string, key ed25519.PrivateKey) []byte {
	t.Helper()
	data, err := Sign(h, []byte(payload), key)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestInstall(t *testing.T) {
	s := shelf(t)
	if b, err := s.Current(); b != nil || err != nil {
		t.Fatalf("an empty shelf gives %v, %v", b, err)
	}
	for _, serial := range []int64{1, 3, 3} { // the last one again
		if _, err := s.Install(sign(t, header(serial), "payload\n\nof lines", privateKey)); err != nil {
			t.Fatal(err)
		}
	}
	b, err := s.Current()
	if err != nil || b.Serial != 3 || string(b.Payload) != "payload\n\nof lines" {
		t.Fatalf("%+v, %v", b, err)
	}
	old, err := s.Find(func(b *Bundle) bool { return b.Serial == 1 })
	if err != nil || old == nil {
		t.Errorf("an earlier bundle is gone: %v, %v", old, err)
	}
	if none, err := s.Find(func(*Bundle) bool { return false }); none != nil || err != nil {
		t.Errorf("%v, %v", none, err)
	}
}

// Every refusal leaves the installed bundle in use and raises the alarm; the next good one ends it.
func TestRefusals(t *testing.T) {
	good := sign(t, header(5), "good", privateKey)
	other := header(6)
	other.Kind = KindCalendar
	old := header(6)
	old.From, old.Until = "2025-01-01", "2026-11-28"
	for name, c := range map[string]struct {
		data []byte
		want Refusal
	}{
		"empty":             {nil, Broken},
		"not a bundle":      {[]byte("PK\x03\x04"), Broken},
		"cut":               {good[:len(good)-1], Broken},
		"header cut":        {good[:40], Broken},
		"payload changed":   {bytes.Replace(good, []byte("\ngood"), []byte("\nbad!"), 1), Broken},
		"header changed":    {bytes.Replace(good, []byte(`"serial":5`), []byte(`"serial":9`), 1), Unsigned},
		"stranger":          {sign(t, header(6), "x", strangerKey), Unsigned},
		"no signature":      {bytes.Join([][]byte{bytes.SplitN(good, []byte("\n"), 2)[0], nil, []byte("good")}, []byte("\n")), Unsigned},
		"older":             {sign(t, header(3), "old", privateKey), Older},
		"same, other words": {sign(t, header(4), "other", privateKey), Older},
		"other kind":        {sign(t, other, "x", privateKey), OtherKind},
		"out of date":       {sign(t, old, "x", privateKey), OutOfDate},
		"useless":           {sign(t, header(6), "useless", privateKey), Useless},
	} {
		t.Run(name, func(t *testing.T) {
			s := shelf(t)
			if _, err := s.Install(sign(t, header(4), "installed", privateKey)); err != nil {
				t.Fatal(err)
			}
			_, err := s.Install(c.data)
			if RefusalOf(err) != c.want || kiosk.CodeOf(err) != kiosk.CodeBundle {
				t.Fatalf("%v, want %s", err, c.want)
			}
			if b, err := s.Current(); err != nil || string(b.Payload) != "installed" {
				t.Errorf("after the refusal: %v, %v", b, err)
			}
			a, err := s.Alarm()
			if err != nil || a == nil || a.Reason != c.want || a.At.IsZero() {
				t.Errorf("alarm %+v, %v", a, err)
			}
			if _, err := s.Install(sign(t, header(7), "next", privateKey)); err != nil {
				t.Fatal(err)
			}
			if a, err := s.Alarm(); a != nil || err != nil {
				t.Errorf("the alarm goes on: %+v, %v", a, err)
			}
		})
	}
}

// A bundle that was delivered ahead waits for its day; one whose day has passed stays until a newer one is in force.
func TestDays(t *testing.T) {
	s := shelf(t)
	now := header(1)
	ahead := header(2)
	ahead.From, ahead.Until = "2027-03-01", ""
	now.Until = "2027-01-31"
	for _, h := range []Header{now, ahead} {
		if _, err := s.Install(sign(t, h, "x", privateKey)); err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range map[string]struct {
		serial  int64
		overdue bool
	}{"2026-12-01": {1, false}, "2027-02-15": {1, true}, "2027-03-01": {2, false}} {
		day, _ := time.ParseInLocation(time.DateOnly, at, vietnam)
		s.Now = func() time.Time { return day }
		b, err := s.Current()
		if err != nil || b.Serial != want.serial || s.Overdue(b) != want.overdue {
			t.Errorf("on %s: %+v, overdue %v, %v", at, b, s.Overdue(b), err)
		}
	}
}

// A file that rots on the disk is passed over, with an alarm.
func TestRottenFile(t *testing.T) {
	s := shelf(t)
	for _, n := range []int64{1, 2} {
		if _, err := s.Install(sign(t, header(n), "payload", privateKey)); err != nil {
			t.Fatal(err)
		}
	}
	path := s.path(2)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := s.Current(); err != nil || b.Serial != 1 {
		t.Errorf("%+v, %v", b, err)
	}
	if a, err := s.Alarm(); err != nil || a == nil || a.Reason != Broken {
		t.Errorf("%+v, %v", a, err)
	}
	// The same bundle, whole, mends it.
	if _, err := s.Install(sign(t, header(2), "payload", privateKey)); err != nil {
		t.Error(err)
	}
}

func TestAFullDiskIsSaid(t *testing.T) {
	s := shelf(t)
	s.Write = func(path string, data []byte, mode fs.FileMode) error {
		if strings.HasSuffix(path, ".bundle") {
			return errors.New("no space left")
		}
		return write(path, data, mode)
	}
	if _, err := s.Install(sign(t, header(1), "x", privateKey)); RefusalOf(err) != Unwritten {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(filepath.Join(s.Dir, "catalogue.refused.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if a, err := s.Alarm(); err != nil || a == nil {
		t.Errorf("a broken alarm is no alarm: %v, %v", a, err)
	}
}

func TestSignRefusesWhatNobodyWouldTake(t *testing.T) {
	for name, change := range map[string]func(*Header){
		"serial": func(h *Header) { h.Serial = 0 }, "kind": func(h *Header) { h.Kind = "songs" }, "from": func(h *Header) { h.From = "" },
		"order": func(h *Header) { h.Until = "2020-01-01" },
	} {
		h := header(1)
		change(&h)
		if _, err := Sign(h, nil, privateKey); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeys(t *testing.T) {
	der, err := x509.MarshalPKIXPublicKey(publicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	if keys, err := PublicKeys(append(public, public...)); err != nil || len(keys) != 2 || !keys[0].Equal(publicKey) {
		t.Errorf("%v, %v", keys, err)
	}
	if der, err = x509.MarshalPKCS8PrivateKey(privateKey); err != nil {
		t.Fatal(err)
	}
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if key, err := PrivateKey(private); err != nil || !key.Equal(privateKey) {
		t.Error(err)
	}
	for _, bad := range [][]byte{nil, []byte("x"), private} {
		if _, err := PublicKeys(bad); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
			t.Errorf("%v", err)
		}
	}
	if _, err := PrivateKey(public); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
		t.Errorf("%v", err)
	}
}

func FuzzOpen(f *testing.F) {
	good, err := Sign(header(1), []byte("payload"), privateKey)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"motcua_bundle":1}` + "\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Open(data, KindCatalogue, []ed25519.PublicKey{publicKey})
		if err != nil {
			if RefusalOf(err) == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		if !bytes.Equal(data, good) {
			t.Fatalf("a bundle that nobody signed was opened: %+v", b.Header)
		}
	})
}
