package visiontest

import (
	"image"
	"math"
	"math/rand/v2"
)

// Ground is what a page lies on.
type Ground string

// The grounds: a dark mat, wood, a light table, a table full of coloured things and other papers.
const (
	GroundMat     Ground = "mat"
	GroundWood    Ground = "wood"
	GroundLight   Ground = "light"
	GroundClutter Ground = "clutter"
)

// Grounds are all of them.
var Grounds = []Ground{GroundMat, GroundWood, GroundLight, GroundClutter}

// Lying is what lies on the ground.
type Lying string

// The things that can lie there.
const (
	LyingPage    Lying = "page"
	LyingBlank   Lying = "blank" // an unprinted page
	LyingCard    Lying = "card"
	LyingPhone   Lying = "phone"
	LyingNothing Lying = "nothing"
)

// Mishap is what is wrong with a picture of a page.
type Mishap string

// The mishaps.
const (
	MishapNone  Mishap = ""
	MishapBlur  Mishap = "blur"
	MishapGlare Mishap = "glare"
	MishapThumb Mishap = "thumb"
	MishapCut   Mishap = "cut" // a part of the page is outside the picture
	MishapDark  Mishap = "dark"
	MishapSmall Mishap = "small" // far away
)

// Mishaps are all of them but the first.
var Mishaps = []Mishap{MishapBlur, MishapGlare, MishapThumb, MishapCut, MishapDark, MishapSmall}

// DeskScene is one picture of a page by a camera held over a table; equal fields give equal pictures.
type DeskScene struct {
	Seed          uint64
	Width, Height int // default 1280×960
	Ground        Ground
	Lying         Lying // "" is LyingPage
	Mishap        Mishap
	Near          bool  // a card or telephone is as big in the picture as a page would be
	Quarters      int   // quarter turns that the page lies turned clockwise
	Leaf          *Leaf // what stands on the page; nil is chosen by the seed
}

// DeskPicture is a picture and where the thing in it is.
type DeskPicture struct {
	Image   *image.RGBA
	Corners [4][2]float64 // of the thing as printed: its top left, top right, bottom right, bottom left, in pixels
}

// Draw draws the picture.
func (s DeskScene) Draw() DeskPicture {
	r := rand.New(rand.NewPCG(s.Seed, 0x9a9e))
	if s.Width == 0 || s.Height == 0 {
		s.Width, s.Height = 1280, 960
	}
	p := &deskPainter{DeskScene: s, r: r, w: float64(s.Width), h: float64(s.Height), noise: newNoise(r)}
	p.thing()
	p.place()
	p.light()
	img := p.paint()
	if s.Mishap == MishapBlur {
		defocus(img, p.px(2.6+r.Float64()*1.2))
	} else {
		defocus(img, p.px(.3+.4*r.Float64()))
	}
	saturated := append([]uint8(nil), img.Pix...)
	addGrain(img, 1.5+3.5*r.Float64(), r)
	if s.Mishap == MishapGlare { // far over what a sensor can tell: no noise there
		for i, v := range saturated {
			if v == 255 {
				img.Pix[i] = v
			}
		}
	}
	return DeskPicture{img, p.corners()}
}

type deskPainter struct {
	DeskScene
	r       *rand.Rand
	noise   *noiseField
	w, h    float64
	flat    *image.RGBA
	round   float64 // radius of its corners, in its pixels
	view    pose3
	gain    float64
	fall    [2]float64
	shadow  [5]float64 // middle, half axes, depth; depth 0 is none
	drop    [2]float64 // where the thing's shadow falls, in its pixels
	thumb   [2]float64 // place on the thing and direction
	thumbA  float64
	patches []patch
	table   rgb // of GroundLight
}

// px scales a length given for a picture of 960 lines.
func (p *deskPainter) px(v float64) float64 { return v * p.h / 960 }

func (p *deskPainter) thing() {
	leaf := RandomLeaf(p.r)
	if p.Leaf != nil {
		leaf = *p.Leaf
	}
	switch p.Lying {
	case LyingNothing:
	case LyingCard:
		p.flat = idCard(p.r)
		p.round = 3.18 * 12
	case LyingPhone:
		p.flat = phone(p.r)
		p.round = 90
	case LyingBlank:
		p.flat = Leaf{Blank: true}.Draw(p.r)
	default:
		p.flat = leaf.Draw(p.r)
	}
}

// pose3 is a pinhole camera's view of a flat thing whose middle is the origin.
type pose3 struct {
	a, b         [3]float64
	cx, cy, f, d float64
}

func newPose3(ax, ay, az, scale, cx, cy, f float64) pose3 {
	sx, kx := math.Sincos(ax)
	sy, ky := math.Sincos(ay)
	sz, kz := math.Sincos(az)
	return pose3{
		a:  [3]float64{ky * kz, kx*sz + sx*sy*kz, sx*sz - kx*sy*kz},
		b:  [3]float64{-ky * sz, kx*kz - sx*sy*sz, sx*kz + kx*sy*sz},
		cx: cx, cy: cy, f: f, d: f / scale,
	}
}

// to gives where the camera sees a place on the thing.
func (v *pose3) to(u, w float64) (x, y float64) {
	z := v.d + u*v.a[2] + w*v.b[2]
	return v.cx + v.f*(u*v.a[0]+w*v.b[0])/z, v.cy + v.f*(u*v.a[1]+w*v.b[1])/z
}

// from gives the place on the thing's plane that a pixel sees.
func (v *pose3) from(x, y float64) (u, w float64) {
	px, py := (x-v.cx)/v.f, (y-v.cy)/v.f
	m00, m01, m10, m11 := v.a[0]-px*v.a[2], v.b[0]-px*v.b[2], v.a[1]-py*v.a[2], v.b[1]-py*v.b[2]
	det := m00*m11 - m01*m10
	return (px*v.d*m11 - py*v.d*m01) / det, (m00*py*v.d - m10*px*v.d) / det
}

// place chooses a view in which the thing is in the picture (or, for MishapCut, is not wholly).
func (p *deskPainter) place() {
	fw, fh := 210.0, 297.0 // a thing of another kind is drawn at its size beside an A4 page
	if p.flat != nil {
		fw, fh = float64(p.flat.Rect.Dx()), float64(p.flat.Rect.Dy())
	}
	for try := 0; ; try++ {
		size := (.68 + .22*p.r.Float64()) * p.h
		spread := .05
		switch {
		case p.Mishap == MishapSmall:
			size *= .32
		case p.Near:
		case p.Lying == LyingCard:
			size *= 85.6 / 297
			spread = .2
		case p.Lying == LyingPhone:
			size *= 150.0 / 297
			spread = .15
		}
		if p.Mishap == MishapCut {
			spread = .4
		}
		tilt := func(a float64) float64 { return a * (2*p.r.Float64() - 1) }
		p.view = newPose3(tilt(.2), tilt(.2), tilt(.3)+float64(p.Quarters)*math.Pi/2, size/math.Max(fw, fh),
			p.w*(.5+tilt(spread*1.6)), p.h*(.5+tilt(spread)), p.w*(.9+.5*p.r.Float64()))
		out := math.Inf(-1)
		for _, c := range p.corners() {
			out = math.Max(out, math.Max(math.Max(-c[0], c[0]-p.w), math.Max(-c[1], c[1]-p.h)))
		}
		if p.Mishap == MishapCut {
			if out > .06*p.h && out < .25*p.h {
				return
			}
		} else if out < -.012*p.h {
			return
		}
		if try > 2000 { // a thing of another shape than a page's
			return
		}
	}
}

func (p *deskPainter) corners() (c [4][2]float64) {
	fw, fh := leafW/2.0, leafH/2.0
	if p.flat != nil {
		fw, fh = float64(p.flat.Rect.Dx())/2, float64(p.flat.Rect.Dy())/2
	}
	for i, s := range [4][2]float64{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}} {
		c[i][0], c[i][1] = p.view.to(s[0]*fw, s[1]*fh)
	}
	return c
}

func (p *deskPainter) light() {
	p.gain = .78 + .22*p.r.Float64()
	if p.Mishap == MishapDark {
		p.gain = .13 + .04*p.r.Float64()
	}
	a := 2 * math.Pi * p.r.Float64()
	k := .05 + .2*p.r.Float64()
	p.fall = [2]float64{k * math.Cos(a), k * math.Sin(a)}
	if p.r.IntN(3) == 0 {
		p.shadow = [5]float64{p.w * (.3 + .4*p.r.Float64()), p.h * (.3 + .4*p.r.Float64()), p.w * (.12 + .15*p.r.Float64()), p.h * (.12 + .2*p.r.Float64()), .25 + .15*p.r.Float64()}
	}
	if p.flat != nil {
		p.drop = [2]float64{(2*p.r.Float64() - 1) * float64(p.flat.Rect.Dx()) * .006, (2*p.r.Float64() - 1) * float64(p.flat.Rect.Dx()) * .006}
	}
	if p.Mishap == MishapThumb && p.flat != nil {
		// At an edge: left, right or bottom.
		fw, fh := float64(p.flat.Rect.Dx())/2, float64(p.flat.Rect.Dy())/2
		t := 1.2*p.r.Float64() - .6
		switch p.r.IntN(3) {
		case 0:
			p.thumb, p.thumbA = [2]float64{-fw, t * fh}, 0
		case 1:
			p.thumb, p.thumbA = [2]float64{fw, t * fh}, math.Pi
		default:
			p.thumb, p.thumbA = [2]float64{t * fw, fh}, -math.Pi/2
		}
	}
	grey := .66 + .2*p.r.Float64()
	p.table = rgb{grey, grey * .993, grey * (.95 + .04*p.r.Float64())}
	p.patches = p.things()
}

// patch is a thing of the clutter: a turned rectangle, filled or an outline, of one colour, perhaps with lines of print.
type patch struct {
	x, y, c, s, hw, hh float64
	colour             rgb
	outline, print     bool
}

func (p *deskPainter) things() []patch {
	if p.Ground != GroundClutter {
		return nil
	}
	var out []patch
	for range p.r.IntN(3) { // other pages, partly under this one
		a, v := math.Pi*p.r.Float64(), .72+.2*p.r.Float64()
		out = append(out, patch{
			x: p.w * (.1 + .8*p.r.Float64()), y: p.h * (.1 + .8*p.r.Float64()), c: math.Cos(a), s: math.Sin(a),
			hw: p.px(230), hh: p.px(325), colour: rgb{v, v, v * .97}, print: true,
		})
	}
	for range 26 {
		a := math.Pi * p.r.Float64()
		q := patch{
			x: p.w * p.r.Float64(), y: p.h * p.r.Float64(), c: math.Cos(a), s: math.Sin(a),
			hw: p.px(15 + 110*p.r.Float64()), hh: p.px(12 + 80*p.r.Float64()),
			colour:  rgb{.08 + .85*p.r.Float64(), .08 + .85*p.r.Float64(), .08 + .85*p.r.Float64()},
			outline: p.r.IntN(4) == 0,
		}
		switch p.r.IntN(8) {
		case 0: // another paper
			v := .7 + .22*p.r.Float64()
			q.colour, q.print, q.outline = rgb{v, v, v * .98}, true, false
			q.hw, q.hh = p.px(70+60*p.r.Float64()), p.px(90+60*p.r.Float64())
		case 1: // a pen
			q.hw, q.hh, q.outline = p.px(160), p.px(5), false
		}
		out = append(out, q)
	}
	return out
}

func (q *patch) over(c rgb, x, y float64) rgb {
	if dx, dy, far := x-q.x, y-q.y, q.hw+q.hh+2; dx*dx+dy*dy > far*far {
		return c
	}
	u, v := (x-q.x)*q.c+(y-q.y)*q.s, -(x-q.x)*q.s+(y-q.y)*q.c
	d := math.Max(math.Abs(u)-q.hw, math.Abs(v)-q.hh)
	if d > 1 {
		return c
	}
	col := q.colour
	if q.print && math.Abs(u) < q.hw*.8 && math.Abs(v) < q.hh*.85 && math.Mod(v+1000, 14) < 4 && math.Mod(u+1000+v*7, 46) < 38 {
		col = rgb{.2, .2, .22}
	}
	a := step(.7, -.7, d)
	if q.outline {
		a *= step(-6, -5, d)
	}
	return c.mix(col, a)
}

func (p *deskPainter) ground(x, y float64) rgb {
	u, v := x/p.h*40, y/p.h*40
	fine := p.noise.at(u*9, v*9)
	switch p.Ground {
	case GroundWood:
		rings := math.Sin(v*2.2 + 2.5*p.noise.rough(u*.12, v*.35))
		c := rgb{.58, .40, .22}.mix(rgb{.44, .28, .14}, .5+.5*rings)
		return c.times(1 + .12*p.noise.rough(u*.6, v*5) + .04*fine)
	case GroundLight:
		return p.table.times(1 + .03*p.noise.rough(u*.5, v*.5) + .015*fine)
	case GroundClutter:
		c := rgb{.42, .41, .40}.times(1 + .05*p.noise.rough(u*.4, v*.4))
		for i := range p.patches {
			c = p.patches[i].over(c, x, y)
		}
		return c
	}
	return rgb{.15, .16, .18}.times(1 + .06*p.noise.rough(u, v) + .1*fine)
}

// outside gives how far a place on the thing's plane is outside it, in the thing's pixels; negative inside.
func (p *deskPainter) outside(u, v float64) float64 {
	fw, fh := float64(p.flat.Rect.Dx())/2, float64(p.flat.Rect.Dy())/2
	dx, dy := math.Abs(u)-fw+p.round, math.Abs(v)-fh+p.round
	return math.Hypot(math.Max(dx, 0), math.Max(dy, 0)) + math.Min(math.Max(dx, dy), 0) - p.round
}

func (p *deskPainter) paint() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	for y := range p.Height {
		for x := range p.Width {
			fx, fy := float64(x)+.5, float64(y)+.5
			lit := p.gain * (1 + p.fall[0]*(2*fx/p.w-1) + p.fall[1]*(2*fy/p.h-1))
			if s := p.shadow; s[4] > 0 {
				lit *= 1 - s[4]*step(1.25, .75, math.Hypot((fx-s[0])/s[2], (fy-s[1])/s[3]))
			}
			c := p.colour(fx, fy).times(lit)
			if p.Mishap == MishapGlare {
				gx, gy := p.view.to(p.glare())
				g := step(1.35, .55, math.Hypot((fx-gx)/(p.h*.13), (fy-gy)/(p.h*.085)))
				c = rgb{c.r + 1.2*g, c.g + 1.2*g, c.b + 1.2*g}
			}
			blend(img.Pix[y*img.Stride+4*x:y*img.Stride+4*x+4], c.r, c.g, c.b, 1)
			img.Pix[y*img.Stride+4*x+3] = 255
		}
	}
	return img
}

// glare is where the lamp is mirrored, on the thing.
func (p *deskPainter) glare() (u, v float64) {
	return float64(p.flat.Rect.Dx()) * (.02*float64(p.Seed%9) - .08), float64(p.flat.Rect.Dy()) * (.02*float64(p.Seed%7) - .06)
}

// colour is what a pixel sees, evenly lit.
func (p *deskPainter) colour(x, y float64) rgb {
	if p.flat == nil {
		return p.ground(x, y)
	}
	u, v := p.view.from(x, y)
	u2, v2 := p.view.from(x+1, y)
	k := math.Max(math.Hypot(u2-u, v2-v), .05) // pixels of the thing a pixel
	out := p.outside(u, v) / k
	var c rgb
	if out > -1 {
		fall := p.outside(u-p.drop[0], v-p.drop[1]) / k
		c = p.ground(x, y).times(1 - .4*step(p.px(9), 0, fall))
	}
	if out < 1 {
		fw, fh := float64(p.flat.Rect.Dx())/2, float64(p.flat.Rect.Dy())/2
		var paper rgb
		for i := range 4 {
			q := pick(p.flat, u+fw+k*(.5*float64(i%2)-.25), v+fh+k*(.5*float64(i/2)-.25))
			paper = rgb{paper.r + q.r/4, paper.g + q.g/4, paper.b + q.b/4}
		}
		c = c.mix(paper, step(.6, -.6, out))
	}
	if p.Mishap == MishapThumb {
		c = p.finger(c, u, v)
	}
	return c
}

// finger draws a thumb that reaches over the page's edge.
func (p *deskPainter) finger(c rgb, u, v float64) rgb {
	mm := float64(p.flat.Rect.Dx()) / 210
	s, k := math.Sincos(p.thumbA)
	du, dv := u-p.thumb[0], v-p.thumb[1]
	along, across := (du*k+dv*s)/mm, (-du*s+dv*k)/mm // millimetres; along points into the page
	const reach, half = 26.0, 10.5
	d := math.Abs(across) - half
	if along > reach-half {
		d = math.Hypot(along-(reach-half), across) - half
	}
	if along < -90 {
		return c
	}
	c = c.times(1 - .35*step(5, 0, d))
	skin := rgb{.80, .58, .46}.times(1 - .35*math.Pow(math.Min(1, math.Abs(across)/half), 3))
	if math.Hypot((along-reach+9)/7, across/7) < 1 {
		skin = rgb{.88, .68, .60}
	}
	return c.mix(skin, step(.4, -.4, d))
}
