package liveness

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"gocv.io/x/gocv"

	"motcua/vision"
)

// faceIn is a face of w pixels in the middle of a picture.
func faceIn(w, h int, side float64) Face {
	cx, cy := float64(w)/2, float64(h)/2
	f := Face{X: cx - side/2, Y: cy - side*.65, W: side, H: side * 1.3}
	for i, p := range [5]Point{{-.22, -.2}, {.22, -.2}, {0, .05}, {-.18, .3}, {.18, .3}} {
		f.Marks[i] = Point{cx + p.X*side, cy + p.Y*side}
	}
	return f
}

// drawn makes a frame from a brightness for each pixel.
func drawn(t testing.TB, w, h int, v func(x, y int) float64) gocv.Mat {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := uint8(min(255, max(0, v(x, y))))
			img.SetRGBA(x, y, color.RGBA{c, c, c, 255})
		}
	}
	m, err := vision.FromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func TestSpectrumSeesARaster(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	f := faceIn(320, 320, 160)
	peak := func(depth, freq, dir float64) float64 {
		var s spectrum
		for range 5 {
			m := drawn(t, 320, 320, func(x, y int) float64 {
				k := 1 + depth*math.Sin(2*math.Pi*freq*(math.Cos(dir)*float64(x)+math.Sin(dir)*float64(y)))
				return (120+40*math.Sin(float64(x)/30)+20*math.Cos(float64(y)/21))*k + 3*r.NormFloat64()
			})
			if err := s.add(&m, &f); err != nil {
				t.Fatal(err)
			}
		}
		return s.peak()
	}
	if p := peak(0, 0, 0); !(p < 1.3) {
		t.Errorf("a smooth face has a peak of %.2f", p)
	}
	for _, freq := range []float64{.12, .2, .33, .42} {
		for _, dir := range []float64{.3, 1.1, 2.5} {
			if p := peak(.02, freq, dir); !(p > 1.9) {
				t.Errorf("a raster of %.2f cycles a pixel at %.1f has a peak of %.2f", freq, dir, p)
			}
		}
	}
	if p := peak(.05, .03, .4); !(p < 1.5) {
		t.Errorf("wide stripes count as a raster: %.2f", p)
	}
	var none spectrum
	if !math.IsNaN(none.peak()) {
		t.Error("a peak without a frame")
	}
	small := faceIn(320, 320, 40)
	m := drawn(t, 320, 320, func(x, y int) float64 { return 100 })
	if err := none.add(&m, &small); err != nil || none.n != 0 {
		t.Errorf("a small face was taken: %d, %v", none.n, err)
	}
}

// Parseval: the transform keeps the energy, and a cosine has its two bins.
func TestTransform(t *testing.T) {
	const n = spectrumSide
	v := make([]complex128, n*n)
	for i := range v {
		v[i] = complex(math.Cos(2*math.Pi*(5*float64(i%n)+9*float64(i/n))/n), 0)
	}
	transform(v)
	for i, c := range v {
		want := 0.0
		if (i%n == 5 && i/n == 9) || (i%n == n-5 && i/n == n-9) {
			want = n * n / 2
		}
		if math.Abs(real(c)-want) > 1e-6 || math.Abs(imag(c)) > 1e-6 {
			t.Fatalf("bin %d, %d is %v, want %v", i%n, i/n, c, want)
		}
	}
}

// sheet is a frame with a bright sheet around the face, of which a side can be left out.
func sheet(t *testing.T, without string) float64 {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	m := drawn(t, 240, 320, func(x, y int) float64 {
		in := (x > 70 || without == "left") && (x < 170 || without == "right") && (y > 80 || without == "top and bottom") && (y < 250 || without == "top and bottom")
		if in != (without == "all") && without != "all" {
			return 180 + 2*r.NormFloat64()
		}
		return 90 + 2*r.NormFloat64()
	})
	p, k, err := overview(&m)
	if err != nil || k != 1 {
		t.Fatal(k, err)
	}
	return edges(&p, faceIn(240, 320, 60))
}

func TestEdgesNeedThreeSides(t *testing.T) {
	if v := sheet(t, ""); !(v > .95) {
		t.Errorf("a sheet around the face: %.2f", v)
	}
	for _, without := range []string{"left", "right", "top and bottom", "all"} {
		if v := sheet(t, without); !(v < .5) {
			t.Errorf("without %s: %.2f", without, v)
		}
	}
}

// shifted is a plane of rough ground, moved; the middle is the face's and moves on its own.
func shifted(ground, face float64) plane {
	p := plane{w: 240, h: 320, v: make([]float32, 240*320)}
	for y := range p.h {
		for x := range p.w {
			d := ground
			if x > 73 && x < 167 && y > 88 {
				d = face
			}
			u := float64(x) - d
			p.v[y*p.w+x] = float32(128 + 60*math.Sin(u*.9+float64(y)*.3) + 40*math.Sin(u*.37-float64(y)*.8))
		}
	}
	return p
}

func TestTogetherTellsGroundFromSheet(t *testing.T) {
	f := faceIn(240, 320, 60)
	g := f
	for i := range g.Marks {
		g.Marks[i].X += 2
	}
	g.X += 2
	before, person, photo := shifted(0, 0), shifted(0, 2), shifted(2, 2)
	if moved, votes := together(&before, &person, f, g); votes < leastVote || float64(moved) > .05*float64(votes) {
		t.Errorf("before a living head: %d of %d moved", moved, votes)
	}
	if moved, votes := together(&before, &photo, f, g); votes < leastVote || float64(moved) < .95*float64(votes) {
		t.Errorf("around a photograph: %d of %d moved", moved, votes)
	}
	if _, votes := together(&before, &before, f, f); votes != 0 {
		t.Errorf("without movement there are %d votes", votes)
	}
}

func TestBandsRunOverTheFaceAlone(t *testing.T) {
	f := faceIn(240, 320, 90)
	depth := func(face, hall float64) float64 {
		var all []rows
		for i := range 5 {
			p := plane{w: 240, h: 320, v: make([]float32, 240*320)}
			for y := range p.h {
				for x := range p.w {
					k := hall
					if x > 40 && x < 200 {
						k = max(k, face)
					}
					p.v[y*p.w+x] = float32(120 * (1 + k*math.Sin(float64(y)/12+float64(i)*1.9)))
				}
			}
			all = append(all, rowsOf(&p, f))
		}
		return bands(all)
	}
	if v := depth(0, 0); v > .001 {
		t.Errorf("no bands: %.4f", v)
	}
	if v := depth(.08, 0); v < .03 {
		t.Errorf("bands on a screen: %.4f", v)
	}
	if v := depth(.08, .08); v > .01 {
		t.Errorf("bands of the hall's lamps: %.4f", v)
	}
	if !math.IsNaN(bands(make([]rows, 3))) {
		t.Error("three frames are too few")
	}
}

func TestPatchesStayInThePicture(t *testing.T) {
	f := faceIn(480, 640, 150)
	r, err := f.around(2, 480, 640)
	if err != nil || r != image.Rect(90, 125, 390, 515) {
		t.Errorf("%v %v", r, err)
	}
	r, err = f.around(2.7, 480, 640) // 405 by 526 about the middle
	if err != nil || r.Dx() != 405 || r.Dy() != 527 {
		t.Errorf("%v %v", r, err)
	}
	r, err = f.around(4, 480, 640) // cut down to the width of the picture
	if err != nil || r.Dx() < 478 || r.Dx() > 480 || !r.In(image.Rect(0, 0, 480, 640)) {
		t.Errorf("%v %v", r, err)
	}
	edge := f
	edge.X = 0
	if r, err = edge.around(2, 480, 640); err != nil || r.Min.X != 0 || r.Dx() != 300 {
		t.Errorf("at the edge: %v %v", r, err)
	}
	for name, bad := range map[string]Face{"none": {}, "NaN": {X: nan, W: 100, H: 100}, "small": faceIn(480, 640, 10), "outside": {X: 5000, Y: 5000, W: 60, H: 60}} {
		if r, err := bad.around(1, 480, 640); err == nil && !r.In(image.Rect(0, 0, 480, 640)) {
			t.Errorf("%s: %v", name, r)
		} else if err == nil && name != "outside" {
			t.Errorf("%s was cut: %v", name, r)
		}
	}
}

func TestFramesOfAnotherKindAreErrors(t *testing.T) {
	w := (&Detector{}).Watch()
	grey := gocv.NewMatWithSize(320, 240, gocv.MatTypeCV8U)
	defer grey.Close()
	if w.See(&grey, faceIn(240, 320, 80)) == nil {
		t.Error("a grey picture was looked at")
	}
	var none gocv.Mat
	if w.See(&none, faceIn(240, 320, 80)) == nil {
		t.Error("no picture was looked at")
	}
	m := drawn(t, 240, 320, func(x, y int) float64 { return 100 })
	if w.See(&m, Face{}) == nil {
		t.Error("no face was looked at")
	}
	if c := w.Cues(); c.Frames != 0 {
		t.Errorf("%d frames", c.Frames)
	}
	if err := w.See(&m, faceIn(240, 320, 80)); err != nil || w.Cues().Frames != 1 {
		t.Errorf("%v", err)
	}
	if w.Reset(); w.Cues().Frames != 0 {
		t.Error("not forgotten")
	}
}
