package camera

import (
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"gocv.io/x/gocv"
	"golang.org/x/sys/unix"

	"motcua/kiosk"
	"motcua/vision"
)

// Opening it anew helps many drivers: the watchers then only miss some frames.
func TestFaultThatGoesAwayWhenOpenedAnewIsNotTold(t *testing.T) {
	for name, spoil := range map[string]func(*counter, bool){
		"frozen":       func(c *counter, on bool) { c.frozen = on },
		"other format": func(c *counter, on bool) { c.odd = on },
		"read error": func(c *counter, on bool) {
			c.err = nil
			if on {
				c.err = errors.New("usb says no")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			src := &counter{}
			h := NewHub(src, Opts{Frozen: 30 * time.Millisecond, Retry: 80 * time.Millisecond})
			n := 0
			err := h.Watch(t.Context(), func(*vision.Frame) error {
				if n++; n == 3 {
					src.set(func(c *counter) { spoil(c, true) })
					time.AfterFunc(35*time.Millisecond, func() { src.set(func(c *counter) { spoil(c, false) }) })
				}
				if n == 10 {
					return errEnough
				}
				return nil
			})
			if opens, closes := src.counts(); !errors.Is(err, errEnough) || opens != closes {
				t.Errorf("Watch gave %v after %d openings and %d closings", err, opens, closes)
			}
		})
	}
}

// A camera that freezes on the same picture is not cured by being opened anew, and that picture is never shown again.
func TestFrozenPictureIsNotShownAgain(t *testing.T) {
	src := &counter{}
	h := NewHub(src, Opts{Frozen: 20 * time.Millisecond, Retry: 5 * time.Millisecond})
	n := 0
	err := h.Watch(t.Context(), func(*vision.Frame) error {
		if n++; n == 3 {
			src.set(func(c *counter) { c.frozen = true })
		}
		return nil
	})
	if opens, _ := src.counts(); kiosk.CodeOf(err) != kiosk.CodeCameraFault || opens != maxFaults || n > 5 {
		t.Errorf("%d frames, %d openings, %v", n, opens, err)
	}
}

// Scenario 33 of the acceptance list, in its true times: away for 20 s, the watch goes on; away for a minute, it ends.
func TestUnpluggedForTwentySecondsAndForAMinute(t *testing.T) {
	for away, want := range map[time.Duration]kiosk.Code{20 * time.Second: "", time.Minute: kiosk.CodeCameraMissing} {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			gone := func() bool {
				d := time.Since(begun)
				return d > 3*time.Second && d < 3*time.Second+away
			}
			n := byte(0)
			src := NewGenerated("hall", 10, func(context.Context, time.Time) (gocv.Mat, error) {
				if gone() {
					return gocv.Mat{}, kiosk.Errorf(kiosk.CodeCameraMissing, "read camera", hintPlug, "unplugged")
				}
				n++
				return gocv.NewMatWithSizeFromScalar(gocv.NewScalar(float64(n), 0, 0, 0), 32, 32, gocv.MatTypeCV8UC3), nil
			}, func() error {
				if gone() {
					return kiosk.Errorf(kiosk.CodeCameraMissing, "open camera", hintPlug, "unplugged")
				}
				return nil
			})
			h := NewHub(src, Opts{})
			err := h.Watch(t.Context(), func(*vision.Frame) error {
				if time.Since(begun) > 3*time.Second+away {
					return errEnough
				}
				return nil
			})
			if want == "" && (!errors.Is(err, errEnough) || time.Since(begun) > away+6*time.Second) {
				t.Errorf("away for %v: %v after %v", away, err, time.Since(begun))
			}
			if want != "" && (kiosk.CodeOf(err) != want || time.Since(begun) > away) {
				t.Errorf("away for %v: %v after %v", away, err, time.Since(begun))
			}
			if h.On() {
				t.Error("still on")
			}
		})
	}
}

// The reasons why a camera does not open each have their own words.
func TestReasonsForNotOpeningAreToldApart(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := probe(filepath.Join(dir, "none")); kiosk.CodeOf(err) != kiosk.CodeCameraMissing || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	for _, name := range []string{plain, "/dev/null"} {
		if err := probe(name); kiosk.CodeOf(err) != kiosk.CodeCameraMissing || !errors.Is(err, unix.ENOTTY) {
			t.Errorf("no camera: %v", err)
		}
	}
	if os.Getuid() != 0 {
		if err := os.Chmod(plain, 0); err != nil {
			t.Fatal(err)
		}
		if err := probe(plain); kiosk.CodeOf(err) != kiosk.CodeCameraFault || !errors.Is(err, os.ErrPermission) {
			t.Errorf("not allowed: %v", err)
		}
	}
	d := NewDevice("/dev/null", DeviceOpts{})
	d.open = func(string) (capture, error) { return nil, errors.New("not opened") }
	d.why = busy
	if err := d.Open(t.Context()); kiosk.CodeOf(err) != kiosk.CodeCameraFault || !errors.Is(err, unix.EBUSY) {
		t.Errorf("busy: %v", err)
	}
	if !captures(&capability{capabilities: capDeviceCaps, caps: capVideoCapture | capStreaming}) ||
		captures(&capability{capabilities: capDeviceCaps | capVideoCapture | capStreaming, caps: 0x00800000}) {
		t.Error("the device file for metadata is taken for the camera, or the camera is not")
	}
}

// paced is a tape that plays a picture every few milliseconds.
type paced struct{ tape }

func (p *paced) Read(m *gocv.Mat) bool {
	<-time.After(3 * time.Millisecond)
	return p.tape.Read(m)
}

// A camera that is busy for a moment, because a process before us has not ended yet, is opened when it is free.
func TestBusyCameraIsTriedAgain(t *testing.T) {
	v := &paced{tape{left: 250, typ: gocv.MatTypeCV8UC3}}
	d := NewDevice("/dev/null", DeviceOpts{})
	tries := 0
	d.why = busy
	d.open = func(string) (capture, error) {
		if tries++; tries == 1 {
			return nil, unix.EBUSY
		}
		return v, nil
	}
	if err := watch(t.Context(), NewHub(d, Opts{Retry: 5 * time.Millisecond}), 3); !errors.Is(err, errEnough) || tries != 2 || v.closed != 1 {
		t.Errorf("%v after %d tries, closed %d times", err, tries, v.closed)
	}
}

// The preview of an upright camera follows the face of seated and of tall people.
func TestPreviewFollowsTheFace(t *testing.T) {
	m := gocv.NewMatWithSize(1280, 720, gocv.MatTypeCV8UC3)
	defer m.Close()
	at := time.Unix(1_700_000_000, 0)
	face, found := image.Rect(260, 1000, 460, 1240), true
	w := window{find: func(*gocv.Mat) (image.Rectangle, bool) { return face, found }}
	if r := w.of(&m, at); !face.In(r) || r.Dx()*4 != r.Dy()*3 {
		t.Errorf("seated: %v does not hold %v", r, face)
	}
	face = image.Rect(260, 20, 460, 260)
	last := w.of(&m, at)
	for i := range 40 {
		r := w.of(&m, at.Add(time.Duration(i+1)*100*time.Millisecond))
		if step := last.Min.Y - r.Min.Y; step < 0 || step > 120 {
			t.Fatalf("the window jumped from %v to %v", last, r)
		}
		last = r
	}
	if !face.In(last) {
		t.Errorf("tall: %v does not hold %v", last, face)
	}
	found = false
	if r := w.of(&m, at.Add(5*time.Second)); !face.In(r) {
		t.Errorf("the window left the place where the face was last: %v", r)
	}
	wide := gocv.NewMatWithSize(480, 640, gocv.MatTypeCV8UC3)
	defer wide.Close()
	if r := w.of(&wide, at); r != image.Rect(0, 0, 640, 480) {
		t.Errorf("a wide frame is cut to %v", r)
	}
}
