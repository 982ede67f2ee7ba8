package session

import "time"

// The kinds of waiting. A citizen who chooses needs less than one who reads or types; both are asked before anything is wiped, and
// may prolong the visit [MaxMore] times in a row.
const (
	toChoose = 60 * time.Second
	toFill   = 120 * time.Second
)

// Delays is how long each screen waits for its citizen, or for its device, before EvTimeout. The one table of delays.
//
// A citizen's screen that times out shows the warning; the warning that times out wipes. A device's screen that times out
// is treated as that device failing, so that a device which never answers cannot hold a visit for ever.
var Delays = map[Screen]time.Duration{
	Home:          toChoose,         //
	Fault:         toChoose,         //
	Consent:       toFill,           // there is something to read
	ProcSearch:    toFill,           // typing on glass is slow
	ProcDetail:    toFill,           // reading papers, fee, time
	ForWhom:       toChoose,         //
	CardPlace:     toChoose,         // finding the card in a bag
	CardNumber:    toFill,           // twelve digits
	CardReading:   90 * time.Second, // device: worst PACE seen 6.6 s, DG2 8 s, a card with waiting time extensions far more
	CardProblem:   toChoose,         //
	CardOther:     toChoose,         //
	FaceLook:      40 * time.Second, // device: the matcher ends a try itself after 20 s
	FaceTurn:      40 * time.Second, // device: each of two chances takes 10 s, and 8 s to look straight
	FaceRetry:     toChoose,         //
	Officer:       toChoose,         // read, then go
	Who:           toChoose,         //
	Form:          toFill,           //
	Address:       toChoose,         //
	Place:         toFill,           // looking through a list
	ScanList:      toFill,           // sorting papers
	ScanAim:       toFill,           // placing one
	ScanWait:      20 * time.Second, // device
	ScanView:      toChoose,         //
	Deliver:       toChoose,         //
	DeliverTo:     toFill,           // typing an address
	Review:        toFill,           // reading it all
	Sign:          toFill,           // reading a declaration, drawing a name
	Submitting:    60 * time.Second, // device: sealing takes milliseconds, a failing card seconds
	SubmitProblem: toFill,           // everything is at stake here
	Done:          60 * time.Second, // photographing the QR; 30 s when it is printed; then wiped without a warning
	Rate:          20 * time.Second, // nothing is lost: wiped without a warning
	StatusAsk:     toFill,           // ten characters
	StatusWait:    30 * time.Second, // device: the office
	StatusShow:    toChoose,         //
	Queue:         toChoose,         //
	QueueDraw:     10 * time.Second, // device: the disk
	QueueShow:     30 * time.Second, // noting a number; then wiped without a warning
	Feedback:      toFill,           // typing
	FeedbackSend:  20 * time.Second, // device: the disk
	FeedbackDone:  toChoose,         // noting a code
	Rota:          toChoose,         //
	Wiping:        15 * time.Second, // device: zeroing memory takes milliseconds; asked again until it is done
}

// donePrinted is how long the receipt stays on the screen when it is also on paper; without paper the citizen photographs it.
const donePrinted = 30 * time.Second

// WarningDelay is how long the warning stays before the wipe.
const WarningDelay = 30 * time.Second

// ChimeEvery is how often the kiosk calls after the holder of a forgotten card.
const ChimeEvery = 10 * time.Second

// Delay gives how long s waits before EvTimeout; 0 means for ever: Attract alone, when no card was forgotten.
func Delay(s State) time.Duration {
	switch {
	case s.Screen == Attract && s.Left:
		return ChimeEvery
	case s.Overlay == Warning:
		return WarningDelay
	case s.Screen == Done && s.Print == Printed:
		return donePrinted
	}
	return Delays[s.Screen]
}
