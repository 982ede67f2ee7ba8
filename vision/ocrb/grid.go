package ocrb

import (
	"math"
	"slices"
)

// grid maps cells (column, row) to pixels of the frame by a homography: x = (h0·c + h1·r + h2) / w, y = (h3·c + h4·r + h5) / w,
// w = h6·c + h7·r + 1, with c = column/width and r = row.
type grid struct {
	h    [8]float64
	cols int
	rows int
}

// point gives the pixel of a place between cells.
func (g *grid) point(col, row float64) (x, y float64) {
	c := col / float64(g.cols)
	w := g.h[6]*c + g.h[7]*row + 1
	return (g.h[0]*c + g.h[1]*row + g.h[2]) / w, (g.h[3]*c + g.h[4]*row + g.h[5]) / w
}

// pitch gives the pixels between two characters in the middle.
func (g *grid) pitch() float64 {
	mid, row := float64(g.cols-1)/2, float64(g.rows-1)/2
	x0, y0 := g.point(mid-.5, row)
	x1, y1 := g.point(mid+.5, row)
	return math.Hypot(x1-x0, y1-y0)
}

// shape is one format of zones.
type shape struct{ rows, cols int }

// shapes are the formats: TD1, TD3, TD2.
var shapes = []shape{{3, 30}, {2, 44}, {2, 36}}

// pair is a blob and the cell it stands in.
type pair struct {
	blob
	col, row float64
}

// grids finds groups of lines that may be a zone and gives every way to count their columns, the likeliest first.
func grids(lines []run) (out []grid) {
	slices.SortFunc(lines, func(p, q run) int { return cmp(p.mid(), q.mid()) })
	for _, s := range shapes {
		for i := range lines {
			group := stack(lines, i, s.rows)
			if group == nil {
				continue
			}
			out = append(out, count(group, s)...)
		}
	}
	return out
}

// mid is the height of a line in its middle.
func (r run) mid() float64 {
	x := (r.blobs[0].x + r.blobs[len(r.blobs)-1].x) / 2
	return r.a + r.b*x
}

// stack gives n lines from the i-th on that are parallel, of one pitch, and evenly spaced; nil when there are none.
func stack(lines []run, i, n int) []run {
	group := []run{lines[i]}
	for j := i + 1; j < len(lines) && len(group) < n; j++ {
		last := group[len(group)-1]
		d := lines[j].mid() - last.mid()
		if d > 4.5*last.pitch {
			break
		}
		if d < 1.1*last.pitch || !similar(last, lines[j]) {
			continue
		}
		if len(group) > 1 {
			before := last.mid() - group[len(group)-2].mid()
			if d < .6*before || d > 1.6*before {
				continue
			}
		}
		group = append(group, lines[j])
	}
	if len(group) < n {
		return nil
	}
	return group
}

func similar(p, q run) bool {
	return math.Abs(p.pitch-q.pitch) < .25*p.pitch && math.Abs(p.b-q.b) < .12 &&
		p.blobs[0].x < q.blobs[len(q.blobs)-1].x && q.blobs[0].x < p.blobs[len(p.blobs)-1].x
}

// maxShift bounds how many columns may be missing or too many at an end.
const maxShift = 4

// count numbers the columns and fits a homography for every way that is possible.
func count(group []run, s shape) (out []grid) {
	var all []pair
	origin, slope := group[0].blobs[0], group[0].b
	along := func(b blob) float64 { return (b.x - origin.x + slope*(b.y-origin.y)) / math.Sqrt(1+slope*slope) }
	var lead float64 // where column 0 of the first line is
	for r, line := range group {
		cols := number(line, along)
		var shift float64
		if r == 0 {
			lead = cols.at(0)
		} else {
			shift = math.Round((cols.at(0) - lead) / cols.pitch)
		}
		for i, b := range line.blobs {
			if c := cols.col[i]; !math.IsNaN(c) {
				all = append(all, pair{b, c + shift, float64(r)})
			}
		}
	}
	if len(all) < s.rows*s.cols*5/10 {
		return nil
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range all {
		low, high = min(low, p.col), max(high, p.col)
	}
	spare := s.cols - int(high-low+1)
	if spare < -maxShift || spare > maxShift {
		return nil
	}
	// The window of columns may begin before the first blob, when the first character was not found, or after, when something
	// else stood there.
	var shifts []int
	for d := min(0, spare); d <= max(0, spare); d++ {
		shifts = append(shifts, d)
	}
	slices.SortFunc(shifts, func(a, b int) int { return abs(a) - abs(b) })
	for _, d := range shifts {
		first := low - float64(max(0, d)) + float64(max(0, -d))
		if g, ok := fit(all, first, s); ok {
			out = append(out, g)
		}
	}
	return out
}

func abs(n int) int { return max(n, -n) }

// columns are the numbered columns of a line: position = x0 + x1·c + x2·c².
type columns struct {
	col        []float64 // of every blob, NaN when it is none
	x0, x1, x2 float64
	pitch      float64
}

func (c *columns) at(n float64) float64 { return c.x0 + c.x1*n + c.x2*n*n }

// number counts columns from the first blob on, letting the pitch change slowly along the line as perspective makes it.
func number(line run, along func(blob) float64) *columns {
	c := &columns{col: make([]float64, len(line.blobs)), pitch: line.pitch}
	t := make([]float64, len(line.blobs))
	for i, b := range line.blobs {
		t[i] = along(b)
	}
	local, n := line.pitch, 0.
	for i := range t {
		if i > 0 {
			step := (t[i] - t[i-1]) / local
			n += math.Round(step)
			if k := math.Round(step); k >= 1 && math.Abs(step-k) < .25 {
				local += .15 * ((t[i]-t[i-1])/k - local)
			}
		}
		c.col[i] = n
	}
	for range 3 {
		c.regress(t)
		for i := range t {
			if math.IsNaN(c.col[i]) {
				continue
			}
			if math.Abs(t[i]-c.at(c.col[i])) > .4*c.x1 {
				c.col[i] = math.NaN() // two blobs of one character, or a speck
			}
		}
	}
	c.pitch = c.x1
	return c
}

// regress fits the parabola by least squares.
func (c *columns) regress(t []float64) {
	var m [3][4]float64
	for i, n := range c.col {
		if math.IsNaN(n) {
			continue
		}
		v := [3]float64{1, n / 16, n * n / 256}
		for a := range 3 {
			for b := range 3 {
				m[a][b] += v[a] * v[b]
			}
			m[a][3] += v[a] * t[i]
		}
	}
	rows := [][]float64{m[0][:], m[1][:], m[2][:]}
	if x, ok := solve(rows); ok {
		c.x0, c.x1, c.x2 = x[0], x[1]/16, x[2]/256
	}
}

// fit finds the homography by least squares over the blobs in the window, three times, dropping what stands off.
func fit(all []pair, first float64, s shape) (grid, bool) {
	g := grid{cols: s.cols, rows: s.rows}
	keep := make([]pair, 0, len(all))
	for _, p := range all {
		if p.col -= first; p.col >= 0 && p.col <= float64(s.cols-1) {
			keep = append(keep, p)
		}
	}
	for range 3 {
		if len(keep) < s.rows*s.cols*45/100 || !g.solve(keep) {
			return g, false
		}
		pitch := g.pitch()
		if !(pitch > 4) {
			return g, false
		}
		near := keep[:0:0]
		for _, p := range keep {
			x, y := g.point(p.col, p.row)
			if math.Abs(x-p.x) < .35*pitch && math.Abs(y-p.y) < .35*pitch {
				near = append(near, p)
			}
		}
		keep = near
	}
	return g, true
}

// solve is the direct linear transform with the last number fixed at 1.
func (g *grid) solve(list []pair) bool {
	const scale = 1000 // pixels, so that the numbers are of one size
	var m [8][9]float64
	for _, p := range list {
		c, r, x, y := p.col/float64(g.cols), p.row, p.x/scale, p.y/scale
		for _, row := range [2][9]float64{{c, r, 1, 0, 0, 0, -c * x, -r * x, x}, {0, 0, 0, c, r, 1, -c * y, -r * y, y}} {
			for a := range 8 {
				for b := range 9 {
					m[a][b] += row[a] * row[b]
				}
			}
		}
	}
	rows := make([][]float64, 8)
	for i := range rows {
		rows[i] = m[i][:]
	}
	x, ok := solve(rows)
	if !ok {
		return false
	}
	copy(g.h[:], x)
	for i := range 6 {
		g.h[i] *= scale
	}
	return true
}

// solve is Gaussian elimination with pivoting of rows of n coefficients and a right side.
func solve(m [][]float64) ([]float64, bool) {
	n := len(m)
	for i := range n {
		p := i
		for j := i + 1; j < n; j++ {
			if math.Abs(m[j][i]) > math.Abs(m[p][i]) {
				p = j
			}
		}
		if math.Abs(m[p][i]) < 1e-12 {
			return nil, false
		}
		m[i], m[p] = m[p], m[i]
		for j := range n {
			if j == i {
				continue
			}
			f := m[j][i] / m[i][i]
			for k := i; k <= n; k++ {
				m[j][k] -= f * m[i][k]
			}
		}
	}
	x := make([]float64, n)
	for i := range n {
		x[i] = m[i][n] / m[i][i]
	}
	return x, true
}
