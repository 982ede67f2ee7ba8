package session

import "time"

// Delays is how long each screen waits for its citizen, or for its device, before EvTimeout. The one table of delays.
//
// A citizen's screen that times out shows the warning; the warning that times out wipes. A device's screen that times out
// is treated as that device failing, so that a device which never answers cannot hold a visit for ever.
var Delays = map[Screen]time.Duration{
	Home:          60 * time.Second,  // choosing among three tiles
	Consent:       90 * time.Second,  // there is something to read
	ProcSearch:    90 * time.Second,  // typing on glass is slow
	ProcDetail:    120 * time.Second, // reading papers, fee, time
	CardPlace:     60 * time.Second,  // finding the card in a bag
	CardNumber:    90 * time.Second,  // twelve digits
	CardReading:   90 * time.Second,  // device: worst PACE seen 6.6 s, DG2 8 s, a card with waiting time extensions far more
	CardProblem:   60 * time.Second,  //
	FaceLook:      40 * time.Second,  // device: the matcher ends a try itself after 20 s
	FaceRetry:     60 * time.Second,  //
	Officer:       60 * time.Second,  // read, then go
	Who:           60 * time.Second,  //
	Form:          120 * time.Second, // typing
	ScanList:      120 * time.Second, // sorting papers
	ScanAim:       90 * time.Second,  // placing one
	ScanWait:      20 * time.Second,  // device
	ScanView:      60 * time.Second,  //
	Deliver:       60 * time.Second,  //
	DeliverTo:     120 * time.Second, // typing an address
	Review:        120 * time.Second, // reading it all
	Submitting:    60 * time.Second,  // device: sealing takes milliseconds, a failing card seconds
	SubmitProblem: 120 * time.Second, // everything is at stake here
	Done:          60 * time.Second,  // photographing the QR; then wiped without a warning
	StatusAsk:     90 * time.Second,  //
	StatusWait:    30 * time.Second,  // device: the office
	StatusShow:    60 * time.Second,  //
	Wiping:        15 * time.Second,  // device: zeroing memory takes milliseconds; asked again until it is done
}

// WarningDelay is how long the warning stays before the wipe.
const WarningDelay = 30 * time.Second

// Delay gives how long s waits before EvTimeout; 0 means for ever (Attract alone).
func Delay(s State) time.Duration {
	if s.Overlay == Warning {
		return WarningDelay
	}
	return Delays[s.Screen]
}
