package daemon

import (
	"context"
	"errors"

	"motcua/drivers"
	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/pa"
	"motcua/drivers/pcsc"
	"motcua/drivers/printer"
	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/config"
	"motcua/vision/child"
)

// devices are the parts that see and read. Any may be nil: it is absent and the officer is the way on.
type devices struct {
	reader kiosk.CardReader
	chip   *emrtd.Reader             // what reader is around
	slot   interface{ Halt() error } // to stop with the daemon
	vision *child.Client
	faces  kiosk.Preview
	papers kiosk.Preview
	match  kiosk.FaceMatcher
	scan   kiosk.DocumentScanner
	spot   kiosk.CardSpotter

	printer *printer.Device
	panel   kiosk.Panel
	lines   drivers.Driver // the panel's, to stop with the daemon
}

// openDevices opens what the configuration names. What is not there is logged, never an error.
func (d *Daemon) openDevices(ctx context.Context) error {
	d.openVision()
	if slot := d.openSlot(ctx); slot != nil {
		d.dev.chip = emrtd.NewReader(slot, emrtd.Options{Trust: d.openTrust(ctx), Challenge: d.maker.challenge})
		d.dev.reader = portraits{CardReader: d.dev.chip, shown: d.dev.vision.Shown, log: d.log}
	}
	d.openPanel(ctx)
	return d.openPrinter()
}

func (d *Daemon) openSlot(ctx context.Context) apdu.Slot {
	switch r := d.opt.Config.Reader; {
	case d.opt.Sim != nil && r.Kind == config.KindSim:
		return d.opt.Sim.Slot()
	case r.Kind == config.KindPCSC:
		return d.looked(ctx, pcsc.New(&pcsc.Opts{Name: r.Name}))
	case r.Kind == config.KindPN532:
		dev, err := OpenPN532(r.Port, true)
		if err != nil {
			d.absent(ctx, "reader", err)
			return nil
		}
		return d.looked(ctx, dev)
	}
	d.absent(ctx, "reader", &kiosk.Error{Code: kiosk.CodeReaderMissing})
	return nil
}

// slot is a card reader that looks after itself.
type slot interface {
	apdu.Slot
	drivers.Driver
}

// looked keeps a reader. One that is not there now may come later.
func (d *Daemon) looked(ctx context.Context, s slot) apdu.Slot {
	if err := s.Check(ctx); err != nil {
		d.absent(ctx, "reader", err)
	}
	d.dev.slot = s
	return s
}

// openTrust loads the trust anchors. Without them every document is undetermined, which the officer resolves.
func (d *Daemon) openTrust(ctx context.Context) *pa.Store {
	store, err := pa.Load(d.opt.Config.Trust.Dir)
	if err != nil {
		d.absent(ctx, "trust", err)
		return nil
	}
	return store
}

func (d *Daemon) absent(ctx context.Context, part string, err error) {
	d.log.Event(ctx, audit.PartAbsent, audit.Word(audit.KeyPart, part), audit.Code(err))
}

func (v *devices) close() error {
	var err error
	if v.vision != nil {
		err = v.vision.Close()
	}
	if v.slot != nil {
		err = errors.Join(err, v.slot.Halt())
	}
	if v.printer != nil {
		err = errors.Join(err, v.printer.Halt())
	}
	if v.lines != nil {
		err = errors.Join(err, v.lines.Halt())
	}
	return err
}
