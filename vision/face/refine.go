package face

import (
	"image"
	"math"

	"gocv.io/x/gocv"
)

// Settings of the second look. With the networks measured, faces of about 150 pixels get the best landmarks.
const (
	markWidth = 150  // pixels that the face is wide
	markSpace = 1.5  // side of the window, in heights of the face
	markDrift = 0.25 // eye distances that the landmarks may move on average
)

// refined looks at one face again, alone, at the size at which the detector places landmarks best, and mirrored, and gives the
// mean of both looks' landmarks: what the detector does to one side of a face it does to the other in the mirror. A look that
// finds no face near the first one's landmarks does not count.
//
// It costs one run of the detector on a picture of about 300 pixels a side, and is worth more than any averaging of embeddings:
// see the figures in the package comment.
func (d *detector) refined(m *gocv.Mat, f *Face) *Face {
	marks, ok := d.closer(m, f)
	if !ok {
		return f
	}
	out := *f
	for i, p := range marks {
		out.Marks[i] = Point{(f.Marks[i].X + p.X) / 2, (f.Marks[i].Y + p.Y) / 2}
	}
	return &out
}

// mirrored tells which landmark of a mirrored face stands for which.
var mirrored = [5]int{RightEye, LeftEye, Nose, RightMouth, LeftMouth}

// closer gives the landmarks of a second look.
func (d *detector) closer(m *gocv.Mat, f *Face) ([5]Point, bool) {
	k := markWidth / f.W
	side := (int(markSpace*f.H*k) + netStride - 1) / netStride * netStride
	if side < netStride || side > 2*detectSide {
		return [5]Point{}, false
	}
	half := float64(side) / 2
	t := affine{-k, 0, half + k*(f.X+f.W/2), 0, k, half - k*(f.Y+f.H/2)}
	window, err := t.cut(m, image.Pt(side, side), gocv.BorderConstant)
	if err != nil {
		return [5]Point{}, false
	}
	defer window.Close()
	found, err := d.run(&window)
	if err != nil || len(found) == 0 {
		return [5]Point{}, false
	}
	g := central(found, side, side)
	var out [5]Point
	drift := 0.0
	for i := range out {
		p := g.Marks[mirrored[i]]
		out[i] = t.back(p.X, p.Y)
		drift += math.Hypot(out[i].X-f.Marks[i].X, out[i].Y-f.Marks[i].Y) / 5
	}
	return out, drift <= markDrift*f.EyeDistance()
}
