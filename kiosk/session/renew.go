package session

import "motcua/kiosk"

// Renewal is what a kiosk may get anew while it runs. With Apply whoever else needs it is told at the same moment.
type Renewal struct {
	Catalogue kiosk.Catalogue
	Places    kiosk.Places // nil when the kiosk has no list
	Apply     func()       // called once, when no visit is on; it must be quick and must not call the Runner
}

// Renew takes a new catalogue and list of places into use: at once when nobody is served, else when the visit has ended and was wiped. A
// citizen never sees the catalogue change; the dossier names the version it was filed under. Of several the last is taken.
func (r *Runner) Renew(n Renewal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.renewal = &n
	r.renew()
}

// renew takes what waits into use between two visits. The lock is held.
func (r *Runner) renew() {
	if r.renewal == nil || r.state.Screen != Attract {
		return
	}
	n := *r.renewal
	r.renewal = nil
	r.ports.Catalogue, r.info.Catalogue = n.Catalogue, n.Catalogue
	r.ports.Places, r.info.Places, r.state.Places = n.Places, n.Places, n.Places != nil
	if n.Apply != nil {
		n.Apply()
	}
}
