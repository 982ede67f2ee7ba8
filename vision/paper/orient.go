package paper

import (
	"encoding/binary"
	"fmt"

	"gocv.io/x/gocv"

	"motcua/vision"
)

// Turn is how a page was turned to stand upright.
type Turn struct {
	Quarters int     // clockwise
	Lines    float64 // -1..1: how clearly the lines of print run across the page (positive) or along it
	Up       float64 // -1..1: how clearly more print stands above the small letters' height than below
}

// Limits on orientation.
const (
	orientSide = 1100 // pixels of the longer side: about 95 dots an inch on A4
	sureLines  = .12
	sureUp     = .2  // ordinary Vietnamese print gives .35 to .6
	barFill    = .72 // a wide thing that fills its box so far is a bar, not letters
	fewBands   = 4   // lines of print that must speak
)

// orient finds out how a page must be turned.
//
// Which way the lines run is reliable wherever there are a few lines of print: the sums over rows then jump, the sums over
// columns do not. Which end is up is less so: letters and Vietnamese tone marks stand out more above the small letters than
// below them, which decides for ordinary print of some lines; tables of digits, capitals without marks and handwriting do
// not tell, and such a page stays as it was laid.
func orient(m *gocv.Mat) (Turn, error) {
	small, _, err := vision.Fit(m, orientSide, orientSide)
	if err != nil {
		return Turn{}, err
	}
	defer small.Close()
	print, text, w, h, err := letters(&small)
	if err != nil {
		return Turn{}, err
	}
	rows, cols := profiles(print, w, h)
	a, b := jumps(rows), jumps(cols)
	var t Turn
	if a+b > 0 {
		t.Lines = (a - b) / (a + b)
	}
	p, along := profiles(text, w, h)
	if t.Lines < -sureLines { // the lines run along the page
		t.Quarters, p = 1, along // a quarter turn clockwise makes the first column the first row
	}
	up, bands := upness(p)
	t.Up = up
	if bands >= fewBands && up < -sureUp {
		t.Quarters += 2
		t.Up = -up
	}
	return t, nil
}

// letters marks the pixels of things as big as letters and words, and among them of those that are no solid bars; photos,
// stamps, rules and specks are left out.
func letters(m *gocv.Mat) (print, text []bool, w, h int, err error) {
	grey := gocv.NewMat()
	defer grey.Close()
	gocv.CvtColor(*m, &grey, gocv.ColorBGRToGray)
	bin := gocv.NewMat()
	defer bin.Close()
	gocv.Threshold(grey, &bin, 150, 255, gocv.ThresholdBinaryInv)
	labels, stats, centres := gocv.NewMat(), gocv.NewMat(), gocv.NewMat()
	defer labels.Close()
	defer stats.Close()
	defer centres.Close()
	n := gocv.ConnectedComponentsWithStats(bin, &labels, &stats, &centres)
	w, h = bin.Cols(), bin.Rows()
	keep, letter := make([]bool, n), make([]bool, n)
	for i := 1; i < n; i++ {
		cw, ch, area := int(stats.GetIntAt(i, 2)), int(stats.GetIntAt(i, 3)), int(stats.GetIntAt(i, 4))
		keep[i] = area >= 4 && min(cw, ch) <= 40 && max(cw, ch) <= 220
		bar := float64(area) > barFill*float64(cw*ch) && (2*cw > 3*ch || 2*ch > 3*cw) && max(cw, ch) > 9
		letter[i] = keep[i] && !bar
	}
	ids := labels.ToBytes() // 32 bits each
	if len(ids) != 4*w*h {
		return nil, nil, 0, 0, fmt.Errorf("find letters: %d bytes of labels", len(ids))
	}
	print, text = make([]bool, w*h), make([]bool, w*h)
	for i := range print {
		id := binary.NativeEndian.Uint32(ids[4*i:])
		print[i], text[i] = keep[id], letter[id]
	}
	return print, text, w, h, nil
}

func profiles(mask []bool, w, h int) (rows, cols []float64) {
	rows, cols = make([]float64, h), make([]float64, w)
	for y := h / 40; y < h-h/40; y++ {
		for x := w / 40; x < w-w/40; x++ {
			if mask[y*w+x] {
				rows[y]++
				cols[x]++
			}
		}
	}
	return rows, cols
}

// jumps is how much a profile goes up and down, for its size.
func jumps(p []float64) float64 {
	d, n := 0.0, 0.0
	for i := 3; i < len(p); i++ {
		d += (p[i] - p[i-3]) * (p[i] - p[i-3])
		n += p[i]
	}
	if n == 0 {
		return 0
	}
	return d / n * float64(len(p)) / n
}

// upness compares what stands above and below the lines' main height, -1..1, and counts the lines.
func upness(p []float64) (up float64, bands int) {
	top := 0.0
	for _, v := range p {
		top = max(top, v)
	}
	above, below := 0.0, 0.0
	for i := 0; i < len(p); {
		if p[i] <= .02*top {
			i++
			continue
		}
		j, peak := i, 0.0
		for ; j < len(p) && p[j] > .02*top; j++ {
			peak = max(peak, p[j])
		}
		if j-i >= 6 && j-i <= 45 && peak > .12*top {
			a, b := i, j-1
			for p[a] < .5*peak {
				a++
			}
			for p[b] < .5*peak {
				b--
			}
			u, d := 0.0, 0.0
			for k := i; k < a; k++ {
				u += p[k]
			}
			for k := b + 1; k < j; k++ {
				d += p[k]
			}
			above, below = above+u, below+d
			bands++
		}
		i = j
	}
	if above+below == 0 {
		return 0, bands
	}
	return (above - below) / (above + below), bands
}
