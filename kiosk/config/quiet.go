package config

import (
	"errors"
	"strings"
	"time"
)

// QuietAt tells whether a time of day, as it has passed since midnight, is within the quiet hours; these may go over midnight.
// Error: the hours are not two times of day.
func (v Voice) QuietAt(since time.Duration) (bool, error) {
	if v.Quiet == "" {
		return false, nil
	}
	from, to, ok := strings.Cut(v.Quiet, "-")
	if !ok {
		return false, errors.New("no two times")
	}
	var at [2]time.Duration
	for i, s := range []string{from, to} {
		t, err := time.Parse("15:04", s)
		if err != nil {
			return false, err
		}
		at[i] = time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	}
	if at[0] <= at[1] {
		return since >= at[0] && since < at[1], nil
	}
	return since >= at[0] || since < at[1], nil
}
