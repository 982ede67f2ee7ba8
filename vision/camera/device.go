package camera

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
)

const (
	hintName  = "name a device file such as /dev/video0; v4l2-ctl --list-devices shows them"
	hintPlug  = "check the camera's cable, then kioskctl doctor"
	hintFault = "unplug the camera for ten seconds; replace it when that does not help"
)

// selectTimeout bounds how long OpenCV waits for a frame of a camera that sends none, in seconds. Its own value is 10.
const selectTimeout = "3"

// Over USB 2 a camera can send larger pictures at a usable pace only as motion JPEG.
const (
	rawPixels = 640 * 480
	mjpg      = 'M' | 'J'<<8 | 'P'<<16 | 'G'<<24
)

// DeviceOpts are the wishes for a V4L2 camera; it may answer with other values.
type DeviceOpts struct {
	Width, Height int // pixels; default 640×480
	FPS           int // default 15
	Warmup        int // frames dropped after opening, while the exposure settles; default 5
	Rotate        int // degrees clockwise that its pictures must be turned to stand upright: 0, 90, 180, 270
}

// Device is a V4L2 camera.
type Device struct {
	path string
	opts DeviceOpts
	open func(path string) (capture, error)
	why  func(path string) error // tells why it does not open
	mu   sync.Mutex
	vc   capture
}

// capture is the part of gocv.VideoCapture that is used.
type capture interface {
	Set(prop gocv.VideoCaptureProperties, value float64)
	Read(m *gocv.Mat) bool
	Close() error
}

// NewDevice makes the camera of a device file such as /dev/video0 or /dev/v4l/by-id/….
func NewDevice(path string, opts DeviceOpts) *Device {
	if opts.Width == 0 || opts.Height == 0 {
		opts.Width, opts.Height = 640, 480
	}
	if opts.FPS == 0 {
		opts.FPS = 15
	}
	if opts.Warmup == 0 {
		opts.Warmup = 5
	}
	return &Device{path: path, opts: opts, open: openV4L, why: probe}
}

func openV4L(path string) (capture, error) {
	const env = "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"
	if os.Getenv(env) == "" {
		_ = os.Setenv(env, selectTimeout)
	}
	vc, err := gocv.OpenVideoCaptureWithAPI(path, gocv.VideoCaptureV4L2)
	if err != nil {
		return nil, err
	}
	if !vc.IsOpened() {
		_ = vc.Close()
		return nil, errors.New("not a video capture device")
	}
	return vc, nil
}

// String names the device file.
func (d *Device) String() string { return "v4l2 " + d.path }

// Ready looks for the device file.
func (d *Device) Ready() error {
	st, err := os.Stat(d.path)
	if err != nil {
		return kiosk.Errorf(kiosk.CodeCameraMissing, "find camera", hintPlug, "%w", err)
	}
	if st.Mode()&os.ModeCharDevice == 0 {
		return kiosk.Errorf(kiosk.CodeCameraMissing, "find camera", hintName, "%s is not a device", d.path)
	}
	return nil
}

// Open switches the camera on and drops the first frames.
func (d *Device) Open(ctx context.Context) error {
	if err := d.Ready(); err != nil {
		return err
	}
	vc, err := d.open(d.path)
	if err != nil {
		if why := d.why(d.path); why != nil {
			return why
		}
		return kiosk.Errorf(kiosk.CodeCameraMissing, "open camera", hintPlug, "%s: %w", d.path, err)
	}
	vc.Set(gocv.VideoCaptureBufferSize, 1)
	if d.opts.Width*d.opts.Height > rawPixels {
		vc.Set(gocv.VideoCaptureFOURCC, mjpg)
	}
	vc.Set(gocv.VideoCaptureFrameWidth, float64(d.opts.Width))
	vc.Set(gocv.VideoCaptureFrameHeight, float64(d.opts.Height))
	vc.Set(gocv.VideoCaptureFPS, float64(d.opts.FPS))
	d.mu.Lock()
	d.vc = vc
	d.mu.Unlock()
	return d.warmUp(ctx)
}

func (d *Device) warmUp(ctx context.Context) error {
	m := gocv.NewMat()
	defer m.Close()
	for range d.opts.Warmup {
		if err := d.Read(ctx, &m); err != nil {
			_ = d.Close()
			return fmt.Errorf("let exposure settle: %w", err)
		}
	}
	return nil
}

// Read waits for the next frame, at most a few seconds.
func (d *Device) Read(ctx context.Context, dst *gocv.Mat) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.vc == nil {
		return kiosk.Errorf(kiosk.CodeCameraMissing, "read camera", hintPlug, "%s is not open", d.path)
	}
	if !d.vc.Read(dst) {
		if err := d.Ready(); err != nil {
			return err
		}
		return kiosk.Errorf(kiosk.CodeCameraFault, "read camera", hintFault, "%s gives no frame", d.path)
	}
	if !vision.IsBGR(dst) {
		return kiosk.Errorf(kiosk.CodeCameraFault, "read camera", hintFault, "%s gives frames of another format", d.path)
	}
	d.upright(dst)
	return nil
}

// upright turns a picture as the camera's mounting needs it.
func (d *Device) upright(m *gocv.Mat) {
	flag, ok := map[int]gocv.RotateFlag{
		90: gocv.Rotate90Clockwise, 180: gocv.Rotate180Clockwise, 270: gocv.Rotate90CounterClockwise,
	}[d.opts.Rotate]
	if !ok {
		return
	}
	turned := gocv.NewMat()
	gocv.Rotate(*m, &turned, flag)
	_ = m.Close()
	*m = turned
}

// Close switches the camera off.
func (d *Device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.vc == nil {
		return nil
	}
	err := d.vc.Close()
	d.vc = nil
	return err
}
