package face

import (
	"context"
	"errors"
	"image"
	"math"
	"testing"
	"time"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/liveness"
	"motcua/vision/visiontest"
)

// said is a liveness detector that says what it is told to.
type said struct {
	score  float64
	result kiosk.CheckResult
	reason string
	fail   error

	seen, resets int
}

func (s *said) SeeFace(m *gocv.Mat, box [4]float64, marks [5][2]float64) error {
	if !vision.IsBGR(m) || !(box[2] > 0) || !(marks[RightEye][0] > marks[LeftEye][0]) {
		return errors.New("not a face")
	}
	s.seen++
	return s.fail
}

func (s *said) Reset() { s.seen = 0; s.resets++ }

func (s *said) Result() (float64, kiosk.CheckResult, string) { return s.score, s.result, s.reason }

// watched makes an attempt of one of the cast with a detector.
func watched(t *testing.T, feed *reel, rule LivenessRule, watch func() Liveness) kiosk.FaceResult {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	feed.stop = cancel
	r, err := NewMatcher(engine(t), nil, feed, Opts{Liveness: rule, Watch: watch}).Match(ctx, photoOf(0), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func live(n int) *reel {
	s := &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(folks()[0])}}
	return scenes(n, func(int) *visiontest.Scene { return s })
}

func TestLivenessDecidesWithTheMatch(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name  string
		said  *said
		rule  LivenessRule
		want  kiosk.Verdict
		check kiosk.CheckResult
	}{
		{"living", &said{score: .9, result: kiosk.CheckSuccessful}, "", kiosk.Verified, kiosk.CheckSuccessful},
		{"alarm", &said{score: .1, result: kiosk.CheckFailed, reason: "why"}, "", kiosk.Undetermined, kiosk.CheckFailed},
		{"alarm, advised", &said{score: .1, result: kiosk.CheckFailed, reason: "why"}, LivenessAdvised, kiosk.Undetermined, kiosk.CheckFailed},
		{"open", &said{score: .45, result: kiosk.CheckUndetermined, reason: "why"}, "", kiosk.Undetermined, kiosk.CheckUndetermined},
		{"models missing", &said{score: nan, result: kiosk.CheckNotSupported, reason: "why"}, "", kiosk.Undetermined, kiosk.CheckNotSupported},
		{"models missing, advised", &said{score: nan, result: kiosk.CheckNotSupported, reason: "why"}, LivenessAdvised, kiosk.Verified, kiosk.CheckNotSupported},
		{"success without a score", &said{score: nan, result: kiosk.CheckSuccessful}, "", kiosk.Undetermined, kiosk.CheckUndetermined},
		{"frames it could not look at", &said{score: .9, result: kiosk.CheckSuccessful, fail: errors.New("blind")}, "", kiosk.Undetermined, kiosk.CheckUndetermined},
		{"no detector", nil, "", kiosk.Undetermined, kiosk.CheckNotSupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			watch := func() Liveness { return c.said }
			if c.said == nil {
				watch = nil
			}
			r := watched(t, live(30), c.rule, watch)
			if got := resultOf(r.Checks, kiosk.CheckFaceLiveness); r.Verdict != c.want || got != c.check {
				t.Errorf("%s, liveness %s, want %s and %s: %v", r.Verdict, got, c.want, c.check, r.Checks)
			}
			if resultOf(r.Checks, kiosk.CheckFaceMatch) != kiosk.CheckSuccessful || r.Best.IsZero() {
				t.Error("the match or the officer's picture depends on liveness")
			}
			if c.said != nil && (c.said.seen != r.Frames || r.Liveness != c.said.score && !math.IsNaN(c.said.score)) {
				t.Errorf("%d frames looked at of %d, score %v", c.said.seen, r.Frames, r.Liveness)
			}
		})
	}
}

func TestLivenessForgetsWhoLeft(t *testing.T) {
	s := &said{score: .9, result: kiosk.CheckSuccessful}
	nobody := &visiontest.Scene{}
	here := &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(folks()[0])}}
	r := watched(t, scenes(40, func(i int) *visiontest.Scene {
		if i >= 4 && i < 18 {
			return nobody
		}
		return here
	}), "", func() Liveness { return s })
	if r.Verdict != kiosk.Verified || s.resets == 0 || s.seen != r.Frames {
		t.Errorf("%s, %d resets, %d of %d frames", r.Verdict, s.resets, s.seen, r.Frames)
	}
}

// With the true detector: the cast are let through, and their own photograph on a telephone or on paper is not. The photo is the
// right one, so the match succeeds in both.
func TestRightPersonPassesAndTheirPictureDoesNot(t *testing.T) {
	dir := shared(t, "data/models")
	d, err := liveness.Open(dir)
	if err != nil {
		t.Skip(err)
	}
	defer d.Close()
	watch := func() Liveness { return d.Watch() }
	r := watched(t, live(30), "", watch)
	if r.Verdict != kiosk.Verified || !(r.Liveness > liveness.Pass) {
		t.Errorf("the person: %s, %.3f, %v", r.Verdict, r.Liveness, r.Checks)
	}
	for i, sp := range []visiontest.Species{visiontest.Print, visiontest.Phone, visiontest.Tablet, visiontest.Replay} {
		a := &visiontest.Attack{Species: sp, Picture: visiontest.FilmOf(folks()[0], 5), Seed: uint64(i + 1)}
		r := watched(t, attackReel(30, a), "", watch)
		if r.Verdict == kiosk.Verified || resultOf(r.Checks, kiosk.CheckFaceLiveness) != kiosk.CheckFailed || r.Best.IsZero() {
			t.Errorf("%s: %s, score %.3f, match %.3f, %v", sp, r.Verdict, r.Liveness, r.Score, r.Checks)
		}
	}
}

func attackReel(n int, a *visiontest.Attack) *reel {
	return &reel{frame: func(i int, at time.Time) image.Image {
		if i >= n {
			return nil
		}
		return a.Frame(at)
	}}
}
