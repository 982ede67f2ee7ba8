package face

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"sort"
	"strings"

	"motcua/kiosk"
	"motcua/vision"
)

// maxPairs bounds a pair list.
const maxPairs = 2_000_000

// Pair is one line of a pair list: two picture files and whether they show the same person.
type Pair struct {
	A, B string
	Same bool
}

// ReadPairs reads a pair list: lines of "file TAB file TAB 1|0"; lines beginning with # are comments. Errors: bad_input.
func ReadPairs(r io.Reader) ([]Pair, error) {
	var out []Pair
	sc := bufio.NewScanner(r)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimRight(sc.Text(), "\r")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 3 || f[0] == "" || f[1] == "" || (f[2] != "0" && f[2] != "1") || len(out) == maxPairs {
			return nil, kiosk.Errorf(kiosk.CodeBadInput, "read pair list", "each line: file TAB file TAB 1 or 0", "line %d", n)
		}
		out = append(out, Pair{f[0], f[1], f[2] == "1"})
	}
	if err := sc.Err(); err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "read pair list", "each line: file TAB file TAB 1 or 0", "%w", err)
	}
	return out, nil
}

// Rates are the error rates over a pair list. A pair with a picture that shows no face is not scored.
type Rates struct {
	Pairs           int                `json:"pairs"`
	Genuine         int                `json:"genuine"`           // scored
	Impostor        int                `json:"impostor"`          // scored
	FailedToAcquire int                `json:"failed_to_acquire"` // pictures
	EER             float64            `json:"eer"`
	TARAtFAR        map[string]float64 `json:"tar_at_far"`
	ThresholdAtFAR  map[string]float64 `json:"threshold_at_far"`
	GenuineMean     float64            `json:"genuine_mean"`
	ImpostorMean    float64            `json:"impostor_mean"`
	Unresolved      []string           `json:"unresolved,omitempty"` // rates that this many impostor pairs cannot resolve
}

// FARs are the false accept rates reported.
var FARs = []string{"0.01", "0.001", "0.0001"}

// Eval compares the pairs, whose files lie below root, and gives the error rates. Each picture is read once. progress may be nil.
func (e *Engine) Eval(root *os.Root, pairs []Pair, progress func(done, of int)) (Rates, error) {
	known := map[string]Embedding{}
	failed := 0
	look := func(name string) (Embedding, error) {
		if emb, ok := known[name]; ok {
			return emb, nil
		}
		data, err := readBelow(root, name)
		if err != nil {
			return nil, kiosk.Errorf(kiosk.CodeBadInput, "read picture", "check -root and the pair list", "%w", err)
		}
		emb, err := e.Central(data)
		if err != nil {
			failed++
		}
		known[name] = emb // nil: no face, not tried again
		return emb, nil
	}
	var gen, imp []float64
	for i, p := range pairs {
		a, err := look(p.A)
		if err != nil {
			return Rates{}, err
		}
		b, err := look(p.B)
		if err != nil {
			return Rates{}, err
		}
		if s := a.Cosine(b); math.IsNaN(s) {
			continue
		} else if p.Same {
			gen = append(gen, s)
		} else {
			imp = append(imp, s)
		}
		if progress != nil {
			progress(i+1, len(pairs))
		}
	}
	r := rates(gen, imp)
	r.Pairs, r.FailedToAcquire = len(pairs), failed
	return r, nil
}

func readBelow(root *os.Root, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, vision.MaxBytes+1))
	if err == nil && len(data) > vision.MaxBytes {
		err = fmt.Errorf("%w: too many bytes", vision.ErrPicture)
	}
	return data, err
}

// rates gives the figures of two sets of scores.
func rates(gen, imp []float64) Rates {
	sort.Float64s(gen)
	sort.Float64s(imp)
	r := Rates{
		Genuine: len(gen), Impostor: len(imp), EER: eer(gen, imp), GenuineMean: mean(gen), ImpostorMean: mean(imp),
		TARAtFAR: map[string]float64{}, ThresholdAtFAR: map[string]float64{},
	}
	for i, name := range FARs {
		far := math.Pow(10, -float64(i+2))
		t := thresholdAt(imp, far)
		r.ThresholdAtFAR[name] = t
		r.TARAtFAR[name] = above(gen, t)
		if float64(len(imp))*far < 1 {
			r.Unresolved = append(r.Unresolved, name)
		}
	}
	return r
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
