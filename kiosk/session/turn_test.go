package session

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"motcua/kiosk"
)

// toNumber goes to where the number of a card on the reader is asked for.
func (b *bench) toNumber(t *testing.T) {
	t.Helper()
	b.do(t, Home, IntentStart)
	b.do(t, Consent, IntentSubmit)
	b.do(t, ProcSearch, IntentAgree, "chip", "on", "camera", "on")
	b.do(t, ProcDetail, IntentPick, "code", birth.Code)
	b.do(t, ForWhom, IntentProceed)
	b.do(t, CardPlace, IntentFor, "who", "self")
	b.card <- true
	b.at(t, CardNumber)
}

// asks is a matcher that asks for turns of the head, three seconds apart, and then decides.
func asks(v kiosk.Verdict, last kiosk.FaceHint, hints ...kiosk.FaceHint) func(context.Context, func(kiosk.FaceHint)) kiosk.FaceResult {
	return func(ctx context.Context, tell func(kiosk.FaceHint)) kiosk.FaceResult {
		for _, h := range hints {
			tell(h)
			select {
			case <-time.After(3 * time.Second):
			case <-ctx.Done():
				return kiosk.FaceResult{Verdict: kiosk.Undetermined, Hint: h}
			}
		}
		return kiosk.FaceResult{Verdict: v, Hint: last, Best: kiosk.Image{Data: []byte("face")}}
	}
}

func (b *bench) state() (s State) {
	b.View(func(v *View) { s = v.State })
	return s
}

func TestWhoTurnsTheHeadGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.match = asks(kiosk.Verified, kiosk.HintNone, kiosk.HintTurnLeft, kiosk.HintTurnBack)
		b.toNumber(t)
		b.do(t, FaceTurn, IntentNumber, "number", "999201012345")
		if s := b.state(); s.Turn != kiosk.HintTurnLeft || s.FaceTries != 0 {
			t.Errorf("%+v", s)
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if s := b.state(); s.Screen != FaceTurn || s.Turn != kiosk.HintTurnBack {
			t.Errorf("%+v", s)
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		b.at(t, Who)
		if n := len(b.said); !slices.Equal(b.said[n-3:], []string{"hint_turn_left", "hint_turn_back", "confirm"}) {
			t.Errorf("said %v", b.said)
		}
	})
}

func TestWhoIsNotSeenToTurnGoesToTheOfficer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.match = asks(kiosk.Undetermined, kiosk.HintTurnRight, kiosk.HintTurnLeft, kiosk.HintTurnBack, kiosk.HintTurnRight)
		b.toNumber(t)
		b.do(t, FaceTurn, IntentNumber, "number", "999201012345")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		b.at(t, Officer)
		if s := b.state(); s.Reason != kiosk.CodeFaceUnturned || s.Face != kiosk.Undetermined {
			t.Errorf("%+v", s)
		}
	})
}

func TestWhoCannotTurnTheHeadAsksForTheOfficer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.match = asks(kiosk.Verified, kiosk.HintNone, kiosk.HintTurnLeft)
		b.toNumber(t)
		b.do(t, FaceTurn, IntentNumber, "number", "999201012345")
		b.do(t, Officer, IntentOfficer)
		time.Sleep(10 * time.Second) // what the camera says now is of nobody
		synctest.Wait()
		b.at(t, Officer)
	})
}

// A matcher that never ends is ended: a look after faceTry, a turn turnTry after it was last asked for.
func TestATurnHasItsOwnTime(t *testing.T) {
	for name, c := range map[string]struct {
		hints []kiosk.FaceHint
		want  time.Duration
		code  kiosk.Code
	}{
		"look": {[]kiosk.FaceHint{kiosk.HintTooFar}, faceTry, ""},
		"turn": {[]kiosk.FaceHint{kiosk.HintTurnLeft, kiosk.HintTurnBack}, 3*time.Second + turnTry, kiosk.CodeFaceUnturned},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				var took time.Duration
				b.match = func(ctx context.Context, tell func(kiosk.FaceHint)) kiosk.FaceResult {
					begun := time.Now()
					r := asks(kiosk.Verified, kiosk.HintNone, c.hints...)(ctx, tell)
					<-ctx.Done()
					took = time.Since(begun)
					r.Verdict, r.Hint = kiosk.Undetermined, c.hints[len(c.hints)-1]
					return r
				}
				b.toNumber(t)
				var turn uint64
				b.View(func(v *View) { turn = v.Turn })
				b.Post(Intent{Name: IntentNumber, Turn: turn, Values: map[string]string{"number": "999201012345"}})
				time.Sleep(30 * time.Second)
				synctest.Wait()
				if s := b.state(); took != c.want || s.Reason != c.code || s.FaceTries != 1 {
					t.Errorf("ended after %v on %s with %q", took, s.Screen, s.Reason)
				}
			})
		})
	}
}
