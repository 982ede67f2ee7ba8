package liveness

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"motcua/vision"
	"motcua/vision/visiontest"
)

// head are the landmarks of a head of five points in space, the nose before the others, turned and seen by a distant camera.
// depth 0 is a flat picture.
func head(turn, nod, depth float64) Face {
	f := Face{X: 100, Y: 100, W: 200, H: 260}
	for i, p := range [5][3]float64{{-50, -40, 0}, {50, -40, 0}, {0, 15, depth}, {-40, 60, 0}, {40, 60, 0}} {
		x, y, z := p[0], p[1], p[2]
		x, z = x*math.Cos(turn)+z*math.Sin(turn), -x*math.Sin(turn)+z*math.Cos(turn)
		y = y*math.Cos(nod) + z*math.Sin(nod)
		f.Marks[i] = Point{200 + x, 230 + y}
	}
	return f
}

const noseDepth = 50

// posture is how the head is held for a move.
func posture(m Move) (turn, nod float64) {
	switch m {
	case MoveLeft:
		return -.5, 0
	case MoveRight:
		return .5, 0
	case MoveUp:
		return 0, -.45
	case MoveDown:
		return 0, .45
	}
	return 0, 0
}

// play shows a challenge n frames of one posture, 100 ms apart.
func play(c Challenge, at *time.Time, n int, m Move, depth float64) Challenge {
	turn, nod := posture(m)
	for range n {
		*at = at.Add(100 * time.Millisecond)
		c = c.Next(Glance{At: *at, Face: true, Marks: head(turn, nod, depth), Same: .8})
	}
	return c
}

func TestChallengeIsPassedByAHeadAndNotByAPicture(t *testing.T) {
	for seed := range uint64(24) {
		for name, depth := range map[string]float64{"head": noseDepth, "flat picture": 0} {
			at := clipStart
			c := NewChallenge(rand.New(rand.NewPCG(seed, 1)), at)
			if len(c.Moves) != 2 || c.Moves[0] == c.Moves[1] {
				t.Fatalf("moves %v", c.Moves)
			}
			if _, is := c.Asked(); is {
				t.Error("a move is asked for before the straight look")
			}
			for _, m := range c.Moves {
				c = play(c, &at, 3, "", depth)
				if asked, is := c.Asked(); depth > 0 && (!is || asked != m) {
					t.Errorf("%s: asked %q, want %q", name, asked, m)
				}
				c = play(c, &at, 3, m, depth)
			}
			c = play(c, &at, 3, "", depth)
			if (c.State == ChallengePassed) != (depth > 0) {
				t.Errorf("seed %d, %s, moves %v: %s", seed, name, c.Moves, c.State)
			}
			if c.State.Over() && play(c, &at, 1, MoveUp, depth).State != c.State {
				t.Error("something happened after the end")
			}
		}
	}
}

func TestChallengeEnds(t *testing.T) {
	begin := func() (Challenge, time.Time) {
		at := clipStart
		return play(NewChallenge(rand.New(rand.NewPCG(7, 7)), at), &at, 3, "", noseDepth), at.Add(300 * time.Millisecond)
	}
	c, at := begin()
	asked, is := c.Asked()
	if !is {
		t.Fatal("nothing is asked for")
	}
	other := Moves[(slices.Index(Moves, asked)+1)%len(Moves)]
	if got := play(c, &at, 1, other, noseDepth).State; got != ChallengeWrong {
		t.Errorf("another move: %s", got)
	}
	c, at = begin()
	at = at.Add(ChallengeTime)
	if got := play(c, &at, 1, "", noseDepth).State; got != ChallengeLate {
		t.Errorf("too late: %s", got)
	}
	c, at = begin()
	if got := c.Next(Glance{At: clipStart.Add(-time.Second), Face: true, Marks: head(0, 0, noseDepth), Same: 1}).State; got != ChallengeLate {
		t.Errorf("a clock that went back: %s", got)
	}
	for _, same := range []float64{math.NaN(), minSame, .1} {
		if got := c.Next(Glance{At: at, Face: true, Marks: head(0, 0, noseDepth), Same: same}).State; got != ChallengeSwapped {
			t.Errorf("same person %v: %s", same, got)
		}
	}
	for i := range maxLost + 1 {
		c = c.Next(Glance{At: at})
		if (c.State == ChallengeSwapped) != (i == maxLost) {
			t.Errorf("%d frames without a face: %s", i+1, c.State)
		}
	}
}

// A bent picture makes the nose move a little; less than is asked for.
func TestTurnedNeedsDepth(t *testing.T) {
	for _, angle := range []float64{-.6, -.3, .3, .6} {
		straight, _ := Turned(ptr(head(0, 0, noseDepth)))
		deep, _ := Turned(ptr(head(angle, 0, noseDepth)))
		flat, _ := Turned(ptr(head(angle, 0, 0)))
		if math.Abs(flat-straight) > .02 || math.Abs(deep-straight) < .1 || (deep > straight) != (angle > 0) {
			t.Errorf("turned by %.1f: flat %.3f, deep %.3f", angle, flat, deep)
		}
	}
	if turn, nod := Turned(&Face{}); !math.IsNaN(turn) || !math.IsNaN(nod) {
		t.Error("landmarks that fall together were read")
	}
}

func ptr(f Face) *Face { return &f }

// Before the true detector: a rendered head that turns makes the move, a print of it that is turned about its middle does not.
func TestRenderedHeadsTurnAndPrintsDoNot(t *testing.T) {
	k := newKit(t)
	marks := func(img *image.RGBA) (turn float64) {
		m, err := vision.FromImage(img)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		faces, err := k.eyes.Detect(&m)
		if err != nil || len(faces) == 0 {
			return math.NaN()
		}
		f := seen(&faces[0])
		turn, _ = Turned(&f)
		return turn
	}
	for i, seed := range visiontest.Cast[:3] {
		p := visiontest.NewPerson(seed)
		look := func(yaw float64) float64 {
			st := visiontest.Centred(p)
			st.Yaw, st.Still = yaw, true
			return marks((&visiontest.Scene{People: []visiontest.Standing{st}}).Frame(clipStart))
		}
		straight, left, right := look(0), look(-.6), look(.6)
		if l, _ := moveOf(left-straight, 0); l != MoveLeft {
			t.Errorf("cast %d turned left: %.3f after %.3f", i, left, straight)
		}
		if r, _ := moveOf(right-straight, 0); r != MoveRight {
			t.Errorf("cast %d turned right: %.3f after %.3f", i, right, straight)
		}
		still := (&visiontest.Scene{People: []visiontest.Standing{{Person: p, X: .5, Y: .44, Head: .46, Still: true}}}).Frame(clipStart)
		for seed := range uint64(4) {
			a := &visiontest.Attack{Species: visiontest.Print, Seed: seed, Picture: visiontest.Picture{At: func(time.Time) *image.RGBA { return still }, X: .5, Y: .44, Head: .46}}
			turn := marks(a.Frame(clipStart))
			if m, made := moveOf(turn-straight, 0); made {
				t.Errorf("cast %d: a print held slanted made the move %s (%.3f after %.3f)", i, m, turn, straight)
			}
		}
	}
}
