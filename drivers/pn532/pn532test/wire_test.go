package pn532test_test

import (
	"fmt"
	"testing"
	"time"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/pn532"
	"motcua/drivers/pn532/pn532test"
	"motcua/drivers/tcl"
)

// BenchmarkRead reads a card while host link and radio take their time, and reports frames, bytes and commands of a read.
func BenchmarkRead(b *testing.B) {
	for _, link := range []struct {
		host string
		baud int
		rate tcl.Rate
		path pn532.Path
	}{
		{"pty", 115200, tcl.Rate106, pn532.PathFirmware},
		{"pty", 115200, tcl.Rate424, pn532.PathSoftware},
		{"pty", 921600, tcl.Rate424, pn532.PathSoftware},
		{"pty", 921600, tcl.Rate424, pn532.PathFirmware},
		{"spi-irq", 0, tcl.Rate424, pn532.PathSoftware},
	} {
		b.Run(fmt.Sprintf("%s-%d-%d-%s", link.host, link.baud, link.rate, link.path), func(b *testing.B) {
			t := newBench(b, setup{
				host: link.host, device: pn532test.Options{WireTime: true}, card: pn532test.CardOptions{},
				chip:   emrtdtest.Options{Latency: emrtdtest.Latency{PACE: 400 * time.Millisecond, Chip: 130 * time.Millisecond, Active: 200 * time.Millisecond}},
				driver: pn532.Opts{Path: link.path, Rate: link.rate, Baud: link.baud},
			})
			t.read(b) // brings the chip up
			before := t.device.Stats()
			var commands int
			for b.Loop() {
				commands += t.read(b).APDUs
			}
			after, n := t.device.Stats(), float64(b.N)
			b.ReportMetric(float64(commands)/n, "apdus")
			b.ReportMetric(float64(after.RadioFrames-before.RadioFrames)/n, "radio-frames")
			b.ReportMetric(float64(after.RadioBytes-before.RadioBytes)/n, "radio-bytes")
			b.ReportMetric(float64(after.HostBytes-before.HostBytes)/n, "host-bytes")
		})
	}
}
