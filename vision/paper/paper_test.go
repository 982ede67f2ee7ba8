package paper

import (
	"context"
	"errors"
	"image"
	"image/color"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/camera"
	"motcua/vision/visiontest"
)

// table makes a document camera that sees a desk; fps is its pace.
func table(d *visiontest.Desk, fps int) *camera.Hub {
	if d.Width == 0 {
		d.Width, d.Height = 480, 640
	}
	return camera.NewHub(camera.NewImages("table", fps, func(_ context.Context, at time.Time) (image.Image, error) {
		return d.Frame(at), nil
	}, nil), camera.Opts{Frozen: 300 * time.Millisecond})
}

func TestScanKeepsThePictureAsTaken(t *testing.T) {
	hub := table(&visiontest.Desk{Width: 960, Height: 1280, Sheet: visiontest.Certificate(), Turn: .03}, 30)
	page, err := NewScanner(hub).Scan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	typ, w, h, err := vision.Header(page.Data)
	if err != nil || typ != page.Type || typ != "image/jpeg" || w != 960 || h != 1280 || page.Width != w || page.Height != h {
		t.Errorf("%v: %s %d×%d %v", page, typ, w, h, err)
	}
	m, err := vision.Decode(page.Data)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := Check(&m); err != nil {
		t.Errorf("the stored page: %v", err)
	}
	if hub.On() {
		t.Error("the camera is still on")
	}
}

func TestScanRefusesWhatIsNoPage(t *testing.T) {
	for _, c := range []struct {
		name string
		desk visiontest.Desk
		code kiosk.Code
		why  error
	}{
		{"dark", visiontest.Desk{Dark: true}, kiosk.CodePaperUnreadable, ErrBlack},
		{"empty mat", visiontest.Desk{Empty: true}, kiosk.CodePaperUnreadable, ErrBlank},
		{"blank sheet", visiontest.Desk{}, kiosk.CodePaperUnreadable, ErrBlank},
		{"frozen", visiontest.Desk{Frozen: true, Sheet: visiontest.Certificate()}, kiosk.CodeCameraFault, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			page, err := NewScanner(table(&c.desk, 30)).Scan(t.Context())
			if kiosk.CodeOf(err) != c.code || !page.IsZero() || (c.why != nil && !errors.Is(err, c.why)) {
				t.Errorf("%v, %v", page, err)
			}
		})
	}
}

// A sheet put down while the scanner looks is still taken.
func TestScanWaitsForTheSheet(t *testing.T) {
	n := 0
	empty := &visiontest.Desk{Width: 480, Height: 640, Empty: true}
	full := &visiontest.Desk{Width: 480, Height: 640, Sheet: visiontest.Certificate()}
	hub := camera.NewHub(camera.NewImages("table", 30, func(_ context.Context, at time.Time) (image.Image, error) {
		if n++; n < 8 {
			return empty.Frame(at), nil
		}
		return full.Frame(at), nil
	}, nil), camera.Opts{})
	if page, err := NewScanner(hub).Scan(t.Context()); err != nil || page.IsZero() {
		t.Errorf("%v, %v", page, err)
	}
}

func TestScanHandsCameraErrorsOn(t *testing.T) {
	gone := kiosk.Errorf(kiosk.CodeCameraMissing, "find camera", "plug it in", "unplugged")
	hub := camera.NewHub(camera.NewImages("gone", 30, nil, func() error { return gone }), camera.Opts{})
	s := NewScanner(hub)
	if err := s.Ready(); !errors.Is(err, gone) {
		t.Errorf("Ready gave %v", err)
	}
	if _, err := s.Scan(t.Context()); !errors.Is(err, gone) {
		t.Errorf("Scan gave %v", err)
	}
}

func TestScanEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	hub := table(&visiontest.Desk{Sheet: visiontest.Certificate()}, 1)
	if _, err := NewScanner(hub).Scan(ctx); !errors.Is(err, context.DeadlineExceeded) || hub.On() {
		t.Errorf("Scan gave %v", err)
	}
}

func TestCheckNamesTheFault(t *testing.T) {
	for name, c := range map[string]struct {
		img  image.Image
		want error
	}{
		"white": {visiontest.Flat(320, 240, color.White), ErrWhite},
		"grey":  {visiontest.Flat(320, 240, color.Gray{120}), ErrBlank},
		"black": {visiontest.Flat(320, 240, color.Black), ErrBlack},
		"page":  {visiontest.Certificate().Draw(), nil},
	} {
		m, err := vision.FromImage(c.img)
		if err != nil {
			t.Fatal(err)
		}
		if got := Check(&m); !errors.Is(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		m.Close()
	}
}
