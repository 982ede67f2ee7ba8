package face

import (
	"errors"
	"fmt"
	"image"
	"image/color"
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
		return gocv.Mat{}, errors.New("align face: not a colour picture")
	}
	dst, k := template, float64(size)/templateSize
	for i := range dst {
		dst[i].X, dst[i].Y = dst[i].X*k, dst[i].Y*k
	}
	t, ok := solve(f.Marks, dst)
	if !ok {
		return gocv.Mat{}, errors.New("align face: the landmarks fall together")
	}
	out, err := affine{t.a, -t.b, t.tx, t.b, t.a, t.ty}.cut(m, image.Pt(size, size), gocv.BorderConstant)
	if err != nil {
		return gocv.Mat{}, fmt.Errorf("align face: %w", err)
	}
	return out, nil
}

// affine is the transform x' = t0·x + t1·y + t2, y' = t3·x + t4·y + t5.
type affine [6]float64

func (t affine) det() float64 { return t[0]*t[4] - t[1]*t[3] }

// back gives the place that the transform takes to (x, y).
func (t affine) back(x, y float64) Point {
	x, y = x-t[2], y-t[5]
	d := t.det()
	return Point{(t[4]*x - t[1]*y) / d, (t[0]*y - t[3]*x) / d}
}

// shrinkBelow is the scale below which a picture is first made smaller by averaging: a warp takes four pixels into account,
// so that at smaller scales it would leave out pixels in between, and a near face would come out rough.
const shrinkBelow = 0.5

// cut gives the part of m that the transform takes into a picture of the given size; the caller closes it.
func (t affine) cut(m *gocv.Mat, size image.Point, border gocv.BorderType) (gocv.Mat, error) {
	k := math.Sqrt(math.Abs(t.det()))
	if !(k > 1e-3 && k < 1e3) {
		return gocv.Mat{}, errors.New("scale out of range")
	}
	if k >= shrinkBelow {
		return t.warp(m, size, border), nil
	}
	r := t.source(size, k).Intersect(image.Rect(0, 0, m.Cols(), m.Rows()))
	if r.Empty() {
		return gocv.Mat{}, errors.New("outside of the picture")
	}
	region := m.Region(r)
	defer region.Close()
	small := gocv.NewMat()
	defer small.Close()
	to := image.Pt(max(1, int(math.Ceil(2*k*float64(r.Dx())))), max(1, int(math.Ceil(2*k*float64(r.Dy())))))
	gocv.Resize(region, &small, to, 0, 0, gocv.InterpolationArea)
	sx, sy := float64(r.Dx())/float64(to.X), float64(r.Dy())/float64(to.Y)
	// A pixel's middle (u+½)·s − ½ of the region is u of the small picture.
	ox, oy := float64(r.Min.X)+.5*sx-.5, float64(r.Min.Y)+.5*sy-.5
	return affine{
		t[0] * sx, t[1] * sy, t[0]*ox + t[1]*oy + t[2],
		t[3] * sx, t[4] * sy, t[3]*ox + t[4]*oy + t[5],
	}.warp(&small, size, border), nil
}

// source is the upright rectangle that holds everything a warp to the given size looks at.
func (t affine) source(size image.Point, k float64) image.Rectangle {
	lo, hi := Point{math.Inf(1), math.Inf(1)}, Point{math.Inf(-1), math.Inf(-1)}
	for i := range 4 {
		p := t.back(float64(i%2*size.X), float64(i/2*size.Y))
		lo, hi = Point{min(lo.X, p.X), min(lo.Y, p.Y)}, Point{max(hi.X, p.X), max(hi.Y, p.Y)}
	}
	more := 2 / k
	const far = 1 << 20
	at := func(v float64) int { return int(min(max(v, -far), far)) }
	return image.Rect(at(lo.X-more), at(lo.Y-more), at(hi.X+more)+1, at(hi.Y+more)+1)
}

func (t affine) warp(m *gocv.Mat, size image.Point, border gocv.BorderType) gocv.Mat {
	mat := gocv.NewMatWithSize(2, 3, gocv.MatTypeCV64F)
	defer mat.Close()
	for i, v := range t {
		mat.SetDoubleAt(i/3, i%3, v)
	}
	out := gocv.NewMat()
	gocv.WarpAffineWithParams(*m, &out, mat, size, gocv.InterpolationLinear, border, color.RGBA{})
	return out
}
