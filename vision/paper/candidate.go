package paper

import (
	"image"
	"math"
	"slices"

	"gocv.io/x/gocv"
)

// line is a straight line in the working picture.
type line struct {
	p, d   Point   // a place on it and its direction, a unit vector
	weight float64 // length of what spoke for it
}

// Limits on candidates.
const (
	levels   = 10 // thresholds a channel
	maxLines = 30
	hullEdge = .07 // of the working size: shorter edges of a hull make no line
)

// candidates gives quads around light regions and around what lies between edges, and the straight lines seen on the way.
func candidates(m *gocv.Mat, r *raster) (quads []Quad, lines []line) {
	take := func(mask *gocv.Mat) {
		q, l := outlines(mask, r)
		quads, lines = append(quads, q...), append(lines, l...)
	}
	for _, channel := range channels(r) {
		thresholds(channel, r, take)
	}
	edges := edgeMap(m)
	defer edges.Close()
	lines = append(lines, segments(&edges)...)
	kernel := gocv.GetStructuringElement(gocv.MorphRect, image.Pt(3, 3))
	defer kernel.Close()
	thick := gocv.NewMat()
	defer thick.Close()
	gocv.Dilate(edges, &thick, kernel)
	take(&thick)
	return quads, lines
}

// channels are two ways to see a paper: its darkest colour, which is low on everything coloured, and its brightness less its
// colour's strength.
func channels(r *raster) [2][]byte {
	var out [2][]byte
	for k := range out {
		out[k] = make([]byte, r.w*r.h)
	}
	for i := range out[0] {
		b, g, d := r.pix[3*i], r.pix[3*i+1], r.pix[3*i+2]
		lo, hi := min(b, g, d), max(b, g, d)
		out[0][i] = lo
		out[1][i] = byte(max(0, int(g)-2*int(hi-lo))) //nolint:gosec // between 0 and 255
	}
	return out
}

// thresholds cuts a channel at several levels.
func thresholds(channel []byte, r *raster, take func(*gocv.Mat)) {
	var hist [256]int
	for _, v := range channel {
		hist[v]++
	}
	quantile := func(f float64) int {
		n := 0
		for v, c := range hist {
			if n += c; float64(n) >= f*float64(len(channel)) {
				return v
			}
		}
		return 255
	}
	lo, hi := quantile(.05), quantile(.99)
	if hi-lo < 8 {
		return
	}
	kernel := gocv.GetStructuringElement(gocv.MorphRect, image.Pt(5, 5))
	defer kernel.Close()
	mask := gocv.NewMatWithSize(r.h, r.w, gocv.MatTypeCV8U)
	defer mask.Close()
	opened := gocv.NewMat()
	defer opened.Close()
	pix, err := mask.DataPtrUint8()
	if err != nil {
		return
	}
	for i := range levels {
		cut := byte(lo + (hi-lo)*(i+1)/(levels+1)) //nolint:gosec // between two bytes
		for j, v := range channel {
			pix[j] = 0
			if v > cut {
				pix[j] = 255
			}
		}
		gocv.MorphologyEx(mask, &opened, gocv.MorphOpen, kernel)
		take(&opened)
	}
}

// outlines gives the quads and long straight edges of the hulls of a mask's regions.
func outlines(mask *gocv.Mat, r *raster) (quads []Quad, lines []line) {
	found := gocv.FindContours(*mask, gocv.RetrievalExternal, gocv.ChainApproxSimple)
	defer found.Close()
	for i := range found.Size() {
		c := found.At(i)
		box := gocv.BoundingRect(c)
		if float64(box.Dx()*box.Dy()) < minShare*float64(r.w*r.h) {
			continue
		}
		pts := make([]Point, 0, c.Size())
		for _, p := range c.ToPoints() {
			pts = append(pts, Point{float64(p.X) + .5, float64(p.Y) + .5})
		}
		hull := convexHull(pts)
		if len(hull) < 4 || polygonArea(hull) < minShare*float64(r.w*r.h) {
			continue
		}
		if q, ok := reduce(simplify(hull)); ok {
			quads = append(quads, q)
		}
		lines = append(lines, straights(pts, hullEdge*float64(r.w))...)
	}
	return quads, lines
}

// convexHull gives the hull, clockwise as one sees it (Andrew's monotone chain).
func convexHull(pts []Point) []Point {
	p := slices.Clone(pts)
	slices.SortFunc(p, func(a, b Point) int {
		if a.X != b.X {
			return int(math.Copysign(1, a.X-b.X))
		}
		return int(math.Copysign(1, a.Y-b.Y))
	})
	p = slices.Compact(p)
	half := func(p []Point) (h []Point) {
		for _, q := range p {
			for len(h) > 1 && h[len(h)-1].minus(h[len(h)-2]).cross(q.minus(h[len(h)-1])) <= 0 {
				h = h[:len(h)-1]
			}
			h = append(h, q)
		}
		return h
	}
	if len(p) < 3 {
		return p
	}
	a := half(p)
	slices.Reverse(p)
	b := half(p)
	return append(a[:len(a)-1], b[:len(b)-1]...)
}

// simplify joins the corners of a hull that are nearer than a pixel and a half to the line of their neighbours.
func simplify(h []Point) []Point {
	for len(h) > 8 {
		best, at := 1.5, -1
		for i := range h {
			a, b, c := h[(i+len(h)-1)%len(h)], h[i], h[(i+1)%len(h)]
			if d := math.Abs(c.minus(a).cross(b.minus(a))) / max(c.minus(a).length(), 1e-9); d < best {
				best, at = d, i
			}
		}
		if at < 0 {
			break
		}
		h = slices.Delete(h, at, at+1)
	}
	return h
}

// straights gives the straight stretches of a closed contour that are at least long pixels (Douglas and Peucker).
func straights(pts []Point, long float64) (out []line) {
	if len(pts) < 2 {
		return nil
	}
	far := 0
	for i := range pts {
		if pts[i].minus(pts[0]).length() > pts[far].minus(pts[0]).length() {
			far = i
		}
	}
	var walk func(a, b int)
	walk = func(a, b int) {
		d := pts[b%len(pts)].minus(pts[a])
		n := d.length()
		if b-a < 1 || n < long && b-a < 3 {
			return
		}
		worst, at := 2.0, -1
		for i := a + 1; i < b; i++ {
			if e := math.Abs(d.cross(pts[i].minus(pts[a]))) / max(n, 1e-9); e > worst {
				worst, at = e, i
			}
		}
		if at < 0 {
			if n >= long {
				out = append(out, line{pts[a], d.times(1 / n), n})
			}
			return
		}
		walk(a, at)
		walk(at, b)
	}
	walk(0, far)
	walk(far, len(pts))
	return out
}

// edgeMap marks the edges of the three channels.
func edgeMap(m *gocv.Mat) gocv.Mat {
	out := gocv.NewMatWithSize(m.Rows(), m.Cols(), gocv.MatTypeCV8U)
	soft := gocv.NewMat()
	defer soft.Close()
	gocv.GaussianBlur(*m, &soft, image.Pt(3, 3), 0, 0, gocv.BorderReplicate)
	parts := gocv.Split(soft)
	edges := gocv.NewMat()
	defer edges.Close()
	for i := range parts {
		gocv.Canny(parts[i], &edges, 18, 45)
		gocv.BitwiseOr(out, edges, &out)
		_ = parts[i].Close()
	}
	return out
}

// segments gives the straight pieces of an edge map.
func segments(edges *gocv.Mat) (out []line) {
	found := gocv.NewMat()
	defer found.Close()
	side := float32(max(edges.Cols(), edges.Rows()))
	gocv.HoughLinesPWithParams(*edges, &found, 1, math.Pi/360, 40, side*.09, side*.015)
	for i := range found.Rows() {
		v := found.GetVeciAt(i, 0)
		a, b := Point{float64(v[0]) + .5, float64(v[1]) + .5}, Point{float64(v[2]) + .5, float64(v[3]) + .5}
		if n := b.minus(a).length(); n > 0 {
			out = append(out, line{a, b.minus(a).times(1 / n), n})
		}
	}
	return out
}
