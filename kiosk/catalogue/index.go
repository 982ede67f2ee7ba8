package catalogue

import (
	"math"
	"strings"

	"motcua/kiosk"
)

// kind separates the vocabularies of the index. Each is ranked by BM25 of its own and added with its weight.
type kind byte

const (
	kindWord   kind = 'w' // folded words
	kindPair   kind = 'p' // two folded words in a row: Vietnamese words have mostly two syllables
	kindAccent kind = 'a' // words with their diacritics: hộ is not hồ
	kindSound  kind = 's' // sound-alike words
	kindSounds kind = 't' // two sound-alike words in a row
	kindGram   kind = 'g' // three letters in a row, for typing errors
)

// weights of the kinds, found by trying on the development queries.
var weights = map[kind]float64{kindWord: 1, kindPair: 1, kindAccent: 0.3, kindSound: 0.2, kindSounds: 0.4, kindGram: 0.12}

// Weights of the parts of a procedure.
const (
	partShort   = 2.0
	partAlias   = 1.6
	partName    = 1.0
	partField   = 0.3
	partResults = 0.3
)

// BM25's usual constants, with less penalty for length: official names run to 260 characters.
const (
	k1 = 1.2
	b  = 0.4
)

// term is an entry of one kind's vocabulary.
type term struct {
	kind kind
	text string
}

// posting is a procedure that holds a term, with the term's whole contribution.
type posting struct {
	doc    int
	impact float64
}

// phrase is a synonym: words to find in a row, and the official words they stand for.
type phrase struct {
	words []string
	adds  []string
}

// index answers queries. It never changes.
type index struct {
	procs    []*kiosk.Procedure
	postings map[term][]posting
	holds    []docTerms // per procedure, its terms with their weighted frequency
	idf      map[string]float64
	maxIDF   float64
	longest  int // letters of the longest word
	titles   map[string][]int
	phrases  map[string][]phrase // by first word
}

// docTerms is one procedure's terms with their weighted frequency.
type docTerms map[term]float64

func newIndex(procs []*kiosk.Procedure, synonyms map[string]string) *index {
	x := &index{
		procs: procs, postings: map[term][]posting{}, idf: map[string]float64{},
		titles: map[string][]int{}, phrases: map[string][]phrase{},
	}
	for i, p := range procs {
		x.holds = append(x.holds, termsOf(p))
		x.addTitles(i, p)
	}
	x.rank(x.holds)
	for from, to := range synonyms {
		ph := phrase{words(Fold(from)), words(Fold(to))}
		x.phrases[ph.words[0]] = append(x.phrases[ph.words[0]], ph)
	}
	return x
}

// addTitles notes every way in which a procedure is called in full.
func (x *index) addTitles(doc int, p *kiosk.Procedure) {
	seen := map[string]bool{}
	for _, s := range append([]string{p.Name, p.Short}, p.Aliases...) {
		if t := strings.Join(meant(words(Fold(s))), " "); t != "" && !seen[t] {
			seen[t] = true
			x.titles[t] = append(x.titles[t], doc)
		}
	}
}

func termsOf(p *kiosk.Procedure) docTerms {
	d := docTerms{}
	d.add(p.Name, partName)
	d.add(p.Short, partShort)
	d.add(p.Field, partField)
	for _, a := range p.Aliases {
		d.add(a, partAlias)
	}
	for _, r := range p.Results {
		d.add(r.Name, partResults)
	}
	return d
}

func (d docTerms) add(text string, weight float64) {
	for _, t := range terms(words(Fold(text)), accented(text)) {
		d[t] += weight
	}
}

// terms gives the terms of a text: its folded words and, when wanted, its words with diacritics.
func terms(folded, accents []string) []term {
	all := make([]term, 0, 8*len(folded)+len(accents))
	for i, w := range folded {
		all = append(all, term{kindWord, w}, term{kindSound, soundOf(w)})
		if i > 0 {
			all = append(all, term{kindPair, folded[i-1] + " " + w}, term{kindSounds, soundOf(folded[i-1]) + " " + soundOf(w)})
		}
		padded := []rune(" " + w + " ")
		for j := 0; j+3 <= len(padded); j++ {
			all = append(all, term{kindGram, string(padded[j : j+3])})
		}
	}
	for _, w := range accents {
		all = append(all, term{kindAccent, w})
	}
	return all
}

func (d docTerms) has(t term) bool { return d[t] > 0 }

// rank turns frequencies into the contributions of BM25.
func (x *index) rank(docs []docTerms) {
	holders := map[term]int{}
	lengths := make([]map[kind]float64, len(docs))
	mean := map[kind]float64{}
	for i, d := range docs {
		lengths[i] = map[kind]float64{}
		for t, f := range d {
			holders[t]++
			lengths[i][t.kind] += f
			mean[t.kind] += f / float64(len(docs))
		}
	}
	n := float64(len(docs))
	idf := func(t term) float64 {
		h := float64(holders[t])
		return math.Log(1 + (n-h+0.5)/(h+0.5))
	}
	for i, d := range docs {
		for t, f := range d {
			norm := k1 * (1 - b + b*lengths[i][t.kind]/mean[t.kind])
			impact := weights[t.kind] * idf(t) * f * (k1 + 1) / (f + norm)
			x.postings[t] = append(x.postings[t], posting{i, impact})
		}
	}
	for t := range holders {
		if t.kind != kindWord {
			continue
		}
		x.idf[t.text] = idf(t)
		x.maxIDF = max(x.maxIDF, idf(t))
		x.longest = max(x.longest, len(t.text))
	}
}
