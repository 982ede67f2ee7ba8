package liveness

import (
	"math"
	"slices"
)

// edges is how strongly straight edges of a sheet or a screen stand around a face, 0..1: the weakest of the left edge, the right
// one, and the better of the upper and lower one. A side counts by the part of its length along which the brightness changes
// in one direction. p is the overview, f the face in it.
//
// Background has straight edges too (doors, posters); the three sides of a frame around the face it seldom has. An edge outside
// the picture cannot be seen.
func edges(p *plane, f Face) float64 {
	left := side(p, f, f.X-.02*f.W, 2, f.Y-.15*f.H, f.Y+1.05*f.H, false)
	right := side(p, f, f.X+1.02*f.W, float64(p.w)-3, f.Y-.15*f.H, f.Y+1.05*f.H, false)
	top := side(p, f, f.Y-.05*f.H, 2, f.X-.05*f.W, f.X+1.05*f.W, true)
	low := side(p, f, f.Y+1.1*f.H, float64(p.h)-3, f.X-.05*f.W, f.X+1.05*f.W, true)
	return min(left, right, max(top, low))
}

const (
	edgeStep  = 9.0 // change of brightness over two pixels that counts in full
	edgeLean  = .14 // how much an edge may lean, as a slope
	edgeLeans = 15  // directions tried
)

// side looks for the best straight edge between the places from and to (x, or y when flat), along lo..hi.
func side(p *plane, f Face, from, to, lo, hi float64, flat bool) float64 {
	span := float64(p.h)
	if flat {
		span = float64(p.w)
	}
	lo, hi = max(lo, 1), min(hi, span-2)
	if hi-lo < 12 {
		return 0
	}
	dir := 1.0
	if to < from {
		dir = -1
	}
	best := 0.0
	for i := 0.0; i <= math.Abs(to-from); i++ {
		c := from + dir*i
		for l := range edgeLeans {
			slope := edgeLean * (2*float64(l)/(edgeLeans-1) - 1)
			best = max(best, along(p, c, slope, lo, hi, flat))
		}
	}
	return best
}

// along sums the change of brightness across a line, each point at most 1; a change the other way counts against.
func along(p *plane, c, slope, lo, hi float64, flat bool) float64 {
	sum, n := 0.0, 0
	for t := lo; t < hi; t += 2 {
		o := c + slope*(t-(lo+hi)/2)
		var d float32
		x, y := int(o+.5), int(t+.5)
		if flat {
			x, y = y, x
		}
		if x < 1 || y < 1 || x >= p.w-1 || y >= p.h-1 {
			return 0
		}
		if flat {
			d = p.v[(y+1)*p.w+x] - p.v[(y-1)*p.w+x]
		} else {
			d = p.v[y*p.w+x+1] - p.v[y*p.w+x-1]
		}
		sum += max(-1, min(1, float64(d)/edgeStep))
		n++
	}
	return math.Abs(sum) / float64(max(n, 1))
}

// tones are the first and last fiftieth of the brightness around a face, as parts of 255. Prints and many screens have no deep
// black: hair and pupils come out grey.
func tones(p *plane, f Face) (black, white float64) {
	x0, x1 := max(0, int(f.X-.15*f.W)), min(p.w, int(f.X+1.15*f.W))
	y0, y1 := max(0, int(f.Y-.3*f.H)), min(p.h, int(f.Y+1.05*f.H))
	var v []float32
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			v = append(v, p.v[y*p.w+x])
		}
	}
	if len(v) < 50 {
		return math.NaN(), math.NaN()
	}
	slices.Sort(v)
	return float64(v[len(v)/50]) / 255, float64(v[len(v)-1-len(v)/50]) / 255
}
