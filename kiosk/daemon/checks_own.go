package daemon

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"syscall"
	"time"

	"motcua/drivers/emrtd"
	"motcua/drivers/pcsc"
	"motcua/drivers/pn532"
	"motcua/drivers/speaker"
	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/doctor"
	"motcua/vision"
	"motcua/vision/camera"
	"motcua/vision/child"
)

// probes asks this kiosk's own devices.
func (d *Daemon) probes(thorough bool) probes {
	c := d.opt.Config
	return probes{
		reader: doctor.Reader(c.Reader.Kind, d.askReader),
		card:   doctor.Card(c.Reader.Kind, d.askCard),
		face:   d.cameraCheck("camera", c.Camera.Face, child.PartCamera, thorough),
		paper:  d.cameraCheck("paper_camera", c.Camera.Paper, child.PartPaper, thorough),
		printer: doctor.Printer(c.Printer.Device, func(ctx context.Context) (doctor.PrinterState, error) {
			if d.dev.printer == nil {
				return doctor.PrinterState{}, &kiosk.Error{Code: kiosk.CodePrinterOffline, Op: "check printer"}
			}
			err := d.dev.printer.Check(ctx)
			is, _ := d.dev.printer.Status()
			return doctor.PrinterState{Low: is.Low}, err
		}),
		panel: doctor.Panel(c.Panel.Kind, func() (string, error) {
			if d.dev.panel == nil {
				return "", &kiosk.Error{Code: kiosk.CodeUnavailable, Op: "check panel", Hint: "look at [panel] in kiosk.toml and the wires"}
			}
			return "lamps and sensor", d.dev.panel.Ready()
		}),
		voice: d.voiceCheck(),
	}
}

func (d *Daemon) askReader(ctx context.Context) (string, error) {
	switch s := d.dev.slot.(type) {
	case *pn532.Dev:
		return s.Diagnose(ctx)
	case nil:
		if d.dev.reader == nil {
			return "", &kiosk.Error{Code: kiosk.CodeReaderMissing, Op: "check reader", Hint: "look at [reader] in kiosk.toml and the cable"}
		}
	}
	return d.dev.reader.String(), d.dev.reader.Ready(ctx)
}

func (d *Daemon) askCard(ctx context.Context) (string, error) {
	if d.dev.chip == nil {
		return "", &kiosk.Error{Code: kiosk.CodeReaderMissing, Op: "check reader", Hint: "look at [reader] in kiosk.toml and the cable"}
	}
	return identify(d.dev.chip)(ctx)
}

// cameraAnswers is how long a camera's check waits for a vision process that is being started.
const cameraAnswers = 5 * time.Second

// cameraCheck looks through a camera, or asks whether it is there.
func (d *Daemon) cameraCheck(name, kind, part string, thorough bool) doctor.Check {
	if kind == config.KindNone || thorough {
		return doctor.Camera(name, kind, func(ctx context.Context) (doctor.Sight, error) { return sight(ctx, d.dev.vision.Preview(part)) })
	}
	return doctor.Ready(name, "there, and off", func() error {
		ctx, cancel := context.WithTimeout(context.Background(), cameraAnswers)
		defer cancel()
		return d.dev.vision.Ready(ctx, part)
	})
}

func (d *Daemon) voiceCheck() doctor.Check {
	return doctor.Check{Name: "voice", Run: func(context.Context) doctor.Finding {
		var v kiosk.Voice = d.opt.Voice
		if v == nil && d.voice != nil {
			v = d.voice
		}
		if v == nil {
			return doctor.Missing("switched off in kiosk.toml", "")
		}
		if err := v.Ready(); err != nil {
			f := doctor.FromError(err)
			if f.Fix == "" {
				f.Fix = "look at the loudspeaker's cable and volume"
			}
			return f
		}
		return doctor.Good("is heard")
	}}
}

// The looking through a camera: as many pictures as tell whether it stands still, within a time.
const (
	sightFrames = 6
	sightWithin = 8 * time.Second
)

var errEnough = errors.New("enough pictures")

// sight looks through a camera. Nothing of what it saw is kept but the brightness.
func sight(ctx context.Context, p kiosk.Preview) (doctor.Sight, error) {
	ctx, cancel := context.WithTimeout(ctx, sightWithin)
	defer cancel()
	var s doctor.Sight
	seen := map[[32]byte]bool{}
	var last []byte
	err := p.Preview(ctx, func(picture []byte) error {
		s.Frames++
		seen[sha256.Sum256(picture)] = true
		if s.Frames == sightFrames {
			last = bytes.Clone(picture)
			return errEnough
		}
		last = append(last[:0], picture...)
		return nil
	})
	defer clear(last)
	s.Distinct = len(seen)
	if !errors.Is(err, errEnough) && err != nil && ctx.Err() == nil {
		return s, err
	}
	if s.Frames > 0 {
		if s.Mean, s.Clipped, err = brightness(last); err != nil {
			return s, kiosk.Errorf(kiosk.CodeCameraFault, "look through camera", "unplug the camera, plug it in again", "%w", err)
		}
	}
	return s, nil
}

// nearlyWhite is the brightness from which a pixel tells nothing.
const nearlyWhite = 250

func brightness(picture []byte) (mean, clipped float64, err error) {
	img, err := jpeg.Decode(bytes.NewReader(picture))
	if err != nil {
		return 0, 0, err
	}
	b := img.Bounds()
	n, sum, white := 0, 0, 0
	const step = 4 // every fourth pixel of every fourth row says enough
	for y := b.Min.Y; y < b.Max.Y; y += step {
		for x := b.Min.X; x < b.Max.X; x += step {
			g := int(color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y)
			n, sum = n+1, sum+g
			if g >= nearlyWhite {
				white++
			}
		}
	}
	if n == 0 {
		return 0, 0, errors.New("the picture is empty")
	}
	return float64(sum) / float64(n), float64(white) / float64(n), nil
}

// bare asks the devices themselves, when no kioskd has them.
func bare(c config.Config) probes {
	return probes{
		reader: bareReader(c.Reader), card: bareCard(c.Reader),
		face:  bareCamera("camera", c.Camera.Face, camera.DeviceOpts{Rotate: c.Camera.Rotate}),
		paper: bareCamera("paper_camera", c.Camera.Paper, paperSize),
		printer: onlySimulated("printer", c.Printer.Device, doctor.Printer(c.Printer.Device, func(ctx context.Context) (doctor.PrinterState, error) {
			return probePrinter(ctx, c.Printer)
		})),
		panel: onlySimulated("panel", c.Panel.Kind, doctor.Panel(c.Panel.Kind, func() (string, error) { return probePanel(c.Panel) })),
		voice: doctor.Check{Name: "voice", Run: func(ctx context.Context) doctor.Finding { return probeVoice(ctx, c.Voice) }},
	}
}

// onlySimulated makes a check of a simulated device that no kioskd simulates now.
func onlySimulated(name, kind string, c doctor.Check) doctor.Check {
	if kind == config.KindSim {
		c.Run = func(context.Context) doctor.Finding { return doctor.Good("simulated") }
	}
	c.Name = name
	return c
}

func bareReader(c config.Reader) doctor.Check {
	return onlySimulated("reader", c.Kind, doctor.Reader(c.Kind, func(ctx context.Context) (text string, err error) {
		if c.Kind == config.KindPN532 {
			dev, err := OpenPN532(c.Port, false)
			if err != nil {
				return "", err
			}
			text, err = dev.Diagnose(ctx)
			return text, errors.Join(err, dev.Halt())
		}
		r := pcsc.New(&pcsc.Opts{Name: c.Name})
		return r.String(), errors.Join(r.Check(ctx), r.Halt())
	}))
}

func bareCard(c config.Reader) doctor.Check {
	return onlySimulated("card", c.Kind, doctor.Card(c.Kind, func(ctx context.Context) (text string, err error) {
		var s slot = pcsc.New(&pcsc.Opts{Name: c.Name})
		if c.Kind == config.KindPN532 {
			if s, err = OpenPN532(c.Port, false); err != nil {
				return "", err
			}
		}
		defer func() { _ = s.Halt() }() // it was asked; what is left decides nothing
		return identify(emrtd.NewReader(s, emrtd.Options{}))(ctx)
	}))
}

func bareCamera(name, kind string, o camera.DeviceOpts) doctor.Check {
	return onlySimulated(name, kind, doctor.Camera(name, kind, func(ctx context.Context) (doctor.Sight, error) {
		return sight(ctx, camera.NewHub(camera.NewDevice(kind, o), camera.Opts{}))
	}))
}

// probeOpenCV brings a picture into OpenCV, encodes it and reads it back.
func probeOpenCV(context.Context) (string, error) {
	const op, hint = "use OpenCV", "install OpenCV again (libopencv)"
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for y := range 48 {
		for x := range 64 {
			img.Set(x, y, color.RGBA{R: uint8(4 * x), G: uint8(5 * y), B: 128, A: 255})
		}
	}
	m, err := vision.FromImage(img)
	if err != nil {
		return "", kiosk.Errorf(kiosk.CodeInternal, op, hint, "%w", err)
	}
	defer m.Close()
	encoded, err := vision.EncodeJPEG(&m, 90)
	if err != nil {
		return "", kiosk.Errorf(kiosk.CodeInternal, op, hint, "%w", err)
	}
	back, err := vision.Decode(encoded.Data)
	if err != nil {
		return "", kiosk.Errorf(kiosk.CodeInternal, op, hint, "%w", err)
	}
	defer back.Close()
	if back.Cols() != 64 || back.Rows() != 48 {
		return "", kiosk.Errorf(kiosk.CodeInternal, op, hint, "a picture came back with another size")
	}
	return fmt.Sprintf("encodes and decodes pictures, %d threads", vision.Threads()), nil
}

// probePrinter asks the printer itself; the kernel lets one process at a time have a USB printer.
func probePrinter(ctx context.Context, c config.Printer) (s doctor.PrinterState, err error) {
	p, err := OpenPrinter(c, true, nil)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, p.Halt()) }()
	if err := p.Check(ctx); errors.Is(err, syscall.EBUSY) {
		return doctor.PrinterState{Held: true}, nil
	} else if err != nil {
		return s, err
	}
	is, _ := p.Status()
	return doctor.PrinterState{Low: is.Low}, nil
}

func probePanel(c config.Panel) (text string, err error) {
	p, err := OpenPanel(c)
	if err != nil {
		return "", err
	}
	return p.String(), p.Halt()
}

func probeVoice(ctx context.Context, cfg config.Voice) doctor.Finding {
	if !cfg.Enabled {
		return doctor.Missing("switched off in kiosk.toml", "")
	}
	if err := speaker.OpenDevice().Wait(ctx); err != nil {
		return doctor.FromError(err)
	}
	s := speaker.New(speaker.Options{Dir: cfg.Dir, Volume: cfg.Volume})
	if err := s.Check(ctx); err != nil {
		return doctor.FromError(err)
	}
	return doctor.Good("%s, %d clips", s, len(speaker.Sentences(speaker.Vietnamese)))
}
