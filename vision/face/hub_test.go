package face

import (
	"context"
	"errors"
	"image"
	"sync/atomic"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/camera"
	"motcua/vision/visiontest"
)

// The whole way on a shared camera, with a preview beside the matcher: unplugged in the middle, plugged in again, verified;
// afterwards the camera is off.
func TestMatchOnASharedCameraThatIsUnpluggedForAMoment(t *testing.T) {
	scene := &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(folks()[3])}}
	var drawn, gone atomic.Int64
	hub := camera.NewHub(camera.NewImages("hall", 20, func(_ context.Context, at time.Time) (image.Image, error) {
		if drawn.Add(1) == 4 {
			gone.Store(at.Add(200 * time.Millisecond).UnixNano())
		}
		if at.UnixNano() < gone.Load() {
			return nil, kiosk.Errorf(kiosk.CodeCameraMissing, "read camera", "plug it in", "unplugged")
		}
		return scene.Frame(at), nil
	}, nil), camera.Opts{Retry: 50 * time.Millisecond})

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	shown := make(chan error, 1)
	pictures := 0
	pctx, stop := context.WithCancel(ctx)
	go func() {
		shown <- hub.Preview(pctx, func(jpeg []byte) error {
			pictures++
			_, _, _, err := vision.Header(jpeg)
			return err
		})
	}()
	r, err := NewMatcher(engine(t), nil, hub, Opts{Liveness: LivenessAdvised}).Match(ctx, photoOf(3), nil)
	stop()
	if perr := <-shown; !errors.Is(perr, context.Canceled) || pictures == 0 {
		t.Errorf("the preview showed %d pictures and ended with %v", pictures, perr)
	}
	if err != nil || r.Verdict != kiosk.Verified {
		t.Errorf("%s, %v, %v", r.Verdict, r.Checks, err)
	}
	if gone.Load() == 0 {
		t.Error("the camera was never unplugged")
	}
	if hub.On() {
		t.Error("the camera is still on")
	}
}

// A camera that gives one picture for ever is a fault of the camera, not of the person.
func TestMatchOnAFrozenCameraIsACameraFault(t *testing.T) {
	scene := &visiontest.Scene{Frozen: true, People: []visiontest.Standing{visiontest.Centred(folks()[0])}}
	hub := camera.NewHub(camera.NewImages("hall", 30, func(_ context.Context, at time.Time) (image.Image, error) {
		return scene.Frame(at), nil
	}, nil), camera.Opts{Frozen: 200 * time.Millisecond})
	r, err := NewMatcher(engine(t), nil, hub, Opts{}).Match(t.Context(), photoOf(0), nil)
	if kiosk.CodeOf(err) != kiosk.CodeCameraFault || r.Verdict != kiosk.Undetermined {
		t.Errorf("%s, %v", r.Verdict, err)
	}
}
