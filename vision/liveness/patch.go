package liveness

import (
	"errors"
	"image"
	"math"

	"gocv.io/x/gocv"

	"motcua/vision"
)

// Face is where a face stands in a frame, in pixels: its box and the five landmarks (left eye, right eye, nose, left and right
// corner of the mouth; left is the picture's left).
type Face struct {
	X, Y, W, H float64
	Marks      [5]Point
}

// Point is a place in a picture, in pixels.
type Point struct{ X, Y float64 }

// FaceAt makes a Face of plain numbers: box is x, y, width, height; marks are x, y of the five landmarks.
func FaceAt(box [4]float64, marks [5][2]float64) Face {
	f := Face{X: box[0], Y: box[1], W: box[2], H: box[3]}
	for i, m := range marks {
		f.Marks[i] = Point{m[0], m[1]}
	}
	return f
}

// eyes is the distance between the eyes.
func (f *Face) eyes() float64 {
	return math.Hypot(f.Marks[1].X-f.Marks[0].X, f.Marks[1].Y-f.Marks[0].Y)
}

// usable reports whether the numbers can be worked with.
func (f *Face) usable() bool {
	sum := f.X + f.Y
	for _, m := range f.Marks {
		sum += m.X + m.Y
	}
	return !math.IsNaN(sum) && !math.IsInf(sum, 0) && f.W >= minFace && f.H >= minFace && f.W < vision.MaxSide && f.H < vision.MaxSide &&
		f.eyes() >= minFace/4
}

const minFace = 24 // pixels of a side of the smallest box that is looked at

// around gives the box scaled about its middle and pushed back into a picture of w×h pixels, as the networks were trained: a
// scale too large for the picture is cut down to what fits, the box keeps its sides' ratio.
func (f *Face) around(scale float64, w, h int) (image.Rectangle, error) {
	if w < 2 || h < 2 || !f.usable() {
		return image.Rectangle{}, errors.New("cut patch: no face to cut")
	}
	scale = min(scale, float64(h-1)/f.H, float64(w-1)/f.W)
	nw, nh := f.W*scale, f.H*scale
	x0, x1 := pushed(f.X+f.W/2-nw/2, nw, float64(w))
	y0, y1 := pushed(f.Y+f.H/2-nh/2, nh, float64(h))
	r := image.Rect(int(x0), int(y0), int(x1), int(y1)).Intersect(image.Rect(0, 0, w, h))
	if r.Dx() < 2 || r.Dy() < 2 {
		return image.Rectangle{}, errors.New("cut patch: the face is outside the picture")
	}
	return r, nil
}

// pushed moves a stretch of length n that begins at from into 0…end.
func pushed(from, n, end float64) (lo, hi float64) {
	lo, hi = from, from+n
	if lo < 0 {
		lo, hi = 0, hi-lo
	}
	if over := hi - end; over > 0 {
		lo, hi = lo-over, end
	}
	return lo, hi
}

// patch gives the surroundings of a face at a scale, resized as the networks were trained; the caller closes it.
func patch(m *gocv.Mat, f *Face, scale float64, size int) (gocv.Mat, error) {
	if !vision.IsBGR(m) {
		return gocv.Mat{}, errors.New("cut patch: not a colour picture")
	}
	r, err := f.around(scale, m.Cols(), m.Rows())
	if err != nil {
		return gocv.Mat{}, err
	}
	part := m.Region(r)
	defer part.Close()
	out := gocv.NewMat()
	gocv.Resize(part, &out, image.Pt(size, size), 0, 0, gocv.InterpolationLinear)
	return out, nil
}
