package catalogue

import (
	"slices"
	"strings"
)

// phrase is everyday words, to be found in a row, and what they stand for: official words, or a matter settled elsewhere.
// The word "*" stands for up to three words: "sổ đỏ * sai" is found in "sổ đỏ nhà tôi bị sai".
type phrase struct {
	words     []string
	adds      []string
	elsewhere *Elsewhere
}

// gapWord is "*" after folding, which would drop the sign.
const (
	gapWord = "xgapx"
	maxGap  = 3
)

func starred(s string) string { return strings.ReplaceAll(s, "*", gapWord) }

// addPhrase notes a phrase by its first word, and its words and pairs as known.
func (x *index) addPhrase(m map[string][]phrase, p phrase) {
	m[p.words[0]] = append(m[p.words[0]], p)
	for i, w := range p.words {
		x.spoken[w] = true
		if i > 0 {
			x.spoken[p.words[i-1]+" "+w] = true
		}
	}
}

// longest gives the phrase that takes most words of ws from i on, and how many; nil when none fits.
func longest(m map[string][]phrase, ws []string, i int) (best *phrase, taken int) {
	list := m[ws[i]]
	for j := range list {
		if n := list[j].match(ws[i:]); n > taken || n == taken && best != nil && len(list[j].words) > len(best.words) {
			best, taken = &list[j], n
		}
	}
	return best, taken
}

// match gives how many words of ws, from its first, the phrase takes; 0 when it does not fit.
func (p *phrase) match(ws []string) int {
	at := 0
	for i, w := range p.words {
		if w == gapWord {
			continue
		}
		reach := 0
		if i > 0 && p.words[i-1] == gapWord {
			reach = maxGap
		}
		found := slices.Index(ws[at:min(at+reach+1, len(ws))], w)
		if found < 0 {
			return 0
		}
		at += found + 1
	}
	return at
}
