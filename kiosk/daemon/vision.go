package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"motcua/drivers/sim"
	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/config"
	"motcua/vision/child"
)

// VisionCommand is the argument that makes kioskd the vision process of another kioskd.
const VisionCommand = "vision"

// The states the vision process is told.
const (
	stateSetUp = "set-up" // a visionSetUp
	stateScene = "scene"  // a sim.Scene: what the simulated cameras see
)

// visionSetUp is what the vision process must know to start.
type visionSetUp struct {
	Camera    config.Camera        `json:"camera"`
	Models    string               `json:"models"` // folder
	Liveness  string               `json:"liveness"`
	Threshold float64              `json:"threshold"`
	Turn      string               `json:"turn"`
	Cast      map[string]simulated `json:"cast"` // nil without a simulated world
}

// simulated is what the cameras can see of one of the simulated cast.
type simulated struct {
	Seed int64  `json:"seed"` // of the face
	Code string `json:"code"` // on the card
}

// openVision starts the vision process. The kiosk does not wait for it: whoever calls first does.
func (d *Daemon) openVision() {
	c := d.opt.Config
	set := visionSetUp{Camera: c.Camera, Models: c.ModelsDir(), Threshold: c.Match.Threshold, Liveness: c.Match.Liveness, Turn: c.Match.Turn}
	states := map[string][]byte{}
	if d.opt.Sim != nil {
		set.Cast = map[string]simulated{}
		for _, p := range d.opt.Sim.People() {
			set.Cast[p.Key] = simulated{p.Seed, p.Code}
		}
		states[stateScene] = encode(d.opt.Sim.Scene())
	}
	states[stateSetUp] = encode(set)
	command := d.opt.Vision
	if command == nil {
		command = ownProcess(VisionCommand)
	}
	started := make(chan struct{}) // the client is known to those who are told of its child
	v := child.Start(child.Options{Command: command, Event: func(e child.Event) { <-started; d.visionEvent(e) }}, states)
	if d.opt.Sim != nil {
		d.opt.Sim.Follow(func(s sim.Scene) { v.Set(stateScene, encode(s)) })
	}
	d.dev.vision = v
	close(started)
	if c.Camera.Face != config.KindNone {
		d.dev.faces, d.dev.match = v.Preview(child.PartCamera), v.Face()
	}
	if c.Camera.Face != config.KindNone || c.Camera.Paper != config.KindNone {
		d.dev.spot = v.Spotter()
	}
	if c.Camera.Paper != config.KindNone {
		d.dev.papers, d.dev.scan = v.Preview(child.PartPaper), v.Scanner()
	}
}

// ownProcess runs this very program as one of its processes.
func ownProcess(which string) func() *exec.Cmd {
	return func() *exec.Cmd {
		exe, err := os.Executable()
		if err != nil {
			exe = os.Args[0] // Start says that there is no such file
		}
		cmd := exec.Command(exe, which) //nolint:gosec // this very program
		cmd.Stderr = os.Stderr
		return cmd
	}
}

// visionEvent logs starts and ends of the vision process, and what it lacks.
func (d *Daemon) visionEvent(e child.Event) {
	ctx := context.Background()
	if e.Err != nil {
		if !errors.Is(e.Err, context.Canceled) {
			d.log.Event(ctx, audit.PartLost, audit.Word(audit.KeyPart, VisionCommand), audit.Word(audit.KeyReason, child.Reason(e.Err)),
				audit.Code(kiosk.Errorf(kiosk.CodeCameraFault, "run the vision process", "", "%w", e.Err)))
		}
		return
	}
	d.log.Event(ctx, audit.PartReady, audit.Word(audit.KeyPart, VisionCommand), audit.MS(e.In))
	d.work.Go(func() {
		c := d.opt.Config.Camera
		for _, part := range []struct{ name, part, kind string }{
			{"camera", child.PartCamera, c.Face}, {"models", child.PartFace, c.Face}, {"paper_camera", child.PartPaper, c.Paper},
		} {
			if part.kind == config.KindNone {
				continue
			}
			err := d.dev.vision.Ready(ctx, part.part)
			if part.part == child.PartFace && kiosk.CodeOf(err) != kiosk.CodeModelMissing {
				continue // the camera was asked for itself
			}
			if err != nil {
				d.absent(ctx, part.name, err)
			}
		}
	})
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // values of ours
	}
	return b
}

// portraitTime bounds making one portrait.
const portraitTime = 5 * time.Second

// portraits gives the photo of a card that was read in a form browsers show. Only a photo whose hash matched EF.SOD is in
// ChipRead.Photo, so nothing is decoded that the card did not answer for.
type portraits struct {
	kiosk.CardReader
	shown func(context.Context, kiosk.Image) (kiosk.Image, error)
	log   *audit.Log
}

// Read reads the card and makes its portrait. A photo that cannot be decoded is left alone: the page shows a silhouette, and
// comparing faces says why it cannot.
func (p portraits) Read(ctx context.Context, key kiosk.CardKey, progress func(kiosk.ChipProgress)) (*kiosk.ChipRead, error) {
	read, err := p.CardReader.Read(ctx, key, progress)
	if err != nil || read.Photo.Type != "image/jp2" {
		return read, err
	}
	ctx, cancel := context.WithTimeout(ctx, portraitTime)
	defer cancel()
	if read.Portrait, err = p.shown(ctx, read.Photo); err != nil {
		p.log.Event(ctx, audit.PartAbsent, audit.Word(audit.KeyPart, "portrait"), audit.Code(kiosk.Errorf(kiosk.CodePhotoUnreadable, "show photo", "", "%w", err)))
	}
	return read, nil
}

// errNoSocket means that the vision process was started by hand.
var errNoSocket = fmt.Errorf("kioskd %s is started by kioskd alone, with a socket", VisionCommand)
