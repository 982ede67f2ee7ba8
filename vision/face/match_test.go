package face

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/models"
	"motcua/vision/visiontest"
)

// shared gives a folder of the shared data, or skips the test.
func shared(t testing.TB, rel string) string {
	t.Helper()
	dir := os.Getenv("KIOSK_SHARED")
	if dir == "" {
		at, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for !exists(filepath.Join(at, "go.mod")) && at != filepath.Dir(at) {
			at = filepath.Dir(at)
		}
		dir = filepath.Join(at, "..", "shared")
	}
	path := filepath.Join(dir, rel)
	if !exists(path) {
		t.Skipf("needs the shared data (%s), or KIOSK_SHARED", rel)
	}
	return path
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

var loaded = struct {
	sync.Once
	engine *Engine
	err    error
}{}

// engine gives the true networks, or skips the test when they are not there. The figures of the cast and of the thresholds
// were measured with one recogniser; with another the tests would say nothing.
func engine(t testing.TB) *Engine {
	t.Helper()
	const measured = "d841119a71068f545ae85a217008b7487fdc742bbcfaff179cdada4e5248f2a5"
	dir := os.Getenv(models.EnvDir)
	if dir == "" {
		dir = shared(t, "data/models")
	}
	loaded.Do(func() { loaded.engine, loaded.err = Open(dir) })
	if loaded.err != nil {
		t.Fatal(loaded.err)
	}
	if loaded.engine.model.SHA256 != measured {
		t.Skipf("the recogniser in %s is not the one that the test people were measured with", dir)
	}
	return loaded.engine
}

// folks are the cast, drawn once for all tests.
var folks = sync.OnceValue(func() (ps []*visiontest.Person) {
	for _, seed := range visiontest.Cast {
		ps = append(ps, visiontest.NewPerson(seed))
	}
	return ps
})

func photoOf(i int) kiosk.Image {
	return kiosk.Image{Data: folks()[i].PortraitJPEG(), Type: "image/jpeg"}
}

// reel is a camera that gives one frame after another as fast as they are taken, 100 ms of its own time apart.
type reel struct {
	frame func(i int, at time.Time) image.Image // nil ends the reel
	err   error                                 // what it ends with; nil: time is up
	ready error
	stop  context.CancelFunc // ends the attempt's time
}

func (r *reel) Ready() error { return r.ready }

func (r *reel) Watch(ctx context.Context, see func(*vision.Frame) error) error {
	at := time.Unix(1_700_000_000, 0)
	for i := 0; ; i++ {
		at = at.Add(100 * time.Millisecond)
		img := r.frame(i, at)
		if img == nil {
			if r.err != nil {
				return r.err
			}
			r.stop()
			return ctx.Err()
		}
		if err := show(img, i, at, see); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

func show(img image.Image, i int, at time.Time, see func(*vision.Frame) error) error {
	m, err := vision.FromImage(img)
	if err != nil {
		return err
	}
	f := &vision.Frame{Mat: m, At: at, Seq: uint64(i + 1)}
	defer f.Close()
	return see(f)
}

// scenes gives a reel that shows scene(i) for n frames.
func scenes(n int, scene func(i int) *visiontest.Scene) *reel {
	return &reel{frame: func(i int, at time.Time) image.Image {
		if i >= n {
			return nil
		}
		return scene(i).Frame(at)
	}}
}

// attemptOn makes one attempt on a reel; its time is up when the reel ends.
func attemptOn(t *testing.T, feed *reel, photo kiosk.Image) (kiosk.FaceResult, []kiosk.FaceHint, error) {
	t.Helper()
	m := NewMatcher(engine(t), nil, feed, Opts{Liveness: LivenessAdvised})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	feed.stop = cancel
	var hints []kiosk.FaceHint
	r, err := m.Match(ctx, photo, func(h kiosk.FaceHint) { hints = append(hints, h) })
	if r.Duration <= 0 {
		t.Error("no duration")
	}
	if r.Model != engine(t).Model().SHA256 {
		t.Errorf("model %q", r.Model)
	}
	if v := resultOf(r.Checks, kiosk.CheckFaceLiveness); v != kiosk.CheckNotSupported {
		t.Errorf("liveness is %q", v)
	}
	return r, hints, err
}

func TestTheRightPersonIsVerified(t *testing.T) {
	for i := range folks() {
		t.Run(fmt.Sprint("cast ", i), func(t *testing.T) {
			s := &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(folks()[i])}}
			r, hints, err := attemptOn(t, scenes(60, func(int) *visiontest.Scene { return s }), photoOf(i))
			if err != nil || r.Verdict != kiosk.Verified {
				t.Fatalf("%s, score %.3f, hints %v, checks %v, %v", r.Verdict, r.Score, hints, r.Checks, err)
			}
			if r.Frames < 5 || r.Score <= r.Threshold || r.Threshold != .466 || !math.IsNaN(r.Liveness) || r.Hint != kiosk.HintNone {
				t.Errorf("frames %d score %v threshold %v liveness %v hint %q", r.Frames, r.Score, r.Threshold, r.Liveness, r.Hint)
			}
			if typ, w, h, err := vision.Header(r.Best.Data); err != nil || typ != "image/jpeg" || w != 480 || h != 640 {
				t.Errorf("the frame kept is %s %d×%d %v", typ, w, h, err)
			}
			t.Logf("score %.3f after %v", r.Score, r.Duration.Round(time.Millisecond))
		})
	}
}

func TestAnotherPersonIsRefused(t *testing.T) {
	n := len(folks())
	for i := range n {
		t.Run(fmt.Sprint("cast ", i), func(t *testing.T) {
			s := &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(folks()[i])}}
			r, _, err := attemptOn(t, scenes(60, func(int) *visiontest.Scene { return s }), photoOf((i+1)%n))
			if err != nil || r.Verdict != kiosk.Refused || resultOf(r.Checks, kiosk.CheckFaceMatch) != kiosk.CheckFailed {
				t.Errorf("%s, score %.3f, %v, %v", r.Verdict, r.Score, r.Checks, err)
			}
			if r.Best.IsZero() {
				t.Error("no frame for the officer")
			}
		})
	}
}

// Whatever is odd before the camera, the result is undetermined, with a reason.
func TestOddCapturesAreUndetermined(t *testing.T) {
	a, b := folks()[0], folks()[1]
	one := func(s visiontest.Standing) []visiontest.Standing { return []visiontest.Standing{s} }
	at := func(x, y, head float64) visiontest.Standing {
		return visiontest.Standing{Person: a, X: x, Y: y, Head: head, Still: true}
	}
	turned := at(.5, .44, .46)
	turned.Yaw = .75
	for _, c := range []struct {
		name  string
		scene visiontest.Scene
		hint  kiosk.FaceHint
	}{
		{"nobody", visiontest.Scene{}, kiosk.HintNoFace},
		{"two people", visiontest.Scene{People: visiontest.Beside(a, b)}, kiosk.HintManyFaces},
		{"far away", visiontest.Scene{People: one(at(.5, .4, .13))}, kiosk.HintTooFar},
		{"very near", visiontest.Scene{People: one(at(.5, .45, .98))}, kiosk.HintTooNear},
		{"at the edge", visiontest.Scene{People: one(at(.2, .4, .35))}, kiosk.HintOffCentre},
		{"dark hall", visiontest.Scene{People: one(at(.5, .44, .46)), Light: visiontest.Dim}, kiosk.HintTooDark},
		{"out of focus", visiontest.Scene{People: one(at(.5, .44, .46)), Blur: 8}, kiosk.HintBlurred},
		{"turned away", visiontest.Scene{People: one(turned)}, kiosk.HintTurned},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.scene
			r, hints, err := attemptOn(t, scenes(12, func(int) *visiontest.Scene { return &s }), photoOf(0))
			if err != nil || r.Verdict != kiosk.Undetermined || r.Hint != c.hint || !slices.Contains(hints, c.hint) {
				t.Errorf("%s, hint %q of %v, checks %v, %v", r.Verdict, r.Hint, hints, r.Checks, err)
			}
			alone := resultOf(r.Checks, kiosk.CheckFaceAlone)
			if (alone == kiosk.CheckFailed) != (c.hint == kiosk.HintManyFaces) || alone == kiosk.CheckSuccessful {
				t.Errorf("alone is %s", alone)
			}
		})
	}
}

func TestSecondFaceDuringTheCaptureEndsIt(t *testing.T) {
	a, b := folks()[0], folks()[1]
	alone := &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(a)}}
	both := &visiontest.Scene{People: visiontest.Beside(a, b)}
	r, hints, err := attemptOn(t, scenes(40, func(i int) *visiontest.Scene {
		if i == 4 {
			return both
		}
		return alone
	}), photoOf(0))
	if err != nil || r.Verdict != kiosk.Undetermined || resultOf(r.Checks, kiosk.CheckFaceAlone) != kiosk.CheckFailed ||
		r.Hint != kiosk.HintManyFaces {
		t.Errorf("%s, hints %v, %v, %v", r.Verdict, hints, r.Checks, err)
	}
}

func TestSwappedPersonIsNotVerified(t *testing.T) {
	for _, order := range [][2]int{{0, 1}, {1, 0}} { // the right one first, or last
		first := &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(folks()[order[0]])}}
		then := &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(folks()[order[1]])}}
		r, _, err := attemptOn(t, scenes(40, func(i int) *visiontest.Scene {
			if i < 5 {
				return first
			}
			return then
		}), photoOf(0))
		if err != nil || r.Verdict != kiosk.Undetermined || resultOf(r.Checks, kiosk.CheckFaceContinuity) != kiosk.CheckFailed {
			t.Errorf("%v: %s, score %.3f, %v, %v", order, r.Verdict, r.Score, r.Checks, err)
		}
	}
}

func TestPersonWhoLeavesBeginsAnew(t *testing.T) {
	a, b := folks()[0], folks()[1]
	r, _, err := attemptOn(t, scenes(60, func(i int) *visiontest.Scene {
		switch {
		case i < 4:
			return &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(b)}}
		case i < 20:
			return &visiontest.Scene{}
		}
		return &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(a)}}
	}), photoOf(0))
	if err != nil || r.Verdict != kiosk.Verified {
		t.Errorf("%s, score %.3f, %v, %v", r.Verdict, r.Score, r.Checks, err)
	}
}

// A feed that gives the same picture again, although it must not, cannot lead to Verified.
func TestFrozenFramesAreNotVerified(t *testing.T) {
	s := &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(folks()[0])}}
	var kept []image.Image
	feed := &reel{frame: func(i int, at time.Time) image.Image {
		if i < 4 {
			kept = append(kept, s.Frame(at))
		}
		if i >= 24 {
			return nil
		}
		return kept[i%4]
	}}
	r, _, err := attemptOn(t, feed, photoOf(0))
	if err != nil || r.Verdict != kiosk.Undetermined || resultOf(r.Checks, kiosk.CheckFaceQuality) != kiosk.CheckUndetermined {
		t.Errorf("%s, %v, %v", r.Verdict, r.Checks, err)
	}
}

func TestCameraErrorsAreHandedOn(t *testing.T) {
	gone := kiosk.Errorf(kiosk.CodeCameraMissing, "read camera", "plug it in", "unplugged")
	s := &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(folks()[0])}}
	feed := scenes(3, func(int) *visiontest.Scene { return s })
	feed.err = gone
	r, _, err := attemptOn(t, feed, photoOf(0))
	if !errors.Is(err, gone) || r.Verdict != kiosk.Undetermined {
		t.Errorf("%s, %v", r.Verdict, err)
	}
}

func TestUnreadablePhotosAreTold(t *testing.T) {
	feed := scenes(3, func(int) *visiontest.Scene { return &visiontest.Scene{} })
	empty := encode(t, (&visiontest.Scene{}).Frame(time.Now()))
	two := encode(t, (&visiontest.Scene{People: visiontest.Beside(folks()[0], folks()[1])}).Frame(time.Now()))
	for name, c := range map[string]struct {
		data []byte
		why  error
	}{
		"nothing": {nil, vision.ErrPicture}, "text": {[]byte("no picture"), vision.ErrPicture},
		"nobody": {empty, ErrNoFace}, "two people": {two, ErrManyFaces},
	} {
		r, _, err := attemptOn(t, feed, kiosk.Image{Data: c.data})
		if kiosk.CodeOf(err) != kiosk.CodePhotoUnreadable || !errors.Is(err, c.why) || r.Verdict != kiosk.Undetermined {
			t.Errorf("%s: %s, %v", name, r.Verdict, err)
		}
	}
}

func encode(t *testing.T, img image.Image) []byte {
	t.Helper()
	m, err := vision.FromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	p, err := vision.EncodeJPEG(&m, 92)
	if err != nil {
		t.Fatal(err)
	}
	return p.Data
}

// The chip may hold JPEG 2000; the same person must be found in it.
func TestPhotosInJPEG2000AreRead(t *testing.T) {
	e := engine(t)
	m, err := vision.Decode(photoOf(0).Data)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	const compression = 272 // IMWRITE_JPEG2000_COMPRESSION_X1000, which gocv does not name
	buf, err := gocv.IMEncodeWithParams(".jp2", m, []int{compression, 60})
	if err != nil {
		t.Fatal(err)
	}
	defer buf.Close()
	a, err := e.Photo(buf.GetBytes())
	if err != nil {
		t.Fatal(err)
	}
	b, err := e.Photo(photoOf(0).Data)
	if err != nil || a.Cosine(b) < .9 {
		t.Errorf("cosine %.3f, %v (%d bytes)", a.Cosine(b), err, buf.Len())
	}
}

func TestMatcherWithoutModelsIsNotReady(t *testing.T) {
	_, err := Open(t.TempDir())
	m := NewMatcher(nil, err, &reel{}, Opts{})
	if kiosk.CodeOf(m.Ready(t.Context())) != kiosk.CodeModelMissing {
		t.Errorf("Ready gave %v", m.Ready(t.Context()))
	}
	r, err := m.Match(t.Context(), kiosk.Image{}, nil)
	if kiosk.CodeOf(err) != kiosk.CodeModelMissing || r.Verdict != kiosk.Undetermined || len(r.Checks) != 6 {
		t.Errorf("%s %v %v", r.Verdict, r.Checks, err)
	}
	if m := NewMatcher(nil, nil, &reel{}, Opts{}); kiosk.CodeOf(m.Ready(t.Context())) != kiosk.CodeModelMissing {
		t.Errorf("without an engine: %v", m.Ready(t.Context()))
	}
}

func TestMatcherTellsTheCamerasState(t *testing.T) {
	gone := kiosk.Errorf(kiosk.CodeCameraMissing, "find camera", "plug it in", "unplugged")
	if err := NewMatcher(engine(t), nil, &reel{ready: gone}, Opts{}).Ready(t.Context()); !errors.Is(err, gone) {
		t.Errorf("Ready gave %v", err)
	}
	if err := NewMatcher(engine(t), nil, &reel{}, Opts{}).Ready(t.Context()); err != nil {
		t.Errorf("Ready gave %v", err)
	}
}

func TestOperatorSetsTheThreshold(t *testing.T) {
	if v := NewMatcher(engine(t), nil, &reel{}, Opts{Threshold: .6}).Threshold(); v != .6 {
		t.Errorf("threshold %v", v)
	}
	if v := NewMatcher(engine(t), nil, &reel{}, Opts{FAR: "1e-3"}).Threshold(); v != .406 {
		t.Errorf("threshold %v", v)
	}
	if err := NewMatcher(engine(t), nil, &reel{}, Opts{FAR: "1e-9"}).Ready(t.Context()); kiosk.CodeOf(err) != kiosk.CodeModelMissing {
		t.Errorf("an unmeasured rate gave %v", err)
	}
	for _, bad := range []float64{-1, 1, 2, math.NaN()} { // nonsense must not let anybody through
		s := &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(folks()[0])}}
		feed := scenes(20, func(int) *visiontest.Scene { return s })
		ctx, cancel := context.WithCancel(t.Context())
		feed.stop = cancel
		r, err := NewMatcher(engine(t), nil, feed, Opts{Threshold: bad, Liveness: LivenessAdvised}).Match(ctx, photoOf(0), nil)
		cancel()
		if err != nil || r.Verdict != kiosk.Undetermined {
			t.Errorf("threshold %v: %s, %v", bad, r.Verdict, err)
		}
	}
}
