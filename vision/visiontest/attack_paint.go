package visiontest

import (
	"image"
	"math"
)

// paint draws the object over the hall.
func (m *material) paint(dst, shown *image.RGBA, held Hold, t float64) {
	ph := m.phase
	slant := m.slant(held)
	cx := m.cx + m.shake*math.Sin(2.1*t+ph) + .4*m.shake*math.Sin(5.3*t+2*ph)
	cy := m.cy + .7*m.shake*math.Sin(1.7*t+3*ph)
	c, s := math.Cos(m.tilt+m.sway*math.Sin(1.3*t+ph)), math.Sin(m.tilt+m.sway*math.Sin(1.3*t+ph))
	key, k := m.key+3*m.sway*math.Sin(.9*t+ph), 1+.4*m.sway*math.Sin(.7*t)
	b := dst.Bounds()
	for y := range b.Dy() {
		row := dst.Pix[y*dst.Stride:]
		for x := range b.Dx() {
			fx, fy := (float64(x)-cx)/k, (float64(y)-cy)/k
			px, py := fx*c+fy*s, -fx*s+fy*c
			if slant != nil {
				var on bool
				if px, py, on = slant.back(px, py); !on {
					continue
				}
			}
			z := 1 + key*px/m.w + m.keyUp*py/m.h
			px, py = px/z, py/z
			if m.curl > 0 {
				px *= 1 + .12*m.curl*(px/m.w)*(px/m.w)
			}
			if o, a := m.point(shown, px, py, float64(x), float64(y), t); a > 0 {
				blend(row[4*x:4*x+4], o.r*a, o.g*a, o.b*a, a)
			}
		}
	}
	if m.hands && slant == nil {
		m.fingers(dst, cx, cy, c, s)
	}
}

// point gives colour and coverage of the object at a place of its plane, in pixels from its middle; x, y is the pixel.
func (m *material) point(shown *image.RGBA, px, py, x, y, t float64) (rgb, float64) {
	u, v := px/m.w+.5, py/m.h+.5
	out := m.outside(px, py)
	if m.cut {
		out = m.offHead(u, v)
	}
	edge := step(m.rim+.7, m.rim-.7, out)
	if edge <= 0 {
		return rgb{}, 0
	}
	if out > 0 {
		return m.overlay(m.rimColour.times(m.rimLight()), u, v), edge
	}
	c := m.toned(sampleAt(shown, m.x0+(m.x1-m.x0)*u, m.y0+(m.y1-m.y0)*v))
	return m.overlay(c.times(m.pattern(x, y, px, py, t)), u, v), edge
}

func (m *material) rimLight() float64 {
	if m.screen {
		return 1
	}
	return m.lit
}

// outside is how many pixels a place lies outside of what is shown; corners may be round.
func (m *material) outside(px, py float64) float64 {
	dx, dy := math.Abs(px)-m.w/2+m.round, math.Abs(py)-m.h/2+m.round
	if dx > 0 && dy > 0 {
		return math.Hypot(dx, dy) - m.round
	}
	return math.Max(dx, dy) - m.round
}

// offHead is how many pixels a place lies outside of head and shoulders.
func (m *material) offHead(u, v float64) float64 {
	hp := m.pic.Head / (m.y1 - m.y0) * m.h // height of the head in pixels
	ex := (m.pic.X - m.x0) / (m.x1 - m.x0) * m.w
	ey := (m.pic.Y - m.y0) / (m.y1 - m.y0) * m.h
	dx, dy := u*m.w-ex, v*m.h-(ey+.04*hp)
	head := (math.Hypot(dx/.42, dy/.56) - hp) * .46
	top := ey + .62*hp + .25*math.Abs(dx)*math.Min(1, math.Abs(dx)/(.5*hp))
	body := math.Max(top-v*m.h, math.Abs(dx)-.85*hp)
	neck := math.Max(ey+.2*hp-v*m.h, math.Abs(dx)-.2*hp)
	return math.Max(math.Min(math.Min(head, neck), body), math.Max(math.Abs(u-.5)-.5, math.Abs(v-.5)-.5)*m.w)
}

// toned is what print or screen makes of a colour.
func (m *material) toned(c rgb) rgb {
	grey := .3*c.r + .59*c.g + .11*c.b
	f := func(v, tint float64) float64 {
		v = math.Max(0, grey+(v-grey)*m.sat)
		return (m.black + (1-m.black)*math.Pow(v, m.gamma)*m.gain) * tint
	}
	c = rgb{f(c.r, m.tint.r), f(c.g, m.tint.g), f(c.b, m.tint.b)}
	if !m.screen {
		c = c.times(m.lit)
	}
	return c
}

// pattern is what the material multiplies the light with: dots, fibres, curl, moiré, running bands.
func (m *material) pattern(x, y, px, py, t float64) float64 {
	k := 1.0
	if m.moire > 0 {
		bend := m.bend * math.Sin(px/m.w*2+py/m.h*1.3)
		k += m.moire * (math.Sin(2*math.Pi*(m.fx*x+m.fy*y)+bend) + .5*math.Sin(2*math.Pi*(m.fy*x-m.fx*y)-bend))
	}
	if m.bands > 0 {
		k -= m.bands * (.5 + .5*math.Sin(2*math.Pi*(y+m.bandRun*t)/m.bandLen))
	}
	if m.dots > 0 {
		k += m.dots * math.Sin(2*math.Pi*(m.dx*px+m.dy*py)) * math.Sin(2*math.Pi*(m.dy*px-m.dx*py))
	}
	if m.paper > 0 {
		k += m.paper * m.grainy.rough(px*.35, py*.35)
	}
	if m.curl > 0 {
		k *= 1 - m.curl*.8*(px/m.w+.2)*(px/m.w+.2)
	}
	return k
}

// overlay adds the reflection on the surface.
func (m *material) overlay(c rgb, u, v float64) rgb {
	if m.glare == 0 {
		return c
	}
	d := math.Hypot(u-m.gx, v-m.gy) / m.gr
	if d > 1 {
		return c
	}
	g := m.glare * (1 - d*d) * (1 - d*d)
	return rgb{c.r + g, c.g + g, c.b + g}
}

// fingers hold the object at both sides.
func (m *material) fingers(dst *image.RGBA, cx, cy, c, s float64) {
	skin := rgb{.80, .62, .50}.times(m.lit)
	b := dst.Bounds()
	for _, side := range [2]float64{-1, 1} {
		ox, oy := side*(m.w/2+m.rim), m.h*.22
		fx, fy := cx+ox*c-oy*s, cy+ox*s+oy*c
		for y := max(0, int(fy)-40); y < min(b.Dy(), int(fy)+40); y++ {
			for x := max(0, int(fx)-70); x < min(b.Dx(), int(fx)+70); x++ {
				dx, dy := (float64(x)-fx)/34, (float64(y)-fy-.3*side*(float64(x)-fx))/15
				if a := step(1.05, .92, math.Hypot(dx, dy)); a > 0 {
					o := skin.times(1 - .35*math.Abs(dy))
					blend(dst.Pix[y*dst.Stride+4*x:y*dst.Stride+4*x+4], o.r*a, o.g*a, o.b*a, a)
				}
			}
		}
	}
}

// sampleAt gives the colour at a place in parts of the picture, between four pixels.
func sampleAt(img *image.RGBA, u, v float64) rgb {
	b := img.Bounds()
	x := math.Max(0, math.Min(float64(b.Dx())-1.001, u*float64(b.Dx())-.5))
	y := math.Max(0, math.Min(float64(b.Dy())-1.001, v*float64(b.Dy())-.5))
	ix, iy := int(x), int(y)
	fx, fy := x-float64(ix), y-float64(iy)
	p := img.Pix[iy*img.Stride+4*ix:]
	q := p[img.Stride:]
	at := func(i int) float64 {
		return ((float64(p[i])*(1-fx)+float64(p[i+4])*fx)*(1-fy) + (float64(q[i])*(1-fx)+float64(q[i+4])*fx)*fy) / 255
	}
	return rgb{at(0), at(1), at(2)}
}
