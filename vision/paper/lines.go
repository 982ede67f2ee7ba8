package paper

import (
	"math"
	"slices"
)

// pooled is a line with the sums of its support from its start to each pixel, the inside being to its right or to its left.
type pooled struct {
	line
	from  float64 // parameter of the first pixel
	right []float64
	left  []float64
}

// lineQuads makes the most promising quads of the lines and of the sides of other quads.
func lineQuads(r *raster, lines []line, quads []Quad) []Quad {
	for _, q := range quads {
		for i := range q {
			d := q[(i+1)%4].minus(q[i])
			if n := d.length(); n > 0 && r.score(q) > .3 {
				lines = append(lines, line{q[i], d.times(1 / n), n})
			}
		}
	}
	pool := poolOf(r, lines)
	pairs := opposite(pool, .06*float64(max(r.w, r.h)))
	type ranked struct {
		q Quad
		s float64
	}
	var best []ranked
	for i, a := range pairs {
		for _, b := range pairs[i+1:] {
			q, s := r.crossing(pool, a, b)
			if s < .25 {
				continue
			}
			best = append(best, ranked{q, s})
			if len(best) > 400 {
				slices.SortStableFunc(best, func(x, y ranked) int { return int(math.Copysign(1, y.s-x.s)) })
				best = best[:60]
			}
		}
	}
	slices.SortStableFunc(best, func(x, y ranked) int { return int(math.Copysign(1, y.s-x.s)) })
	var out []Quad
	for i := range min(len(best), 60) {
		out = append(out, best[i].q)
	}
	return out
}

// poolOf joins lines that are one, keeps the longest and adds the picture's borders.
func poolOf(r *raster, lines []line) []pooled {
	slices.SortStableFunc(lines, func(a, b line) int { return int(math.Copysign(1, b.weight-a.weight)) })
	middle := Point{float64(r.w) / 2, float64(r.h) / 2}
	var kept []line
next:
	for _, l := range lines {
		for i := range kept {
			k := &kept[i]
			foot := l.p.plus(l.d.times(middle.minus(l.p).dot(l.d)))
			if math.Abs(k.d.cross(l.d)) < .035 && math.Abs(k.d.cross(foot.minus(k.p))) < 4 && math.Abs(k.d.cross(l.p.minus(k.p))) < 5 {
				k.weight += l.weight
				continue next
			}
		}
		kept = append(kept, l)
	}
	slices.SortStableFunc(kept, func(a, b line) int { return int(math.Copysign(1, b.weight-a.weight)) })
	kept = kept[:min(len(kept), maxLines)]
	w, h := float64(r.w), float64(r.h)
	kept = append(kept, line{Point{0, 0}, Point{1, 0}, w}, line{Point{w, 0}, Point{0, 1}, h},
		line{Point{0, h}, Point{1, 0}, w}, line{Point{0, 0}, Point{0, 1}, h})
	pool := make([]pooled, 0, len(kept))
	for _, l := range kept {
		pool = append(pool, r.measure(l))
	}
	return pool
}

// stride is the distance of the samples on a line.
const stride = 2.0

// measure takes the support all along a line.
func (r *raster) measure(l line) pooled {
	reach := 1.6 * float64(max(r.w, r.h))
	start := -reach - l.p.minus(Point{float64(r.w) / 2, float64(r.h) / 2}).dot(l.d)
	n := int(2 * reach / stride)
	p := pooled{line: l, from: start, right: make([]float64, n+1), left: make([]float64, n+1)}
	in := Point{-l.d.Y, l.d.X} // to the right as one sees it, y pointing down
	for i := range n {
		at := l.p.plus(l.d.times(start + stride*(float64(i)+.5)))
		a, b := borderSide, borderSide
		if r.has(at, atBorder) {
			a, b = r.step(at, in), r.step(at, in.times(-1))
		}
		p.right[i+1], p.left[i+1] = p.right[i]+a, p.left[i]+b
	}
	return p
}

// between is the mean support from a to b, both on the line, the inside being to the right of that way.
func (p *pooled) between(a, b Point) float64 {
	at := func(q Point) int {
		return min(max(int((q.minus(p.p).dot(p.d)-p.from)/stride+.5), 0), len(p.right)-1)
	}
	i, j, sums := at(a), at(b), p.right
	if i > j {
		i, j, sums = j, i, p.left
	}
	if j <= i {
		return 0
	}
	return (sums[j] - sums[i]) / float64(j-i)
}

// opposite gives the pairs of lines that can be opposite sides.
func opposite(pool []pooled, apart float64) (out [][2]int) {
	for i := range pool {
		for j := i + 1; j < len(pool); j++ {
			a, b := &pool[i], &pool[j]
			if math.Abs(a.d.cross(b.d)) > .45 || math.Abs(a.d.cross(b.p.minus(a.p))) < apart/2 {
				continue
			}
			out = append(out, [2]int{i, j})
		}
	}
	return out
}

// crossing makes the quad of two pairs of opposite sides and its score, without the finer points of [raster.score].
func (r *raster) crossing(pool []pooled, x, y [2]int) (Quad, float64) {
	a, c, b, d := &pool[x[0]], &pool[x[1]], &pool[y[0]], &pool[y[1]]
	if math.Abs(a.d.dot(b.d)) > .5 || x[0] == y[0] || x[1] == y[1] || x[0] == y[1] || x[1] == y[0] {
		return Quad{}, 0
	}
	var q Quad
	sides := [4]*pooled{a, b, c, d}
	for i, s := range sides {
		prev := sides[(i+3)%4]
		p, ok := meet(prev.p, prev.p.plus(prev.d), s.p, s.p.plus(s.d))
		if !ok {
			return Quad{}, 0
		}
		q[i] = p
	}
	if q.area() < 0 {
		q = Quad{q[0], q[3], q[2], q[1]}
		sides = [4]*pooled{d, c, b, a}
	}
	area := q.area() / float64(r.w*r.h)
	if area < minShare || area > 1.2 || !q.convex() {
		return Quad{}, 0
	}
	sum, least := 0.0, 1.0
	for i := range q {
		if !r.has(q[i], -overhang*float64(r.w)) {
			return Quad{}, 0
		}
		s := sides[i].between(q[i], q[(i+1)%4])
		sum += s
		least = min(least, s)
	}
	if least < .12 {
		return Quad{}, 0
	}
	return q, rate(sum/4, least, 0, area, Aspect(q, r.w, r.h))
}
