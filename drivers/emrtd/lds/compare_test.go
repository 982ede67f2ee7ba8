package lds

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"motcua/kiosk"
	"motcua/kiosk/cccd"
	"motcua/kiosk/mrz"
)

const sampleQR = "999301012345|012345678|Nguyễn Thị Thử Nghiệm|01022001|Nữ|Thôn Mẫu, Xã Mẫu|15082024"

func qr(t *testing.T, text string) *cccd.QR {
	t.Helper()
	q, err := cccd.ParseQR(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestSourcesDiffer(t *testing.T) {
	m := dg1(t, "999301012345", "010201", "F", "410201")
	all := func(change func(s *Sources)) Sources {
		s := Sources{Number: "999301012345", DG1: m, DG13: sample(), QR: qr(t, sampleQR)}
		change(&s)
		return s
	}
	for _, tt := range []struct {
		name   string
		change func(s *Sources)
		want   []string
	}{
		{"none", func(*Sources) {}, nil},
		{"six digits typed", func(s *Sources) { s.Number = "012345" }, nil},
		{"nothing known", func(s *Sources) { *s = Sources{} }, nil},
		{"number typed", func(s *Sources) { s.Number = "999301012346" }, []string{"number: number, DG1", "number: number, DG13", "number: number, QR"}},
		{"six other digits", func(s *Sources) { s.Number = "012346"; s.QR = nil; s.DG13 = nil }, []string{"number: number, DG1"}},
		{"number of DG13", func(s *Sources) { s.DG13.Number = "999301012346" }, []string{"number: number, DG13"}},
		{"number of QR", func(s *Sources) { s.QR.Number = "999301012346" }, []string{"number: number, QR"}},
		{"birth of QR", func(s *Sources) { s.QR.Birth.Day = 2 }, []string{"birth: DG1, QR"}},
		{"sex of DG13", func(s *Sources) { s.DG13.Sex = "Nam" }, []string{"sex: DG1, DG13"}},
		{"sex misspelt", func(s *Sources) { s.DG13.Sex = "nu" }, nil},
		{"issued of QR", func(s *Sources) { s.QR.Issued.Year = 2023 }, []string{"issued: DG13, QR"}},
		{"old number", func(s *Sources) { s.QR.OldNumber = "012345679" }, []string{"old_number: DG13, QR"}},
		{"old number missing", func(s *Sources) { s.QR.OldNumber = "" }, nil},
		{"expiry", func(s *Sources) { s.DG13.Expires = "01/02/2040" }, []string{"expiry: DG1, DG13"}},
		{"name of DG13", func(s *Sources) { s.DG13.Name = "Nguyễn Thị Khác" }, []string{"name: DG1, DG13"}},
		{"name of QR", func(s *Sources) { s.QR.Name = "Trần Văn Khác" }, []string{"name: DG1, QR"}},
		{"name of a damaged QR", func(s *Sources) { s.QR.Name, s.QR.Partial = "Nguy?n", true }, nil},
		{"another spelling", func(s *Sources) { s.DG13.Name = "NGUYỄN-THỊ  THỬ NGHIỆM" }, nil},
	} {
		var got []string
		for _, d := range all(tt.change).Differences() {
			got = append(got, d.String())
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		if s := fmt.Sprint(got); strings.Contains(s, "9993") || strings.Contains(s, "Nguy") {
			t.Errorf("%s: values are told", tt.name)
		}
	}
}

// TestLongNames compares names that do not fit the zone.
func TestLongNames(t *testing.T) {
	c, err := mrz.VietnameseCard("999301012345", "010201", "F", "410201", "NGUYEN", "HOANG DIEU PHUONG THAO THI MY")
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Build()
	if err != nil {
		t.Fatal(err)
	}
	for name, same := range map[string]bool{
		"Nguyễn Hoàng Diệu Phương Thảo Thị Mỹ": true, "Nguyễn Hoàng Diệu Phương Thanh Thị Mỹ": false, "": true, "Đỗ": false,
	} {
		if got := sameName(m, name); got != same {
			t.Errorf("a name of %d bytes: %v", len(name), got)
		}
	}
	if letters("Đặng Thị Ngọc Ánh") != "DANGTHINGOCANH" || letters("H'Hen Niê") != "HHENNIE" {
		t.Error("letters are written otherwise")
	}
}

// TestDerivedKeys opens by what the QR code tells: the zones have the card's key information.
func TestDerivedKeys(t *testing.T) {
	q := qr(t, sampleQR)
	keys := DerivedKeys(q.Number, q.Birth, q.Issued)
	if len(keys) != 2 { // issued 18 months before 25: valid to 40, perhaps to 25
		t.Fatalf("%d keys", len(keys))
	}
	for i, expiry := range []string{"410201", "260201"} {
		m, err := mrz.Parse(keys[i].Value)
		if err != nil || m.Verify() != nil {
			t.Fatalf("key %d: %v, %v", i, err, m.Verify())
		}
		if want := dg1(t, "999301012345", "010201", "F", expiry); m.Information() != want.Information() {
			t.Errorf("key %d has other information", i)
		}
	}
	if DerivedKeys(q.Number, cccd.Date{Year: 1999, Month: 1, Day: 1}, q.Issued) != nil {
		t.Error("a birth that contradicts the number gives keys")
	}
}

// TestFictionalCard holds the card made beside the repository: its DG1, DG13 and what follows from them agree.
func TestFictionalCard(t *testing.T) {
	dir := sharedDir(t, "fictional")
	var card struct {
		Number, CAN string
		MRZ         []string
		Information string `json:"mrz_information"`
		DG1         string `json:"dg1_hex"`
	}
	if err := json.Unmarshal(readFile(t, dir, "card.json"), &card); err != nil {
		t.Fatal(err)
	}
	raw, err := hex.DecodeString(card.DG1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseDG1(raw)
	if err != nil || m.Verify() != nil || !slices.Equal(m.Lines, card.MRZ) || m.Information() != card.Information {
		t.Fatalf("DG1 reads otherwise: %v, %v", err, m.Verify())
	}
	d, err := ParseDG13(readFile(t, dir, "DG13_short.bin"))
	if err != nil {
		t.Fatal(err)
	}
	if all := (Sources{Number: card.CAN, DG1: m, DG13: d}).Differences(); len(all) != 0 {
		t.Errorf("differences: %v", all)
	}
	n, err := cccd.ParseNumber(card.Number)
	if err != nil {
		t.Fatal(err)
	}
	birth, _ := cccd.ParseDate(d.Birth)
	issued, _ := cccd.ParseDate(d.Issued)
	keys := DerivedKeys(n, birth, issued)
	if len(keys) == 0 {
		t.Fatal("no keys")
	}
	if z, err := mrz.Parse(keys[0].Value); err != nil || z.Information() != card.Information {
		t.Errorf("the likeliest key is another: %v", err)
	}
	if found := Inspect(map[kiosk.FileID][]byte{kiosk.FileDG1: raw, kiosk.FileDG13: readFile(t, dir, "DG13_short.bin")}); len(found) != 0 {
		t.Errorf("findings %v", found)
	}
}
