package face

import (
	"fmt"
	"image"
	"math"

	"gocv.io/x/gocv"

	"motcua/vision"
)

// template is where the five landmarks of an aligned face of 112 pixels stand (the template of ArcFace, SFace, MobileFaceNet).
var template = [5]Point{
	{38.2946, 51.6963}, {73.5318, 51.5014}, {56.0252, 71.7366}, {41.5493, 92.3655}, {70.7299, 92.2041},
}

const templateSize = 112

// similarity is the transform x' = a·x − b·y + tx, y' = b·x + a·y + ty.
type similarity struct{ a, b, tx, ty float64 }

// solve gives the similarity that takes src to dst with the least squared error (closed form of Umeyama's method in the
// plane, without reflection); false when the points fall together.
func solve(src, dst [5]Point) (similarity, bool) {
	var ms, md Point
	for i := range src {
		ms.X, ms.Y = ms.X+src[i].X/5, ms.Y+src[i].Y/5
		md.X, md.Y = md.X+dst[i].X/5, md.Y+dst[i].Y/5
	}
	var dot, cross, norm float64
	for i := range src {
		sx, sy, dx, dy := src[i].X-ms.X, src[i].Y-ms.Y, dst[i].X-md.X, dst[i].Y-md.Y
		dot += sx*dx + sy*dy
		cross += sx*dy - sy*dx
		norm += sx*sx + sy*sy
	}
	if !(norm > 1e-6) || !(math.Hypot(dot, cross) > 1e-9) {
		return similarity{}, false
	}
	t := similarity{a: dot / norm, b: cross / norm}
	t.tx = md.X - t.a*ms.X + t.b*ms.Y
	t.ty = md.Y - t.b*ms.X - t.a*ms.Y
	return t, true
}

func (t similarity) apply(p Point) Point {
	return Point{t.a*p.X - t.b*p.Y + t.tx, t.b*p.X + t.a*p.Y + t.ty}
}

// align gives the face cut out, turned and scaled to size pixels; the caller closes it.
func align(m *gocv.Mat, f *Face, size int) (gocv.Mat, error) {
	if !vision.IsBGR(m) {
		return gocv.Mat{}, fmt.Errorf("align face: not a colour picture")
	}
	dst, k := template, float64(size)/templateSize
	for i := range dst {
		dst[i].X, dst[i].Y = dst[i].X*k, dst[i].Y*k
	}
	t, ok := solve(f.Marks, dst)
	if !ok {
		return gocv.Mat{}, fmt.Errorf("align face: the landmarks fall together")
	}
	warp := gocv.NewMatWithSize(2, 3, gocv.MatTypeCV64F)
	defer warp.Close()
	for i, v := range [6]float64{t.a, -t.b, t.tx, t.b, t.a, t.ty} {
		warp.SetDoubleAt(i/3, i%3, v)
	}
	out := gocv.NewMat()
	gocv.WarpAffine(*m, &out, warp, image.Pt(size, size))
	return out, nil
}
