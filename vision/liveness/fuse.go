package liveness

import (
	"math"

	"motcua/kiosk"
)

// Cues are the measures of one capture. NaN means: could not be measured.
type Cues struct {
	Frames   int
	Real     float64 // how sure the networks are of a living person, 0..1: the median over frames of their mean
	Near     float64 // of the first network alone
	Wide     float64 // of the second
	Raster   float64 // strongest peak of the spectrum, log10 of its power over its surroundings
	Edges    float64 // straight edges around the face, 0..1
	Together float64 // part of the surroundings that moves along with the face, 0..1
	Bands    float64 // depth of bands that run over the face
	Grey     float64 // darkest over brightest tone of head and hair
}

// Cue names a measure.
type Cue string

// The cues.
const (
	CueNone     Cue = ""
	CueNetworks Cue = "networks"
	CueRaster   Cue = "raster"
	CueEdges    Cue = "edges"
	CueTogether Cue = "together"
	CueBands    Cue = "bands"
	CueGrey     Cue = "grey"
)

// rule says how one measure counts: nothing at clear, in full at alarm (which may be the lower), and how far a full alarm takes
// the score down. A weight of one half or more can fail a capture alone.
type rule struct {
	cue           Cue
	value         func(*Cues) float64
	clear, alarm  float64
	weight        float64
	lowest, upper float64 // what the measure can be at all
	reason        string
}

// rules were chosen on clips that TestAttacks does not count. Edges, bands and grey are weak: they only add to others, because
// halls have windows and doors, and faces and hair have shades. The networks' limit stands higher than those clips ask for (no
// composed attack on a screen needs more than .2): true photographs of prints are known that they give .37 and .41.
var rules = []rule{
	{CueNetworks, func(c *Cues) float64 { return c.Real }, .65, .10, 1, 0, 1, "signs of a picture: the networks"},
	{CueRaster, func(c *Cues) float64 { return c.Raster }, 1.5, 1.9, .9, 0, 20, "signs of a picture: raster of a screen or print"},
	{CueEdges, func(c *Cues) float64 { return c.Edges }, .84, .94, .45, 0, 1, "signs of a picture: edges of a sheet or screen"},
	{CueTogether, func(c *Cues) float64 { return c.Together }, .07, .14, .9, 0, 1, "signs of a picture: surroundings move with the face"},
	{CueBands, func(c *Cues) float64 { return c.Bands }, .02, .06, .3, 0, 10, "signs of a picture: bands run over the face"},
	{CueGrey, func(c *Cues) float64 { return c.Grey }, .22, .42, .4, 0, 1, "signs of a picture: no deep black"},
}

// The score must be above Pass for a capture to count as living; below Alarm it counts as an attack. Between the two, and at
// either, nothing is decided.
const (
	Pass  = 0.5
	Alarm = 0.4
)

// MinFrames is the least number of frames that are decided on.
const MinFrames = 5

// Judgement is what the cues of a capture say.
type Judgement struct {
	Score  float64 // 0..1, 1 is a living person; NaN when there is none
	Result kiosk.CheckResult
	Cue    Cue    // the one that took the score down most; CueNone when none did
	Reason string // empty when successful
}

// Judge fuses the cues of a capture: the score is the product of what each cue leaves of it. It is pure.
//
// Without the networks it is not_supported: the other cues alone would let too much through. A cue that could not be measured
// takes nothing away, one that is not a possible number leaves everything undetermined.
func Judge(c Cues) Judgement {
	j := JudgeStill(c)
	if c.Frames < MinFrames && j.Result != kiosk.CheckNotSupported {
		j.Result, j.Reason = kiosk.CheckUndetermined, "too few frames for liveness"
	}
	return j
}

// JudgeStill is [Judge] for single pictures, for the technician's tool: it does not ask for frames.
func JudgeStill(c Cues) Judgement {
	j := Judgement{Score: math.NaN(), Result: kiosk.CheckUndetermined}
	if math.IsNaN(c.Real) {
		j.Result, j.Reason = kiosk.CheckNotSupported, "liveness models missing"
		return j
	}
	score, most, reason := 1.0, 0.0, "liveness was not decided"
	for _, r := range rules {
		v := r.value(&c)
		if math.IsNaN(v) {
			continue
		}
		if v < r.lowest || v > r.upper {
			j.Reason = "liveness measures out of range"
			return j
		}
		down := r.weight * min(1, max(0, (v-r.clear)/(r.alarm-r.clear)))
		score *= 1 - down
		if down > most {
			most, j.Cue, reason = down, r.cue, r.reason
		}
	}
	j.Score = score
	switch {
	case score > Pass:
		j.Result = kiosk.CheckSuccessful
	case score < Alarm:
		j.Result, j.Reason = kiosk.CheckFailed, reason
	default:
		j.Reason = reason
	}
	return j
}
