package session

import "motcua/kiosk"

// Next gives the state after e and what to carry out, in order. It is pure. An event the state does not know changes nothing.
func Next(s State, e Event) (State, []Effect) {
	if e.Stale {
		return s, nil
	}
	n, fx := outer(s, e)
	if n.Screen != s.Screen && n.InVisit() && n.Overlay == NoOverlay {
		fx = append(fx, FxSay)
	}
	return n, fx
}

// outer handles once what holds for every screen: presence, intake, help, exit, idle.
func outer(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvCardIn, EvCardOut:
		s.Card, s.Left = e.Kind == EvCardIn, false
		return inner(s, e)
	case EvClosed:
		return closed(s, e.Code)
	case EvTimeout:
		return timeout(s)
	case EvTouch:
		return s, nil
	}
	if !s.InVisit() {
		return inner(s, e)
	}
	switch e.Kind {
	case EvHelp:
		return overlay(s, Help), nil
	case EvExit:
		return exit(s)
	case EvSay:
		return s, []Effect{FxSay}
	}
	if s.Overlay != NoOverlay && isTouch(e.Kind) {
		return closeOverlay(s, e)
	}
	n, fx := inner(s, e)
	if !isTouch(e.Kind) && n.InVisit() && (s.Overlay == Help || s.Overlay == ExitAsk) {
		n.Overlay = s.Overlay // a device must not take away what a person is reading
	}
	return n, fx
}

// isTouch reports whether the event came from the citizen's hand.
func isTouch(k Kind) bool { return k < EvCardIn }

func overlay(s State, o Overlay) State {
	s.Overlay = o
	return s
}

func closeOverlay(s State, e Event) (State, []Effect) {
	switch {
	case s.Overlay == Warning && e.Kind == EvStillHere:
		s.More++
		return overlay(s, NoOverlay), nil
	case s.Overlay == Help && e.Kind == EvHelpClose, s.Overlay == ExitAsk && e.Kind == EvExitNo:
		return overlay(s, NoOverlay), nil
	case s.Overlay == ExitAsk && e.Kind == EvExitYes, s.Overlay == Warning && e.Kind == EvExitYes:
		return wipe(s)
	}
	return s, nil
}

// closed notes that intake closes or opens. Who has not consented yet is told now, not after the trouble.
func closed(s State, code kiosk.Code) (State, []Effect) {
	s.Closed = code
	if code != "" && s.Screen == Consent {
		return fault(s, code)
	}
	return s, nil
}

// exit leaves at once where nothing would be lost, and asks elsewhere. While a dossier is being stored it cannot be left.
func exit(s State) (State, []Effect) {
	switch s.Screen {
	case Home, Fault, ProcSearch, ProcDetail, Officer, Done, Rate, StatusAsk, StatusWait, StatusShow, Queue, QueueDraw, QueueShow, FeedbackDone, Rota:
		if s.Chip == "" || s.Screen == Done || s.Screen == Officer {
			return wipe(s)
		}
	case Submitting, FeedbackSend:
		return s, nil
	}
	return overlay(s, ExitAsk), nil
}

// wipe ends the visit from anywhere. A card that is still there is called after until it is taken.
func wipe(s State) (State, []Effect) {
	fx := append(stop(s), FxWipe)
	s.Left = s.Card
	if s.Left {
		fx = append(fx, FxChime)
	}
	return s.fresh(Wiping), fx
}

// stop gives up what the screen's device is doing.
func stop(s State) []Effect {
	switch s.Screen {
	case CardReading, CardPlace:
		return []Effect{FxStopChip}
	case FaceLook, FaceTurn:
		return []Effect{FxStopLook}
	case ScanWait:
		return []Effect{FxStopScan}
	case StatusWait, QueueDraw:
		return []Effect{FxStopAsk}
	}
	return nil
}

// timeout: silence. Warning first, then the wipe; a device's screen counts as that device failing.
func timeout(s State) (State, []Effect) {
	switch {
	case s.Screen == Attract && s.Left:
		return s, []Effect{FxChime}
	case s.Screen == Attract:
		return s, nil
	case s.Screen == Wiping:
		return s, []Effect{FxWipe}
	case s.Overlay == Warning, s.Screen == Done, s.Screen == Rate, s.Screen == QueueShow, s.More >= maxMore:
		return wipe(s)
	}
	switch s.Screen {
	case CardReading:
		return fail(s, kiosk.CodeCardTimeout)
	case FaceLook, FaceTurn:
		return faceFail(s, kiosk.CodeCameraFault)
	case ScanWait:
		return scanFail(s, kiosk.CodeCameraFault)
	case Submitting:
		return to(s, SubmitProblem, kiosk.CodeInternal), nil
	case StatusWait:
		s, fx := statusFail(s, kiosk.CodeOfficeOffline)
		return s, append([]Effect{FxStopAsk}, fx...)
	case QueueDraw:
		return to(s, Queue, kiosk.CodeInternal), []Effect{FxStopAsk}
	case FeedbackSend:
		return to(s, Feedback, kiosk.CodeInternal), []Effect{FxStopAsk}
	}
	return overlay(s, Warning), []Effect{FxSay}
}

func to(s State, screen Screen, reason kiosk.Code) State {
	s.Screen, s.Reason, s.Overlay, s.More, s.Turn = screen, reason, NoOverlay, 0, ""
	return s
}

// inner is the screen's own transition.
func inner(s State, e Event) (State, []Effect) {
	if f := screens[s.Screen]; f != nil {
		return f(s, e)
	}
	return s, nil
}

var screens map[Screen]func(State, Event) (State, []Effect)

func init() { // a literal would be an initialisation loop
	screens = map[Screen]func(State, Event) (State, []Effect){
		Attract: onAttract, Home: onHome, Consent: onConsent, ProcSearch: onSearch, ProcDetail: onDetail,
		CardPlace: onPlace, CardNumber: onNumber, CardReading: onReading, CardProblem: onCardProblem,
		FaceLook: onLook, FaceTurn: onLook, FaceRetry: onFaceRetry, Officer: onOfficer, Who: onWho, Form: onForm, Address: onAddress, Place: onPlaceList,
		ScanList: onScanList, ScanAim: onScanAim, ScanWait: onScanWait, ScanView: onScanView,
		Deliver: onDeliver, DeliverTo: onDeliverTo, Review: onReview, Submitting: onSubmitting,
		SubmitProblem: onSubmitProblem, Done: onDone, StatusAsk: onStatusAsk, StatusWait: onStatusWait,
		StatusShow: onStatusShow, Wiping: onWiping, Fault: onFault, Rate: onRate, ForWhom: onForWhom,
		CardOther: onCardOther, Sign: onSign, Queue: onQueue, QueueDraw: onQueueDraw,
		QueueShow: onQueueShow, Feedback: onFeedback, FeedbackSend: onFeedbackSend, FeedbackDone: onRead, Rota: onRota,
	}
}

func onAttract(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvStart:
		return s.fresh(Home), []Effect{FxBegin}
	case EvNear:
		return s, []Effect{FxGreet}
	}
	return s, nil
}

func onWiping(s State, e Event) (State, []Effect) {
	if e.Kind == EvWiped {
		return s.fresh(Attract), nil
	}
	return s, nil
}

func onHome(s State, e Event) (State, []Effect) {
	if e.Kind == EvBack {
		return wipe(s)
	}
	if e.Kind != EvGoal {
		return s, nil
	}
	switch e.Goal {
	case GoalSubmit:
		s.Goal = GoalSubmit
		return consent(s, nil)
	case GoalLookup:
		s.Goal = GoalLookup
		return to(s, ProcSearch, ""), nil
	case GoalStatus:
		s.Goal = GoalStatus
		return to(s, StatusAsk, ""), nil
	case GoalQueue:
		s.Goal = GoalQueue
		return to(s, Queue, ""), nil
	case GoalWrite:
		s.Goal = GoalWrite
		return to(s, Feedback, ""), nil
	case GoalRota:
		s.Goal = GoalRota
		return to(s, Rota, ""), nil
	case NoGoal:
	}
	return s, nil
}

// consent asks before chip and camera, unless no dossier could be taken anyway.
func consent(s State, fx []Effect) (State, []Effect) {
	if s.Closed != "" {
		return fault(s, s.Closed)
	}
	return to(s, Consent, ""), fx
}

func onConsent(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvAgree:
		if !e.OK {
			return s, nil
		}
		s.Consented = true
		if s.Chosen {
			return to(s, ForWhom, ""), nil
		}
		return to(s, ProcSearch, ""), nil
	case EvDecline, EvOfficer:
		return to(s, Officer, ""), nil
	case EvBack:
		if s.Chosen {
			return to(s, ProcDetail, ""), nil
		}
		return home(s), nil
	}
	return s, nil
}

// home goes back to the choice, forgetting what was chosen but not the card on the reader.
func home(s State) State { return s.fresh(Home) }

func onSearch(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvPick:
		if e.OK {
			s.Chosen = true
			return to(s, ProcDetail, ""), nil
		}
	case EvBack:
		switch {
		case s.Editing:
			s.Editing, s.Chosen = false, true
			return to(s, Review, ""), []Effect{FxRestore}
		case s.Goal == GoalSubmit:
			s.Consented = false
			return consent(s, nil)
		}
		return home(s), nil
	}
	return s, nil
}

func onDetail(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvProceed:
		if s.Closed != "" && !s.Identified() {
			return fault(s, s.Closed)
		}
		s.Goal = GoalSubmit
		switch {
		case s.Identified() && s.Behalf == BehalfOther && !e.OK:
			return s, nil // this procedure is to be filed in person
		case s.Identified():
			s.Editing = false
			return to(s, ScanList, ""), []Effect{FxFile}
		case s.Consented:
			return to(s, ForWhom, ""), []Effect{FxFile}
		}
		return consent(s, []Effect{FxFile})
	case EvBack:
		s.Chosen = false
		return to(s, ProcSearch, ""), nil
	}
	return s, nil
}

func onForWhom(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvFor:
		if e.OK && e.Behalf >= BehalfSelf && e.Behalf <= BehalfOther {
			s.Behalf = e.Behalf
			return toCard(s)
		}
	case EvOfficer:
		return officer(s, "")
	case EvBack:
		return to(s, ProcDetail, ""), nil
	}
	return s, nil
}

// forWhom goes back from the card to the question before it; the number typed is forgotten.
func forWhom(s State) (State, []Effect) {
	s.Keyed, s.Behalf = false, BehalfUnasked
	return to(s, ForWhom, ""), []Effect{FxForgetKey}
}

// onCardOther: without a chip card the counter serves, and the citizen is told what to bring.
func onCardOther(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvLack:
		if e.Code != "" {
			return officer(s, e.Code)
		}
	case EvOfficer:
		return officer(s, "")
	case EvBack:
		return toCard(s)
	}
	return s, nil
}

// noCard asks what there is instead of a chip card.
func noCard(s State) (State, []Effect) {
	s.Keyed = false
	return to(s, CardOther, ""), []Effect{FxStopChip, FxForgetKey}
}

// toCard asks for the card, or straight for the number when one lies there.
func toCard(s State) (State, []Effect) {
	if s.cardHere() {
		return to(s, CardNumber, ""), nil
	}
	return to(s, CardPlace, ""), []Effect{FxReady}
}

func onPlace(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvChipFailed: // there is no reader
		return fail(s, e.Code)
	case EvCardIn:
		if s.Keyed {
			return read(s)
		}
		return to(s, CardNumber, ""), nil
	case EvNumber: // a camera has read it from the card, which is still in the citizen's hand
		s.Keyed = s.Keyed || e.OK
		return s, nil
	case EvOfficer:
		return officer(s, "")
	case EvOther:
		return noCard(s)
	case EvBack:
		return forWhom(s)
	}
	return s, nil
}

func onNumber(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvNumber:
		if !e.OK {
			return s, nil
		}
		s.Keyed = true
		if s.cardHere() {
			return read(s)
		}
		return to(s, CardPlace, ""), []Effect{FxReady}
	case EvCardOut:
		return s, nil // they may lift it to read the number
	case EvOfficer:
		return officer(s, "")
	case EvOther:
		return noCard(s)
	case EvBack:
		return forWhom(s)
	}
	return s, nil
}

func read(s State) (State, []Effect) {
	return to(s, CardReading, ""), []Effect{FxReadChip}
}

func onReading(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvChipDone:
		s.Chip, s.Keyed, s.CardTries = e.Verdict, false, 0
		if e.Verdict == kiosk.Verified {
			n, fx := look(s)
			return n, append(fx, FxForgetKey)
		}
		n, fx := officer(s, e.Code)
		return n, append(fx, FxForgetKey, FxDropChip)
	case EvChipFailed:
		return fail(s, e.Code)
	}
	return s, nil
}

// fail is a chip read that did not end: tell why, count it, and after MaxCardTries call the officer.
func fail(s State, code kiosk.Code) (State, []Effect) {
	fx := []Effect{FxStopChip, FxDropChip}
	s.CardTries++
	if code == kiosk.CodeCardWrongKey {
		s.Keyed = false
		fx = append(fx, FxForgetKey)
	}
	if s.CardTries >= MaxCardTries || hopeless(code) {
		s.Keyed = false
		n, more := officer(s, code)
		return n, append(append(fx, FxForgetKey), more...)
	}
	if code == kiosk.CodeCardLost && s.Card {
		fx = append(fx, FxAwaitCard)
	}
	return to(s, CardProblem, code), fx
}

// hopeless reports whether trying again cannot help.
func hopeless(code kiosk.Code) bool {
	return code == kiosk.CodeCardUnsupported || code == kiosk.CodeReaderMissing || code == kiosk.CodePhotoUnreadable
}

func onCardProblem(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvCardIn, EvRetry:
		switch {
		case e.Kind == EvRetry && !s.cardHere():
			return to(s, CardPlace, ""), []Effect{FxReady}
		case s.Keyed:
			return read(s)
		}
		return to(s, CardNumber, ""), nil
	case EvOfficer:
		return officer(s, s.Reason)
	}
	return s, nil
}

func look(s State) (State, []Effect) {
	s.Face = ""
	return to(s, FaceLook, ""), []Effect{FxLook}
}

// onLook is one face try: the look, and the turn of the head that is asked for when all else is in order. Who is not seen to turn it,
// and who cannot, goes to the officer: asking again and again would not make it easier.
func onLook(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvTurn:
		return turn(s, e.Turn)
	case EvFaceDone:
		s.Face = e.Verdict
		s.FaceTries++
		switch {
		case e.Verdict == kiosk.Verified:
			s.FaceTries = 0
			return to(s, Who, ""), nil
		case s.FaceTries >= MaxFaceTries, e.Code == kiosk.CodeFaceUnturned:
			return officer(s, e.Code)
		}
		return to(s, FaceRetry, e.Code), nil
	case EvFaceFailed:
		return faceFail(s, e.Code)
	case EvOfficer:
		n, fx := officer(s, "")
		return n, append([]Effect{FxStopLook}, fx...)
	}
	return s, nil
}

// turn asks for something of the head. The voice says it also where the screen stays.
func turn(s State, h kiosk.FaceHint) (State, []Effect) {
	switch {
	case !h.Turns(), h == s.Turn:
		return s, nil
	case s.Screen == FaceTurn:
		s.Turn = h
		return s, []Effect{FxSay}
	}
	s = to(s, FaceTurn, "")
	s.Turn = h
	return s, nil
}

// faceFail is a camera that went away or models that are not there. A camera may come back; models do not.
func faceFail(s State, code kiosk.Code) (State, []Effect) {
	fx := []Effect{FxStopLook}
	s.Face = kiosk.Undetermined
	s.FaceTries++
	if s.FaceTries >= MaxFaceTries || code == kiosk.CodeModelMissing || code == kiosk.CodePhotoUnreadable {
		n, more := officer(s, code)
		return n, append(fx, more...)
	}
	return to(s, FaceRetry, code), fx
}

func onFaceRetry(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvRetry:
		return look(s)
	case EvOfficer:
		return officer(s, s.Reason)
	}
	return s, nil
}

// officer is the fall-back that is always there.
func officer(s State, reason kiosk.Code) (State, []Effect) {
	return to(s, Officer, reason), nil
}

func onOfficer(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvFinish:
		return wipe(s)
	case EvQueue:
		return queue(s)
	case EvBack:
		if s.Goal == GoalSubmit && !s.Consented {
			return consent(s, nil)
		}
	}
	return s, nil
}

func onWho(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvYes:
		s.Confirmed = true
		return toStep(s, 0), []Effect{FxFillForm}
	case EvNo, EvOfficer:
		return officer(s, "")
	}
	return s, nil
}

func onForm(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvAnswer:
		if e.OK {
			return answered(s)
		}
	case EvBack:
		if s.Places && s.asksAddress() {
			return to(s, Address, ""), nil
		}
		return unanswered(s)
	}
	return s, nil
}

// toStep asks that question of the form.
func toStep(s State, step int) State {
	s.Step = step
	if s.Places && s.asksAddress() {
		return to(s, Address, "")
	}
	return to(s, Form, "")
}

// answered goes on from a question of the form.
func answered(s State) (State, []Effect) {
	next := s.stepFrom(s.Step+1, 1)
	switch {
	case s.Editing:
		return review(s)
	case next > 0:
		n := toStep(s, next)
		if n.Screen == s.Screen {
			return n, []Effect{FxSay}
		}
		return n, nil
	}
	s.Step = 0
	return to(s, ScanList, ""), nil
}

// unanswered goes back from a question of the form.
func unanswered(s State) (State, []Effect) {
	switch {
	case s.Editing:
		return review(s)
	case s.Step > 0:
		return toStep(s, s.stepFrom(s.Step-1, -1)), nil
	}
	return s, nil
}

func onScanList(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvPaper:
		if e.OK && s.Papers < maxPapers {
			return to(s, ScanAim, ""), nil
		}
	case EvDrop:
		if e.OK && s.Papers > 0 {
			s.Papers--
			s.Authority = e.Authority && s.Papers > 0
		}
	case EvNext:
		if s.LacksAuthority() {
			return s, nil
		}
		if s.Editing && s.Return != "" {
			return review(s)
		}
		return to(s, Deliver, ""), nil
	case EvBack:
		if s.Editing {
			return review(s)
		}
		return toStep(s, len(FormSteps)-1), nil
	}
	return s, nil
}

func onScanAim(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvTake:
		return to(s, ScanWait, ""), []Effect{FxScan}
	case EvBack:
		return to(s, ScanList, ""), nil
	}
	return s, nil
}

func onScanWait(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvScanned:
		return to(s, ScanView, ""), nil
	case EvScanFailed:
		return scanFail(s, e.Code)
	}
	return s, nil
}

func scanFail(s State, code kiosk.Code) (State, []Effect) {
	return to(s, ScanAim, code), []Effect{FxStopScan}
}

func onScanView(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvKeep:
		s.Papers++
		s.Authority = e.Authority
		return to(s, ScanList, ""), nil
	case EvAgain, EvBack:
		return to(s, ScanAim, ""), nil
	}
	return s, nil
}

func onDeliver(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvReturn:
		s.Return = e.Method
		if e.Method == kiosk.ReturnPost {
			return toPost(s), nil
		}
		return review(s)
	case EvBack:
		if s.Editing && s.Return != "" {
			return review(s)
		}
		return to(s, ScanList, ""), nil
	}
	return s, nil
}

func onDeliverTo(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvAnswer:
		if e.OK {
			return review(s)
		}
	case EvBack:
		if s.Places {
			return toPost(s), nil
		}
		return noPost(s), nil
	}
	return s, nil
}

// review goes, or goes back, to the page where everything can be seen and changed.
func review(s State) (State, []Effect) {
	s.Editing, s.Post, s.Step = false, false, 0
	return to(s, Review, ""), nil
}

func onReview(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvChange:
		return change(s, e), nil
	case EvConfirm:
		switch {
		case s.Return == "":
			return to(s, Deliver, ""), nil
		case s.LacksAuthority():
			s.Editing = true
			return to(s, ScanList, ""), nil
		case s.complete():
			return to(s, Sign, ""), nil
		}
	case EvBack:
		return to(s, Deliver, ""), nil
	}
	return s, nil
}

// complete reports whether all that a dossier needs is there.
func (s State) complete() bool {
	return s.Identified() && s.Consented && s.Chosen && s.Return != "" && s.Behalf != BehalfUnasked && !s.LacksAuthority()
}

// onSign: what is filed is declared to be true, and stored at once.
func onSign(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvSign:
		if e.OK && s.complete() {
			s.Signed = true
			return to(s, Submitting, ""), []Effect{FxSeal}
		}
	case EvBack:
		return review(s)
	}
	return s, nil
}

func change(s State, e Event) State {
	switch e.To {
	case ProcSearch, ScanList, Deliver:
		s.Editing = true
		return to(s, e.To, "")
	case Form:
		if !s.Asks(e.Step) {
			return s
		}
		s.Editing = true
		return toStep(s, e.Step)
	}
	return s
}

func onSubmitting(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvSealed:
		return done(s)
	case EvSealFailed:
		return to(s, SubmitProblem, e.Code), nil
	}
	return s, nil
}

func onSubmitProblem(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvRetry:
		return to(s, Submitting, ""), []Effect{FxSeal}
	case EvSealed: // the disk answered late: it is stored after all
		return done(s)
	case EvOfficer:
		return officer(s, s.Reason)
	}
	return s, nil
}

// done shows the receipt and prints it.
func done(s State) (State, []Effect) {
	s.Sealed, s.Print = true, Printing
	return to(s, Done, ""), []Effect{FxPrint}
}

func onDone(s State, e Event) (State, []Effect) {
	if e.Kind == EvFinish {
		return s.fresh(Rate), []Effect{FxScrub}
	}
	return printing(s, e, FxPrint)
}

// printing is how paper comes out, or does not; again prints it once more.
func printing(s State, e Event, again Effect) (State, []Effect) {
	switch e.Kind {
	case EvPrinted:
		s.Print, s.Reason = Printed, ""
	case EvPrintFailed:
		if e.Code == kiosk.CodeUnavailable { // a kiosk without a printer
			s.Print = PrintNone
			return s, nil
		}
		s.Print, s.Reason = PrintFailed, e.Code
		return s, []Effect{FxSay}
	case EvPrint:
		if s.Print == PrintFailed {
			s.Print, s.Reason = Printing, ""
			return s, []Effect{again}
		}
	}
	return s, nil
}

func onStatusAsk(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvToken:
		if !e.OK {
			return s, nil
		}
		return to(s, StatusWait, ""), []Effect{FxStatus}
	case EvBack:
		return home(s), nil
	}
	return s, nil
}

func onStatusWait(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvStatusFound:
		return to(s, StatusShow, ""), nil
	case EvStatusNone:
		return statusFail(s, e.Code)
	}
	return s, nil
}

func statusFail(s State, code kiosk.Code) (State, []Effect) { return to(s, StatusAsk, code), nil }

func onStatusShow(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvFinish:
		return wipe(s)
	case EvBack:
		return to(s, StatusAsk, ""), nil
	}
	return s, nil
}
