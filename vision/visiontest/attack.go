package visiontest

import (
	"image"
	"math"
	"math/rand/v2"
	"time"
)

// Species is a kind of presentation attack: how somebody shows another person's picture to the camera.
type Species string

// The species that are made here. Masks are not among them.
const (
	Print  Species = "print"         // a photograph on paper, held in the hand
	CutOut Species = "cut-out print" // the same, cut along head and shoulders
	Phone  Species = "phone"         // a photograph on a telephone
	Tablet Species = "tablet"        // a photograph on a tablet
	Replay Species = "replay"        // a video of a person who blinks and turns, on a tablet
)

// AttackSpecies are all species, in order.
var AttackSpecies = []Species{Print, CutOut, Phone, Tablet, Replay}

// Picture is what an attack shows: a film of somebody, and where the head stands in it.
type Picture struct {
	At   func(at time.Time) *image.RGBA
	X, Y float64 // the middle of the eyes, as parts of the picture
	Head float64 // height of the head as a part of the picture's height
}

// FilmOf gives a film of a person in another light, who turns a little and blinks.
func FilmOf(p *Person, seed uint64) Picture {
	return filmOf(p, seed, func(ms float64) float64 { return .12 * math.Sin(ms/900) })
}

// TurningFilm gives a film of a person who every few seconds turns the head to one side or the other and back, and blinks.
func TurningFilm(p *Person, seed uint64) Picture {
	r := rand.New(rand.NewPCG(seed, 0x7074))
	every, reach := 3500+2500*r.Float64(), .55+.2*r.Float64()
	sides := r.Uint64()
	return filmOf(p, seed, func(ms float64) float64 {
		n, in := math.Modf(ms / every)
		side := 1 - 2*float64(sides>>(uint64(n)%64)&1)
		return side * reach * step(0, .15, in) * step(.45, .3, in)
	})
}

func filmOf(p *Person, seed uint64, yaw func(ms float64) float64) Picture {
	r := rand.New(rand.NewPCG(seed, 0xf11f))
	shut := NewPerson(p.Seed)
	shut.eyeH *= .15
	l := []Light{Studio, Hall, Window}[r.IntN(3)]
	open := &Scene{People: []Standing{Centred(p)}, Light: l, Noise: 1.5}
	closed := &Scene{People: []Standing{Centred(shut)}, Light: l, Noise: 1.5}
	phase := r.Float64() * 3000
	at := func(at time.Time) *image.RGBA {
		ms := float64(at.UnixMilli()%3_600_000) + phase
		s := open
		if math.Mod(ms, 3000) < 250 {
			s = closed
		}
		s.People[0].Yaw = yaw(ms)
		return s.Frame(at)
	}
	return Picture{At: at, X: .5, Y: .44, Head: .46}
}

// Attack is a picture held before the camera in the hall. All that chance decides comes from Seed. It may be used from one
// goroutine. The figures of the materials are chosen by eye after photographs of prints and screens, not measured on a camera.
type Attack struct {
	Species       Species
	Picture       Picture
	Seed          uint64
	Width, Height int   // default 480×640
	Light         Light // of the hall; default [Hall]

	// Held says how the object is held beside its small movements; nil: upright. A screen does not bend.
	Held func(at time.Time) Hold

	m     *material
	still *image.RGBA // what a photograph shows
	n     uint64
}

// Frame draws what the camera sees at a time.
func (a *Attack) Frame(at time.Time) *image.RGBA {
	a.fill(at)
	shown := a.still
	if a.Species == Replay {
		shown = a.Picture.At(at)
	}
	a.n++
	img := hall(a.Width, a.Height, a.Light)
	held := Hold{}
	if a.Held != nil {
		held = a.Held(at)
	}
	a.m.paint(img, shown, held, float64(at.UnixMilli()%3_600_000)/1000)
	if a.m.blur > 0 {
		soften(img, a.m.blur)
	}
	addGrain(img, a.m.noise, rand.New(rand.NewPCG(a.Seed, a.n)))
	return img
}

func (a *Attack) fill(at time.Time) {
	if a.m != nil {
		return
	}
	if a.Width == 0 || a.Height == 0 {
		a.Width, a.Height = 480, 640
	}
	if a.Light == (Light{}) {
		a.Light = Hall
	}
	a.still = a.Picture.At(at)
	a.m = newMaterial(a)
}

// material is one object held before the camera.
type material struct {
	r      *rand.Rand
	cut    bool    // along the head
	screen bool    // shines by itself
	pic    Picture // where the head stands in what is shown

	cx, cy, w, h       float64 // middle and size of what is shown, pixels
	x0, y0, x1, y1     float64 // the part of the picture that is shown
	tilt, key, keyUp   float64 // turned, and nearer at one side
	shake, sway, phase float64
	rim                float64 // pixels of bezel or white margin
	rimColour          rgb
	round              float64 // radius of its corners
	hands              bool

	black, gain, gamma, sat float64
	tint                    rgb
	moire, fx, fy, bend     float64 // depth, cycles a pixel, how much the pattern bends
	dots, dx, dy            float64
	bands, bandLen, bandRun float64 // depth, pixels, pixels a second
	glare, gx, gy, gr       float64
	paper, curl, lit        float64
	blur                    int
	noise                   float64
	grainy                  *noiseField
}

func newMaterial(a *Attack) *material {
	r := rand.New(rand.NewPCG(a.Seed, 0xa77ac4))
	in := func(lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }
	m := &material{r: r, pic: a.Picture, grainy: newNoise(r), noise: in(1.5, 3.5), blur: r.IntN(2)}
	m.cut, m.screen = a.Species == CutOut, a.Species == Phone || a.Species == Tablet || a.Species == Replay
	m.tilt, m.key, m.keyUp = in(-.07, .07), in(-.10, .10), in(-.08, .08)
	m.shake, m.sway, m.phase = in(1.5, 6), in(.002, .012), in(0, 9)
	m.hands = r.IntN(4) > 0 && !m.cut
	m.lit = math.Min(1.05, a.Light.Main+a.Light.Ambient)
	shape, part := in(.68, .8), in(.46, .6)
	if a.Species == Phone {
		shape, part = in(.46, .56), in(.46, .58)
	}
	m.place(a, shape, math.Max(part, a.Picture.Head), in(.34, .50))
	m.cx, m.cy = m.cx+in(-15, 15), m.cy+in(-15, 15)
	if m.screen {
		m.screenLike(in)
	} else {
		m.paperLike(in)
	}
	return m
}

// place fixes what part of the picture is shown and how large: a window of the given shape in which the head has a part of the
// height, so large that the head has the height wanted in the frame.
func (m *material) place(a *Attack, shape, part, head float64) {
	b := a.still.Bounds()
	pw, ph := float64(b.Dx()), float64(b.Dy())
	wh := math.Min(1, a.Picture.Head/part)
	ww := math.Min(1, wh*ph*shape/pw)
	mid := a.Picture.Y + .1*a.Picture.Head // of the head
	m.x0, m.y0 = clampTo(a.Picture.X-ww/2, 1-ww), clampTo(mid-wh*.46, 1-wh)
	m.x1, m.y1 = m.x0+ww, m.y0+wh
	m.h = head * float64(a.Height) / (a.Picture.Head / wh)
	m.w = m.h * (ww * pw) / (wh * ph)
	m.cx = float64(a.Width)/2 - m.w*((a.Picture.X-m.x0)/ww-.5)
	m.cy = .47*float64(a.Height) - m.h*((mid-m.y0)/wh-.5)
}

func clampTo(v, hi float64) float64 { return math.Max(0, math.Min(hi, v)) }

func (m *material) screenLike(in func(lo, hi float64) float64) {
	m.rim, m.round = m.w*in(.02, .07), m.w*in(.0, .08)
	v := in(.03, .14)
	m.rimColour = rgb{v, v, v * 1.05}
	m.black, m.gain, m.gamma, m.sat = in(.02, .09), in(.85, 1.12), in(.85, 1.25), in(.85, 1.2)
	m.tint = rgb{in(.90, 1), in(.95, 1.02), in(1, 1.12)}
	m.moire, m.bend = in(.004, .05), in(0, 1.2)
	dir, f := in(0, math.Pi), in(.06, .42)
	m.fx, m.fy = f*math.Cos(dir), f*math.Sin(dir)
	m.bands, m.bandLen, m.bandRun = math.Max(0, in(-.02, .08)), in(90, 400), in(200, 900)
	if m.r.IntN(2) == 0 {
		m.glare, m.gx, m.gy, m.gr = in(.15, .6), in(.1, .9), in(.05, .9), in(.08, .3)
	}
}

func (m *material) paperLike(in func(lo, hi float64) float64) {
	if m.r.IntN(4) > 0 || m.cut {
		m.rim = m.w * in(.01, .07)
	}
	if m.cut {
		m.rim = in(1, 4)
	}
	m.rimColour = rgb{.93, .93, .91}
	m.black, m.gain, m.gamma, m.sat = in(.06, .16), in(.68, .9), in(.85, 1.2), in(.6, .95)
	m.tint = rgb{in(.97, 1.06), 1, in(.90, 1)}
	if m.r.IntN(2) == 0 {
		m.dots = in(.01, .06)
		dir, f := in(0, math.Pi/2), in(.18, .42)
		m.dx, m.dy = f*math.Cos(dir), f*math.Sin(dir)
	}
	m.paper, m.curl = in(.01, .04), in(0, .30)
	if m.r.IntN(4) == 0 { // glossy paper
		m.glare, m.gx, m.gy, m.gr = in(.1, .35), in(.1, .9), in(.05, .9), in(.1, .3)
	}
}
