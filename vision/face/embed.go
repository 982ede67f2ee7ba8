package face

import (
	"errors"
	"fmt"
	"image"
	"math"

	"gocv.io/x/gocv"

	"motcua/vision"
	"motcua/vision/models"
)

// Embedding is a face as a direction: a unit vector. It is as personal as the picture; it never leaves memory.
type Embedding []float32

// rounding is how much longer than one the product of two unit vectors of float32 may come out.
const rounding = 1e-3

// Cosine is the similarity of two faces, -1..1; NaN when they cannot be compared.
func (e Embedding) Cosine(o Embedding) float64 {
	if len(e) == 0 || len(e) != len(o) {
		return math.NaN()
	}
	var s float64
	for i := range e {
		s += float64(e[i]) * float64(o[i])
	}
	if math.Abs(s) > 1 && math.Abs(s) < 1+rounding {
		return math.Copysign(1, s)
	}
	return s
}

// String redacts.
func (Embedding) String() string { return "[redacted]" }

// Fuse gives the mean direction of several embeddings; nil when there is none.
func Fuse(es []Embedding) Embedding {
	if len(es) == 0 {
		return nil
	}
	sum := make([]float64, len(es[0]))
	for _, e := range es {
		if len(e) != len(sum) {
			return nil
		}
		for i, v := range e {
			sum[i] += float64(v)
		}
	}
	e, _ := normalise(sum)
	return e
}

// normalise gives the direction of v and its length; nil when it has none.
func normalise(v []float64) (Embedding, float64) {
	var s float64
	for _, x := range v {
		s += x * x
	}
	n := math.Sqrt(s)
	if !(n > 1e-6) || math.IsInf(n, 0) {
		return nil, n
	}
	e := make(Embedding, len(v))
	for i, x := range v {
		e[i] = float32(x / n)
	}
	return e, n
}

// recogniser runs the network that turns an aligned face into an embedding.
type recogniser struct {
	net *vision.Net
	pre models.Preprocess
}

func newRecogniser(onnx []byte, pre models.Preprocess) (*recogniser, error) {
	net, err := vision.LoadNet(onnx, [4]int{1, 3, pre.Size, pre.Size})
	if err != nil {
		return nil, err
	}
	return &recogniser{net, pre}, nil
}

// embed gives the embedding of a face, and its length before normalising: a sign of quality (about 18 for a good picture, 13
// for a dark one with the network measured). Where the recogniser's recipe says so, it is the sum of the face's and of its
// mirror image's.
func (r *recogniser) embed(aligned *gocv.Mat) (Embedding, float64, error) {
	if !vision.IsBGR(aligned) || aligned.Rows() != r.pre.Size || aligned.Cols() != r.pre.Size {
		return nil, 0, errors.New("embed face: not an aligned face")
	}
	sum, err := r.raw(aligned, nil)
	if err != nil {
		return nil, 0, err
	}
	parts := 1.0
	if r.pre.Flip {
		mirror := gocv.NewMat()
		defer mirror.Close()
		gocv.Flip(*aligned, &mirror, 1)
		if sum, err = r.raw(&mirror, sum); err != nil {
			return nil, 0, err
		}
		parts = 2
	}
	e, norm := normalise(sum)
	if e == nil {
		return nil, norm / parts, errors.New("embed face: the network gave no direction")
	}
	return e, norm / parts, nil
}

// raw adds the network's output for a face to sum; nil counts as nothing.
func (r *recogniser) raw(aligned *gocv.Mat, sum []float64) ([]float64, error) {
	mean := gocv.NewScalar(r.pre.Mean[0], r.pre.Mean[1], r.pre.Mean[2], 0)
	blob := gocv.BlobFromImage(*aligned, r.pre.Scale, image.Pt(r.pre.Size, r.pre.Size), mean, r.pre.RGB, false)
	defer blob.Close()
	outs, err := r.net.Forward(&blob)
	if err != nil {
		return nil, fmt.Errorf("embed face: %w", err)
	}
	defer vision.CloseAll(outs)
	v, err := floats(&outs[0], outs[0].Total())
	if err != nil || len(v) < 64 || len(v) > 4096 || (sum != nil && len(sum) != len(v)) {
		return nil, fmt.Errorf("embed face: unusable network output of %d values", len(v))
	}
	if sum == nil {
		sum = make([]float64, len(v))
	}
	for i := range v {
		sum[i] += float64(v[i])
	}
	return sum, nil
}
