package emrtdtest

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
)

// TestIssueBuildsFiles decodes what was issued.
func TestIssueBuildsFiles(t *testing.T) {
	card, _ := issued(t)
	if card.CAN != "012345" || len(card.Files) != 9 {
		t.Errorf("%d files", len(card.Files))
	}
	zone, err := lds.ParseDG1(card.Files[kiosk.FileDG1])
	if err != nil || zone.Verify() != nil || zone.Name() != "NGUYEN THI THU" || zone.Expiry != "290201" {
		t.Errorf("DG1: %v", err)
	}
	dg13, err := lds.ParseDG13(card.Files[kiosk.FileDG13])
	if err != nil || dg13.Name != person().Name || dg13.Expires != "01/02/2029" || len(dg13.ChipID) != 16 || len(dg13.Problems) != 0 {
		t.Errorf("DG13: %v", err)
	}
	face, err := lds.ParseDG2(card.Files[kiosk.FileDG2])
	if err != nil || !bytes.Equal(face.Image.Data, Silhouette(90)) || face.Image.Width != 240 || face.Image.Height != 320 {
		t.Errorf("DG2: %v, %v", err, face)
	}
	com, err := lds.ParseCOM(card.Files[kiosk.FileCOM])
	if err != nil || len(com.Groups) != 6 {
		t.Errorf("EF.COM: %v, %v", err, com.Groups)
	}
	infos, err := lds.ParseDG14(card.Files[kiosk.FileDG14])
	if err != nil || len(infos.ChipAuthKeys) != 1 || len(infos.ActiveAuth) != 1 || len(infos.PACE) != 1 {
		t.Errorf("DG14: %v", err)
	}
	for id, data := range card.Files {
		if n := dgNumber(id); n > 0 {
			if h := sha256.Sum256(data); !bytes.Contains(card.Files[kiosk.FileSOD], h[:]) {
				t.Errorf("EF.SOD has no hash of %s", id)
			}
		}
	}
	if h := sha256.Sum256(card.Files[kiosk.FileDG15]); bytes.Contains(card.Variants[VariantNotInSOD].Files[kiosk.FileSOD], h[:]) {
		t.Error("the variant's EF.SOD has a hash of DG15")
	}
}

// TestPersonToZone is how names, sexes and dates come into the machine-readable zone.
func TestPersonToZone(t *testing.T) {
	for name, want := range map[string]string{
		"NGUYỄN THỊ ĐÀO": "NGUYEN<<THI<DAO", "Trần Đỗ Ước": "TRAN<<DO<UOC", "Lê": "LE", "LÊ  VĂN": "LE<<VAN",
	} {
		p := person()
		p.Name = name
		d, err := p.dates()
		if err != nil {
			t.Fatal(err)
		}
		z, err := p.zone(d)
		if err != nil || strings.TrimRight(z.Lines[2], "<") != want {
			t.Errorf("%s: %v, %v", name, z.Lines[2], err)
		}
	}
	p := person()
	p.Expires = NoExpiry
	if d, err := p.dates(); err != nil || d.expiry.MRZ() != "991231" {
		t.Errorf("no end: %v", err)
	}
}

// TestIssueRefuses names what is wrong, never its contents.
func TestIssueRefuses(t *testing.T) {
	_, a := issued(t)
	for want, change := range map[string]func(*Person){
		"twelve-digit": func(p *Person) { p.Number = "99930401234" },
		"birth":        func(p *Person) { p.Birth = "31/02/2004" },
		"issued":       func(p *Person) { p.Issued = "" },
		"expires":      func(p *Person) { p.Expires = "soon" },
		"before":       func(p *Person) { p.Issued = "01/02/2003" },
		"sex":          func(p *Person) { p.Sex = "X" },
		"name":         func(p *Person) { p.Name = " " },
	} {
		p := person()
		change(&p)
		_, err := Issue(p, Silhouette(90), a)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
		if err != nil && strings.Contains(err.Error(), "9993") {
			t.Errorf("%s: the error holds the number", want)
		}
	}
	if _, err := Issue(person(), []byte("GIF89a"), a); err == nil {
		t.Error("a GIF was accepted")
	}
	if _, err := IssueWith(person(), Silhouette(90), a, IssueOptions{Active: "dsa"}); err == nil {
		t.Error("DSA was accepted")
	}
}

// TestCardFile saves and loads, and refuses what is no card.
func TestCardFile(t *testing.T) {
	card, _ := issued(t)
	file := filepath.Join(t.TempDir(), "card.json")
	if err := card.Save(file); err != nil {
		t.Fatal(err)
	}
	again, err := LoadCard(file)
	if err != nil || !bytes.Equal(again.Files[kiosk.FileSOD], card.Files[kiosk.FileSOD]) || again.Variants[VariantTwin].MRZ != card.Variants[VariantTwin].MRZ {
		t.Errorf("%v", err)
	}
	if raw, err := os.ReadFile(file); err != nil || !bytes.Contains(raw, []byte("SIMULATED")) {
		t.Errorf("the file does not say that it is simulated: %v", err)
	}
	for _, bad := range []string{"", "{}", `{"profile":"x"}`, `{"profile":"cccd-2021","files":{"DG1":"AA=="},"chip_key":"AA=="}`, `{"profile":"cccd-2021","files":{"DG1":"AA=="},"active_key":"AA=="}`} {
		if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadCard(file); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// TestNothingPersonalPrints formats everything that holds a person's data.
func TestNothingPersonalPrints(t *testing.T) {
	card, _ := issued(t)
	for _, s := range []string{card.String(), person().String(), person().GoString(), powered(t, card, Options{}).String()} {
		if strings.Contains(s, "9993") || strings.Contains(s, "THU") {
			t.Errorf("%q", s)
		}
	}
}

// dgNumber gives the number of a data group's file, 0 for other files.
func dgNumber(id kiosk.FileID) int {
	n, err := strconv.Atoi(strings.TrimPrefix(string(id), "DG"))
	if err != nil || !strings.HasPrefix(string(id), "DG") {
		return 0
	}
	return n
}
