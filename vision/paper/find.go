package paper

import (
	"fmt"
	"image"
	"math"
	"slices"

	"gocv.io/x/gocv"

	"motcua/vision"
)

// Sizes that pictures are reduced to, in pixels of the longer side.
const (
	workSide = 640  // for finding a sheet
	fineSide = 1920 // for placing its corners
)

// Limits on what can be a sheet.
const (
	minShare  = .012 // of the picture's area; a chip card must still be found, to be told from a page
	minFound  = .42  // score below which nothing was found
	minCut    = .33  // the same for a sheet that the picture's border cuts: less of it can be seen
	closeSide = 11   // pixels of the working size: print narrower than that is painted over
	overhang  = .25  // of the picture's side: how far outside a corner may lie
)

// Found is a sheet in a picture.
type Found struct {
	Corners Quad    // in pixels of the picture
	Score   float64 // 0..1: how much of the outline is seen, and how much it looks like a sheet's
	Gap     float64 // share of the longest stretch of one side that is not seen
	Cut     bool    // the picture's border runs through the sheet
}

// Find looks for the sheet in a picture; ok is false when there is none.
//
// Three ways lead to candidates: light regions at several thresholds, regions between edges, and all quads of the straight
// lines in the picture. One score decides: how much of each side is a step of colour, lighter inside, that ends at the
// corners; size; and whether the shape can be a page's. The best few are moved onto the steps before the last comparison.
func Find(m *gocv.Mat) (f Found, ok bool, err error) {
	small, k, err := vision.Fit(m, workSide, workSide)
	if err != nil {
		return Found{}, false, fmt.Errorf("find sheet: %w", err)
	}
	defer small.Close()
	brighten(&small)
	plain, err := withoutPrint(&small)
	if err != nil {
		return Found{}, false, err
	}
	defer plain.Close()
	r, err := rasterOf(&plain)
	if err != nil {
		return Found{}, false, err
	}
	quads, lines := candidates(&plain, &r)
	quads = append(quads, lineQuads(&r, lines, quads)...)
	best, score := r.choose(quads)
	if score < minFound && (score < minCut || !r.cuts(best)) {
		return Found{Score: max(score, 0)}, false, nil
	}
	return place(m, best, score, k, &r)
}

// Brightness of the lightest hundredth of a picture below which it is brightened, and up to which.
const (
	dimLight, wantLight = 90.0, 150.0
	mostGain            = 4.5
)

// brighten lifts a dark picture, in place, so that a sheet is found in it and the verdict can be that it is too dark.
func brighten(m *gocv.Mat) {
	pix, err := m.DataPtrUint8()
	if err != nil || len(pix) == 0 {
		return
	}
	var hist [256]int
	for i := 1; i < len(pix); i += 3 {
		hist[pix[i]]++
	}
	top, n := 255, 0
	for ; top > 0; top-- {
		if n += hist[top]; n*300 >= len(pix) {
			break
		}
	}
	if float64(top) >= dimLight {
		return
	}
	k := min(wantLight/max(float64(top), 1), mostGain)
	for i, v := range pix {
		pix[i] = byte(min(float64(v)*k, 255))
	}
}

// withoutPrint gives the picture with narrow dark things painted over and noise smoothed; the caller closes it.
func withoutPrint(m *gocv.Mat) (gocv.Mat, error) {
	if !vision.IsBGR(m) {
		return gocv.Mat{}, fmt.Errorf("find sheet: %w", vision.ErrPicture)
	}
	kernel := gocv.GetStructuringElement(gocv.MorphRect, image.Pt(closeSide, closeSide))
	defer kernel.Close()
	quiet := gocv.NewMat()
	defer quiet.Close()
	gocv.MedianBlur(*m, &quiet, 3)
	out := gocv.NewMat()
	gocv.MorphologyEx(quiet, &out, gocv.MorphClose, kernel)
	return out, nil
}

// place puts the corners onto the edges of the picture itself.
func place(m *gocv.Mat, q Quad, score, k float64, r *raster) (Found, bool, error) {
	f := Found{Score: score}
	for i := range q {
		_, gap := r.sideSupport(q[i], q[(i+1)%4])
		f.Gap = max(f.Gap, gap)
	}
	f.Cut = r.cuts(q)
	fine, kf, err := vision.Fit(m, fineSide, fineSide)
	if err != nil {
		return Found{}, false, fmt.Errorf("find sheet: %w", err)
	}
	defer fine.Close()
	fr, err := rasterOf(&fine)
	if err != nil {
		return Found{}, false, err
	}
	q = q.scaled(kf / k)
	reach := max(2.5, 2*kf/k)
	q = fr.refine(q, reach)
	q = fr.refine(q, 2)
	f.Corners = q.scaled(1 / kf).upright()
	return f, true, nil
}

// cuts reports whether the picture's border runs through a sheet or along one of its sides.
func (r *raster) cuts(q Quad) bool {
	for i := range q {
		if !r.has(q[i], -.012*float64(max(r.w, r.h))) {
			return true
		}
		if !r.has(q[i], atBorder) && !r.has(q[(i+1)%4], atBorder) {
			a, b := q[i], q[(i+1)%4]
			mid := a.to(b, .5)
			if !r.has(mid, atBorder) {
				return true
			}
		}
	}
	return false
}

// choose moves the best candidates onto the steps and takes the best of them.
func (r *raster) choose(quads []Quad) (best Quad, score float64) {
	type ranked struct {
		q Quad
		s float64
	}
	var all []ranked
	for _, q := range quads {
		if s := r.score(q); s > .2 {
			all = append(all, ranked{q, s})
		}
	}
	slices.SortStableFunc(all, func(a, b ranked) int {
		switch {
		case a.s > b.s:
			return -1
		case a.s < b.s:
			return 1
		}
		return 0
	})
	const tries = 14
	n := 0
	var done []Quad
	for _, c := range all {
		if n == tries {
			break
		}
		if slices.ContainsFunc(done, func(d Quad) bool { return near(d, c.q, 3) }) {
			continue
		}
		done = append(done, c.q)
		n++
		q := r.refine(c.q, 6)
		q = r.refine(q, 3)
		for _, t := range []Quad{q, c.q} {
			if s := r.score(t); s > score {
				best, score = t, s
			}
		}
	}
	return best, score
}

// near reports whether each corner of a has a corner of b within d pixels.
func near(a, b Quad, d float64) bool {
	a, b = a.upright(), b.upright()
	for i := range a {
		if a[i].minus(b[i]).length() > d {
			return false
		}
	}
	return true
}

// score is how much a quad looks like the outline of a sheet: 0..1.
func (r *raster) score(q Quad) float64 {
	area := q.area() / float64(r.w*r.h)
	if !q.convex() || area < minShare || area > 1.2 {
		return 0
	}
	for _, p := range q {
		if p.X < -overhang*float64(r.w) || p.Y < -overhang*float64(r.h) || p.X > (1+overhang)*float64(r.w) || p.Y > (1+overhang)*float64(r.h) {
			return 0
		}
	}
	sum, least, beyond := 0.0, 1.0, 0.0
	for i := range q {
		a, b := q[i], q[(i+1)%4]
		s, _ := r.sideSupport(a, b)
		sum += s
		least = min(least, s)
		beyond += r.beyond(a, b) + r.beyond(b, a)
	}
	return rate(sum/4, least, beyond/8, area, Aspect(q, r.w, r.h))
}

// beyond is how far the step of a side goes on after its end b, where a sheet's has stopped.
func (r *raster) beyond(a, b Point) float64 {
	d := b.minus(a)
	d = d.times(1 / max(d.length(), 1e-9))
	in := inward(a, b)
	sum := 0.0
	for i := range 5 {
		p := b.plus(d.times(7 + 4*float64(i)))
		if r.has(p, atBorder) {
			sum += math.Max(r.step(p, in), r.step(p, in.times(-1)))
		}
	}
	return sum / 5
}

// rate makes one number of what was measured on a quad: mean and least support of its sides, what goes on beyond its corners,
// its share of the picture, its shape.
func rate(mean, least, beyond, area, aspect float64) float64 {
	s := mean * (.55 + .45*least) * (1 - .25*beyond)
	s *= math.Pow(min(area/.3, 1), .12)
	a := max(aspect, 1/aspect)
	if math.IsNaN(a) {
		return 0
	}
	off := 1.0
	for _, shape := range []float64{aspectA, aspectLetter, aspectCard} {
		off = min(off, math.Abs(a/shape-1))
	}
	switch {
	case a > 3.2:
		return 0
	case off > .12:
		s *= .85
	case off > .05:
		s *= .95
	}
	return s
}
