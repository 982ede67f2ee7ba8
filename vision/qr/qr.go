package qr

/*
#cgo pkg-config: zxing
#cgo CXXFLAGS: -std=c++17
#include "shim.h"
*/
import "C"

import (
	"bytes"
	"errors"
	"fmt"
	"image"

	"gocv.io/x/gocv"

	"motcua/vision"
)

// The limits.
const (
	maxCodes   = 8
	maxPayload = 8 << 10 // bytes of all codes of a frame; the largest QR code holds 2,953
	largest    = 2560    // pixels of the longer side up to which a frame is enlarged
)

// Code is one code in a frame.
type Code struct {
	Payload []byte         // as printed, in whatever character set
	Corners [4]image.Point // in pixels of the frame, clockwise from the code's own top left
}

// Wipe clears the payload.
func (c *Code) Wipe() { clear(c.Payload) }

// errDecoder means that the library failed inside.
var errDecoder = errors.New("qr decoder failed")

// Read gives the codes in a frame, none when there are none. The frame is 8 bit BGR.
func Read(m *gocv.Mat) ([]Code, error) {
	if !vision.IsBGR(m) {
		return nil, fmt.Errorf("read qr code: %w", vision.ErrPicture)
	}
	grey := gocv.NewMat()
	defer grey.Close()
	gocv.CvtColor(*m, &grey, gocv.ColorBGRToGray)
	codes, err := find(&grey, 1, false)
	if err != nil || len(codes) > 0 {
		return codes, err
	}
	return enlarged(&grey)
}

// enlarged looks again at twice the size.
func enlarged(grey *gocv.Mat) ([]Code, error) {
	scale := min(2, float64(largest)/float64(max(grey.Cols(), grey.Rows())))
	if scale < 1.2 { // the frame is large already
		return find(grey, 1, true)
	}
	big := gocv.NewMat()
	defer big.Close()
	gocv.Resize(*grey, &big, image.Point{}, scale, scale, gocv.InterpolationCubic)
	return find(&big, scale, true)
}

// find runs the decoder over grey pixels.
func find(grey *gocv.Mat, scale float64, hard bool) ([]Code, error) {
	pix, err := grey.DataPtrUint8()
	if err != nil || len(pix) < grey.Cols()*grey.Rows() || len(pix) == 0 {
		return nil, fmt.Errorf("read qr code: %w", vision.ErrPicture)
	}
	var out [maxPayload]byte
	var list [maxCodes]C.struct_qr_code
	try := C.int(0)
	if hard {
		try = 1
	}
	n := C.qr_read((*C.uint8_t)(&pix[0]), C.int(grey.Cols()), C.int(grey.Rows()), C.int(grey.Step()), try,
		(*C.uint8_t)(&out[0]), C.size_t(len(out)), &list[0], C.int(len(list)))
	defer clear(out[:])
	if n < 0 {
		return nil, errDecoder
	}
	codes := make([]Code, 0, n)
	for _, c := range list[:n] {
		code := Code{Payload: bytes.Clone(out[c.at : c.at+c.n])}
		for i := range code.Corners {
			code.Corners[i] = image.Pt(int(float64(c.corners[2*i])/scale), int(float64(c.corners[2*i+1])/scale))
		}
		codes = append(codes, code)
	}
	return codes, nil
}
