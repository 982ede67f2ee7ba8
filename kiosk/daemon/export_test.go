package daemon

import (
	"time"

	"motcua/kiosk/session"
)

// FreezeSession holds the session's lock, as a loop that does not come to an end would, until thaw is called.
func (d *Daemon) FreezeSession() (thaw func()) {
	held, free := make(chan struct{}), make(chan struct{})
	go d.runner.View(func(*session.View) { close(held); <-free })
	<-held
	return func() { close(free) }
}

// LosePage makes a page that was painted count as lost after d; back sets what it was before.
func LosePage(d time.Duration) (back func()) {
	was := pageLostAfter
	pageLostAfter = d
	return func() { pageLostAfter = was }
}
