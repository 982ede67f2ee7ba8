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
	last   sim.Scene
	live   *visiontest.Scene
	desks  map[sim.Sheet]*visiontest.Desk
}

func newStage(seeds map[string]int64, scene func() sim.Scene) *stage {
	s := &stage{scene: scene, people: map[string]*visiontest.Person{}, desks: map[sim.Sheet]*visiontest.Desk{
		sim.SheetForm: {Sheet: visiontest.Certificate(), Turn: .02}, sim.SheetBlank: {Empty: true},
	}}
	for key, seed := range seeds {
		s.people[key] = visiontest.NewPerson(seed)
	}
	return s
}

// face draws the hall with whoever stands there.
func (s *stage) face(_ context.Context, at time.Time) (image.Image, error) {
	now := s.scene()
	if err := plugged(now.Camera); err != nil {
		return nil, err
	}
	if s.live == nil || !slices.Equal(now.Who, s.last.Who) || now.Light != s.last.Light {
		s.live = &visiontest.Scene{People: s.standing(now.Who), Light: light(now.Light)}
	}
	s.live.Frozen, s.last = now.Frozen, now
	return s.live.Frame(at), nil
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
