// Package paper takes the picture of a sheet under the document camera.
//
// For now a page is stored as taken: one JPEG of a frame that is neither black, nor blank, nor frozen. Finding the sheet's
// edges and straightening it come later and will not change the port.
package paper

import (
	"context"
	"errors"
	"math"
	"time"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
)

// Quality is the JPEG quality of a stored page.
const Quality = 90

// Limits on a usable picture, measured on brightness 0..255 of a version reduced to probeSide pixels.
const (
	probeSide   = 320
	minMean     = 18    // darker is a covered lens or no light
	maxMean     = 250   // brighter is overexposed
	minDev      = 6     // flatter is a lens cap or an empty board
	minInk      = 0.002 // share of pixels that stand out from their surroundings; less is a blank sheet
	inkStep     = 22    // how far one must stand out
	settle      = 3     // frames dropped before one is taken, so that a sheet just put down is not blurred
	maxLooks    = 12    // frames looked at before giving up
	firstFrames = 8 * time.Second
)

// Scanner is the [kiosk.DocumentScanner] on a camera.
type Scanner struct{ feed vision.Feed }

var _ kiosk.DocumentScanner = (*Scanner)(nil)

// NewScanner makes a scanner on the feed of the document camera.
func NewScanner(feed vision.Feed) *Scanner { return &Scanner{feed} }

// Ready tells whether a page can be scanned; see [kiosk.DocumentScanner].
func (s *Scanner) Ready() error { return s.feed.Ready() }

var errTaken = errors.New("page taken")

// Scan takes a page; see [kiosk.DocumentScanner]. Among the frames looked at, the first usable one is kept.
func (s *Scanner) Scan(ctx context.Context) (kiosk.Image, error) {
	const op, hint = "scan paper", "check light, lens and board of the document camera"
	watch, cancel := context.WithTimeout(ctx, firstFrames)
	defer cancel()
	var page kiosk.Image
	var why error
	n := 0
	err := s.feed.Watch(watch, func(f *vision.Frame) error {
		if n++; n <= settle {
			return nil
		}
		if why = Check(&f.Mat); why != nil && n < settle+maxLooks {
			return nil
		}
		if why == nil {
			page, why = vision.EncodeJPEG(&f.Mat, Quality)
		}
		return errTaken
	})
	switch {
	case ctx.Err() != nil:
		return kiosk.Image{}, ctx.Err()
	case errors.Is(err, errTaken) && why == nil:
		return page, nil
	case errors.Is(err, errTaken):
		return kiosk.Image{}, kiosk.Errorf(kiosk.CodePaperUnreadable, op, hint, "%w", why)
	case watch.Err() != nil && n == 0:
		return kiosk.Image{}, kiosk.Errorf(kiosk.CodeCameraFault, op, hint, "no frame within %v", firstFrames)
	case watch.Err() != nil:
		return kiosk.Image{}, kiosk.Errorf(kiosk.CodePaperUnreadable, op, hint, "no usable picture within %v", firstFrames)
	}
	return kiosk.Image{}, err
}

// Why a picture of a paper cannot be used.
var (
	ErrBlack = errors.New("the picture is black")
	ErrWhite = errors.New("the picture is overexposed")
	ErrBlank = errors.New("there is nothing on the picture")
)

// Check tells why a picture cannot be a page: [ErrBlack], [ErrWhite], [ErrBlank], or nil.
func Check(m *gocv.Mat) error {
	small, _, err := vision.Fit(m, probeSide, probeSide)
	if err != nil {
		return err
	}
	defer small.Close()
	pix, err := small.DataPtrUint8()
	if err != nil {
		return err
	}
	y := make([]float64, len(pix)/3)
	for i := range y {
		y[i] = 0.114*float64(pix[3*i]) + 0.587*float64(pix[3*i+1]) + 0.299*float64(pix[3*i+2])
	}
	mean, dev := moments(y)
	switch {
	case mean < minMean:
		return ErrBlack
	case mean > maxMean:
		return ErrWhite
	case dev < minDev || ink(y, small.Cols(), small.Rows()) < minInk:
		return ErrBlank
	}
	return nil
}

func moments(v []float64) (mean, dev float64) {
	var s, q float64
	for _, x := range v {
		s += x
		q += x * x
	}
	n := float64(max(len(v), 1))
	return s / n, math.Sqrt(max(0, q/n-s*s/n/n))
}

// ink is the share of pixels that are darker than both neighbours at a distance of four, left and right or above and below:
// strokes are, the edge between a sheet and a dark board is not.
func ink(y []float64, w, h int) float64 {
	const d = 4
	n := 0
	for r := d; r < h-d; r++ {
		for c := d; c < w-d; c++ {
			i := r*w + c
			if min(y[i-d], y[i+d])-y[i] > inkStep || min(y[i-d*w], y[i+d*w])-y[i] > inkStep {
				n++
			}
		}
	}
	return float64(n) / float64(w*h)
}
