package mrz

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// The examples of Doc 9303-4, -5, -6 and 9303-11 appendix D.2, and a fictional Vietnamese card.
const (
	exampleTD1  = "I<UTOD231458907<<<<<<<<<<<<<<</7408122F1204159UTO<<<<<<<<<<<6/ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
	exampleLong = "I<UTOD23145890<7349<<<<<<<<<<</3407127M9507122UTO<<<<<<<<<<<2/STEVENSON<<PETER<JOHN<<<<<<<<<"
	exampleTD2  = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<</D231458907UTO7408122F1204159<<<<<<<6"
	exampleTD3  = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<</L898902C36UTO7408122F1204159ZE184226B<<<<<10"
	exampleVN   = "IDVNM2010123458001201012345<<9/0102018F4102016VNM<<<<<<<<<<<0/NGUYEN<<THI<THU<NGHIEM<<<<<<<<"
)

func parse(t *testing.T, text string) *MRZ {
	t.Helper()
	m, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, text, info string
		want             MRZ
	}{
		{"TD1", exampleTD1, "D23145890774081221204159", MRZ{
			Kind: TD1, Code: "I", State: "UTO", Number: "D23145890", Birth: "740812", Sex: "F", Expiry: "120415",
			Nationality: "UTO", Surname: "ERIKSSON", Given: "ANNA MARIA",
		}},
		{"TD1 with a long number", exampleLong, "D23145890734934071279507122", MRZ{
			Kind: TD1, Code: "I", State: "UTO", Number: "D23145890734", Birth: "340712", Sex: "M", Expiry: "950712",
			Nationality: "UTO", Surname: "STEVENSON", Given: "PETER JOHN",
		}},
		{"TD2", exampleTD2, "D23145890774081221204159", MRZ{
			Kind: TD2, Code: "I", State: "UTO", Number: "D23145890", Birth: "740812", Sex: "F", Expiry: "120415",
			Nationality: "UTO", Surname: "ERIKSSON", Given: "ANNA MARIA",
		}},
		{"TD3", exampleTD3, "L898902C3674081221204159", MRZ{
			Kind: TD3, Code: "P", State: "UTO", Number: "L898902C3", Birth: "740812", Sex: "F", Expiry: "120415",
			Nationality: "UTO", Optional1: "ZE184226B", Surname: "ERIKSSON", Given: "ANNA MARIA",
		}},
		{"Vietnam", exampleVN, "201012345801020184102016", MRZ{
			Kind: TD1, Code: "ID", State: "VNM", Number: "201012345", Birth: "010201", Sex: "F", Expiry: "410201",
			Nationality: "VNM", Optional1: "001201012345 9", Surname: "NGUYEN", Given: "THI THU NGHIEM",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := parse(t, tt.text)
			if err := m.Verify(); err != nil {
				t.Errorf("verify: %v", err)
			}
			if m.Information() != tt.info {
				t.Errorf("information differs")
			}
			joined := parse(t, strings.ReplaceAll(tt.text, "/", ""))
			lines := parse(t, "  "+strings.ReplaceAll(tt.text, "/", "\r\n ")+"\n")
			for _, other := range []*MRZ{joined, lines} {
				if other.Name() != m.Name() || other.Information() != tt.info {
					t.Error("the same zone joined, or in lines, reads otherwise")
				}
			}
			got := *m
			got.Lines, got.checks = nil, nil
			if fields(&got) != fields(&tt.want) {
				t.Errorf("got  %s\nwant %s", fields(&got), fields(&tt.want))
			}
		})
	}
}

// fields shows what String hides; the zones here are fictional.
func fields(m *MRZ) string {
	return fmt.Sprint(m.Kind, "|", m.Code, "|", m.State, "|", m.Number, "|", m.Birth, "|", m.Sex, "|", m.Expiry, "|",
		m.Nationality, "|", m.Optional1, "|", m.Optional2, "|", m.Surname, "|", m.Given)
}

func TestPersonalNumber(t *testing.T) {
	m := parse(t, exampleVN)
	if n, err := m.PersonalNumber(); err != nil || n != "001201012345" {
		t.Errorf("got %q, %v", n, err)
	}
	for _, tt := range []struct{ name, old, replacement string }{
		{"letter in the number", "001201012345<<9", "00120101234O<<9"},
		{"other check digit", "001201012345<<9", "001201012345<<8"},
		{"no fillers", "001201012345<<9", "0012010123459<<"},
		{"another person's number", "001201012345<<9", "001201012346<<6"},
	} {
		m := parse(t, strings.Replace(exampleVN, tt.old, tt.replacement, 1))
		if _, err := m.PersonalNumber(); err == nil {
			t.Errorf("%s: accepted", tt.name)
		}
	}
	if _, err := parse(t, exampleTD1).PersonalNumber(); !errors.Is(err, ErrFormat) {
		t.Errorf("other state: %v", err)
	}
}

// TestEveryDigitMatters changes each character in turn; no zone with one character changed may verify, except in the names, which
// carry no check digit, and in codes, states, nationality and sex, which carry none either.
func TestEveryDigitMatters(t *testing.T) {
	unchecked := map[string][][2]int{ // first and behind the last column, counted over the joined lines
		exampleTD1: {{0, 5}, {37, 38}, {45, 48}, {60, 90}},
		exampleVN:  {{0, 5}, {37, 38}, {45, 48}, {60, 90}},
		exampleTD2: {{0, 36}, {46, 49}, {56, 57}},
		exampleTD3: {{0, 44}, {54, 57}, {64, 65}},
	}
	for text, skip := range unchecked {
		joined := strings.ReplaceAll(text, "/", "")
		for i := range len(joined) {
			c := byte('1')
			if v, _ := value(joined[i]); v%10 == 1 {
				c = '2'
			}
			m, err := Parse(joined[:i] + string(c) + joined[i+1:])
			if err != nil {
				t.Fatal(err)
			}
			free := false
			for _, r := range skip {
				free = free || i >= r[0] && i < r[1]
			}
			if got := m.Verify() == nil; got != free && !free {
				t.Errorf("column %d of %s: verifies %v", i, joined[:2], got)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":          "",
		"a line short":     exampleTD1[:60],
		"lower case":       strings.ToLower(exampleTD1),
		"a blank inside":   strings.Replace(exampleTD1, "ANNA<", "ANNA ", 1),
		"uneven lines":     strings.Replace(exampleTD1, "</7", "/<7", 1),
		"much too long":    strings.Repeat("<", 300),
		"wrong line count": strings.Repeat("<", 44) + "/" + strings.Repeat("<", 22) + "/" + strings.Repeat("<", 22),
	} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "ERIKSSON") {
			t.Errorf("%s: the error tells the contents", name)
		}
	}
}

func TestZeroValueIsHarmless(t *testing.T) {
	var m MRZ
	if m.Information() != "" || m.Verify() != nil {
		t.Error("a zone that was not parsed has information")
	}
}

func TestRedaction(t *testing.T) {
	m := parse(t, exampleVN)
	for _, f := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(f, m); strings.Contains(s, "NGUYEN") || strings.Contains(s, "0012") {
			t.Errorf("%s shows the contents", f)
		}
	}
}

func TestInformation(t *testing.T) {
	got, err := Information("201012345", "010201", "410201")
	if err != nil || got != parse(t, exampleVN).Information() {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := Information("T22000", "640812", "101031"); err != nil || got != "T22000<<<164081251010318" {
		t.Errorf("short number: %q, %v", got, err)
	}
	for _, bad := range [][3]string{{"a", "010201", "410201"}, {"1", "01020", "410201"}, {"1", "010201", "4102011"}} {
		if _, err := Information(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%v accepted", bad)
		}
	}
}

func TestDates(t *testing.T) {
	today := Date{2026, 8, 1}
	for _, tt := range []struct {
		yymmdd        string
		birth, expiry Date
		ok            bool
	}{
		{"010201", Date{2001, 2, 1}, Date{2001, 2, 1}, true},
		{"260801", Date{2026, 8, 1}, Date{2026, 8, 1}, true},
		{"260802", Date{1926, 8, 2}, Date{2026, 8, 2}, true},
		{"991231", Date{1999, 12, 31}, Date{1999, 12, 31}, true},
		{"760101", Date{1976, 1, 1}, Date{2076, 1, 1}, true},
		{"770101", Date{1977, 1, 1}, Date{1977, 1, 1}, true},
		{"6506<<", Date{1965, 6, 0}, Date{2065, 6, 0}, true},
		{"65<<<<", Date{1965, 0, 0}, Date{2065, 0, 0}, true},
		{"000229", Date{2000, 2, 29}, Date{2000, 2, 29}, true},
		{"010229", Date{}, Date{}, false},
		{"011301", Date{}, Date{}, false},
		{"0106311", Date{}, Date{}, false},
		{"010631", Date{}, Date{}, false},
		{"<<0101", Date{}, Date{}, false},
		{"65<<01", Date{}, Date{}, false},
	} {
		m := &MRZ{Birth: tt.yymmdd, Expiry: tt.yymmdd}
		if d, ok := m.BirthDate(today); ok != tt.ok || ok && d != tt.birth {
			t.Errorf("birth %s: %v, %v", tt.yymmdd, d, ok)
		}
		if d, ok := m.ExpiryDate(today); ok != tt.ok || ok && d != tt.expiry {
			t.Errorf("expiry %s: %v, %v", tt.yymmdd, d, ok)
		}
	}
}

func TestBuild(t *testing.T) {
	c, err := VietnameseCard("001201012345", "010201", "F", "410201", "NGUYEN", "THI THU NGHIEM")
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Build()
	if err != nil || strings.Join(m.Lines, "/") != exampleVN {
		t.Errorf("built %v, %v", m.Lines, err)
	}
	c.Given = strings.Repeat("HUYEN TON NU ", 4)
	if m, err = c.Build(); err != nil || m.Verify() != nil || len(m.Lines[2]) != 30 {
		t.Errorf("long name: %v", err)
	}
	c.Surname, c.Given, c.Sex = "O'BRIEN-LE", "", ""
	if m, err = c.Build(); err != nil || m.Name() != "O BRIEN LE" || m.Sex != "" {
		t.Errorf("name with marks: %v, %v", err, m.Lines)
	}
	for name, bad := range map[string]func(*Card){
		"long number": func(c *Card) { c.Number = "1234567890" }, "short date": func(c *Card) { c.Birth = "01020" },
		"lower case": func(c *Card) { c.Code = "id" }, "no expiry": func(c *Card) { c.Expiry = "" },
	} {
		b := c
		bad(&b)
		if _, err := b.Build(); !errors.Is(err, ErrField) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, n := range []string{"", "12345678901", "00120101234X"} {
		if _, err := VietnameseCard(n, "010201", "F", "410201", "A", "B"); !errors.Is(err, ErrField) {
			t.Errorf("number of %d characters: %v", len(n), err)
		}
	}
}

// FuzzParse reads whatever comes; what is accepted reads the same again from its lines.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", exampleTD1, exampleLong, exampleTD2, exampleTD3, exampleVN, strings.ReplaceAll(exampleVN, "/", "")} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse(text)
		if err != nil {
			return
		}
		_ = m.Verify()
		m.BirthDate(Date{2026, 8, 1})
		m.ExpiryDate(Date{2026, 8, 1})
		_, _ = m.PersonalNumber()
		again, err := Parse(strings.Join(m.Lines, "/"))
		if err != nil || fields(again) != fields(m) || again.Information() != m.Information() {
			t.Fatalf("reads otherwise from its own lines: %v", err)
		}
	})
}

// FuzzBuild builds cards; what is built verifies.
func FuzzBuild(f *testing.F) {
	f.Add("999201012345", "010201", "F", "410201", "NGUYEN", "THI THU")
	f.Add("999201012345", "010201", "", "991231", "", "A<B")
	f.Fuzz(func(t *testing.T, number, birth, sex, expiry, surname, given string) {
		c, err := VietnameseCard(number, birth, sex, expiry, surname, given)
		if err != nil {
			return
		}
		m, err := c.Build()
		if err != nil {
			return
		}
		if err := m.Verify(); err != nil {
			t.Fatal(err)
		}
		if n, err := m.PersonalNumber(); err != nil || n != number {
			t.Fatalf("personal number: %v", err)
		}
	})
}
