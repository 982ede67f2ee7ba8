package paper

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/visiontest"
)

// scenes is how many scenes of each kind are drawn: KIOSK_SCENES asks for more than the few of every day.
func scenes(t *testing.T, few int) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("KIOSK_SCENES"))
	if err != nil || n < 1 {
		return few
	}
	return (n + 3) / 4 // of each ground
}

// seen is what came of one scene.
type seen struct {
	scene   visiontest.DeskScene
	truth   Quad
	jaccard float64
	page    *Page
	flaw    kiosk.PaperFlaw
	err     error
}

func look(s visiontest.DeskScene) (out seen) {
	out.scene = s
	p := s.Draw()
	for i, c := range p.Corners {
		out.truth[i] = Point{c[0], c[1]}
	}
	m, err := vision.FromImage(p.Image)
	if err != nil {
		out.err = err
		return out
	}
	defer m.Close()
	out.page, err = Read(&m, Opts{})
	if !errors.As(err, &out.flaw) {
		out.err = err
	}
	if out.page.Found.Corners.convex() {
		out.jaccard = Jaccard(out.page.Found.Corners, out.truth)
	}
	return out
}

// lookAll looks at scenes on all cores.
func lookAll(t *testing.T, all []visiontest.DeskScene) []seen {
	t.Helper()
	out := make([]seen, len(all))
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				out[i] = look(all[i])
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	wg.Wait()
	for _, s := range out {
		if s.err != nil {
			t.Fatalf("%+v: %v", s.scene, s.err)
		}
	}
	return out
}

// Pages on all grounds are found where they lie, taken, and turned as printed.
func TestPagesAreFoundAndTurned(t *testing.T) {
	n := scenes(t, 2)
	for gi, g := range visiontest.Grounds {
		var all []visiontest.DeskScene
		for i := range n {
			all = append(all, visiontest.DeskScene{Seed: uint64(10_000*gi + i), Ground: g, Quarters: i % 4}) //nolint:gosec // small
		}
		var j []float64
		taken, turned, worst := 0, 0, seen{jaccard: 2}
		for _, s := range lookAll(t, all) {
			j = append(j, s.jaccard)
			if s.jaccard < worst.jaccard {
				worst = s
			}
			if s.flaw != "" {
				t.Logf("%s seed %d refused: %s %+v", g, s.scene.Seed, s.flaw, s.page.Quality)
				continue
			}
			taken++
			if len(s.page.Image.Data) > MaxPageBytes || s.page.Image.Width != 1654 || s.page.Image.Height != 2339 {
				t.Errorf("%s seed %d: %v of %d×%d", g, s.scene.Seed, s.page.Image, s.page.Image.Width, s.page.Image.Height)
			}
			if s.page.Found.Corners[0].minus(s.truth[0]).length() < 20 {
				turned++
			} else {
				t.Logf("%s seed %d turned wrongly: %+v", g, s.scene.Seed, s.page.Quality.Turn)
			}
		}
		slices.Sort(j)
		mean := 0.0
		for _, v := range j {
			mean += v / float64(len(j))
		}
		t.Logf("%-7s %d scenes: Jaccard mean %.4f, 5%% %.4f, least %.4f (seed %d); taken %d, upright %d of them",
			g, n, mean, j[len(j)/20], worst.jaccard, worst.scene.Seed, taken, turned)
		if mean < .97 || float64(taken) < .95*float64(n) || float64(turned) < .95*float64(taken) {
			t.Errorf("%s: mean %.4f, taken %d, upright %d of %d", g, mean, taken, turned, n)
		}
	}
}

// fault is a scene that must be refused, and the names it may be refused by: the first is the right one.
type fault struct {
	name  string
	scene visiontest.DeskScene
	names []kiosk.PaperFlaw
}

func faults() (out []fault) {
	for _, l := range []struct {
		lying visiontest.Lying
		names []kiosk.PaperFlaw
	}{
		{visiontest.LyingBlank, []kiosk.PaperFlaw{kiosk.PaperBlank}},
		{visiontest.LyingCard, []kiosk.PaperFlaw{kiosk.PaperCard}},
		{visiontest.LyingPhone, []kiosk.PaperFlaw{kiosk.PaperScreen}},
		{visiontest.LyingNothing, []kiosk.PaperFlaw{kiosk.PaperMissing}},
	} {
		out = append(out, fault{string(l.lying), visiontest.DeskScene{Lying: l.lying}, l.names})
	}
	for _, m := range []struct {
		mishap visiontest.Mishap
		flaw   kiosk.PaperFlaw
	}{
		{visiontest.MishapBlur, kiosk.PaperBlurred}, {visiontest.MishapGlare, kiosk.PaperGlare},
		{visiontest.MishapThumb, kiosk.PaperCovered}, {visiontest.MishapCut, kiosk.PaperCut},
		{visiontest.MishapDark, kiosk.PaperDark}, {visiontest.MishapSmall, kiosk.PaperSmall},
	} {
		out = append(out, fault{string(m.mishap), visiontest.DeskScene{Mishap: m.mishap}, []kiosk.PaperFlaw{m.flaw}})
	}
	return out
}

// What is no page, and a page that cannot be used, is refused; on a mat and on wood, where things stand out, by its right name.
// On a light table a pale card is not seen at all, and among clutter another thing may be taken for what was laid there: they
// are refused, by whatever name.
func TestBadPicturesAreRefused(t *testing.T) {
	n := scenes(t, 1)
	if os.Getenv("KIOSK_SCENES") != "" {
		n = max(1, n/10) // ten kinds
	}
	for k, f := range faults() {
		var all []visiontest.DeskScene
		for gi, g := range visiontest.Grounds {
			if os.Getenv("KIOSK_SCENES") == "" && gi != k%2 { // one scene a kind in an everyday run
				continue
			}
			for i := range n {
				s := f.scene
				s.Seed, s.Ground = uint64(100_000*(k+1)+10_000*gi+i), g //nolint:gosec // small
				all = append(all, s)
			}
		}
		count := map[kiosk.PaperFlaw]int{}
		right, clear := 0, 0
		for _, s := range lookAll(t, all) {
			count[s.flaw]++
			if s.scene.Ground == visiontest.GroundMat || s.scene.Ground == visiontest.GroundWood {
				clear++
				if slices.Contains(f.names, s.flaw) {
					right++
				}
			}
			if s.flaw == "" {
				t.Logf("%s on %s, seed %d, taken: %+v", f.name, s.scene.Ground, s.scene.Seed, s.page.Quality)
			}
		}
		t.Logf("%-8s %v; on mat and wood %d of %d by the right name", f.name, confusion(count), right, clear)
		if limit := len(all) / 20; count[""] > limit || f.scene.Lying != "" && count[""] > 0 {
			t.Errorf("%s: %d of %d taken", f.name, count[""], len(all))
		}
		if 10*right < 9*clear {
			t.Errorf("%s: %d of %d by the right name: %v", f.name, right, clear, confusion(count))
		}
	}
}

func confusion(count map[kiosk.PaperFlaw]int) string {
	var out []string
	for _, f := range append([]kiosk.PaperFlaw{""}, kiosk.PaperFlaws...) {
		if c := count[f]; c > 0 {
			name := string(f)
			if f == "" {
				name = "TAKEN"
			}
			out = append(out, fmt.Sprintf("%s %d", name, c))
		}
	}
	return strings.Join(out, ", ")
}

// shared gives a file of the shared data, or skips the test.
func shared(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("KIOSK_SHARED")
	if root == "" {
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
				break
			}
			if dir == filepath.Dir(dir) {
				t.Fatal("no module")
			}
			dir = filepath.Dir(dir)
		}
		root = filepath.Join(dir, "..", "shared")
	}
	path := filepath.Join(root, "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skip("needs the shared data (data/" + name + "), or KIOSK_SHARED")
	}
	return path
}

func TestPagesOfTheSharedData(t *testing.T) {
	list := shared(t, "papers/corners.tsv")
	data, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n")[1:] {
		col := strings.Split(line, "\t")
		raw, err := os.ReadFile(filepath.Join(filepath.Dir(list), col[0]))
		if err != nil {
			t.Fatal(err)
		}
		m, err := vision.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		var q Quad
		for i, f := range strings.Split(col[2], ",") {
			v, err := strconv.ParseFloat(f, 64)
			if err != nil {
				t.Fatal(err)
			}
			if i%2 == 0 {
				q[i/2].X = v
			} else {
				q[i/2].Y = v
			}
		}
		// Their print is bars, which do not tell up from down: the page must stay as it lies.
		p, err := Read(&m, Opts{})
		f := p.Found
		if j := Jaccard(f.Corners, q); err != nil || j < .99 || f.Corners[0].minus(q[0]).length() > 3 {
			t.Errorf("%s: %v Jaccard %.4f, corners %v, want %v", col[0], err, j, f.Corners, q)
		} else {
			t.Logf("%s Jaccard %.4f %+v", col[0], j, p.Quality.Turn)
		}
		m.Close()
	}
}
