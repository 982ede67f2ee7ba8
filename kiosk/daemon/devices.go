package daemon

import (
	"context"
	"errors"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/pa"
	"motcua/drivers/pcsc"
	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/config"
	"motcua/vision/camera"
	"motcua/vision/face"
	"motcua/vision/paper"
)

// devices are the parts that see and read. Any may be nil: it is absent and the officer is the way on.
type devices struct {
	reader kiosk.CardReader
	slot   interface{ Halt() error } // to stop with the daemon
	faces  *camera.Hub
	papers *camera.Hub
	engine *face.Engine
	match  kiosk.FaceMatcher
	scan   kiosk.DocumentScanner
}

// openDevices opens what the configuration names. What is not there is logged, never an error.
func (d *Daemon) openDevices(ctx context.Context) {
	c := d.opt.Config
	if slot := d.openSlot(ctx); slot != nil {
		d.dev.reader = portraits{CardReader: emrtd.NewReader(slot, emrtd.Options{Trust: d.openTrust(ctx)}), log: d.log}
	}
	d.dev.faces = d.openCamera(ctx, "camera", c.Camera.Face, camera.DeviceOpts{Rotate: c.Camera.Rotate}, d.faceScene)
	d.dev.papers = d.openCamera(ctx, "paper_camera", c.Camera.Paper, paperSize, d.paperScene)
	d.openFace(ctx)
	if d.dev.papers != nil {
		d.dev.scan = paper.NewScanner(d.dev.papers)
	}
}

func (d *Daemon) openSlot(ctx context.Context) apdu.Slot {
	switch r := d.opt.Config.Reader; {
	case d.opt.Sim != nil && r.Kind == config.KindSim:
		return d.opt.Sim.Slot()
	case r.Kind == config.KindPCSC:
		slot := pcsc.New(&pcsc.Opts{Name: r.Name})
		if err := slot.Check(ctx); err != nil {
			d.absent(ctx, "reader", err) // it may come later: the slot stays
		}
		d.dev.slot = slot
		return slot
	}
	d.absent(ctx, "reader", &kiosk.Error{Code: kiosk.CodeReaderMissing})
	return nil
}

// openTrust loads the trust anchors. Without them every document is undetermined, which the officer resolves.
func (d *Daemon) openTrust(ctx context.Context) *pa.Store {
	store, err := pa.LoadStore(d.opt.Config.Trust.Dir)
	if err != nil {
		d.absent(ctx, "trust", err)
		return nil
	}
	return store
}

// paperSize asks the document camera for motion JPEG, the largest picture most of them give; it may answer with less.
var paperSize = camera.DeviceOpts{Width: 1920, Height: 1080}

// frames are the pictures a simulated camera gives.
type frames func() *camera.Generated

func (d *Daemon) openCamera(ctx context.Context, part, kind string, wish camera.DeviceOpts, sim frames) *camera.Hub {
	var src camera.Source
	switch {
	case kind == config.KindNone:
		d.absent(ctx, part, &kiosk.Error{Code: kiosk.CodeCameraMissing})
		return nil
	case kind == config.KindSim && d.opt.Sim == nil:
		d.absent(ctx, part, kiosk.Errorf(kiosk.CodeCameraMissing, "open camera", "start with -sim, or name a device", "no simulated world"))
		return nil
	case kind == config.KindSim:
		src = sim()
	default:
		src = camera.NewDevice(kind, wish)
	}
	hub := camera.NewHub(src, camera.Opts{})
	if err := hub.Ready(); err != nil {
		d.absent(ctx, part, err) // it may come later: the hub stays
	}
	return hub
}

// openFace loads the models. Without them the matcher answers model_missing to every citizen: it never pretends.
func (d *Daemon) openFace(ctx context.Context) {
	if d.dev.faces == nil {
		return
	}
	begun := time.Now()
	engine, err := face.Open(d.opt.Config.ModelsDir())
	if err != nil {
		d.absent(ctx, "models", err)
	} else {
		d.dev.engine = engine
		d.log.Event(ctx, audit.PartReady, audit.Word(audit.KeyPart, "models"), audit.MS(time.Since(begun)))
	}
	d.dev.match = face.NewMatcher(engine, err, d.dev.faces, face.Opts{Threshold: d.opt.Config.Match.Threshold})
}

func (d *Daemon) absent(ctx context.Context, part string, err error) {
	d.log.Event(ctx, audit.PartAbsent, audit.Word(audit.KeyPart, part), audit.Code(err))
}

func (v *devices) close() error {
	var err error
	if v.engine != nil {
		err = v.engine.Close()
	}
	if v.slot != nil {
		err = errors.Join(err, v.slot.Halt())
	}
	return err
}
