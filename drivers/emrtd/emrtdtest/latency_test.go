package emrtdtest

import (
	"math"
	"testing"
	"time"
)

// TestLatencyMatchesRadio compares the model with the byte times of ISO/IEC 14443: 85.0, 42.5, 21.2 and 10.6 µs.
func TestLatencyMatchesRadio(t *testing.T) {
	for kbps, micros := range map[int]float64{106: 85.0, 212: 42.5, 424: 21.2, 848: 10.6} {
		l, err := Link(kbps)
		if err != nil {
			t.Fatal(err)
		}
		if got := float64(l.byteTime()) / float64(time.Microsecond); math.Abs(got-micros) > 0.05 {
			t.Errorf("%d kbit/s: %.2f µs per byte, want %.1f", kbps, got, micros)
		}
		// One frame each way: 19 and 244 bytes with three bytes of protocol, two turn-arounds.
		want := time.Duration(float64(19+3+244+3)*micros)*time.Microsecond + time.Millisecond
		if got := l.Exchange(19, 244, CostNone); (got - want).Abs() > 50*time.Microsecond {
			t.Errorf("%d kbit/s: exchange of %v, want about %v", kbps, got, want)
		}
	}
	if _, err := Link(115); err == nil {
		t.Error("a link of 115 kbit/s was accepted")
	}
}

// TestLatencyChains counts the frames of a long response and the costs of computations.
func TestLatencyChains(t *testing.T) {
	l := Latency{Kbps: 106, FrameSize: 64, TurnAround: time.Hour, PACE: 2 * time.Hour, Chip: 3 * time.Hour, Active: 4 * time.Hour}
	if got := l.Exchange(1, 1, CostNone).Round(time.Hour); got != 2*time.Hour {
		t.Errorf("two frames: %v", got)
	}
	if got := l.Exchange(1, 122, CostNone).Round(time.Hour); got != 4*time.Hour {
		t.Errorf("a chained response: %v", got)
	}
	for cost, want := range map[Cost]time.Duration{CostPACE: time.Hour, CostChip: 3 * time.Hour, CostActive: 4 * time.Hour} {
		if got := (Latency{PACE: l.PACE, Chip: l.Chip, Active: l.Active}).Exchange(300, 300, cost); got != want {
			t.Errorf("cost %d: %v, want %v", cost, got, want)
		}
	}
}

// TestLinkModel compares the model with an independent estimate of reading 21,423 bytes of seven files: seconds by rate, for
// 223 bytes per command over frames of 64 and of 256 bytes, and for 500 bytes, 2000 bytes and whole files per command over frames
// of 256. A byte takes nine bits, a frame 0.5 ms besides; each file costs one command for its header.
func TestLinkModel(t *testing.T) {
	files := []int{26, 95, 18000, 650, 390, 262, 2000}
	models := []struct{ chunk, frame, apdus int }{{223, 64, 106}, {223, 256, 106}, {500, 256, 53}, {2000, 256, 22}, {65536, 256, 14}}
	for kbps, want := range map[int][]float64{
		106: {2.79, 2.35, 2.28, 2.07, 2.03},
		212: {1.59, 1.23, 1.21, 1.09, 1.06},
		424: {0.99, 0.67, 0.67, 0.60, 0.58},
		848: {0.69, 0.39, 0.41, 0.35, 0.34},
	} {
		for i, m := range models {
			l, err := Link(kbps)
			if err != nil {
				t.Fatal(err)
			}
			l.FrameSize = m.frame
			var sum time.Duration
			apdus := 0
			read := func(n int) {
				apdus++
				sum += l.Exchange(19, 4+(n/16+1)*16+4+10+2, CostNone)
			}
			for _, size := range files {
				read(4)
				for left := size; left > 0; left -= m.chunk {
					read(min(left, m.chunk))
				}
			}
			if got := sum.Seconds(); got < 0.9*want[i] || got > 1.1*want[i] || apdus != m.apdus {
				t.Errorf("%d kbit/s, %d bytes, frames of %d: %.2f s with %d commands, want %.2f s with %d", kbps, m.chunk, m.frame, got, apdus, want[i], m.apdus)
			}
		}
	}
}
