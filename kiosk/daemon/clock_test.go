package daemon

import (
	"testing"
	"time"

	"motcua/kiosk"
)

func TestJudgeClock(t *testing.T) {
	enrolled := time.Date(2031, 3, 1, 0, 0, 0, 0, time.UTC)
	ack := enrolled.AddDate(0, 2, 0)
	for name, c := range map[string]struct {
		now   time.Time
		skew  time.Duration
		known bool
		wrong bool
	}{
		"right":                   {now: ack.AddDate(0, 0, 1)},
		"1970":                    {now: time.Unix(0, 0), wrong: true},
		"before the enrolment":    {now: enrolled.AddDate(0, 0, -1), wrong: true},
		"before the last ack":     {now: ack.Add(-time.Hour), wrong: true},
		"a little before it":      {now: ack.Add(-time.Minute)},
		"ahead, office unknown":   {now: ack.AddDate(9, 0, 0)},
		"ahead of the office":     {now: ack.AddDate(9, 0, 0), skew: 9000 * time.Hour, known: true, wrong: true},
		"behind the office":       {now: ack.AddDate(0, 0, 1), skew: -10 * time.Minute, known: true, wrong: true},
		"as good as the office's": {now: ack.AddDate(0, 0, 1), skew: 3 * time.Second, known: true},
	} {
		err := judgeClock(c.now, enrolled, ack, c.skew, c.known)
		if (kiosk.CodeOf(err) == kiosk.CodeClockWrong) != c.wrong {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := judgeClock(enrolled, enrolled, time.Time{}, 0, false); err != nil {
		t.Errorf("nothing delivered yet: %v", err)
	}
}
