package onestop

import (
	"time"

	"motcua/kiosk"
)

// After gives the item's times and counts as they are after a step: what the step means for the clock, in one place. The store
// calls it inside the step's transaction.
func After(it Item, s Step) Item {
	it.Paused = time.Time{} // a step out of state 5 ends the wait; into it begins one below
	it.State = s.To
	switch s.To {
	case kiosk.StateReceived:
		if it.Accepted.IsZero() {
			it.Accepted = s.At
		}
	case kiosk.StateSupplement:
		it.Supplements++
		it.Paused = s.At
	case kiosk.StateNotReceived, kiosk.StateStopped:
		it.Closed = s.At
	case kiosk.StateProcessing:
		it.Finished = time.Time{} // taken back for a correction
		if it.Officer.ID == 0 {
			it.Officer = Person{s.Actor.ID, s.Actor.Name}
		}
	case kiosk.StateFinished:
		it.Finished = s.At
	case kiosk.StateReturned:
		it.Returned = s.At
	case kiosk.StateRegistered, kiosk.StatePayment, kiosk.StateWithdrawn:
	}
	if s.Due.IsZero() {
		return it
	}
	// What an extension added stays added.
	extra := it.Due.Sub(it.Promised)
	it.Promised, it.Due = s.Due, s.Due
	if it.Extended {
		it.Due = s.Due.Add(extra)
	}
	return it
}
