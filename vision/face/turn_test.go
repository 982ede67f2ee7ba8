package face

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/vision/visiontest"
)

// turnAsked is a turn of the head that is over after a few frames, with the result it is told.
type turnAsked struct {
	frames int
	result kiosk.CheckResult
	how    string

	seen, good int
	lowest     float64 // how much the face was the one compared
}

func (a *turnAsked) See(_ time.Time, marks *[5][2]float64, same float64, good bool) (kiosk.FaceHint, bool) {
	if a.seen++; marks == nil || math.IsNaN(same) {
		a.lowest = -1
	} else {
		a.lowest = min(a.lowest, same)
	}
	if good {
		a.good++
	}
	return kiosk.HintTurnLeft, a.seen >= a.frames
}

func (a *turnAsked) Result() (kiosk.CheckResult, string) {
	if a.seen < a.frames {
		return kiosk.CheckUndetermined, "not ended"
	}
	return a.result, a.how
}

// turned makes an attempt of the first of the cast in which a turn of the head is asked for.
func turned(t *testing.T, feed *reel, photo kiosk.Image, a *turnAsked) (kiosk.FaceResult, []kiosk.FaceHint) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	feed.stop = cancel
	a.lowest = 2
	var hints []kiosk.FaceHint
	o := Opts{Liveness: LivenessAdvised, Turn: func(time.Time) Turn { return a }}
	r, err := NewMatcher(engine(t), nil, feed, o).Match(ctx, photo, func(h kiosk.FaceHint) { hints = append(hints, h) })
	if err != nil {
		t.Fatal(err)
	}
	return r, hints
}

func TestTurnDecidesWithTheMatch(t *testing.T) {
	for _, c := range []struct {
		name  string
		asked turnAsked
		want  kiosk.Verdict
		check kiosk.CheckResult
		hint  kiosk.FaceHint
	}{
		{"turned", turnAsked{frames: 3, result: kiosk.CheckSuccessful, how: "as asked"}, kiosk.Verified, kiosk.CheckSuccessful, kiosk.HintNone},
		{"did not turn", turnAsked{frames: 3, result: kiosk.CheckUndetermined, how: "no turn"}, kiosk.Undetermined, kiosk.CheckUndetermined, kiosk.HintTurnLeft},
		{"time is up", turnAsked{frames: 99, result: kiosk.CheckSuccessful}, kiosk.Undetermined, kiosk.CheckUndetermined, kiosk.HintTurnLeft},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, hints := turned(t, live(16), photoOf(0), &c.asked)
			if r.Verdict != c.want || resultOf(r.Checks, kiosk.CheckFaceTurn) != c.check || r.Hint != c.hint || !slices.Contains(hints, kiosk.HintTurnLeft) {
				t.Errorf("%s, hint %q of %v: %v", r.Verdict, r.Hint, hints, r.Checks)
			}
			if want := 5 + map[bool]int{true: 1}[c.check == kiosk.CheckSuccessful]; r.Frames != want {
				t.Errorf("%d frames, want %d: the look that ends the turn is compared too", r.Frames, want)
			}
			if c.asked.good == 0 || !(c.asked.lowest > .8) {
				t.Errorf("%d good frames, the same person at least %.2f", c.asked.good, c.asked.lowest)
			}
		})
	}
}

// Who is not verified without it is asked for nothing.
func TestNoTurnIsAskedOfAMismatch(t *testing.T) {
	a := &turnAsked{frames: 1, result: kiosk.CheckSuccessful}
	r, hints := turned(t, live(20), photoOf(1), a)
	if r.Verdict != kiosk.Refused || a.seen > 0 || slices.Contains(hints, kiosk.HintTurnLeft) || resultOf(r.Checks, kiosk.CheckFaceTurn) != kiosk.CheckAborted {
		t.Errorf("%s, %d frames looked at, %v", r.Verdict, a.seen, r.Checks)
	}
}

// Another person who turns for the first, or one who comes beside, is found out although the turn itself succeeds.
func TestWhoTurnsIsWhoWasCompared(t *testing.T) {
	first := &visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(folks()[0])}}
	for name, c := range map[string]struct {
		then  *visiontest.Scene
		check kiosk.CheckName
	}{
		"another": {&visiontest.Scene{People: []visiontest.Standing{visiontest.Centred(folks()[1])}}, kiosk.CheckFaceContinuity},
		"two":     {&visiontest.Scene{People: visiontest.Beside(folks()[0], folks()[1])}, kiosk.CheckFaceAlone},
	} {
		t.Run(name, func(t *testing.T) {
			a := &turnAsked{frames: 4, result: kiosk.CheckSuccessful}
			feed := scenes(24, func(int) *visiontest.Scene {
				if a.seen > 0 {
					return c.then
				}
				return first
			})
			r, _ := turned(t, feed, photoOf(0), a)
			if r.Verdict != kiosk.Undetermined || resultOf(r.Checks, c.check) != kiosk.CheckFailed {
				t.Errorf("%s: %v", r.Verdict, r.Checks)
			}
		})
	}
}
