package camera

import (
	"context"
	"time"

	"motcua/vision"
)

// What a preview costs is bounded: pictures a second, size, quality.
const (
	previewEvery   = time.Second / 15
	previewSide    = 640
	previewQuality = 75
)

// Preview calls frame with a JPEG per frame, at most 15 a second and at most 640 pixels a side; see [kiosk.Preview]. Of a frame
// taller than 4:3 it shows the part that holds the face, so that tall and seated people see themselves without touching anything.
func (h *Hub) Preview(ctx context.Context, frame func(jpeg []byte) error) error {
	var last time.Time
	w := window{find: h.opts.Find}
	return h.Watch(ctx, func(f *vision.Frame) error {
		if f.At.Sub(last) < previewEvery-5*time.Millisecond {
			return nil
		}
		last = f.At
		part := f.Mat.Region(w.of(&f.Mat, f.At))
		defer part.Close()
		small, _, err := vision.Fit(&part, previewSide, previewSide)
		if err != nil {
			return err
		}
		defer small.Close()
		img, err := vision.EncodeJPEG(&small, previewQuality)
		if err != nil {
			return err
		}
		return frame(img.Data)
	})
}
