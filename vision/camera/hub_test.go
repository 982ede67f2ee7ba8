package camera

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counter is a source whose frames differ, and which can be unplugged, frozen and broken.
type counter struct {
	mu            sync.Mutex
	opens, closes int
	open          bool
	n             uint8
	missing       bool // not there
	frozen        bool
	odd           bool // frames of another format
	err           error
}

func (c *counter) set(f func(*counter)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c)
}

func (c *counter) String() string { return "counter" }

func (c *counter) Ready() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.there()
}

func (c *counter) there() error {
	if c.missing {
		return kiosk.Errorf(kiosk.CodeCameraMissing, "find camera", "plug it in", "unplugged")
	}
	return nil
}

func (c *counter) Open(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opens++
	if err := c.there(); err != nil {
		return err
	}
	c.open = true
	return nil
}

func (c *counter) Read(ctx context.Context, dst *gocv.Mat) error {
	if err := wait(ctx, 2*time.Millisecond); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.there(); err != nil {
		return err
	}
	if c.err != nil {
		return c.err
	}
	if !c.frozen {
		c.n++
	}
	typ := gocv.MatTypeCV8UC3
	if c.odd {
		typ = gocv.MatTypeCV8UC1
	}
	_ = dst.Close()
	*dst = gocv.NewMatWithSizeFromScalar(gocv.NewScalar(float64(c.n), 50, 60, 0), 120, 80, typ)
	return nil
}

func (c *counter) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open {
		c.closes++
	}
	c.open = false
	return nil
}

func (c *counter) counts() (opens, closes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.opens, c.closes
}

var errEnough = errors.New("enough")

// watch looks at n frames.
func watch(ctx context.Context, f vision.Feed, n int) error {
	return f.Watch(ctx, func(*vision.Frame) error {
		if n--; n <= 0 {
			return errEnough
		}
		return nil
	})
}

func TestCameraIsOnOnlyWhileSomebodyWatches(t *testing.T) {
	src := &counter{}
	h := NewHub(src, Opts{})
	if h.On() {
		t.Fatal("on before anybody watched")
	}
	var seqs []uint64
	err := h.Watch(t.Context(), func(f *vision.Frame) error {
		if !h.On() {
			t.Error("a frame came while the camera was off")
		}
		if f.Mat.Rows() != 120 || f.At.IsZero() {
			t.Errorf("frame of %d rows at %v", f.Mat.Rows(), f.At)
		}
		if seqs = append(seqs, f.Seq); len(seqs) == 4 {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatalf("Watch gave %v", err)
	}
	for i := 1; i < len(seqs); i++ {
		if seqs[i] <= seqs[i-1] {
			t.Errorf("frames %v are not in order", seqs)
		}
	}
	if opens, closes := src.counts(); h.On() || opens != 1 || closes != 1 {
		t.Errorf("on %v, opened %d times, closed %d times", h.On(), opens, closes)
	}
}

func TestWatchersShareOneCamera(t *testing.T) {
	src := &counter{}
	h := NewHub(src, Opts{})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var seen atomic.Int64
	for range 4 {
		wg.Go(func() {
			err := h.Watch(ctx, func(*vision.Frame) error { seen.Add(1); return nil })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Watch gave %v", err)
			}
		})
	}
	for seen.Load() < 40 {
		if err := wait(t.Context(), time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	wg.Wait()
	if opens, closes := src.counts(); opens != 1 || closes != 1 || h.On() {
		t.Errorf("opened %d times, closed %d times", opens, closes)
	}
}

// Watchers that come and go at the same moment must neither hang nor leave the camera on.
func TestComingAndGoing(t *testing.T) {
	src := &counter{}
	h := NewHub(src, Opts{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if err := watch(t.Context(), h, 2); !errors.Is(err, errEnough) {
					t.Errorf("Watch gave %v", err)
				}
			}
		})
	}
	wg.Wait()
	if opens, closes := src.counts(); opens != closes || h.On() {
		t.Errorf("opened %d times, closed %d times", opens, closes)
	}
}

func TestSlowWatcherMissesFramesButNotTheNewest(t *testing.T) {
	h := NewHub(&counter{}, Opts{})
	var last uint64
	n := 0
	err := h.Watch(t.Context(), func(f *vision.Frame) error {
		if n > 0 && f.Seq < last+3 {
			t.Errorf("frame %d after %d: a slow watcher was given old frames", f.Seq, last)
		}
		last = f.Seq
		if n++; n == 4 {
			return errEnough
		}
		return wait(t.Context(), 30*time.Millisecond)
	})
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
}

func TestMissingCameraIsToldAtOnce(t *testing.T) {
	src := &counter{missing: true}
	h := NewHub(src, Opts{Patience: time.Hour})
	if got := kiosk.CodeOf(h.Ready()); got != kiosk.CodeCameraMissing {
		t.Errorf("Ready gave %q", got)
	}
	if got := kiosk.CodeOf(watch(t.Context(), h, 1)); got != kiosk.CodeCameraMissing {
		t.Errorf("Watch gave %q", got)
	}
	src.set(func(c *counter) { c.missing = false })
	if err := h.Ready(); err != nil {
		t.Errorf("plugged in again: %v", err)
	}
	if err := watch(t.Context(), h, 1); !errors.Is(err, errEnough) {
		t.Errorf("plugged in again: %v", err)
	}
}

func TestUnpluggedCameraComesBackInTheSameWatch(t *testing.T) {
	src := &counter{}
	h := NewHub(src, Opts{Retry: 5 * time.Millisecond, Patience: time.Minute})
	n := 0
	err := h.Watch(t.Context(), func(*vision.Frame) error {
		if n++; n == 2 {
			src.set(func(c *counter) { c.missing = true })
			time.AfterFunc(40*time.Millisecond, func() { src.set(func(c *counter) { c.missing = false }) })
		}
		if n == 6 {
			return errEnough
		}
		return nil
	})
	if opens, _ := src.counts(); !errors.Is(err, errEnough) || opens < 3 {
		t.Errorf("Watch gave %v after %d openings", err, opens)
	}
}

func TestUnpluggedCameraThatStaysAwayIsMissing(t *testing.T) {
	src := &counter{}
	h := NewHub(src, Opts{Retry: 5 * time.Millisecond, Patience: 40 * time.Millisecond})
	ready := make(chan error, 1)
	err := h.Watch(t.Context(), func(*vision.Frame) error {
		src.set(func(c *counter) { c.missing = true })
		time.AfterFunc(20*time.Millisecond, func() { ready <- h.Ready() })
		return nil
	})
	if got := kiosk.CodeOf(err); got != kiosk.CodeCameraMissing {
		t.Errorf("Watch gave %v", err)
	}
	if got := kiosk.CodeOf(<-ready); got != kiosk.CodeCameraMissing {
		t.Errorf("Ready gave %q while it was away", got)
	}
	if h.On() {
		t.Error("still on")
	}
}

func TestFaultsAreTold(t *testing.T) {
	for name, spoil := range map[string]func(*counter){
		"frozen":        func(c *counter) { c.frozen = true },
		"other format":  func(c *counter) { c.odd = true },
		"unknown error": func(c *counter) { c.err = errors.New("usb says no") },
	} {
		t.Run(name, func(t *testing.T) {
			src := &counter{}
			h := NewHub(src, Opts{Frozen: 20 * time.Millisecond})
			n := 0
			err := h.Watch(t.Context(), func(*vision.Frame) error {
				if n++; n == 3 {
					src.set(spoil)
				}
				return nil
			})
			if got := kiosk.CodeOf(err); got != kiosk.CodeCameraFault {
				t.Errorf("Watch gave %v", err)
			}
			if h.On() {
				t.Error("still on")
			}
		})
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	h := NewHub(&counter{}, Opts{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := watch(ctx, h, 1); !errors.Is(err, context.Canceled) || h.On() {
		t.Errorf("Watch gave %v", err)
	}
}

func TestPreviewIsBoundedAndDecodes(t *testing.T) {
	big := NewImages("big", 60, func(_ context.Context, at time.Time) (image.Image, error) {
		img := image.NewRGBA(image.Rect(0, 0, 960, 1280))
		img.SetRGBA(3, 3, color.RGBA{uint8(at.UnixMilli()), uint8(at.UnixMilli() >> 8), 0, 255})
		return img, nil
	}, nil)
	h := NewHub(big, Opts{})
	var times []time.Time
	err := h.Preview(t.Context(), func(jpeg []byte) error {
		typ, w, hh, err := vision.Header(jpeg)
		if err != nil || typ != "image/jpeg" || w != 480 || hh != 640 {
			t.Errorf("%s %d×%d %v", typ, w, hh, err)
		}
		if times = append(times, time.Now()); len(times) == 7 {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	if per := times[6].Sub(times[0]) / 6; per < 55*time.Millisecond {
		t.Errorf("a picture every %v, want at most 15 a second", per)
	}
	if h.On() || big.On() {
		t.Error("still on")
	}
}

func TestRecordedPlaysAFolder(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"b.jpg", "a.JPG"} {
		m := gocv.NewMatWithSizeFromScalar(gocv.NewScalar(float64(100*i+50), 0, 0, 0), 40, 60, gocv.MatTypeCV8UC3)
		img, err := vision.EncodeJPEG(&m, 95)
		m.Close()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), img.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	src, err := NewRecorded(dir, 50)
	if err != nil {
		t.Fatal(err)
	}
	var blues []uint8
	err = NewHub(src, Opts{}).Watch(t.Context(), func(f *vision.Frame) error {
		if blues = append(blues, f.Mat.GetVecbAt(20, 20)[0]); len(blues) == 3 {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) || blues[0] < 140 || blues[1] > 60 || blues[2] < 140 {
		t.Errorf("%v %v", blues, err)
	}
	if _, err := NewRecorded(t.TempDir(), 10); kiosk.CodeOf(err) != kiosk.CodeCameraMissing {
		t.Errorf("an empty folder gave %v", err)
	}
}

// tape is a video capture that plays pictures and then ends, as an unplugged camera does.
type tape struct {
	left   int
	typ    gocv.MatType
	closed int
}

func (t *tape) Set(gocv.VideoCaptureProperties, float64) {}

func (t *tape) Read(m *gocv.Mat) bool {
	if t.left--; t.left < 0 {
		return false
	}
	_ = m.Close()
	*m = gocv.NewMatWithSizeFromScalar(gocv.NewScalar(float64(t.left), 0, 0, 0), 48, 64, t.typ)
	return true
}

func (t *tape) Close() error { t.closed++; return nil }

func TestDeviceDropsTheFirstFrames(t *testing.T) {
	v := &tape{left: 8, typ: gocv.MatTypeCV8UC3}
	d := NewDevice("/dev/null", DeviceOpts{Warmup: 5}) // a character device, so that it counts as present
	d.open = func(string) (capture, error) { return v, nil }
	if err := d.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := gocv.NewMat()
	defer func() { _ = m.Close() }()
	if err := d.Read(t.Context(), &m); err != nil || m.GetVecbAt(0, 0)[0] != 2 {
		t.Errorf("the first frame given is %v, %v", m.GetVecbAt(0, 0), err)
	}
	for range 2 {
		if err := d.Read(t.Context(), &m); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Read(t.Context(), &m); kiosk.CodeOf(err) != kiosk.CodeCameraFault { // its device file is still there
		t.Errorf("after the last frame: %v", err)
	}
	for range 2 {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if v.closed != 1 {
		t.Errorf("closed %d times", v.closed)
	}
	if err := d.Read(t.Context(), &m); kiosk.CodeOf(err) != kiosk.CodeCameraMissing {
		t.Errorf("a closed camera gave %v", err)
	}
}

func TestDeviceTurnsPicturesUpright(t *testing.T) {
	for deg, rows := range map[int]int{0: 48, 90: 64, 180: 48, 270: 64} {
		v := &tape{left: 8, typ: gocv.MatTypeCV8UC3}
		d := NewDevice("/dev/null", DeviceOpts{Rotate: deg})
		d.open = func(string) (capture, error) { return v, nil }
		if err := d.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		m := gocv.NewMat()
		if err := d.Read(t.Context(), &m); err != nil || m.Rows() != rows {
			t.Errorf("turned by %d: %d rows, %v", deg, m.Rows(), err)
		}
		_ = m.Close()
		_ = d.Close()
	}
}

func TestDeviceTellsWhatIsWrong(t *testing.T) {
	absent := NewDevice(filepath.Join(t.TempDir(), "video0"), DeviceOpts{})
	for _, err := range []error{absent.Ready(), absent.Open(t.Context())} {
		if kiosk.CodeOf(err) != kiosk.CodeCameraMissing {
			t.Errorf("an absent device gave %v", err)
		}
	}
	grey := NewDevice("/dev/null", DeviceOpts{})
	v := &tape{left: 9, typ: gocv.MatTypeCV8UC1}
	grey.open = func(string) (capture, error) { return v, nil }
	if err := grey.Open(t.Context()); kiosk.CodeOf(err) != kiosk.CodeCameraFault || v.closed != 1 {
		t.Errorf("grey frames gave %v, closed %d times", err, v.closed)
	}
	real := NewDevice("/dev/null", DeviceOpts{}) // not a camera: OpenCV must refuse it, not crash
	if err := real.Open(t.Context()); kiosk.CodeOf(err) != kiosk.CodeCameraMissing {
		t.Errorf("a device that is no camera gave %v", err)
	}
}

func TestPicturesOfTheSameFrameAreTheWatchersOwn(t *testing.T) {
	h := NewHub(&counter{}, Opts{})
	var first []byte
	err := h.Watch(t.Context(), func(f *vision.Frame) error {
		if first == nil {
			first = f.Mat.ToBytes()
			f.Mat.SetTo(gocv.NewScalar(0, 0, 0, 0)) // spoiling it must not reach anybody else
			return nil
		}
		if bytes.Equal(f.Mat.ToBytes()[1:3], []byte{0, 0}) {
			t.Error("another watcher's change is visible")
		}
		return errEnough
	})
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
}
