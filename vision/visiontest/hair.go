package visiontest

import "math"

// hairMask is 1 where hair covers the head's front, seen from the front.
func (p *Person) hairMask(x, y float64) float64 {
	ax := math.Abs(x)
	u := ax / p.headW
	line := p.hairLine + .10*math.Pow(u, 2) + .02*p.noise.at(x*9+3, 5)
	if u > .62 { // temples and sideburns fall steeply
		line += (u - .62) * p.hairTemple * 3.2
	}
	if p.fringe > 0 { // swept to one side of the parting
		s := (x - p.hairPar) / p.headW
		f := p.fringe * .42 * math.Exp(-math.Pow((s-.25*sign(p.hairPar)*-1)/.62, 2))
		line += f * (1 + .07*p.noise.at(x*16, 9))
	}
	return step(line+.045, line-.045, y+.015*p.noise.at(x*30, y*6))
}

func sign(v float64) float64 {
	if v < 0 {
		return -1
	}
	return 1
}

// hairShell is the surface of the hair: the skull, grown by the hair's volume.
func (p *Person) hairShell(x, y float64) (z, in float64) {
	vol := p.hairVol * (1 + .12*p.noise.at(math.Atan2(x, -y)*5, 2))
	w := p.headW + vol*.8
	t := math.Max(0, -y) / (p.crown + vol)
	if t >= 1 {
		return 0, 0
	}
	half := w * math.Pow(1-math.Pow(t, 2.25), 1/2.25)
	if y > 0 {
		half = (p.half(y) + vol*.8*step(.5, 0, y))
	}
	u := math.Abs(x) / half
	in = step(1, 1-.02/half, u)
	if u >= 1 {
		return 0, in
	}
	prof := math.Sqrt(math.Max(0, 1-math.Pow(t, 2.6)))
	return (p.depth + vol*.3) * prof * math.Pow(1-math.Pow(u, 2.4), .5), in
}

// hairColour paints strands that run from the parting down to the sides.
func (p *Person) hairColour(x, y float64) rgb {
	s := x - p.hairPar*p.headW
	a := math.Atan2(s, -(y - .2))
	d := math.Hypot(s, y-.2)
	strand := p.noise.at(a*34, d*3) + .6*p.noise.at(a*80+5, d*5)
	band := .5 * bump(d, 0, p.crown*.9, 0, .12, 1)
	c := p.hair.times(1 + .35*strand)
	c = c.mix(rgb{.6, .6, .62}, .12*band*(1+strand))
	part := math.Exp(-math.Pow(s/.012, 2)) * step(-p.crown*.6, -p.crown*.95, y)
	return c.mix(p.skin.times(.7), .35*part)
}
