package face

import (
	"math"
	"testing"

	"motcua/kiosk"
)

// good is the evidence of an attempt in which everything was in order.
func good() Evidence {
	return Evidence{
		Described: true, Score: .7, Threshold: .466, Frames: 5, Need: 5, MostFaces: 1, Continuity: .9, MinContinuity: .55,
		Liveness: kiosk.CheckSuccessful,
	}
}

// Every row changes one thing, or says why two; what is not a clear match with everything in order is never Verified.
func TestDecide(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name   string
		change func(*Evidence)
		want   kiosk.Verdict
		check  kiosk.CheckName // the check that tells
		result kiosk.CheckResult
	}{
		{"all in order", func(*Evidence) {}, kiosk.Verified, kiosk.CheckFaceMatch, kiosk.CheckSuccessful},
		{"liveness required", func(e *Evidence) { e.LivenessRule = LivenessRequired }, kiosk.Verified, kiosk.CheckFaceLiveness, kiosk.CheckSuccessful},
		{"liveness not supported", func(e *Evidence) { e.Liveness = kiosk.CheckNotSupported }, kiosk.Undetermined, kiosk.CheckFaceLiveness, kiosk.CheckNotSupported},
		{"liveness not supported, mismatch", func(e *Evidence) { e.Liveness, e.Score = kiosk.CheckNotSupported, .1 }, kiosk.Undetermined, kiosk.CheckFaceLiveness, kiosk.CheckNotSupported},
		{"liveness not supported, an unknown rule", func(e *Evidence) { e.Liveness, e.LivenessRule = kiosk.CheckNotSupported, "off" }, kiosk.Undetermined, kiosk.CheckFaceLiveness, kiosk.CheckNotSupported},
		{"advised, not supported", func(e *Evidence) { e.Liveness, e.LivenessRule = kiosk.CheckNotSupported, LivenessAdvised }, kiosk.Verified, kiosk.CheckFaceLiveness, kiosk.CheckNotSupported},
		{"advised, open", func(e *Evidence) { e.Liveness, e.LivenessRule = kiosk.CheckUndetermined, LivenessAdvised }, kiosk.Verified, kiosk.CheckFaceLiveness, kiosk.CheckUndetermined},
		{"advised, alarm", func(e *Evidence) { e.Liveness, e.LivenessRule = kiosk.CheckFailed, LivenessAdvised }, kiosk.Undetermined, kiosk.CheckFaceLiveness, kiosk.CheckFailed},
		{"advised, aborted", func(e *Evidence) { e.Liveness, e.LivenessRule = kiosk.CheckAborted, LivenessAdvised }, kiosk.Undetermined, kiosk.CheckFaceLiveness, kiosk.CheckUndetermined},

		{"score just above", func(e *Evidence) { e.Score = math.Nextafter(.466, 1) }, kiosk.Verified, kiosk.CheckFaceMatch, kiosk.CheckSuccessful},
		{"score at the threshold", func(e *Evidence) { e.Score = .466 }, kiosk.Undetermined, kiosk.CheckFaceMatch, kiosk.CheckUndetermined},
		{"score just below", func(e *Evidence) { e.Score = .465 }, kiosk.Undetermined, kiosk.CheckFaceMatch, kiosk.CheckUndetermined},
		{"clear mismatch", func(e *Evidence) { e.Score = .2 }, kiosk.Refused, kiosk.CheckFaceMatch, kiosk.CheckFailed},
		{"opposite faces", func(e *Evidence) { e.Score = -1 }, kiosk.Refused, kiosk.CheckFaceMatch, kiosk.CheckFailed},
		{"score NaN", func(e *Evidence) { e.Score = nan }, kiosk.Undetermined, kiosk.CheckFaceMatch, kiosk.CheckUndetermined},
		{"score infinite", func(e *Evidence) { e.Score = inf }, kiosk.Undetermined, kiosk.CheckFaceMatch, kiosk.CheckUndetermined},
		{"score impossible", func(e *Evidence) { e.Score = 1.2 }, kiosk.Undetermined, kiosk.CheckFaceMatch, kiosk.CheckUndetermined},
		{"threshold zero", func(e *Evidence) { e.Threshold = 0 }, kiosk.Undetermined, kiosk.CheckFaceMatch, kiosk.CheckUndetermined},
		{"threshold negative", func(e *Evidence) { e.Threshold = -1 }, kiosk.Undetermined, kiosk.CheckFaceMatch, kiosk.CheckUndetermined},
		{"threshold one", func(e *Evidence) { e.Threshold = 1 }, kiosk.Undetermined, kiosk.CheckFaceMatch, kiosk.CheckUndetermined},
		{"threshold NaN", func(e *Evidence) { e.Threshold = nan }, kiosk.Undetermined, kiosk.CheckFaceMatch, kiosk.CheckUndetermined},
		{"model missing", func(e *Evidence) { e.Described = false }, kiosk.Undetermined, kiosk.CheckFaceMatch, kiosk.CheckAborted},

		{"four frames", func(e *Evidence) { e.Frames = 4 }, kiosk.Undetermined, kiosk.CheckFaceQuality, kiosk.CheckUndetermined},
		{"four frames, mismatch", func(e *Evidence) { e.Frames, e.Score = 4, .1 }, kiosk.Undetermined, kiosk.CheckFaceQuality, kiosk.CheckUndetermined},
		{"only one frame wanted", func(e *Evidence) { e.Need, e.Frames = 1, 1 }, kiosk.Undetermined, kiosk.CheckFaceQuality, kiosk.CheckUndetermined},
		{"frozen", func(e *Evidence) { e.Repeats = 1 }, kiosk.Undetermined, kiosk.CheckFaceQuality, kiosk.CheckUndetermined},
		{"frozen, mismatch", func(e *Evidence) { e.Repeats, e.Score = 9, .1 }, kiosk.Undetermined, kiosk.CheckFaceQuality, kiosk.CheckUndetermined},

		{"second face", func(e *Evidence) { e.MostFaces = 2 }, kiosk.Undetermined, kiosk.CheckFaceAlone, kiosk.CheckFailed},
		{"second face, mismatch", func(e *Evidence) { e.MostFaces, e.Score = 2, .1 }, kiosk.Undetermined, kiosk.CheckFaceAlone, kiosk.CheckFailed},
		{"no face", func(e *Evidence) { e.MostFaces = 0 }, kiosk.Undetermined, kiosk.CheckFaceAlone, kiosk.CheckUndetermined},

		{"swapped person", func(e *Evidence) { e.Continuity = .3 }, kiosk.Undetermined, kiosk.CheckFaceContinuity, kiosk.CheckFailed},
		{"continuity at its limit", func(e *Evidence) { e.Continuity = .55 }, kiosk.Undetermined, kiosk.CheckFaceContinuity, kiosk.CheckFailed},
		{"continuity NaN", func(e *Evidence) { e.Continuity = nan }, kiosk.Undetermined, kiosk.CheckFaceContinuity, kiosk.CheckUndetermined},
		{"continuity limit zero", func(e *Evidence) { e.MinContinuity = 0 }, kiosk.Undetermined, kiosk.CheckFaceContinuity, kiosk.CheckUndetermined},
		{"continuity limit NaN", func(e *Evidence) { e.MinContinuity = nan }, kiosk.Undetermined, kiosk.CheckFaceContinuity, kiosk.CheckUndetermined},

		{"liveness failed", func(e *Evidence) { e.Liveness = kiosk.CheckFailed }, kiosk.Undetermined, kiosk.CheckFaceLiveness, kiosk.CheckFailed},
		{"liveness failed, mismatch", func(e *Evidence) { e.Liveness, e.Score = kiosk.CheckFailed, .1 }, kiosk.Undetermined, kiosk.CheckFaceLiveness, kiosk.CheckFailed},
		{"liveness open", func(e *Evidence) { e.Liveness = kiosk.CheckUndetermined }, kiosk.Undetermined, kiosk.CheckFaceLiveness, kiosk.CheckUndetermined},
		{"liveness aborted", func(e *Evidence) { e.Liveness = kiosk.CheckAborted }, kiosk.Undetermined, kiosk.CheckFaceLiveness, kiosk.CheckUndetermined},
		{"liveness forgotten", func(e *Evidence) { e.Liveness = "" }, kiosk.Undetermined, kiosk.CheckFaceLiveness, kiosk.CheckUndetermined},

		{"no turn is asked for", func(e *Evidence) { e.Turn = "" }, kiosk.Verified, kiosk.CheckFaceTurn, kiosk.CheckNotSupported},
		{"turned", func(e *Evidence) { e.TurnAsked, e.Turn = true, kiosk.CheckSuccessful }, kiosk.Verified, kiosk.CheckFaceTurn, kiosk.CheckSuccessful},
		{"turned, mismatch", func(e *Evidence) { e.TurnAsked, e.Turn, e.Score = true, kiosk.CheckSuccessful, .1 }, kiosk.Refused, kiosk.CheckFaceTurn, kiosk.CheckSuccessful},
		{"turned, alarm", func(e *Evidence) { e.TurnAsked, e.Turn, e.Liveness = true, kiosk.CheckSuccessful, kiosk.CheckFailed }, kiosk.Undetermined, kiosk.CheckFaceTurn, kiosk.CheckSuccessful},
		{"did not turn", func(e *Evidence) { e.TurnAsked, e.Turn = true, kiosk.CheckUndetermined }, kiosk.Undetermined, kiosk.CheckFaceTurn, kiosk.CheckUndetermined},
		{"did not turn, advised", func(e *Evidence) {
			e.TurnAsked, e.Turn, e.LivenessRule = true, kiosk.CheckUndetermined, LivenessAdvised
		}, kiosk.Undetermined, kiosk.CheckFaceTurn, kiosk.CheckUndetermined},
		{"turn failed", func(e *Evidence) { e.TurnAsked, e.Turn = true, kiosk.CheckFailed }, kiosk.Undetermined, kiosk.CheckFaceTurn, kiosk.CheckUndetermined},
		{"turn not reached", func(e *Evidence) { e.TurnAsked = true }, kiosk.Undetermined, kiosk.CheckFaceTurn, kiosk.CheckAborted},
		{"turn not reached, mismatch", func(e *Evidence) { e.TurnAsked, e.Score = true, .1 }, kiosk.Refused, kiosk.CheckFaceTurn, kiosk.CheckAborted},

		{"nothing at all", func(e *Evidence) { *e = Evidence{} }, kiosk.Undetermined, kiosk.CheckFaceMatch, kiosk.CheckAborted},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := good()
			c.change(&e)
			got, checks := Decide(e)
			if got != c.want {
				t.Errorf("verdict %s, want %s", got, c.want)
			}
			if r := resultOf(checks, c.check); r != c.result {
				t.Errorf("%s is %s, want %s", c.check, r, c.result)
			}
			if len(checks) != 6 {
				t.Errorf("%d checks", len(checks))
			}
			for _, k := range checks {
				if (k.Result == kiosk.CheckSuccessful) != (k.Reason == "") && k.Name != kiosk.CheckFaceTurn {
					t.Errorf("%s is %s with the reason %q", k.Name, k.Result, k.Reason)
				}
			}
		})
	}
}

func resultOf(checks []kiosk.Check, name kiosk.CheckName) kiosk.CheckResult {
	for _, c := range checks {
		if c.Name == name {
			return c.Result
		}
	}
	return ""
}

// The detector's reason stands in the check, never beside a success.
func TestLivenessReasonIsTheDetectors(t *testing.T) {
	for result, want := range map[kiosk.CheckResult]string{
		kiosk.CheckSuccessful: "", kiosk.CheckFailed: "why", kiosk.CheckUndetermined: "why", kiosk.CheckNotSupported: "why", "": "why",
	} {
		e := good()
		e.Liveness, e.LivenessWhy = result, "why"
		_, checks := Decide(e)
		for _, c := range checks {
			if c.Name == kiosk.CheckFaceLiveness && c.Reason != want {
				t.Errorf("%q: reason %q, want %q", result, c.Reason, want)
			}
		}
	}
}

// Over all combinations of good and bad: Verified in exactly one cell.
func TestDecideTruthTable(t *testing.T) {
	bad := []func(*Evidence){
		func(e *Evidence) { e.Score = .1 },
		func(e *Evidence) { e.Frames = 2 },
		func(e *Evidence) { e.MostFaces = 2 },
		func(e *Evidence) { e.Continuity = .1 },
		func(e *Evidence) { e.Liveness = kiosk.CheckFailed },
		func(e *Evidence) { e.Turn = kiosk.CheckUndetermined },
	}
	for set := range 1 << len(bad) {
		e := good()
		e.TurnAsked, e.Turn = true, kiosk.CheckSuccessful
		for i, f := range bad {
			if set&(1<<i) != 0 {
				f(&e)
			}
		}
		want := kiosk.Undetermined
		switch set {
		case 0:
			want = kiosk.Verified
		case 1, 1 | 1<<5: // a mismatch needs no turn
			want = kiosk.Refused
		}
		if got, _ := Decide(e); got != want {
			t.Errorf("combination %06b: %s, want %s", set, got, want)
		}
	}
}
