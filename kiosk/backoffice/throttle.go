package backoffice

import (
	"sync"
	"time"
)

// Wrong receipt tokens a kiosk may try: guessBurst at once, then one more every guessEvery. With 50 random bits in a token,
// that leaves a guesser about 3 chances in a million per kiosk and day, even with a million dossiers known.
const (
	guessBurst = 20
	guessEvery = 30 * time.Second
	maxDevices = 10_000 // more than any office has kiosks; the names come from verified certificates
)

// throttle counts wrong guesses per device in a leaking bucket.
type throttle struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]bucket
}

type bucket struct {
	level int
	at    time.Time // when level was right
}

func newThrottle(now func() time.Time) *throttle {
	return &throttle{now: now, by: make(map[string]bucket)}
}

// leak gives the device's bucket as it is now.
func (t *throttle) leak(device string) bucket {
	b, now := t.by[device], t.now()
	if n := int(now.Sub(b.at) / guessEvery); n > 0 {
		b.level = max(0, b.level-n)
		b.at = b.at.Add(time.Duration(n) * guessEvery)
	}
	if b.level == 0 {
		b.at = now
	}
	return b
}

// take counts a guess; false when the device has none left. A guess that was right is given back with give.
func (t *throttle) take(device string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.leak(device)
	if b.level >= guessBurst {
		return false
	}
	b.level++
	if _, known := t.by[device]; !known && len(t.by) >= maxDevices {
		clear(t.by)
	}
	t.by[device] = b
	return true
}

// give takes a guess back.
func (t *throttle) give(device string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if b := t.leak(device); b.level > 0 {
		b.level--
		t.by[device] = b
	}
}
