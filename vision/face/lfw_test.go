package face

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"motcua/vision"
)

// Real photographs, for measuring only. The whole list of 5,600 pairs gives 1.2 %; this part is small, so the bound is wide.
func TestErrorRateOnRealPhotographs(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds of computing")
	}
	e := engine(t)
	dir := shared(t, "data/faces/dev")
	f, err := os.Open(filepath.Join(dir, "pairs.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := ReadPairs(f)
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	r, err := e.Eval(t.Context(), root, some(all, 4), EvalOpts{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", r)
	if r.Genuine < 50 || r.Impostor < 50 || r.FailedToAcquire != 0 {
		t.Fatalf("%d genuine, %d impostor, %d pictures without a face", r.Genuine, r.Impostor, r.FailedToAcquire)
	}
	if r.EER > .04 || r.GenuineMean < .55 || r.ImpostorMean > .10 {
		t.Errorf("equal error rate %.4f, genuine mean %.3f, impostor mean %.3f", r.EER, r.GenuineMean, r.ImpostorMean)
	}
}

// some takes every step-th genuine pair and the impostor pairs among the same pictures.
func some(all []Pair, step int) (out []Pair) {
	used, n := map[string]bool{}, 0
	for _, p := range all {
		if !p.Same {
			continue
		}
		if n++; n%step == 0 {
			out = append(out, p)
			used[p.A], used[p.B] = true, true
		}
	}
	for _, p := range all {
		if !p.Same && used[p.A] && used[p.B] {
			out = append(out, p)
		}
	}
	return out
}

func TestCompareNamesTheOutcome(t *testing.T) {
	e := engine(t)
	a, b := photoOf(0).Data, photoOf(1).Data
	for _, c := range []struct {
		name string
		x, y []byte
		thr  float64
		want Outcome
	}{
		{"same", a, a, .466, Match},
		{"other", a, b, .466, NoMatch},
		{"no picture", a, []byte("x"), .466, NoFace},
		{"threshold of 1", a, a, 1, PoorQuality},
		{"small", a, shrunk(t, a), .466, PoorQuality},
	} {
		if got := e.Compare(c.x, c.y, c.thr); got.Outcome != c.want {
			t.Errorf("%s: %+v, want %s", c.name, got, c.want)
		}
	}
}

// shrunk makes a photo so small that its eyes are a few pixels apart.
func shrunk(t *testing.T, data []byte) []byte {
	t.Helper()
	m, err := vision.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	small, _, err := vision.Fit(&m, 56, 56)
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	img, err := vision.EncodeJPEG(&small, 95)
	if err != nil {
		t.Fatal(err)
	}
	return img.Data
}

func TestPairListsAreReadStrictly(t *testing.T) {
	for name, text := range map[string]string{
		"two fields": "a\tb\n", "bad flag": "a\tb\t2\n", "empty name": "\tb\t1\n", "spaces": "a b 1\n",
	} {
		if p, err := ReadPairs(strings.NewReader(text)); err == nil {
			t.Errorf("%s: %v", name, p)
		}
	}
	p, err := ReadPairs(strings.NewReader("# comment\r\n\na.jpg\tb.jpg\t1\r\nc.jpg\td.jpg\t0"))
	if err != nil || len(p) != 2 || !p[0].Same || p[1].Same || p[1].B != "d.jpg" {
		t.Errorf("%v %v", p, err)
	}
}

// A pair list must not reach outside its folder.
func TestEvalStaysBelowItsRoot(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := engine(t).Eval(t.Context(), root, []Pair{{"../secret.jpg", "/etc/passwd", true}}, EvalOpts{}); err == nil {
		t.Error("read a file outside")
	}
}
