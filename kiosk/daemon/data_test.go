package daemon

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/bundle"
	"motcua/kiosk/calendar"
	"motcua/kiosk/catalogue"
	"motcua/kiosk/config"
)

// bundled gives a configuration with a folder of bundles, and the key that signs them.
func bundled(t *testing.T) (config.Config, ed25519.PrivateKey) {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.Catalogue.Bundles, c.Catalogue.Keys = t.TempDir(), filepath.Join(t.TempDir(), "keys.pem")
	if err := os.WriteFile(c.Catalogue.Keys, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return c, key
}

// small is the starter with one procedure.
func small(t *testing.T, date string) []byte {
	t.Helper()
	f, err := catalogue.StarterFile()
	if err != nil {
		t.Fatal(err)
	}
	f.Date, f.Redirects = date, nil
	f.Procedures = map[string]*kiosk.Procedure{"1.001193": f.Procedures["1.001193"]}
	data, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func install(t *testing.T, c config.Config, key ed25519.PrivateKey, kind bundle.Kind, serial int64, payload []byte) error {
	t.Helper()
	data, err := bundle.Sign(bundle.Header{Kind: kind, Serial: serial, Made: time.Now().UTC(), From: "2026-01-01"}, payload, key)
	if err != nil {
		t.Fatal(err)
	}
	shelf, err := Shelf(kind, c.Catalogue.Bundles, c.Catalogue.Keys)
	if err != nil {
		t.Fatal(err)
	}
	_, err = shelf.Install(data)
	return err
}

// The newest bundle is in use; a refused one changes nothing and is told; without bundles the starter is in use.
func TestBundlesAreLoaded(t *testing.T) {
	c, key := bundled(t)
	cat, err := LoadCatalogue(c)
	if err != nil || cat.Count() < 135 {
		t.Fatalf("without bundles: %v", err)
	}
	if err := install(t, c, key, bundle.KindCatalogue, 2, small(t, "2026-11-02")); err != nil {
		t.Fatal(err)
	}
	if cat, err = LoadCatalogue(c); err != nil || cat.Count() != 1 || !strings.HasPrefix(cat.Version(), "2026-11-02-") {
		t.Fatalf("%v, %v", cat, err)
	}
	if alarms, err := Alarms(c); err != nil || alarms != nil {
		t.Errorf("%v, %v", alarms, err)
	}
	for name, payload := range map[string][]byte{"older": small(t, "2026-11-01"), "useless": []byte("{}")} {
		serial := int64(1)
		if name == "useless" {
			serial = 3
		}
		if err := install(t, c, key, bundle.KindCatalogue, serial, payload); kiosk.CodeOf(err) != kiosk.CodeBundle {
			t.Errorf("%s: %v", name, err)
		}
		if cat, err := LoadCatalogue(c); err != nil || !strings.HasPrefix(cat.Version(), "2026-11-02-") {
			t.Errorf("%s: %v, %v", name, cat, err)
		}
		if alarms, err := Alarms(c); err != nil || len(alarms) != 1 {
			t.Errorf("%s: alarms %v, %v", name, alarms, err)
		}
	}
	// A calendar comes to the same folder.
	own := []byte(`{"format":1,"source":"s","from":"2026-01-01","until":"2026-12-31","off":[],"working":[],"offices":{"default":{"name":"A","hours":["08:00-16:00"],"same_day_until":"15:00"}}}`)
	if err := install(t, c, key, bundle.KindCalendar, 1, own); err != nil {
		t.Fatal(err)
	}
	if _, office, err := LoadCalendar(c); err != nil || office.Ordinary.Name() != "A" {
		t.Errorf("%v, %v", office, err)
	}
	c.Calendar.Office = "moon"
	if _, _, err := LoadCalendar(c); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("%v", err)
	}
	c.Catalogue.Keys = filepath.Join(t.TempDir(), "absent.pem")
	if _, err := LoadCatalogue(c); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
		t.Errorf("without keys: %v", err)
	}
}

func TestReceiptEstimates(t *testing.T) {
	cat, err := LoadCatalogue(config.Default())
	if err != nil {
		t.Fatal(err)
	}
	_, office, err := LoadCalendar(config.Default())
	if err != nil {
		t.Fatal(err)
	}
	m := &maker{catalogue: cat, deadlines: office}
	at := time.Date(2026, 11, 18, 9, 0, 0, 0, calendar.Zone)
	for code, want := range map[string]string{"1.001193": "2026-11-18T17:00:00+07:00", "1.001612": "", "9.999999": ""} {
		got := m.estimate(&kiosk.Dossier{Created: at, Procedure: kiosk.ProcedureRef{Code: code}})
		if want == "" && !got.IsZero() || want != "" && got.Format(time.RFC3339) != want {
			t.Errorf("%s: %v, want %q", code, got, want)
		}
	}
}

func TestParseConsents(t *testing.T) {
	one := `{"chip":{"id":"consent.chip/9","text":"A"},"camera":{"id":"consent.camera/9","text":"B"},"declare":{"id":"consent.declare/9","text":"C"}}`
	got, err := ParseConsents([]byte(`{"vi":` + one + `,"en":` + one + `}`))
	if err != nil || got["en"][kiosk.PurposeCamera].Text != "B" || got["vi"][kiosk.PurposeChip].ID != "consent.chip/9" {
		t.Errorf("%v, %v", got, err)
	}
	for name, bad := range map[string]string{
		"no Vietnamese": `{"en":` + one + `}`, "a purpose is missing": `{"vi":{"chip":{"id":"a","text":"b"}}}`, "no text": strings.Replace(`{"vi":`+one+`}`, `"B"`, `""`, 1),
		"unknown purpose": `{"vi":` + strings.Replace(one, `{"chip"`, `{"song":{"id":"a","text":"b"},"chip"`, 1) + `}`, "two": `{"vi":` + one + `}{}`, "not JSON": `x`,
	} {
		if _, err := ParseConsents([]byte(bad)); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}
