package vision

import (
	"fmt"
	"image"

	"gocv.io/x/gocv"
)

// IsZero reports whether m has no pixels; a zero gocv.Mat (never made, or closed) is also one, and OpenCV would crash on it.
func IsZero(m *gocv.Mat) bool { return m == nil || m.Ptr() == nil || m.Empty() }

// IsBGR reports whether m is a picture as this project means it: two dimensions, 8 bits, blue, green, red.
func IsBGR(m *gocv.Mat) bool {
	return !IsZero(m) && m.Type() == gocv.MatTypeCV8UC3 && m.Rows() > 0 && m.Cols() > 0
}

// CloseAll closes every Mat of a slice.
func CloseAll(mats []gocv.Mat) {
	for i := range mats {
		if mats[i].Ptr() != nil {
			_ = mats[i].Close()
		}
	}
}

// FromImage copies a Go picture into a new Mat; the caller closes it.
func FromImage(img image.Image) (gocv.Mat, error) {
	b := img.Bounds()
	if err := checkSize(b.Dx(), b.Dy()); err != nil {
		return gocv.Mat{}, err
	}
	m := gocv.NewMatWithSize(b.Dy(), b.Dx(), gocv.MatTypeCV8UC3)
	pix, err := m.DataPtrUint8()
	if err != nil {
		_ = m.Close()
		return gocv.Mat{}, fmt.Errorf("copy picture: %w", err)
	}
	if rgba, ok := img.(*image.RGBA); ok {
		copyRGBA(pix, rgba)
		return m, nil
	}
	i := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, _ := img.At(x, y).RGBA()
			pix[i], pix[i+1], pix[i+2] = byte(bl>>8), byte(g>>8), byte(r>>8)
			i += 3
		}
	}
	return m, nil
}

func copyRGBA(dst []byte, src *image.RGBA) {
	b := src.Bounds()
	i := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row := src.Pix[src.PixOffset(b.Min.X, y):]
		for x := 0; x < b.Dx(); x++ {
			dst[i], dst[i+1], dst[i+2] = row[4*x+2], row[4*x+1], row[4*x]
			i += 3
		}
	}
}

// Fit gives a new Mat scaled so that it fits into w×h, never enlarged; the caller closes it.
func Fit(m *gocv.Mat, w, h int) (gocv.Mat, float64, error) {
	if !IsBGR(m) {
		return gocv.Mat{}, 0, fmt.Errorf("scale picture: not a colour picture")
	}
	f := min(float64(w)/float64(m.Cols()), float64(h)/float64(m.Rows()))
	if f >= 1 {
		return m.Clone(), 1, nil
	}
	sz := image.Pt(max(1, int(float64(m.Cols())*f+.5)), max(1, int(float64(m.Rows())*f+.5)))
	out := gocv.NewMat()
	gocv.Resize(*m, &out, sz, 0, 0, gocv.InterpolationArea)
	return out, f, nil
}
