package visiontest

import "math"

// follow is how far neck and ears follow the turn of the head.
func (s *sun) follow(z float64) float64 { return z * s.sy }

// ear draws both ears as flat ovals behind the cheeks.
func (p *Person) ear(s *sun, px, py float64) (rgb, float64) {
	if p.ears == 0 || py < -.4 || py > .6 {
		return rgb{}, 0
	}
	for _, side := range [2]float64{-1, 1} {
		x := px - s.follow(-.25) - side*(p.half(.05)+.035)*s.cy
		y := py - .09 - .2*s.sp
		x += side * .12 * y // the top leans outward
		d := math.Hypot(x/(.085*p.ears), y/(.23*p.ears))
		a := step(1.02, .94, d)
		if a <= 0 {
			continue
		}
		c := p.skin.mix(rgb{p.skin.r, p.skin.g * .75, p.skin.b * .7}, .45)
		c = c.times(1 - .35*step(.75, .3, d) - .1*step(.8, 1, d))
		return s.shade(c, side*.45, 0, .85, .85, .05), a
	}
	return rgb{}, 0
}

// neck is a cylinder with the chin's shadow, and the skin in the neckline.
func (p *Person) neck(s *sun, px, py float64) (rgb, float64) {
	if py < .3 || py > 2.3 {
		return rgb{}, 0
	}
	w := p.headW*.60 + .05*step(1.2, 1.8, py)
	if p.Female {
		w *= .88
	}
	w += .5 * math.Pow(math.Max(0, py-1.36), 1.7)
	x := px - .3*s.follow(-.3)*step(1.8, .9, py)
	u := math.Abs(x) / w
	a := step(1.0, .965, u)
	if a <= 0 || p.covered(px, py) {
		return rgb{}, 0
	}
	nx := x / w
	c := p.skin.times(.96)
	shadow := 1 - .48*step(p.chin+.52, p.chin-.05, py-.08*nx*nx+.1*s.lx*nx)
	cords := 1 + .04*math.Cos(nx*7)
	return s.shade(c.times(cords), nx*.9, .12, math.Sqrt(1-.8*nx*nx), shadow, .05), a
}

// neckline is how far below the throat the clothes begin at x, as y.
func (p *Person) neckline(x float64) float64 {
	ax := math.Abs(x)
	switch p.collar {
	case 0: // round
		return 1.32 + .28*math.Sqrt(math.Max(0, 1-math.Pow(ax/.56, 2)))
	case 1: // shirt, open at the top
		return 1.24 + .44*math.Max(0, 1-ax/.48)
	}
	return 1.28 + .20*math.Sqrt(math.Max(0, 1-math.Pow(ax/.60, 2)))
}

func (p *Person) shoulder(x float64) float64 {
	ax := math.Abs(x)
	w := 1.0
	if p.Female {
		w = .88
	}
	return 1.22 + .22*step(.35, 1.1, ax) + .34*math.Pow(ax/(1.75*w), 3.4)
}

// covered reports whether clothes lie over the neck at a place.
func (p *Person) covered(x, y float64) bool { return y > p.neckline(x) && y > p.shoulder(x) }

func (p *Person) clothes(s *sun, px, py float64) (rgb, float64) {
	if py < 1.05 {
		return rgb{}, 0
	}
	top := math.Max(p.shoulder(px), p.neckline(px))
	ax := math.Abs(px)
	a := step(top-.012, top+.012, py) * step(2.36, 2.30, ax+.06*math.Sin(py*1.7)) // shoulders, and the arms' outer edge
	if a <= 0 {
		return rgb{}, 0
	}
	d := py - top
	fold := .5*p.noise.at(px*2.3+20, py*1.3) + .25*p.noise.at(px*6, py*2.5)
	c := p.shirt.times(1 + .10*fold + .02*p.noise.at(px*120, py*120))
	n := math.Min(.85, ax/2.0)
	switch {
	case p.collar == 1 && ax < .62:
		edge := .24 - .1*ax
		c = c.times(1.06 - .35*math.Exp(-math.Pow((d-edge)/.02, 2)))
		c = c.times(1 - .45*math.Exp(-math.Pow(px/.012, 2))*step(.02, .1, py-1.68))
	case p.collar != 1 && ax < .66 && d < .09:
		c = c.times(.9 - .25*math.Exp(-math.Pow((d-.085)/.012, 2)))
	}
	return s.shade(c, sign(px)*n*.8+.1*fold, -.25*step(.3, 0, d)+.1, math.Sqrt(1-.6*n*n), .95-.25*step(.1, 0, d), .02), a
}

// backHair is the long hair behind head and neck.
func (p *Person) backHair(s *sun, px, py float64) (rgb, float64) {
	if !p.hairLong || py < -1.5 || py > 2.1 {
		return rgb{}, 0
	}
	x := px - s.follow(-.25)
	w := p.headW + p.hairVol*.9 + .03*p.noise.at(py*3, 40)
	w += .10*step(.2, 1.1, py) - .12*step(1.3, 2.1, py)
	if py < -p.crown-p.hairVol+.02 {
		return rgb{}, 0
	}
	if py < 0 {
		w *= math.Pow(math.Max(0, 1-math.Pow(-py/(p.crown+p.hairVol), 2.25)), 1/2.25)
	}
	end := 1.62 + .05*p.noise.at(px*5, 3) - .25*math.Pow(math.Abs(x)/(w+.01), 4)
	a := step(w+.015, w-.015, math.Abs(x)) * step(end+.07, end-.07, py)
	if a <= 0 {
		return rgb{}, 0
	}
	strand := p.noise.at(x*30, py*1.5) + .5*p.noise.at(x*75, py*2)
	c := p.hair.times(.8 * (1 + .3*strand))
	u := x / math.Max(w, .1)
	return s.shade(c, u*.8, 0, math.Sqrt(math.Max(.1, 1-.7*u*u)), .7+.2*math.Abs(u), .1), a
}
