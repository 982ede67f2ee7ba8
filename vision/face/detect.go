package face

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"sort"

	"gocv.io/x/gocv"

	"motcua/vision"
)

// Point is a place in a picture, in pixels.
type Point struct{ X, Y float64 }

// The five landmarks, as the detector orders them. Left is the left of the picture.
const (
	LeftEye = iota
	RightEye
	Nose
	LeftMouth
	RightMouth
)

// Face is a face found in a picture, in the picture's pixels.
type Face struct {
	X, Y, W, H float64
	Marks      [5]Point
	Score      float64 // 0..1
}

// EyeDistance is the distance between the eyes in pixels.
func (f *Face) EyeDistance() float64 {
	return math.Hypot(f.Marks[RightEye].X-f.Marks[LeftEye].X, f.Marks[RightEye].Y-f.Marks[LeftEye].Y)
}

// Detector settings. The detector's range is about 10 to 300 pixels of face width.
const (
	detectSide  = 320 // long side of the picture the detector sees
	minScore    = 0.6
	maxOverlap  = 0.3
	maxFaces    = 64
	maxBeforeNM = 512
	netStride   = 32 // sides are padded to a multiple of it
)

var (
	strides     = [3]int{8, 16, 32}
	detectorOut = []string{
		"cls_8", "cls_16", "cls_32", "obj_8", "obj_16", "obj_32",
		"bbox_8", "bbox_16", "bbox_32", "kps_8", "kps_16", "kps_32",
	}
)

// detector runs YuNet.
type detector struct{ net *vision.Net }

func newDetector(onnx []byte) (*detector, error) {
	net, err := vision.LoadNet(onnx, [4]int{1, 3, detectSide, detectSide}, detectorOut...)
	if err != nil {
		return nil, err
	}
	return &detector{net}, nil
}

// detect gives the faces of a picture, largest first.
func (d *detector) detect(m *gocv.Mat) ([]Face, error) {
	small, scale, err := vision.Fit(m, detectSide, detectSide)
	if err != nil {
		return nil, fmt.Errorf("detect faces: %w", err)
	}
	defer small.Close()
	found, err := d.run(&small)
	if err != nil {
		return nil, fmt.Errorf("detect faces: %w", err)
	}
	for i := range found {
		found[i].scaleBy(1 / scale)
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].W*found[i].H > found[j].W*found[j].H })
	return found, nil
}

// run gives the faces of a picture as large as it is, in its pixels.
func (d *detector) run(m *gocv.Mat) ([]Face, error) {
	blob, w, h := padded(m)
	defer blob.Close()
	outs, err := d.net.Forward(&blob)
	if err != nil {
		return nil, err
	}
	defer vision.CloseAll(outs)
	found, err := decode(outs, w, h)
	return suppress(found), err
}

// padded gives the blob of m with black added at the right and bottom, and its size.
func padded(m *gocv.Mat) (gocv.Mat, int, int) {
	up := func(n int) int { return (n + netStride - 1) / netStride * netStride }
	w, h := up(m.Cols()), up(m.Rows())
	pad := gocv.NewMat()
	defer pad.Close()
	gocv.CopyMakeBorder(*m, &pad, 0, h-m.Rows(), 0, w-m.Cols(), gocv.BorderConstant, color.RGBA{})
	return gocv.BlobFromImage(pad, 1, image.Pt(w, h), gocv.NewScalar(0, 0, 0, 0), false, false), w, h
}

// decode turns the twelve outputs into faces, in pixels of the network's input. Per cell of stride s at (col, row):
// score = sqrt(cls·obj), centre = (cell + box[0:2])·s, size = exp(box[2:4])·s, marks = (cell + kps)·s.
func decode(outs []gocv.Mat, w, h int) ([]Face, error) {
	var found []Face
	for i, s := range strides {
		cols, cells := w/s, (w/s)*(h/s)
		cls, err1 := floats(&outs[i], cells)
		obj, err2 := floats(&outs[3+i], cells)
		box, err3 := floats(&outs[6+i], cells*4)
		kps, err4 := floats(&outs[9+i], cells*10)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return nil, err
		}
		for c := range cells {
			score := math.Sqrt(unit(cls[c]) * unit(obj[c]))
			if !(score >= minScore) {
				continue
			}
			f := cell(float64(c%cols), float64(c/cols), float64(s), box[4*c:4*c+4], kps[10*c:10*c+10])
			f.Score = score
			if f.finite() {
				found = append(found, f)
			}
		}
	}
	return found, nil
}

func cell(col, row, s float64, box, kps []float32) Face {
	cx, cy := (col+float64(box[0]))*s, (row+float64(box[1]))*s
	f := Face{W: math.Exp(float64(box[2])) * s, H: math.Exp(float64(box[3])) * s}
	f.X, f.Y = cx-f.W/2, cy-f.H/2
	for k := range f.Marks {
		f.Marks[k] = Point{(col + float64(kps[2*k])) * s, (row + float64(kps[2*k+1])) * s}
	}
	return f
}

func (f *Face) finite() bool {
	sum := f.X + f.Y + f.W + f.H
	for _, p := range f.Marks {
		sum += p.X + p.Y
	}
	return !math.IsNaN(sum) && !math.IsInf(sum, 0) && f.W > 0 && f.H > 0
}

func (f *Face) scaleBy(k float64) {
	f.X, f.Y, f.W, f.H = f.X*k, f.Y*k, f.W*k, f.H*k
	for i := range f.Marks {
		f.Marks[i].X *= k
		f.Marks[i].Y *= k
	}
}

// floats gives the n floats of a Mat, which must be exactly these.
func floats(m *gocv.Mat, n int) ([]float32, error) {
	if vision.IsZero(m) {
		return nil, errors.New("empty network output")
	}
	v, err := m.DataPtrFloat32()
	if err != nil {
		return nil, err
	}
	if len(v) != n {
		return nil, fmt.Errorf("network output of %d values instead of %d", len(v), n)
	}
	return v, nil
}

func unit(v float32) float64 { return min(max(float64(v), 0), 1) }

// suppress keeps the best of faces that overlap (greedy non-maximum suppression).
func suppress(in []Face) []Face {
	sort.SliceStable(in, func(i, j int) bool { return in[i].Score > in[j].Score })
	if len(in) > maxBeforeNM {
		in = in[:maxBeforeNM]
	}
	var out []Face
next:
	for _, f := range in {
		for i := range out {
			if overlap(&f, &out[i]) > maxOverlap {
				continue next
			}
		}
		if out = append(out, f); len(out) == maxFaces {
			break
		}
	}
	return out
}

// overlap is intersection over union.
func overlap(a, b *Face) float64 {
	w := min(a.X+a.W, b.X+b.W) - max(a.X, b.X)
	h := min(a.Y+a.H, b.Y+b.H) - max(a.Y, b.Y)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / (a.W*a.H + b.W*b.H - w*h)
}
