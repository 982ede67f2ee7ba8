package kiosk

import "context"

// Lamp is one of the kiosk's lamps.
type Lamp string

// The lamps.
const (
	LampStaff Lamp = "staff" // calls an officer
	LampCard  Lamp = "card"  // shows where the card goes
	LampPaper Lamp = "paper" // lights the sheet under the document camera
)

// Lamps is every lamp, in order.
var Lamps = []Lamp{LampStaff, LampCard, LampPaper}

// Panel is what is wired to the case: lamps, and a sensor of somebody standing there. Light returns at once; a lamp that the case
// does not have is ignored. Presence tells every change until ctx ends, beginning with true when somebody stands there; without
// a sensor it never tells anything. Ready gives nil, or why the panel does not work (unavailable).
type Panel interface {
	Light(l Lamp, on bool)
	Presence(ctx context.Context) <-chan bool
	Ready() error
}
