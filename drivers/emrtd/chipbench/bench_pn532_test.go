package chipbench

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/pn532"
	"motcua/drivers/pn532/pn532test"
	"motcua/drivers/tcl"
)

// metered is a chip in the field of a simulated PN532, which tells a rig what the radio link and the chip take.
type metered struct {
	*emrtdtest.Chip
	model emrtdtest.Latency // of the radio link
	slot  *timed
}

// Process answers a command.
func (m *metered) Process(command []byte) []byte {
	began := time.Now()
	r := m.Chip.Process(command)
	took := time.Since(began)
	wire, card := m.model.Exchange(len(command), len(r), emrtdtest.CostNone), m.Time(command, r)
	m.slot.mu.Lock()
	defer m.slot.mu.Unlock()
	m.slot.inside += took + wire + card
	m.slot.wire += wire
	m.slot.card += card
	return r
}

// boards are the ways to wire a PN532 that are measured. perByte is what a byte takes on the host link.
var boards = []struct {
	name    string
	opts    pn532.Opts
	perByte time.Duration
	spi     bool
}{
	{"HSU 115200, 106 kbit/s", pn532.Opts{Path: pn532.PathSoftware, Baud: 115200, Rate: tcl.Rate106}, 10 * time.Second / 115200, false},
	{"HSU 115200, 424 kbit/s", pn532.Opts{Path: pn532.PathSoftware, Baud: 115200, Rate: tcl.Rate424}, 10 * time.Second / 115200, false},
	{"HSU 921600, 424 kbit/s", pn532.Opts{Path: pn532.PathSoftware, Baud: 921600, Rate: tcl.Rate424}, 10 * time.Second / 921600, false},
	{"HSU 921600, 424 kbit/s, firmware's FSD 64", pn532.Opts{Path: pn532.PathFirmware, Baud: 921600, Rate: tcl.Rate424}, 10 * time.Second / 921600, false},
	{"SPI 1 MHz, 424 kbit/s", pn532.Opts{Path: pn532.PathSoftware, Speed: megaHertz, Rate: tcl.Rate424}, 8 * time.Microsecond, true},
	{"SPI 5 MHz, 424 kbit/s", pn532.Opts{Path: pn532.PathSoftware, Speed: 5 * megaHertz, Rate: tcl.Rate424}, 8 * time.Microsecond / 5, true},
}

// megaHertz in units of physic.Frequency, micro-hertz.
const megaHertz = 1_000_000_000_000

// BenchmarkChipPN532 reads a whole card over a PN532, byte by byte as slowly as its links are.
func BenchmarkChipPN532(b *testing.B) {
	for _, board := range boards {
		b.Run(board.name, func(b *testing.B) {
			device, err := pn532test.New(pn532test.Options{WireTime: true})
			if err != nil {
				b.Fatal(err)
			}
			var driver *pn532.Dev
			if board.spi {
				driver, err = pn532.NewSPI(device.SPI(), nil, &board.opts)
			} else {
				driver, err = pn532.NewHSU(device.Port(), &board.opts)
			}
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() {
				if err := errors.Join(driver.Halt(), device.Close()); err != nil {
					b.Error(err)
				}
			})
			pn532Rig(b, "PN532 "+board.name, device, driver, board.opts, board.perByte).run(b)
		})
	}
}

func pn532Rig(b *testing.B, name string, device *pn532test.Device, driver *pn532.Dev, opts pn532.Opts, perByte time.Duration) *rig {
	kbps, frame := map[tcl.Rate]int{tcl.Rate106: 106, tcl.Rate424: 424}[opts.Rate], 256
	if opts.Path == pn532.PathFirmware {
		frame = 64
	}
	model := link(b, kbps, frame)
	times := model
	times.Kbps = 0 // the device itself takes the radio's time
	inner, outer := &timed{}, &timed{Slot: driver}
	device.Insert(&metered{Chip: chipOf(b, times), model: model, slot: inner}, pn532test.CardOptions{})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := driver.Wait(ctx, true); err != nil {
		b.Fatal(err)
	}
	r := &rig{name: name, inner: inner, outer: outer, read: emrtd.NewReader(outer, emrtd.Options{Trust: trust(b)})}
	before := device.Stats().HostBytes
	r.host = func() time.Duration {
		now := device.Stats().HostBytes
		d := time.Duration(now-before) * perByte
		before = now
		return d
	}
	r.measure(b)
	if v := device.Violations(); len(v) > 0 {
		b.Error(fmt.Sprint(v))
	}
	return r
}
