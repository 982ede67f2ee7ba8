package face

import (
	"context"
	"errors"
	"maps"
	"math"
	"time"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
)

// Opts are a matcher's settings. Zero values mean the defaults.
type Opts struct {
	Threshold     float64       // set by the operator; default the manifest's for FAR
	FAR           string        // false accept rate of the default threshold; default [DefaultFAR]
	Frames        int           // good frames that are fused; default and least 5
	Spread        time.Duration // least time between two of them; default 150 ms
	MinContinuity float64       // lowest cosine between two frames of one person; default 0.55
	Gates         Gates         // default [DefaultGates]
	MaxGone       time.Duration // longest time without a face before the capture begins anew; default 1 s

	// Liveness says whether an attempt can be verified without a successful liveness check; default [LivenessRequired]: without
	// a detector, or while its models are missing, every attempt is then undetermined and goes to the officer. With
	// [LivenessAdvised] a check that was not made, or not decided, is only listed. An alarm stops both.
	Liveness LivenessRule
	// Watch begins the liveness detector's look at one attempt. nil: there is no detector, the check is not_supported.
	Watch func() Liveness

	// Turn begins to ask for a turn of the head, after all else was found in order. nil: none is asked for.
	Turn func(at time.Time) Turn

	LivenessPass   float64           // what its score must exceed, for the evidence
	LivenessModels map[string]string // SHA-256 of its model files by name, for the evidence
}

// Liveness looks at the good frames of one attempt for signs that a picture is held before the camera (package
// vision/liveness). It is used by one goroutine.
//
// SeeFace is lent a frame and where the largest face stands in it: box is x, y, width and height, marks are x and y of the five
// landmarks in the detector's order, all in pixels. Reset forgets the frames. Result gives the graded score 0..1 (NaN when not
// run), the check's result, and its reason unless it is successful.
type Liveness interface {
	SeeFace(m *gocv.Mat, box [4]float64, marks [5][2]float64) error
	Reset()
	Result() (score float64, result kiosk.CheckResult, reason string)
}

// Turn asks the person for a turn of the head (package vision/liveness). It is used by one goroutine.
//
// See is told of a frame: its landmarks, x and y in pixels in the detector's order, nil without exactly one face; how much that face
// is the one that was compared (a cosine); and whether it looks straight and well lit. It gives what to ask of the person now,
// HintNone for nothing new, and whether it is over. Result gives the check's result and how it went.
type Turn interface {
	See(at time.Time, marks *[5][2]float64, same float64, good bool) (ask kiosk.FaceHint, over bool)
	Result() (result kiosk.CheckResult, how string)
}

func (o Opts) filled() Opts {
	if o.FAR == "" {
		o.FAR = DefaultFAR
	}
	if o.Spread == 0 {
		o.Spread = 150 * time.Millisecond
	}
	if o.MinContinuity == 0 {
		o.MinContinuity = 0.55
	}
	if o.Gates == (Gates{}) {
		o.Gates = DefaultGates()
	}
	if o.MaxGone == 0 {
		o.MaxGone = time.Second
	}
	o.Frames = max(o.Frames, minNeed)
	return o
}

// Matcher compares the person in front of a camera with a photo; it is the [kiosk.FaceMatcher] of a kiosk.
type Matcher struct {
	engine *Engine
	err    error // why there is no engine or threshold
	feed   vision.Feed
	opts   Opts
}

var _ kiosk.FaceMatcher = (*Matcher)(nil)

// NewMatcher makes a matcher on a camera. engine and err are what [Open] gave: without an engine the matcher is not ready, for
// that reason, and the kiosk runs on.
func NewMatcher(engine *Engine, err error, feed vision.Feed, opts Opts) *Matcher {
	m := &Matcher{engine: engine, err: err, feed: feed, opts: opts.filled()}
	if engine == nil && err == nil {
		m.err = kiosk.Errorf(kiosk.CodeModelMissing, "open models", "run make models", "no models")
	}
	if m.err == nil && m.opts.Threshold == 0 {
		m.opts.Threshold, m.err = engine.model.Threshold(m.opts.FAR)
	}
	return m
}

// Ready tells whether an attempt can be made; see [kiosk.FaceMatcher].
func (m *Matcher) Ready(context.Context) error {
	if m.err != nil {
		return m.err
	}
	return m.feed.Ready()
}

// Threshold is the score that must be exceeded; 0 while the matcher is not ready.
func (m *Matcher) Threshold() float64 { return m.opts.Threshold }

// errDone ends the watching when the attempt has what it needs.
var errDone = errors.New("attempt complete")

// Match makes one attempt; see [kiosk.FaceMatcher].
//
// The attempt first waits until one person stands well; the capture proper begins with the first good frame. From then on a
// second face ends it undetermined, and a person who leaves makes it begin anew. The result of an attempt that ended with a
// camera error is Undetermined, beside the error.
func (m *Matcher) Match(ctx context.Context, photo kiosk.Image, hint func(kiosk.FaceHint)) (kiosk.FaceResult, error) {
	begun := time.Now()
	a := &attempt{engine: m.engine, opts: m.opts, tell: hint, hint: kiosk.HintNoFace}
	defer a.close()
	if m.opts.Watch != nil {
		a.live = m.opts.Watch()
	}
	err := m.watch(ctx, a, photo)
	r := a.result()
	r.Duration = time.Since(begun)
	if m.engine != nil {
		r.Model, r.Models = m.engine.model.SHA256, m.engine.Models()
	}
	if !math.IsNaN(r.Liveness) && r.Models != nil {
		r.LivenessPass = m.opts.LivenessPass
		maps.Copy(r.Models, m.opts.LivenessModels)
	}
	return r, err
}

func (m *Matcher) watch(ctx context.Context, a *attempt, photo kiosk.Image) error {
	if m.err != nil {
		return m.err
	}
	var err error
	if a.photo, err = m.engine.Photo(photo.Data); err != nil {
		return err
	}
	err = m.feed.Watch(ctx, a.see)
	switch {
	case errors.Is(err, errDone):
		return nil
	case err != nil && ctx.Err() != nil:
		return m.feed.Ready() // an unplugged camera is not the person's failed try
	}
	return err
}

// result turns what the attempt saw into a FaceResult.
func (a *attempt) result() kiosk.FaceResult {
	e := a.evidence()
	r := kiosk.FaceResult{Score: e.Score, Threshold: e.Threshold, Frames: e.Frames, Best: a.bestJPEG()}
	r.Liveness, _, _ = a.liveness()
	r.Verdict, r.Checks = Decide(e)
	if r.Verdict == kiosk.Undetermined {
		r.Hint = a.hint
	}
	return r
}
