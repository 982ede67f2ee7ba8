package session

import "time"

// onTheWay is how long after a screen came by itself a touch may have been meant for the one before: nobody takes a finger back within it.
const onTheWay = 700 * time.Millisecond

// anywhere are the intents that mean the same on every screen of a visit.
var anywhere = map[string]bool{IntentHelp: true, IntentExit: true, IntentOfficer: true, IntentSay: true, IntentVolume: true}

// meant tells whether a touch counts: it was made on what is shown; or on what was shown until a device or the clock changed it under the
// finger, and means the same now. A question whether somebody is still there is answered by such a touch. The lock is held.
func (r *Runner) meant(in Intent) bool {
	switch {
	case in.Turn == r.turn:
		return true
	case in.Turn != r.seen || r.seen == 0 || time.Since(r.moved) > onTheWay:
		return false
	case r.state.Overlay == Warning:
		r.dispatch(Event{Kind: EvStillHere})
		return true
	}
	return r.state.Overlay == NoOverlay && anywhere[in.Name]
}
