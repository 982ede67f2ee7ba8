package pn532_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/pn532"
	"motcua/drivers/pn532/pn532test"
	"motcua/drivers/tcl"
)

// The model: nine bits per byte on the air and a turn-around of half a millisecond per frame; the host link byte after byte, nothing
// overlapping. What the card computes is left out.
const turnAround = 500 * time.Microsecond

// hostLinks are the time of one byte on every host link.
var hostLinks = []struct {
	name string
	byte time.Duration
}{
	{"hsu115200", 10 * time.Second / 115200}, {"hsu460800", 10 * time.Second / 460800}, {"hsu921600", 10 * time.Second / 921600},
	{"spi1M", 8 * time.Microsecond}, {"spi5M", 1600 * time.Nanosecond}, {"i2c100k", 90 * time.Microsecond}, {"i2c400k", 22500 * time.Nanosecond},
}

// BenchmarkRead reads a card of some 21 KB and reports what went over the host link and the air, and the time both would take.
func BenchmarkRead(b *testing.B) {
	for _, c := range []struct {
		path pn532.Path
		fsd  int
		rate tcl.Rate
	}{
		{pn532.PathFirmware, 64, 106}, {pn532.PathFirmware, 64, 424}, {pn532.PathSoftware, 64, 106}, {pn532.PathSoftware, 64, 424},
		{pn532.PathSoftware, 256, 106}, {pn532.PathSoftware, 256, 424},
	} {
		b.Run(fmt.Sprintf("%v/FSD%d/%d", c.path, c.fsd, int(c.rate)), func(b *testing.B) {
			bench := setUpLarge(b)
			d, device := open(b, "hsu", pn532test.Options{}, &pn532.Opts{Path: c.path, FSD: c.fsd, Rate: c.rate})
			device.Insert(bench.chip(b, emrtdtest.Options{}), pn532test.CardOptions{})
			r := emrtd.NewReader(d, emrtd.Options{Trust: bench.trust})
			before := device.Stats()
			n := 0
			b.ResetTimer()
			for b.Loop() {
				if _, err := r.Read(context.Background(), key, nil); err != nil {
					b.Fatal(err)
				}
				n++
			}
			s := device.Stats()
			host, air := float64(s.HostBytes-before.HostBytes)/float64(n), float64(s.RadioBytes-before.RadioBytes)/float64(n)
			frames := float64(s.RadioFrames-before.RadioFrames) / float64(n)
			b.ReportMetric(float64(s.APDUs-before.APDUs)/float64(n), "APDUs")
			b.ReportMetric(host, "host-B")
			b.ReportMetric(air, "air-B")
			b.ReportMetric(frames, "frames")
			onAir := air*9*128/13.56e6*106/float64(c.rate) + frames*turnAround.Seconds()
			b.ReportMetric(onAir, "air-s")
			for _, l := range hostLinks {
				b.ReportMetric(onAir+host*l.byte.Seconds(), l.name+"-s")
			}
		})
	}
}

// BenchmarkTransmit is the cost of one short read of 223 bytes: everything but the card, the simulator's share included.
func BenchmarkTransmit(b *testing.B) {
	for _, path := range []pn532.Path{pn532.PathSoftware, pn532.PathFirmware} {
		b.Run(path.String(), func(b *testing.B) {
			d, device := open(b, "hsu", pn532test.Options{}, &pn532.Opts{Path: path})
			device.Insert(block{}, pn532test.CardOptions{})
			k, err := d.Connect(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			before := device.Stats()
			command := make([]byte, 19)
			n := 0
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				if _, err := k.Transmit(context.Background(), command); err != nil {
					b.Fatal(err)
				}
				n++
			}
			b.ReportMetric(float64(device.Stats().HostBytes-before.HostBytes)/float64(n), "host-B/op")
		})
	}
}

// block is a chip that answers with 242 bytes, what a protected READ BINARY of 223 gives.
type block struct{ echo }

func (block) Process([]byte) []byte { return append(make([]byte, 240), 0x90, 0) }
