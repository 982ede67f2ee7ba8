package liveness

import (
	"image"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"testing"
	"time"

	"motcua/vision"
	"motcua/vision/face"
	"motcua/vision/models"
	"motcua/vision/visiontest"
)

// shared gives a folder of the shared data, or skips the test.
func shared(t testing.TB, rel string) string {
	t.Helper()
	dir := os.Getenv("KIOSK_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(dir, rel)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("needs the shared data (%s), or KIOSK_SHARED", rel)
	}
	return path
}

// kit is what the tests look with.
type kit struct {
	eyes *face.Engine
	nets *Nets
}

func newKit(t testing.TB) *kit {
	t.Helper()
	dir := os.Getenv(models.EnvDir)
	if dir == "" {
		dir = shared(t, "data/models")
	}
	folder, err := models.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	eyes, err := face.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	nets, err := OpenNets(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = eyes.Close(); _ = nets.Close() })
	return &kit{eyes, nets}
}

const (
	clipFrames = 5
	clipStep   = 150 * time.Millisecond
)

var clipStart = time.Unix(1_700_000_000, 0)

// capture looks at a clip as the matcher would: five frames 150 ms apart. False when a face is missing in one of them.
func (k *kit) capture(t testing.TB, frame func(time.Time) *image.RGBA, seed uint64) (Cues, bool) {
	t.Helper()
	w := &Watch{nets: k.nets}
	at := clipStart.Add(time.Duration(seed%977) * 37 * time.Millisecond)
	for range clipFrames {
		m, err := vision.FromImage(frame(at))
		if err != nil {
			t.Fatal(err)
		}
		faces, err := k.eyes.Detect(&m)
		if err != nil {
			t.Fatal(err)
		}
		if len(faces) > 0 {
			err = w.See(&m, seen(&faces[0]))
		}
		_ = m.Close()
		if len(faces) == 0 || err != nil {
			return Cues{}, false
		}
		at = at.Add(clipStep)
	}
	return w.Cues(), true
}

func seen(f *face.Face) Face {
	out := Face{X: f.X, Y: f.Y, W: f.W, H: f.H}
	for i := range f.Marks {
		out.Marks[i] = Point(f.Marks[i])
	}
	return out
}

// clip is one sequence of a class: a species, or "genuine".
type clip struct {
	class, source string // source: rendered or photograph
	seed          uint64
	film          func() func(time.Time) *image.RGBA // made when its turn comes
}

const genuine = "genuine"

// first is the number of the first clip that is counted; those before it served to choose the rules.
const first = 900

// clips gives n clips of each class and source.
func clips(t testing.TB, n int) (out []clip) {
	a, b := rendered(n), photographed(t, n)
	each := 1 + len(visiontest.AttackSpecies)
	for i := range n {
		out = append(append(out, a[i*each:(i+1)*each]...), b[i*each:(i+1)*each]...)
	}
	return out
}

// rendered gives n clips of each class from rendered people.
func rendered(n int) (out []clip) {
	for i := first; i < first+n; i++ {
		seed := int64(1000 + i)
		out = append(out, clip{genuine, "rendered", uint64(i), func() func(time.Time) *image.RGBA { return standing(seed).Frame }})
		for k, sp := range visiontest.AttackSpecies {
			out = append(out, clip{string(sp), "rendered", uint64(i), func() func(time.Time) *image.RGBA {
				film := visiontest.FilmOf(visiontest.NewPerson(seed), uint64(i))
				return (&visiontest.Attack{Species: sp, Picture: film, Seed: uint64(1000*k + i), Light: lights[i%3]}).Frame
			}})
		}
	}
	return out
}

var lights = []visiontest.Light{visiontest.Hall, visiontest.Studio, visiontest.Window}

// standing is a person somewhere near the middle of the picture, in one of three lights.
func standing(seed int64) *visiontest.Scene {
	r := rand.New(rand.NewPCG(uint64(seed), 77))
	st := visiontest.Centred(visiontest.NewPerson(seed))
	st.X, st.Y, st.Head, st.Yaw = st.X+.1*(r.Float64()-.5), st.Y+.06*(r.Float64()-.5), .32+.18*r.Float64(), .2*(r.Float64()-.5)
	return &visiontest.Scene{People: []visiontest.Standing{st}, Light: lights[seed%3], Noise: 1.5 + 3*r.Float64()}
}

// photographed gives n clips of each class from the dev photographs, each of another picture as far as they last.
func photographed(t testing.TB, n int) (out []clip) {
	names := photographs(t)
	for i := first; i < first+n; i++ {
		name := names[i%len(names)]
		out = append(out, clip{genuine, "photograph", uint64(i), func() func(time.Time) *image.RGBA {
			return visiontest.Reframed(photograph(t, name), uint64(i), 480, 640).At
		}})
		for k, sp := range visiontest.AttackSpecies {
			out = append(out, clip{string(sp), "photograph", uint64(i), func() func(time.Time) *image.RGBA {
				film := visiontest.Reframed(photograph(t, name), uint64(i+7), 480, 640)
				return (&visiontest.Attack{Species: sp, Picture: film, Seed: uint64(9000 + 1000*k + i), Light: lights[i%3]}).Frame
			}})
		}
	}
	return out
}

// photographs names the dev photographs, in an order that chance made once.
func photographs(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(shared(t, "data/faces/dev/images"), "*.jpg"))
	if err != nil || len(names) == 0 {
		t.Skipf("no photographs: %v", err)
	}
	sort.Strings(names)
	rand.New(rand.NewPCG(5, 5)).Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names
}

func photograph(t testing.TB, name string) visiontest.Picture {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := jpeg.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	return visiontest.Picture{At: func(time.Time) *image.RGBA { return out }, X: .5, Y: .46, Head: .52}
}
