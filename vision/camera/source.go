package camera

import (
	"context"

	"gocv.io/x/gocv"
)

// Source is one camera. Its methods are called by one goroutine, but Ready by any.
//
// Ready tells whether Open is likely to succeed, without switching the camera on: nil, camera_missing or camera_fault.
// Open switches it on: camera_missing, camera_fault.
// Read waits for the next frame and puts it into dst, 8 bits, blue, green, red; ctx ends the wait where the source can.
// Errors: ctx's, camera_missing (unplugged), camera_fault.
// Close switches it off; it may be called twice, and Open may follow.
type Source interface {
	String() string
	Ready() error
	Open(ctx context.Context) error
	Read(ctx context.Context, dst *gocv.Mat) error
	Close() error
}
