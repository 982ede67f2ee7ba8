package daemon

import (
	"context"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"
	"periph.io/x/host/v3"

	"motcua/drivers/panel"
	"motcua/drivers/printer"
	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/config"
)

// OpenPrinter opens the receipt printer at a device path. With once it is not looked after: for one check.
func OpenPrinter(c config.Printer, once bool, changed func(printer.Status)) (*printer.Device, error) {
	dots, err := printer.Width(c.WidthMM)
	if err != nil {
		return nil, err
	}
	return printer.New(printer.Options{Open: printer.OpenFile(c.Device), Name: c.Device, Dots: dots, Once: once, Changed: changed}), nil
}

// openPrinter opens the printer that the configuration names. One that is not there now may come later.
func (d *Daemon) openPrinter() error {
	c := d.opt.Config.Printer
	switch {
	case c.Device == config.KindNone:
		return nil
	case c.Device == config.KindSim && d.opt.Sim == nil:
		d.absent(context.Background(), "printer", &kiosk.Error{Code: kiosk.CodePrinterOffline})
		return nil
	case c.Device == config.KindSim:
		dots, err := printer.Width(c.WidthMM)
		if err != nil {
			return err
		}
		d.dev.printer = printer.New(printer.Options{Open: d.opt.Sim.Printer().Open, Name: "sim", Dots: dots, Changed: d.printerChanged})
		return nil
	}
	p, err := OpenPrinter(c, false, d.printerChanged)
	if err != nil {
		return err
	}
	d.dev.printer = p
	return nil
}

// printerChanged logs what a printer has become, once that has lasted.
func (d *Daemon) printerChanged(s printer.Status) {
	part := audit.Word(audit.KeyPart, "printer")
	switch err := s.Err(); {
	case err != nil:
		d.log.Event(context.Background(), audit.PartLost, part, audit.Code(err))
	default:
		d.log.Event(context.Background(), audit.PartReady, part, audit.MS(0))
	}
}

// openPanel takes the lines that the configuration names.
func (d *Daemon) openPanel(ctx context.Context) {
	switch c := d.opt.Config.Panel; {
	case c.Kind == config.KindSim && d.opt.Sim != nil:
		d.dev.panel = d.opt.Sim.Panel()
	case c.Kind == config.KindGPIO:
		p, err := OpenPanel(c)
		if err != nil {
			d.absent(ctx, "panel", err)
		}
		if p != nil {
			d.dev.panel, d.dev.lines = p, p
		}
	}
}

// OpenPanel opens the GPIO lines of the case. With the error of a line that failed it gives the panel all the same. Error:
// unavailable.
func OpenPanel(c config.Panel) (*panel.Panel, error) {
	const op = "open panel"
	if _, err := host.Init(); err != nil {
		return nil, kiosk.Errorf(kiosk.CodeUnavailable, op, "run as a user of the group gpio", "look for GPIO lines: %w", err)
	}
	l := panel.Lines{Lamps: map[kiosk.Lamp]gpio.PinOut{}}
	for lamp, name := range map[kiosk.Lamp]string{kiosk.LampStaff: c.Staff, kiosk.LampCard: c.Card, kiosk.LampPaper: c.Paper} {
		if name == "" {
			continue
		}
		pin := gpioreg.ByName(name)
		if pin == nil {
			return nil, noLine(name)
		}
		l.Lamps[lamp] = pin
	}
	if c.Presence != "" {
		pin := gpioreg.ByName(c.Presence)
		if pin == nil {
			return nil, noLine(c.Presence)
		}
		l.Presence = pin
	}
	return panel.New(l)
}

func noLine(name string) error {
	var names []string
	for _, p := range gpioreg.All() {
		names = append(names, p.Name())
	}
	return kiosk.Errorf(kiosk.CodeUnavailable, "open panel", present("GPIO lines", names), "no GPIO line %q", name)
}
