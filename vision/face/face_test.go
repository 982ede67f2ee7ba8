package face

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gocv.io/x/gocv"
	"pgregory.net/rapid"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/visiontest"
)

// A similarity applied to the template must be found again, whatever it is.
func TestSolveFindsTheSimilarity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := func(name string, lo, hi float64) float64 { return rapid.Float64Range(lo, hi).Draw(t, name) }
		k, r := f("scale", .1, 20), f("angle", -3, 3)
		want := similarity{k * math.Cos(r), k * math.Sin(r), f("x", -900, 900), f("y", -900, 900)}
		var dst [5]Point
		for i, p := range template {
			dst[i] = want.apply(p)
		}
		got, ok := solve(template, dst)
		if !ok {
			t.Fatal("not solved")
		}
		for _, d := range []float64{got.a - want.a, got.b - want.b, got.tx - want.tx, got.ty - want.ty} {
			if math.Abs(d) > 1e-6 {
				t.Fatalf("%+v, want %+v", got, want)
			}
		}
	})
}

// With noise the answer must be the best one: no small change of it fits better.
func TestSolveIsTheLeastSquare(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	src := template
	for i := range src {
		src[i].X, src[i].Y = src[i].X*3+r.NormFloat64()*6, src[i].Y*3+r.NormFloat64()*6
	}
	got, _ := solve(src, template)
	cost := func(s similarity) (c float64) {
		for i := range src {
			p := s.apply(src[i])
			c += math.Pow(p.X-template[i].X, 2) + math.Pow(p.Y-template[i].Y, 2)
		}
		return c
	}
	base := cost(got)
	for i := range 4 {
		for _, d := range []float64{-1e-4, 1e-4} {
			s := got
			*[]*float64{&s.a, &s.b, &s.tx, &s.ty}[i] += d
			if cost(s) < base {
				t.Errorf("changing parameter %d by %v fits better", i, d)
			}
		}
	}
}

func TestSolveRefusesPointsThatFallTogether(t *testing.T) {
	var same [5]Point
	if _, ok := solve(same, template); ok {
		t.Error("five equal points were solved")
	}
	same[2].X = math.NaN()
	if _, ok := solve(same, template); ok {
		t.Error("NaN was solved")
	}
}

// mat makes a network output.
func mat(t *testing.T, n int, set map[int]float32) gocv.Mat {
	t.Helper()
	m := gocv.NewMatWithSize(1, n, gocv.MatTypeCV32F)
	m.SetTo(gocv.NewScalar(0, 0, 0, 0))
	v, err := m.DataPtrFloat32()
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range set {
		v[i] = x
	}
	return m
}

// outputs makes the twelve outputs for an input of 64 by 32 pixels with one face in cell (2, 1) of stride 8.
func outputs(t *testing.T, change func(cls, box map[int]float32)) []gocv.Mat {
	const cell = 1*8 + 2
	cls, box := map[int]float32{cell: .81}, map[int]float32{4 * cell: .5, 4*cell + 1: .25, 4*cell + 2: 1, 4*cell + 3: 0}
	kps := map[int]float32{}
	for k := range 10 {
		kps[10*cell+k] = float32(k) / 10
	}
	obj := map[int]float32{cell: 1}
	change(cls, box)
	var outs []gocv.Mat
	for _, group := range []struct {
		per int
		set map[int]float32
	}{{1, cls}, {1, obj}, {4, box}, {10, kps}} {
		outs = append(outs, mat(t, 32*group.per, group.set), mat(t, 8*group.per, nil), mat(t, 2*group.per, nil))
	}
	return outs
}

func closeOuts(outs []gocv.Mat) {
	for i := range outs {
		_ = outs[i].Close()
	}
}

func TestDecodeFollowsTheFormulae(t *testing.T) {
	outs := outputs(t, func(_, _ map[int]float32) {})
	defer closeOuts(outs)
	faces, err := decode(outs, 64, 32)
	if err != nil || len(faces) != 1 {
		t.Fatalf("%d faces, %v", len(faces), err)
	}
	f := faces[0]
	w := math.E * 8
	for _, c := range [][2]float64{
		{f.Score, .9}, {f.W, w}, {f.H, 8}, {f.X, 20 - w/2}, {f.Y, 10 - 4},
		{f.Marks[0].X, 16}, {f.Marks[0].Y, 8.8}, {f.Marks[4].X, 22.4}, {f.Marks[4].Y, 15.2},
	} {
		if math.Abs(c[0]-c[1]) > 1e-5 {
			t.Errorf("%v, want %v", c[0], c[1])
		}
	}
}

func TestDecodeDropsNonsense(t *testing.T) {
	nan := float32(math.NaN())
	for name, change := range map[string]func(cls, box map[int]float32){
		"low score":     func(cls, _ map[int]float32) { cls[10] = .3 },
		"NaN score":     func(cls, _ map[int]float32) { cls[10] = nan },
		"NaN box":       func(_, box map[int]float32) { box[40] = nan },
		"infinite size": func(_, box map[int]float32) { box[42] = 2000 },
	} {
		outs := outputs(t, change)
		faces, err := decode(outs, 64, 32)
		closeOuts(outs)
		if err != nil || len(faces) != 0 {
			t.Errorf("%s: %d faces, %v", name, len(faces), err)
		}
	}
	outs := outputs(t, func(_, _ map[int]float32) {})
	defer closeOuts(outs)
	if _, err := decode(outs, 96, 32); err == nil {
		t.Error("outputs of another size were decoded")
	}
}

func TestSuppressKeepsTheBestOfOverlapping(t *testing.T) {
	in := []Face{
		{X: 0, Y: 0, W: 10, H: 10, Score: .7}, {X: 1, Y: 0, W: 10, H: 10, Score: .9}, {X: 50, Y: 0, W: 10, H: 10, Score: .8},
		{X: 9, Y: 9, W: 10, H: 10, Score: .65},
	}
	out := suppress(in)
	if len(out) != 3 || out[0].Score != .9 || out[1].Score != .8 || out[2].Score != .65 {
		t.Errorf("kept %+v", out)
	}
}

func TestFuseAndCosine(t *testing.T) {
	a, b := Embedding{1, 0}, Embedding{0, 1}
	if f := Fuse([]Embedding{a, b}); math.Abs(f.Cosine(a)-math.Sqrt2/2) > 1e-6 || math.Abs(f.Cosine(f)-1) > 1e-6 {
		t.Errorf("fused to %v", []float32(f))
	}
	for name, c := range map[string]float64{
		"nil": Embedding(nil).Cosine(a), "both nil": Embedding(nil).Cosine(nil), "other length": a.Cosine(Embedding{1}),
		"nothing fused": Fuse(nil).Cosine(a), "opposites fused": Fuse([]Embedding{a, {-1, 0}}).Cosine(a),
	} {
		if !math.IsNaN(c) {
			t.Errorf("%s: %v, want NaN", name, c)
		}
	}
	if !math.IsNaN(mutual([]Embedding{a})) || mutual([]Embedding{a, a, b}) != 0 {
		t.Error("mutual is wrong")
	}
	if s := a.String(); s != "[redacted]" {
		t.Errorf("an embedding prints as %q", s)
	}
}

// Every gate has its hint, and the limits themselves are allowed.
func TestGatesName(t *testing.T) {
	g := DefaultGates()
	ok := Facts{Faces: 1, EyeDist: 90, EyePart: .19, Yaw: .02, Pitch: .55, Luma: 120, Contrast: 40, Sharpness: 300, FrameLuma: 130, EyesDark: .1, Lower: 4, Inside: .3}
	for _, c := range []struct {
		name   string
		change func(*Facts)
		want   kiosk.FaceHint
	}{
		{"good", func(*Facts) {}, kiosk.HintNone},
		{"nobody", func(f *Facts) { f.Faces = 0 }, kiosk.HintNoFace},
		{"two", func(f *Facts) { f.Faces = 2 }, kiosk.HintManyFaces},
		{"few pixels", func(f *Facts) { f.EyeDist = 20 }, kiosk.HintTooFar},
		{"small in the frame", func(f *Facts) { f.EyePart = .05 }, kiosk.HintTooFar},
		{"eye distance NaN", func(f *Facts) { f.EyeDist = math.NaN() }, kiosk.HintTooFar},
		{"large in the frame", func(f *Facts) { f.EyePart = .5 }, kiosk.HintTooNear},
		{"left", func(f *Facts) { f.OffX = -.4 }, kiosk.HintOffCentre},
		{"cut off at the edge", func(f *Facts) { f.Inside = -.1 }, kiosk.HintOffCentre},
		{"high up, but whole", func(f *Facts) { f.Inside = .01 }, kiosk.HintNone},
		{"place NaN", func(f *Facts) { f.Inside = math.NaN() }, kiosk.HintOffCentre},
		{"dark", func(f *Facts) { f.Luma, f.FrameLuma = 20, 30 }, kiosk.HintTooDark},
		{"flat", func(f *Facts) { f.Contrast = 4 }, kiosk.HintTooDark},
		{"light behind", func(f *Facts) { f.Luma, f.FrameLuma = 60, 200 }, kiosk.HintBacklight},
		{"light behind a dark face", func(f *Facts) { f.Luma, f.FrameLuma = 30, 200 }, kiosk.HintBacklight},
		{"moving", func(f *Facts) { f.Moved = 4 }, kiosk.HintMoving},
		{"dark glasses", func(f *Facts) { f.EyesDark = .6 }, kiosk.HintCovered},
		{"dark glasses against the light", func(f *Facts) { f.EyesDark, f.Luma = .6, 40 }, kiosk.HintCovered},
		{"eyes NaN", func(f *Facts) { f.EyesDark = math.NaN() }, kiosk.HintCovered},
		{"mask", func(f *Facts) { f.Lower = 40 }, kiosk.HintCovered},
		{"scarf", func(f *Facts) { f.Pattern = 30 }, kiosk.HintCovered},
		{"colours NaN", func(f *Facts) { f.Lower = math.NaN() }, kiosk.HintCovered},
		{"bright", func(f *Facts) { f.Luma = 240 }, kiosk.HintTooBright},
		{"turned left", func(f *Facts) { f.Yaw = -.4 }, kiosk.HintTurned},
		{"looking up", func(f *Facts) { f.Pitch = .1 }, kiosk.HintTurned},
		{"looking down", func(f *Facts) { f.Pitch = 1 }, kiosk.HintTurned},
		{"pitch NaN", func(f *Facts) { f.Pitch = math.NaN() }, kiosk.HintTurned},
		{"tilted", func(f *Facts) { f.Roll = 30 }, kiosk.HintTurned},
		{"blurred", func(f *Facts) { f.Sharpness = 3 }, kiosk.HintBlurred},
	} {
		f := ok
		c.change(&f)
		if got := g.Hint(f); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPoseReadsTheTurn(t *testing.T) {
	straight := Face{Marks: [5]Point{{10, 10}, {30, 10}, {20, 20}, {13, 30}, {27, 30}}}
	turned := straight
	turned.Marks[Nose].X = 26
	yaw, pitch, roll := pose(&straight)
	if math.Abs(yaw) > 1e-9 || math.Abs(pitch-.5) > 1e-9 || math.Abs(roll) > 1e-9 {
		t.Errorf("straight: %v %v %v", yaw, pitch, roll)
	}
	if yaw, _, _ = pose(&turned); math.Abs(yaw-.3) > 1e-9 {
		t.Errorf("turned: %v", yaw)
	}
	tilt := similarity{a: math.Cos(.4), b: math.Sin(.4)}
	for i := range turned.Marks {
		turned.Marks[i] = tilt.apply(turned.Marks[i])
	}
	if yaw, pitch, roll = pose(&turned); math.Abs(yaw-.3) > 1e-9 || math.Abs(pitch-.5) > 1e-9 || math.Abs(roll-.4*180/math.Pi) > 1e-9 {
		t.Errorf("tilted: %v %v %v", yaw, pitch, roll)
	}
}

func TestRatesOfKnownScores(t *testing.T) {
	rates := func(gen, imp []float64) Rates {
		t := trials{people: 50}
		for i, s := range gen {
			t.add(s, i%50, i%50, true)
		}
		for i, s := range imp {
			t.add(s, i%50, (i+1)%50, false)
		}
		return t.rates()
	}
	var gen, imp []float64
	for i := range 1000 {
		imp = append(imp, float64(i)/1000)    // 0 … .999
		gen = append(gen, .5+float64(i)/1000) // .5 … 1.499
	}
	r := rates(gen, imp)
	if math.Abs(r.EER-.25) > .002 {
		t.Errorf("equal error rate %v, want .25", r.EER)
	}
	if v := r.ThresholdAtFAR["0.01"]; math.Abs(v-.989) > 1e-9 {
		t.Errorf("threshold at 1 %% is %v", v)
	}
	if v := r.TARAtFAR["0.01"]; math.Abs(v-.51) > .002 {
		t.Errorf("true accepts at 1 %% are %v", v)
	}
	if len(r.Unresolved) != 1 || r.Unresolved[0] != "0.0001" {
		t.Errorf("unresolved %v", r.Unresolved)
	}
	if e := rates(nil, nil); e.EER != 1 || e.TARAtFAR["0.01"] != 0 {
		t.Errorf("without scores: %+v", e)
	}
	if e := rates([]float64{.9, .8}, []float64{.1, .2}); e.EER != 0 {
		t.Errorf("separated scores: %v", e.EER)
	}
}

// Whatever somebody of the cast wears before the face is told as that, in one frame; the same people without it are good.
func TestCoversAreToldOnEveryFace(t *testing.T) {
	e := engine(t)
	for who := range folks() {
		for _, cover := range []visiontest.Cover{"", visiontest.Mask, visiontest.Scarf, visiontest.Sunglasses} {
			want := kiosk.HintCovered
			if cover == "" {
				want = kiosk.HintNone
			}
			h := &visiontest.Hindered{Scene: visiontest.Scene{People: still(who)}, Cover: cover}
			if got := hintOf(t, e, h.Frame(time.Unix(1_700_000_000, 0))); got != want {
				t.Errorf("person %d, %q: hint %q, want %q", who, cover, got, want)
			}
		}
	}
}

// hintOf gives what the default gates say of a picture with a face.
func hintOf(t *testing.T, e *Engine, img image.Image) kiosk.FaceHint {
	t.Helper()
	m, err := vision.FromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	faces, err := e.Detect(&m)
	if err != nil || len(faces) == 0 {
		t.Fatalf("%d faces, %v", len(faces), err)
	}
	aligned, err := e.Align(&m, &faces[0])
	if err != nil {
		t.Fatal(err)
	}
	defer aligned.Close()
	facts, err := measure(&m, faces, &aligned)
	if err != nil {
		t.Fatal(err)
	}
	return DefaultGates().Hint(facts)
}
