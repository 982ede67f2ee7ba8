package session

// Screen is what the citizen sees. Numbers are explicit: they stand in logs and golden files.
type Screen int

// The screens of a visit.
const (
	Attract       Screen = 0   // nobody here; "Chạm để bắt đầu"
	Home          Screen = 10  // what would you like to do
	Fault         Screen = 15  // the kiosk cannot take a dossier now (State.Reason): what can be done instead
	Consent       Screen = 20  // chip and camera, before either is used
	ProcSearch    Screen = 30  // find a procedure: text, or by field
	ProcDetail    Screen = 31  // one procedure: papers, fee, time
	ForWhom       Screen = 35  // for oneself, for a child, for somebody who has given authority
	CardPlace     Screen = 40  // put the card on the reader
	CardNumber    Screen = 41  // type the 12 digits
	CardReading   Screen = 42  // the chip is being read
	CardProblem   Screen = 43  // what went wrong and what to do (State.Reason)
	CardOther     Screen = 45  // no card: which paper instead; leads to the counter
	FaceLook      Screen = 50  // look into the camera
	FaceTurn      Screen = 52  // turn the head as asked (State.Turn): who does is no picture
	FaceRetry     Screen = 51  // this try did not succeed (State.Reason)
	Officer       Screen = 55  // please see the officer (State.Reason says why)
	Who           Screen = 60  // "Đúng là ông/bà …?"
	Form          Screen = 70  // State.Step is the question, see FormSteps
	Address       Screen = 72  // keep an address, take its new names, choose the commune from the list, or type
	Place         Screen = 73  // the province, then the commune
	ScanList      Screen = 80  // the papers of the procedure, which are scanned
	ScanAim       Screen = 81  // document camera preview, take the picture
	ScanWait      Screen = 82  // the picture is being taken
	ScanView      Screen = 83  // keep or again
	Deliver       Screen = 90  // how the result comes back
	DeliverTo     Screen = 91  // the address for post
	Review        Screen = 100 // everything, with "Sửa" per row
	Sign          Screen = 105 // that it is true: a finger's signature or a tick
	Submitting    Screen = 110 // sealing and storing
	SubmitProblem Screen = 111 // storing failed (State.Reason): again, or the officer
	Done          Screen = 120 // the receipt
	Rate          Screen = 125 // how was it, in five faces; nothing of the citizen is left by then
	StatusAsk     Screen = 130 // type the receipt token
	StatusWait    Screen = 131 // asking the office
	StatusShow    Screen = 132 // what the office says
	Queue         Screen = 140 // what is the number for
	QueueDraw     Screen = 141 // the number is being drawn
	QueueShow     Screen = 142 // the number
	Feedback      Screen = 150 // write to the office
	FeedbackSend  Screen = 151 // it is being sealed and stored
	FeedbackDone  Screen = 152 // stored; its code
	Rota          Screen = 155 // who is on duty
	Wiping        Screen = 160 // the visit's data is being erased
)

// Screens is every screen, in order.
var Screens = []Screen{
	Attract, Home, Fault, Consent, ProcSearch, ProcDetail, ForWhom, CardPlace, CardNumber, CardReading, CardProblem, CardOther, FaceLook, FaceTurn, FaceRetry,
	Officer, Who, Form, Address, Place, ScanList, ScanAim, ScanWait, ScanView, Deliver, DeliverTo, Review, Sign, Submitting, SubmitProblem, Done,
	Rate, StatusAsk, StatusWait, StatusShow, Queue, QueueDraw, QueueShow, Feedback, FeedbackSend, FeedbackDone, Rota, Wiping,
}

var screenNames = map[Screen]string{
	Attract: "attract", Home: "home", Consent: "consent", ProcSearch: "proc_search", ProcDetail: "proc_detail",
	CardPlace: "card_place", CardNumber: "card_number", CardReading: "card_reading", CardProblem: "card_problem",
	FaceLook: "face_look", FaceTurn: "face_turn", FaceRetry: "face_retry", Officer: "officer", Who: "who", Form: "form", ScanList: "scan_list",
	ScanAim: "scan_aim", ScanWait: "scan_wait", ScanView: "scan_view", Deliver: "deliver", DeliverTo: "deliver_to",
	Review: "review", Submitting: "submitting", SubmitProblem: "submit_problem", Done: "done", StatusAsk: "status_ask",
	StatusWait: "status_wait", StatusShow: "status_show", Wiping: "wiping", Fault: "fault", Rate: "rate", ForWhom: "for_whom", CardOther: "card_other", Sign: "sign", Queue: "queue",
	Address: "address", Place: "place", QueueDraw: "queue_draw", QueueShow: "queue_show", Feedback: "feedback", FeedbackSend: "feedback_send",
	FeedbackDone: "feedback_done", Rota: "rota",
}

// String gives the stable name, as used in logs and templates.
func (s Screen) String() string { return screenNames[s] }

// Overlay is a question laid over the screen.
type Overlay int

// The overlays.
const (
	NoOverlay Overlay = 0
	Warning   Overlay = 1 // "are you still there?": one big button, then the wipe
	Help      Overlay = 2 // hotline, call the officer
	ExitAsk   Overlay = 3 // really leave? what was typed will be erased
)

var overlayNames = map[Overlay]string{NoOverlay: "", Warning: "warning", Help: "help", ExitAsk: "exit"}

// String gives the stable name, "" for none.
func (o Overlay) String() string { return overlayNames[o] }
