package daemon_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkStartUp times kioskd as a process, from exec to the first page, and reports the memory of it and its vision process once
// the models are loaded.
func BenchmarkStartUp(b *testing.B) {
	d := demo(b.TempDir())
	if err := copyTree(d.Dir, template); err != nil {
		b.Fatal(err)
	}
	if err := d.SetUp(b.Context(), func(string) {}); err != nil {
		b.Fatal(err)
	}
	var own, vision float64
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
		own, vision = resident(b, p.PID()), visionOf(b, p.PID())
		if err := p.Stop(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(time.Millisecond), "ms/first-page")
	b.ReportMetric(own, "MB-RSS")
	b.ReportMetric(vision, "MB-RSS-vision")
}

// visionOf waits until the vision process of a kiosk has loaded what it loads, and gives its resident memory in MB.
func visionOf(b *testing.B, parent int) (mb float64) {
	lists, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(parent), "task", "*", "children")) // of every thread
	if err != nil {
		b.Fatal(err)
	}
	for range 50 {
		var sum float64
		for _, list := range lists {
			children, err := os.ReadFile(list)
			if err != nil {
				continue // the thread has ended
			}
			for pid := range strings.FieldsSeq(string(children)) {
				if n, err := strconv.Atoi(pid); err == nil {
					sum += resident(b, n)
				}
			}
		}
		if sum > 0 && sum == mb {
			return mb
		}
		mb = sum
		time.Sleep(100 * time.Millisecond)
	}
	return mb
}

// resident reads a process's resident memory in MB.
func resident(b *testing.B, pid int) float64 {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
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
