package daemon

import (
	"context"
	"image"
	"slices"
	"time"

	"motcua/drivers/sim"
	"motcua/kiosk"
	"motcua/vision/visiontest"
)

// The pace and size of the simulated cameras.
const (
	sceneFPS = 12
	sheetFPS = 4
)

// stage draws what one simulated camera sees. It is used by one goroutine.
type stage struct {
	scene  func() sim.Scene
	asked  func() kiosk.FaceHint // what the kiosk asks the head to do now
	neck   visiontest.Neck       // of who stands there, or of who holds a picture
	people map[string]*visiontest.Person
	twins  map[string]*visiontest.Person // made when they stand there
	cards  map[string]*visiontest.ShownCard
	last   sim.Scene
	live   *visiontest.Hindered
	attack *visiontest.Attack
	desks  map[sim.Sheet]*visiontest.Desk
}

func newStage(cast map[string]simulated, scene func() sim.Scene, asked func() kiosk.FaceHint) *stage {
	s := &stage{
		scene: scene, asked: asked, neck: visiontest.Neck{Wait: 500 * time.Millisecond, Pace: 1.2, Reach: .66}, people: map[string]*visiontest.Person{}, twins: map[string]*visiontest.Person{}, cards: map[string]*visiontest.ShownCard{},
		desks: map[sim.Sheet]*visiontest.Desk{sim.SheetForm: {Sheet: visiontest.Certificate(), Turn: .02}, sim.SheetBlank: {Empty: true}},
	}
	for key, c := range cast {
		s.people[key] = visiontest.NewPerson(c.Seed)
		if card, err := visiontest.NewShownCard(c.Code); err == nil { // a payload too long is a card without a code
			s.cards[key] = card
		}
	}
	return s
}

// face draws the hall with whoever stands there.
func (s *stage) face(_ context.Context, at time.Time) (image.Image, error) {
	now := s.scene()
	if err := plugged(now.Camera); err != nil {
		return nil, err
	}
	turn := s.neck.Yaw(at, side(s.asked()))
	if now.Attack != "" && len(now.Who) > 0 {
		a := s.imitation(now)
		a.Held = func(time.Time) visiontest.Hold { return visiontest.Hold{Turn: turn} }
		return a.Frame(at), nil
	}
	if s.live == nil || !alike(now, s.last) {
		s.live = s.living(now)
	}
	if len(s.live.People) == 1 && !now.Stiff {
		s.live.People[0].Yaw = turn
	}
	s.live.Frozen, s.live.Card, s.last = now.Frozen, s.cards[now.Shown], now
	return s.live.Frame(at), nil
}

// side gives where the head turns in the picture, -1 to its left: a person's left is right there.
func side(asked kiosk.FaceHint) float64 {
	switch asked {
	case kiosk.HintTurnLeft:
		return 1
	case kiosk.HintTurnRight:
		return -1
	}
	return 0
}

// alike reports whether two scenes show the same people in the same way.
func alike(a, b sim.Scene) bool {
	return slices.Equal(a.Who, b.Who) && a.Twin == b.Twin && a.Cover == b.Cover && a.Height == b.Height && a.Light == b.Light && a.Stiff == b.Stiff
}

// imitation gives the picture of a person that is held before the camera.
func (s *stage) imitation(now sim.Scene) *visiontest.Attack {
	p := s.people[now.Who[0]]
	if s.attack == nil || !slices.Equal(now.Who, s.last.Who) || now.Attack != s.last.Attack {
		s.attack = &visiontest.Attack{
			Species: visiontest.Species(now.Attack), Picture: visiontest.FilmOf(p, uint64(p.Seed)), Seed: uint64(p.Seed), Light: light(now.Light), //nolint:gosec // a seed
		}
	}
	s.live, s.last = nil, now
	return s.attack
}

// living gives the scene of the living.
func (s *stage) living(now sim.Scene) *visiontest.Hindered {
	h := &visiontest.Hindered{Scene: visiontest.Scene{People: s.standing(now), Light: light(now.Light)}, Cover: visiontest.Cover(now.Cover)}
	if now.Light == sim.LightBehind {
		h.Behind = .95
	}
	if now.Height != sim.HeightUsual {
		h.Width, h.Height = uprightW, uprightH
	}
	return h
}

// A camera that hangs upright 144 cm above the floor and sees 98 cm of height 70 cm away, from 95 to 193 cm.
const (
	uprightW, uprightH = 720, 1280
	seesCM, middleCM   = 98.0, 144.0
	headCM             = 23.0
)

// eyesCM tells how high the eyes are above the floor.
var eyesCM = map[sim.Height]float64{sim.HeightSeated: 110, sim.HeightTall: 178}

func (s *stage) standing(now sim.Scene) []visiontest.Standing {
	switch len(now.Who) {
	case 0:
		return nil
	case 1:
		st := visiontest.Centred(s.first(now))
		st.Still = now.Cover != "" || now.Light == sim.LightBehind // a Hindered scene asks for it
		if eyes, ok := eyesCM[now.Height]; ok {
			st.Y, st.Head = .5+(middleCM-eyes)/seesCM, headCM/seesCM
		}
		return []visiontest.Standing{st}
	}
	return visiontest.Beside(s.first(now), s.people[now.Who[1]])
}

// first is the first person before the camera.
func (s *stage) first(now sim.Scene) *visiontest.Person {
	key := now.Who[0]
	if !now.Twin {
		return s.people[key]
	}
	if s.twins[key] == nil {
		s.twins[key] = visiontest.Twin(s.people[key].Seed)
	}
	return s.twins[key]
}

func light(l sim.Light) visiontest.Light {
	if l == sim.LightDark {
		return visiontest.Dim
	}
	return visiontest.Hall
}

// paper draws the table with whatever lies on it.
func (s *stage) paper(_ context.Context, at time.Time) (image.Image, error) {
	now := s.scene()
	if err := plugged(now.PaperCamera); err != nil {
		return nil, err
	}
	return s.desks[now.Sheet].Frame(at), nil
}

func plugged(in bool) error {
	if in {
		return nil
	}
	return kiosk.Errorf(kiosk.CodeCameraMissing, "read simulated camera", "plug it in at the demo dock", "it is unplugged")
}
