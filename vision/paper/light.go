package paper

import (
	"math"
	"slices"
)

// The grid on which the paper's brightness is measured.
const (
	lightLong  = 36  // cells along the longer side
	paperPart  = .55 // a cell darker than this part of what its surroundings lead one to expect holds a photo, not paper
	paperWhite = .91 // share of the paper's brightness that becomes white
)

// light is the brightness of unprinted paper all over a page, in levels, a colour each.
type light struct {
	cols, rows int
	cell       [][3]float64
}

// paperLight measures it: in each cell the mean of its lightest pixels; cells that hold no paper are filled from their
// neighbours.
func paperLight(r *raster) light {
	side := float64(max(r.w, r.h)) / lightLong
	l := light{cols: max(4, int(float64(r.w)/side+.5)), rows: max(4, int(float64(r.h)/side+.5))}
	l.cell = make([][3]float64, l.cols*l.rows)
	for j := range l.rows {
		for i := range l.cols {
			l.cell[j*l.cols+i] = r.lightest(i*r.w/l.cols, j*r.h/l.rows, (i+1)*r.w/l.cols, (j+1)*r.h/l.rows)
		}
	}
	l.fill(l.trusted())
	l.smooth()
	return l
}

func luma(c [3]float64) float64 { return .114*c[0] + .587*c[1] + .299*c[2] }

// lightest gives the mean colour of the lightest fifth of a cell, without the very lightest.
func (r *raster) lightest(x0, y0, x1, y1 int) [3]float64 {
	var hist [256]int
	var sum [256][3]int
	n := 0
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			i := 3 * (y*r.w + x)
			v := (29*int(r.pix[i]) + 150*int(r.pix[i+1]) + 77*int(r.pix[i+2])) >> 8
			hist[v]++
			for k := range 3 {
				sum[v][k] += int(r.pix[i+k])
			}
			n++
		}
	}
	var c [3]float64
	took, skip := 0, n/20
	for v := 255; v >= 0 && took < max(n/4, 1); v-- {
		if skip > 0 && skip >= hist[v] {
			skip -= hist[v]
			continue
		}
		for k := range c {
			c[k] += float64(sum[v][k])
		}
		took += hist[v]
	}
	for k := range c {
		c[k] = max(c[k]/float64(max(took, 1)), 1)
	}
	return c
}

// trusted tells which cells show paper: those not much darker than a slanted, slightly bent plane through the others.
func (l *light) trusted() []bool {
	ok := make([]bool, len(l.cell))
	for i := range ok {
		ok[i] = true
	}
	for range 6 {
		c := l.surface(ok)
		for i := range l.cell {
			ok[i] = luma(l.cell[i]) > paperPart*l.height(c, i)
		}
	}
	return ok
}

func (l *light) basis(i int) [6]float64 {
	x, y := 2*float64(i%l.cols)/float64(l.cols-1)-1, 2*float64(i/l.cols)/float64(l.rows-1)-1
	return [6]float64{1, x, y, x * x, x * y, y * y}
}

func (l *light) height(c [6]float64, i int) (s float64) {
	for k, b := range l.basis(i) {
		s += c[k] * b
	}
	return s
}

// surface fits a surface of the second degree to the brightness of the cells, twice: the second time what lies clearly below
// the first counts little.
func (l *light) surface(ok []bool) (c [6]float64) {
	for pass := range 2 {
		var a [6][7]float64
		for i := range l.cell {
			if !ok[i] {
				continue
			}
			v, w := luma(l.cell[i]), 1.0
			if pass == 1 && v < .85*l.height(c, i) {
				w = .1
			}
			b := l.basis(i)
			for j := range b {
				for k := range b {
					a[j][k] += w * b[j] * b[k]
				}
				a[j][6] += w * b[j] * v
			}
		}
		c = solve(a)
	}
	return c
}

// solve solves six linear equations; what is not determined becomes 0.
func solve(a [6][7]float64) (x [6]float64) {
	for i := range a {
		p := i
		for j := i; j < 6; j++ {
			if math.Abs(a[j][i]) > math.Abs(a[p][i]) {
				p = j
			}
		}
		a[i], a[p] = a[p], a[i]
		if math.Abs(a[i][i]) < 1e-9 {
			continue
		}
		for j := range a {
			if j != i {
				f := a[j][i] / a[i][i]
				for k := i; k < 7; k++ {
					a[j][k] -= f * a[i][k]
				}
			}
		}
	}
	for i := range x {
		if math.Abs(a[i][i]) >= 1e-9 {
			x[i] = a[i][6] / a[i][i]
		}
	}
	return x
}

// fill spreads the trusted cells over the others.
func (l *light) fill(ok []bool) {
	if !slices.Contains(ok, true) {
		return
	}
	for slices.Contains(ok, false) {
		next := slices.Clone(ok)
		for i := range l.cell {
			if ok[i] {
				continue
			}
			var s [3]float64
			n := 0.0
			l.around(i, func(j int) {
				if ok[j] {
					n++
					for k := range s {
						s[k] += l.cell[j][k]
					}
				}
			})
			if n > 0 {
				l.cell[i], next[i] = [3]float64{s[0] / n, s[1] / n, s[2] / n}, true
			}
		}
		ok = next
	}
}

func (l *light) around(i int, f func(j int)) {
	x, y := i%l.cols, i/l.cols
	for v := max(y-1, 0); v <= min(y+1, l.rows-1); v++ {
		for u := max(x-1, 0); u <= min(x+1, l.cols-1); u++ {
			f(v*l.cols + u)
		}
	}
}

func (l *light) smooth() {
	out := make([][3]float64, len(l.cell))
	for i := range l.cell {
		n := 0.0
		l.around(i, func(j int) {
			n++
			for k := range out[i] {
				out[i][k] += l.cell[j][k]
			}
		})
		for k := range out[i] {
			out[i][k] /= n
		}
	}
	l.cell = out
}

// level is the paper's middle brightness, and tint its middle colour, 1 being neutral.
func (l *light) level() (level float64, tint [3]float64) {
	v := make([]float64, len(l.cell))
	for i, c := range l.cell {
		v[i] = luma(c)
		for k := range tint {
			tint[k] += c[k] / luma(c) / float64(len(l.cell))
		}
	}
	slices.Sort(v)
	return v[len(v)/2], tint
}

// row gives the paper's light along a row of a picture w pixels wide, h high.
func (l *light) row(y, w, h int, out [][3]float64) {
	fy := min(max((float64(y)+.5)/float64(h)*float64(l.rows)-.5, 0), float64(l.rows-1))
	j := min(int(fy), l.rows-2)
	fy -= float64(j)
	for x := range w {
		fx := min(max((float64(x)+.5)/float64(w)*float64(l.cols)-.5, 0), float64(l.cols-1))
		i := min(int(fx), l.cols-2)
		fx -= float64(i)
		at := j*l.cols + i
		for k := range 3 {
			a := l.cell[at][k]*(1-fx) + l.cell[at+1][k]*fx
			b := l.cell[at+l.cols][k]*(1-fx) + l.cell[at+l.cols+1][k]*fx
			out[x][k] = a*(1-fy) + b*fy
		}
	}
}

// strongTint is the strength of colour from which on a paper is a coloured one, and stays so.
const strongTint = .14

// even divides a picture by the paper's light: paper becomes white (or its own colour), ink black, colours stay.
func (l *light) even(r *raster) {
	_, tint := l.level()
	if max(tint[0], tint[1], tint[2])-min(tint[0], tint[1], tint[2]) < strongTint {
		tint = [3]float64{1, 1, 1}
	} else {
		top := max(tint[0], tint[1], tint[2])
		for k := range tint {
			tint[k] /= top
		}
	}
	black := l.ink(r)
	row := make([][3]float64, r.w)
	for y := range r.h {
		l.row(y, r.w, r.h, row)
		for x := range r.w {
			i := 3 * (y*r.w + x)
			for k := range 3 {
				v := (float64(r.pix[i+k])/row[x][k] - black) / (paperWhite - black)
				r.pix[i+k] = byte(255*min(max(v*tint[k], 0), 1) + .5)
			}
		}
	}
}

// ink is how bright the darkest print is, as a part of the paper's brightness: 0 for a good print, more in haze and blur.
func (l *light) ink(r *raster) float64 {
	var hist [128]int
	n := 0
	row := make([][3]float64, r.w)
	for y := r.h / 50; y < r.h-r.h/50; y += 3 {
		l.row(y, r.w, r.h, row)
		for x := r.w / 50; x < r.w-r.w/50; x += 3 {
			i := 3 * (y*r.w + x)
			hist[int(min(max(100*float64(r.pix[i+1])/row[x][1], 0), 127))]++
			n++
		}
	}
	sum := 0
	for v, c := range hist {
		if sum += c; sum*250 >= n {
			return min(max(float64(v)/100-.04, .02), .4)
		}
	}
	return .02
}
