package ui

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"motcua/kiosk/session"
)

// look is how one visit wants the page: nothing of it outlives the visit.
type look struct {
	Size  int    // 1 to 3: capitals of 4.8, 7.3 and 9.0 mm
	Theme string // light, dark, contrast
	Lang  string // the language's tag
	Panel string // "settings", "keys" or "": what lies open
}

const (
	panelSettings = "settings"
	panelKeys     = "keys"
)

var (
	defaultLook = look{Size: 1, Theme: "light", Lang: vi}
	themes      = []string{"light", "dark", "contrast"}
	sizes       = []int{1, 2, 3}
)

// looks keeps the look of the visit that is running. It is keyed by the boot and the visit's beginning, so the next visit
// finds the defaults whatever happened before.
type looks struct {
	mu      sync.Mutex
	boot    string
	started time.Time
	turn    uint64
	now     look
	tongues []*tongue
	lang    string // the language that was chosen with the start, for the visit that begins with the turn after
	langAt  uint64
	waiting []chan struct{}
}

// of gives the look for that view.
func (l *looks) of(v *session.View) look {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settle(v)
	return l.now
}

// settle forgets the look of another visit, and closes what lay open when the screen changed.
func (l *looks) settle(v *session.View) {
	var started time.Time
	if v.Visit != nil && v.State.InVisit() {
		started = v.Visit.Started
	}
	if l.boot != v.Boot || !l.started.Equal(started) || !v.State.InVisit() || l.now.Size == 0 {
		l.boot, l.started, l.now = v.Boot, started, defaultLook
		if l.lang != "" && v.State.InVisit() && v.Turn == l.langAt+1 {
			l.now.Lang, l.lang = l.lang, ""
		}
	}
	if l.turn != v.Turn {
		l.turn, l.now.Panel = v.Turn, ""
	}
}

// begin remembers the language that the start of a visit asks for, and gives its tag.
func (l *looks) begin(turn uint64, tag string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lang, l.langAt = match(l.tongues, tag).Tag, turn
	return l.lang
}

// change applies f to the look of the view's visit and wakes every page.
func (l *looks) change(v *session.View, f func(*look)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settle(v)
	if v.State.InVisit() {
		f(&l.now)
	}
	for _, c := range l.waiting {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// subscribe gives a channel that is signalled after each change.
func (l *looks) subscribe() (changed <-chan struct{}, cancel func()) {
	c := make(chan struct{}, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, c)
	return c, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		for i, w := range l.waiting {
			if w == c {
				l.waiting = append(l.waiting[:i], l.waiting[i+1:]...)
				return
			}
		}
	}
}

// postLook takes POST /look: set=size|theme|lang|panel with an optional value; size and theme without a value step to the next.
func (s *server) postLook(w http.ResponseWriter, r *http.Request) {
	if !s.readForm(w, r) {
		return
	}
	key, value := splitChoice(r.PostForm.Get("set"))
	s.session.View(func(v *session.View) {
		if r.PostForm.Get("boot") == v.Boot {
			s.looks.change(v, func(l *look) { l.set(key, value, s.tongues) })
		}
	})
	s.session.Post(session.Intent{Name: session.IntentTouch})
	s.answer(w, r)
}

// set changes one thing; what it does not know it leaves alone.
func (l *look) set(key, value string, tongues []*tongue) {
	switch key {
	case "lang":
		for _, t := range tongues {
			if t.Tag == value {
				l.Lang = t.Tag
			}
		}
	case "size":
		if n, err := strconv.Atoi(value); err == nil && n >= 1 && n <= len(sizes) {
			l.Size = n
		} else if value == "" {
			l.Size = l.Size%len(sizes) + 1
		}
	case "theme":
		for i, t := range themes {
			switch {
			case t == value:
				l.Theme = t
				return
			case value == "" && t == l.Theme:
				l.Theme = themes[(i+1)%len(themes)]
				return
			}
		}
	case "panel":
		if value == "" || value == panelSettings || value == panelKeys {
			l.Panel = value
		}
	}
}
