package liveness

import (
	"math"
	"testing"
	"time"

	"motcua/kiosk"
)

// head are the landmarks of a head of five points in space, the nose before the others, turned about an axis that leans, and seen by
// a distant camera. depth 0 is a flat picture.
func head(turn, lean, depth float64) (marks [5]Point) {
	for i, p := range [5][3]float64{{-50, -40, 0}, {50, -40, 0}, {0, 15, depth}, {-40, 60, 0}, {40, 60, 0}} {
		c, s := math.Cos(lean), math.Sin(lean)
		across, along, z := p[0]*c+p[1]*s, -p[0]*s+p[1]*c, p[2]
		across = across*math.Cos(turn) + z*math.Sin(turn)
		marks[i] = Point{200 + across*c - along*s, 230 + across*s + along*c}
	}
	return marks
}

const noseDepth = 45 // of eyes 100 apart

// play shows a challenge n frames of one posture, 100 ms apart.
func play(c Challenge, at *time.Time, n int, turn, depth float64) Challenge {
	for range n {
		*at = at.Add(100 * time.Millisecond)
		c = c.Next(Glance{At: *at, Seen: true, Marks: head(turn, 0, depth), Same: .8, Good: math.Abs(turn) < .2})
	}
	return c
}

// towards is how far the head turns, in the picture, to do what is asked: a person's left is the picture's right.
func towards(s Side) float64 {
	if s == Left {
		return .5
	}
	return -.5
}

// other is the other side.
func other(s Side) Side {
	if s == Left {
		return Right
	}
	return Left
}

func TestAHeadPasses(t *testing.T) {
	sides := map[Side]int{}
	for range 64 {
		at := clipStart
		c := NewChallenge(at)
		if c = play(c, &at, 2, 0, noseDepth); c.Stage != StageTurn {
			t.Fatalf("after a straight look: %s", c.Stage)
		}
		sides[c.Asked()]++
		if c = play(c, &at, 3, towards(c.Asked()), noseDepth); c.Stage != StageBack || c.hint() != kiosk.HintTurnBack {
			t.Fatalf("after the turn: %s, %s", c.Stage, c.hint())
		}
		if c = play(c, &at, 2, 0, noseDepth); c.Stage != StagePassed {
			t.Fatalf("straight again: %s", c.Stage)
		}
		if result, why := c.Result(); result != kiosk.CheckSuccessful || why == "" {
			t.Errorf("%s, %q", result, why)
		}
		if play(c, &at, 3, .5, noseDepth) != c {
			t.Error("something happened after the end")
		}
	}
	if sides[Left] < 10 || sides[Right] < 10 {
		t.Errorf("the sides drawn: %v", sides)
	}
}

// A flat picture makes no turn, however it is held, also turned so far that a face could hardly be seen.
func TestAFlatPictureDoesNotTurn(t *testing.T) {
	straight := head(0, 0, 0)
	was, ok := PoseOf(&straight)
	if !ok {
		t.Fatal("no pose")
	}
	for _, lean := range []float64{-.9, -.4, 0, .4, .9} {
		for turn := -1.3; turn <= 1.3; turn += .1 {
			flat := head(turn, lean, 0)
			p, ok := PoseOf(&flat)
			if !ok {
				continue // the landmarks fall together
			}
			nose, facing := p.From(was)
			if math.Abs(nose) > 1e-9 || math.Abs(facing-math.Cos(turn)) > 1e-9 {
				t.Errorf("turned by %.1f, leaning %.1f: nose %.3f, facing %.3f", turn, lean, nose, facing)
			}
			deep := head(turn, 0, noseDepth)
			if p, ok = PoseOf(&deep); ok {
				if nose, _ = p.From(was); math.Abs(nose-.45*math.Tan(turn)) > .01 {
					t.Errorf("a head turned by %.1f: nose %.3f", turn, nose)
				}
			}
		}
	}
	if _, ok := PoseOf(&[5]Point{}); ok {
		t.Error("landmarks that fall together were read")
	}
}

// A bent picture has a little depth: it would have to be turned so far that it no longer faces the camera.
func TestABentPictureMustTurnTooFar(t *testing.T) {
	for turn := .05; turn < 1.4; turn += .05 {
		at := clipStart
		c := play(NewChallenge(at), &at, 2, 0, 15)
		if c.Asked() == Right {
			turn = -turn
		}
		if c = play(c, &at, 5, turn, 15); c.Stage != StageTurn {
			t.Fatalf("turned by %.2f it came to %s", turn, c.Stage)
		}
		turn = math.Abs(turn)
	}
}

func TestASecondChance(t *testing.T) {
	at := clipStart
	c := play(NewChallenge(at), &at, 2, 0, noseDepth)
	c = play(c, &at, 2, towards(other(c.Asked())), noseDepth)
	if c.Stage != StageStraight || c.Tries != 2 || c.hint() != kiosk.HintTurnBack {
		t.Fatalf("after a turn to the other side: %s, try %d", c.Stage, c.Tries)
	}
	c = play(c, &at, 2, 0, noseDepth)
	passed := play(play(c, ptr(at), 2, towards(c.Asked()), noseDepth), ptr(at.Add(time.Second)), 2, 0, noseDepth)
	if result, why := passed.Result(); result != kiosk.CheckSuccessful || why != "turned the head as asked at the second try" {
		t.Errorf("%s, %q", result, why)
	}
	c = play(c, &at, 2, towards(other(c.Asked())), noseDepth)
	if result, why := c.Result(); c.Stage != StageMissed || result != kiosk.CheckUndetermined || why != "turned the head to the other side" {
		t.Errorf("%s: %s, %q", c.Stage, result, why)
	}
}

func ptr[T any](v T) *T { return &v }

// Who never turns has two chances, and no longer than a minute altogether.
func TestWhoDoesNotTurnMisses(t *testing.T) {
	at := clipStart
	c := NewChallenge(at)
	asked := 0
	for !c.Over() {
		was := c.Stage
		if c = play(c, &at, 1, 0, noseDepth); c.Stage == StageTurn && was != StageTurn {
			asked++
		}
		if at.Sub(clipStart) > time.Minute {
			t.Fatal("it does not end")
		}
	}
	if result, why := c.Result(); c.Stage != StageMissed || asked != Chances || result != kiosk.CheckUndetermined || why != "was not seen to turn the head" {
		t.Errorf("%s after %d: %s, %q", c.Stage, asked, result, why)
	}
}

// Somebody else, nobody, or a clock that goes back is not the person who was compared.
func TestAnotherPersonIsLost(t *testing.T) {
	begin := func() (Challenge, time.Time) {
		at := clipStart
		return play(NewChallenge(at), &at, 2, 0, noseDepth), at
	}
	for name, g := range map[string]Glance{
		"another person": {Seen: true, Same: minSame}, "a score that is not a number": {Seen: true, Same: math.NaN()},
		"nobody": {Same: .8}, "landmarks that fall together": {Seen: true, Same: .8},
	} {
		c, at := begin()
		marks := head(towards(c.Asked()), 0, noseDepth)
		for i := 0; !c.Over() && i < 100; i++ {
			at = at.Add(100 * time.Millisecond)
			g.At = at
			if g.Marks = marks; name == "landmarks that fall together" {
				g.Marks = [5]Point{}
			}
			if c = c.Next(g); c.Stage == StageBack || c.Stage == StagePassed {
				t.Fatalf("%s made the turn", name)
			}
		}
		if result, _ := c.Result(); c.Stage != StageLost || result != kiosk.CheckUndetermined || c.hint() != kiosk.HintNoFace {
			t.Errorf("%s: %s", name, c.Stage)
		}
	}
	c, at := begin()
	if c = c.Next(Glance{At: at.Add(-time.Hour), Seen: true, Marks: head(0, 0, noseDepth), Same: 1}); c.Stage != StageLost {
		t.Errorf("a clock that goes back: %s", c.Stage)
	}
	c, at = begin() // who is lost for a moment, as of a head turned far, goes on
	for range 15 {
		at = at.Add(100 * time.Millisecond)
		c = c.Next(Glance{At: at})
	}
	if c = play(c, &at, 2, towards(c.Asked()), noseDepth); c.Stage != StageBack {
		t.Errorf("lost for a moment: %s", c.Stage)
	}
}

func TestAskerSpeaksPlainly(t *testing.T) {
	a := Ask(clipStart)
	at := clipStart
	see := func(turn float64) (kiosk.FaceHint, bool) {
		at = at.Add(100 * time.Millisecond)
		var plain [5][2]float64
		for i, m := range head(turn, 0, noseDepth) {
			plain[i] = [2]float64{m.X, m.Y}
		}
		return a.See(at, &plain, .9, turn == 0)
	}
	_, _ = see(0)
	h, over := see(0)
	if (h != kiosk.HintTurnLeft && h != kiosk.HintTurnRight) || over {
		t.Fatalf("%q, %v", h, over)
	}
	if next, _ := a.See(at.Add(50*time.Millisecond), nil, math.NaN(), false); next != h {
		t.Errorf("without a face: %q", next)
	}
	turn := .5
	if h == kiosk.HintTurnRight {
		turn = -.5
	}
	_, _ = see(turn)
	if h, over = see(turn); h != kiosk.HintTurnBack || over {
		t.Fatalf("%q, %v", h, over)
	}
	_, _ = see(0)
	if h, over = see(0); h != kiosk.HintNone || !over {
		t.Errorf("%q, %v", h, over)
	}
	if result, _ := a.Result(); result != kiosk.CheckSuccessful {
		t.Error(result)
	}
}
