package mrz

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// cards draws what may stand on a Vietnamese card.
func cards() *rapid.Generator[Card] {
	return rapid.Custom(func(t *rapid.T) Card {
		day := func(name string) string {
			return fmt.Sprintf("%02d%02d%02d", rapid.IntRange(0, 99).Draw(t, name+" year"), rapid.IntRange(1, 12).Draw(t, name+" month"),
				rapid.IntRange(1, 28).Draw(t, name+" day"))
		}
		number := rapid.StringMatching(`999[0-9]{9}`).Draw(t, "number")
		c, err := VietnameseCard(number, day("birth"), rapid.SampledFrom([]string{"M", "F", ""}).Draw(t, "sex"), day("expiry"),
			rapid.StringMatching(`[A-Z]{1,12}`).Draw(t, "surname"), rapid.StringMatching(`[A-Z]{1,8}( [A-Z]{1,8}){0,3}`).Draw(t, "given"))
		if err != nil {
			t.Fatal(err)
		}
		return c
	})
}

// TestCardProperties writes any card and reads it again.
func TestCardProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := cards().Draw(t, "card")
		m, err := c.Build()
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Verify(); err != nil {
			t.Fatal(err)
		}
		n, err := m.PersonalNumber()
		if err != nil || n[3:] != c.Number || m.Birth != c.Birth || m.Expiry != c.Expiry || m.Sex != c.Sex || m.Surname != c.Surname {
			t.Fatalf("reads otherwise: %v", err)
		}
		if !abbreviates(m.Name(), c.Surname+" "+c.Given) || !m.NameFull() && m.Given != c.Given {
			t.Fatal("name reads otherwise")
		}
		information, err := Information(c.Number, c.Birth, c.Expiry)
		if err != nil || information != m.Information() {
			t.Fatalf("key information differs: %v", err)
		}
		for _, f := range []func() (bool, bool){m.BirthKnown, m.ExpiryKnown} {
			if known, ok := f(); !known || !ok {
				t.Fatal("a good date is not known")
			}
		}
	})
}

// abbreviates reports whether every word of a name begins the word of the whole name in its place.
func abbreviates(name, whole string) bool {
	short, long := strings.Fields(name), strings.Fields(whole)
	if len(short) > len(long) {
		return false
	}
	for i, w := range short {
		if !strings.HasPrefix(long[i], w) {
			return false
		}
	}
	return true
}

// TestSlipsProperties changes one digit of a checked field: the zone no longer verifies.
func TestSlipsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, err := cards().Draw(t, "card").Build()
		if err != nil {
			t.Fatal(err)
		}
		// Number, personal number, birth and expiry with their check digits, counted over the joined lines.
		field := rapid.SampledFrom([][2]int{{5, 15}, {15, 27}, {30, 37}, {38, 45}}).Draw(t, "field")
		at := rapid.IntRange(field[0], field[1]-1).Draw(t, "column")
		text := []byte(strings.Join(m.Lines, ""))
		text[at] = '0' + (text[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		slipped, err := Parse(string(text))
		if err != nil {
			t.Fatal(err)
		}
		if slipped.Verify() == nil {
			t.Fatalf("column %d changed, and the zone verifies", at)
		}
	})
}

func TestWellFormedDates(t *testing.T) {
	for text, want := range map[string][2]bool{
		"010201": {true, true}, "0102<<": {false, true}, "01<<<<": {false, true}, "<<0201": {false, true}, "<<<<<<": {false, true},
		"000229": {true, true}, "010229": {false, false}, "<<0229": {false, true}, "011301": {false, false}, "010200": {false, false},
		"01A201": {false, false}, "0102<1": {false, false}, "": {false, false}, "0102011": {false, false}, "010431": {false, false},
	} {
		m := &MRZ{Birth: text, Expiry: text}
		for _, f := range []func() (bool, bool){m.BirthKnown, m.ExpiryKnown} {
			if known, ok := f(); ok != want[1] || ok && known != want[0] {
				t.Errorf("%q: %v, %v", text, known, ok)
			}
		}
	}
	for sex, want := range map[string]bool{"M": true, "F": true, "X": true, "": true, "Q": false, "1": false} {
		if (&MRZ{Sex: sex}).SexStated() != want {
			t.Errorf("sex %q: %v", sex, !want)
		}
	}
}
