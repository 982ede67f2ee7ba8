package catalogue

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold gives text as it is compared: lower case, no diacritics, đ as d, everything but letters and digits one space.
// NFC and NFD forms of a text fold to the same.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case r == 'đ' || r == 'Đ':
			r = 'd'
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// words splits folded text.
func words(folded string) []string { return strings.Fields(folded) }

// accented gives the words of s in lower case with their diacritics.
func accented(s string) []string {
	return strings.FieldsFunc(strings.ToLower(norm.NFC.String(s)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// marked reports whether s carries any Vietnamese diacritic, so that its spelling says more than its folded form.
func marked(s string) bool {
	for _, r := range norm.NFD.String(s) {
		if unicode.Is(unicode.Mn, r) || r == 'đ' || r == 'Đ' {
			return true
		}
	}
	return false
}

// sounds are the spellings that speakers of one region or another cannot tell apart, longest first.
var sounds = strings.NewReplacer(
	"kh", "kh", "ch", "ch", "ngh", "ng", "ng", "ng", "gh", "g", "tr", "ch", "gi", "d", "x", "s", "r", "d", "y", "i", "ph", "f", "k", "c", "qu", "w",
)

// soundOf gives the sound-alike form of a folded word: "tru" and "chu" are the same.
func soundOf(word string) string { return sounds.Replace(word) }

var codeInQuery = regexp.MustCompile(`^\s*([0-9])\.?([0-9]{6})(\.[0-9A-Za-z.]*)?\s*$`)

// codeIn gives the code that a query is, "" when it is none: "1.001193", "1001193", "1.001193.000.00.00.H41".
func codeIn(query string) string {
	m := codeInQuery.FindStringSubmatch(query)
	if m == nil {
		return ""
	}
	return m[1] + "." + m[2]
}
