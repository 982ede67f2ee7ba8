package face

import (
	"math"

	"motcua/vision/models"
)

// Report is what an evaluation found.
type Report struct {
	Pairs           int    `json:"pairs"`
	Pictures        int    `json:"pictures"`
	People          int    `json:"people"` // as far as the list tells
	FailedToDetect  int    `json:"failed_to_detect"`
	FailedToAcquire int    `json:"failed_to_acquire"` // pictures that gave no embedding, for whatever reason
	Model           string `json:"model"`             // SHA-256 of the recogniser
	File            string `json:"model_file"`
	Flip            bool   `json:"flip"` // each picture was also described mirrored
	Cross           bool   `json:"cross,omitempty"`
	Rates
	Shipped   []Shipped    `json:"shipped,omitempty"`
	Condition *Conditioned `json:"condition,omitempty"`
	Fusion    *Fusion      `json:"fusion,omitempty"`
}

// Shipped are the rates at a threshold that the models' manifest has.
type Shipped struct {
	Population string  `json:"population"`
	For        string  `json:"for"` // the false accept rate it was measured for there
	Threshold  float64 `json:"threshold"`
	FAR        float64 `json:"far"`
	TAR        float64 `json:"tar"`
}

// Conditioned are the rates when the second picture of each pair was put through a condition.
type Conditioned struct {
	Name           string `json:"name"`
	Text           string `json:"text"`
	FailedToDetect int    `json:"failed_to_detect"`
	Rates
	Drop      map[string]float64 `json:"tar_drop"`       // of the true accept rate, each at its own threshold
	FixedDrop map[string]float64 `json:"tar_drop_fixed"` // at the threshold of the pictures as they are
	Shipped   []Shipped          `json:"shipped,omitempty"`
}

// Fusion are the rates of a person's several pictures taken together against one more of that person, beside the rates of the
// same pictures taken singly.
type Fusion struct {
	People int   `json:"people"` // with enough pictures
	Images int   `json:"images"` // taken together, at most
	One    Rates `json:"one"`
	Fused  Rates `json:"fused"`     // score: [Agreement], as the matcher decides
	Normed Rates `json:"direction"` // score: the cosine with the mean direction

	OneShipped   []Shipped `json:"one_shipped,omitempty"`
	FusedShipped []Shipped `json:"fused_shipped,omitempty"`
}

// Fusion settings.
const (
	fuseLeast = 3 // pictures of a person: one takes the photo's place, the others are taken together
	fuseMost  = 5 // taken together
)

func report(e *Engine, pairs []Pair, people identities, all map[string]seen, cond *Condition, flip bool, cross bool) Report {
	r := Report{
		Pairs: len(pairs), Pictures: len(people.names), People: people.count, Model: e.model.SHA256, File: e.model.File, Flip: flip, Cross: cross,
	}
	faceless := 0
	for _, s := range all {
		if s.noFace {
			r.FailedToDetect++
		}
		if s.plain == nil {
			r.FailedToAcquire++
		}
		if s.changedFaceless {
			faceless++
		}
	}
	plain, changed := trials{people: people.count}, trials{people: people.count}
	for _, p := range pairs {
		a, b := all[p.A], all[p.B]
		plain.add(a.plain.Cosine(b.plain), people.of[p.A], people.of[p.B], p.Same)
		if cond != nil {
			changed.add(a.plain.Cosine(b.changed), people.of[p.A], people.of[p.B], p.Same)
		}
	}
	r.Rates = plain.rates()
	r.Shipped = plain.shipped(&e.model)
	if cond != nil {
		r.Condition = conditioned(cond, &r, &changed, faceless, &e.model)
	}
	if people.named {
		r.Fusion = fusion(people, all, &e.model)
	}
	return r
}

// shipped gives the rates at the thresholds of a manifest.
func (t *trials) shipped(m *models.Model) (out []Shipped) {
	for _, k := range m.Measured() {
		o := t.at(k.Threshold)
		out = append(out, Shipped{k.Population, k.FAR, k.Threshold, o.FAR, 1 - o.FRR})
	}
	return out
}

func conditioned(cond *Condition, plain *Report, t *trials, faceless int, m *models.Model) *Conditioned {
	c := &Conditioned{
		Name: cond.Name, Text: cond.Text, FailedToDetect: faceless, Rates: t.rates(), Shipped: t.shipped(m),
		Drop: map[string]float64{}, FixedDrop: map[string]float64{},
	}
	for _, far := range FARs {
		c.Drop[far] = plain.TARAtFAR[far] - c.TARAtFAR[far]
		c.FixedDrop[far] = plain.TARAtFAR[far] - (1 - t.at(plain.ThresholdAtFAR[far]).FRR)
	}
	return c
}

// fusion takes each picture of a person in turn for the photo and the next ones for the frames; everybody else's frames are
// the impostors'. nil when fewer than two persons have enough pictures.
func fusion(people identities, all map[string]seen, m *models.Model) *Fusion {
	type set struct {
		person int
		photo  Embedding
		frames []Embedding
	}
	var sets []set
	groups := people.groups(fuseLeast)
	for _, g := range groups {
		var es []Embedding
		for _, n := range g {
			if e := all[n].plain; e != nil {
				es = append(es, e)
			}
		}
		if len(es) < fuseLeast {
			continue
		}
		for i := range es {
			s := set{person: people.of[g[0]], photo: es[i]}
			for j := 1; j < len(es) && len(s.frames) < fuseMost; j++ {
				s.frames = append(s.frames, es[(i+j)%len(es)])
			}
			sets = append(sets, s)
		}
	}
	if len(groups) < 2 || len(sets) == 0 {
		return nil
	}
	one, fused, normed := trials{people: people.count}, trials{people: people.count}, trials{people: people.count}
	for i := range sets {
		for j := range sets {
			same := sets[i].person == sets[j].person
			if same && i != j {
				continue
			}
			p, q := sets[i].person, sets[j].person
			one.add(sets[j].frames[0].Cosine(sets[i].photo), p, q, same)
			fused.add(Agreement(sets[j].frames, sets[i].photo), p, q, same)
			normed.add(Fuse(sets[j].frames).Cosine(sets[i].photo), p, q, same)
		}
	}
	f := &Fusion{People: len(groups), Images: fuseMost, One: one.rates(), Fused: fused.rates(), Normed: normed.rates()}
	f.OneShipped, f.FusedShipped = one.shipped(m), fused.shipped(m)
	return f
}

// Agreement tells how well several embeddings fit one: the geometric mean of their mean cosine and of the cosine with their mean
// direction. NaN when any cannot be compared, or without any; 0 when the two disagree in sign.
//
// The mean direction ([Fuse]) tells people apart better, but it raises impostors' scores as well, because the noise that keeps
// them low is averaged away: of 134,096 impostor scores with up to five photographs one in 10,000 was above .415, of single
// pictures above .391. The mean cosine lowers them (.367). A threshold measured on single pictures fits neither; it fits their
// geometric mean (.389, and .317 against .329 for one in 1,000). Frames that are all alike score as one picture does.
func Agreement(es []Embedding, o Embedding) float64 {
	s := math.NaN()
	for i, e := range es {
		if i == 0 {
			s = 0
		}
		s += e.Cosine(o) / float64(len(es))
	}
	d := Fuse(es).Cosine(o)
	if p := s * d; !(p > 0) {
		return p * 0 // NaN stays NaN
	}
	return math.Copysign(math.Sqrt(s*d), s)
}
