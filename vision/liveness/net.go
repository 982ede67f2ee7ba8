package liveness

import (
	"errors"
	"fmt"
	"image"
	"math"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/models"
)

// Networks are the two files looked for, each with the scale of what it sees around the face.
var Networks = []struct {
	File  string
	Scale float64
}{
	{"minifasnet_v2_2.7_80.onnx", 2.7},
	{"minifasnet_v1se_4.0_80.onnx", 4.0},
}

const (
	netSide = 80 // pixels
	classes = 3  // 0 and 2: pictures and masks, 1: a living face
	alive   = 1
)

// Nets are the two MiniFASNet networks. They may be used from several goroutines.
type Nets struct {
	nets  []*vision.Net
	files map[string]string // SHA-256 of the model files, by name
}

// OpenNets loads the networks from a folder of models, after their SHA-256 was compared. Errors: model_missing.
func OpenNets(folder *models.Folder) (*Nets, error) {
	n := &Nets{files: map[string]string{}}
	for _, want := range Networks {
		data, e, err := folder.Load(want.File)
		if err == nil {
			var net *vision.Net
			if net, err = vision.LoadNet(data, [4]int{1, 3, netSide, netSide}); err == nil {
				n.nets = append(n.nets, net)
				n.files[e.File] = e.SHA256
				continue
			}
			err = kiosk.Errorf(kiosk.CodeModelMissing, "load liveness network", "fetch the file again", "%s: %w", e.File, err)
		}
		_ = n.Close()
		return nil, err
	}
	return n, nil
}

// Close frees the networks. It may be called twice.
func (n *Nets) Close() error {
	var errs []error
	for _, net := range n.nets {
		errs = append(errs, net.Close())
	}
	return errors.Join(errs...)
}

// Real gives how sure each network is, 0..1, that the face is a living person's, in the order of [Networks].
func (n *Nets) Real(m *gocv.Mat, f *Face) ([2]float64, error) {
	var out [2]float64
	if len(n.nets) != len(out) {
		return out, errors.New("run liveness networks: not loaded")
	}
	for i, net := range n.nets {
		p, err := patch(m, f, Networks[i].Scale, netSide)
		if err != nil {
			return out, err
		}
		out[i], err = sureness(net, &p)
		_ = p.Close() // a Mat of ours
		if err != nil {
			return out, fmt.Errorf("run %s: %w", Networks[i].File, err)
		}
	}
	return out, nil
}

// sureness runs one network on a patch: blue, green, red, 0..255, nothing subtracted.
func sureness(net *vision.Net, p *gocv.Mat) (float64, error) {
	blob := gocv.BlobFromImage(*p, 1, image.Pt(netSide, netSide), gocv.NewScalar(0, 0, 0, 0), false, false)
	defer blob.Close()
	outs, err := net.Forward(&blob)
	if err != nil {
		return math.NaN(), err
	}
	defer vision.CloseAll(outs)
	if vision.IsZero(&outs[0]) || outs[0].Type()&7 != gocv.MatTypeCV32F {
		return math.NaN(), errors.New("empty network output")
	}
	v, err := outs[0].DataPtrFloat32()
	if err != nil || len(v) != classes {
		return math.NaN(), fmt.Errorf("network output of %d values instead of %d", len(v), classes)
	}
	return softmax(v)[alive], nil
}

// softmax turns a network's values into parts of one; NaN stays NaN.
func softmax(v []float32) [classes]float64 {
	top := float64(v[0])
	for _, x := range v {
		top = max(top, float64(x))
	}
	var out [classes]float64
	sum := 0.0
	for i, x := range v {
		out[i] = math.Exp(float64(x) - top)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}
