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
	for _, r := range s {
		switch f := foldRune(r); f {
		case foldMark:
			continue
		case foldSpace:
			space = b.Len() > 0
		case foldSlow:
			return foldSlowly(s)
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(f)
		}
	}
	return b.String()
}

// What foldRune gives besides a letter or digit.
const (
	foldMark  = -1 // a combining mark: nothing
	foldSpace = -2 // anything that is no letter and no digit
	foldSlow  = -3 // a rune outside the table
)

// foldTable gives the folded form of every rune below its length: Latin with all its diacritics.
func foldTable() *[0x1f00]rune {
	table := new([0x1f00]rune)
	for r := range rune(len(table)) {
		table[r] = foldSlow
		f := []rune(foldSlowly("a" + string(r) + "a"))
		switch {
		case unicode.Is(unicode.Mn, r):
			table[r] = foldMark
		case string(f) == "a a":
			table[r] = foldSpace
		case len(f) == 3 && f[1] != ' ':
			table[r] = f[1]
		}
	}
	return table
}

func foldRune(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		return r
	case r == ' ':
		return foldSpace
	case int(r) < 0x1f00:
		return foldRunes[r]
	}
	return foldSlow
}

// foldRunes is foldTable, made when the program starts.
var foldRunes = foldTable()

func foldSlowly(s string) string {
	var b strings.Builder
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

// codeInQuery is a code anywhere among words: people read it from a leaflet and say "mã" or "thủ tục" before it.
var codeInQuery = regexp.MustCompile(`(?:^|[^0-9.A-Za-z])([0-9])\.?([0-9]{6})(?:\.[0-9A-Za-z.]*)?(?:$|[^0-9.A-Za-z])`)

// codeIn gives the code that a query names, "" when it names none: "1.001193", "1001193", "mã 1.001193.000.00.00.H41".
func codeIn(query string) string {
	if len(query) > maxQuery {
		query = query[:maxQuery]
	}
	m := codeInQuery.FindStringSubmatch(query)
	if m == nil {
		return ""
	}
	return m[1] + "." + m[2]
}
