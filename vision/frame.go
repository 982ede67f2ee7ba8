package vision

import (
	"context"
	"time"

	"gocv.io/x/gocv"
)

// Frame is one picture of a camera.
type Frame struct {
	Mat gocv.Mat  // [IsBGR]
	At  time.Time // when it was taken
	Seq uint64    // number since the camera was opened; a gap means that the looker was slower than the camera
}

// Close frees the picture.
func (f *Frame) Close() error { return f.Mat.Close() }

// Feed lends the frames of a camera.
//
// Ready gives nil, or the Error that keeps the camera from being used (camera_missing, camera_fault), without switching it on.
// Watch switches the camera on and calls see with each new frame until ctx ends (it then returns ctx's error), see returns an
// error (returned as it is), or the camera fails (camera_missing, camera_fault). The frame is lent for the call. A slow see
// misses frames; it is never shown the same picture twice. The camera is off when nobody watches.
type Feed interface {
	Ready() error
	Watch(ctx context.Context, see func(*Frame) error) error
}
