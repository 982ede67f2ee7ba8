package firmware

import "testing"

func TestJudge(t *testing.T) {
	before := &Health{Painted: true, Failing: []string{"printer"}, Outbox: []string{"1", "2"}}
	for name, c := range map[string]struct {
		before *Health
		now    Health
		good   bool
	}{
		"as before":                   {before, *before, true},
		"the printer was mended":      {before, Health{Painted: true, Outbox: []string{"2", "1", "3"}}, true},
		"a check fails that did not":  {before, Health{Painted: true, Failing: []string{"printer", "reader"}, Outbox: []string{"1", "2"}}, false},
		"a dossier is missing":        {before, Health{Painted: true, Outbox: []string{"1", "3"}}, false},
		"the outbox cannot be read":   {before, Health{Painted: true, Outbox: []string{"1", "2"}, Fault: "store_corrupt"}, false},
		"never painted":               {before, Health{Outbox: []string{"1", "2"}}, false},
		"no trial, a check fails":     {nil, Health{Painted: true, Failing: []string{"reader"}}, true},
		"no trial, never painted":     {nil, Health{}, false},
		"no trial, outbox unreadable": {nil, Health{Painted: true, Fault: "store_corrupt"}, false},
	} {
		if reason := Judge(c.before, c.now); (reason == "") != c.good {
			t.Errorf("%s: %q", name, reason)
		}
	}
}

// From every state, with every kind of trial: what is concluded never leaves a machine without the slot that works.
func TestConclude(t *testing.T) {
	for _, s := range states() {
		running, s := s.Choose()
		for _, trial := range []*Trial{nil, {Slot: A}, {Slot: B}} {
			for _, reason := range []string{"", "ill"} {
				v, n, restart := Conclude(s, running, trial, reason)
				next, _ := n.Choose()
				switch v {
				case Healthy, Taken, FellBack:
					if next != running || n.Left[running] != Kept || restart {
						t.Fatalf("%v in %s, %v, %q: %s, then %v", s, running, trial, reason, v, n)
					}
				case RolledBack:
					if next == running || n.Left[running] != 0 || !restart || reason == "" {
						t.Fatalf("%v in %s, %v, %q: %s, then %v", s, running, trial, reason, v, n)
					}
				case Unhealthy, Stuck:
					if !same(n, s) || restart || reason == "" {
						t.Fatalf("%v in %s, %v, %q: %s, then %v", s, running, trial, reason, v, n)
					}
				}
				if v == FellBack && n.Left[running.Other()] != 0 {
					t.Fatalf("a release that fell back may be started again: %v", n)
				}
			}
		}
	}
}
