package cccd

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// days draws a day that exists.
func days(from, to int) *rapid.Generator[Date] {
	return rapid.Custom(func(t *rapid.T) Date {
		d := Date{Year: rapid.IntRange(from, to).Draw(t, "year"), Month: rapid.IntRange(1, 12).Draw(t, "month")}
		d.Day = rapid.IntRange(1, monthDays(d.Year, d.Month)).Draw(t, "day")
		return d
	})
}

// TestExpiryProperties holds the rule of art. 21 for any holder and day of issue.
func TestExpiryProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		birth := days(1900, 2030).Draw(t, "birth")
		issued := days(birth.Year, birth.Year+110).Draw(t, "issued")
		all := Expiries(birth, issued)
		if issued.Compare(birth) < 0 {
			if all != nil {
				t.Fatalf("issued before birth: %v", all)
			}
			return
		}
		if len(all) < 1 || len(all) > 2 {
			t.Fatalf("%d candidates", len(all))
		}
		for _, e := range all {
			back, ok := ResolveExpiry(e.MRZ(), birth)
			if !ok || back != e {
				t.Fatalf("%s of %v resolves to %v, %v", e.MRZ(), birth, back, ok)
			}
			if e.None {
				continue
			}
			if e.Date.Compare(issued) <= 0 || e.Expired(issued) {
				t.Fatalf("issued %v, ended %v", issued, e.Date)
			}
			age := e.Date.Year - birth.Year
			if age != 14 && age != 25 && age != 40 && age != 60 {
				t.Fatalf("ends at %d", age)
			}
			if age == 14 && issued.Compare(birth.addYears(14)) >= 0 {
				t.Fatal("ends at 14 after 14")
			}
		}
		if issued.Compare(birth.addYears(60)) >= 0 && !all[0].None {
			t.Fatal("has an end after 60")
		}
		// The next milestone counts only from two years before the one at hand on.
		if len(all) == 2 && all[1].Date.addYears(-grace).Compare(issued) > 0 {
			t.Fatal("two candidates too early")
		}
	})
}

// TestZoneProperties holds the derived zones against number, birth and rule.
func TestZoneProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		birth := days(1900, 2099).Draw(t, "birth")
		issued := days(birth.Year+1, birth.Year+100).Draw(t, "issued")
		female := rapid.IntRange(0, 1).Draw(t, "sex")
		text := fmt.Sprintf("999%d%02d%06d", (birth.Year-1900)/100*2+female, birth.Year%100, rapid.IntRange(0, 999999).Draw(t, "rest"))
		n, err := ParseNumber(text)
		if err != nil || n.BirthYear() != birth.Year || n.Sex() != [2]string{"Nam", "Nữ"}[female] {
			t.Fatalf("number reads otherwise: %v", err)
		}
		zones := Zones(n, birth, issued)
		if len(zones) != len(Expiries(birth, issued)) || len(zones) == 0 {
			t.Fatalf("%d zones", len(zones))
		}
		for _, z := range zones {
			if z.Document != text[3:] || z.Birth != birth.mrz() || len(z.Expiry) != 6 {
				t.Fatal("zone differs")
			}
		}
		other := birth
		other.Year++
		if Zones(n, other, issued) != nil {
			t.Fatal("a zone for a birth that contradicts the number")
		}
	})
}

func TestZones(t *testing.T) {
	zones := Zones("999301012345", Date{2001, 2, 1}, Date{2024, 8, 15})
	if len(zones) != 2 || zones[0] != (Zone{"301012345", "010201", "410201"}) || zones[1] != (Zone{"301012345", "010201", "260201"}) {
		t.Errorf("%d zones", len(zones))
	}
	if s := fmt.Sprintf("%v %+v %#v", zones, zones, zones); strings.Contains(s, "3010") {
		t.Error("a zone shows itself")
	}
}

// words draws Vietnamese text without the separator.
func words() *rapid.Generator[string] {
	word := rapid.SampledFrom([]string{"Nguyễn", "Thị", "Thử", "Đặng", "Ơn", "Ưu", "xã", "Mẫu", "thôn 3,"})
	return rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(word, 1, 6).Draw(t, "words"), " ") })
}

// TestQRProperties reads any card's payload in every disguise.
func TestQRProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		birth := days(1930, 2020).Draw(t, "birth")
		issued := days(birth.Year+1, birth.Year+90).Draw(t, "issued")
		name, address := words().Draw(t, "name"), words().Draw(t, "address")
		day := func(d Date) string { return fmt.Sprintf("%02d%02d%04d", d.Day, d.Month, d.Year) }
		old := rapid.SampledFrom([]string{"", "012345678"}).Draw(t, "old")
		f := []string{"999301012345", old, name, day(birth), "Nữ", address, day(issued)}
		text := strings.Join(f, "|") + strings.Repeat("|x", rapid.IntRange(0, 5).Draw(t, "more"))
		exact := true
		switch rapid.IntRange(0, 3).Draw(t, "disguise") {
		case 0:
			text = "\uFEFF" + text + "\r\n"
		case 1:
			text = norm.NFD.String(text)
		case 2:
			narrow, err := charmap.Windows1258.NewEncoder().String(viscii(text))
			if err != nil {
				t.Fatal(err)
			}
			text, exact = narrow, false
		}
		q, err := ParseQR(text)
		if err != nil {
			t.Fatal(err)
		}
		if q.Name != name || q.Address != address || q.Birth != birth || q.Issued != issued || q.OldNumber != old || q.Partial == exact {
			t.Fatalf("fields differ, partial %v", q.Partial)
		}
	})
}

// viscii splits letters as Windows-1258 writes them: tone marks apart, everything else composed.
func viscii(s string) string {
	var b strings.Builder
	for _, r := range s {
		marks, base := "", ""
		for _, d := range norm.NFD.String(string(r)) {
			if strings.ContainsRune("\u0300\u0301\u0303\u0309\u0323", d) {
				marks += string(d)
			} else {
				base += string(d)
			}
		}
		b.WriteString(norm.NFC.String(base) + marks)
	}
	return b.String()
}

// TestQRScenario is the acceptance scenario: seven, six and eleven fields, byte order mark, line ends, Windows-1258, an address, a shop's code.
func TestQRScenario(t *testing.T) {
	narrow, err := charmap.Windows1258.NewEncoder().String(viscii(sampleQR))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		in      string
		err     error
		partial bool
	}{
		"seven":                 {sampleQR, nil, false},
		"six, no day of issue":  {strings.Replace(sampleQR, "|15082021", "", 1), nil, true},
		"six, no old number":    {strings.Replace(sampleQR, "|012345678", "", 1), nil, true},
		"eleven":                {sampleQR + "|a|b|c|d", nil, false},
		"byte order mark":       {"\uFEFF" + sampleQR, nil, false},
		"line end":              {sampleQR + "\r\n", nil, false},
		"lines inside":          {strings.Replace(sampleQR, "Thôn Mẫu, ", "Thôn Mẫu,\r\n", 1), nil, false},
		"windows-1258":          {narrow, nil, true},
		"windows-1258 and mark": {"\xEF\xBB\xBF" + sampleQR, nil, false},
		"an address":            {"https://example.vn/x", ErrOther, false},
		"an address with bars":  {"https://example.vn/x|a|b|c|d|e|f", ErrOther, false},
		"a shop's code":         {"8934567890123", ErrOther, false},
	} {
		q, err := ParseQR(tt.in)
		if tt.err != nil {
			if err == nil || q != nil {
				t.Errorf("%s: accepted", name)
			}
			continue
		}
		if err != nil || q.Partial != tt.partial || q.Number != "999301012345" || q.Birth != (Date{2001, 2, 1}) || q.Name != "Nguyễn Thị Thử Nghiệm" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
