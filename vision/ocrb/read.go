package ocrb

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"gocv.io/x/gocv"

	"motcua/kiosk/mrz"
	"motcua/vision"
)

// Zone is a machine-readable zone read from a frame. Valid means that every check digit of Doc 9303 holds; the name line has none.
// What a state adds (mrz.MRZ.PersonalNumber) is the caller's to ask.
type Zone struct {
	Lines []string
	Valid bool
	Sure  float64       // the geometric mean of the characters' probabilities, 0..1
	Quad  [4][2]float64 // middle of the first, last, last and first character of the first and the last line, pixels
}

// ErrNoZone means that nothing in the frame looks like a zone.
var ErrNoZone = errors.New("no machine-readable zone in the picture")

// unsure is the mean probability below which what was found is no zone.
const unsure = .55

// network is loaded once.
var network = sync.OnceValues(func() (*Net, error) { return LoadNet(weights) })

// maxGrids bounds what is classified of one frame.
const maxGrids = 24

// Read finds the zone in a frame of 8 bit BGR. Errors: [ErrNoZone], vision.ErrPicture, and the context's: a page full of print takes
// long, and whoever waits for the camera must not. A zone whose check digits do not hold is given as it was read, not valid.
func Read(ctx context.Context, m *gocv.Mat) (*Zone, error) {
	if !vision.IsBGR(m) {
		return nil, fmt.Errorf("read zone: %w", vision.ErrPicture)
	}
	net, err := network()
	if err != nil {
		return nil, err
	}
	grey := gocv.NewMat()
	defer grey.Close()
	gocv.CvtColor(*m, &grey, gocv.ColorBGRToGray)
	pix, err := grey.DataPtrUint8()
	if err != nil {
		return nil, fmt.Errorf("read zone: %w", vision.ErrPicture)
	}
	r := &reader{net: net, pix: pix, w: grey.Cols(), h: grey.Rows()}
	var best *Zone
	for _, l := range looks {
		for i, g := range grids(runs(l.blobs(&grey))) {
			if i == maxGrids {
				break
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			for _, flip := range []bool{false, true} {
				if !r.likely(&g, flip) {
					continue
				}
				z := r.read(&g, flip)
				if z.Valid && z.Sure > unsure {
					return z, nil
				}
				if best == nil || z.Sure > best.Sure {
					best = z
				}
			}
		}
	}
	if best == nil || best.Sure < unsure {
		return nil, ErrNoZone
	}
	best.Valid = false
	return best, nil
}

// A grid is read whole only where every probeEvery-th cell, taken together, is surer than hopeless. Print that is no OCR-B, or does
// not stand in the cells, is not: on 300 generated cards no zone was lost by it, and a page of print costs a tenth.
const (
	probeEvery = 7
	hopeless   = .4
)

// reader reads cells of one frame.
type reader struct {
	net  *Net
	pix  []uint8
	w, h int
	work Work
}

// cell classifies one cell of a grid, upside down when flip is set; the work's output holds the probabilities.
func (r *reader) cell(g *grid, row, col int, flip bool) {
	c, n := float64(col), float64(row)
	if flip {
		c, n = float64(g.cols-1)-c, float64(g.rows-1)-n
	}
	r.sample(g, c, n, flip)
	r.work.Normalise()
	r.net.Classify(&r.work)
}

// likely tells from a few cells of a grid whether it can be a zone.
func (r *reader) likely(g *grid, flip bool) bool {
	var sum float64
	n := 0
	for i := probeEvery / 2; i < g.rows*g.cols; i += probeEvery {
		row, col := i/g.cols, i%g.cols
		r.cell(g, row, col, flip)
		_, p := choose(&r.work.Out, allowed(g.cols, row, col))
		sum += math.Log(max(p, 1e-6))
		n++
	}
	return math.Exp(sum/float64(n)) > hopeless
}

// read classifies every cell of a grid, upside down when flip is set.
func (r *reader) read(g *grid, flip bool) *Zone {
	z := &Zone{}
	var sum float64
	for row := range g.rows {
		var line strings.Builder
		for col := range g.cols {
			r.cell(g, row, col, flip)
			allow := allowed(g.cols, row, col)
			if row == 0 && col >= 5 && strings.HasPrefix(line.String(), "IDVNM") {
				allow = vietnamese(col)
			}
			ch, p := choose(&r.work.Out, allow)
			line.WriteByte(ch)
			sum += math.Log(max(p, 1e-6))
		}
		z.Lines = append(z.Lines, line.String())
	}
	z.Sure = math.Exp(sum / float64(g.rows*g.cols))
	for i, at := range [4][2]int{{0, 0}, {g.cols - 1, 0}, {g.cols - 1, g.rows - 1}, {0, g.rows - 1}} {
		c, n := float64(at[0]), float64(at[1])
		if flip {
			c, n = float64(g.cols-1)-c, float64(g.rows-1)-n
		}
		z.Quad[i][0], z.Quad[i][1] = g.point(c, n)
	}
	z.judge()
	return z
}

// judge looks at the check digits. OCR-B's letter O and its zero differ by little: where a zone of another state does not hold
// with the letter in its number, the zero is tried.
func (z *Zone) judge() {
	holds := func(lines []string) bool {
		m, err := mrz.Parse(strings.Join(lines, "/"))
		return err == nil && m.CheckDigits() == nil
	}
	if z.Valid = holds(z.Lines); z.Valid {
		return
	}
	row, from, to := 0, 5, 15
	if len(z.Lines) == 2 {
		row, from, to = 1, 0, 10
	}
	lines := slices.Clone(z.Lines)
	if len(lines[row]) < to {
		return
	}
	lines[row] = lines[row][:from] + strings.ReplaceAll(lines[row][from:to], "O", "0") + lines[row][to:]
	if holds(lines) {
		z.Lines, z.Valid = lines, true
	}
}

// vietnamese gives what the first line of a Vietnamese card holds after its code and state: nine digits, a check digit, twelve
// digits, two fillers, a check digit.
func vietnamese(col int) string {
	if col == 27 || col == 28 {
		return "<"
	}
	return digits
}

// sample fills the work's input with the pixels of a cell. The cell's height follows the pitch, its direction the rows.
func (r *reader) sample(g *grid, col, row float64, flip bool) {
	x, y := g.point(col, row)
	x1, y1 := g.point(col+.5, row)
	x0, y0 := g.point(col-.5, row)
	ux, uy := x1-x0, y1-y0 // one character to the right
	pitch := math.Hypot(ux, uy)
	xd, yd := g.point(col, row+.25)
	xu, yu := g.point(col, row-.25)
	vx, vy := xd-xu, yd-yu // down
	if n := math.Hypot(vx, vy); n > 0 {
		vx, vy = vx/n*pitch, vy/n*pitch
	}
	if flip {
		ux, uy, vx, vy = -ux, -uy, -vx, -vy
	}
	// The cell is sampled at its own resolution: of a large zone every sample is the mean of the pixels it stands for.
	sub := min(max(int(math.Round(pitch/Pitch)), 1), 4)
	for j := range CellH {
		for i := range CellW {
			var s float64
			for b := range sub {
				for a := range sub {
					u := (float64(i) - float64(CellW-1)/2 + (float64(a)+.5)/float64(sub) - .5) / Pitch
					v := (float64(j) - float64(CellH-1)/2 + (float64(b)+.5)/float64(sub) - .5) / Pitch
					s += r.at(x+u*ux+v*vx, y+u*uy+v*vy)
				}
			}
			r.work.In[j*CellW+i] = float32(s / float64(sub*sub))
		}
	}
}

// at gives the brightness between pixels.
func (r *reader) at(x, y float64) float64 {
	x, y = min(max(x, 0), float64(r.w)-1.001), min(max(y, 0), float64(r.h)-1.001)
	ix, iy := int(x), int(y)
	fx, fy := x-float64(ix), y-float64(iy)
	p := r.pix[iy*r.w+ix:]
	return (float64(p[0])*(1-fx)+float64(p[1])*fx)*(1-fy) + (float64(p[r.w])*(1-fx)+float64(p[r.w+1])*fx)*fy
}

// choose gives the likeliest character of those allowed.
func choose(out *[classes]float32, allow string) (ch byte, p float64) {
	best := float32(-1)
	for i := range classes {
		if out[i] > best && strings.IndexByte(allow, Alphabet[i]) >= 0 {
			best, ch = out[i], Alphabet[i]
		}
	}
	return ch, float64(best)
}

// What positions may hold.
const (
	digits  = "0123456789"
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
	dates   = "0123456789<"
	sexes   = "MF<"
)

// allowed gives what a position may hold (Doc 9303-5 §4.2, 9303-4 §4.2, 9303-6 §4.2).
func allowed(cols, row, col int) string {
	in := func(from, to int) bool { return col >= from && col <= to }
	switch {
	case cols == 30 && row == 0:
		switch {
		case in(0, 4):
			return letters
		case col == 14:
			return dates // "<" when the number goes on in the optional data
		}
	case cols == 30 && row == 1:
		switch {
		case in(0, 5), in(8, 13):
			return dates
		case col == 6, col == 14, col == 29:
			return digits
		case col == 7:
			return sexes
		case in(15, 17):
			return letters
		}
	case row == nameRow(cols):
		return letters
	case row == 1:
		switch {
		case col == 9, col == 19, col == 27, col == cols-1:
			return dates
		case in(10, 12):
			return letters
		case in(13, 18), in(21, 26):
			return dates
		case col == 20:
			return sexes
		}
	}
	return Alphabet
}

// nameRow gives the row of the name: the last of three, the first of two.
func nameRow(cols int) int {
	if cols == 30 {
		return 2
	}
	return 0
}
