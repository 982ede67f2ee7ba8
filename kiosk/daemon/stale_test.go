package daemon_test

import (
	"net/url"
	"strings"
	"testing"
)

// old keeps what a page would post, to post it again later.
type old struct{ boot, turn string }

func (h *hall) shown() old {
	h.page.get("/")
	return old{h.page.attribute("boot"), h.page.attribute("turn")}
}

// again posts an intent of a page that was shown before.
func (h *hall) again(p old, intent string, kv ...string) {
	h.t.Helper()
	form := url.Values{"intent": {intent}, "boot": {p.boot}, "turn": {p.turn}}
	for i := 0; i+1 < len(kv); i += 2 {
		form.Set(kv[i], kv[i+1])
	}
	h.page.post("/ev", form)
}

// A reload, a double tap, a page of the past and a browser's "resend" change nothing.
func TestStalePostsAndReloads(t *testing.T) {
	h := open(t)
	start := h.shown()
	h.page.do("home", "start")
	home := h.shown()
	for range 3 { // reloads
		if h.shown() != home || h.page.attribute("screen") != "home" {
			t.Fatal("a reload went on")
		}
	}
	h.again(home, "queue")
	h.again(home, "queue") // the second half of a double tap
	h.again(start, "start")
	h.page.see("queue")
	queue := h.shown()
	h.again(queue, "draw", "service", "A")
	h.again(queue, "draw", "service", "A")
	h.page.see("queue_show")
	h.page.do("attract", "finish")
	h.again(queue, "draw", "service", "A")
	h.page.see("attract")
	h.page.do("home", "start")
	h.page.do("queue", "queue")
	h.page.do("queue_show", "draw", "service", "A")
	if want := "A02"; !strings.Contains(h.page.body, want) {
		t.Errorf("the double tap drew a number of its own: not %s", want)
	}
}

// A kiosk that is started anew in the middle of a visit knows nothing of it, and a page of before cannot go on.
func TestRestartInTheMiddleOfAVisit(t *testing.T) {
	h := open(t)
	h.toCard()
	h.arrive("thu", "")
	before := h.shown()
	if err := h.kiosk.Close(); err != nil {
		t.Fatal(err)
	}
	h.openKiosk()
	h.page.see("attract")
	h.again(before, "number", "number", numbers["thu"])
	h.again(old{before.boot, h.page.attribute("turn")}, "start")
	h.page.see("attract")
	if h.unsent() != 0 {
		t.Error("something of the visit was stored")
	}
}

// Cards that come and go after a visit begin nothing and bring nothing back.
func TestHardwareAfterTheVisit(t *testing.T) {
	h := open(t)
	h.toCard()
	h.arrive("thu", "")
	number := h.shown()
	h.page.do("card_number", "exit")
	h.page.do("attract", "exit_yes")
	h.world.Reset()
	for range 2 {
		if err := h.world.Put("thu", ""); err != nil {
			t.Fatal(err)
		}
		h.page.see("attract")
		h.world.Reset()
	}
	h.again(number, "number", "number", numbers["thu"])
	h.page.see("attract")
}
