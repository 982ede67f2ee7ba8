package liveness

import (
	"errors"
	"math"

	"gocv.io/x/gocv"

	"motcua/vision"
)

// maxViews bounds what one capture keeps.
const maxViews = 32

// Watch looks at the frames of one capture. It keeps small pictures and numbers only, and is used by one goroutine.
type Watch struct {
	nets  *Nets // nil: not loaded
	views []view
	spec  spectrum
}

// view is what is kept of one frame.
type view struct {
	real         [2]float64 // of the networks; NaN without them
	edges        float64
	black, white float64
	rows         rows
	small        plane // of this frame; dropped when the next one has been compared with it
	face         Face  // in small
	moved, votes int   // compared with the frame before
}

// See looks at a frame and the face in it, both lent for the call. A face too small or a frame of another kind is an error; the
// capture can go on.
func (w *Watch) See(m *gocv.Mat, f Face) error {
	if len(w.views) >= maxViews {
		return nil
	}
	if !vision.IsBGR(m) {
		return errors.New("look at frame: not a colour picture")
	}
	if _, err := f.around(1, m.Cols(), m.Rows()); err != nil {
		return err
	}
	v := view{real: [2]float64{math.NaN(), math.NaN()}}
	var k float64
	var err error
	if v.small, k, err = overview(m); err != nil {
		return err
	}
	if w.nets != nil {
		if v.real, err = w.nets.Real(m, &f); err != nil {
			return err
		}
	}
	if err := w.spec.add(m, &f); err != nil {
		return err
	}
	v.measure(f.scaled(k))
	if n := len(w.views); n > 0 {
		last := &w.views[n-1]
		v.moved, v.votes = together(&last.small, &v.small, last.face, v.face)
		last.small = plane{}
	}
	w.views = append(w.views, v)
	return nil
}

func (v *view) measure(f Face) {
	v.face = f
	v.edges = edges(&v.small, f)
	v.black, v.white = tones(&v.small, f)
	v.rows = rowsOf(&v.small, f)
}

// Reset forgets the capture.
func (w *Watch) Reset() { w.views, w.spec = nil, spectrum{} }

// Cues gives the measures of the capture so far.
func (w *Watch) Cues() Cues {
	c := Cues{Frames: len(w.views), Raster: w.spec.peak(), Together: math.NaN()}
	var all, first, second, edge, black []float64
	var rs []rows
	moved, votes := 0, 0
	for i := range w.views {
		v := &w.views[i]
		first, second = append(first, v.real[0]), append(second, v.real[1])
		all = append(all, (v.real[0]+v.real[1])/2)
		edge, black, rs = append(edge, v.edges), append(black, v.black/max(v.white, .01)), append(rs, v.rows)
		moved, votes = moved+v.moved, votes+v.votes
	}
	c.Real, c.Near, c.Wide = middle(all), middle(first), middle(second)
	c.Edges, c.Grey, c.Bands = middle(edge), middle(black), bands(rs)
	if votes >= leastVote {
		c.Together = float64(moved) / float64(votes)
	}
	return c
}

// middle is the median; NaN when one of the values is.
func middle(v []float64) float64 {
	for _, x := range v {
		if math.IsNaN(x) {
			return x
		}
	}
	return median(v)
}
