package paper

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gocv.io/x/gocv"

	"motcua/vision"
)

// DPI is the resolution of a stored page.
const DPI = 200

const mmPerInch = 25.4

// Format is a size of paper, in millimetres; wider than high when the page lies on its side.
type Format struct {
	Name          string // A4, A5, Letter, or "" for a size of its own
	Width, Height float64
}

// The formats that a measured shape snaps to when it is near.
var (
	formatA4     = Format{"A4", 210, 297}
	formatA5     = Format{"A5", 148, 210}
	formatLetter = Format{"Letter", 215.9, 279.4}
)

const snap = .045 // how near a shape must be: A4 and Letter are 9 % apart

// formatOf gives the size of a sheet whose width over height is aspect. long is its longer side in millimetres, 0 when the
// camera's scale is not known: then a sheet is as long as A4.
func formatOf(aspect, long float64) Format {
	a := max(aspect, 1/aspect)
	f := Format{"", 297 / a, 297}
	if long > 0 {
		f = Format{"", long / a, long}
	}
	switch {
	case math.Abs(a/aspectA-1) < snap && long > 180 && long < 240:
		f = formatA5
	case math.Abs(a/aspectA-1) < snap && (long == 0 || math.Abs(long/297-1) < .12):
		f = formatA4
	case math.Abs(a/aspectLetter-1) < snap && (long == 0 || math.Abs(long/279.4-1) < .12):
		f = formatLetter
	}
	if aspect > 1 {
		f.Width, f.Height = f.Height, f.Width
	}
	return f
}

// pixels gives the size of the page's picture at a resolution.
func (f Format) pixels(dpi float64) image.Point {
	return image.Pt(int(f.Width*dpi/mmPerInch+.5), int(f.Height*dpi/mmPerInch+.5))
}

// flatten gives what a quad of the picture shows as a rectangle of the size; the caller closes it.
func flatten(m *gocv.Mat, q Quad, size image.Point) (gocv.Mat, error) {
	if !vision.IsBGR(m) || !q.convex() || size.X < vision.MinSide || size.Y < vision.MinSide || size.X > vision.MaxSide || size.Y > vision.MaxSide {
		return gocv.Mat{}, fmt.Errorf("straighten page: %w", vision.ErrPicture)
	}
	// A picture much finer than the result is reduced first, so that no pixel is left out.
	l := q.sides()
	if k := max(float64(size.X)/max(l[0], l[2]), float64(size.Y)/max(l[1], l[3])); k < .6 {
		small, f, err := vision.Fit(m, int(float64(m.Cols())*k*1.3), int(float64(m.Rows())*k*1.3))
		if err != nil {
			return gocv.Mat{}, err
		}
		defer small.Close()
		return warp(&small, q.scaled(f), size), nil
	}
	return warp(m, q, size), nil
}

func warp(m *gocv.Mat, q Quad, size image.Point) gocv.Mat {
	corner := func(x, y float64) gocv.Point2f { return gocv.Point2f{X: float32(x - .5), Y: float32(y - .5)} } // OpenCV counts from pixels' middles
	src := make([]gocv.Point2f, 4)
	for i, p := range q {
		src[i] = corner(p.X, p.Y)
	}
	w, h := float64(size.X), float64(size.Y)
	from := gocv.NewPoint2fVectorFromPoints(src)
	defer from.Close()
	to := gocv.NewPoint2fVectorFromPoints([]gocv.Point2f{corner(0, 0), corner(w, 0), corner(w, h), corner(0, h)})
	defer to.Close()
	t := gocv.GetPerspectiveTransform2f(from, to)
	defer t.Close()
	out := gocv.NewMat()
	gocv.WarpPerspectiveWithParams(*m, &out, t, size, gocv.InterpolationCubic, gocv.BorderReplicate, color.RGBA{})
	return out
}
