// Package paper takes pages under the document camera: it finds the sheet in the picture, judges it, straightens and cleans it,
// and makes PDFs of several.
//
// What a newcomer must know:
//
//   - [Find] gives the sheet's corners, [Read] the finished page or the [kiosk.PaperFlaw] that keeps the picture from being
//     used, [Scanner] does so with the frames of a camera, [WritePDF] binds pages.
//   - Everything is measured on the picture itself; the camera need not be calibrated. Without [Opts.PixelsPerMM] sizes are
//     guessed from shapes: a sheet of the shape of A4 is A4, and a chip card is told by its shape and by being small in the
//     picture.
//   - A stored page has [DPI] dots an inch and at most [MaxPageBytes]. A camera that sees the page with less is enlarged, not
//     sharpened: [Quality.DPI] tells what there was.
//   - A page is flattened as a plane. Folds and curled edges stay, as they are on the table.
//
// Sources: Z. Zhang and L. He, Whiteboard scanning and image enhancement (MSR-TR-2003-39); ISO 216 and ISO/IEC 7810 for sizes;
// ISO 32000-1 (PDF 1.7), ISO 19005-2 (PDF/A-2), ICC.1:2001-04 (profiles), IEC 61966-2-1 (sRGB).
package paper

import (
	"context"
	"errors"
	"time"

	"motcua/kiosk"
	"motcua/vision"
)

// The scanner's patience.
const (
	settle      = 3  // frames dropped before one is taken, so that a sheet just put down is not blurred
	maxLooks    = 12 // frames looked at before giving up
	firstFrames = 8 * time.Second
)

// Scanner is the [kiosk.DocumentScanner] on a camera.
type Scanner struct {
	feed vision.Feed
	opts Opts
}

var _ kiosk.DocumentScanner = (*Scanner)(nil)

// NewScanner makes a scanner on the feed of the document camera.
func NewScanner(feed vision.Feed) *Scanner { return &Scanner{feed: feed} }

// NewScannerWith makes a scanner on the feed of a document camera whose properties are known.
func NewScannerWith(feed vision.Feed, o Opts) *Scanner { return &Scanner{feed, o} }

// Ready tells whether a page can be scanned; see [kiosk.DocumentScanner].
func (s *Scanner) Ready(context.Context) error { return s.feed.Ready() }

var errTaken = errors.New("page taken")

// Scan takes a page; see [kiosk.DocumentScanner]. Among the frames looked at, the first usable one is kept.
func (s *Scanner) Scan(ctx context.Context) (kiosk.Image, error) {
	p, err := s.Page(ctx)
	if err != nil {
		return kiosk.Image{}, err
	}
	return p.Image, nil
}

// Page is [Scanner.Scan] with everything that is known of the page.
func (s *Scanner) Page(ctx context.Context) (*Page, error) {
	const op = "scan paper"
	watch, cancel := context.WithTimeout(ctx, firstFrames)
	defer cancel()
	var page *Page
	var why error
	n := 0
	err := s.feed.Watch(watch, func(f *vision.Frame) error {
		if n++; n <= settle {
			return nil
		}
		page, why = Read(&f.Mat, s.opts)
		if why == nil || n >= settle+maxLooks {
			return errTaken
		}
		return nil
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, errTaken) && why == nil:
		return page, nil
	case (errors.Is(err, errTaken) || watch.Err() != nil) && why != nil:
		return nil, Refusal(op, why)
	case watch.Err() != nil:
		return nil, kiosk.Errorf(kiosk.CodeCameraFault, op, hintCamera, "no picture within %v", firstFrames)
	}
	return nil, err
}

const hintCamera = "check light, lens and board of the document camera"

// hints tell the technician what a flaw that comes again and again means.
var hints = map[kiosk.PaperFlaw]string{
	kiosk.PaperDark:    "check the lamp and that nothing covers the lens",
	kiosk.PaperBright:  "lower the exposure of the document camera",
	kiosk.PaperMissing: "lay one page on the board; check that the board is in the picture",
	kiosk.PaperCut:     "lay the page wholly into the picture; check the camera's height",
	kiosk.PaperSmall:   "bring the camera nearer, or choose a higher resolution",
	kiosk.PaperBlurred: "wait until the page lies still; check the focus",
	kiosk.PaperGlare:   "move the lamp so that it is not mirrored",
	kiosk.PaperCovered: "take hands and things off the page",
}

// Refusal makes the error of a port from what [Read] said.
func Refusal(op string, why error) *kiosk.Error {
	hint := hintCamera
	var flaw kiosk.PaperFlaw
	if errors.As(why, &flaw) {
		hint = "lay one printed page on the board"
		if h, ok := hints[flaw]; ok {
			hint = h
		}
	}
	return kiosk.Errorf(kiosk.CodePaperUnreadable, op, hint, "%w", why)
}
