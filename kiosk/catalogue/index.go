package catalogue

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"motcua/kiosk"
)

// kind separates the vocabularies of the index. Each is ranked by BM25 of its own and added with its weight.
type kind byte

const (
	kindWord   kind = iota // folded words
	kindPair               // two folded words in a row: Vietnamese words have mostly two syllables
	kindAccent             // words with their diacritics: hộ is not hồ
	kindSound              // sound-alike words
	kindSounds             // two sound-alike words in a row
	kindGram               // three letters in a row, for typing errors
	kinds                  // how many there are
)

// weights of the kinds, found by trying on the development queries.
var weights = [kinds]float64{kindWord: 1, kindPair: 1, kindAccent: 0.3, kindSound: 0.2, kindSounds: 0.4, kindGram: 0.12}

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
	k1    = 1.2
	bm25b = 0.4
)

// In a large catalogue a sound or trigram that this share of the procedures holds says next to nothing and costs most of the
// time: it is not indexed.
const (
	largeCatalogue = 1_000
	commonShare    = 0.15
)

// posting is a procedure that holds a term, with the term's whole contribution.
type posting struct {
	doc    int32
	impact float32
}

// index answers queries. It never changes.
type index struct {
	procs    []*kiosk.Procedure
	terms    [kinds]map[string]int32 // text to id
	postings [][]posting             // by id
	holds    [][]int32               // per procedure, the ids of its words, pairs and accented words, sorted
	idf      map[string]float64      // of folded words
	maxIDF   float64
	longest  int      // letters of the longest word
	special  []uint16 // per procedure, which of [variants] it is
	called   []string // per procedure, its folded title between spaces
	titles   map[string][]int32
	phrases  map[string][]phrase   // synonyms by first word
	places   map[string][]phrase   // what is settled elsewhere, by first word
	spoken   map[string]bool       // words and pairs of the phrases
	short    map[string][][]string // acronyms and what they may stand for
	near     *speller
	scratch  pool
}

func newIndex(procs []*kiosk.Procedure, synonyms map[string]string, elsewhere []Elsewhere) *index {
	x := &index{procs: procs, idf: map[string]float64{}, titles: map[string][]int32{}, phrases: map[string][]phrase{}, places: map[string][]phrase{}, spoken: map[string]bool{}}
	for k := range x.terms {
		x.terms[k] = map[string]int32{}
	}
	build := builder{index: x, count: map[int32]float32{}}
	acro := acronyms{}
	for i, p := range procs {
		build.add(p)
		acro.add(p)
		x.addTitles(int32(i), p)
		title := Fold(p.Title())
		x.called = append(x.called, " "+title+" ")
		x.special = append(x.special, variantsIn(words(title)))
	}
	build.rank()
	for from, to := range synonyms {
		x.addPhrase(x.phrases, phrase{words: words(Fold(starred(from))), adds: words(Fold(to))})
	}
	for i := range elsewhere {
		for _, s := range elsewhere[i].Phrases {
			x.addPhrase(x.places, phrase{words: words(Fold(starred(s))), elsewhere: &elsewhere[i]})
		}
	}
	x.short = acro.most()
	x.near = newSpeller(x)
	x.scratch.size = len(procs)
	return x
}

// addTitles notes every way in which a procedure is called in full.
func (x *index) addTitles(doc int32, p *kiosk.Procedure) {
	var seen []string
	for _, s := range append([]string{p.Name, p.Short}, p.Aliases...) {
		if t := strings.Join(meant(words(Fold(s))), " "); t != "" && !slices.Contains(seen, t) {
			seen = append(seen, t)
			x.titles[t] = append(x.titles[t], doc)
		}
	}
}

// id gives the id of a term, -1 when no procedure holds it.
func (x *index) id(k kind, text string) int32 {
	if id, ok := x.terms[k][text]; ok {
		return id
	}
	return -1
}

// has reports whether a procedure holds a word, a pair or an accented word.
func (x *index) has(doc int32, k kind, text string) bool {
	id := x.id(k, text)
	if id < 0 {
		return false
	}
	_, found := slices.BinarySearch(x.holds[doc], id)
	return found
}

// weighed is a term of one procedure with its weighted frequency.
type weighed struct {
	id int32
	n  float32
}

// builder gathers the terms of every procedure before they are ranked.
type builder struct {
	*index
	kindOf []kind
	docs   [][]weighed
	count  map[int32]float32 // of the procedure at hand
}

func (b *builder) add(p *kiosk.Procedure) {
	clear(b.count)
	b.text(p.Name, partName)
	b.text(p.Short, partShort)
	b.text(p.Field, partField)
	for _, a := range p.Aliases {
		b.text(a, partAlias)
	}
	for _, r := range p.Results {
		b.text(r.Name, partResults)
	}
	doc := make([]weighed, 0, len(b.count))
	for id, n := range b.count {
		doc = append(doc, weighed{id, n})
	}
	slices.SortFunc(doc, func(a, c weighed) int { return cmp.Compare(a.id, c.id) })
	b.docs = append(b.docs, doc)
}

func (b *builder) text(s string, weight float32) {
	eachTerm(words(Fold(s)), accented(s), func(k kind, text string) {
		id, ok := b.terms[k][text]
		if !ok {
			id = int32(len(b.kindOf))
			b.terms[k][strings.Clone(text)] = id
			b.kindOf = append(b.kindOf, k)
		}
		b.count[id] += weight
	})
}

// eachTerm gives the terms of a text: of its folded words and of its words with diacritics.
func eachTerm(folded, accents []string, take func(k kind, text string)) {
	last := ""
	for i, w := range folded {
		sound := soundOf(w)
		take(kindWord, w)
		take(kindSound, sound)
		if i > 0 {
			take(kindPair, folded[i-1]+" "+w)
			take(kindSounds, last+" "+sound)
		}
		last = sound
		padded := " " + w + " "
		for j := 0; j+3 <= len(padded); j++ { // folded words are mostly ASCII; a cut rune is a gram like another
			take(kindGram, padded[j:j+3])
		}
	}
	for _, w := range accents {
		take(kindAccent, w)
	}
}

// rank turns frequencies into the contributions of BM25.
func (b *builder) rank() {
	x := b.index
	holders := make([]int32, len(b.kindOf))
	lengths := make([][kinds]float64, len(b.docs))
	var mean [kinds]float64
	for i, d := range b.docs {
		for _, t := range d {
			holders[t.id]++
			lengths[i][b.kindOf[t.id]] += float64(t.n)
		}
		for k := range mean {
			mean[k] += lengths[i][k] / float64(len(b.docs))
		}
	}
	n := float64(len(b.docs))
	idf := func(id int32) float64 {
		h := float64(holders[id])
		return math.Log(1 + (n-h+0.5)/(h+0.5))
	}
	x.postings = make([][]posting, len(b.kindOf))
	for id, h := range holders {
		if !b.silent(b.kindOf[id], h) {
			x.postings[id] = make([]posting, 0, h)
		}
	}
	for i, d := range b.docs {
		for _, t := range d {
			k := b.kindOf[t.id]
			if cap(x.postings[t.id]) == 0 {
				continue
			}
			norm := k1 * (1 - bm25b + bm25b*lengths[i][k]/mean[k])
			impact := weights[k] * idf(t.id) * float64(t.n) * (k1 + 1) / (float64(t.n) + norm)
			x.postings[t.id] = append(x.postings[t.id], posting{int32(i), float32(impact)})
		}
		x.holds = append(x.holds, b.held(d))
	}
	for w, id := range x.terms[kindWord] {
		x.idf[w] = idf(id)
		x.maxIDF = max(x.maxIDF, x.idf[w])
		x.longest = max(x.longest, len(w))
	}
}

// silent reports whether a term is held by so many that it is not worth its time.
func (b *builder) silent(k kind, holders int32) bool {
	return (k == kindSound || k == kindGram) && len(b.docs) > largeCatalogue && float64(holders) > commonShare*float64(len(b.docs))
}

// held keeps the ids that [index.has] is asked for.
func (b *builder) held(d []weighed) []int32 {
	ids := make([]int32, 0, len(d)/2)
	for _, t := range d {
		if k := b.kindOf[t.id]; k <= kindAccent {
			ids = append(ids, t.id)
		}
	}
	return ids
}
