package visiontest

import (
	"image"
	"math"
)

// Light is how a person is lit.
type Light struct {
	From, Above float64 // direction of the main light: radians to the right of the camera, and above it
	Main        float64 // its strength; about 0.75
	Ambient     float64 // light from everywhere; about 0.35
	Warm        float64 // -1 bluish … 1 yellowish
}

// The lights used by tests and the demo.
var (
	Studio = Light{From: .15, Above: .35, Main: .62, Ambient: .46}
	Hall   = Light{From: -.5, Above: .55, Main: .66, Ambient: .40, Warm: .25}
	Window = Light{From: .8, Above: .2, Main: .78, Ambient: .30, Warm: -.2}
	Dim    = Light{From: -.3, Above: .6, Main: .07, Ambient: .05}
)

// View is how a person is seen. The zero value is not useful; see [Portrait] and [Scene] for the usual ones.
type View struct {
	Yaw, Pitch, Roll float64 // radians; positive yaw turns to the right of the picture
	Light            Light
	X, Y             float64 // where the middle of the eyes stands, as parts of the picture's width and height
	Head             float64 // height of the head as a part of the picture's height; about 0.45
}

// headUnits is the usual height of a head in units of the surface.
const headUnits = 2.3

// sun holds what shading needs, worked out once for a picture.
type sun struct {
	lx, ly, lz     float64
	hx, hy, hz     float64 // half way between light and eye
	main, amb      float64
	tr, tg, tb     float64 // tint
	cy, sy, cp, sp float64 // cosine and sine of yaw and pitch
	cameraUnits    float64
}

func newSun(yaw, pitch float64, l Light) *sun {
	s := &sun{main: l.Main, amb: l.Ambient, cameraUnits: 7.5}
	s.lx, s.ly, s.lz = math.Sin(l.From)*math.Cos(l.Above), -math.Sin(l.Above), math.Cos(l.From)*math.Cos(l.Above)
	n := math.Sqrt(s.lx*s.lx + s.ly*s.ly + (s.lz+1)*(s.lz+1))
	s.hx, s.hy, s.hz = s.lx/n, s.ly/n, (s.lz+1)/n
	s.tr, s.tg, s.tb = 1+.06*l.Warm, 1+.01*l.Warm, 1-.10*l.Warm
	s.cy, s.sy, s.cp, s.sp = math.Cos(yaw), math.Sin(yaw), math.Cos(pitch), math.Sin(pitch)
	return s
}

// shade lights a colour at a normal. open darkens hollows, gloss adds a highlight.
func (s *sun) shade(c rgb, nx, ny, nz, open, gloss float64) rgb {
	d := nx*s.lx + ny*s.ly + nz*s.lz
	amb := s.amb * open * (.82 - .18*ny) * (.55 + .45*nz)
	wrap := func(w float64) float64 {
		v := (d + w) / (1 + w)
		if v < 0 {
			return 0
		}
		return v
	}
	o := s.main * (.35 + .65*open)
	h := nx*s.hx + ny*s.hy + nz*s.hz
	spec := 0.0
	if h > 0 && gloss > 0 {
		h2 := h * h
		h4 := h2 * h2
		h8 := h4 * h4
		spec = gloss * s.main * h8 * h8 * h4 * .9
	}
	return rgb{
		(c.r*(amb+o*wrap(.42)) + spec) * s.tr, // light that entered the skin comes out redder
		(c.g*(amb+o*wrap(.30)) + spec) * s.tg,
		(c.b*(amb+o*wrap(.26)) + spec) * s.tb,
	}
}

// head gives colour and coverage of the head at a place of the picture, in units from the middle of the eyes.
func (s *sun) head(f *surface, px, py float64) (rgb, float64) {
	z := .6
	var x, y float64
	var v texel
	for range 4 {
		k := 1 + (z-.5)/s.cameraUnits // nearer is larger
		x = (px/k - (z-.1)*s.sy) / s.cy
		y = (py/k + (z-.1)*s.sp) / s.cp
		nz, ok := f.height(x, y)
		if !ok {
			return rgb{}, 0
		}
		z = .25*z + .75*nz
	}
	f.sample(x, y, &v)
	if v.solid < .004 {
		return rgb{}, 0
	}
	nx := float64(v.nx)*s.cy + float64(v.nz)*s.sy
	nz := -float64(v.nx)*s.sy + float64(v.nz)*s.cy
	ny := float64(v.ny)*s.cp - nz*s.sp
	nz = float64(v.ny)*s.sp + nz*s.cp
	c := s.shade(rgb{float64(v.r), float64(v.g), float64(v.b)}, nx, ny, nz, float64(v.open), float64(v.gloss))
	return c, float64(v.solid)
}

func (f *surface) at(x, y float64) (i int, u, v float32, ok bool) {
	gx, gy := (x-gridLoX)/gridStep, (y-gridLoY)/gridStep
	ix, iy := int(gx), int(gy)
	if gx < 0 || gy < 0 || ix >= gridW-1 || iy >= gridH-1 {
		return 0, 0, 0, false
	}
	return iy*gridW + ix, float32(gx - float64(ix)), float32(gy - float64(iy)), true
}

func (f *surface) height(x, y float64) (float64, bool) {
	i, u, v, ok := f.at(x, y)
	if !ok {
		return 0, false
	}
	a := f.t[i].z*(1-u) + f.t[i+1].z*u
	b := f.t[i+gridW].z*(1-u) + f.t[i+gridW+1].z*u
	return float64(a*(1-v) + b*v), true
}

// sample mixes four texels; colours count by how solid they are, so that nothing dark bleeds in at the outline.
func (f *surface) sample(x, y float64, out *texel) {
	i, u, v, ok := f.at(x, y)
	if !ok {
		*out = texel{}
		return
	}
	w := [4]float32{(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v}
	var o texel
	var sum float32
	for k, j := range [4]int{i, i + 1, i + gridW, i + gridW + 1} {
		t := &f.t[j]
		o.solid += w[k] * t.solid
		q := w[k] * (t.solid + 1e-4)
		sum += q
		o.nx, o.ny, o.nz = o.nx+q*t.nx, o.ny+q*t.ny, o.nz+q*t.nz
		o.r, o.g, o.b = o.r+q*t.r, o.g+q*t.g, o.b+q*t.b
		o.open, o.gloss = o.open+q*t.open, o.gloss+q*t.gloss
	}
	k := 1 / sum
	o.nx, o.ny, o.nz, o.r, o.g, o.b, o.open, o.gloss = o.nx*k, o.ny*k, o.nz*k, o.r*k, o.g*k, o.b*k, o.open*k, o.gloss*k
	*out = o
}

// over puts colour b with coverage ab under colour a with coverage aa.
func over(a rgb, aa float64, b rgb, ab float64) (rgb, float64) {
	k := (1 - aa) * ab
	o := aa + k
	if o < 1e-6 {
		return rgb{}, 0
	}
	return rgb{(a.r*aa + b.r*k) / o, (a.g*aa + b.g*k) / o, (a.b*aa + b.b*k) / o}, o
}

// point gives colour and coverage of the whole person at a place in units.
func (p *Person) point(s *sun, f *surface, px, py float64) (rgb, float64) {
	c, a := rgb{}, 0.0
	if px > gridLoX-.2 && px < gridHiX+.2 && py > gridLoY-.2 && py < gridHiY+.2 {
		if c, a = s.head(f, px, py); a > .99 {
			return c, 1
		}
	}
	for _, part := range [4]func(*sun, float64, float64) (rgb, float64){p.ear, p.neck, p.backHair, p.clothes} {
		if b, ab := part(s, px, py); ab > 0 {
			if c, a = over(c, a, b, ab); a > .99 {
				return c, 1
			}
		}
	}
	return c, a
}

// Draw draws the person onto dst, fine grained: every pixel is the mean of four.
func (p *Person) Draw(dst *image.RGBA, v View) {
	b := dst.Bounds()
	unit := v.Head * float64(b.Dy()) / headUnits // pixels a unit
	s, f := newSun(v.Yaw, v.Pitch, v.Light), p.surface()
	cr, sr := math.Cos(v.Roll), math.Sin(v.Roll)
	cx, cy := v.X*float64(b.Dx()), v.Y*float64(b.Dy())
	for y := range b.Dy() {
		row := dst.Pix[y*dst.Stride:]
		for x := range b.Dx() {
			var r, g, bl, a float64
			for q := range 4 {
				dx := (float64(x) + .25 + .5*float64(q&1) - cx) / unit
				dy := (float64(y) + .25 + .5*float64(q>>1) - cy) / unit
				c, k := p.point(s, f, dx*cr+dy*sr, -dx*sr+dy*cr)
				r, g, bl, a = r+c.r*k, g+c.g*k, bl+c.b*k, a+k
			}
			if a > 0 {
				blend(row[4*x:4*x+4], r/4, g/4, bl/4, a/4)
			}
		}
	}
}

// blend puts a premultiplied colour over a pixel.
func blend(px []uint8, r, g, b, a float64) {
	px[0] = clip(r*255 + float64(px[0])*(1-a))
	px[1] = clip(g*255 + float64(px[1])*(1-a))
	px[2] = clip(b*255 + float64(px[2])*(1-a))
	px[3] = 255
}

func clip(v float64) uint8 {
	if v <= 0 {
		return 0
	}
	if v >= 254.5 {
		return 255
	}
	return uint8(v + .5)
}
