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
	people map[string]*visiontest.Person
	cards  map[string]*visiontest.ShownCard
	last   sim.Scene
	live   *visiontest.Scene
	attack *visiontest.Attack
	desks  map[sim.Sheet]*visiontest.Desk
}

func newStage(cast map[string]simulated, scene func() sim.Scene) *stage {
	s := &stage{scene: scene, people: map[string]*visiontest.Person{}, cards: map[string]*visiontest.ShownCard{}, desks: map[sim.Sheet]*visiontest.Desk{
		sim.SheetForm: {Sheet: visiontest.Certificate(), Turn: .02}, sim.SheetBlank: {Empty: true},
	}}
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
	if now.Attack != "" && len(now.Who) > 0 {
		return s.imitation(now).Frame(at), nil
	}
	if s.live == nil || !slices.Equal(now.Who, s.last.Who) || now.Light != s.last.Light {
		s.live = &visiontest.Scene{People: s.standing(now.Who), Light: light(now.Light)}
	}
	s.live.Frozen, s.live.Card, s.last = now.Frozen, s.cards[now.Shown], now
	return s.live.Frame(at), nil
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

func (s *stage) standing(who []string) []visiontest.Standing {
	switch len(who) {
	case 0:
		return nil
	case 1:
		return []visiontest.Standing{visiontest.Centred(s.people[who[0]])}
	}
	return visiontest.Beside(s.people[who[0]], s.people[who[1]])
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
