package session

import "motcua/kiosk"

var prompts = map[Screen]string{
	Home: "home", Consent: "consent", ProcSearch: "search", ProcDetail: "detail", CardPlace: "place_card", CardNumber: "type_number",
	CardReading: "reading", CardProblem: "card_problem", FaceLook: "look_camera", FaceRetry: "look_again", Officer: "officer",
	Who: "confirm", Form: "form", ScanList: "scan", ScanAim: "scan_aim", ScanView: "scan_view", Deliver: "deliver", DeliverTo: "deliver_to",
	Review: "review", Submitting: "submitting", SubmitProblem: "submit_problem", Done: "done", StatusAsk: "status_ask", StatusShow: "status_show",
	Address: "address", Place: "choose_place", ForWhom: "for_whom", CardOther: "card_other", Sign: "sign", Fault: "fault", Rate: "rate", Queue: "queue", QueueShow: "queue_show", Feedback: "feedback", FeedbackDone: "feedback_done", Rota: "rota",
}

// Prompt gives the key of what is said on a screen, "" for nothing. Prompts hold no personal data.
func Prompt(s State) string {
	switch s.Overlay {
	case Warning:
		return "warning"
	case Help:
		return "help"
	case NoOverlay, ExitAsk:
	}
	switch {
	case s.Screen == CardProblem && s.Reason == kiosk.CodeCardWrongKey:
		return "card_wrong_key"
	case s.Screen == CardProblem && s.Reason == kiosk.CodeCardLost:
		return "card_lost"
	case s.Screen == QueueShow && s.Print == PrintFailed:
		return "queue_no_paper"
	case s.Screen == FaceTurn:
		return "hint_" + string(s.Turn)
	case s.Screen == Done && s.Print == PrintFailed:
		return "done_no_paper"
	}
	return prompts[s.Screen]
}

// Prompts is every key a Runner may speak, for the voice's own test that none is missing.
func Prompts() []string {
	all := []string{"welcome", "warning", "help", "take_card", "card_wrong_key", "card_lost", "done_no_paper", "queue_no_paper", "volume_low", "volume_normal", "volume_loud"}
	for _, s := range Screens {
		if p := prompts[s]; p != "" {
			all = append(all, p)
		}
	}
	for _, h := range kiosk.FaceHints[1:] {
		all = append(all, "hint_"+string(h))
	}
	return all
}
