package mrz

import (
	"fmt"
	"strings"
)

// Card is what goes into a TD1 zone. Birth and Expiry are YYMMDD.
type Card struct {
	Code        string // "ID"
	State       string // "VNM"
	Number      string // up to nine characters
	Optional1   string // up to 15 characters
	Birth       string
	Sex         string // "M", "F" or "" for not stated
	Expiry      string
	Nationality string
	Optional2   string // up to 11 characters
	Surname     string // upper case, words separated by a blank; other characters than A-Z become fillers
	Given       string
}

// VietnameseCard fills a [Card] for a twelve-digit number as the cards since 2021 do.
func VietnameseCard(number, birth, sex, expiry, surname, given string) (Card, error) {
	if len(number) != 12 || strings.Trim(number, "0123456789") != "" {
		return Card{}, fmt.Errorf("personal number of %d characters: %w", len(number), ErrField)
	}
	d, err := CheckDigit(number)
	if err != nil {
		return Card{}, err
	}
	return Card{
		Code: "ID", State: "VNM", Number: number[3:], Optional1: number + "<<" + string(d),
		Birth: birth, Sex: sex, Expiry: expiry, Nationality: "VNM", Surname: surname, Given: given,
	}, nil
}

// Build gives the zone with its check digits. Names that do not fit are cut (Doc 9303-5 §4.2.3). Error: ErrField.
func (c Card) Build() (*MRZ, error) {
	fields := []struct {
		name, value string
		width       int
		exact       bool
	}{
		{"code", c.Code, 2, false}, {"state", c.State, 3, false}, {"number", c.Number, 9, false},
		{"optional data 1", c.Optional1, 15, false}, {"date of birth", c.Birth, 6, true}, {"sex", c.Sex, 1, false},
		{"date of expiry", c.Expiry, 6, true}, {"nationality", c.Nationality, 3, false}, {"optional data 2", c.Optional2, 11, false},
	}
	v := make([]string, len(fields))
	for i, f := range fields {
		if len(f.value) > f.width || f.exact && len(f.value) != f.width || checkAlphabet([]string{f.value}) != nil {
			return nil, fmt.Errorf("%s: %w", f.name, ErrField)
		}
		v[i] = f.value + strings.Repeat("<", f.width-len(f.value))
	}
	one := v[0] + v[1] + v[2] + digit(v[2]) + v[3]
	two := v[4] + digit(v[4]) + v[5] + v[6] + digit(v[6]) + v[7] + v[8]
	two += digit(one[5:30] + two[0:7] + two[8:15] + two[18:29])
	return Parse(one + "/" + two + "/" + nameField(c.Surname, c.Given, 30))
}

// digit is CheckDigit for text whose alphabet was checked before.
func digit(s string) string {
	d, err := CheckDigit(s)
	if err != nil {
		return "<"
	}
	return string(d)
}

func nameField(surname, given string, width int) string {
	s := filler(surname)
	if g := filler(given); g != "" {
		s += "<<" + g
	}
	if len(s) > width {
		return cutName(s, width)
	}
	return s + strings.Repeat("<", width-len(s))
}

// cutName cuts a name so that its last character is a letter, which tells the reader that something may be missing (Doc 9303-3
// §4.6): where the cut would fall behind a word, the last word of more than a letter gives one up for the first of the next.
func cutName(s string, width int) string {
	for i := width - 2; s[width-1] == '<' && i > 0; i-- {
		if s[i] != '<' && s[i-1] != '<' && s[i+1] == '<' {
			s = s[:i] + s[i+1:]
		}
	}
	return s[:min(width, len(s))]
}

// filler writes a name with single fillers between its words.
func filler(name string) string {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r < 'A' || r > 'Z' })
	return strings.Join(parts, "<")
}
