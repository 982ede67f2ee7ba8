package face

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// Interval holds the true value with a probability of 95 %.
type Interval [2]float64

// Rates are the error rates over scored pairs. Their maps go by the false accept rate ("0.001").
type Rates struct {
	Genuine        int                 `json:"genuine"`
	Impostor       int                 `json:"impostor"`
	EER            float64             `json:"eer"`
	EERInterval    Interval            `json:"eer_ci95"` // bootstrap by persons
	TARAtFAR       map[string]float64  `json:"tar_at_far"`
	TARInterval    map[string]Interval `json:"tar_ci95"`           // Wilson: of the pairs, the threshold taken as given
	TARBootstrap   map[string]Interval `json:"tar_ci95_bootstrap"` // by persons: of who was photographed, threshold included
	ThresholdAtFAR map[string]float64  `json:"threshold_at_far"`
	GenuineMean    float64             `json:"genuine_mean"`
	ImpostorMean   float64             `json:"impostor_mean"`
	Unresolved     []string            `json:"unresolved,omitempty"` // rates that this many impostor pairs cannot resolve

	curve []Operating
}

// Operating is one place of the curve of two errors.
type Operating struct{ Threshold, FAR, FRR float64 }

// FARs are the false accept rates reported.
var FARs = []string{"0.01", "0.001", "0.0001"}

// farOf gives the number of one of FARs.
func farOf(i int) float64 { return math.Pow(10, -float64(i+2)) }

// trial is a scored pair and the persons in it.
type trial struct {
	score float64
	p, q  int
}

// trials are the scored pairs of a list, in order of their scores, of persons 0…people-1.
type trials struct {
	gen, imp []trial
	people   int
}

func (t *trials) add(s float64, p, q int, same bool) {
	switch {
	case math.IsNaN(s):
	case same:
		t.gen = append(t.gen, trial{s, p, q})
	default:
		t.imp = append(t.imp, trial{s, p, q})
	}
}

func (t *trials) sort() {
	less := func(set []trial) func(i, j int) bool {
		return func(i, j int) bool { return set[i].score < set[j].score }
	}
	sort.SliceStable(t.gen, less(t.gen))
	sort.SliceStable(t.imp, less(t.imp))
}

// rates gives the figures.
func (t *trials) rates() Rates {
	t.sort()
	gen, imp := scores(t.gen), scores(t.imp)
	r := Rates{
		Genuine: len(gen), Impostor: len(imp), EER: eer(gen, imp), GenuineMean: mean(gen), ImpostorMean: mean(imp),
		TARAtFAR: map[string]float64{}, TARInterval: map[string]Interval{}, TARBootstrap: map[string]Interval{},
		ThresholdAtFAR: map[string]float64{}, curve: curve(gen, imp),
	}
	for i, name := range FARs {
		th := thresholdAt(imp, farOf(i))
		r.ThresholdAtFAR[name] = th
		r.TARAtFAR[name] = above(gen, th)
		r.TARInterval[name] = wilson(above(gen, th)*float64(len(gen)), len(gen))
		if float64(len(imp))*farOf(i) < 1 {
			r.Unresolved = append(r.Unresolved, name)
		}
	}
	t.bootstrap(&r)
	return r
}

func scores(set []trial) []float64 {
	out := make([]float64, len(set))
	for i := range set {
		out[i] = set[i].score
	}
	return out
}

// At gives the rates at a fixed threshold.
func (t *trials) at(threshold float64) Operating {
	return Operating{threshold, above(scores(t.imp), threshold), 1 - above(scores(t.gen), threshold)}
}

// thresholdAt gives the lowest score at which no more than the part far of the sorted impostor scores is above; 1 without scores.
func thresholdAt(imp []float64, far float64) float64 {
	if len(imp) == 0 {
		return 1
	}
	allowed := int(math.Floor(float64(len(imp))*far + 1e-9))
	return imp[max(0, len(imp)-1-allowed)]
}

// above is the part of the sorted scores above t; 0 without scores.
func above(sorted []float64, t float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := sort.Search(len(sorted), func(i int) bool { return sorted[i] > t })
	return float64(len(sorted)-i) / float64(len(sorted))
}

// eer is the rate at which false accepts and false rejects are equal; both sets are sorted. 1 when a set is empty.
func eer(gen, imp []float64) float64 {
	if len(gen) == 0 || len(imp) == 0 {
		return 1
	}
	best, gap := 1.0, math.Inf(1)
	for _, set := range [2][]float64{gen, imp} {
		for _, t := range set {
			far, frr := above(imp, t), 1-above(gen, t)
			if d := math.Abs(far - frr); d < gap {
				best, gap = (far+frr)/2, d
			}
		}
	}
	return best
}

// curvePoints is how many places a curve has at most: at false accept rates that are evenly spaced on a logarithmic scale.
const curvePoints = 160

// curve gives the places of the curve of two errors, false accept rates falling.
func curve(gen, imp []float64) (out []Operating) {
	if len(gen) == 0 || len(imp) == 0 {
		return nil
	}
	lowest := 1 / float64(len(imp))
	for i := range curvePoints {
		far := math.Pow(lowest, float64(i)/(curvePoints-1))
		o := Operating{Threshold: thresholdAt(imp, far)}
		o.FAR, o.FRR = above(imp, o.Threshold), 1-above(gen, o.Threshold)
		if n := len(out); n == 0 || out[n-1].FAR != o.FAR {
			out = append(out, o)
		}
	}
	return out
}

func mean(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}

// z95 is the normal deviate that leaves 2.5 % on either side.
const z95 = 1.959963984540054

// wilson is Wilson's score interval of k successes in n trials (Wilson, JASA 22, 1927); 0…1 without trials.
func wilson(k float64, n int) Interval {
	if n == 0 {
		return Interval{0, 1}
	}
	m, p := float64(n), k/float64(n)
	mid := (p + z95*z95/(2*m)) / (1 + z95*z95/m)
	half := z95 / (1 + z95*z95/m) * math.Sqrt(p*(1-p)/m+z95*z95/(4*m*m))
	return Interval{max(0, mid-half), min(1, mid+half)}
}

// replicates is how many samples of persons the bootstrap draws.
const replicates = 400

// bootstrap fills in the intervals that come from drawing persons with replacement: pictures of one person depend on each
// other, so drawing pairs would give intervals that are too narrow (Bolle, Ratha, Pankanti: Error analysis of pattern
// recognition systems, 2004). A pair counts as often as its persons were drawn. The sequence of draws is always the same.
func (t *trials) bootstrap(r *Rates) {
	if len(t.gen) == 0 || len(t.imp) == 0 {
		r.EERInterval = Interval{0, 1}
		for _, name := range FARs {
			r.TARBootstrap[name] = Interval{0, 1}
		}
		return
	}
	rng := rand.New(rand.NewPCG(1, 2))
	equal, accepts := []float64{}, make([][]float64, len(FARs))
	drawn := make([]float64, t.people)
	for range replicates {
		clear(drawn)
		for range drawn {
			drawn[rng.IntN(len(drawn))]++
		}
		if e, tar, ok := t.drawn(drawn); ok {
			equal = append(equal, e)
			for i := range FARs {
				accepts[i] = append(accepts[i], tar[i])
			}
		}
	}
	r.EERInterval = middle95(equal)
	for i, name := range FARs {
		r.TARBootstrap[name] = middle95(accepts[i])
	}
}

// drawn gives equal error rate and true accept rates when each person counts as often as drawn; false when nothing is left.
func (t *trials) drawn(times []float64) (equal float64, tar []float64, ok bool) {
	genuine := func(x trial) float64 { return times[x.p] }
	impostor := func(x trial) float64 { return times[x.p] * times[x.q] }
	var g, f float64
	for _, x := range t.gen {
		g += genuine(x)
	}
	for _, x := range t.imp {
		f += impostor(x)
	}
	if g == 0 || f == 0 {
		return 0, nil, false
	}
	for i := range FARs {
		th, over := math.Inf(-1), 0.0
		for j := len(t.imp) - 1; j >= 0; j-- {
			if over += impostor(t.imp[j]); over > f*farOf(i)+1e-9 {
				th = t.imp[j].score
				break
			}
		}
		pass := 0.0
		for j := len(t.gen) - 1; j >= 0 && t.gen[j].score > th; j-- {
			pass += genuine(t.gen[j])
		}
		tar = append(tar, pass/g)
	}
	return t.crossing(genuine, impostor, g, f), tar, true
}

// crossing walks up the scores of both sets until false accepts no longer outnumber false rejects.
func (t *trials) crossing(genuine, impostor func(trial) float64, g, f float64) float64 {
	reject, accept, j := 0.0, f, 0
	for _, x := range t.gen {
		for ; j < len(t.imp) && t.imp[j].score <= x.score; j++ {
			if accept -= impostor(t.imp[j]); accept/f <= reject/g {
				return (reject/g + accept/f) / 2
			}
		}
		if reject += genuine(x); accept/f <= reject/g {
			return (reject/g + accept/f) / 2
		}
	}
	return 1
}

// middle95 is what the middle 95 % of values span.
func middle95(v []float64) Interval {
	if len(v) == 0 {
		return Interval{0, 1}
	}
	slices.Sort(v)
	at := func(q float64) float64 { return v[int(math.Round(q*float64(len(v)-1)))] }
	return Interval{at(.025), at(.975)}
}
