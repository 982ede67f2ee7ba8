package lds

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
	"motcua/kiosk/mrz"
)

var today = kiosk.Date{Year: 2026, Month: 8, Day: 1}

// sample is a fictional person's group with every field.
func sample() *DG13 {
	return &DG13{
		Number: "999301012345", Name: "Nguyễn Thị Thử Nghiệm", Birth: "01/02/2001", Sex: "Nữ", Nationality: "Việt Nam",
		Ethnicity: "Kinh", Religion: "Không", Origin: "Xã Mẫu, Tỉnh Mẫu", Residence: strings.Repeat("Thôn Mẫu, ", 20) + "Xã Mẫu",
		Marks: "Nốt ruồi cách 1cm trên sau đuôi mắt trái", Issued: "15/08/2024", Expires: "01/02/2041",
		Parents: []string{"Nguyễn Văn Cha", "Trần Thị Mẹ"}, Spouse: "Lê Văn Chồng", OldNumber: "012345678", ChipID: "00112233445566FF",
	}
}

func TestDG13Files(t *testing.T) {
	dir := sharedDir(t, "fictional")
	short, err := ParseDG13(readFile(t, dir, "DG13_short.bin"))
	if err != nil || len(short.Problems) != 0 {
		t.Fatal(err, short.Problems)
	}
	if short.Number != "001201012345" || short.Name != "Nguyễn Thị Thử Nghiệm" || short.Birth != "01/02/2001" || short.Sex != "Nữ" ||
		short.Nationality != "Việt Nam" || short.Ethnicity != "Kinh" || short.Religion != "Không" || short.Issued != "15/08/2024" ||
		short.Expires != "01/02/2041" || !slices.Equal(short.Parents, []string{"Nguyễn Văn Cha", "Trần Thị Mẹ"}) ||
		short.Spouse != "" || short.OldNumber != "012345678" || short.ChipID != "00112233445566FF" {
		t.Error("short file: fields differ")
	}
	long, err := ParseDG13(readFile(t, dir, "DG13_longform_address.bin"))
	if err != nil || len(long.Problems) != 0 {
		t.Fatal(err, long.Problems)
	}
	if len(long.Residence) < 128 || !strings.HasSuffix(long.Residence, "tỉnh Thử Nghiệm") || !long.NoExpiry() || long.OldNumber != "" ||
		long.Spouse != "Lê Văn Chồng" {
		t.Error("long file: fields differ")
	}
	for name, d := range map[string]*DG13{"DG13_short.bin": short, "DG13_longform_address.bin": long} {
		if !bytes.Equal(d.Marshal(), readFile(t, dir, name)) {
			t.Errorf("%s is not built alike", name)
		}
	}
}

func TestDG13RoundTrip(t *testing.T) {
	full := sample()
	full.Unknown = []DG13Field{{17, tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, 17), tlv.Encode(tlv.OctetString, []byte{1, 2}))}}
	for name, d := range map[string]*DG13{"full": full, "empty": {}, "one parent": {Parents: []string{"", "Trần Thị Mẹ"}}, "old": {Number: "x"}} {
		got, err := ParseDG13(d.Marshal())
		if err != nil || !reflect.DeepEqual(got, d) {
			t.Errorf("%s: reads otherwise, %v", name, err)
		}
	}
}

func field(n int, values ...[]byte) []byte {
	return tlv.Encode(tlv.Sequence, append([][]byte{tlv.AppendInt(nil, n)}, values...)...)
}

func utf8s(s string) []byte { return tlv.Encode(tlv.UTF8String, []byte(s)) }

func group(fields ...[]byte) []byte {
	return tlv.Encode(tagDG13, tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, 1), tlv.EncodeOID(oidDG13), tlv.Encode(tlv.Set, fields...)))
}

// TestDG13Defects holds files that are wrong inside: the rest is still read, and the defect is named.
func TestDG13Defects(t *testing.T) {
	name := field(2, utf8s("Nguyễn Văn Mẫu"))
	seq := func(b ...[]byte) []byte { return tlv.Encode(tlv.Sequence, b...) }
	for _, tt := range []struct {
		name, problem string
		bad           []byte
	}{
		{"not utf-8", "field 9: not UTF-8", field(9, tlv.Encode(tlv.UTF8String, []byte{0xC3}))},
		{"control characters", "field 9: control characters", field(9, utf8s("a\x00b"))},
		{"too long", "field 9: too long", field(9, utf8s(strings.Repeat("a", maxTextBytes+1)))},
		{"another type", "field 9: value of an unknown type", field(9, tlv.Encode(tlv.OctetString, []byte("a")))},
		{"two values", "field 9: more values than expected", field(9, utf8s("a"), utf8s("b"))},
		{"three parents", "field 13: more values than expected", field(13, utf8s("a"), utf8s("b"), utf8s("c"))},
		{"twice", "field 2: twice", field(2, utf8s("Kẻ Khác"))},
		{"no number", "field 0: not a numbered field", seq(utf8s("a"))},
		{"no sequence", "field 0: not a numbered field", utf8s("a")},
		{"nested too deep", "field 9: nested too deep", field(9, seq(seq(seq(seq(seq(utf8s("a")))))))},
		{"broken inside", "field 9: broken structure", field(9, tlv.Encode(tlv.Sequence, []byte{0x0C, 0x05}))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := ParseDG13(group(name, tt.bad))
			if err != nil {
				t.Fatal(err)
			}
			if d.Name != "Nguyễn Văn Mẫu" || !slices.Equal(d.Problems, []string{tt.problem}) || len(d.Unknown) != 1 ||
				!bytes.Equal(d.Unknown[0].Raw, tt.bad) {
				t.Errorf("problems %v, %d kept", d.Problems, len(d.Unknown))
			}
		})
	}
}

func TestDG13Tolerates(t *testing.T) {
	seq := func(b ...[]byte) []byte { return tlv.Encode(tlv.Sequence, b...) }
	// A pattern that looks like a field inside a text, texts of other string types, parents nested in one sequence, decomposed letters.
	trap := "0\x10 \x30\x09"
	d, err := ParseDG13(group(
		field(10, utf8s(strings.ReplaceAll(trap, "\x10", "A"))),
		field(5, tlv.Encode(tlv.PrintableString, []byte("Viet Nam"))),
		field(13, seq(seq(utf8s("Nguyễn Văn Cha")), seq(utf8s("Trần Thị Mẹ")))),
		field(2, utf8s(norm.NFD.String("  Nguyễn Thị Thử "))),
		field(14, tlv.Encode(tlv.Null)), field(99, utf8s("a")),
	))
	if err != nil || len(d.Problems) != 0 {
		t.Fatal(err, d.Problems)
	}
	if d.Nationality != "Viet Nam" || !slices.Equal(d.Parents, []string{"Nguyễn Văn Cha", "Trần Thị Mẹ"}) || d.Name != "Nguyễn Thị Thử" ||
		d.Spouse != "" || len(d.Unknown) != 1 || d.Unknown[0].Number != 99 {
		t.Error("fields differ")
	}
}

// TestDG13Parents reads both ways in which issuers nest the parents (../shared/design/CHIP.md §1.3), and parents who are not known.
func TestDG13Parents(t *testing.T) {
	seq := func(b ...[]byte) []byte { return tlv.Encode(tlv.Sequence, b...) }
	father, mother := utf8s("Nguyễn Văn Cha"), utf8s("Trần Thị Mẹ")
	both := []string{"Nguyễn Văn Cha", "Trần Thị Mẹ"}
	for name, tt := range map[string]struct {
		field []byte
		want  []string
	}{
		"side by side":      {field(13, seq(father), seq(mother)), both},
		"in one sequence":   {field(13, seq(seq(father), seq(mother))), both},
		"texts in one":      {field(13, seq(father, mother)), both},
		"texts alone":       {field(13, father, mother), both},
		"set":               {field(13, tlv.Encode(tlv.Set, father, mother)), both},
		"father unknown":    {field(13, seq(), seq(mother)), []string{"", "Trần Thị Mẹ"}},
		"father null":       {field(13, tlv.Encode(tlv.Null), mother), []string{"", "Trần Thị Mẹ"}},
		"mother unknown":    {field(13, seq(father), seq(utf8s(""))), []string{"Nguyễn Văn Cha", ""}},
		"neither":           {field(13, seq(), seq()), nil},
		"nothing":           {field(13), nil},
		"long names":        {field(13, seq(utf8s(strings.Repeat("Nguyễn ", 20)+"Cha")), seq(mother)), []string{strings.Repeat("Nguyễn ", 20) + "Cha", "Trần Thị Mẹ"}},
		"universal strings": {field(13, tlv.Encode(tlv.BMPString, []byte{0x1E, 0xBE}), mother), []string{"Ế", "Trần Thị Mẹ"}},
	} {
		d, err := ParseDG13(group(tt.field, field(2, utf8s("Nguyễn Văn Mẫu"))))
		if err != nil || len(d.Problems) != 0 || !slices.Equal(d.Parents, tt.want) || d.Name != "Nguyễn Văn Mẫu" {
			t.Errorf("%s: %d parents, %v, %v", name, len(d.Parents), d.Problems, err)
		}
	}
}

// TestDG13OldNumber reads the old number at field 15 and at field 16.
func TestDG13OldNumber(t *testing.T) {
	text := func(n int, s string) []byte { return field(n, tlv.Encode(tlv.PrintableString, []byte(s))) }
	for name, tt := range map[string]struct {
		fields    [][]byte
		old, chip string
	}{
		"15 and 16":        {[][]byte{text(15, "012345678"), text(16, "00112233445566FF")}, "012345678", "00112233445566FF"},
		"16 alone":         {[][]byte{text(16, "012345678")}, "012345678", ""},
		"exchanged":        {[][]byte{text(15, "00112233445566FF"), text(16, "012345678")}, "012345678", "00112233445566FF"},
		"chip at 15 alone": {[][]byte{text(15, "00112233445566FF")}, "", "00112233445566FF"},
		"none":             {[][]byte{field(15), text(16, "00112233445566FF")}, "", "00112233445566FF"},
	} {
		d, err := ParseDG13(group(tt.fields...))
		if err != nil || d.OldNumber != tt.old || d.ChipID != tt.chip {
			t.Errorf("%s: fields differ, %v", name, err)
		}
	}
}

// TestDG13Enciphered reads a group some of whose fields hold ciphertext: the others are read, those are kept.
func TestDG13Enciphered(t *testing.T) {
	secret := make([]byte, 200)
	for i := range secret {
		secret[i] = byte(i*37 + 128)
	}
	d, err := ParseDG13(group(
		field(1, tlv.Encode(tlv.PrintableString, []byte("999301012345"))), field(2, utf8s("Nguyễn Văn Mẫu")),
		field(6, tlv.Encode(tlv.OctetString, secret)), field(8, tlv.Encode(tlv.UTF8String, secret)),
		field(9, tlv.Encode(tlv.Sequence, secret)), tlv.Encode(tlv.OctetString, secret), field(40, tlv.Encode(tlv.BitString, secret)),
	))
	if err != nil || d.Number != "999301012345" || d.Name != "Nguyễn Văn Mẫu" || len(d.Problems) != 4 || len(d.Unknown) != 5 {
		t.Errorf("%d problems, %d kept, %v", len(d.Problems), len(d.Unknown), err)
	}
	whole := tlv.Encode(tagDG13, secret)
	for _, f := range Inspect(map[kiosk.FileID][]byte{kiosk.FileDG13: whole}) {
		if f.Grade != Tolerated {
			t.Errorf("a group of ciphertext is %s", f.Grade)
		}
	}
}

// TestDG13Patterns puts the byte pattern by which others find field 9, 30 .. 02 01 09, into another field and beside one: it
// splits nothing.
func TestDG13Patterns(t *testing.T) {
	trap := field(10, tlv.Encode(tlv.UTF8String, []byte("A 0"), []byte{0x0A, 2, 1, 9, 0x0C, 1, 'B'}))
	d, err := ParseDG13(group(trap, field(2, utf8s("Nguyễn Văn Mẫu 0")), field(9, utf8s("Thôn Mẫu"))))
	if err != nil || d.Residence != "Thôn Mẫu" || d.Name != "Nguyễn Văn Mẫu 0" || !slices.Equal(d.Problems, []string{"field 10: control characters"}) ||
		len(d.Unknown) != 1 || !bytes.Equal(d.Unknown[0].Raw, trap) {
		t.Errorf("%v, %v", d.Problems, err)
	}
}

func TestDG13Refuses(t *testing.T) {
	for name, raw := range map[string][]byte{
		"nothing": nil, "other tag": {0x6E, 0}, "no sequence": {0x6D, 0}, "no set": {0x6D, 5, 0x30, 3, 2, 1, 1},
		"cut":  sample().Marshal()[:40],
		"many": group(slices.Repeat([][]byte{field(99)}, maxFields+1)...),
	} {
		if _, err := ParseDG13(raw); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestDG13Redacts(t *testing.T) {
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", slog.Any("dg13", sample()))
	shown := log.String()
	for _, f := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		shown += fmt.Sprintf(f, sample())
	}
	if strings.Contains(shown, "Nguy") || strings.Contains(shown, "9993") {
		t.Error("contents are shown")
	}
}

func dg1(t *testing.T, number, birth, sex, expiry string) *mrz.MRZ {
	t.Helper()
	c, err := mrz.VietnameseCard(number, birth, sex, expiry, "NGUYEN", "THI THU NGHIEM")
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Build()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCitizen(t *testing.T) {
	m := dg1(t, "999301012345", "010201", "F", "410201")
	c := Citizen(m, sample(), today)
	want := kiosk.Citizen{
		Number: "999301012345", Name: "Nguyễn Thị Thử Nghiệm", NameMRZ: "NGUYEN THI THU NGHIEM", Birth: kiosk.Date{Year: 2001, Month: 2, Day: 1},
		Sex: "Nữ", Nationality: "Việt Nam", Ethnicity: "Kinh", Religion: "Không", Origin: "Xã Mẫu, Tỉnh Mẫu", Residence: sample().Residence,
		Marks: sample().Marks, Issued: kiosk.Date{Year: 2024, Month: 8, Day: 15}, Expires: kiosk.Date{Year: 2041, Month: 2, Day: 1},
		Parents: [2]string{"Nguyễn Văn Cha", "Trần Thị Mẹ"}, Spouse: "Lê Văn Chồng", OldNumber: "012345678",
	}
	if c != want {
		a, _ := json.Marshal(c)
		b, _ := json.Marshal(want)
		t.Errorf("got  %s\nwant %s", a, b)
	}
	alone := Citizen(m, nil, today)
	if alone.Number != want.Number || alone.Birth != want.Birth || alone.Expires != want.Expires || alone.Sex != "Nữ" || alone.Nationality != "Việt Nam" || alone.Name != "" {
		t.Error("DG1 alone: fields differ")
	}
	if c := Citizen(nil, sample(), today); c.NameMRZ != "" || c.Birth != want.Birth {
		t.Error("DG13 alone: fields differ")
	}
	if Citizen(nil, nil, today) != (kiosk.Citizen{}) {
		t.Error("nothing gives something")
	}
}

// TestCitizenYears holds the years that two digits leave open.
func TestCitizenYears(t *testing.T) {
	for _, tt := range []struct {
		name, number, birth, expiry string
		born, ends                  kiosk.Date
		none                        bool
	}{
		{"runs 21 years", "999084012345", "840601", "440601", kiosk.Date{Year: 1984, Month: 6, Day: 1}, kiosk.Date{Year: 2044, Month: 6, Day: 1}, false},
		{"no end date", "999050012345", "500601", "991231", kiosk.Date{Year: 1950, Month: 6, Day: 1}, kiosk.Date{}, true},
		{"a hundred years old", "999026012345", "260601", "991231", kiosk.Date{Year: 1926, Month: 6, Day: 1}, kiosk.Date{}, true},
		{"no milestone", "999084012345", "840601", "300101", kiosk.Date{Year: 1984, Month: 6, Day: 1}, kiosk.Date{Year: 2030, Month: 1, Day: 1}, false},
	} {
		c := Citizen(dg1(t, tt.number, tt.birth, "M", tt.expiry), &DG13{}, today)
		if c.Birth != tt.born || c.Expires != tt.ends || c.NoExpiry != tt.none {
			t.Errorf("%s: born %v, ends %v, no end %v", tt.name, c.Birth, c.Expires, c.NoExpiry)
		}
	}
	passport, err := mrz.Parse("P<VNMNGUYEN<<THI<THU<<<<<<<<<<<<<<<<<<<<<<<</X940123455VNM0402017F9912318<<<<<<<<<<<<<<<8")
	if err != nil {
		t.Fatal(err)
	}
	if c := Citizen(passport, nil, today); c.NoExpiry || c.Expires != (kiosk.Date{Year: 1999, Month: 12, Day: 31}) {
		t.Error("a passport has no end date")
	}
	d := sample()
	d.Expires = NoExpiryText
	if c := Citizen(dg1(t, "999301012345", "010201", "F", "410201"), d, today); !c.NoExpiry || !c.Expires.IsZero() {
		t.Error("the text of DG13 does not count")
	}
}

func TestDifferences(t *testing.T) {
	m := dg1(t, "999301012345", "010201", "F", "410201")
	for _, tt := range []struct {
		name   string
		change func(*DG13)
		want   []string
	}{
		{"none", func(*DG13) {}, nil},
		{"empty", func(d *DG13) { *d = DG13{} }, nil},
		{"number", func(d *DG13) { d.Number = "999301012346" }, []string{"number"}},
		{"birth", func(d *DG13) { d.Birth = "02/02/2001" }, []string{"birth"}},
		{"year of birth alone", func(d *DG13) { d.Birth = "2001" }, []string{"birth"}},
		{"expiry", func(d *DG13) { d.Expires = "01/02/2040" }, []string{"expiry"}},
		{"no end", func(d *DG13) { d.Expires = NoExpiryText }, []string{"expiry"}},
		{"expiry as an unknown text", func(d *DG13) { d.Expires = "vô hạn" }, nil},
		{"sex", func(d *DG13) { d.Sex = "Nam" }, []string{"sex"}},
	} {
		d := sample()
		tt.change(d)
		if got := Differences(m, d); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	if Differences(nil, sample()) != nil || Differences(m, nil) != nil {
		t.Error("a missing group differs")
	}
	none := sample()
	none.Expires = NoExpiryText
	if got := Differences(dg1(t, "999301012345", "010201", "F", "991231"), none); got != nil {
		t.Errorf("no end date in both: %v", got)
	}
}

func FuzzDG13(f *testing.F) {
	f.Add(sample().Marshal())
	f.Add(group(field(13, utf8s("a"), utf8s("b")), field(99), utf8s("x")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := ParseDG13(raw)
		if err != nil {
			return
		}
		Citizen(nil, d, today)
		if len(d.Problems) > 0 {
			return
		}
		again, err := ParseDG13(d.Marshal())
		if err != nil || again.Name != d.Name || again.Residence != d.Residence || len(again.Unknown) != len(d.Unknown) {
			t.Fatalf("reads otherwise: %v", err)
		}
	})
}

func BenchmarkDG13(b *testing.B) {
	raw := sample().Marshal()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseDG13(raw); err != nil {
			b.Fatal(err)
		}
	}
}
