package session

import (
	"encoding/json"
	"slices"
	"time"
)

// bounds are the upper ends of the classes in which times are counted. Counts alone are kept: no visit can be told from another.
var bounds = []time.Duration{
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Second, 6 * time.Second,
	8 * time.Second, 10 * time.Second, 12 * time.Second, 15 * time.Second, 20 * time.Second, 25 * time.Second, 30 * time.Second,
	45 * time.Second, 60 * time.Second, 90 * time.Second, 2 * time.Minute, 3 * time.Minute, 5 * time.Minute, 10 * time.Minute,
}

// tally counts how long something took.
type tally struct {
	Counts []int `json:"counts"` // per class of bounds, and one for what is longer
	Count  int   `json:"count"`
	Sum    int64 `json:"sum_ms"`
	Ended  int   `json:"ended"` // visits that ended here
}

func (t *tally) add(d time.Duration) {
	if len(t.Counts) != len(bounds)+1 {
		t.Counts = make([]int, len(bounds)+1)
	}
	class, _ := slices.BinarySearch(bounds, d)
	t.Counts[class]++
	t.Count++
	t.Sum += d.Milliseconds()
}

// quantile gives the upper end of the class in which the q-th share lies; what is longer than the last counts as the last.
func (t *tally) quantile(q float64) time.Duration {
	seen, want := 0, int(q*float64(t.Count)+0.999999)
	for i, n := range t.Counts {
		if seen += n; seen >= want && n > 0 {
			return bounds[min(i, len(bounds)-1)]
		}
	}
	return 0
}

// Timing is how long citizens and devices stayed on one screen, or how long whole visits took.
type Timing struct {
	Name    string `json:"name"`    // a screen, "visit", or "identity": from the card to who it is
	Machine bool   `json:"machine"` // a device works there, not the citizen
	Count   int    `json:"count"`
	Mean    int64  `json:"mean_ms"`
	P50     int64  `json:"p50_ms"`
	P95     int64  `json:"p95_ms"`
	Ended   int    `json:"ended"` // visits that ended there
}

// Timings counts times by screen. Its JSON is what a restart goes on with; the zero value is empty.
type Timings struct {
	Screens map[string]*tally `json:"screens"`
}

// The names beside the screens.
const (
	TimingVisit    = "visit"    // from the touch to the wipe
	TimingMachine  = "machine"  // of these, what devices took
	TimingIdentity = "identity" // from the number typed, or the card placed, to the name on the screen
)

// ReadTimings reads what [Timings] wrote; what cannot be read counts as empty.
func ReadTimings(data []byte) *Timings {
	t := &Timings{}
	if json.Unmarshal(data, t) != nil {
		return &Timings{}
	}
	for name, s := range t.Screens {
		if s == nil || len(s.Counts) != len(bounds)+1 {
			delete(t.Screens, name)
		}
	}
	return t
}

func (t *Timings) of(name string) *tally {
	if t.Screens == nil {
		t.Screens = map[string]*tally{}
	}
	if t.Screens[name] == nil {
		t.Screens[name] = &tally{}
	}
	return t.Screens[name]
}

// Report gives the times in the order of the screens, the whole visit last. What never happened is left out.
func (t *Timings) Report() []Timing {
	var all []Timing
	add := func(name string, machine bool) {
		s := t.Screens[name]
		if s == nil || s.Count == 0 {
			return
		}
		all = append(all, Timing{
			Name: name, Machine: machine, Count: s.Count, Mean: s.Sum / int64(s.Count),
			P50: s.quantile(0.5).Milliseconds(), P95: s.quantile(0.95).Milliseconds(), Ended: s.Ended,
		})
	}
	for _, s := range Screens {
		add(s.String(), Works(s))
	}
	add(TimingIdentity, false)
	add(TimingMachine, true)
	add(TimingVisit, false)
	return all
}

// Works reports whether a device works on that screen while the citizen waits.
func Works(s Screen) bool {
	switch s {
	case CardReading, FaceLook, ScanWait, Submitting, StatusWait, QueueDraw, FeedbackSend, Wiping:
		return true
	}
	return false
}

// clock is what the times of one visit are taken from.
type clock struct {
	begun, card time.Time
	machine     time.Duration
}

// left counts the time of a screen that is left for another. The lock is held.
func (r *Runner) left(from, to Screen, d time.Duration, now time.Time) {
	if from == Attract {
		r.clock = clock{begun: now}
		return
	}
	s := r.timings.of(from.String())
	s.add(d)
	if Works(from) {
		r.clock.machine += d
	}
	switch {
	case to == CardReading && r.clock.card.IsZero():
		r.clock.card = now
	case to == Who && !r.clock.card.IsZero():
		r.timings.of(TimingIdentity).add(now.Sub(r.clock.card))
	case to == Wiping:
		s.Ended++
	case to == Attract && !r.clock.begun.IsZero():
		r.timings.of(TimingVisit).add(now.Sub(r.clock.begun))
		r.timings.of(TimingMachine).add(r.clock.machine)
	}
}

// Timings gives the times counted so far, as JSON that [ReadTimings] reads.
func (r *Runner) Timings() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	data, err := json.Marshal(&r.timings)
	if err != nil {
		return nil // numbers and names of screens always encode
	}
	return data
}

// Resume goes on counting from what an earlier start counted. Call it before the first visit.
func (r *Runner) Resume(t *Timings) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timings = *t
}
