package paper

import "math"

// Point is a place in a picture; the middle of the first pixel is (0.5, 0.5).
type Point struct{ X, Y float64 }

func (p Point) minus(q Point) Point         { return Point{p.X - q.X, p.Y - q.Y} }
func (p Point) plus(q Point) Point          { return Point{p.X + q.X, p.Y + q.Y} }
func (p Point) times(k float64) Point       { return Point{p.X * k, p.Y * k} }
func (p Point) dot(q Point) float64         { return p.X*q.X + p.Y*q.Y }
func (p Point) cross(q Point) float64       { return p.X*q.Y - p.Y*q.X }
func (p Point) length() float64             { return math.Hypot(p.X, p.Y) }
func (p Point) to(q Point, t float64) Point { return p.plus(q.minus(p).times(t)) }

// Quad are the corners of a sheet: top left, top right, bottom right, bottom left.
type Quad [4]Point

// area is positive when the corners run clockwise as one sees them.
func (q Quad) area() float64 {
	s := 0.0
	for i := range q {
		s += q[i].cross(q[(i+1)%4])
	}
	return s / 2
}

// convex reports whether all corners turn clockwise, by between 40° and 140°.
func (q Quad) convex() bool {
	for i := range q {
		a, b := q[(i+1)%4].minus(q[i]), q[(i+2)%4].minus(q[(i+1)%4])
		n := a.length() * b.length()
		if n < 1 || a.cross(b) < .64*n {
			return false
		}
	}
	return true
}

// scaled multiplies the coordinates.
func (q Quad) scaled(k float64) Quad {
	for i := range q {
		q[i] = q[i].times(k)
	}
	return q
}

// turned starts with the corner n places on.
func (q Quad) turned(n int) (out Quad) {
	for i := range out {
		out[i] = q[(i+n)%4]
	}
	return out
}

// upright orders clockwise corners so that the first is nearest to the picture's top left.
func (q Quad) upright() Quad {
	best := 0
	for i := range q {
		if q[i].X+q[i].Y < q[best].X+q[best].Y {
			best = i
		}
	}
	return q.turned(best)
}

// sides are the lengths of the four sides, from top on.
func (q Quad) sides() (l [4]float64) {
	for i := range l {
		l[i] = q[(i+1)%4].minus(q[i]).length()
	}
	return l
}

// Jaccard is the area that two convex figures share over the area that at least one of them covers.
func Jaccard(a, b Quad) float64 {
	poly := a[:]
	for i := range b {
		poly = clip(poly, b[i], b[(i+1)%4])
	}
	in := polygonArea(poly)
	un := a.area() + b.area() - in
	if un <= 0 {
		return 0
	}
	return in / un
}

// clip keeps what is on the right of a line, as one looks along it (Sutherland and Hodgman).
func clip(poly []Point, from, to Point) []Point {
	side := func(p Point) float64 { return to.minus(from).cross(p.minus(from)) }
	var out []Point
	for i, p := range poly {
		q := poly[(i+1)%len(poly)]
		sp, sq := side(p), side(q)
		if sp >= 0 {
			out = append(out, p)
		}
		if (sp >= 0) != (sq >= 0) {
			out = append(out, p.to(q, sp/(sp-sq)))
		}
	}
	return out
}

func polygonArea(p []Point) float64 {
	s := 0.0
	for i := range p {
		s += p[i].cross(p[(i+1)%len(p)])
	}
	return s / 2
}

// meet gives the crossing of the lines through a, b and c, d.
func meet(a, b, c, d Point) (Point, bool) {
	u, v := b.minus(a), d.minus(c)
	det := u.cross(v)
	if math.Abs(det) < 1e-9*u.length()*v.length() || det == 0 {
		return Point{}, false
	}
	return a.plus(u.times(c.minus(a).cross(v) / det)), true
}

// reduce makes a quad of a convex clockwise polygon: again and again the edge goes whose removal, its neighbours being
// prolonged until they meet, adds the least area. A corner that is covered, rounded or cut by the picture's edge comes back.
func reduce(hull []Point) (Quad, bool) {
	p := append([]Point(nil), hull...)
	for len(p) > 4 {
		best, at, where := math.Inf(1), -1, Point{}
		for i := range p {
			a, b, c, d := p[(i+len(p)-1)%len(p)], p[i], p[(i+1)%len(p)], p[(i+2)%len(p)]
			if b.minus(a).cross(d.minus(c)) <= 0 { // they meet on the other side
				continue
			}
			x, ok := meet(a, b, c, d)
			if !ok {
				continue
			}
			if add := math.Abs(x.minus(b).cross(c.minus(b))) / 2; add < best {
				best, at, where = add, i, x
			}
		}
		if at < 0 {
			return Quad{}, false
		}
		p[at] = where
		p = append(p[:(at+1)%len(p)], p[(at+1)%len(p)+1:]...)
	}
	if len(p) != 4 {
		return Quad{}, false
	}
	q := Quad{p[0], p[1], p[2], p[3]}
	return q, q.convex()
}
