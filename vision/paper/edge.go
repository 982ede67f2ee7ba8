package paper

import (
	"math"

	"gocv.io/x/gocv"
)

// raster is a copy of a picture's bytes: blue, green, red.
type raster struct {
	w, h int
	pix  []byte
}

// rasterOf copies a picture of three channels.
func rasterOf(m *gocv.Mat) (raster, error) {
	pix, err := m.DataPtrUint8()
	if err != nil {
		return raster{}, err
	}
	return raster{m.Cols(), m.Rows(), append([]byte(nil), pix...)}, nil
}

// at gives the colour between pixels; outside it is like the border.
func (r *raster) at(p Point) (c [3]float64) {
	x, y := min(max(p.X-.5, 0), float64(r.w)-1.001), min(max(p.Y-.5, 0), float64(r.h)-1.001)
	ix, iy := int(x), int(y)
	fx, fy := x-float64(ix), y-float64(iy)
	i := 3 * (iy*r.w + ix)
	below, right := 3*r.w, 3
	if iy+1 >= r.h {
		below = 0
	}
	if ix+1 >= r.w {
		right = 0
	}
	for k := range c {
		a := float64(r.pix[i+k])*(1-fx) + float64(r.pix[i+k+right])*fx
		b := float64(r.pix[i+k+below])*(1-fx) + float64(r.pix[i+k+below+right])*fx
		c[k] = a*(1-fy) + b*fy
	}
	return c
}

func (r *raster) has(p Point, margin float64) bool {
	return p.X >= margin && p.Y >= margin && p.X <= float64(r.w)-margin && p.Y <= float64(r.h)-margin
}

// Contrasts across an edge, in levels of brightness: less than low is none, more than high is full.
const (
	contrastLow, contrastHigh = 5.0, 22.0
	darkInside                = .4 // worth of an edge that is darker inside: papers are mostly the lighter thing
)

// step is how much a place looks like the border of a sheet whose inside lies in the direction in: 0..1.
func (r *raster) step(p, in Point) float64 {
	var a, b [3]float64
	for _, d := range [2]float64{2, 4} {
		i, o := r.at(p.plus(in.times(d))), r.at(p.minus(in.times(d)))
		for k := range a {
			a[k], b[k] = a[k]+i[k]/2, b[k]+o[k]/2
		}
	}
	diff, sum := 0.0, 0.0
	for k := range a {
		diff = max(diff, math.Abs(a[k]-b[k]))
		sum += a[k] - b[k]
	}
	s := min(max((diff-contrastLow)/(contrastHigh-contrastLow), 0), 1)
	if sum < 0 {
		s *= darkInside
	}
	return s
}

// inward is the unit vector into a clockwise figure from the side a–b.
func inward(a, b Point) Point {
	d := b.minus(a)
	n := max(d.length(), 1e-9)
	return Point{-d.Y / n, d.X / n}
}

// atBorder is how near the picture's border, in pixels of the working size, a side counts as cut by it.
const atBorder = 2.5

// borderSide is the support of a side that runs along the picture's border: nothing can be seen beyond it.
const borderSide = .3

// sideSupport samples a side: how much of it looks like a sheet's border, and the share of the longest stretch that does not.
func (r *raster) sideSupport(a, b Point) (mean, gap float64) {
	in := inward(a, b)
	n := max(12, int(b.minus(a).length()/3))
	run, sum, seen := 0, 0.0, 0
	longest := 0
	for i := range n {
		p := a.to(b, (float64(i)+.5)/float64(n))
		if !r.has(p, atBorder) {
			sum += borderSide
			seen++
			continue
		}
		s := r.step(p, in)
		sum += s
		seen++
		if run++; s > .3 {
			run = 0
		}
		longest = max(longest, run)
	}
	return sum / float64(max(seen, 1)), float64(longest) / float64(n)
}

// refine moves the sides of a quad onto the strongest steps within reach pixels, to a fraction of a pixel.
func (r *raster) refine(q Quad, reach float64) Quad {
	var line [4][2]Point
	for i := range q {
		line[i] = r.refineSide(q[i], q[(i+1)%4], reach)
	}
	var out Quad
	for i := range q {
		prev := line[(i+3)%4]
		p, ok := meet(prev[0], prev[1], line[i][0], line[i][1])
		if !ok || p.minus(q[i]).length() > 6*reach+4 {
			return q
		}
		out[i] = p
	}
	if !out.convex() {
		return q
	}
	return out
}

// found is a place on a side where the step is, as the distance inwards from the old side.
type found struct{ t, off, weight float64 }

func (r *raster) refineSide(a, b Point, reach float64) [2]Point {
	in := inward(a, b)
	n := min(max(24, int(b.minus(a).length()/5)), 120)
	var pts []found
	for i := range n {
		t := .03 + .94*(float64(i)+.5)/float64(n)
		p := a.to(b, t)
		if !r.has(p, atBorder) {
			continue
		}
		if off, w := r.strongest(p, in, reach); w > contrastLow {
			pts = append(pts, found{t, off, min(w, 3*contrastHigh)})
		}
	}
	c0, c1, ok := robustLine(pts)
	if !ok {
		return [2]Point{a, b}
	}
	return [2]Point{a.plus(in.times(c0)), b.plus(in.times(c0 + c1))}
}

// strongest finds the step across a side at p: its offset inwards and its contrast.
func (r *raster) strongest(p, in Point, reach float64) (off, weight float64) {
	const half = .5 // pixels a sample
	n := int(2*reach/half) + 1
	prof := make([][3]float64, n+8)
	for i := range prof {
		prof[i] = r.at(p.plus(in.times(-reach + half*float64(i-4))))
	}
	d := make([]float64, n)
	for i := range d {
		sum, diff := 0.0, 0.0
		for k := range 3 {
			v := (prof[i+5][k] + prof[i+6][k] + prof[i+7][k] - prof[i+3][k] - prof[i+2][k] - prof[i+1][k]) / 3
			sum, diff = sum+v, max(diff, math.Abs(v))
		}
		if sum < 0 {
			diff *= darkInside
		}
		d[i] = diff
	}
	best := 0
	for i := range d {
		if d[i] > d[best] {
			best = i
		}
	}
	off = float64(best)
	if best > 0 && best < n-1 {
		if den := d[best-1] - 2*d[best] + d[best+1]; den < 0 {
			off += .5 * (d[best-1] - d[best+1]) / den
		}
	}
	return -reach + half*off, d[best]
}

// robustLine fits off = c0 + c1·t to most of the points: the line through two of them that the most weight agrees with, then
// least squares over those.
func robustLine(pts []found) (c0, c1 float64, ok bool) {
	const agree = .9
	if len(pts) < 8 {
		return 0, 0, false
	}
	best := 0.0
	for i := 0; i < len(pts); i += 1 + len(pts)/24 {
		for j := i + len(pts)/4; j < len(pts); j += 1 + len(pts)/24 {
			m := (pts[j].off - pts[i].off) / (pts[j].t - pts[i].t)
			k := pts[i].off - m*pts[i].t
			score := 0.0
			for _, p := range pts {
				if e := math.Abs(p.off - k - m*p.t); e < agree {
					score += p.weight * (1 - e*e/(agree*agree))
				}
			}
			if score > best {
				best, c0, c1 = score, k, m
			}
		}
	}
	for range 3 {
		var s, st, stt, so, sto float64
		for _, p := range pts {
			if math.Abs(p.off-c0-c1*p.t) < agree {
				w := p.weight
				s, st, stt, so, sto = s+w, st+w*p.t, stt+w*p.t*p.t, so+w*p.off, sto+w*p.t*p.off
			}
		}
		det := s*stt - st*st
		if s == 0 || det < 1e-6*s*s {
			return c0, c1, best > 0
		}
		c1 = (s*sto - st*so) / det
		c0 = (so - c1*st) / s
	}
	return c0, c1, true
}
