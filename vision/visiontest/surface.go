package visiontest

import "math"

// The grid over the face's plane on which a person's surface is kept.
const (
	gridLoX, gridHiX = -1.25, 1.25
	gridLoY, gridHiY = -1.55, 1.45
	gridStep         = (gridHiX - gridLoX) / gridW
	gridW            = 500
	gridH            = 600
)

// texel is a point of the surface: height, normal, colour, how open it is to light from all around, and whether it is there.
type texel struct {
	z          float32
	nx, ny, nz float32
	r, g, b    float32
	open       float32
	gloss      float32
	solid      float32
}

// surface is a person's head (face and hair), seen straight from the front.
type surface struct{ t []texel }

func (p *Person) surface() *surface {
	p.once.Do(func() { p.surf = p.build() })
	return p.surf
}

func (p *Person) build() *surface {
	s := &surface{t: make([]texel, gridW*gridH)}
	for j := range gridH {
		y := gridLoY + float64(j)*gridStep
		half := p.half(y)
		for i := range gridW {
			p.fill(&s.t[j*gridW+i], gridLoX+float64(i)*gridStep, y, half)
		}
	}
	s.normals()
	s.openness()
	return s
}

// fill sets everything that depends on the place alone.
func (p *Person) fill(t *texel, x, y, half float64) {
	z, in := p.skull(x, y, half)
	c, gloss := rgb{}, 0.0
	if in > 0 {
		z += p.relief(x, y)
		c, gloss = p.paint(x, y)
	}
	if m := p.hairMask(x, y); m > 0 {
		zh, ih := p.hairShell(x, y)
		if ih > 0 {
			h := p.hairColour(x, y)
			k := m // at the outline there is no skin to mix with
			if in < 1 {
				k = math.Max(m, step(1, .2, in))
			}
			c, gloss = c.mix(h, k), gloss*(1-k)+.3*k
			z = z*(1-k) + math.Max(z+.02*in, zh)*k
			in = math.Max(in, ih*m)
		}
	}
	*t = texel{z: float32(z), r: float32(c.r), g: float32(c.g), b: float32(c.b), gloss: float32(gloss), solid: float32(in)}
}

// half is the half width of the head at y, 0 outside.
func (p *Person) half(y float64) float64 {
	if y <= 0 {
		t := -y / p.crown
		if t >= 1 {
			return 0
		}
		return p.headW * math.Pow(1-math.Pow(t, 2.25), 1/2.25)
	}
	t := y / p.chin
	if t >= 1 {
		return 0
	}
	return p.headW * math.Pow(1-math.Pow(t, p.jawP), 1/p.jawQ)
}

// skull is the head without features; in is 1 inside and falls to 0 over the outline.
func (p *Person) skull(x, y, half float64) (z, in float64) {
	if half <= 0 {
		return 0, 0
	}
	u := math.Abs(x) / half
	in = step(1.0, 1-.012/half, u)
	if u >= 1 {
		return 0, in
	}
	var prof float64
	if y < 0 {
		prof = math.Sqrt(math.Max(0, 1-math.Pow(-y/p.crown, 2.6)))
	} else {
		t := y / p.chin
		prof = (1 - .12*t*t) * math.Sqrt(math.Max(0, 1-math.Pow(t, 8)))
	}
	return p.depth * prof * math.Pow(1-math.Pow(u, 2.4), .5), in
}

// relief is the height of the features above the skull.
func (p *Person) relief(x, y float64) float64 {
	x -= p.asym * step(0, 1, y)
	ax := math.Abs(x)
	z := p.browRidge * bump(ax, y, p.eyeX*.9, p.browY+.03, .2, .07)
	z -= p.socket * bump(ax, y, p.eyeX, -.02, p.eyeW*1.25, .11)
	z += .035 * bump(ax, y, p.eyeX, .005, p.eyeW*.75, p.eyeH*1.3+.02)
	z += p.cheekbone * bump(ax, y, .5*p.headW/.75, .24, .17, .12)
	z += p.cheekFat * bump(ax, y, .42, .55, .2, .22)
	z += p.chinBump * bump(x, y, 0, p.chin-.14, .16, .1)
	z += p.nose(x, ax, y)
	z += p.mouthRelief(x, ax, y)
	z -= p.bags * .02 * bump(ax, y, p.eyeX, .13, p.eyeW, .03)
	z -= p.wrinkles * .02 * p.creases(ax, y)
	return z
}

func (p *Person) nose(x, ax, y float64) float64 {
	tip := p.noseLen
	if y < -.25 || y > tip+.2 {
		return 0
	}
	along := step(-.2, tip, y)
	height := p.noseBridge + (p.noseH-p.noseBridge)*along*along
	height *= step(tip+.15, tip-.03, y) * step(-.25, -.02, y)
	width := p.noseW * (.42 + .28*along)
	z := height * math.Exp(-math.Pow(ax/width, 2.2)/1.6)
	z += p.noseTip * bump(x, y, 0, tip-.01, .08, .08)
	z += .085 * bump(ax, y, p.noseW*.78, tip+.015, .05, .05) // wings
	z -= .03 * bump(ax, y, p.noseW*1.2, tip+.03, .025, .06)
	return z
}

func (p *Person) mouthRelief(x, ax, y float64) float64 {
	m := p.mouthLine(x)
	w := p.mouthW
	env := math.Exp(-math.Pow(ax/w, 4))
	z := .05 * bump(x, y, 0, m, w*1.1, .16)
	z += (.006 + .42*p.lipUp) * env * math.Exp(-math.Pow((y-m+p.lipUp*.6)/(p.lipUp*.8), 2))
	z += (.006 + .45*p.lipLow) * env * math.Exp(-math.Pow((y-m-p.lipLow*.55)/(p.lipLow*.75), 2))
	z -= .012 * env * math.Exp(-math.Pow((y-m)/.018, 2))
	z -= .03 * bump(x, y, 0, m+p.lipLow+.06, w*.6, .035)
	z -= p.philtrum * .018 * bump(x, y, 0, (p.noseLen+m)/2+.03, .022, .06)
	return z
}

// mouthLine is the y of the line between the lips.
func (p *Person) mouthLine(x float64) float64 {
	t := x / p.mouthW
	return p.mouthY - p.mouthCurve*t*t + .012*math.Cos(6*t)*math.Exp(-4*t*t)
}

// creases is 1 along the folds of an old face: nose to mouth, forehead, beside the eyes.
func (p *Person) creases(ax, y float64) float64 {
	if p.wrinkles == 0 {
		return 0
	}
	fold := p.noseW*1.25 + (y-p.noseLen+.05)*.42
	c := math.Exp(-math.Pow((ax-fold)/.022, 2)) * step(p.noseLen-.1, p.noseLen+.05, y) * step(p.mouthY+.2, p.mouthY, y)
	for i := range 3 {
		l := p.browY - .14 - .1*float64(i) + .02*math.Cos(ax*5)
		c += .7 * math.Exp(-math.Pow((y-l)/.012, 2)) * step(.5, .3, ax)
	}
	for i := range 3 {
		l := -.02 + .05*float64(i-1)*(1+(ax-p.eyeX)*3)
		c += .5 * math.Exp(-math.Pow((y-l)/.008, 2)) * bump(ax, 0, p.eyeX+p.eyeW+.1, 0, .05, 1)
	}
	return c
}

// normals derives the normals from the heights.
func (f *surface) normals() {
	for j := 1; j < gridH-1; j++ {
		for i := 1; i < gridW-1; i++ {
			t := &f.t[j*gridW+i]
			dx := float64(f.t[j*gridW+i+1].z-f.t[j*gridW+i-1].z) / (2 * gridStep)
			dy := float64(f.t[(j+1)*gridW+i].z-f.t[(j-1)*gridW+i].z) / (2 * gridStep)
			dx, dy = math.Max(-4, math.Min(4, dx)), math.Max(-4, math.Min(4, dy))
			n := 1 / math.Sqrt(dx*dx+dy*dy+1)
			t.nx, t.ny, t.nz = float32(-dx*n), float32(-dy*n), float32(n)
		}
	}
}

// openness darkens hollows: it compares each height with the mean of its surroundings.
func (f *surface) openness() {
	const rad = 14
	sum := make([]float64, (gridW+1)*(gridH+1))
	for j := range gridH {
		row := 0.0
		for i := range gridW {
			row += float64(f.t[j*gridW+i].z)
			sum[(j+1)*(gridW+1)+i+1] = sum[j*(gridW+1)+i+1] + row
		}
	}
	for j := range gridH {
		y0, y1 := max(0, j-rad), min(gridH, j+rad+1)
		for i := range gridW {
			x0, x1 := max(0, i-rad), min(gridW, i+rad+1)
			m := sum[y1*(gridW+1)+x1] - sum[y0*(gridW+1)+x1] - sum[y1*(gridW+1)+x0] + sum[y0*(gridW+1)+x0]
			m /= float64((y1 - y0) * (x1 - x0))
			d := float64(f.t[j*gridW+i].z) - m
			f.t[j*gridW+i].open = float32(math.Max(.55, math.Min(1.12, 1+5*math.Min(d, .03))))
		}
	}
}
