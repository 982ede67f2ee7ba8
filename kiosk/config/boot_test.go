package config

import (
	"path/filepath"
	"strings"
	"testing"

	"motcua/kiosk"
)

func bootOf(change func(*Boot)) Boot {
	b := Boot{
		Name: "kiosk-17", Commune: "Phường Mẫu \"A\"", Hotline: "1900 0000", Office: "https://office.example:8443", Word: "alpha-beta-gamma", PIN: "246802",
		CA: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
	}
	change(&b)
	return b
}

// What is written is read back; everything else is refused with a hint, and no error tells the word or the PIN.
func TestBoot(t *testing.T) {
	text, err := bootOf(func(*Boot) {}).Write()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseBoot(BootFile, []byte(text))
	if err != nil || got.Name != "kiosk-17" || got.Commune != "Phường Mẫu \"A\"" || got.Word != "alpha-beta-gamma" || !strings.Contains(got.CA, "AAAA") {
		t.Errorf("%+v, %v", got, err)
	}
	for name, bad := range map[string]string{
		"unknown key": text + "wort = \"alpha-beta-gamma\"\n", "no TOML": "word = alpha-beta-gamma", "empty": "", "a table": text + "[data]\ndir = \"/\"\n",
		"http": strings.Replace(text, "https://", "http://", 1), "with a path": strings.Replace(text, ":8443", ":8443/x", 1),
		"name": strings.Replace(text, "kiosk-17", "Kiosk 17", 1), "pin": strings.Replace(text, "246802", "24680", 1),
		"no word": strings.Replace(text, "alpha-beta-gamma", "", 1), "no certificate": strings.Replace(text, "BEGIN CERTIFICATE", "BEGIN", 1),
	} {
		_, err := ParseBoot(BootFile, []byte(bad))
		if kiosk.CodeOf(err) != kiosk.CodeConfigInvalid {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "alpha-beta") || strings.Contains(err.Error(), "24680") {
			t.Errorf("%s: the error tells a secret: %v", name, err)
		}
	}
	if _, err := bootOf(func(b *Boot) { b.PIN = "" }).Write(); err == nil {
		t.Error("a file without a PIN is written")
	}
	if _, err := LoadBoot(filepath.Join(t.TempDir(), "none")); kiosk.CodeOf(err) != kiosk.CodeConfigInvalid {
		t.Error(err)
	}
}

func TestSet(t *testing.T) {
	text, err := Set("kiosk.toml", Sample(), map[string]string{"kiosk.name": `"kiosk-17"`, "kiosk.commune": `"Phường Mẫu"`, "kiosk.hotline": `"1900 0000"`})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("kiosk.toml", []byte(text))
	if err != nil || c.Kiosk.Name != "kiosk-17" || c.Kiosk.Commune != "Phường Mẫu" {
		t.Errorf("%+v, %v", c.Kiosk, err)
	}
	for _, bad := range []map[string]string{{"kiosk.nonsense": `"x"`}, {"kiosk.name": `"Not a name"`}, {"kiosk.name": `no TOML`}} {
		if _, err := Set("kiosk.toml", Sample(), bad); err == nil {
			t.Errorf("%v is set", bad)
		}
	}
}
