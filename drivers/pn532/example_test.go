package pn532_test

import (
	"context"
	"fmt"
	"log"

	"periph.io/x/conn/v3/spi/spireg"
	"periph.io/x/host/v3"

	"motcua/drivers/emrtd"
	"motcua/drivers/pn532"
	"motcua/drivers/uart"
)

// A reader on a serial port that may be plugged in later.
func ExampleNewHSU() {
	d, err := pn532.NewHSU(uart.Later("/dev/ttyUSB0"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer d.Halt()
	if err := d.Check(context.Background()); err != nil {
		log.Print(err) // says what the technician should do
	}
	reader := emrtd.NewReader(d, emrtd.Options{})
	fmt.Println(reader)
}

// A reader on the first SPI bus, without its interrupt line.
func ExampleNewSPI() {
	if _, err := host.Init(); err != nil {
		log.Fatal(err)
	}
	port, err := spireg.Open("")
	if err != nil {
		log.Fatal(err)
	}
	defer port.Close()
	d, err := pn532.NewSPI(port, nil, &pn532.Opts{Path: pn532.PathSoftware})
	if err != nil {
		log.Fatal(err)
	}
	defer d.Halt()
}
