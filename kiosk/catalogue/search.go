package catalogue

import (
	"cmp"
	"slices"
	"strings"

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
	sureCoverage  = 0.80 // share of the query's meaning that the first hit must cover to be sure
	sureMargin    = 1.12 // and how far it must stand before the second
	twinMargin    = 1.10 // hits this close to the first are its twins
	askTwins      = 3    // so many near twins mean: ask back
	worthShowing  = 0.25 // hits below this share of the first are left out
)

// filler are folded words of politeness and of speaking that say nothing about a procedure.
var filler = setOf(`a oi em anh chi co chu bac toi tui minh cho hoi muon can xin lam giay gi thi la o dau nao duoc khong ko phai
	nhu the vay va voi de cai nay ay nhe a da roi ma cua toi bi ve giup voi mot hai ba nen ra vo vao len`)

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
	stands []int // per word, which of adds it is part of, -1 for none
}

func (x *index) understand(text string) query {
	if len(text) > maxQuery {
		text = strings.ToValidUTF8(text[:maxQuery], "")
	}
	q := query{words: x.repair(words(Fold(text)))}
	if len(q.words) > maxWords {
		q.words = q.words[:maxWords]
	}
	if marked(text) {
		q.accent = accented(text)
	}
	q.stands = make([]int, len(q.words))
	for i := range q.stands {
		q.stands[i] = -1
	}
	x.expand(&q)
	return q
}

// expand finds synonyms, the longest first at every word, so that "sổ đỏ bị sai" is not also "sổ đỏ".
func (x *index) expand(q *query) {
	for i := 0; i < len(q.words); i++ {
		var best *phrase
		for j, p := range x.phrases[q.words[i]] {
			fits := len(p.words) <= len(q.words)-i && slices.Equal(p.words, q.words[i:i+len(p.words)])
			if fits && (best == nil || len(p.words) > len(best.words)) {
				best = &x.phrases[q.words[i]][j]
			}
		}
		if best == nil {
			continue
		}
		for j := range best.words {
			q.stands[i+j] = len(q.adds)
		}
		q.adds = append(q.adds, best.adds)
		i += len(best.words) - 1
	}
}

// search ranks every procedure that shares a term with the query.
func (x *index) search(text string, limit int) kiosk.Search {
	q := x.understand(text)
	scores := make([]float64, len(x.procs))
	x.score(scores, terms(q.words, q.accent), 1)
	for _, adds := range q.adds {
		x.score(scores, terms(adds, nil), synonymWeight)
	}
	x.bonus(scores, q.words)
	return x.answer(q, scores, limit)
}

func (x *index) score(scores []float64, ts []term, weight float64) {
	seen := make(map[term]bool, len(ts))
	for _, t := range ts {
		if seen[t] || t.kind == kindWord && filler[t.text] {
			continue
		}
		seen[t] = true
		for _, p := range x.postings[t] {
			scores[p.doc] += weight * p.impact
		}
	}
}

// bonus favours procedures whose whole title is the query, or whose alias stands inside it; filler words do not count.
func (x *index) bonus(scores []float64, ws []string) {
	ws = meant(ws)
	for _, doc := range x.titles[strings.Join(ws, " ")] {
		scores[doc] += titleBonus
	}
	for i := range ws {
		idf := x.idf[ws[i]]
		for j := i + 1; j < len(ws) && j < i+8; j++ {
			idf += x.idf[ws[j]]
			for _, doc := range x.titles[strings.Join(ws[i:j+1], " ")] {
				scores[doc] += insideBonus * idf
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

// answer sorts, scales the scores to (0, 1] and judges how sure the first hit is.
func (x *index) answer(q query, scores []float64, limit int) kiosk.Search {
	order := make([]int, 0, len(scores))
	for doc, s := range scores {
		if s > 0 {
			order = append(order, doc)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	if len(order) == 0 {
		return kiosk.Search{}
	}
	top := scores[order[0]]
	cover := x.coverage(q, order[0])
	s := kiosk.Search{}
	twins := 0
	for _, doc := range order {
		if scores[doc]*twinMargin >= top {
			twins++
		}
		if len(s.Hits) < limit && scores[doc] >= worthShowing*top {
			s.Hits = append(s.Hits, kiosk.Hit{Procedure: x.procs[doc], Score: scores[doc] / top * max(cover, 0.01)})
		}
	}
	ahead := len(order) == 1 || top >= sureMargin*scores[order[1]]
	s.Confident = cover >= sureCoverage && ahead
	s.AskBack = cover >= sureCoverage && twins >= askTwins
	return s
}

// coverage is the share of the query's meaning that a procedure holds, 0 to 1. Every word weighs its rarity, a word nobody
// knows weighs most. A word is held in full beside a neighbour it also has in the query ("bằng" of "bằng lái" is not the one of
// "bằng tốt nghiệp"), or as part of a synonym whose official words are there; alone, or with other diacritics, it counts less.
func (x *index) coverage(q query, doc int) float64 {
	all, held := 0.0, 0.0
	for i, w := range q.words {
		if filler[w] && q.stands[i] < 0 {
			continue
		}
		weight, known := x.idf[w]
		if !known {
			weight = x.maxIDF
		}
		all += weight
		held += weight * x.holding(q, i, doc)
	}
	if all == 0 {
		return 0
	}
	return held / all
}

// Parts of a word's weight that count as held.
const (
	heldAlone    = 0.6 // the word, but beside no neighbour of the query
	heldDiffers  = 0.6 // the word with other diacritics than were typed
	heldRelation = 2.0 / 3
)

func (x *index) holding(q query, i, doc int) float64 {
	if q.stands[i] >= 0 && x.holdsMost(doc, q.adds[q.stands[i]]) {
		return 1
	}
	w, share := q.words[i], 1.0
	if !x.holds[doc].has(term{kindWord, w}) {
		return 0
	}
	before := i > 0 && x.holds[doc].has(term{kindPair, q.words[i-1] + " " + w})
	after := i+1 < len(q.words) && x.holds[doc].has(term{kindPair, w + " " + q.words[i+1]})
	if !before && !after && len(meant(q.words)) > 1 {
		share *= heldAlone
	}
	if len(q.accent) == len(q.words) && !x.holds[doc].has(term{kindAccent, q.accent[i]}) {
		share *= heldDiffers
	}
	return share
}

func (x *index) holdsMost(doc int, ws []string) bool {
	n := 0
	for _, w := range ws {
		if x.holds[doc].has(term{kindWord, w}) {
			n++
		}
	}
	return float64(n) >= heldRelation*float64(len(ws))
}
