package main

import (
	"context"
	"sync"
	"time"

	"motcua/kiosk/session"
	"motcua/ui"
)

// walk is a session without devices: every touch that a citizen could go on with leads to the next screen of the tour.
type walk struct {
	mu      sync.Mutex
	view    session.View
	at      int
	changed []chan struct{}
}

// tour is the order of the screens; leaving one of them leads back to the beginning.
var tour = []session.Screen{
	session.Attract, session.Home, session.Consent, session.ProcSearch, session.ProcDetail, session.ForWhom, session.CardPlace,
	session.CardNumber, session.FaceLook, session.Who, session.Form, session.ScanList, session.ScanAim, session.ScanView,
	session.Deliver, session.DeliverTo, session.Review, session.Sign, session.Done,
}

// stays are the intents that do not go on.
var stays = map[string]bool{
	session.IntentTouch: true, session.IntentSay: true, session.IntentHelp: true, session.IntentHelpClose: true,
	session.IntentExit: true, session.IntentExitNo: true,
}

func newWalk() *walk {
	w := &walk{}
	w.show()
	return w
}

// show makes the view of where the tour is.
func (w *walk) show() {
	rev, turn := w.view.Rev+1, w.view.Turn+1
	w.view = ui.StoryView(tour[w.at])
	w.view.Boot, w.view.Rev, w.view.Turn, w.view.Now, w.view.Deadline = "walk", rev, turn, time.Now(), time.Now().Add(time.Minute)
	for _, c := range w.changed {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// View calls f with the current view.
func (w *walk) View(f func(*session.View)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.view.Now = time.Now()
	f(&w.view)
}

// Subscribe signals every change until cancel.
func (w *walk) Subscribe() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changed = append(w.changed, c)
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for i := range w.changed {
			if w.changed[i] == c {
				w.changed = append(w.changed[:i], w.changed[i+1:]...)
				return
			}
		}
	}
}

// Post goes on, back, or opens help and exit.
func (w *walk) Post(in session.Intent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if in.Turn != w.view.Turn && in.Name != session.IntentTouch {
		return
	}
	switch in.Name {
	case session.IntentHelp:
		w.over(session.Help)
	case session.IntentExit:
		w.over(session.ExitAsk)
	case session.IntentHelpClose, session.IntentExitNo:
		w.over(session.NoOverlay)
	case session.IntentExitYes, session.IntentFinish:
		w.at = 0
		w.show()
	case session.IntentBack:
		w.at = max(0, w.at-1)
		w.show()
	default:
		if !stays[in.Name] {
			w.at = (w.at + 1) % len(tour)
			w.show()
		}
	}
}

func (w *walk) over(o session.Overlay) {
	w.show()
	w.view.State.Overlay = o
}

// Preview draws the camera.
func (*walk) Preview(ctx context.Context, which string, frame func([]byte) error) error {
	return ui.StoryPreview(ctx, which, 1<<30, frame)
}

// Painted is of no use here.
func (*walk) Painted(uint64) {}

// Paints is of no use here either.
func (*walk) Paints() uint64 { return 0 }
