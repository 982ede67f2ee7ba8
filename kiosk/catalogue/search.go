package catalogue

import (
	"slices"
	"strings"
	"sync"

	"motcua/kiosk"
)

// Limits of a query; what is longer is cut.
const (
	maxQuery = 400 // bytes
	maxWords = 40
)

// Weights and bars of the ranking, found by trying on the development queries.
const (
	synonymWeight = 0.7  // of words that a synonym adds
	titleBonus    = 12.0 // the query is a title or an alias in full
	insideBonus   = 0.5  // per unit of idf: an alias of two words or more stands inside the query
	rewritten     = 0.6  // of both bonuses when synonyms stand in the words' place
	unnamed       = 0.85 // of the score of a special case that the query does not name
	worthShowing  = 0.25 // hits below this share of the first are left out
)

// filler are folded words of politeness and of speaking that say nothing about a procedure.
var filler = setOf(`a oi em anh chi co chu bac toi tui minh cho hoi muon can xin lam giay gi thi la o dau nao duoc khong ko phai
	nhu the vay va voi de cai nay ay nhe a da roi ma cua toi bi ve giup voi mot hai ba nen ra vo vao len
	ai ne kia hen ha nhen nghen`)

func setOf(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// query is what was understood of the words typed.
type query struct {
	words  []string // folded and repaired
	accent []string // with diacritics, nil when none were typed
	adds   [][]string
	stands []int    // per word, which of adds it is part of, -1 for none
	said   []string // the words with the synonyms in place of what they stand for; nil when there are none
}

func (x *index) understand(text string) query {
	if len(text) > maxQuery {
		text = strings.ToValidUTF8(text[:maxQuery], "")
	}
	q := query{words: x.repair(words(Fold(text)))}
	if len(q.words) > maxWords {
		q.words = q.words[:maxWords]
	}
	q.words = x.near.correct(q.words)
	if marked(text) {
		q.accent = accented(text)
	}
	q.stands = make([]int, len(q.words))
	for i := range q.stands {
		q.stands[i] = -1
	}
	if len(q.words) == 1 || len(x.titles[strings.Join(meant(q.words), " ")]) == 0 { // what is called in full needs no other words
		x.expand(&q)
	}
	return q
}

// expand finds synonyms, the longest first at every word, so that "sổ đỏ bị sai" is not also "sổ đỏ".
func (x *index) expand(q *query) {
	for i := 0; i < len(q.words); i++ {
		best, taken := longest(x.phrases, q.words, i)
		if best == nil {
			x.spellOut(q, i)
			continue
		}
		for j := range taken {
			q.stands[i+j] = len(q.adds)
		}
		q.adds = append(q.adds, best.adds)
		q.said = append(q.said, best.adds...)
		i += taken - 1
	}
	if q.adds == nil {
		q.said = nil
	}
}

// spellOut adds what an acronym stands for; any other word stands for itself.
func (x *index) spellOut(q *query, i int) {
	runs := x.acronym(q.words[i])
	if runs == nil {
		q.said = append(q.said, q.words[i])
		return
	}
	q.stands[i] = len(q.adds)
	q.adds = append(q.adds, runs...)
	q.said = append(q.said, runs[0]...)
}

// pool keeps the score arrays of earlier queries.
type pool struct {
	size int
	sync.Pool
}

func (p *pool) take() *[]float32 {
	if s, ok := p.Get().(*[]float32); ok {
		clear(*s)
		return s
	}
	s := make([]float32, p.size)
	return &s
}

// search ranks every procedure that shares a term with the query; admit leaves out what is not in force.
func (x *index) search(text string, limit int, admit func(*kiosk.Procedure) bool) kiosk.Search {
	q := x.understand(text)
	scratch := x.scratch.take()
	defer x.scratch.Put(scratch)
	scores := *scratch
	x.score(scores, q.words, q.accent, 1)
	for _, adds := range q.adds {
		x.score(scores, adds, nil, synonymWeight)
	}
	x.bonus(scores, q.words, 1)
	x.bonus(scores, q.said, rewritten)
	x.plain(scores, q)
	if admit != nil {
		for doc, p := range x.procs {
			if scores[doc] > 0 && !admit(p) {
				scores[doc] = 0
			}
		}
	}
	return x.answer(q, scores, limit)
}

func (x *index) score(scores []float32, ws, accents []string, weight float32) {
	var seen []int32
	eachTerm(ws, accents, func(k kind, text string) {
		if k == kindWord && filler[text] {
			return
		}
		id := x.id(k, text)
		if id < 0 || slices.Contains(seen, id) {
			return
		}
		seen = append(seen, id)
		for _, p := range x.postings[id] {
			scores[p.doc] += weight * p.impact
		}
	})
}

// variants are words that make a special case of a procedure: who asks for the special case says so.
var variants = [][]string{
	{"nuoc", "ngoai"}, {"bien", "gioi"}, {"luu", "dong"}, {"ky", "lai"}, {"truc", "tuyen"}, {"toan", "trinh"}, {"to", "chuc"}, {"ket", "hop"}, {"goc", "viet"}, {"du", "lieu"},
}

// variantsIn gives the variants that a text names, one bit each.
func variantsIn(ws []string) (bits uint16) {
	for n, v := range variants {
		for i := range ws {
			if i+len(v) <= len(ws) && slices.Equal(ws[i:i+len(v)], v) {
				bits |= 1 << n
			}
		}
	}
	return bits
}

// plain takes a little from special cases that the query does not name.
func (x *index) plain(scores []float32, q query) {
	named := variantsIn(q.words) | variantsIn(q.said)
	for doc, bits := range x.special {
		if bits&^named != 0 {
			scores[doc] *= unnamed
		}
	}
}

// bonus favours procedures whose whole title is the query, or whose alias stands inside it; filler words do not count.
func (x *index) bonus(scores []float32, ws []string, weight float64) {
	if len(ws) == 0 {
		return
	}
	ws = meant(ws)
	for _, doc := range x.titles[strings.Join(ws, " ")] {
		scores[doc] += float32(weight * titleBonus)
	}
	for i := range ws {
		idf := x.idf[ws[i]]
		for j := i + 1; j < len(ws) && j < i+8; j++ {
			idf += x.idf[ws[j]]
			for _, doc := range x.titles[strings.Join(ws[i:j+1], " ")] {
				scores[doc] += float32(weight * insideBonus * idf)
			}
		}
	}
}

// meant gives the words that say something; all of them when that leaves none.
func meant(ws []string) []string {
	kept := make([]string, 0, len(ws))
	for _, w := range ws {
		if !filler[w] {
			kept = append(kept, w)
		}
	}
	if len(kept) == 0 {
		return ws
	}
	return kept
}

// scored is a procedure with its score.
type scored struct {
	doc   int32
	score float32
}

// best gives the n procedures with the highest scores, the highest first, ties in the order of codes.
func best(scores []float32, n int) []scored {
	top := make([]scored, 0, n+1)
	for doc, s := range scores {
		if s <= 0 || len(top) == n && s <= top[n-1].score {
			continue
		}
		at, _ := slices.BinarySearchFunc(top, s, func(a scored, s float32) int {
			if a.score >= s {
				return -1
			}
			return 1
		})
		top = slices.Insert(top, at, scored{int32(doc), s})
		top = top[:min(len(top), n)]
	}
	return top
}

// answer scales the scores to (0, 1] and judges how sure the first hit is.
func (x *index) answer(q query, scores []float32, limit int) kiosk.Search {
	top := best(scores, max(limit, maxTwins+1))
	s := kiosk.Search{Elsewhere: x.elsewhere(q, top)}
	if len(top) == 0 {
		return s
	}
	cover := x.coverage(q, top[0].doc)
	for _, t := range top {
		s.Hits = append(s.Hits, kiosk.Hit{Procedure: x.procs[t.doc], Score: float64(t.score/top[0].score) * max(cover, 0.01)})
	}
	worth := worthShowing * s.Hits[0].Score
	if s.Elsewhere == nil {
		x.judge(&s, q, top, cover) // over more hits than are wanted: how sure it is does not depend on how many are shown
	}
	kept := s.Hits[:0]
	for i, h := range s.Hits {
		if i < s.Twins || h.Score >= worth {
			kept = append(kept, h)
		}
	}
	s.Hits = kept[:min(limit, len(kept))]
	s.Twins = min(s.Twins, len(s.Hits))
	return s
}
