package liveness

import (
	"crypto/rand"
	"math"
	"time"

	"motcua/kiosk"
)

// Side is where a person is asked to turn the head: the person's own left or right.
type Side string

// The sides.
const (
	Left  Side = "left"
	Right Side = "right"
)

// Stage is how a challenge stands.
type Stage string

// The stages of a challenge.
const (
	StageStraight Stage = "straight" // the person should look straight ahead
	StageTurn     Stage = "turn"     // the person should turn the head to the side asked for
	StageBack     Stage = "back"     // the turn was made: the person should look straight again
	StagePassed   Stage = "passed"
	StageMissed   Stage = "missed" // no turn, or one to the other side, at every chance
	StageLost     Stage = "lost"   // nobody any more, or another person
)

// Limits of a challenge. A turn is in the units of [Turned], away from the person's own straight look.
const (
	Chances     = 2                // turns that may be tried
	ChanceTime  = 10 * time.Second // for the turn, from when it is asked for: a voice says it in three of them
	restTime    = 8 * time.Second  // for a straight look, before and after
	turnReached = .17              // see the package comment for what was measured
	minFacing   = .75              // a head has turned by then; a bent picture must be turned further
	restTurn    = .09              // straight again
	holdFrames  = 2                // frames in a row …
	holdTime    = 60 * time.Millisecond
	lostTime    = 2 * time.Second // without the face: who turns far is lost for a moment
	minSame     = 0.35            // cosine with the straight look while turned
)

// Glance is what a challenge needs of one frame.
type Glance struct {
	At    time.Time
	Seen  bool     // exactly one face was seen
	Marks [5]Point // its landmarks, as in [Face]
	Same  float64  // cosine with the straight look before the challenge; NaN never counts as the same person
	Good  bool     // straight and clear enough to be compared with the chip's photo
}

// Challenge asks for one turn of the head, left or right by chance, and a straight look after it; who misses it is asked once
// more, for a side drawn anew. It is a pure state machine: [Challenge.Next] gives what follows.
//
// What a head measures when it turns comes from depth: the nose stands before the plane of eyes and mouth, so it moves against
// them. A flat picture, however it is turned, tilted and sheared, keeps the nose in its place among them and makes no turn at all.
// A picture that is bent makes a small one, a film the one it was made with: half the time to the side asked for.
type Challenge struct {
	Sides [Chances]Side // asked for, one after the other
	Stage Stage
	Tries int // chances begun

	since    time.Time // the stage
	held     int       // frames in a row that have what the stage wants
	from     time.Time // the first of them
	wrong    int       // frames in a row that were turned the other way
	seen     time.Time // the same person's face, last
	straight Pose      // the person's own straight look
	other    bool      // a turn to the other side ended a chance
}

// NewChallenge draws the sides.
func NewChallenge(at time.Time) Challenge {
	c := Challenge{Stage: StageStraight, Tries: 1, since: at, seen: at}
	var b [Chances]byte
	_, _ = rand.Read(b[:]) // never fails
	for i := range b {
		c.Sides[i] = []Side{Left, Right}[b[i]&1]
	}
	return c
}

// Over reports whether nothing more will happen.
func (c Challenge) Over() bool {
	return c.Stage == StagePassed || c.Stage == StageMissed || c.Stage == StageLost
}

// Asked is the side of the chance that runs.
func (c Challenge) Asked() Side { return c.Sides[c.Tries-1] }

// Next gives the challenge after one more frame.
func (c Challenge) Next(g Glance) Challenge {
	if c.Over() {
		return c
	}
	if g.At.Before(c.since) {
		return c.to(StageLost, g.At)
	}
	p, ok := PoseOf(&g.Marks)
	if !g.Seen || !ok || !(g.Same > minSame) {
		c.held, c.wrong = 0, 0
		if g.At.Sub(c.seen) > lostTime {
			return c.to(StageLost, g.At)
		}
		return c.late(g.At)
	}
	c.seen = g.At
	if turn, facing := p.From(c.straight); c.Stage == StageTurn {
		return c.turning(turn, facing, g.At)
	}
	return c.resting(p, g)
}

// resting waits for a straight look; the first one tells how this person's face is built.
func (c Challenge) resting(p Pose, g Glance) Challenge {
	rest := g.Good
	if c.Stage == StageBack || c.Tries > 1 {
		turn, _ := p.From(c.straight)
		rest = rest && math.Abs(turn) < restTurn
	}
	if !c.holds(rest, g.At) {
		return c.late(g.At)
	}
	if c.Stage == StageBack {
		return c.to(StagePassed, g.At)
	}
	if c.Tries == 1 {
		c.straight = p
	}
	return c.to(StageTurn, g.At)
}

// turning waits for the turn. Left and right are the person's: a head turned to its left looks to the picture's right.
func (c Challenge) turning(turn, facing float64, at time.Time) Challenge {
	if c.Asked() == Right {
		turn = -turn
	}
	if c.wrong++; turn > -turnReached {
		c.wrong = 0
	}
	if c.wrong >= holdFrames {
		c.other = true
		return c.again(at)
	}
	if c.holds(turn > turnReached && facing > minFacing, at) {
		return c.to(StageBack, at)
	}
	return c.late(at)
}

// holds counts frames in a row; true when they are enough.
func (c *Challenge) holds(is bool, at time.Time) bool {
	if !is {
		c.held = 0
		return false
	}
	if c.held++; c.held == 1 {
		c.from = at
	}
	return c.held >= holdFrames && at.Sub(c.from) >= holdTime
}

// late ends a stage whose time is up.
func (c Challenge) late(at time.Time) Challenge {
	limit := restTime
	if c.Stage == StageTurn {
		limit = ChanceTime
	}
	if at.Sub(c.since) <= limit {
		return c
	}
	return c.again(at)
}

// again begins the next chance, or ends the challenge.
func (c Challenge) again(at time.Time) Challenge {
	if c.Tries >= Chances {
		return c.to(StageMissed, at)
	}
	c.Tries++
	return c.to(StageStraight, at)
}

func (c Challenge) to(s Stage, at time.Time) Challenge {
	c.Stage, c.since, c.held, c.wrong = s, at, 0, 0
	return c
}

// Result gives the check's result and its reason: how the challenge went, also when it was passed. It names no side: which one
// was asked for is chance's.
func (c Challenge) Result() (kiosk.CheckResult, string) {
	switch {
	case c.Stage == StagePassed && c.Tries == 1:
		return kiosk.CheckSuccessful, "turned the head as asked"
	case c.Stage == StagePassed:
		return kiosk.CheckSuccessful, "turned the head as asked at the second try"
	case c.Stage == StageLost:
		return kiosk.CheckUndetermined, "the face was lost while the head turned"
	case c.Stage == StageMissed && c.other:
		return kiosk.CheckUndetermined, "turned the head to the other side"
	case c.Stage == StageMissed:
		return kiosk.CheckUndetermined, "was not seen to turn the head"
	}
	return kiosk.CheckUndetermined, "the turn of the head was not ended"
}

// Asker runs a challenge for package vision/face, in plain numbers.
type Asker struct{ c Challenge }

// Ask begins a challenge.
func Ask(at time.Time) *Asker { return &Asker{NewChallenge(at)} }

// See is [Challenge.Next]: marks are x and y of the five landmarks, nil without exactly one face. It gives what the person should be
// told now, and whether the challenge is over.
func (a *Asker) See(at time.Time, marks *[5][2]float64, same float64, good bool) (kiosk.FaceHint, bool) {
	g := Glance{At: at, Seen: marks != nil, Same: same, Good: good}
	if marks != nil {
		for i, m := range marks {
			g.Marks[i] = Point{m[0], m[1]}
		}
	}
	a.c = a.c.Next(g)
	return a.c.hint(), a.c.Over()
}

// Result is [Challenge.Result].
func (a *Asker) Result() (kiosk.CheckResult, string) { return a.c.Result() }

// hint is what the person should be told. Before the first turn people look straight anyway.
func (c Challenge) hint() kiosk.FaceHint {
	switch {
	case c.Stage == StageTurn && c.Asked() == Left:
		return kiosk.HintTurnLeft
	case c.Stage == StageTurn:
		return kiosk.HintTurnRight
	case c.Stage == StageBack, c.Stage == StageStraight && c.Tries > 1:
		return kiosk.HintTurnBack
	case c.Stage == StageLost:
		return kiosk.HintNoFace
	}
	return kiosk.HintNone
}

// Pose is how the face's plane stands in a picture and where the nose stands over it.
type Pose struct {
	ex, ey, dx, dy float64 // from eye to eye, and from their middle to the mouth's, pixels
	nose           float64 // along the first of them, in its lengths from the middle; 0 is straight, more is to the picture's right
}

// PoseOf reads the pose from the landmarks; false when they fall together. The nose is measured in the axes that eyes and mouth span:
// they go along with a flat picture however it is held, so that its nose stays.
func PoseOf(marks *[5]Point) (p Pose, ok bool) {
	l, r, n := marks[0], marks[1], marks[2]
	mx, my := (l.X+r.X)/2, (l.Y+r.Y)/2
	p = Pose{ex: r.X - l.X, ey: r.Y - l.Y, dx: (marks[3].X+marks[4].X)/2 - mx, dy: (marks[3].Y+marks[4].Y)/2 - my}
	area := p.area()
	if d := p.ex*p.ex + p.ey*p.ey; !(d > 1) || !(area > d/10) {
		return Pose{}, false
	}
	p.nose = ((n.X-mx)*p.dy - (n.Y-my)*p.dx) / area
	return p, !math.IsNaN(p.nose) && !math.IsInf(p.nose, 0)
}

func (p Pose) area() float64 { return p.ex*p.dy - p.ey*p.dx }

// From gives how far a head has turned away from its straight look: the nose's way in eye distances, and how much the plane of eyes
// and mouth still faces the camera: 1 as before, else the cosine of its turn about whatever axis, which is how much narrower the
// face became one way than the other.
func (p Pose) From(straight Pose) (turn, facing float64) {
	o := straight
	area := o.area()
	a, b := (p.ex*o.dy-p.dx*o.ey)/area, (p.dx*o.ex-p.ex*o.dx)/area // the map from the axes then to those now
	c, d := (p.ey*o.dy-p.dy*o.ey)/area, (p.dy*o.ex-p.ey*o.dx)/area
	sum, det := a*a+b*b+c*c+d*d, math.Abs(a*d-b*c)
	large := (sum + math.Sqrt(max(0, sum*sum-4*det*det))) / 2 // the larger of its two stretches, squared
	return p.nose - o.nose, det / large
}
