package face

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/visiontest"
)

func TestWilsonIsAsPublished(t *testing.T) {
	for _, c := range []struct {
		k      float64
		n      int
		lo, hi float64
	}{ // Newcombe, Statistics in Medicine 17 (1998), table I, method 3
		{81, 263, .2553, .3662}, {15, 148, .0624, .1605}, {0, 20, 0, .1611}, {1, 29, .0061, .1718},
	} {
		i := wilson(c.k, c.n)
		if math.Abs(i[0]-c.lo) > 6e-5 || math.Abs(i[1]-c.hi) > 6e-5 {
			t.Errorf("%v of %d: %.4f to %.4f, want %.4f to %.4f", c.k, c.n, i[0], i[1], c.lo, c.hi)
		}
	}
	if i := wilson(0, 0); i != (Interval{0, 1}) {
		t.Errorf("without trials: %v", i)
	}
}

// The bootstrap by persons must be wider than Wilson's interval when the pairs of a person fail together, and give the same
// figures each time.
func TestBootstrapCountsPersonsAndNotPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	make := func() *trials {
		s := &trials{people: 40}
		for p := range 40 {
			for range 20 {
				score := .7 + .01*r.NormFloat64()
				if p%8 == 0 { // nobody's pairs fail singly
					score = .1
				}
				s.add(score, p, p, true)
			}
			for q := range p {
				s.add(.2+.05*r.NormFloat64(), p, q, false)
			}
		}
		return s
	}
	s := make()
	a := s.rates()
	b := s.rates()
	w, boot := a.TARInterval["0.01"], a.TARBootstrap["0.01"]
	if boot[1]-boot[0] < 2*(w[1]-w[0]) || !(boot[0] <= a.TARAtFAR["0.01"] && a.TARAtFAR["0.01"] <= boot[1]) {
		t.Errorf("true accepts %.3f: Wilson %v, bootstrap %v", a.TARAtFAR["0.01"], w, boot)
	}
	if b.TARBootstrap["0.01"] != boot || b.EERInterval != a.EERInterval {
		t.Errorf("a second run gave %v and %v", b.TARBootstrap["0.01"], b.EERInterval)
	}
	if !(a.EERInterval[0] <= a.EER && a.EER <= a.EERInterval[1]) {
		t.Errorf("equal error rate %.4f outside of %v", a.EER, a.EERInterval)
	}
}

// When everybody is drawn once, the bootstrap's figures are the plain ones.
func TestEverybodyDrawnOnceIsThePlainFigure(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	s := trials{people: 30}
	for p := range 30 {
		s.add(.5+.2*r.NormFloat64(), p, p, true)
		for q := range p {
			s.add(.1+.15*r.NormFloat64(), p, q, false)
		}
	}
	plain := s.rates()
	once := make([]float64, 30)
	for i := range once {
		once[i] = 1
	}
	e, tar, ok := s.drawn(once)
	if !ok || math.Abs(e-plain.EER) > .02 {
		t.Errorf("equal error rate %.4f, want %.4f", e, plain.EER)
	}
	for i, far := range FARs {
		if math.Abs(tar[i]-plain.TARAtFAR[far]) > 1e-9 {
			t.Errorf("true accepts at %s: %v, want %v", far, tar[i], plain.TARAtFAR[far])
		}
	}
}

func TestPersonsAreToldByNameOnlyWhereTheListAgrees(t *testing.T) {
	named := identify([]Pair{{"x/An_Vu_0001.jpg", "x/An_Vu_0002.jpg", true}, {"x/An_Vu_0001.jpg", "x/Bao_0001.jpg", false}, {"7/0001.jpg", "7/0002.jpg", true}})
	if !named.named || named.count != 3 || named.of["x/An_Vu_0001.jpg"] != named.of["x/An_Vu_0002.jpg"] || len(named.cross()) != 10 {
		t.Errorf("%+v", named)
	}
	joined := identify([]Pair{{"1.jpg", "2.jpg", true}, {"2.jpg", "3.jpg", true}, {"1.jpg", "4.jpg", false}})
	if joined.named || joined.count != 2 || joined.of["1.jpg"] != joined.of["3.jpg"] || joined.of["4.jpg"] == joined.of["1.jpg"] {
		t.Errorf("%+v", joined)
	}
	if g := named.groups(2); len(g) != 2 || len(g[0]) != 2 {
		t.Errorf("groups %v", g)
	}
}

// castList writes pictures of the cast, three of each, and gives their root and pairs.
func castList(t *testing.T) (*os.Root, []Pair) {
	t.Helper()
	dir := t.TempDir()
	var names [][]string
	for i, p := range folks() {
		names = append(names, nil)
		for j := range 3 {
			st := visiontest.Centred(p)
			st.Yaw, st.Still = .1*float64(j-1), true
			name := fmt.Sprintf("P%d_%04d.jpg", i, j)
			names[i] = append(names[i], name)
			if err := os.WriteFile(filepath.Join(dir, name), sceneJPEG(t, &visiontest.Scene{People: []visiontest.Standing{st}}), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	var pairs []Pair
	for i := range names {
		pairs = append(pairs, Pair{names[i][0], names[i][1], true}, Pair{names[i][1], names[i][2], true})
		for j := range i {
			pairs = append(pairs, Pair{names[i][0], names[j][0], false})
		}
	}
	return root, pairs
}

func TestEvalOfTheCast(t *testing.T) {
	e := engine(t)
	root, pairs := castList(t)
	if err := writeTo(root, "none_0001.jpg", sceneJPEG(t, &visiontest.Scene{})); err != nil {
		t.Fatal(err)
	}
	pairs = append(pairs, Pair{"none_0001.jpg", pairs[0].A, false})
	var last, of int
	r, err := e.Eval(t.Context(), root, pairs, EvalOpts{Condition: "dg2", Workers: 2, Progress: func(d, n int) { last, of = d, n }})
	if err != nil {
		t.Fatal(err)
	}
	if r.Genuine != 10 || r.Impostor != 10 || r.EER != 0 || r.FailedToDetect != 1 || r.FailedToAcquire != 1 || r.Pictures != 16 || last != 16 || of != 16 {
		t.Errorf("%+v, progress %d of %d", r, last, of)
	}
	if !r.Flip || len(r.Shipped) != 4 || r.Condition == nil || r.Condition.FailedToDetect != 0 || r.Condition.Genuine != 10 {
		t.Errorf("%+v", r)
	}
	if r.Fusion == nil || r.Fusion.People != 5 || r.Fusion.Fused.EER != 0 {
		t.Errorf("fusion %+v", r.Fusion)
	}
	var page, a, b bytes.Buffer
	if err := errors.Join(r.Page(&page, "det.svg"), DET(&a, "<&>", r.Curves()), DET(&b, "<&>", r.Curves())); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"![False rejects", "](det.svg)", "| 1e-4 | 0.466 |", "JPEG of 15 KB", "as the kiosk scores"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page has no %q:\n%s", want, page.String())
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) || strings.Count(a.String(), "<polyline") != 3 {
		t.Errorf("two charts of one report differ, or lack curves")
	}
	d := xml.NewDecoder(&a)
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the chart is not XML: %v", err)
		}
	}
}

func writeTo(root *os.Root, name string, data []byte) error {
	f, err := root.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

func TestEvalRefuses(t *testing.T) {
	e := engine(t)
	root, pairs := castList(t)
	if _, err := e.Eval(t.Context(), root, pairs, EvalOpts{Condition: "moon"}); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("an unknown condition: %v", err)
	}
	if _, err := e.Eval(t.Context(), root, append(pairs, Pair{"P0_0001.jpg", "P1_0001.jpg", true}), EvalOpts{Cross: true}); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("crossing a list that contradicts its names: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Eval(ctx, root, pairs, EvalOpts{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// The condition gives what it says: size, bytes, grey, with the face where a card has it.
func TestConditionsMakeChipPhotos(t *testing.T) {
	e := engine(t)
	st := visiontest.Centred(folks()[0])
	st.Still = true
	m, err := vision.FromImage((&visiontest.Scene{Width: 1280, Height: 960, People: []visiontest.Standing{st}}).Frame(fixed))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	f, err := e.middle(&m)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range Conditions {
		data, err := c.make(&m, f)
		if err != nil {
			t.Fatal(c.Name, err)
		}
		typ, w, h, err := vision.Header(data)
		if err != nil || w != chipWidth || h != chipHeight || len(data) > chipBytes*11/10 || len(data) < chipBytes/4 {
			t.Errorf("%s: %s %d×%d of %d bytes, %v", c.Name, typ, w, h, len(data), err)
		}
		photo, err := vision.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		g, err := e.middle(&photo)
		if err != nil || math.Abs(g.EyeDistance()-chipEyes*chipWidth) > 5 {
			t.Errorf("%s: %v", c.Name, err)
		}
		v := photo.GetVecbAt(200, 120)
		if grey := v[0] == v[1] && v[1] == v[2]; grey != (c.Name != "dg2-colour") && c.Name != "dg2-jp2" {
			t.Errorf("%s: pixel %v", c.Name, v)
		}
		photo.Close()
	}
}

// The score of several frames lies between their mean score, which is on the safe side, and the cosine with their mean
// direction, which is not; frames that are all alike score as one.
func TestAgreementLiesBetween(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	unit := func() Embedding {
		v := make([]float64, 128)
		for i := range v {
			v[i] = r.NormFloat64()
		}
		e, _ := normalise(v)
		return e
	}
	for range 100 {
		es, o := []Embedding{unit(), unit(), unit()}, unit()
		mean, dir := (es[0].Cosine(o)+es[1].Cosine(o)+es[2].Cosine(o))/3, Fuse(es).Cosine(o)
		got := Agreement(es, o)
		if math.Abs(got) > math.Abs(dir)+1e-6 || math.Abs(got) < math.Abs(mean)-1e-6 || got*dir < 0 {
			t.Fatalf("mean score %v, cosine with the mean direction %v, agreement %v", mean, dir, got)
		}
		if a, c := Agreement([]Embedding{es[0], es[0]}, o), es[0].Cosine(o); math.Abs(a-c) > 1e-6 {
			t.Fatalf("equal frames score %v, one %v", a, c)
		}
	}
	for name, es := range map[string][]Embedding{"nothing": nil, "one missing": {unit(), nil}, "opposites": {{1, 0}, {-1, 0}}} {
		o := unit()
		if name == "opposites" {
			o = Embedding{1, 0}
		}
		if a := Agreement(es, o); !math.IsNaN(a) {
			t.Errorf("%s: %v, want NaN", name, a)
		}
	}
}

// Near and small faces get the same embedding as those of the usual size.
func TestFacesOfEverySizeAreDescribed(t *testing.T) {
	e := engine(t)
	photo, err := e.Photo(photoOf(0).Data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		w, h int
		head float64
		want float64
	}{
		{640, 480, .11, .5}, // about 35 pixels wide
		{640, 480, .5, .7}, {1280, 720, .8, .7}, {1280, 960, .92, .7}, {480, 640, .98, .6},
	} {
		st := visiontest.Standing{Person: folks()[0], X: .5, Y: .47, Head: c.head, Still: true}
		m, err := vision.FromImage((&visiontest.Scene{Width: c.w, Height: c.h, People: []visiontest.Standing{st}}).Frame(fixed))
		if err != nil {
			t.Fatal(err)
		}
		faces, err := e.Detect(&m)
		if err != nil || len(faces) == 0 {
			t.Errorf("%d×%d head %v: %d faces, %v", c.w, c.h, c.head, len(faces), err)
			m.Close()
			continue
		}
		emb, _, err := e.Describe(&m, &faces[0])
		if r, ok := e.Find(&m); !ok || !image.Pt(c.w/2, c.h/2).In(r) {
			t.Errorf("%d×%d head %v: found at %v", c.w, c.h, c.head, r)
		}
		m.Close()
		if s := emb.Cosine(photo); err != nil || !(s >= c.want) {
			t.Errorf("%d×%d head %v (face of %.0f pixels): cosine %.3f, %v", c.w, c.h, c.head, faces[0].W, s, err)
		} else {
			t.Logf("face of %.0f pixels: cosine %.3f", faces[0].W, s)
		}
	}
}

var fixed = time.UnixMilli(1_700_000_000_000)
