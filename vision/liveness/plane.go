package liveness

import (
	"errors"
	"image"
	"math"
	"slices"

	"gocv.io/x/gocv"

	"motcua/vision"
)

// plane is a picture of brightness, 0..255.
type plane struct {
	w, h int
	v    []float32
}

// lookWidth is how wide the small picture is in which frames and motion are looked for.
const lookWidth = 240

// brightness gives the brightness of a part of a frame, pixel by pixel.
func brightness(m *gocv.Mat, r image.Rectangle) (plane, error) {
	r = r.Intersect(image.Rect(0, 0, m.Cols(), m.Rows()))
	if !vision.IsBGR(m) || r.Empty() {
		return plane{}, errors.New("measure brightness: no picture there")
	}
	pix, err := m.DataPtrUint8()
	if err != nil || len(pix) != 3*m.Cols()*m.Rows() {
		return plane{}, errors.New("measure brightness: the picture is not in one piece")
	}
	p := plane{w: r.Dx(), h: r.Dy(), v: make([]float32, r.Dx()*r.Dy())}
	for y := range p.h {
		row := pix[3*((y+r.Min.Y)*m.Cols()+r.Min.X):]
		for x := range p.w {
			p.v[y*p.w+x] = .114*float32(row[3*x]) + .587*float32(row[3*x+1]) + .299*float32(row[3*x+2])
		}
	}
	return p, nil
}

// overview gives the whole frame at about [lookWidth], and how many of its pixels make one of the frame's.
func overview(m *gocv.Mat) (plane, float64, error) {
	small, k, err := vision.Fit(m, lookWidth, vision.MaxSide)
	if err != nil {
		return plane{}, 0, err
	}
	defer small.Close()
	p, err := brightness(&small, image.Rect(0, 0, small.Cols(), small.Rows()))
	return p, k, err
}

// at gives the brightness between four pixels; places outside take the nearest one.
func (p *plane) at(x, y float64) float32 {
	x, y = max(0, min(float64(p.w)-1.001, x)), max(0, min(float64(p.h)-1.001, y))
	ix, iy := int(x), int(y)
	fx, fy := float32(x-float64(ix)), float32(y-float64(iy))
	v := p.v[iy*p.w+ix:]
	if p.w < 2 || p.h < 2 {
		return v[0]
	}
	return (v[0]*(1-fx)+v[1]*fx)*(1-fy) + (v[p.w]*(1-fx)+v[p.w+1]*fx)*fy
}

// scaled is the face in a picture k times as large.
func (f Face) scaled(k float64) Face {
	f.X, f.Y, f.W, f.H = f.X*k, f.Y*k, f.W*k, f.H*k
	for i := range f.Marks {
		f.Marks[i].X, f.Marks[i].Y = f.Marks[i].X*k, f.Marks[i].Y*k
	}
	return f
}

// middle is the mean of the landmarks.
func (f *Face) middle() Point {
	var c Point
	for _, m := range f.Marks {
		c.X, c.Y = c.X+m.X/5, c.Y+m.Y/5
	}
	return c
}

// median of values; NaN of none. It sorts a copy.
func median(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	s := slices.Clone(v)
	slices.Sort(s)
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}
