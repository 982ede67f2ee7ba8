package face

import (
	"hash/maphash"
	"math"
	"time"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
)

const bestQuality = 90 // JPEG quality of the frame kept for the officer

var frameSeed = maphash.MakeSeed()

// attempt is one attempt's memory. It is used by one goroutine.
type attempt struct {
	engine *Engine
	opts   Opts
	tell   func(kiosk.FaceHint)
	photo  Embedding
	live   Liveness  // nil: no detector
	blind  int       // frames that the detector could not look at
	turn   Turn      // nil until a turn of the head is asked for
	face   Embedding // whose turn it is

	hint   kiosk.FaceHint // what applies now
	told   bool           // hint has been told
	asked  kiosk.FaceHint // what the last frame would say; told when a second frame agrees
	frames []Embedding    // of the good frames, in order
	last   time.Time      // of the last good frame
	move   mover
	seen   time.Time // when a face was last seen
	most   int       // faces at once since the capture began
	again  int       // frames that repeated a picture
	sums   map[uint64]bool
	best   gocv.Mat // owned here
	grade  float64  // of best
}

// close frees the picture and forgets the faces. It may be called twice.
func (a *attempt) close() {
	a.dropBest()
	clear(a.photo)
	clear(a.face)
	for _, e := range a.frames {
		clear(e)
	}
	a.frames = nil
}

func (a *attempt) dropBest() {
	vision.CloseAll([]gocv.Mat{a.best})
	a.best = gocv.Mat{}
}

// see looks at one frame; errDone ends the attempt.
func (a *attempt) see(f *vision.Frame) error {
	if a.repeated(&f.Mat) {
		a.again++
		return nil
	}
	faces, err := a.engine.Detect(&f.Mat)
	if err != nil {
		return asCameraFault(err)
	}
	if a.turn != nil {
		return a.turning(f, faces)
	}
	if len(faces) == 0 {
		a.nobody(f.At, emptyHint(&f.Mat))
		return nil
	}
	a.seen = f.At
	aligned, err := a.engine.Align(&f.Mat, &faces[0])
	if err != nil { // landmarks fell together: not a face to work with
		a.say(kiosk.HintTurned)
		return nil
	}
	defer aligned.Close()
	facts, err := measure(&f.Mat, faces, &aligned)
	if err != nil {
		return asCameraFault(err)
	}
	facts.Moved = a.move.see(&faces[0], f.At)
	return a.judge(f, facts, &faces[0])
}

// judge decides what a frame with a face is good for.
func (a *attempt) judge(f *vision.Frame, facts Facts, at *Face) error {
	h := a.opts.Gates.Hint(facts)
	a.keep(&f.Mat, facts, h)
	if len(a.frames) > 0 && facts.Faces > 1 {
		a.most = max(a.most, facts.Faces)
		a.now(kiosk.HintManyFaces)
		return errDone
	}
	a.say(h)
	if h != kiosk.HintNone || f.At.Sub(a.last) < a.opts.Spread {
		return nil
	}
	e, _, err := a.engine.Describe(&f.Mat, at)
	if err != nil {
		return asCameraFault(err)
	}
	a.frames, a.last, a.most = append(a.frames, e), f.At, max(a.most, facts.Faces)
	a.watch(&f.Mat, at)
	if len(a.frames) >= a.opts.Frames {
		return a.ask(f.At)
	}
	return nil
}

// watch shows a good frame to the liveness detector. A frame that it cannot look at leaves the check undecided.
func (a *attempt) watch(m *gocv.Mat, f *Face) {
	if a.live == nil {
		return
	}
	if a.live.SeeFace(m, [4]float64{f.X, f.Y, f.W, f.H}, f.plain()) != nil {
		a.blind++
	}
}

// liveness is what the detector says of the capture.
func (a *attempt) liveness() (score float64, result kiosk.CheckResult, reason string) {
	if a.live == nil {
		return math.NaN(), kiosk.CheckNotSupported, ""
	}
	score, result, reason = a.live.Result()
	if result == kiosk.CheckSuccessful && (a.blind > 0 || !(score > 0 && score <= 1)) {
		return score, kiosk.CheckUndetermined, ""
	}
	return score, result, reason
}

// nobody notes a frame without a face; when that lasts, the capture begins anew.
func (a *attempt) nobody(at time.Time, why kiosk.FaceHint) {
	if at.Sub(a.seen) > a.opts.MaxGone {
		a.frames, a.most = nil, 0
		if a.live != nil {
			a.live.Reset()
			a.blind = 0
		}
	}
	a.say(why)
}

// repeated reports whether this very picture was seen before in this attempt.
func (a *attempt) repeated(m *gocv.Mat) bool {
	pix, err := m.DataPtrUint8()
	if err != nil || len(pix) == 0 {
		return true
	}
	if a.sums == nil {
		a.sums = map[uint64]bool{}
	}
	s := maphash.Bytes(frameSeed, pix)
	if a.sums[s] {
		return true
	}
	a.sums[s] = true
	return false
}

// say tells a hint when two frames in a row agree on it, so that guidance does not flicker.
func (a *attempt) say(h kiosk.FaceHint) {
	agreed := a.asked == h
	a.asked = h
	if agreed && (!a.told || h != a.hint) {
		a.now(h)
	}
}

func (a *attempt) now(h kiosk.FaceHint) {
	a.hint, a.told = h, true
	if a.tell != nil {
		a.tell(h)
	}
}

// keep keeps the best frame so far: a usable one rather than another, then the sharper and straighter.
func (a *attempt) keep(m *gocv.Mat, f Facts, h kiosk.FaceHint) {
	grade := math.Sqrt(max(f.Sharpness, 0)) * (1 - min(math.Abs(f.Yaw), 0.9)) * min(f.EyePart, 0.3)
	if h == kiosk.HintNone {
		grade += 1000
	}
	if !(grade > a.grade) {
		return
	}
	a.dropBest()
	a.best, a.grade = m.Clone(), grade
}

func (a *attempt) bestJPEG() kiosk.Image {
	if vision.IsZero(&a.best) {
		return kiosk.Image{}
	}
	img, err := vision.EncodeJPEG(&a.best, bestQuality)
	if err != nil {
		return kiosk.Image{}
	}
	return img
}

func (a *attempt) evidence() Evidence {
	e := Evidence{
		Described: a.photo != nil && len(a.frames) > 0, Score: math.NaN(), Threshold: a.opts.Threshold,
		Frames: len(a.frames), Need: a.opts.Frames, Repeats: a.again, MostFaces: a.most,
		Continuity: mutual(a.frames), MinContinuity: a.opts.MinContinuity,
		LivenessRule: a.opts.Liveness, Hint: a.hint, TurnAsked: a.opts.Turn != nil,
	}
	if a.turn != nil {
		e.Turn, e.TurnWhy = a.turn.Result()
	}
	_, e.Liveness, e.LivenessWhy = a.liveness()
	if a.most == 0 && a.hint == kiosk.HintManyFaces { // the capture never began because somebody else was there
		e.MostFaces = 2
	}
	if e.Described {
		e.Score = Agreement(a.frames, a.photo)
	}
	return e
}

// mutual is the lowest cosine between any two of the frames; NaN with fewer than two.
func mutual(es []Embedding) float64 {
	low := math.NaN()
	for i := range es {
		for j := i + 1; j < len(es); j++ {
			if c := es[i].Cosine(es[j]); math.IsNaN(c) {
				return c
			} else if math.IsNaN(low) || c < low {
				low = c
			}
		}
	}
	return low
}

func asCameraFault(err error) error {
	return kiosk.Errorf(kiosk.CodeCameraFault, "look at frame", "run kioskctl doctor; restart kioskd when it stays", "%w", err)
}
