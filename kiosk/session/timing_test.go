package session

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func report(b *bench) map[string]Timing {
	all := map[string]Timing{}
	for _, t := range ReadTimings(b.Timings()).Report() {
		all[t.Name] = t
	}
	return all
}

func TestTimesAreCountedByScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		for range 3 {
			b.do(t, Home, IntentStart)
			time.Sleep(5 * time.Second)
			b.do(t, Queue, IntentQueue)
			time.Sleep(7 * time.Second)
			b.do(t, QueueShow, IntentDraw, "service", "A")
			b.do(t, Attract, IntentFinish)
		}
		b.do(t, Home, IntentStart)
		time.Sleep(Delays[Home] + WarningDelay + time.Second)
		b.at(t, Attract)
		all := report(b)
		if h := all["home"]; h.Count != 4 || h.P50 != 6000 || h.P95 != 90000 || h.Ended != 1 || h.Mean != (3*5000+90000)/4 || h.Machine {
			t.Errorf("home %+v", h)
		}
		if q := all["queue"]; q.Count != 3 || q.P50 != 8000 {
			t.Errorf("queue %+v", q)
		}
		if s := all["queue_show"]; s.Ended != 3 {
			t.Errorf("queue_show %+v", s)
		}
		if v := all[TimingVisit]; v.Count != 4 || v.P50 != 12000 {
			t.Errorf("visits %+v", v)
		}
		if !all["queue_draw"].Machine {
			t.Error("drawing a number is the machine's work")
		}
	})
}

func TestTimesOfAVisitNameNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.toReview(t)
		b.do(t, Sign, IntentConfirm)
		b.do(t, Done, IntentSign, "tick", "on")
		b.do(t, Rate, IntentFinish)
		b.do(t, Attract, IntentSkip)
		data := string(b.Timings())
		for _, secret := range []string{"Thử", "999201012345", "0912", birth.Code} {
			if strings.Contains(data, secret) {
				t.Errorf("the times hold %q", secret)
			}
		}
		all := report(b)
		for _, name := range []string{"consent", "card_reading", "face_look", "form", "scan_wait", "sign", "submitting", "rate", TimingIdentity, TimingVisit, TimingMachine} {
			if all[name].Count != 1 && name != "form" {
				t.Errorf("%s: %+v", name, all[name])
			}
		}
		// A restart goes on counting.
		c := newBench(t)
		c.Resume(ReadTimings(b.Timings()))
		c.do(t, Home, IntentStart)
		c.do(t, Attract, IntentExit)
		if v := report(c)[TimingVisit]; v.Count != 2 {
			t.Errorf("after a restart %+v", v)
		}
	})
}

func TestTimingsThatCannotBeRead(t *testing.T) {
	for _, s := range []string{"", "{", `{"screens": {"home": null}}`, `{"screens": {"home": {"counts": [1], "count": 1}}}`} {
		if got := ReadTimings([]byte(s)).Report(); len(got) != 0 {
			t.Errorf("%q gives %+v", s, got)
		}
	}
	if !slices.IsSorted(bounds) {
		t.Error("the classes are not in order")
	}
}
