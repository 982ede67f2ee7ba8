package cccd

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		digits, sex string
		year        int
	}{
		{"999085012345", "Nam", 1985},
		{"999185012345", "Nữ", 1985},
		{"999201012345", "Nam", 2001},
		{"999301012345", "Nữ", 2001},
		{"999400012345", "Nam", 2100},
	} {
		n, err := ParseNumber(tt.digits)
		if err != nil {
			t.Fatal(err)
		}
		if n.Sex() != tt.sex || n.BirthYear() != tt.year || n.CAN() != "012345" || n.Province() != "999" || n.Document() != tt.digits[3:] {
			t.Errorf("%d %s: %s %d %s", tt.year, tt.sex, n.Sex(), n.BirthYear(), n.CAN())
		}
	}
	for _, s := range []string{"", "99920101234", "9992010123456", "99920101234a", "99920101234 ", "９９９２０１０１２３４５"} {
		if _, err := ParseNumber(s); !errors.Is(err, ErrNumber) {
			t.Errorf("text of %d bytes: %v", len(s), err)
		}
	}
}

func TestRedaction(t *testing.T) {
	n, _ := ParseNumber("999201012345")
	q := &QR{Number: n, Name: "Nguyễn"}
	for _, f := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		if s := fmt.Sprintf(f, n) + fmt.Sprintf(f, q) + fmt.Sprintf(f, []Number{n}); strings.Contains(s, "2010") || strings.Contains(s, "Nguy") {
			t.Errorf("%s shows the contents", f)
		}
	}
}

func TestParseDate(t *testing.T) {
	for in, want := range map[string]Date{
		"01022001": {2001, 2, 1}, "01/02/2001": {2001, 2, 1}, "01-02-2001": {2001, 2, 1}, "01.02.2001": {2001, 2, 1},
		"02/2001": {2001, 2, 0}, "2001": {2001, 0, 0}, "29022000": {2000, 2, 29},
	} {
		if d, ok := ParseDate(in); !ok || d != want {
			t.Errorf("%s: %v, %v", in, d, ok)
		}
	}
	for _, in := range []string{
		"", "1", "29022001", "31042001", "00022001", "01002001", "13/2001", "00/2001", "1/2/2001", "2001/02/01", "01/022001",
		"0102", "01 02 2001", "010220011", "01/02/01", "Không thời hạn", "01021500",
	} {
		if d, ok := ParseDate(in); ok && in != "0102" {
			t.Errorf("%q is %v", in, d)
		}
	}
}

func TestExpiries(t *testing.T) {
	none := Expiry{None: true}
	at := func(y, m, d int) Expiry { return Expiry{Date: Date{y, m, d}} }
	for _, tt := range []struct {
		name          string
		birth, issued Date
		want          []Expiry
	}{
		{"a child", Date{2020, 5, 6}, Date{2025, 1, 1}, []Expiry{at(2034, 5, 6)}},
		{"thirteen", Date{2012, 5, 6}, Date{2025, 6, 1}, []Expiry{at(2037, 5, 6), at(2026, 5, 6)}},
		{"twenty", Date{2001, 2, 1}, Date{2021, 8, 15}, []Expiry{at(2026, 2, 1)}},
		{"two years before 25, a day short", Date{2001, 2, 1}, Date{2024, 1, 31}, []Expiry{at(2026, 2, 1)}},
		{"two years before 25, to the day", Date{2001, 2, 1}, Date{2024, 2, 1}, []Expiry{at(2041, 2, 1), at(2026, 2, 1)}},
		{"on the birthday", Date{2001, 2, 1}, Date{2026, 2, 1}, []Expiry{at(2041, 2, 1)}},
		{"published sample", Date{1993, 1, 5}, Date{2021, 4, 1}, []Expiry{at(2033, 1, 5)}},
		{"thirty-nine: runs over 20 years", Date{1984, 6, 1}, Date{2023, 1, 1}, []Expiry{at(2044, 6, 1), at(2024, 6, 1)}},
		{"fifty-nine", Date{1963, 6, 1}, Date{2022, 1, 1}, []Expiry{none, at(2023, 6, 1)}},
		{"seventy", Date{1950, 6, 1}, Date{2022, 1, 1}, []Expiry{none}},
		{"born on 29 February", Date{2000, 2, 29}, Date{2021, 1, 1}, []Expiry{at(2025, 3, 1)}},
		{"day of birth unknown", Date{1950, 0, 0}, Date{2022, 1, 1}, nil},
		{"issued before birth", Date{2022, 1, 2}, Date{2022, 1, 1}, nil},
		{"no such day", Date{2001, 2, 30}, Date{2022, 1, 1}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Expiries(tt.birth, tt.issued)
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			for _, e := range got {
				if back, ok := ResolveExpiry(e.MRZ(), tt.birth); !ok || back != e {
					t.Errorf("%s resolves to %v, %v", e.MRZ(), back, ok)
				}
			}
		})
	}
}

func TestResolveExpiry(t *testing.T) {
	for _, tt := range []struct {
		name, yymmdd string
		birth        Date
		want         Expiry
		ok           bool
	}{
		{"no end date", "991231", Date{1950, 6, 1}, Expiry{None: true}, true},
		{"beyond any 15-year window", "440601", Date{1984, 6, 1}, Expiry{Date: Date{2044, 6, 1}}, true},
		{"no milestone", "300601", Date{1984, 6, 1}, Expiry{}, false},
		{"other day", "440602", Date{1984, 6, 1}, Expiry{}, false},
		{"29 February, printed as the day before", "250228", Date{2000, 2, 29}, Expiry{Date: Date{2025, 2, 28}}, true},
		{"year of birth alone", "440601", Date{1984, 0, 0}, Expiry{Date: Date{2044, 6, 1}}, true},
		{"year of birth alone, no milestone", "430601", Date{1984, 0, 0}, Expiry{}, false},
		{"year of birth alone, no date", "44<<<<", Date{1984, 0, 0}, Expiry{}, false},
		{"birth unknown", "440601", Date{}, Expiry{}, false},
	} {
		if e, ok := ResolveExpiry(tt.yymmdd, tt.birth); e != tt.want || ok != tt.ok {
			t.Errorf("%s: %v, %v", tt.name, e, ok)
		}
	}
}

func TestExpired(t *testing.T) {
	e := Expiry{Date: Date{2026, 2, 1}}
	if e.Expired(Date{2026, 2, 1}) || !e.Expired(Date{2026, 2, 2}) || (Expiry{None: true}).Expired(Date{3000, 1, 1}) || (Expiry{}).Expired(Date{2026, 1, 1}) {
		t.Error("a card ends after its last day, and one without end date never")
	}
}

const sampleQR = "999301012345|012345678|Nguyễn Thị Thử Nghiệm|01022001|Nữ|Thôn Mẫu, Xã Mẫu, Tỉnh Mẫu|15082021"

func TestParseQR(t *testing.T) {
	for name, in := range map[string]string{
		"as printed": sampleQR, "byte order mark": "\uFEFF" + sampleQR, "line end": sampleQR + "\r\n",
		"decomposed": norm.NFD.String(sampleQR), "more fields": sampleQR + "|Nguyễn Văn Cha||x",
	} {
		q, err := ParseQR(in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if q.Number != "999301012345" || q.OldNumber != "012345678" || q.Name != "Nguyễn Thị Thử Nghiệm" || q.Birth != (Date{2001, 2, 1}) ||
			q.Sex != "Nữ" || q.Address != "Thôn Mẫu, Xã Mẫu, Tỉnh Mẫu" || q.Issued != (Date{2021, 8, 15}) {
			t.Errorf("%s: fields differ", name)
		}
		if rest := 0; name == "more fields" && len(q.Rest) != 3 || name != "more fields" && len(q.Rest) != rest {
			t.Errorf("%s: %d more fields", name, len(q.Rest))
		}
	}
	if q, err := ParseQR(strings.Replace(sampleQR, "|012345678|", "||", 1)); err != nil || q.OldNumber != "" {
		t.Errorf("no old number: %v", err)
	}
}

func TestParseQRRefuses(t *testing.T) {
	replace := func(old, replacement string) string { return strings.Replace(sampleQR, old, replacement, 1) }
	for name, tt := range map[string]struct {
		in  string
		err error
	}{
		"nothing":         {"", ErrQR},
		"an address":      {"https://example.vn/a|b", ErrOther},
		"a payment":       {"00020101021138540010A000000727", ErrOther},
		"a product":       {"8934567890123", ErrOther},
		"a wifi":          {"WIFI:S:x;;", ErrOther},
		"a text":          {"xin chào", ErrQR},
		"five fields":     {replace("|Thôn Mẫu, Xã Mẫu, Tỉnh Mẫu|15082021", ""), ErrQR},
		"number short":    {replace("999301012345", "99930101234"), ErrQR},
		"old number":      {replace("012345678", "0123"), ErrQR},
		"no name":         {replace("Nguyễn Thị Thử Nghiệm", " "), ErrQR},
		"no such day":     {replace("01022001", "30022001"), ErrQR},
		"other sex":       {replace("Nữ", "F"), ErrQR},
		"issued unborn":   {replace("15082021", "15081999"), ErrQR},
		"issued nowhen":   {replace("15082021", ""), ErrQR},
		"control":         {replace("Thôn", "Thôn\x00"), ErrQR},
		"not utf-8":       {"\xFF" + sampleQR, ErrQR},
		"much too long":   {sampleQR + strings.Repeat("|", maxQR), ErrQR},
		"fields swapped":  {"Nguyễn|" + sampleQR, ErrQR},
		"an address in 7": {"https://a.vn|b|c|d|e|f|g", ErrOther},
	} {
		_, err := ParseQR(tt.in)
		if !errors.Is(err, tt.err) {
			t.Errorf("%s: %v, want %v", name, err, tt.err)
		}
		if err != nil && (strings.Contains(err.Error(), "9993") || strings.Contains(err.Error(), "Nguy")) {
			t.Errorf("%s: the error tells the contents", name)
		}
	}
}

// FuzzParseQR reads whatever comes; what is accepted has a number and two days that exist.
func FuzzParseQR(f *testing.F) {
	f.Add("")
	f.Add(sampleQR)
	f.Add("\uFEFF" + norm.NFD.String(sampleQR) + "|a|b\r\n")
	f.Add("https://example.vn")
	f.Fuzz(func(t *testing.T, s string) {
		q, err := ParseQR(s)
		if err != nil {
			return
		}
		if _, err := ParseNumber(string(q.Number)); err != nil || !q.Birth.Valid() || !q.Issued.Valid() && (!q.Partial || !q.Issued.IsZero()) || !norm.NFC.IsNormalString(q.Name) {
			t.Fatal("accepted without a number, birth or day of issue")
		}
		for _, e := range Expiries(q.Birth, q.Issued) {
			if back, ok := ResolveExpiry(e.MRZ(), q.Birth); !ok || back != e {
				t.Fatalf("%v resolves to %v, %v", e, back, ok)
			}
		}
	})
}

// FuzzDates reads dates; what is accepted exists.
func FuzzDates(f *testing.F) {
	f.Add("01/02/2001", "410201")
	f.Add("2001", "44<<<<")
	f.Fuzz(func(t *testing.T, s, yymmdd string) {
		d, ok := ParseDate(s)
		if !ok {
			return
		}
		if !d.Valid() {
			t.Fatalf("%v does not exist", d)
		}
		if e, ok := ResolveExpiry(yymmdd, d); ok && e.MRZ() != yymmdd {
			t.Fatalf("%s is %v", yymmdd, e)
		}
	})
}
