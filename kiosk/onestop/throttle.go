package onestop

import (
	"sync"
	"time"
)

// Throttle slows guessing: after a few failures under a name, that name is refused for a time that doubles with each
// further failure. It counts in memory, so a restart forgives; the hash is slow anyway. Limits: see the constants.
type Throttle struct {
	free  int           // failures before the first wait
	first time.Duration // the first wait
	most  time.Duration // the longest wait
	now   func() time.Time

	mu   sync.Mutex
	seen map[string]*failures
}

type failures struct {
	count int
	until time.Time // refused until then
	last  time.Time
}

// throttleNames bounds the memory that strangers can take; beyond it the oldest name is forgotten.
const throttleNames = 10_000

// NewThrottle allows free failures, then waits first, doubling up to most.
func NewThrottle(free int, first, most time.Duration, now func() time.Time) *Throttle {
	return &Throttle{free: free, first: first, most: most, now: now, seen: map[string]*failures{}}
}

// Wait says how long the name is still refused, 0 when it may try.
func (t *Throttle) Wait(name string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.seen[name]
	if f == nil {
		return 0
	}
	return max(f.until.Sub(t.now()), 0)
}

// Fail counts a failure.
func (t *Throttle) Fail(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	f := t.seen[name]
	if f == nil || now.Sub(f.last) > 2*t.most {
		t.forget()
		f = &failures{}
		t.seen[name] = f
	}
	f.count++
	f.last = now
	if over := f.count - t.free; over >= 0 {
		f.until = now.Add(min(t.first<<min(over, 20), t.most))
	}
}

// Succeed forgets the name's failures.
func (t *Throttle) Succeed(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seen, name)
}

func (t *Throttle) forget() {
	if len(t.seen) < throttleNames {
		return
	}
	oldest := ""
	for name, f := range t.seen {
		if oldest == "" || f.last.Before(t.seen[oldest].last) {
			oldest = name
		}
	}
	delete(t.seen, oldest)
}
