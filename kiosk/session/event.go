package session

import "motcua/kiosk"

// Kind is the kind of an event. Numbers are explicit and closed.
type Kind int

// The events: touches (with the facts the Runner found in their values), hardware, timer.
const (
	EvStart     Kind = 1  // Attract was touched
	EvGoal      Kind = 2  // Home; Goal
	EvAgree     Kind = 3  // Consent; OK: both purposes ticked
	EvDecline   Kind = 4  // Consent
	EvList      Kind = 5  // ProcSearch: another query or page
	EvPick      Kind = 6  // ProcSearch; OK: the code is in the catalogue
	EvProceed   Kind = 7  // ProcDetail; OK: who it is filed for is allowed by this procedure
	EvNumber    Kind = 8  // CardNumber, CardPlace; OK: well formed
	EvRetry     Kind = 9  // CardProblem, FaceRetry, SubmitProblem
	EvOfficer   Kind = 10 // call the officer
	EvYes       Kind = 11 // Who
	EvNo        Kind = 12 // Who
	EvAnswer    Kind = 13 // Form, DeliverTo, Address; OK: acceptable
	EvPaper     Kind = 14 // ScanList: a paper was chosen; OK: room for one more
	EvTake      Kind = 15 // ScanAim
	EvKeep      Kind = 16 // ScanView; Authority
	EvAgain     Kind = 17 // ScanView
	EvDrop      Kind = 18 // ScanList; OK: there is such a page; Authority
	EvNext      Kind = 19 // ScanList
	EvReturn    Kind = 20 // Deliver; Method
	EvChange    Kind = 21 // Review; To, Step
	EvConfirm   Kind = 22 // Review
	EvFinish    Kind = 23 // Done, StatusShow, Officer, Fault, QueueShow, FeedbackDone, Rota
	EvToken     Kind = 24 // StatusAsk; OK: well formed
	EvBack      Kind = 25
	EvExit      Kind = 26
	EvExitYes   Kind = 27
	EvExitNo    Kind = 28
	EvHelp      Kind = 29
	EvHelpClose Kind = 30
	EvStillHere Kind = 31
	EvTouch     Kind = 32 // a key was pressed: time starts anew, nothing else
	EvSay       Kind = 33 // speak the prompt again
	EvFor       Kind = 39 // ForWhom; Behalf, OK: the procedure allows it
	EvPrint     Kind = 40 // Done, QueueShow: try to print again
	EvSign      Kind = 41 // Sign; OK: ticked or signed
	EvOther     Kind = 42 // CardPlace, CardNumber: no such card
	EvLack      Kind = 43 // CardOther; Code: what there is instead
	EvPlace     Kind = 44 // Address: choose from the list
	EvType      Kind = 45 // Address: type it
	EvPlaced    Kind = 46 // Place; OK: there is such a commune
	EvQueue     Kind = 34 // Officer, Fault: a queue number instead
	EvDraw      Kind = 35 // Queue; OK: there is such a service
	EvSend      Kind = 36 // Feedback; OK: there is something to send
	EvRate      Kind = 37 // Rate; OK: one of the five
	EvSkip      Kind = 38 // Rate

	EvCardIn      Kind = 50 // hardware: a card came
	EvCardOut     Kind = 51 // hardware: the card left
	EvChipDone    Kind = 52 // the chip was read; Verdict, Code when not verified
	EvChipFailed  Kind = 53 // the read failed; Code
	EvFaceDone    Kind = 54 // a face try ended; Verdict
	EvFaceFailed  Kind = 55 // the camera or the models failed; Code
	EvScanned     Kind = 56 // a picture is pending
	EvScanFailed  Kind = 57 // Code
	EvSealed      Kind = 58 // the dossier is durable in the outbox
	EvSealFailed  Kind = 59 // Code
	EvStatusFound Kind = 60
	EvStatusNone  Kind = 61 // Code: not_found, office_offline, …
	EvWiped       Kind = 62 // the visit's data is gone
	EvClosed      Kind = 63 // intake closes or opens; Code, "" opens
	EvPrinted     Kind = 70 // the receipt or the number was printed and cut
	EvPrintFailed Kind = 71 // it was not printed; Code
	EvNear        Kind = 72 // somebody stands before the kiosk
	EvAway        Kind = 73 // nobody does any more
	EvTurn        Kind = 74 // the head should turn; Turn
	EvDrawn       Kind = 64 // a queue number is durable
	EvDrawFailed  Kind = 65 // Code
	EvSent        Kind = 66 // the feedback is durable
	EvSendFailed  Kind = 67 // Code

	EvTimeout Kind = 90 // the screen's delay is over
)

var kindNames = map[Kind]string{
	EvStart: "start", EvGoal: "goal", EvAgree: "agree", EvDecline: "decline", EvList: "list", EvPick: "pick",
	EvProceed: "proceed", EvNumber: "number", EvRetry: "retry", EvOfficer: "officer", EvYes: "yes", EvNo: "no",
	EvAnswer: "answer", EvPaper: "paper", EvTake: "take", EvKeep: "keep", EvAgain: "again", EvDrop: "drop",
	EvNext: "next", EvReturn: "return", EvChange: "change", EvConfirm: "confirm", EvFinish: "finish", EvToken: "token",
	EvBack: "back", EvExit: "exit", EvExitYes: "exit_yes", EvExitNo: "exit_no", EvHelp: "help", EvHelpClose: "help_close",
	EvStillHere: "still_here", EvTouch: "touch", EvSay: "say", EvFor: "for", EvPrint: "print", EvSign: "sign",
	EvPlace: "place", EvType: "type", EvPlaced: "placed", EvOther: "other", EvLack: "lack", EvQueue: "queue", EvDraw: "draw", EvSend: "send", EvRate: "rate", EvSkip: "skip",
	EvCardIn: "card_in", EvCardOut: "card_out", EvChipDone: "chip_done", EvChipFailed: "chip_failed",
	EvFaceDone: "face_done", EvFaceFailed: "face_failed", EvScanned: "scanned", EvScanFailed: "scan_failed",
	EvSealed: "sealed", EvSealFailed: "seal_failed", EvStatusFound: "status_found", EvStatusNone: "status_none",
	EvWiped: "wiped", EvClosed: "closed", EvPrinted: "printed", EvPrintFailed: "print_failed", EvNear: "near",
	EvAway: "away", EvDrawn: "drawn", EvDrawFailed: "draw_failed", EvSent: "sent", EvSendFailed: "send_failed",
	EvTurn: "turn", EvTimeout: "timeout",
}

// String gives the stable name, as the diagram of the states has it.
func (k Kind) String() string { return kindNames[k] }

// Event is one thing that happened, reduced to the facts that decide.
type Event struct {
	Kind      Kind
	OK        bool
	Code      kiosk.Code
	Verdict   kiosk.Verdict
	Goal      Goal
	Method    kiosk.ReturnMethod
	To        Screen         // EvChange: ProcSearch, Form, ScanList or Deliver
	Step      int            // EvChange to Form
	Behalf    Behalf         // EvFor
	Turn      kiosk.FaceHint // EvTurn
	Authority bool           // EvKeep, EvDrop: an authorisation is among the pages after it
	Stale     bool           // belongs to an ended visit or to a screen no longer shown
}
