package session

// Intent is what a touch means, by name, as the page posts it. Values carry typed text; the closed list below says which.
//
// An intent that the current screen does not know changes nothing. Turn is the view's Turn the citizen saw; an intent with
// another Turn is stale (a double tap, a reload) and changes nothing.
type Intent struct {
	Name   string
	Turn   uint64
	Values map[string]string
	Lang   string // language the page was shown in, "vi"; "" reads as Vietnamese
}

// The intents, with the screens that know them and the values they carry.
const (
	IntentStart      = "start"       // Attract
	IntentSubmit     = "submit"      // Home: file a dossier
	IntentLookup     = "lookup"      // Home: find a procedure
	IntentStatus     = "status"      // Home: how does my dossier stand
	IntentQueue      = "queue"       // Home: draw a number; Officer, Fault: a number instead
	IntentWrite      = "write"       // Home: write to the office
	IntentRota       = "rota"        // Home: who is on duty
	IntentDraw       = "draw"        // Queue; service: a letter of kiosk.Services
	IntentSend       = "send"        // Feedback; value (text)
	IntentRate       = "rate"        // Rate; score: 1 to 5
	IntentSkip       = "skip"        // Rate
	IntentAgree      = "agree"       // Consent; values chip=on, camera=on must both be ticked
	IntentDecline    = "decline"     // Consent
	IntentSearch     = "search"      // ProcSearch; q (text), or field (a field's name), page (0-based)
	IntentPick       = "pick"        // ProcSearch; code
	IntentProceed    = "proceed"     // ProcDetail: file this one
	IntentNumber     = "number"      // CardNumber; number (12 digits, spaces allowed)
	IntentRetry      = "retry"       // CardProblem, FaceRetry, SubmitProblem
	IntentOfficer    = "officer"     // call the officer instead: CardPlace, CardNumber, CardProblem, FaceRetry, FaceLook, FaceTurn, Who, SubmitProblem, Consent
	IntentYes        = "yes"         // Who
	IntentNo         = "no"          // Who
	IntentAnswer     = "answer"      // Form, DeliverTo; value (text). Address: as it stands, or with the commune of that code
	IntentPaper      = "paper"       // ScanList; index of Procedure.Papers as decimal, or "other"
	IntentPapersPage = "papers_page" // ScanList; page (0-based)
	IntentTake       = "take"        // ScanAim
	IntentKeep       = "keep"        // ScanView
	IntentAgain      = "again"       // ScanView
	IntentDrop       = "drop"        // ScanList; index of Visit.Papers as decimal: throw a kept page away
	IntentNext       = "next"        // ScanList: done with papers
	IntentReturn     = "return"      // Deliver; method: counter, post, electronic
	IntentChange     = "change"      // Review; what: procedure, papers, return, or a key of FormSteps
	IntentConfirm    = "confirm"     // Review: submit now
	IntentFinish     = "finish"      // Done, StatusShow, Officer, Fault, QueueShow, FeedbackDone, Rota: I am done
	IntentToken      = "token"       // StatusAsk; token (forgiving)
	IntentBack       = "back"        // one step back, everywhere but Attract, Done, Wiping and while a device works
	IntentExit       = "exit"        // ask to leave (ExitAsk); leaves at once where nothing would be lost
	IntentExitYes    = "exit_yes"    // ExitAsk
	IntentExitNo     = "exit_no"     // ExitAsk
	IntentHelp       = "help"        // open Help
	IntentHelpClose  = "help_close"  // close Help
	IntentStillHere  = "still_here"  // Warning
	IntentTouch      = "touch"       // a key of the on-screen keyboard was pressed: only keeps the visit alive; any Turn
	IntentFor        = "for"         // ForWhom; who: self, child, other
	IntentOther      = "other"       // CardPlace, CardNumber: I have no such card
	IntentLack       = "lack"        // CardOther; paper: none, cmnd, passport
	IntentSign       = "sign"        // Sign; tick=on, or ink: strokes as kiosk.ParseInk reads them
	IntentPrint      = "print"       // Done, QueueShow: print, after it could not be printed
	IntentPlace      = "place"       // Address: choose the commune from the list
	IntentType       = "type"        // Address: type it
	IntentPlaces     = "places"      // Place; province, letter (of communes), q (text): what is listed
	IntentPlaced     = "placed"      // Place; code of a commune
	IntentVolume     = "volume"      // any screen of a visit; step: low, normal, loud; without it the next one
	IntentSay        = "say"         // "Đọc to": speak the screen's prompt again
)

// FormStep is one question of the form. Key is the dossier field it fills.
type FormStep struct {
	Key      string // "chip" shows what the chip filled; the others ask
	Optional bool
	Digits   bool // asked with the digits pad, else with the keyboard
	ForOther bool // asked only when the dossier is of somebody else
}

// Asks reports whether step i of the form is asked in this visit.
func (s State) Asks(i int) bool {
	return i >= 0 && i < len(FormSteps) && (!FormSteps[i].ForOther || s.ForOther())
}

// MaySkip reports whether step i may be left empty: a child need not have a number yet.
func (s State) MaySkip(i int) bool {
	return FormSteps[i].Optional || FormSteps[i].Key == "subject_number" && s.Behalf == BehalfChild
}

// stepFrom gives the nearest step that is asked from i on, in the direction by; -1 when there is none.
func (s State) stepFrom(i, by int) int {
	for ; i >= 0 && i < len(FormSteps); i += by {
		if s.Asks(i) {
			return i
		}
	}
	return -1
}

// FormSteps is the form, in order. The first shows the chip's fields; "address" is filled from DG13 and may be changed.
var FormSteps = []FormStep{
	{Key: "chip"},
	{Key: "relation", ForOther: true},
	{Key: "subject_name", ForOther: true},
	{Key: "subject_birth", Digits: true, ForOther: true},
	{Key: "subject_number", Digits: true, ForOther: true},
	{Key: "phone", Digits: true},
	{Key: "address"},
	{Key: "note", Optional: true},
}
