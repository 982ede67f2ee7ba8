package backoffice

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := newThrottle(time.Now)
		spend := func(device string) (n int) {
			for th.take(device) {
				n++
			}
			return n
		}
		if n := spend("a"); n != guessBurst {
			t.Errorf("%d guesses at once", n)
		}
		time.Sleep(guessEvery - 1)
		if th.take("a") {
			t.Error("too early")
		}
		time.Sleep(time.Nanosecond)
		if n := spend("a"); n != 1 {
			t.Errorf("%d guesses after one interval", n)
		}
		if n := spend("b"); n != guessBurst {
			t.Errorf("another device has %d guesses", n)
		}
		for range 3 * guessBurst { // right guesses cost nothing
			if !th.take("c") {
				t.Fatal("right guesses are counted")
			}
			th.give("c")
		}
		time.Sleep(24 * time.Hour)
		if n := spend("a"); n != guessBurst {
			t.Errorf("%d guesses after a day", n)
		}
	})
}

func TestThrottleIsBounded(t *testing.T) {
	th := newThrottle(time.Now)
	for i := range maxDevices + 5 {
		th.take(decimal(i))
	}
	if len(th.by) > maxDevices {
		t.Errorf("%d devices are kept", len(th.by))
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"": 0, "0": 0, "30": 30 * time.Second, "-5": 0, "1e3": 0, "99999999999999999999": 0, "999999": maxRetryAfter,
		"Sat, 21 Nov 2026 08:01:00 GMT": time.Minute, "Sat, 21 Nov 2026 07:01:00 GMT": 0,
	} {
		if got := retryAfter(in, now); got != want {
			t.Errorf("%q gives %v", in, got)
		}
	}
}
