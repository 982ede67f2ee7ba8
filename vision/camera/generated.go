package camera

import (
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync/atomic"
	"time"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
)

// Generated is a camera whose frames are drawn by a function at a steady pace.
type Generated struct {
	name  string
	fps   int
	frame func(ctx context.Context, at time.Time) (gocv.Mat, error)
	ready func() error
	open  atomic.Bool
	next  time.Time
}

// NewGenerated makes a camera of the given pace (default 10 a second). frame gives one picture, which the camera then owns;
// its error is what Read returns, so a simulated unplugging is an Error camera_missing. ready may be nil.
func NewGenerated(name string, fps int, frame func(context.Context, time.Time) (gocv.Mat, error), ready func() error) *Generated {
	if fps <= 0 {
		fps = 10
	}
	return &Generated{name: name, fps: min(fps, 60), frame: frame, ready: ready}
}

// NewImages makes a camera of drawn Go pictures; see [NewGenerated].
func NewImages(name string, fps int, frame func(context.Context, time.Time) (image.Image, error), ready func() error) *Generated {
	return NewGenerated(name, fps, func(ctx context.Context, at time.Time) (gocv.Mat, error) {
		img, err := frame(ctx, at)
		if err != nil {
			return gocv.Mat{}, err
		}
		return vision.FromImage(img)
	}, ready)
}

// String gives the name.
func (g *Generated) String() string { return g.name }

// Ready asks the function given for it.
func (g *Generated) Ready() error {
	if g.ready == nil {
		return nil
	}
	return g.ready()
}

// On reports whether the camera is open.
func (g *Generated) On() bool { return g.open.Load() }

// Open begins.
func (g *Generated) Open(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := g.Ready(); err != nil {
		return err
	}
	g.next = time.Now()
	g.open.Store(true)
	return nil
}

// Read waits until the next frame is due and draws it.
func (g *Generated) Read(ctx context.Context, dst *gocv.Mat) error {
	if !g.open.Load() {
		return kiosk.Errorf(kiosk.CodeCameraMissing, "read camera", hintPlug, "%s is not open", g.name)
	}
	now := time.Now()
	if g.next.Before(now) {
		g.next = now // late: never catch up in a burst
	}
	if err := wait(ctx, g.next.Sub(now)); err != nil {
		return err
	}
	g.next = g.next.Add(time.Second / time.Duration(g.fps))
	m, err := g.frame(ctx, time.Now())
	if err != nil {
		return err
	}
	if !vision.IsBGR(&m) {
		vision.CloseAll([]gocv.Mat{m})
		return kiosk.Errorf(kiosk.CodeCameraFault, "read camera", hintFault, "%s gives frames of another format", g.name)
	}
	_ = dst.Close()
	*dst = m
	return nil
}

// Close ends.
func (g *Generated) Close() error {
	g.open.Store(false)
	return nil
}

// wait waits for d or the end of ctx.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// maxRecorded bounds how many pictures of a folder are played.
const maxRecorded = 10_000

// NewRecorded makes a camera that plays the JPEG pictures of a folder in the order of their names, again and again.
// Errors of the first look: camera_missing.
func NewRecorded(dir string, fps int) (*Generated, error) {
	names, err := jpegs(dir)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeCameraMissing, "open recording", "name a folder with JPEG pictures", "%w", err)
	}
	i := 0
	frame := func(context.Context, time.Time) (gocv.Mat, error) {
		name := names[i%len(names)]
		i++
		m, err := readPicture(name)
		if err != nil {
			return m, kiosk.Errorf(kiosk.CodeCameraFault, "play recording", "replace the picture", "%s: %w", filepath.Base(name), err)
		}
		return m, nil
	}
	return NewGenerated("recording "+dir, fps, frame, nil), nil
}

func jpegs(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		ext := strings.ToLower(filepath.Ext(e.Name()))
		if e.Type().IsRegular() && (ext == ".jpg" || ext == ".jpeg") {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	if len(names) == 0 || len(names) > maxRecorded {
		return nil, errors.New("no pictures, or too many")
	}
	sort.Strings(names)
	return names, nil
}

func readPicture(name string) (gocv.Mat, error) {
	st, err := os.Stat(name)
	if err != nil {
		return gocv.Mat{}, err
	}
	if st.Size() > vision.MaxBytes {
		return gocv.Mat{}, vision.ErrPicture
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return gocv.Mat{}, err
	}
	return vision.Decode(data)
}
