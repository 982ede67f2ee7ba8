package daemon

import (
	"errors"
	"strings"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"
	"periph.io/x/conn/v3/i2c/i2creg"
	"periph.io/x/conn/v3/spi/spireg"
	"periph.io/x/host/v3"

	"motcua/drivers/pn532"
	"motcua/drivers/uart"
	"motcua/kiosk"
)

// OpenPN532 opens the reader chip at a port: /dev/ttyAMA0 (or another serial port), spi:BUS[,irq=PIN], i2c:BUS[,irq=PIN]. With
// later a serial port need not be there yet. The port is the process's until it ends. Errors: bad_input, reader_missing,
// reader_fault.
func OpenPN532(port string, later bool) (*pn532.Dev, error) {
	bus, rest, _ := strings.Cut(port, ":")
	switch {
	case port == "":
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "open reader", portHint, "no port was given")
	case bus == "spi", bus == "i2c":
		return openOnBus(bus, rest)
	}
	p := uart.Later(port)
	if !later {
		var err error
		if p, err = uart.Open(port); err != nil {
			return nil, portError(err)
		}
	}
	d, err := pn532.NewHSU(p, nil)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return d, nil
}

// portHint says how a port is named.
const portHint = "name a serial port (/dev/ttyUSB0), spi:BUS or i2c:BUS; with the interrupt line wired, add ,irq=PIN"

// portError gives a serial port's error its code: without the port there is no reader.
func portError(err error) error {
	var e *uart.Error
	if !errors.As(err, &e) {
		return kiosk.Errorf(kiosk.CodeReaderFault, "open reader", "", "%w", err)
	}
	return &kiosk.Error{Code: kiosk.CodeReaderMissing, Op: "open reader", Err: err, Hint: e.Hint}
}

// openOnBus opens the chip on SPI or I²C through what periph finds on this machine.
func openOnBus(bus, rest string) (*pn532.Dev, error) {
	name, option, _ := strings.Cut(rest, ",")
	line, isIRQ := strings.CutPrefix(option, "irq=")
	if name == "" || (option != "" && (!isIRQ || line == "")) {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "open reader", portHint, "the port %q cannot be read", bus+":"+rest)
	}
	if _, err := host.Init(); err != nil {
		return nil, kiosk.Errorf(kiosk.CodeReaderFault, "open reader", "run as a user of the groups spi, i2c and gpio", "look for buses: %w", err)
	}
	irq, err := openLine(line)
	if err != nil {
		return nil, err
	}
	if bus == "spi" {
		return openSPI(name, irq)
	}
	return openI2C(name, irq)
}

// openLine finds the interrupt line; none for "".
func openLine(name string) (gpio.PinIn, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // no line is wired: the driver asks the chip instead
	}
	pin := gpioreg.ByName(name)
	if pin == nil {
		var names []string
		for _, p := range gpioreg.All() {
			names = append(names, p.Name())
		}
		return nil, kiosk.Errorf(kiosk.CodeReaderMissing, "open reader", present("GPIO lines", names), "no GPIO line %q", name)
	}
	return pin, nil
}

func openSPI(name string, irq gpio.PinIn) (*pn532.Dev, error) {
	port, err := spireg.Open(name)
	if err != nil {
		var names []string
		for _, r := range spireg.All() {
			names = append(names, r.Name)
		}
		return nil, kiosk.Errorf(kiosk.CodeReaderMissing, "open reader", present("SPI ports", names), "%w", err)
	}
	d, err := pn532.NewSPI(port, irq, nil)
	if err != nil {
		return nil, errors.Join(err, port.Close())
	}
	return d, nil
}

func openI2C(name string, irq gpio.PinIn) (*pn532.Dev, error) {
	bus, err := i2creg.Open(name)
	if err != nil {
		var names []string
		for _, r := range i2creg.All() {
			names = append(names, r.Name)
		}
		return nil, kiosk.Errorf(kiosk.CodeReaderMissing, "open reader", present("I2C buses", names), "%w", err)
	}
	d, err := pn532.NewI2C(bus, pn532.Addr, irq, nil)
	if err != nil {
		return nil, errors.Join(err, bus.Close())
	}
	return d, nil
}

// present is the hint that names what could be opened.
func present(kind string, names []string) string {
	if len(names) == 0 {
		return "this machine shows no " + kind + ": enable them in its configuration"
	}
	return kind + " present: " + strings.Join(names, ", ")
}
