package spot

import (
	"context"
	"errors"
	"image"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/vision/camera"
	"motcua/vision/visiontest"
)

// The code of a card of nobody: 999 is no province.
const code = "999301012345||Nguyễn Thị Thử|15012001|Nữ|Số 12, Thôn Mẫu, Xã Giả Định, Tỉnh Thử Nghiệm|02032024"

// hall is a camera before which cards are held.
func hall(t *testing.T, payload string) *camera.Hub {
	t.Helper()
	scene := &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(visiontest.NewPerson(visiontest.Cast[0]))}}
	if payload != "" {
		var err error
		if scene.Card, err = visiontest.NewShownCard(payload); err != nil {
			t.Fatal(err)
		}
	}
	return camera.NewHub(camera.NewImages("test", 15, func(_ context.Context, at time.Time) (image.Image, error) { return scene.Frame(at), nil }, nil), camera.Opts{})
}

func TestNumberIsReadFromTheCardHeldUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	empty, shown := hall(t, ""), hall(t, code)
	key, err := New(empty, shown).Spot(ctx)
	if err != nil || key.Kind != kiosk.KeyNumber || key.Value != "999301012345" {
		t.Errorf("%v, %v", key, err)
	}
	if empty.On() || shown.On() {
		t.Error("a camera stays on")
	}
}

// A shopping code, a link, or nothing at all gives no number.
func TestOtherCodesGiveNoNumber(t *testing.T) {
	for _, payload := range []string{"https://example.com/999301012345", "8934563138165", ""} {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		key, err := New(hall(t, payload)).Spot(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || key != (kiosk.CardKey{}) {
			t.Errorf("%q: %v, %v", payload, key, err)
		}
	}
}

// One camera that is gone does not end the looking of the other; with none left the fault is told.
func TestCamerasThatAreGone(t *testing.T) {
	gone := camera.NewHub(camera.NewImages("gone", 15, func(context.Context, time.Time) (image.Image, error) {
		return nil, kiosk.Errorf(kiosk.CodeCameraMissing, "read camera", "plug it in", "unplugged")
	}, nil), camera.Opts{Patience: time.Millisecond})
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if key, err := New(gone, hall(t, code)).Spot(ctx); err != nil || key.Value == "" {
		t.Errorf("one is gone: %v", err)
	}
	if _, err := New(gone).Spot(ctx); kiosk.CodeOf(err) != kiosk.CodeCameraMissing {
		t.Errorf("all are gone: %v", err)
	}
	if _, err := New().Spot(ctx); kiosk.CodeOf(err) != kiosk.CodeCameraMissing {
		t.Errorf("there is none: %v", err)
	}
}
