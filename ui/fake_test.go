package ui

import (
	"context"
	"sync"

	"motcua/kiosk/session"
)

// fakeSession is a session whose view the test sets.
type fakeSession struct {
	mu      sync.Mutex
	view    session.View
	posted  []session.Intent
	painted []uint64
	changed []chan struct{}
	step    func(*session.View, session.Intent) // what a post does, nil for nothing
}

func newFake(v session.View) *fakeSession { return &fakeSession{view: v} }

func (f *fakeSession) View(g func(*session.View)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	g(&f.view)
}

func (f *fakeSession) Subscribe() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed = append(f.changed, c)
	return c, func() {}
}

// set changes the view as the Runner would: new revision, new turn, everybody told.
func (f *fakeSession) set(g func(*session.View)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change(g)
}

func (f *fakeSession) change(g func(*session.View)) {
	g(&f.view)
	f.view.Rev++
	f.view.Turn++
	for _, c := range f.changed {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (f *fakeSession) Post(in session.Intent) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.posted = append(f.posted, in)
	if f.step != nil && in.Turn == f.view.Turn {
		f.change(func(v *session.View) { f.step(v, in) })
	}
}

func (f *fakeSession) intents() []session.Intent {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]session.Intent(nil), f.posted...)
}

func (*fakeSession) Preview(ctx context.Context, which string, frame func([]byte) error) error {
	return StoryPreview(ctx, which, 1<<20, frame)
}

func (f *fakeSession) Painted(rev uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.painted = append(f.painted, rev)
}

func (f *fakeSession) Paints() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return uint64(len(f.painted))
}

func at(s session.Screen) session.View {
	v := StoryView(s)
	v.Boot = "boot-1"
	return v
}
