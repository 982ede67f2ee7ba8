package config

import (
	"testing"
	"time"
)

func TestQuietHours(t *testing.T) {
	for _, c := range []struct {
		hours string
		at    time.Duration
		quiet bool
		bad   bool
	}{
		{"", time.Hour, false, false}, {"18:00-07:00", 18 * time.Hour, true, false}, {"18:00-07:00", 6*time.Hour + 59*time.Minute, true, false},
		{"18:00-07:00", 7 * time.Hour, false, false}, {"11:30-13:30", 12 * time.Hour, true, false}, {"11:30-13:30", 14 * time.Hour, false, false},
		{"18:00", 0, false, true}, {"18:00-25:00", 0, false, true}, {"night-day", 0, false, true},
	} {
		got, err := Voice{Quiet: c.hours}.QuietAt(c.at)
		if got != c.quiet || (err != nil) != c.bad {
			t.Errorf("%q at %v: %v, %v", c.hours, c.at, got, err)
		}
	}
}
