package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"net"
	"os"
	"sync"
	"time"

	"motcua/drivers/sim"
	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/vision"
	"motcua/vision/camera"
	"motcua/vision/child"
	"motcua/vision/face"
	"motcua/vision/liveness"
	"motcua/vision/paper"
	"motcua/vision/spot"
)

// childSocket is the file descriptor the vision process and the voice process are given.
const childSocket = 3

// RunVision is the vision process: it serves cameras, faces and papers to the kioskd that started it until that ends.
func RunVision(ctx context.Context) error {
	f := os.NewFile(childSocket, "socket")
	conn, err := net.FileConn(f)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoSocket, err)
	}
	_ = f.Close() // FileConn has its own copy
	defer func() { _ = conn.Close() }()
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("500"), 0) // when memory is short, this goes first; not everywhere allowed
	var eyes eyes
	defer eyes.close()
	return child.Serve(ctx, conn, eyes.open)
}

// eyes are the parts of the vision process.
type eyes struct {
	engine *face.Engine
	live   *liveness.Detector
	mu     sync.Mutex
	scene  sim.Scene
	asked  kiosk.FaceHint       // what simulated people are asked to do
	cast   map[string]simulated // nil without a simulated world
}

func (e *eyes) close() {
	if e.engine != nil {
		_ = e.engine.Close() // the process ends
	}
	if e.live != nil {
		_ = e.live.Close() // the process ends
	}
}

// open makes the parts. What is not there is a part that says so; only a set-up that cannot be read is an error.
func (e *eyes) open(states map[string][]byte) (child.Parts, error) {
	var set visionSetUp
	if err := json.Unmarshal(states[stateSetUp], &set); err != nil {
		return child.Parts{}, fmt.Errorf("read the set-up: %w", err)
	}
	if e.cast = set.Cast; e.cast != nil {
		if err := e.set(stateScene, states[stateScene]); err != nil {
			return child.Parts{}, err
		}
	}
	p := child.Parts{Set: e.set, Shown: vision.Shown}
	var feeds []vision.Feed
	if set.Camera.Face != config.KindNone {
		engine, err := face.Open(set.Models)
		opts := camera.Opts{}
		if err == nil {
			opts.Find = engine.Find // the preview follows tall and seated people
		}
		hub := e.camera(set.Camera.Face, camera.DeviceOpts{Rotate: set.Camera.Rotate}, opts, "sim", sceneFPS, (*stage).face, func(s sim.Scene) bool { return s.Camera })
		e.engine, feeds = engine, append(feeds, hub)
		e.live, _ = liveness.Open(set.Models) // without its models every liveness check is not_supported, and says so
		o := face.Opts{
			Threshold: set.Threshold, Liveness: face.LivenessRule(set.Liveness), Watch: func() face.Liveness { return e.live.Watch() },
			LivenessPass: liveness.Pass, LivenessModels: e.live.Models(),
		}
		if set.Turn == config.TurnAsk {
			o.Turn = func(at time.Time) face.Turn { return liveness.Ask(at) }
		}
		p.Camera, p.Face = hub, face.NewMatcher(engine, err, hub, o)
		if e.cast != nil {
			p.Face = heard{p.Face, e}
		}
	}
	if hub := e.camera(set.Camera.Paper, paperSize, camera.Opts{}, "sim paper", sheetFPS, (*stage).paper, func(s sim.Scene) bool { return s.PaperCamera }); hub != nil {
		p.Paper, p.Scanner, feeds = hub, paper.NewScanner(hub), append(feeds, hub)
	}
	if len(feeds) > 0 {
		p.Spotter = spot.New(feeds...)
	}
	return p, nil
}

// paperSize asks the document camera for motion JPEG, the largest picture most of them give; it may answer with less.
var paperSize = camera.DeviceOpts{Width: 1920, Height: 1080}

func (e *eyes) set(name string, value []byte) error {
	if name != stateScene {
		return nil
	}
	var s sim.Scene
	if err := json.Unmarshal(value, &s); err != nil {
		return fmt.Errorf("read the scene: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scene = s
	return nil
}

func (e *eyes) now() sim.Scene {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scene
}

// heard is a matcher whose guidance simulated people hear.
type heard struct {
	kiosk.FaceMatcher
	e *eyes
}

// Match implements kiosk.FaceMatcher.
func (h heard) Match(ctx context.Context, photo kiosk.Image, hint func(kiosk.FaceHint)) (kiosk.FaceResult, error) {
	defer h.e.hear(kiosk.HintNone)
	return h.FaceMatcher.Match(ctx, photo, func(f kiosk.FaceHint) {
		h.e.hear(f)
		hint(f)
	})
}

func (e *eyes) hear(f kiosk.FaceHint) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked = f
}

func (e *eyes) ask() kiosk.FaceHint {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.asked
}

// camera gives the hub of a camera, nil for none.
func (e *eyes) camera(kind string, wish camera.DeviceOpts, opts camera.Opts, name string, fps int,
	draw func(*stage, context.Context, time.Time) (image.Image, error), plug func(sim.Scene) bool,
) *camera.Hub {
	switch {
	case kind == config.KindNone:
		return nil
	case kind != config.KindSim:
		return camera.NewHub(camera.NewDevice(kind, wish), opts)
	}
	s := newStage(e.cast, e.now, e.ask)
	src := camera.NewImages(name, fps, func(ctx context.Context, at time.Time) (image.Image, error) { return draw(s, ctx, at) }, func() error {
		if e.cast == nil {
			return kiosk.Errorf(kiosk.CodeCameraMissing, "open camera", "start with -sim, or name a device", "no simulated world")
		}
		return plugged(plug(e.now()))
	})
	return camera.NewHub(src, opts)
}
