package catalogue

import "strings"

// repair gives the folded words of a query as the index knows them: what the keyboard left over is undone, words run
// together are parted. A word that no repair makes known stays as it is; letter trigrams and sounds may still find it.
func (x *index) repair(folded []string) []string {
	out := make([]string, 0, len(folded))
	for _, w := range folded {
		if x.known(w) || x.acronym(w) != nil && !strings.ContainsAny(w, "aeiouy") {
			out = append(out, w)
			continue
		}
		if r := x.untyped(w); r != "" {
			out = append(out, r)
			continue
		}
		if parts := x.part(w); parts != nil {
			out = append(out, parts...)
			continue
		}
		out = append(out, w)
	}
	return out
}

// known reports whether a word stands in a procedure, a synonym or a matter elsewhere, or is one of politeness.
func (x *index) known(w string) bool {
	_, ok := x.idf[w]
	return ok || x.spoken[w] || filler[w]
}

// untyped undoes Telex ("thuwowngf", "keets", "hooj") and VNI ("gia61y") letters, and a letter struck twice ("sinhh").
// It gives "" when the result is not a known word.
func (x *index) untyped(w string) string {
	for _, r := range []string{unVNI(w), unTelex(w), unTelex(unDouble(w)), unDouble(w)} {
		if r != w && x.known(r) {
			return r
		}
	}
	return ""
}

func unVNI(w string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, w)
}

// telex maps doubled letters and hooks to the folded letter.
var telex = strings.NewReplacer("aa", "a", "ee", "e", "oo", "o", "dd", "d", "aw", "a", "uw", "u", "ow", "o")

// unTelex takes the tone letter from the end (or from before the final consonants) and undoes doubled letters.
func unTelex(w string) string {
	w = telex.Replace(w)
	if n := len(w); n > 2 && strings.ContainsRune("sfrxjwz", rune(w[n-1])) {
		return strings.ReplaceAll(w[:n-1], "w", "")
	}
	for _, final := range []string{"ng", "nh", "ch", "n", "m", "t", "c", "p"} {
		stem, ok := strings.CutSuffix(w, final)
		if n := len(stem); ok && n > 1 && strings.ContainsRune("sfrxj", rune(stem[n-1])) {
			return strings.ReplaceAll(stem[:n-1]+final, "w", "")
		}
	}
	return strings.ReplaceAll(w, "w", "")
}

// unDouble takes one of two equal letters at the end.
func unDouble(w string) string {
	if n := len(w); n > 2 && w[n-1] == w[n-2] {
		return w[:n-1]
	}
	return w
}

// maxGlued limits the letters of a word that is tried to be parted.
const maxGlued = 60

// part cuts a word into known words, as few as possible; nil when that is not possible. Words of one letter do not count.
func (x *index) part(w string) []string {
	if len(w) < 5 || len(w) > maxGlued {
		return nil
	}
	type cut struct{ count, from int }
	best := make([]cut, len(w)+1)
	for i := 1; i <= len(w); i++ {
		for j := max(0, i-x.longest); j <= i-2; j++ {
			if j > 0 && best[j].count == 0 || !x.known(w[j:i]) {
				continue
			}
			if n := best[j].count + 1; best[i].count == 0 || n < best[i].count {
				best[i] = cut{n, j}
			}
		}
	}
	if best[len(w)].count < 2 {
		return nil
	}
	var parts []string
	for i := len(w); i > 0; i = best[i].from {
		parts = append([]string{w[best[i].from:i]}, parts...)
	}
	return parts
}
