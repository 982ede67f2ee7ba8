package session

import (
	"testing"
	"testing/synctest"
	"time"

	"motcua/kiosk"
)

// late posts an intent as a page would that has not yet been told of the latest change.
func (b *bench) late(t *testing.T, turn uint64, want Screen, name string, kv ...string) {
	t.Helper()
	in := Intent{Name: name, Turn: turn, Values: map[string]string{}}
	for i := 0; i+1 < len(kv); i += 2 {
		in.Values[kv[i]] = kv[i+1]
	}
	b.Post(in)
	b.at(t, want)
}

func (b *bench) turnShown() (turn uint64) {
	b.View(func(v *View) { turn = v.Turn })
	return turn
}

func TestADeviceBesideDoesNotSwallowAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.Close()
		b.toForm(t)
		b.do(t, Form, IntentAnswer)
		turn := b.turnShown()
		b.card <- false // the card is taken while the finger is on its way
		synctest.Wait()
		b.late(t, turn, Form, IntentAnswer, "value", "0912 345 678")
		b.View(func(v *View) {
			if a := v.Visit.Answer("phone"); a == nil || a.Value != "0912345678" {
				t.Errorf("the answer was dropped: %+v", v.State)
			}
		})
		b.late(t, turn, Form, IntentAnswer, "value", "0") // the second half of a double tap still is one
		b.View(func(v *View) {
			if v.Visit.Invalid != "" {
				t.Error("a double tap answered the next question")
			}
		})
	})
}

func TestATouchOnItsWayCounts(t *testing.T) {
	for name, c := range map[string]struct {
		intent  string
		after   time.Duration
		overlay Overlay
	}{
		"help":            {IntentHelp, 300 * time.Millisecond, Help},
		"exit":            {IntentExit, 300 * time.Millisecond, ExitAsk},
		"too late":        {IntentHelp, 2 * time.Second, NoOverlay},
		"means something": {IntentYes, 300 * time.Millisecond, NoOverlay},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &patient{tells: make(chan kiosk.FaceResult)}
				b := newBench(t, func(p *Ports) { p.Face = m })
				defer b.Close()
				b.toFace(t)
				turn := b.turnShown()
				m.tells <- kiosk.FaceResult{Verdict: kiosk.Verified}
				synctest.Wait()
				time.Sleep(c.after)
				b.late(t, turn, Who, c.intent)
				b.View(func(v *View) {
					if v.State.Overlay != c.overlay {
						t.Errorf("%q lies over the screen, want %q", v.State.Overlay, c.overlay)
					}
				})
			})
		})
	}
}

func TestATouchUnderTheWarningCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.Close()
		b.toForm(t)
		b.do(t, Form, IntentAnswer)
		turn := b.turnShown()
		time.Sleep(Delays[Form] + 100*time.Millisecond)
		b.View(func(v *View) {
			if v.State.Overlay != Warning {
				t.Fatalf("%+v", v.State)
			}
		})
		b.late(t, turn, Form, IntentAnswer, "value", "0912 345 678")
		b.View(func(v *View) {
			if a := v.Visit.Answer("phone"); a == nil || v.State.Overlay != NoOverlay {
				t.Errorf("the answer was dropped: %+v", v.State)
			}
		})
	})
}
