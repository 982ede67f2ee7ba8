package catalogue

import (
	"slices"
	"strings"
)

// speller knows which words are one slip of the fingers, or one dialect, from another.
//
// Slips are found by deletion: two words are within one letter (changed, missing, too many, or two exchanged) only when
// taking at most one letter from each leaves the same. Dialects are found by sound.
type speller struct {
	x       *index
	deletes map[string][]string
	sounds  map[string][]string
}

// shortest is the length below which one letter makes another word.
const shortest = 3

func newSpeller(x *index) *speller {
	s := &speller{x: x, deletes: map[string][]string{}, sounds: map[string][]string{}}
	vocabulary := make([]string, 0, len(x.terms[kindWord]))
	for w := range x.terms[kindWord] {
		vocabulary = append(vocabulary, w)
	}
	for w := range x.spoken {
		if x.id(kindWord, w) < 0 && !strings.Contains(w, " ") && w != gapWord {
			vocabulary = append(vocabulary, w)
		}
	}
	slices.Sort(vocabulary)
	for _, w := range vocabulary {
		if len(w) < shortest || strings.ContainsAny(w, "0123456789") {
			continue
		}
		s.sounds[soundOf(w)] = append(s.sounds[soundOf(w)], w)
		for _, d := range deletions(w) {
			s.deletes[d] = append(s.deletes[d], w)
		}
	}
	return s
}

// deletions gives a word and what is left when one of its letters is taken.
func deletions(w string) []string {
	all := make([]string, 0, len(w)+1)
	all = append(all, w)
	for i := range len(w) {
		if i == 0 || w[i] != w[i-1] {
			all = append(all, w[:i]+w[i+1:])
		}
	}
	return all
}

// correct gives the words with slips undone where the neighbours tell which word was meant. A word that the catalogue knows
// changes only when it stands beside no neighbour it is ever seen with, and another word would.
func (s *speller) correct(ws []string) []string {
	out := slices.Clone(ws)
	for i, w := range out {
		if len(w) < shortest || len(w) > maxGlued || filler[w] || s.x.acronym(w) != nil && !strings.ContainsAny(w, "aeiouy") {
			continue
		}
		known := s.x.known(w)
		if known && s.fit(out, i, w) > 0 {
			continue
		}
		if better := s.best(out, i, known); better != "" {
			out[i] = better
		}
	}
	return out
}

// best gives the candidate that fits its neighbours best, "" when none does.
func (s *speller) best(ws []string, i int, known bool) string {
	w := ws[i]
	best, most, tied := "", 0.0, false
	for _, c := range s.candidates(w) {
		score := s.fit(ws, i, c)
		if score == 0 && !known {
			score = 0.01 // an unknown word may be corrected without help, when there is but one choice
		}
		if score > 0 && soundOf(c) == soundOf(w) {
			score *= 1.5
		}
		switch {
		case score > most:
			best, most, tied = c, score, false
		case score == most && c != best:
			tied = true
		}
	}
	if tied && most < 0.1 {
		return ""
	}
	return best
}

func (s *speller) candidates(w string) []string {
	var all []string
	add := func(c string) {
		if c != w && !filler[c] && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	for _, c := range s.sounds[soundOf(w)] {
		add(c)
	}
	for _, d := range deletions(w) {
		for _, c := range s.deletes[d] {
			if within1(w, c) {
				add(c)
			}
		}
	}
	return all
}

// fit says how well a word goes with its neighbours: the number of procedures that hold the pair, damped.
func (s *speller) fit(ws []string, i int, w string) float64 {
	sum := 0.0
	if i > 0 {
		sum += s.pair(ws[i-1] + " " + w)
	}
	if i+1 < len(ws) {
		sum += s.pair(w + " " + ws[i+1])
	}
	return sum
}

func (s *speller) pair(text string) float64 {
	id := s.x.id(kindPair, text)
	if id < 0 {
		if s.x.spoken[text] {
			return 1
		}
		return 0
	}
	n := float64(len(s.x.postings[id]))
	return 1 + n/(n+10)
}

// OneSlip reports whether two folded texts are the same but for one letter: changed, missing, too many, or two exchanged.
func OneSlip(a, b string) bool { return within1(a, b) }

// within1 reports whether one letter changed, missing, too many, or two neighbours exchanged make b of a.
func within1(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	if i == len(a) || a[i+1:] == b[i+1:] {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
