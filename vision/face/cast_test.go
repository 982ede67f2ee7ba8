package face

import (
	"flag"
	"math"
	"testing"
	"time"

	"motcua/vision"
	"motcua/vision/visiontest"
)

var search = flag.Int("search", 0, "number of seeds to search for another cast")

// sitter is a person with the embeddings of the three pictures that the cast was chosen by.
type sitter struct {
	p  *visiontest.Person
	es []Embedding
}

// sit draws a person as a portrait and in two scenes; nil embeddings when a face was not found exactly once.
func sit(t *testing.T, e *Engine, p *visiontest.Person) sitter {
	t.Helper()
	s := sitter{p: p}
	pictures := [][]byte{p.PortraitJPEG()}
	for i, l := range []visiontest.Light{visiontest.Hall, visiontest.Window} {
		st := visiontest.Centred(p)
		st.Yaw, st.Still = .15-.30*float64(i), true
		scene := visiontest.Scene{Light: l, People: []visiontest.Standing{st}}
		pictures = append(pictures, encode(t, scene.Frame(time.UnixMilli(int64(i)*777))))
	}
	for _, data := range pictures {
		emb, err := e.Photo(data)
		if err != nil {
			return s
		}
		s.es = append(s.es, emb)
	}
	return s
}

// apart is the highest cosine between a picture of one and a picture of the other.
func apart(a, b sitter) float64 {
	high := -1.0
	for _, x := range a.es {
		for _, y := range b.es {
			high = math.Max(high, x.Cosine(y))
		}
	}
	return high
}

func TestCastIsToldApart(t *testing.T) {
	e := engine(t)
	if len(folks()) < 5 {
		t.Fatalf("a cast of %d", len(folks()))
	}
	var all []sitter
	worst, nearest := 1.0, -1.0
	for _, p := range folks() {
		s := sit(t, e, p)
		if len(s.es) != 3 {
			t.Fatalf("seed %d: a face was not found", p.Seed)
		}
		low := mutual(s.es)
		if worst = min(worst, low); !(low >= .75) {
			t.Errorf("seed %d: the same person scores %.3f, want at least .75", p.Seed, low)
		}
		for _, o := range all {
			high := apart(s, o)
			if nearest = max(nearest, high); !(high < .34) {
				t.Errorf("seeds %d and %d score %.3f, want less than .34", p.Seed, o.p.Seed, high)
			}
		}
		all = append(all, s)
	}
	t.Logf("the same person scores at least %.3f, two people at most %.3f", worst, nearest)
}

// TestSearchCast looks for a set of people like the cast among the seeds 1 to -search, greedily from each of them.
func TestSearchCast(t *testing.T) {
	if *search == 0 {
		t.Skip("searching takes minutes: -args -search 700")
	}
	e := engine(t)
	var usable []sitter
	for seed := range *search {
		s := sit(t, e, visiontest.NewPerson(int64(seed+1)))
		if len(s.es) == 3 && mutual(s.es) >= .78 {
			usable = append(usable, s)
		}
	}
	var best []sitter
	for _, first := range usable {
		set := []sitter{first}
		for _, s := range usable {
			if fits(s, set) {
				set = append(set, s)
			}
		}
		if len(set) > len(best) {
			best = set
		}
	}
	for _, s := range best {
		t.Logf("seed %d, female %v, age %d, same person %.2f", s.p.Seed, s.p.Female, s.p.Age, mutual(s.es))
	}
	if len(best) < 5 {
		t.Errorf("only %d people found", len(best))
	}
}

func fits(s sitter, set []sitter) bool {
	for _, o := range set {
		if apart(s, o) >= .33 {
			return false
		}
	}
	return true
}

// The faces of real photographs are found, and one in a picture of none is not.
func TestRenderedFacesAreFoundWhereTheyStand(t *testing.T) {
	e := engine(t)
	for _, head := range []float64{.2, .46, .7} {
		scene := visiontest.Scene{People: []visiontest.Standing{{Person: folks()[3], X: .5, Y: .45, Head: head, Still: true}}}
		m, err := vision.FromImage(scene.Frame(time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		faces, err := e.Detect(&m)
		m.Close()
		if err != nil || len(faces) != 1 {
			t.Errorf("head %v: %d faces, %v", head, len(faces), err)
			continue
		}
		f := faces[0]
		x, y := (f.Marks[LeftEye].X+f.Marks[RightEye].X)/2, (f.Marks[LeftEye].Y+f.Marks[RightEye].Y)/2
		if math.Abs(x-240) > .12*f.EyeDistance()+3 || math.Abs(y-288) > .2*f.EyeDistance()+3 {
			t.Errorf("head %v: eyes found at %.0f, %.0f instead of 240, 288", head, x, y)
		}
	}
}
