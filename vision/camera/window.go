package camera

import (
	"image"
	"time"

	"gocv.io/x/gocv"
)

// Settings of the preview's window.
const (
	windowLook = 250 * time.Millisecond // between two looks for the face
	windowFace = 0.45                   // the face's middle stands so far down in the window
	windowPace = 3.0                    // of the way left to the face is gone in a second
)

// window is the part of tall frames that a preview shows: three wide and four high, where the face is.
type window struct {
	find   func(m *gocv.Mat) (image.Rectangle, bool)
	top    float64 // of the window, as a part of the room it has to move
	target float64
	begun  bool
	moved  time.Time
	looked time.Time
}

// of gives the part of a frame to show.
func (w *window) of(m *gocv.Mat, at time.Time) image.Rectangle {
	whole := image.Rect(0, 0, m.Cols(), m.Rows())
	high := m.Cols() * 4 / 3
	room := m.Rows() - high
	if w.find == nil || room <= 0 || high == 0 {
		return whole
	}
	if at.Sub(w.looked) >= windowLook {
		w.looked = at
		if f, ok := w.find(m); ok {
			middle := float64(f.Min.Y+f.Max.Y) / 2
			w.target = min(max((middle-windowFace*float64(high))/float64(room), 0), 1)
			if !w.begun {
				w.top, w.begun = w.target, true
			}
		}
	}
	if !w.begun {
		w.top, w.target = .5, .5
	}
	w.top += (w.target - w.top) * min(1, windowPace*at.Sub(w.moved).Seconds())
	w.moved = at
	y := int(w.top * float64(room))
	return image.Rect(0, y, m.Cols(), y+high)
}
