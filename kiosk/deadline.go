package kiosk

import "time"

// Due is the instant by which a dossier is to be settled.
type Due struct {
	At        time.Time
	Committed bool // reckoned by the committed limit, not the statutory one
	// Unconfirmed are days off between receipt and At that no law or notice has confirmed yet, and Otherwise is the due instant
	// should they turn out to be working days; zero when At does not depend on them.
	Unconfirmed []time.Time
	Otherwise   time.Time
}

// Deadlines reckons due instants. The clock starts when an officer receives the dossier; at the kiosk the answer is an
// estimate and must be shown as one. Error: not_found when the procedure states no time for the channel.
type Deadlines interface {
	Due(p *Procedure, c Channel, received time.Time) (Due, error)
}
