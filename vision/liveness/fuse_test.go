package liveness

import (
	"math"
	"testing"

	"motcua/kiosk"
)

var nan, inf = math.NaN(), math.Inf(1)

// calm are the cues of an ordinary genuine capture.
func calm() Cues {
	return Cues{Frames: 5, Real: .98, Near: .98, Wide: .98, Raster: 1.2, Edges: .5, Together: .01, Bands: .004, Grey: .1}
}

// Every row changes one thing, or says why more: what is not living with certainty is never successful.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Cues)
		want   kiosk.CheckResult
		cue    Cue
	}{
		{"genuine", func(*Cues) {}, kiosk.CheckSuccessful, CueNone},
		{"genuine who did not move", func(c *Cues) { c.Together = nan }, kiosk.CheckSuccessful, CueNone},
		{"genuine, far away: no spectrum", func(c *Cues) { c.Raster = nan }, kiosk.CheckSuccessful, CueNone},
		{"genuine, everything else unmeasured", func(c *Cues) {
			*c = Cues{Frames: 5, Real: .9, Raster: nan, Edges: nan, Together: nan, Bands: nan, Grey: nan}
		}, kiosk.CheckSuccessful, CueNone},
		{"genuine with grey hair and flickering lamps", func(c *Cues) { c.Grey, c.Bands = .42, .03 }, kiosk.CheckSuccessful, CueGrey},
		{"networks unsure", func(c *Cues) { c.Real = .40 }, kiosk.CheckSuccessful, CueNetworks},

		{"print", func(c *Cues) { c.Real, c.Edges, c.Together, c.Grey = .01, .97, .5, .25 }, kiosk.CheckFailed, CueNetworks},
		{"print that the networks take for a person", func(c *Cues) { c.Real, c.Edges, c.Together = .99, .95, .5 }, kiosk.CheckFailed, CueTogether},
		{"print without movement", func(c *Cues) { c.Real, c.Edges, c.Together, c.Grey = .99, .97, nan, .40 }, kiosk.CheckFailed, CueEdges},
		{"cut-out that the networks see", func(c *Cues) { c.Real, c.Grey = .12, .3 }, kiosk.CheckFailed, CueNetworks},
		{"screen by its raster", func(c *Cues) { c.Raster = 2.4 }, kiosk.CheckFailed, CueRaster},
		{"screen by its bezel and a faint raster", func(c *Cues) { c.Edges, c.Raster = 1, 1.68 }, kiosk.CheckFailed, CueEdges},
		{"replay", func(c *Cues) { c.Real, c.Raster, c.Bands, c.Together = .05, 3, .05, .4 }, kiosk.CheckFailed, CueNetworks},
		{"many weak signs", func(c *Cues) { c.Real, c.Grey, c.Bands, c.Raster = .45, .42, .05, 1.58 }, kiosk.CheckFailed, CueGrey},

		{"a window around the head", func(c *Cues) { c.Edges = 1 }, kiosk.CheckSuccessful, CueEdges},
		{"bands alone", func(c *Cues) { c.Bands = 1 }, kiosk.CheckSuccessful, CueBands},
		{"grey alone", func(c *Cues) { c.Grey = 1 }, kiosk.CheckSuccessful, CueGrey},

		{"score near the pass", func(c *Cues) { c.Real = .37 }, kiosk.CheckUndetermined, CueNetworks},
		{"score between", func(c *Cues) { c.Real = .33 }, kiosk.CheckUndetermined, CueNetworks},
		{"networks missing", func(c *Cues) { c.Real = nan }, kiosk.CheckNotSupported, CueNone},
		{"networks missing, an attack", func(c *Cues) { c.Real, c.Edges = nan, 1 }, kiosk.CheckNotSupported, CueNone},
		{"networks infinite", func(c *Cues) { c.Real = inf }, kiosk.CheckUndetermined, CueNone},
		{"networks above one", func(c *Cues) { c.Real = 1.01 }, kiosk.CheckUndetermined, CueNone},
		{"networks below zero", func(c *Cues) { c.Real = -.01 }, kiosk.CheckUndetermined, CueNone},
		{"edges infinite", func(c *Cues) { c.Edges = inf }, kiosk.CheckUndetermined, CueNone},
		{"raster negative infinite", func(c *Cues) { c.Raster = -inf }, kiosk.CheckUndetermined, CueNone},
		{"four frames", func(c *Cues) { c.Frames = 4 }, kiosk.CheckUndetermined, CueNone},
		{"four frames of an attack", func(c *Cues) { c.Frames, c.Real = 4, 0 }, kiosk.CheckUndetermined, CueNetworks},
		{"nothing at all", func(c *Cues) { *c = Cues{} }, kiosk.CheckUndetermined, CueNetworks},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := calm()
			c.change(&q)
			j := Judge(q)
			if j.Result != c.want || j.Cue != c.cue {
				t.Errorf("%s by %q, want %s by %q (score %.3f, %s)", j.Result, j.Cue, c.want, c.cue, j.Score, j.Reason)
			}
			if (j.Result == kiosk.CheckSuccessful) != (j.Reason == "") {
				t.Errorf("%s with the reason %q", j.Result, j.Reason)
			}
			if j.Result == kiosk.CheckSuccessful && !(j.Score > Pass && j.Score <= 1) {
				t.Errorf("successful with the score %v", j.Score)
			}
		})
	}
}

// A worse measure never makes the score better.
func TestJudgeIsMonotone(t *testing.T) {
	for _, r := range rules {
		last := 2.0
		for i := range 101 {
			q := calm()
			v := r.clear + (r.alarm-r.clear)*(float64(i)/50-.5)
			*field(&q, r.cue) = min(max(v, r.lowest), r.upper)
			j := Judge(q)
			if !(j.Score <= last) {
				t.Errorf("%s: score %v after %v", r.cue, j.Score, last)
			}
			last = j.Score
		}
		if r.weight >= .5 && !(last < Alarm) {
			t.Errorf("%s in full leaves the score at %v", r.cue, last)
		}
	}
}

func field(c *Cues, cue Cue) *float64 {
	return map[Cue]*float64{
		CueNetworks: &c.Real, CueRaster: &c.Raster, CueEdges: &c.Edges, CueTogether: &c.Together, CueBands: &c.Bands, CueGrey: &c.Grey,
	}[cue]
}

// A watch without networks, or that saw nothing, never gives a pass.
func TestEmptyWatchIsNotSupported(t *testing.T) {
	for name, w := range map[string]*Watch{"no networks": (&Detector{}).Watch(), "no frames": {nets: &Nets{}}} {
		score, result, reason := w.Result()
		if !math.IsNaN(score) || result != kiosk.CheckNotSupported || reason == "" {
			t.Errorf("%s: %v %s %q", name, score, result, reason)
		}
	}
}
