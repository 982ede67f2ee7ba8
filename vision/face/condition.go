package face

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"strings"

	"gocv.io/x/gocv"

	"motcua/vision"
)

// Condition is what a picture goes through before it is described, to measure what that costs.
type Condition struct {
	Name string
	Text string
	make func(m *gocv.Mat, f *Face) ([]byte, error)
}

// The photo of a chip (DG2): size in pixels and bytes as on Vietnamese identity cards.
const (
	chipWidth, chipHeight = 240, 320
	chipBytes             = 15_000
	chipEyes              = 0.25 // eye distance as a part of the width: ISO/IEC 19794-5 §8.3 wants a head half to three quarters wide
	chipEyeLine           = 0.45 // down from the top
)

// Conditions are those known. DG2 in Vietnam may be JPEG or JPEG 2000, in colour or grey.
var Conditions = []Condition{
	{"dg2", "240×320, grey, JPEG of 15 KB", func(m *gocv.Mat, f *Face) ([]byte, error) { return chipPhoto(m, f, true, jpegOfSize) }},
	{"dg2-colour", "240×320, colour, JPEG of 15 KB", func(m *gocv.Mat, f *Face) ([]byte, error) { return chipPhoto(m, f, false, jpegOfSize) }},
	{"dg2-jp2", "240×320, grey, JPEG 2000 of 15 KB", func(m *gocv.Mat, f *Face) ([]byte, error) { return chipPhoto(m, f, true, jp2OfSize) }},
}

// ConditionNames lists the names.
func ConditionNames() string {
	var names []string
	for _, c := range Conditions {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

func conditionOf(name string) *Condition {
	for i := range Conditions {
		if Conditions[i].Name == name {
			return &Conditions[i]
		}
	}
	return nil
}

// chipPhoto cuts the portrait of a card out of m and encodes it. What lies outside of m is filled with its edge.
func chipPhoto(m *gocv.Mat, f *Face, grey bool, encode func(*gocv.Mat) ([]byte, error)) ([]byte, error) {
	k := chipEyes * chipWidth / f.EyeDistance()
	if math.IsNaN(k) || math.IsInf(k, 0) {
		return nil, fmt.Errorf("make chip photo: the eyes fall together")
	}
	x, y := (f.Marks[LeftEye].X+f.Marks[RightEye].X)/2, (f.Marks[LeftEye].Y+f.Marks[RightEye].Y)/2
	t := affine{k, 0, chipWidth/2 - k*x, 0, k, chipHeight*chipEyeLine - k*y}
	photo, err := t.cut(m, image.Pt(chipWidth, chipHeight), gocv.BorderReplicate)
	if err != nil {
		return nil, fmt.Errorf("make chip photo: %w", err)
	}
	defer photo.Close()
	if grey {
		one := gocv.NewMat()
		defer one.Close()
		gocv.CvtColor(photo, &one, gocv.ColorBGRToGray)
		gocv.CvtColor(one, &photo, gocv.ColorGrayToBGR)
	}
	return encode(&photo)
}

// jpegOfSize gives the best JPEG that is no larger than a chip's.
func jpegOfSize(m *gocv.Mat) ([]byte, error) {
	for q := 95; ; q -= 3 {
		img, err := vision.EncodeJPEG(m, q)
		if err != nil || len(img.Data) <= chipBytes || q <= 20 {
			return img.Data, err
		}
	}
}

// jp2OfSize gives a JPEG 2000 picture of a chip's size.
func jp2OfSize(m *gocv.Mat) ([]byte, error) {
	const compression = 272 // IMWRITE_JPEG2000_COMPRESSION_X1000, which gocv does not name
	rate := chipBytes * 1000 / (m.Rows() * m.Cols() * 3)
	buf, err := gocv.IMEncodeWithParams(".jp2", *m, []int{compression, rate})
	if err != nil {
		return nil, fmt.Errorf("make chip photo: %w", err)
	}
	defer buf.Close()
	return bytes.Clone(buf.GetBytes()), nil
}
