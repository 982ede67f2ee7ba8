package session

import "motcua/kiosk"

// Goal is what the citizen came for.
type Goal int

// The goals.
const (
	NoGoal     Goal = 0
	GoalSubmit Goal = 1 // file a dossier
	GoalLookup Goal = 2 // read about procedures; becomes GoalSubmit when they decide to file
	GoalStatus Goal = 3 // ask how a dossier stands
	GoalQueue  Goal = 4 // draw a queue number
	GoalWrite  Goal = 5 // write to the office
	GoalRota   Goal = 6 // see who is on duty
)

// Behalf says for whom a dossier is filed. Who files is always the person whose chip and face were verified.
type Behalf int

// For whom.
const (
	BehalfUnasked Behalf = 0
	BehalfSelf    Behalf = 1
	BehalfChild   Behalf = 2 // a minor, by a parent or guardian, who declares to be that
	BehalfOther   Behalf = 3 // somebody who has given authority in writing; some procedures do not allow it
)

// ForOther reports whether the dossier is of somebody who is not here.
func (s State) ForOther() bool { return s.Behalf == BehalfChild || s.Behalf == BehalfOther }

// LacksAuthority reports whether the written authority has still to be taken.
func (s State) LacksAuthority() bool { return s.Behalf == BehalfOther && !s.Authority }

// MaxPapers is how many pages one dossier may hold.
const MaxPapers = 12

// The bounds as the transitions use them; the exploration test lowers them.
var maxPapers, maxMore = MaxPapers, MaxMore

// State is all that decides what happens next. It is comparable and small; a visit's data is in [Visit].
type State struct {
	Screen  Screen
	Overlay Overlay
	Goal    Goal
	Places  bool       // the kiosk knows provinces and communes
	Closed  kiosk.Code // not "": the kiosk takes no dossiers now, for this reason (store_full, …)
	Reason  kiosk.Code // why CardProblem, FaceRetry, Officer, Fault, SubmitProblem, StatusAsk, Queue or Feedback is shown as it is; "" when all is well

	Consented bool           // chip and camera, both
	Chosen    bool           // a procedure is chosen
	Card      bool           // a card is on the reader
	Left      bool           // that card is of a visit that ended: its holder forgot it
	Keyed     bool           // a well-formed number was typed
	Chip      kiosk.Verdict  // of the document; "" before it was read
	Face      kiosk.Verdict  // of the last try; "" before the first
	CardTries int            // wrong numbers and failed reads so far
	FaceTries int            // face tries so far
	Turn      kiosk.FaceHint // FaceTurn: what the head is asked to do; "" elsewhere
	Confirmed bool           // "yes, that is me"
	Behalf    Behalf         // for whom the dossier is; 0 before it was asked
	Authority bool           // a page of the authorisation is kept
	Signed    bool           // declared to be true, by a tick or a signature
	Step      int            // question of the form, index into FormSteps
	Post      bool           // Address, Place: the address is the one for post, not the form's
	Editing   bool           // came from Review, goes back there
	Papers    int            // pages kept
	Return    kiosk.ReturnMethod
	Sealed    bool // the dossier is durable in the outbox
	Print     PrintState
	More      int // times "I am still here" was pressed since the last progress
}

// PrintState is how the receipt stands. Numbers are explicit.
type PrintState int

// The print states. Why a receipt was not printed is State.Reason.
const (
	PrintNone   PrintState = 0 // there is none to print
	Printing    PrintState = 1
	Printed     PrintState = 2
	PrintFailed PrintState = 3
)

// MaxCardTries is how often a chip may be tried before the officer is called: wrong numbers wear down nothing on the cards
// known (../shared/design/CHIP.md §7 leaves the chip's own limit open), people they do.
const MaxCardTries = 5

// MaxFaceTries is how often the camera tries.
const MaxFaceTries = 3

// MaxMore is how often a visit may be prolonged without any progress.
const MaxMore = 10

// Identified reports whether a dossier may be submitted: the document verified, the face verified, the holder confirmed.
func (s State) Identified() bool {
	return s.Chip == kiosk.Verified && s.Face == kiosk.Verified && s.Confirmed
}

// InVisit reports whether somebody is being served.
func (s State) InVisit() bool { return s.Screen != Attract && s.Screen != Wiping }

// cardHere reports whether the card on the reader is of this visit.
func (s State) cardHere() bool { return s.Card && !s.Left }

// fresh is a state of the same kiosk in which nothing of a citizen is left.
func (s State) fresh(screen Screen) State {
	return State{Screen: screen, Places: s.Places, Card: s.Card, Left: s.Left, Closed: s.Closed}
}
