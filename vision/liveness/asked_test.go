package liveness

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/face"
	"motcua/vision/visiontest"
)

// played is a clip that answers what is asked of it: ask is -1, 0 or 1 for the picture's left, straight and right.
type played struct {
	class, source string
	photo         []byte // on the chip
	film          func(at time.Time, ask float64) *image.RGBA
}

// stage is the camera before which a clip is played. It is used by one goroutine.
type stage struct {
	film func(at time.Time, ask float64) *image.RGBA
	ask  float64
	last time.Time // no frame after it
}

const playedStep = 240 * time.Millisecond // as fast as a small computer looks

func (*stage) Ready() error { return nil }

var errOver = errors.New("the clip is over")

func (s *stage) Watch(_ context.Context, see func(*vision.Frame) error) error {
	for at, seq := clipStart, uint64(1); at.Before(s.last); at, seq = at.Add(playedStep), seq+1 {
		m, err := vision.FromImage(s.film(at, s.ask))
		if err != nil {
			return err
		}
		f := &vision.Frame{Mat: m, At: at, Seq: seq}
		err = see(f)
		_ = f.Close()
		if err != nil {
			return err
		}
	}
	return errOver
}

// obey notes what is asked. Left is the person's, right in the picture.
func (s *stage) obey(h kiosk.FaceHint) {
	switch h {
	case kiosk.HintTurnLeft:
		s.ask = 1
	case kiosk.HintTurnRight:
		s.ask = -1
	default:
		s.ask = 0
	}
}

// blindWatch takes everything for living: what the turn of the head is worth alone is measured with it.
type blindWatch struct{}

func (blindWatch) SeeFace(*gocv.Mat, [4]float64, [5][2]float64) error { return nil }
func (blindWatch) Reset()                                             {}
func (blindWatch) Result() (float64, kiosk.CheckResult, string)       { return 1, kiosk.CheckSuccessful, "" }

// try makes one whole attempt on a clip.
func (k *kit) try(t *testing.T, c played, watch func() face.Liveness) kiosk.FaceResult {
	t.Helper()
	s := &stage{film: c.film, last: clipStart.Add(45 * time.Second)}
	m := face.NewMatcher(k.eyes, nil, s, face.Opts{Watch: watch, Turn: func(at time.Time) face.Turn { return Ask(at) }})
	r, err := m.Match(t.Context(), kiosk.Image{Data: c.photo}, s.obey)
	if err != nil && !errors.Is(err, errOver) {
		t.Fatal(err)
	}
	return r
}

// reached is how many attempts came how far.
type reached struct{ n, asked, turned, verified int }

func (y *reached) count(r kiosk.FaceResult) {
	y.n++
	switch i := slices.IndexFunc(r.Checks, func(c kiosk.Check) bool { return c.Name == kiosk.CheckFaceTurn }); r.Checks[i].Result {
	case kiosk.CheckSuccessful:
		y.turned++
		fallthrough
	case kiosk.CheckUndetermined:
		y.asked++
	case kiosk.CheckFailed, kiosk.CheckAborted, kiosk.CheckNotSupported:
	}
	if r.Verdict == kiosk.Verified {
		y.verified++
	}
}

// TestAskedToTurn measures whole attempts, the turn of the head included: who holds a picture turns it as asked, leaning and bent as
// it comes; a film turns as it was filmed. KIOSK_LIVENESS_CLIPS says how many of each class and source, KIOSK_LIVENESS_TURN=alone takes
// everything for living before the turn is asked for. With -v it prints the table.
func TestAskedToTurn(t *testing.T) {
	k := newKit(t)
	n := clipCount(t, 1)
	watch := func() face.Liveness { return &Watch{nets: k.nets} }
	alone := os.Getenv("KIOSK_LIVENESS_TURN") == "alone"
	if alone {
		watch = func() face.Liveness { return blindWatch{} }
	}
	table := map[string]*reached{}
	var order []string
	for _, c := range plays(t, n) {
		key := c.source + " " + c.class
		if table[key] == nil {
			table[key] = &reached{}
			order = append(order, key)
		}
		r := k.try(t, c, watch)
		table[key].count(r)
		if os.Getenv(envDump) != "" {
			t.Logf("%s: %s %v", key, r.Verdict, r.Checks)
		}
	}
	slices.Sort(order)
	var b strings.Builder
	for _, key := range order {
		y := table[key]
		name, bad := "APCER", y.verified
		if strings.HasSuffix(key, genuine) {
			name, bad = "BPCER", y.n-y.verified
		}
		lo, hi := wilson(bad, y.n)
		fmt.Fprintf(&b, "\n%-26s %s %5.1f %% [%4.1f, %4.1f] %d of %d; %d were asked to turn, %d of them did",
			key, name, 100*float64(bad)/float64(y.n), 100*lo, 100*hi, bad, y.n, y.asked, y.turned)
		limit := .1
		if alone && strings.HasSuffix(key, "replay") {
			limit = .8 // a film turns to the side asked for at every other chance
		}
		if float64(bad) > limit*float64(y.n) {
			t.Errorf("%s: %d of %d wrong", key, bad, y.n)
		}
	}
	t.Log(b.String())
}

// plays gives n clips of each class and source.
func plays(t *testing.T, n int) (out []played) {
	for i := first; i < first+n; i++ {
		seed := int64(1000 + i)
		p := visiontest.NewPerson(seed)
		chip := p.PortraitJPEG()
		out = append(out, played{genuine, "rendered", chip, turningPerson(seed)})
		for k, sp := range visiontest.AttackSpecies {
			film := visiontest.FilmOf(p, uint64(i))
			if sp == visiontest.Replay {
				film = visiontest.TurningFilm(p, uint64(i))
			}
			out = append(out, played{string(sp), "rendered", chip, turnedPicture(sp, film, uint64(1000*k+i))})
		}
		names := photographs(t)
		name := names[i%len(names)]
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for k, sp := range visiontest.AttackSpecies {
			if sp == visiontest.Replay {
				continue // a photograph cannot turn
			}
			film := visiontest.Reframed(photograph(t, name), uint64(i+7), 480, 640)
			out = append(out, played{string(sp), "photograph", raw, turnedPicture(sp, film, uint64(9000+1000*k+i))})
		}
	}
	return out
}

// turningPerson is a person who turns when asked, each after another while, at another pace and to another angle.
func turningPerson(seed int64) func(time.Time, float64) *image.RGBA {
	s := standing(seed)
	r := rand.New(rand.NewPCG(uint64(seed), 4))
	yaw := s.People[0].Yaw
	neck := &visiontest.Neck{Wait: time.Duration(200+800*r.Float64()) * time.Millisecond, Pace: .5 + .9*r.Float64(), Reach: .5 + .3*r.Float64()}
	return func(at time.Time, ask float64) *image.RGBA {
		s.People[0].Yaw = yaw + neck.Yaw(at, ask)
		return s.Frame(at)
	}
}

// turnedPicture is a picture that is turned as asked by who holds it; a replay shows a film in which somebody turns.
func turnedPicture(sp visiontest.Species, film visiontest.Picture, seed uint64) func(time.Time, float64) *image.RGBA {
	r := rand.New(rand.NewPCG(seed, 8))
	a := &visiontest.Attack{Species: sp, Picture: film, Seed: seed, Light: lights[seed%3]}
	if sp == visiontest.Replay {
		return func(at time.Time, _ float64) *image.RGBA { return a.Frame(at) }
	}
	hold := visiontest.Hold{Lean: .5 * r.NormFloat64(), Bend: max(0, 2*r.Float64()-.6)}
	neck := &visiontest.Neck{Wait: 500 * time.Millisecond, Pace: .8, Reach: .5 + .7*r.Float64()}
	ask := 0.0
	a.Held = func(at time.Time) visiontest.Hold {
		h := hold
		h.Turn = neck.Yaw(at, ask)
		return h
	}
	return func(at time.Time, want float64) *image.RGBA {
		ask = want
		return a.Frame(at)
	}
}

// TestTurnedPhotographs asks how many true people would be taken for themselves while they turn: of the development photographs, those
// of one person that look straight against those turned as far as the challenge wants. KIOSK_LIVENESS_CLIPS looks at all of them.
func TestTurnedPhotographs(t *testing.T) {
	k := newKit(t)
	names := photographs(t)
	if os.Getenv(envClips) == "" {
		names = names[:60]
	}
	type look struct {
		e    face.Embedding
		nose float64
	}
	people := map[string][]look{}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := vision.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		faces, err := k.eyes.Detect(&m)
		if err == nil && len(faces) > 0 {
			f := seen(&faces[0])
			p, ok := PoseOf(&f.Marks)
			e, _, derr := k.eyes.Describe(&m, &faces[0])
			if ok && derr == nil {
				who := name[:strings.LastIndexByte(name, '_')]
				people[who] = append(people[who], look{e, math.Abs(p.nose)})
			}
		}
		_ = m.Close()
	}
	n, same := 0, 0
	for _, looks := range people {
		for i, a := range looks {
			for j, b := range looks {
				if i == j || a.nose > .06 || b.nose < turnReached || b.nose > .4 {
					continue
				}
				if n++; a.e.Cosine(b.e) > minSame {
					same++
				}
			}
		}
	}
	lo, hi := wilson(same, n)
	t.Logf("%d pairs of a straight and a turned photograph of one person: %d would be the same person [%.1f, %.1f] %%", n, same, 100*lo, 100*hi)
	if n > 20 && float64(same) < .9*float64(n) {
		t.Errorf("%d of %d", same, n)
	}
}
