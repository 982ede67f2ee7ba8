package pn532

import (
	"time"

	"periph.io/x/conn/v3/physic"

	"motcua/drivers/tcl"
)

// Path says who speaks ISO/IEC 14443-4 to the card.
type Path int

// The data paths.
const (
	PathAuto     Path = 0 // software; firmware once software was seen not to work
	PathSoftware Path = 1 // package tcl over InCommunicateThru: frames of 256 bytes
	PathFirmware Path = 2 // the chip, over InDataExchange: frames of 64 bytes
)

// String gives "auto", "software" or "firmware".
func (p Path) String() string {
	switch p {
	case PathSoftware:
		return "software"
	case PathFirmware:
		return "firmware"
	}
	return "auto"
}

// Opts describe how a chip is used. The zero value suits a genuine chip.
type Opts struct {
	Path     Path
	Rate     tcl.Rate         // highest bit rate to the card; 0 is 424. 848 is outside the chip's specification
	FSD      int              // largest frame taken from the card in the software path; 0 is 256
	Baud     int              // highest speed of a UART; 0 is 921600
	Speed    physic.Frequency // clock of SPI, up to 5 MHz, 0 is 1 MHz; clock of I²C, 0 leaves the bus as it is
	LSBFirst bool             // the SPI port shifts the least significant bit first itself; else bits are turned in software
	BusFree  time.Duration    // pause between two I²C transactions; 0 is 1 ms, raised to libnfc's 5 ms when the loopback fails
	Poll     time.Duration    // pause between two looks for a card; 0 is 300 ms
	Wait     time.Duration    // longest time for one command APDU; 0 is 30 s
	TypeA    bool             // look for type A alone
}

// What the zero Opts stand for.
const (
	defaultRate    = tcl.Rate424
	defaultFSD     = 256
	defaultBaud    = 921600
	defaultClock   = 1 * physic.MegaHertz
	maxClock       = 5 * physic.MegaHertz
	defaultBusFree = time.Millisecond
	slowBusFree    = 5 * time.Millisecond
	defaultPoll    = 300 * time.Millisecond
	defaultWait    = 30 * time.Second
)

func (o *Opts) filled() Opts {
	var f Opts
	if o != nil {
		f = *o
	}
	if f.Rate == 0 {
		f.Rate = defaultRate
	}
	if f.FSD < 64 || f.FSD > defaultFSD {
		f.FSD = defaultFSD
	}
	if f.Baud < startBaud {
		f.Baud = defaultBaud
	}
	if f.BusFree <= 0 {
		f.BusFree = defaultBusFree
	}
	if f.Poll <= 0 {
		f.Poll = defaultPoll
	}
	if f.Wait <= 0 {
		f.Wait = defaultWait
	}
	return f
}
