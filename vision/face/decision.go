package face

import (
	"math"

	"motcua/kiosk"
)

// Evidence is everything an attempt saw, as far as it matters to the verdict.
type Evidence struct {
	Described     bool              // the photo and the frames could be described by the recogniser
	Score         float64           // cosine of the fused frames and the photo
	Threshold     float64           // the score must be above it
	Frames        int               // good frames that entered the score
	Need          int               // how many are needed
	Repeats       int               // frames that showed the same picture as one before: a frozen or replayed stream
	MostFaces     int               // most prominent faces seen at once during the capture
	Continuity    float64           // lowest cosine between any two of the frames
	MinContinuity float64           // it must be above it
	Liveness      kiosk.CheckResult // of the liveness check
	LivenessWhy   string            // its reason, when the detector gave one
	LivenessRule  LivenessRule      // what it must be
	TurnAsked     bool              // a turn of the head is needed
	Turn          kiosk.CheckResult // of it
	TurnWhy       string            // how it went; of a success as well
	Hint          kiosk.FaceHint    // the last hint
}

// clearMiss is how far below the threshold a score must be to count as a clear mismatch; nearer ones are inconclusive.
const clearMiss = 0.08

// minNeed is the least number of frames a score may be fused from.
const minNeed = 5

// LivenessRule says what the liveness check must be for an attempt to be verified. An alarm never passes.
type LivenessRule string

// The rules. The zero value, and anything else, is [LivenessRequired].
const (
	LivenessRequired LivenessRule = "required" // successful
	LivenessAdvised  LivenessRule = "advise"   // successful, undetermined or not supported: the officer sees which in the evidence
)

// Decide turns the evidence of an attempt into its verdict and checks.
//
// Verified: all of match, quality, alone and continuity are successful, liveness is what its rule asks for (successful when
// required, and when advised also undecided or not supported), and the head was turned, where that is asked for. Refused: the match failed clearly while everything else was
// in order. Undetermined: everything else, and anything odd (NaN, a threshold outside 0..1, a score exactly at the threshold,
// a repeated picture, an alarm of the liveness check). The liveness check is independent of the match and is always listed.
func Decide(e Evidence) (kiosk.Verdict, []kiosk.Check) {
	match, quality, alone, live, cont, turn := e.match(), e.quality(), e.alone(), e.live(), e.continuity(), e.turn()
	checks := []kiosk.Check{match, quality, alone, live, cont, turn}
	good := quality.Result == kiosk.CheckSuccessful && alone.Result == kiosk.CheckSuccessful &&
		cont.Result == kiosk.CheckSuccessful && e.LivenessRule.lets(e.Liveness)
	switch {
	case good && match.Result == kiosk.CheckSuccessful && (!e.TurnAsked || turn.Result == kiosk.CheckSuccessful):
		return kiosk.Verified, checks
	case good && match.Result == kiosk.CheckFailed:
		return kiosk.Refused, checks
	}
	return kiosk.Undetermined, checks
}

func (e *Evidence) match() kiosk.Check {
	c := kiosk.Check{Name: kiosk.CheckFaceMatch, Result: kiosk.CheckUndetermined}
	switch {
	case !e.Described:
		c.Result, c.Reason = kiosk.CheckAborted, "no score was computed"
	case !(e.Threshold > 0 && e.Threshold < 1):
		c.Reason = "threshold out of range"
	case math.IsNaN(e.Score) || e.Score < -1.001 || e.Score > 1.001:
		c.Reason = "score is not a number"
	case e.Score > e.Threshold:
		c.Result = kiosk.CheckSuccessful
	case e.Score < e.Threshold-clearMiss:
		c.Result, c.Reason = kiosk.CheckFailed, "score clearly below the threshold"
	default:
		c.Reason = "score at or just below the threshold"
	}
	return c
}

func (e *Evidence) quality() kiosk.Check {
	c := kiosk.Check{Name: kiosk.CheckFaceQuality, Result: kiosk.CheckUndetermined}
	switch {
	case e.Repeats > 0:
		c.Reason = "the camera repeated a picture"
	case e.Need < minNeed || e.Frames < e.Need:
		c.Reason = "too few good frames"
		if e.Hint != kiosk.HintNone {
			c.Reason += ": " + string(e.Hint)
		}
	default:
		c.Result = kiosk.CheckSuccessful
	}
	return c
}

func (e *Evidence) alone() kiosk.Check {
	c := kiosk.Check{Name: kiosk.CheckFaceAlone, Result: kiosk.CheckUndetermined, Reason: "no face was seen"}
	switch {
	case e.MostFaces == 1:
		c.Result, c.Reason = kiosk.CheckSuccessful, ""
	case e.MostFaces > 1:
		c.Result, c.Reason = kiosk.CheckFailed, "more than one face during the capture"
	}
	return c
}

func (e *Evidence) live() kiosk.Check {
	c := kiosk.Check{Name: kiosk.CheckFaceLiveness, Result: e.Liveness}
	switch e.Liveness {
	case kiosk.CheckSuccessful:
		return c
	case kiosk.CheckFailed:
		c.Reason = "signs of a picture or mask instead of a person"
	case kiosk.CheckNotSupported:
		c.Reason = "no liveness detector is built in"
	default:
		c.Result, c.Reason = kiosk.CheckUndetermined, "liveness was not decided"
	}
	if e.LivenessWhy != "" {
		c.Reason = e.LivenessWhy
	}
	return c
}

// lets reports whether a result of the liveness check lets an attempt be decided by the rest.
func (r LivenessRule) lets(c kiosk.CheckResult) bool {
	switch c {
	case kiosk.CheckSuccessful:
		return true
	case kiosk.CheckUndetermined, kiosk.CheckNotSupported:
		return r == LivenessAdvised
	}
	return false
}

func (e *Evidence) continuity() kiosk.Check {
	c := kiosk.Check{Name: kiosk.CheckFaceContinuity, Result: kiosk.CheckUndetermined}
	switch {
	case math.IsNaN(e.Continuity) || !(e.MinContinuity > 0 && e.MinContinuity < 1):
		c.Reason = "the frames could not be compared with each other"
	case e.Continuity > e.MinContinuity:
		c.Result = kiosk.CheckSuccessful
	default:
		c.Result, c.Reason = kiosk.CheckFailed, "the person changed during the capture"
	}
	return c
}

// turn is asked for last, of those who would be verified without it; a mismatch needs none.
func (e *Evidence) turn() kiosk.Check {
	c := kiosk.Check{Name: kiosk.CheckFaceTurn, Result: kiosk.CheckUndetermined, Reason: e.TurnWhy}
	switch {
	case !e.TurnAsked:
		c.Result, c.Reason = kiosk.CheckNotSupported, "no turn of the head is asked for here"
	case e.Turn == "":
		c.Result, c.Reason = kiosk.CheckAborted, "no turn of the head was asked for: the look before it did not succeed"
	case e.Turn == kiosk.CheckSuccessful:
		c.Result = kiosk.CheckSuccessful
	case c.Reason == "":
		c.Reason = "was not seen to turn the head"
	}
	return c
}
