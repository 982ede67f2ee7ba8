package face

import (
	"math"
	"time"

	"motcua/kiosk"
	"motcua/vision"
)

// ask ends the attempt, or asks for a turn of the head of a person who would be verified with it.
func (a *attempt) ask(at time.Time) error {
	e := a.evidence()
	e.Turn = kiosk.CheckSuccessful
	if v, _ := Decide(e); v != kiosk.Verified || !e.TurnAsked {
		return errDone
	}
	a.turn, a.face = a.opts.Turn(at), Fuse(a.frames)
	return nil
}

// turning looks at one frame while the head should turn. The straight look that ends it is compared like the frames before, so that
// who turned is who was compared.
func (a *attempt) turning(f *vision.Frame, faces []Face) error {
	if n := prominent(faces); n > 1 {
		a.most = n
		a.now(kiosk.HintManyFaces)
		return errDone
	}
	var marks *[5][2]float64
	var e Embedding
	same, good := math.NaN(), false
	if len(faces) > 0 {
		var err error
		if e, good, err = a.glance(f, faces); err != nil {
			return err
		}
		plain := faces[0].plain()
		marks, same = &plain, e.Cosine(a.face)
	}
	ask, over := a.turn.See(f.At, marks, same, good)
	if ask != kiosk.HintNone && ask != a.hint {
		a.now(ask)
	}
	if !over {
		return nil
	}
	if result, _ := a.turn.Result(); result == kiosk.CheckSuccessful && e != nil {
		a.frames = append(a.frames, e)
		a.now(kiosk.HintNone)
	}
	return errDone
}

// glance describes the face of a frame and says whether the frame is as good as those that are compared. A face that cannot be
// described is nobody's.
func (a *attempt) glance(f *vision.Frame, faces []Face) (e Embedding, good bool, err error) {
	aligned, err := a.engine.Align(&f.Mat, &faces[0])
	if err != nil { // landmarks fell together, as of a head turned far
		return nil, false, nil
	}
	defer aligned.Close()
	facts, err := measure(&f.Mat, faces, &aligned)
	if err != nil {
		return nil, false, asCameraFault(err)
	}
	facts.Moved = a.move.see(&faces[0], f.At)
	if e, _, err = a.engine.Describe(&f.Mat, &faces[0]); err != nil {
		return nil, false, asCameraFault(err)
	}
	return e, a.opts.Gates.Hint(facts) == kiosk.HintNone, nil
}

// plain gives the landmarks as packages that do not know this one take them.
func (f *Face) plain() (marks [5][2]float64) {
	for i, p := range f.Marks {
		marks[i] = [2]float64{p.X, p.Y}
	}
	return marks
}
