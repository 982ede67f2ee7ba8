package catalogue

import (
	"cmp"
	"slices"
	"strings"

	"motcua/kiosk"
)

// Acronyms: "nvqs" is "nghĩa vụ quân sự". People abbreviate by the first letter of every syllable; any run of syllables of a
// title or an alias may be meant.
const (
	shortestAcronym = 3
	longestAcronym  = 7
	acronymReach    = 12 // texts of more words are left out: nobody abbreviates them
	acronymRuns     = 2  // an acronym of several runs stands for the most common ones
)

// acronyms counts, per acronym, the runs of words it may stand for.
type acronyms map[string]map[string]int

func (a acronyms) add(p *kiosk.Procedure) {
	for _, s := range append([]string{p.Title()}, p.Aliases...) {
		ws := words(Fold(s))
		if len(ws) > acronymReach {
			continue
		}
		for i := range ws {
			for n := shortestAcronym; n <= longestAcronym && i+n <= len(ws); n++ {
				a.count(ws[i : i+n])
			}
		}
	}
}

func (a acronyms) count(run []string) {
	var b strings.Builder
	for _, w := range run {
		b.WriteByte(w[0])
	}
	runs := a[b.String()]
	if runs == nil {
		runs = map[string]int{}
		a[b.String()] = runs
	}
	runs[strings.Join(run, " ")]++
}

// most gives, per acronym, its most common runs as words.
func (a acronyms) most() map[string][][]string {
	out := make(map[string][][]string, len(a))
	for short, runs := range a {
		list := make([]string, 0, len(runs))
		for r := range runs {
			list = append(list, r)
		}
		slices.SortFunc(list, func(x, y string) int { return cmp.Or(cmp.Compare(runs[y], runs[x]), cmp.Compare(x, y)) })
		for _, r := range list[:min(len(list), acronymRuns)] {
			out[short] = append(out[short], words(r))
		}
	}
	return out
}

// acronym gives what an unknown word stands for, nil when it is no acronym.
func (x *index) acronym(w string) [][]string {
	if len(w) < shortestAcronym || len(w) > longestAcronym || x.known(w) {
		return nil
	}
	return x.short[w]
}
