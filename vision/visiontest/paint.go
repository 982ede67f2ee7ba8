package visiontest

import "math"

// paint gives colour and gloss of the face at a place, without light.
func (p *Person) paint(x, y float64) (rgb, float64) {
	c, gloss := p.skinAt(x, y), .16
	c = p.beardAt(c, x, y)
	c = p.lipsAt(c, x, y)
	c = p.nostrils(c, x, y)
	if m := p.browAt(x, y); m > 0 {
		c, gloss = c.mix(p.hair.times(.8), m), gloss*(1-m)
	}
	for _, side := range [2]float64{-1, 1} {
		c, gloss = p.eyeAt(c, gloss, side*x, y, side)
	}
	if p.glasses > 0 {
		c = p.glassesAt(c, x, y)
	}
	return c, gloss
}

func (p *Person) skinAt(x, y float64) rgb {
	ax := math.Abs(x)
	c := p.skin
	red := rgb{c.r * 1.0, c.g * .74, c.b * .70}
	k := p.blush*bump(ax, y, .45, .38, .16, .14) + .35*bump(x, y, 0, p.noseLen, .12, .08) + .12*bump(ax, y, .8, .1, .2, .4)
	c = c.mix(red, math.Min(k, .8))
	c = c.times(1 - .14*p.bags*bump(ax, y, p.eyeX, .11, p.eyeW*.9, .045))
	c = c.times(1 - .10*bump(ax, y, p.eyeX, -.06, p.eyeW*1.1, .05)) // upper lids
	c = c.times(1 + .04*p.noise.rough(x*7, y*7) + .03*p.noise.at(x*60, y*60))
	c = c.times(1 - .28*p.wrinkles*math.Min(1, p.creases(ax, y)))
	if p.freckles > 0 {
		f := step(.55, .75, p.noise.at(x*38+11, y*38+5)) * bump(ax, y, .3, .25, .25, .14)
		c = c.mix(c.times(.62), p.freckles*f)
	}
	for _, m := range p.moles {
		if m[2] > 0 {
			c = c.mix(rgb{.16, .09, .07}, .85*step(m[2], m[2]*.5, math.Hypot(x-m[0], y-m[1])))
		}
	}
	return c
}

func (p *Person) beardAt(c rgb, x, y float64) rgb {
	if p.Female {
		return c
	}
	ax := math.Abs(x)
	hairs := .75 + .25*p.noise.at(x*70, y*24)
	jaw := step(p.mouthY-.14, p.mouthY+.16, y+.55*(ax-.3)) * step(.98, .8, ax/math.Max(p.half(y), .01)*.9)
	lip := bump(x, y, 0, p.mouthY-p.lipUp-.055, p.mouthW*.8, .045)
	c = c.mix(rgb{.30, .30, .32}, .34*p.stubble*math.Max(jaw, lip)*hairs)
	c = c.mix(p.hair, p.beard*jaw*hairs)
	return c.mix(p.hair, .95*p.moustache*math.Min(1, 1.5*lip)*hairs)
}

func (p *Person) lipsAt(c rgb, x, y float64) rgb {
	m := p.mouthLine(x)
	t := math.Abs(x) / p.mouthW
	if t > 1.15 {
		return c
	}
	bow := 1 - .22*math.Exp(-math.Pow(x/.05, 2))
	up := p.lipUp * 1.25 * bow * math.Pow(math.Max(0, 1-t*t), .7)
	low := p.lipLow * 1.2 * math.Pow(math.Max(0, 1-t*t), .6)
	top := step(m-up-.014, m-up+.012, y)
	bottom := step(m+low+.018, m+low-.012, y)
	in := top * bottom * step(1.02, .9, t)
	col := p.lips
	if y < m {
		col = col.times(.86)
	}
	col = col.times(1 + .06*p.noise.at(x*55, y*12))
	c = c.mix(col, .92*in)
	line := math.Exp(-math.Pow((y-m)/.011, 2)) * step(1.08, .9, t)
	return c.mix(rgb{.22, .09, .09}, .78*line)
}

func (p *Person) nostrils(c rgb, x, y float64) rgb {
	ax := math.Abs(x)
	n := bump(ax, y, p.noseW*.45, p.noseLen+.062, p.noseW*.20, .016)
	w := math.Exp(-math.Pow((math.Hypot((ax-p.noseW*.80)/1, (y-p.noseLen-.01)/1.1)-.065)/.014, 2)) * step(p.noseW*.85, p.noseW*1.05, ax)
	c = c.mix(rgb{.13, .06, .05}, .85*math.Min(1, 1.2*n))
	return c.times(1 - .22*w)
}

func (p *Person) browAt(x, y float64) float64 {
	ax := math.Abs(x)
	t := (ax - p.browIn) / p.browLen // 0 inner end, 1 outer
	if t < -.12 || t > 1.1 {
		return 0
	}
	mid := p.browY - p.browTilt*.16*(t-.4) - p.browArch*math.Sin(math.Pi*math.Min(math.Max(t, 0), 1))
	if x > 0 {
		mid += p.asym * .6
	}
	thick := p.browThick * (1 - .65*math.Max(0, t)) * (1 + .1*math.Min(t, 0))
	m := step(thick*1.5, thick*.45, math.Abs(y-mid)) * step(-.1, .06, t) * step(1.08, .8, t)
	strokes := .72 + .28*p.noise.at(ax*45+y*30, y*55)
	return m * strokes * .95
}

// eyeAt paints the eye whose middle is at (eyeX, 0); x has been mirrored so that both eyes look the same way.
func (p *Person) eyeAt(c rgb, gloss, x, y, side float64) (rgb, float64) {
	dx, dy := x-p.eyeX, y
	if dx < -.3 || dx > .3 || dy < -.3 || dy > .25 {
		return c, gloss
	}
	ca, sa := math.Cos(p.eyeTilt), math.Sin(p.eyeTilt)
	ex, ey := dx*ca-dy*sa, dx*sa+dy*ca // outer corner higher for a positive tilt
	t := ex / p.eyeW
	arc := math.Max(0, 1-t*t)
	up := -p.eyeH * math.Pow(arc, .62) * (1 + .12*t)
	low := p.eyeH * p.eyeLow * math.Pow(arc, .8)
	open := step(up-.006, up+.008, ey) * step(low+.006, low-.008, ey) * step(1.02, .97, math.Abs(t))
	if open > 0 {
		e := p.ball(ex, ey, up, side)
		c, gloss = c.mix(e, open), gloss*(1-open)+.5*open
	}
	lash := math.Exp(-math.Pow((ey-up+.006)/.013, 2)) * step(1.12, .95, math.Abs(t))
	c = c.mix(rgb{.07, .05, .05}, .9*lash)
	under := math.Exp(-math.Pow((ey-low-.004)/.008, 2)) * step(1.1, .9, math.Abs(t))
	c = c.mix(rgb{.30, .18, .15}, .4*under)
	if p.lidCrease > .012 {
		crease := math.Exp(-math.Pow((ey-up+p.lidCrease)/.010, 2)) * step(1.15, .8, math.Abs(t))
		c = c.times(1 - .42*crease)
	}
	return c, gloss
}

func (p *Person) ball(ex, ey, up, side float64) rgb {
	c := rgb{.88, .86, .84}.times(1 - .25*math.Pow(math.Abs(ex/p.eyeW), 3))
	c = c.times(1 - .45*step(up+.05, up, ey)) // shadow of the lid
	cy := -.012
	d := math.Hypot(ex, ey-cy)
	iris := p.irisColour.times(.8 + .5*step(0, p.iris, d))
	iris = iris.mix(rgb{.03, .02, .02}, step(p.iris*.8, p.iris, d)*.8)
	iris = iris.mix(rgb{.01, .01, .01}, step(p.iris*.48, p.iris*.40, d))
	c = c.mix(iris, step(p.iris+.007, p.iris-.007, d))
	glint := step(.024, .012, math.Hypot(ex-side*.026, ey-cy+.026))
	return c.mix(rgb{1, 1, 1}, .95*glint)
}

func (p *Person) glassesAt(c rgb, x, y float64) rgb {
	ax := math.Abs(x)
	dx, dy := (ax-p.eyeX)/p.glassesW, (y-.02)/p.glassesH
	r := math.Pow(math.Pow(math.Abs(dx), 3)+math.Pow(math.Abs(dy), 3), 1.0/3)
	w := .075 * p.glasses
	frame := step(w, w*.45, math.Abs(r-1))
	bridge := step(.026, .012, math.Abs(y+.03-.25*math.Max(0, .1-ax))) * step(p.eyeX-p.glassesW+.01, p.eyeX-p.glassesW-.01, ax)
	temple := step(.03, .015, math.Abs(y+.035)) * step(p.eyeX+p.glassesW-.01, p.eyeX+p.glassesW+.01, ax)
	c = c.mix(p.glassesColour, .95*math.Max(frame, math.Max(bridge, temple)))
	if r < 1 {
		c = c.mix(rgb{1, 1, 1}, .03+.07*step(.06, 0, math.Abs(dx*.7+dy*.5+.5)))
	}
	return c
}
