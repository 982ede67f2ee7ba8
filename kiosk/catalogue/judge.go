package catalogue

import (
	"slices"
	"strings"

	"motcua/kiosk"
)

// Bars of the judgement, found by trying on the development queries.
const (
	sureCoverage = 0.80 // share of the query's meaning that the first hit must cover to be sure
	sureMargin   = 1.12 // and how far it must stand before the second
	twinMargin   = 1.10 // hits this close to the first are its twins
	askTwins     = 3    // so many near twins mean: ask back
	maxTwins     = 12   // more are not counted
	placeShare   = 0.45 // share of the query's meaning that a phrase of a matter elsewhere must take
)

// judge says whether the first hit is very likely meant, or several tie. They tie in score, or because the query names no more
// than what their titles have in common: "hộ kinh doanh" is the beginning of five procedures.
func (x *index) judge(s *kiosk.Search, q query, top []scored, cover float64) {
	first := top[0].score
	ahead := len(top) == 1 || first >= sureMargin*top[1].score
	s.Confident = cover >= sureCoverage && ahead
	if cover < sureCoverage {
		return
	}
	twins := 0
	for twins < len(top) && top[twins].score*twinMargin >= first {
		twins++
	}
	if twins = min(twins, len(s.Hits)); twins < askTwins {
		twins = x.gather(s, q, top)
	}
	if twins >= askTwins {
		s.Confident, s.AskBack, s.Twins, s.Topic = false, true, twins, topic(s.Hits[:twins])
	}
}

// gather brings the hits that belong to the family of the query to the front and gives how many there are; 0 when the query
// is no family: the first hit does not belong, or is called so in full.
func (x *index) gather(s *kiosk.Search, q query, top []scored) int {
	said := q.words
	if q.said != nil {
		said = q.said
	}
	run := runIn(said, x.called[top[0].doc])
	if run == "" {
		return 0
	}
	named := variantsIn(q.words)
	var in, out []kiosk.Hit
	for i, h := range s.Hits {
		doc := top[i].doc
		belongs := strings.Contains(x.called[doc], " "+run+" ") && x.special[doc]&^named == 0
		switch {
		case i == 0 && (!belongs || x.called[doc] == " "+run+" "):
			return 0
		case belongs:
			in = append(in, h)
		default:
			out = append(out, h)
		}
	}
	if len(in) >= askTwins {
		s.Hits = append(in, out...)
	}
	return len(in)
}

// runIn gives the words, without those of politeness around them, when they are two or more and stand in a title in a row; "" else.
// Folded, a word of politeness may be another word ("cần" is "căn"), so that no more are taken away than must be.
func runIn(ws []string, title string) string {
	for from := 0; from+2 <= len(ws); from++ {
		for to := len(ws); to-from >= 2; to-- {
			if run := strings.Join(ws[from:to], " "); strings.Contains(title, " "+run+" ") {
				return run
			}
			if !filler[ws[to-1]] {
				break
			}
		}
		if !filler[ws[from]] {
			break
		}
	}
	return ""
}

// topic gives the longest run of words that the titles of all hits share, in their spelling; "" when they share less than two.
func topic(hits []kiosk.Hit) string {
	first := strings.Fields(hits[0].Procedure.Title())
	folded := make([]string, len(first))
	for i, w := range first {
		folded[i] = Fold(w)
	}
	for n := len(first); n >= 2; n-- {
		for i := 0; i+n <= len(first); i++ {
			run := " " + strings.Join(folded[i:i+n], " ") + " "
			if !slices.ContainsFunc(hits[1:], func(h kiosk.Hit) bool { return !strings.Contains(" "+Fold(h.Procedure.Title())+" ", run) }) {
				return strings.Trim(strings.Join(first[i:i+n], " "), ",;.() ")
			}
		}
	}
	return ""
}

// coverage is the share of the query's meaning that a procedure holds, 0 to 1. Every word weighs its rarity, a word nobody
// knows weighs most.
func (x *index) coverage(q query, doc int32) float64 {
	var all, held float64
	for i, w := range q.words {
		weight := x.weight(w)
		if filler[w] && q.stands[i] < 0 {
			continue
		}
		all += weight
		held += weight * x.holding(q, i, doc)
	}
	if all == 0 {
		return 0
	}
	return held / all
}

// weight is a word's rarity.
func (x *index) weight(w string) float64 {
	if idf, known := x.idf[w]; known {
		return idf
	}
	return x.maxIDF
}

// Parts of a word's weight that count as held.
const (
	heldAlone    = 0.6 // the word, but beside no neighbour of the query
	heldDiffers  = 0.6 // the word with other diacritics than were typed
	heldRelation = 2.0 / 3
)

func (x *index) holding(q query, i int, doc int32) float64 {
	if q.stands[i] >= 0 && x.holdsMost(doc, q.adds[q.stands[i]]) {
		return 1
	}
	w, share := q.words[i], 1.0
	if !x.has(doc, kindWord, w) {
		return 0
	}
	before := i > 0 && x.has(doc, kindPair, q.words[i-1]+" "+w)
	after := i+1 < len(q.words) && x.has(doc, kindPair, w+" "+q.words[i+1])
	if !before && !after && len(meant(q.words)) > 1 {
		share *= heldAlone
	}
	if len(q.accent) == len(q.words) && !x.has(doc, kindAccent, q.accent[i]) {
		share *= heldDiffers
	}
	return share
}

func (x *index) holdsMost(doc int32, ws []string) bool {
	n := 0
	for _, w := range ws {
		if x.has(doc, kindWord, w) {
			n++
		}
	}
	return float64(n) >= heldRelation*float64(len(ws))
}

// elsewhere tells whether the query is about a matter that is not settled here: a phrase of such a matter takes most of its
// meaning, and no procedure is called by as many of its words.
func (x *index) elsewhere(q query, top []scored) *kiosk.Elsewhere {
	var found *phrase
	most, from, taken := 0, 0, 0
	for i := range q.words {
		if p, n := longest(x.places, q.words, i); p != nil && len(p.words) > most {
			found, most, from, taken = p, len(p.words), i, n
		}
	}
	if found != nil && x.share(q, from, taken) >= placeShare && !x.calledBy(q.words, top, taken) {
		e := found.elsewhere.Elsewhere
		return &e
	}
	if len(top) > 0 && x.coverage(q, top[0].doc) >= sureCoverage {
		return settledAbove(x.procs[top[0].doc])
	}
	return nil
}

// share is the part of the query's meaning that its words from..from+n carry.
func (x *index) share(q query, from, n int) float64 {
	var all, part float64
	for i, w := range q.words {
		in := i >= from && i < from+n
		if filler[w] && !in {
			continue
		}
		all += x.weight(w)
		if in {
			part += x.weight(w)
		}
	}
	return part / max(all, 1e-9)
}

// calledBy reports whether one of the first hits is called, in full, by n or more words in a row of the query.
func (x *index) calledBy(ws []string, top []scored, n int) bool {
	ws = meant(ws)
	for i := range ws {
		for j := max(i+n, i+1); j <= len(ws) && j <= i+12; j++ {
			for _, doc := range x.titles[strings.Join(ws[i:j], " ")] {
				if slices.ContainsFunc(top[:min(3, len(top))], func(s scored) bool { return s.doc == doc }) {
					return true
				}
			}
		}
	}
	return false
}

// levelUnits says who settles what is not the commune's, when the record names no agency.
var levelUnits = map[kiosk.Level]string{
	kiosk.LevelProvince: "Trung tâm Phục vụ hành chính công cấp tỉnh", kiosk.LevelMinistry: "cơ quan trung ương",
}

// settledAbove gives where a procedure that is not the commune's is settled; nil for the commune's own.
func settledAbove(p *kiosk.Procedure) *kiosk.Elsewhere {
	if len(p.Levels) == 0 || slices.Contains(p.Levels, kiosk.LevelCommune) {
		return nil
	}
	unit := p.Agency
	if unit == "" {
		unit = levelUnits[p.Levels[0]]
	}
	return &kiosk.Elsewhere{Topic: p.Title(), Unit: unit}
}
