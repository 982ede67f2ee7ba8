package daemon_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/daemon"
)

// BenchmarkStartUp times kioskd as a process, from exec to the first page, and reports its memory with the models loaded.
func BenchmarkStartUp(b *testing.B) {
	d := demo(b.TempDir())
	if err := copyTree(d.Dir, template); err != nil {
		b.Fatal(err)
	}
	if err := d.SetUp(b.Context(), func(string) {}); err != nil {
		b.Fatal(err)
	}
	var rss float64
	for b.Loop() {
		p, err := d.StartKiosk(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		resp, err := http.Get("http://" + d.Kiosk + "/")
		if err != nil {
			b.Fatal(err)
		}
		_ = resp.Body.Close()
		b.StopTimer()
		rss = resident(b, p)
		if err := p.Stop(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(time.Millisecond), "ms/first-page")
	b.ReportMetric(rss, "MB-RSS")
}

// resident reads a process's resident memory in MB.
func resident(b *testing.B, p *daemon.Process) float64 {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.PID()), "status"))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "VmRSS:")
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}
