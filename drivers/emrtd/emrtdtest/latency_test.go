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
