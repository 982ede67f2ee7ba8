package session

import "motcua/kiosk"

// What can be done without a dossier, and without saying who one is: a queue number, a word to the office, who is on duty, and
// how it was. None of these screens holds anything of a card or a face.

// fault tells that no dossier can be taken now, and what can be done instead. What was read about procedures is forgotten.
func fault(s State, code kiosk.Code) (State, []Effect) {
	return to(s.fresh(Fault), Fault, code), []Effect{FxScrub}
}

func onFault(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvQueue:
		return queue(s)
	case EvFinish:
		return wipe(s)
	case EvBack:
		return home(s), nil
	}
	return s, nil
}

// queue offers a number to somebody whom the counter must serve. Nothing that a card or a face gave goes along.
func queue(s State) (State, []Effect) {
	n := s.fresh(Queue)
	n.Goal = GoalQueue
	return n, []Effect{FxScrub}
}

func onQueue(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvDraw:
		if e.OK {
			return to(s, QueueDraw, ""), []Effect{FxDraw}
		}
	case EvBack:
		return home(s), nil
	}
	return s, nil
}

func onQueueDraw(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvDrawn:
		s.Print = Printing
		return to(s, QueueShow, ""), []Effect{FxSlip}
	case EvDrawFailed:
		return to(s, Queue, e.Code), nil
	}
	return s, nil
}

// onQueueShow: the number is on the screen and, where there is a printer, on paper.
func onQueueShow(s State, e Event) (State, []Effect) {
	if e.Kind == EvFinish {
		return wipe(s)
	}
	return printing(s, e, FxSlip)
}

// onRead is a screen that is read and left.
func onRead(s State, e Event) (State, []Effect) {
	if e.Kind == EvFinish {
		return wipe(s)
	}
	return s, nil
}

func onFeedback(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvSend:
		if e.OK {
			return to(s, FeedbackSend, ""), []Effect{FxSend}
		}
	case EvBack:
		return home(s), []Effect{FxScrub}
	}
	return s, nil
}

func onFeedbackSend(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvSent:
		return to(s, FeedbackDone, ""), nil
	case EvSendFailed:
		return to(s, Feedback, e.Code), nil
	}
	return s, nil
}

func onRota(s State, e Event) (State, []Effect) {
	if e.Kind == EvBack {
		return home(s), nil
	}
	return onRead(s, e)
}

// onRate ends the visit whatever is answered: the answer is a number without a name.
func onRate(s State, e Event) (State, []Effect) {
	switch e.Kind {
	case EvRate:
		if e.OK {
			return wipe(s)
		}
	case EvSkip, EvFinish:
		return wipe(s)
	}
	return s, nil
}
