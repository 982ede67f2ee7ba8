package liveness

import (
	"math"
	"math/rand/v2"
	"time"
)

// Move is what a person is asked to do with the head. Left and right are the picture's.
type Move string

// The moves.
const (
	MoveLeft  Move = "left"
	MoveRight Move = "right"
	MoveUp    Move = "up"
	MoveDown  Move = "down"
)

// Moves are all moves, in order.
var Moves = []Move{MoveLeft, MoveRight, MoveUp, MoveDown}

// ChallengeState is how a challenge stands.
type ChallengeState string

// The states of a challenge.
const (
	ChallengeCentre  ChallengeState = "centre"  // the person should look straight ahead
	ChallengeMove    ChallengeState = "move"    // the person should make the move asked for
	ChallengePassed  ChallengeState = "passed"  // all moves were made
	ChallengeLate    ChallengeState = "late"    // the time was up
	ChallengeWrong   ChallengeState = "wrong"   // another move than the one asked for
	ChallengeSwapped ChallengeState = "swapped" // another person, or nobody any more
)

// Over reports whether nothing more will happen.
func (s ChallengeState) Over() bool { return s != ChallengeCentre && s != ChallengeMove }

// Limits of a challenge. Turn and nod are in the units of [Turned] away from the person's own straight look.
const (
	ChallengeTime  = 12 * time.Second
	challengeMoves = 2    // of four
	challengeHold  = 2    // frames in a row
	turnReached    = .11  // eye distances; rendered heads turned by 0.6 rad reach .17 and more, slanted prints .08
	nodReached     = .13  // parts of the way from eyes to mouth
	restTurn       = .06  // straight again
	restNod        = .06  // straight again
	maxLost        = 5    // frames in a row without the face
	minSame        = 0.45 // cosine with the person who began, while turned
)

// Glance is what a challenge needs of one frame.
type Glance struct {
	At    time.Time
	Face  bool    // exactly one face was seen
	Marks Face    // it
	Same  float64 // cosine with the person who began; NaN never counts as the same
}

// Challenge asks for two of four moves of the head, drawn by chance, one after the other with a straight look before each. It
// is a pure state machine: [Challenge.Next] gives what follows.
//
// What a head measures when it turns comes from depth: the nose stands before the plane of eyes and mouth, so it moves against
// them. A flat picture that is turned or tilted keeps the nose in its place among them and makes no move at all; a picture
// that is bent can make a small one, a film the one it was made with, but not the two asked for, in order, within the time.
// Blinking is not asked for: five landmarks do not show it. The limits of turns were checked on rendered heads and slanted prints,
// those of nods on points in space alone.
type Challenge struct {
	Moves []Move
	State ChallengeState

	begun      time.Time
	done, held int
	lost       int
	turn, nod  float64 // the person's own straight look
	straight   bool    // is known
}

// NewChallenge draws the moves.
func NewChallenge(r *rand.Rand, at time.Time) Challenge {
	c := Challenge{State: ChallengeCentre, begun: at}
	for _, i := range r.Perm(len(Moves))[:challengeMoves] {
		c.Moves = append(c.Moves, Moves[i])
	}
	return c
}

// Asked is the move to make now; false while the person should look straight ahead or when the challenge is over.
func (c Challenge) Asked() (Move, bool) {
	if c.State != ChallengeMove {
		return "", false
	}
	return c.Moves[c.done], true
}

// Next gives the challenge after one more frame.
func (c Challenge) Next(g Glance) Challenge {
	if c.State.Over() {
		return c
	}
	if g.At.Sub(c.begun) > ChallengeTime || g.At.Before(c.begun) {
		c.State = ChallengeLate
		return c
	}
	turn, nod := Turned(&g.Marks)
	if !g.Face || math.IsNaN(turn) || math.IsNaN(nod) {
		if c.lost++; c.lost > maxLost {
			c.State = ChallengeSwapped
		}
		c.held = 0
		return c
	}
	c.lost = 0
	if !(g.Same > minSame) {
		c.State = ChallengeSwapped
		return c
	}
	if c.State == ChallengeCentre {
		return c.centre(turn, nod)
	}
	return c.move(turn-c.turn, nod-c.nod)
}

// centre waits for a straight look. The first one tells how this person's face is built.
func (c Challenge) centre(turn, nod float64) Challenge {
	rest := math.Abs(turn) < turnReached && nod > .25 && nod < .8
	if c.straight {
		rest = math.Abs(turn-c.turn) < restTurn && math.Abs(nod-c.nod) < restNod
	}
	if !rest {
		c.held = 0
		return c
	}
	if c.held++; c.held < challengeHold {
		return c
	}
	if !c.straight {
		c.turn, c.nod, c.straight = turn, nod, true
	}
	c.held = 0
	c.State = ChallengeMove
	if c.done == len(c.Moves) {
		c.State = ChallengePassed
	}
	return c
}

func (c Challenge) move(turn, nod float64) Challenge {
	got, made := moveOf(turn, nod)
	if !made {
		c.held = 0
		return c
	}
	if got != c.Moves[c.done] {
		c.State = ChallengeWrong
		return c
	}
	if c.held++; c.held >= challengeHold {
		c.done, c.held, c.State = c.done+1, 0, ChallengeCentre
	}
	return c
}

// moveOf names the move that a turn and a nod away from the straight look make; the larger of the two counts.
func moveOf(turn, nod float64) (Move, bool) {
	t, n := math.Abs(turn)/turnReached, math.Abs(nod)/nodReached
	switch {
	case t < 1 && n < 1:
		return "", false
	case t >= n && turn < 0:
		return MoveLeft, true
	case t >= n:
		return MoveRight, true
	case nod < 0:
		return MoveUp, true
	}
	return MoveDown, true
}

// Turned reads how a head is turned from its landmarks, in the eyes' own axes: the nose's way from the middle of the eyes along
// them in eye distances (0 is straight, negative is to the picture's left), and how far down from eyes to mouth it stands
// (about 0.5 is straight, less is up). NaN when the landmarks fall together.
func Turned(f *Face) (turn, nod float64) {
	l, r, n := f.Marks[0], f.Marks[1], f.Marks[2]
	d := f.eyes()
	if !(d > 1) {
		return math.NaN(), math.NaN()
	}
	ux, uy := (r.X-l.X)/d, (r.Y-l.Y)/d
	mx, my := (l.X+r.X)/2, (l.Y+r.Y)/2
	down := func(p Point) float64 { return -(p.X-mx)*uy + (p.Y-my)*ux }
	mouth := down(Point{(f.Marks[3].X + f.Marks[4].X) / 2, (f.Marks[3].Y + f.Marks[4].Y) / 2})
	if !(mouth > d/4) {
		return math.NaN(), math.NaN()
	}
	return ((n.X-mx)*ux + (n.Y-my)*uy) / d, down(n) / mouth
}
