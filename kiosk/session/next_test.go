package session

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"motcua/kiosk"
)

// events is every event worth telling apart: each kind with each fact that Next decides on.
func events() []Event {
	var all []Event
	for k := EvStart; k < EvCardIn; k++ {
		all = append(all, Event{Kind: k}, Event{Kind: k, OK: true})
	}
	for g := GoalSubmit; g <= GoalRota; g++ {
		all = append(all, Event{Kind: EvGoal, Goal: g})
	}
	for _, m := range []kiosk.ReturnMethod{kiosk.ReturnCounter, kiosk.ReturnPost, kiosk.ReturnElectronic} {
		all = append(all, Event{Kind: EvReturn, Method: m})
	}
	for _, to := range []Screen{ProcSearch, ScanList, Deliver, Submitting} {
		all = append(all, Event{Kind: EvChange, To: to})
	}
	for b := BehalfUnasked; b <= BehalfOther; b++ {
		all = append(all, Event{Kind: EvFor, Behalf: b, OK: true})
	}
	all = append(all, Event{Kind: EvLack, Code: kiosk.CodeCardOld}, Event{Kind: EvKeep, Authority: true}, Event{Kind: EvDrop, OK: true, Authority: true})
	for i := -1; i <= len(FormSteps); i++ {
		all = append(all, Event{Kind: EvChange, To: Form, Step: i})
	}
	return append(all, machineEvents()...)
}

// machineEvents is what devices, the timer and the kiosk itself send: no hand is involved.
func machineEvents() []Event {
	all := []Event{{Kind: EvCardIn}, {Kind: EvCardOut}, {Kind: EvScanned}, {Kind: EvSealed}, {Kind: EvStatusFound}, {Kind: EvWiped}, {Kind: EvTimeout}, {Kind: EvPrinted}, {Kind: EvNear}, {Kind: EvAway}, {Kind: EvDrawn}, {Kind: EvSent}}
	for _, v := range []kiosk.Verdict{kiosk.Verified, kiosk.Refused, kiosk.Undetermined} {
		all = append(all, Event{Kind: EvChipDone, Verdict: v}, Event{Kind: EvFaceDone, Verdict: v})
	}
	for _, h := range []kiosk.FaceHint{kiosk.HintTurnLeft, kiosk.HintTurnRight, kiosk.HintTurnBack, kiosk.HintTooFar} {
		all = append(all, Event{Kind: EvTurn, Turn: h})
	}
	all = append(all, Event{Kind: EvFaceDone, Verdict: kiosk.Undetermined, Code: kiosk.CodeFaceUnturned})
	for _, c := range []kiosk.Code{kiosk.CodeCardLost, kiosk.CodeCardWrongKey, kiosk.CodeCardUnsupported} {
		all = append(all, Event{Kind: EvChipFailed, Code: c})
	}
	all = append(all, Event{Kind: EvFaceFailed, Code: kiosk.CodeCameraMissing}, Event{Kind: EvFaceFailed, Code: kiosk.CodeModelMissing},
		Event{Kind: EvScanFailed, Code: kiosk.CodePaperUnreadable}, Event{Kind: EvSealFailed, Code: kiosk.CodeStoreFull}, Event{Kind: EvPrintFailed, Code: kiosk.CodePrinterPaper}, Event{Kind: EvPrintFailed, Code: kiosk.CodeUnavailable},
		Event{Kind: EvStatusNone, Code: kiosk.CodeNotFound}, Event{Kind: EvClosed, Code: kiosk.CodeStoreFull}, Event{Kind: EvClosed},
		Event{Kind: EvDrawFailed, Code: kiosk.CodeStoreFull}, Event{Kind: EvSendFailed, Code: kiosk.CodeStoreFull})
	return all
}

type edge struct {
	from State
	e    Event
	to   State
	fx   []Effect
}

// model is what one walk through every reachable state gave.
type model struct {
	seen   map[State]struct{}
	from   map[State][]State           // who leads here
	arrows map[[2]Screen]map[Kind]bool // what leads from screen to screen
	faults []string                    // rules that did not hold, the first few
}

// explored visits every reachable state once for all tests, with the counters bounded low: above their bounds nothing new can
// happen.
var explored = sync.OnceValue(func() *model {
	defer func(p, m int) { maxPapers, maxMore = p, m }(maxPapers, maxMore)
	maxPapers, maxMore = 2, 1
	all := events()
	begin := State{Places: true} // without a list of places there are two screens less and nothing else
	m := &model{seen: map[State]struct{}{begin: {}}, from: map[State][]State{}, arrows: map[[2]Screen]map[Kind]bool{}}
	for queue := []State{begin}; len(queue) > 0; {
		s := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		m.checkState(s)
		for _, e := range all {
			n, fx := Next(s, e)
			x := edge{s, e, n, fx}
			m.checkEdge(x)
			m.note(x)
			if _, ok := m.seen[n]; !ok {
				m.seen[n] = struct{}{}
				queue = append(queue, n)
			}
		}
	}
	return m
})

func (m *model) bad(format string, args ...any) {
	if len(m.faults) < 5 {
		m.faults = append(m.faults, fmt.Sprintf(format, args...))
	}
}

// note remembers how the edge leads on. What holds everywhere is left out of the arrows: help, exit and silence.
func (m *model) note(x edge) {
	if x.from == x.to {
		return
	}
	m.from[x.to] = append(m.from[x.to], x.from)
	k := x.e.Kind
	if x.from.Screen == x.to.Screen || x.from.Overlay != NoOverlay || k == EvExit || k == EvExitYes || k == EvTimeout && x.to.Screen == Wiping {
		return
	}
	a := [2]Screen{x.from.Screen, x.to.Screen}
	if m.arrows[a] == nil {
		m.arrows[a] = map[Kind]bool{}
	}
	m.arrows[a][k] = true
}

func TestEveryReachableState(t *testing.T) {
	m := explored()
	for _, f := range m.faults {
		t.Error(f)
	}
	screens := map[Screen]bool{}
	for s := range m.seen {
		screens[s.Screen] = true
	}
	for _, s := range Screens {
		if !screens[s] {
			t.Errorf("screen %s cannot be reached", s)
		}
	}
	t.Logf("%d states", len(m.seen))
}

// nameless are the screens for which nobody says who they are.
var nameless = map[Screen]bool{
	Fault: true, Rate: true, Queue: true, QueueDraw: true, QueueShow: true, Feedback: true, FeedbackSend: true, FeedbackDone: true, Rota: true,
}

// checkEdge proves what must hold for every transition.
func (m *model) checkEdge(x edge) {
	has := func(f Effect) bool { return slices.Contains(x.fx, f) }
	bad := func(what string) {
		m.bad("%s:\n from %+v\n event %+v\n to %+v\n effects %v", what, x.from, x.e, x.to, x.fx)
	}
	switch {
	case has(FxSeal) && !(x.to.Identified() && x.to.Consented && x.to.Chosen && x.to.Return != "" && x.to.Signed):
		bad("submission without identity, consent, procedure, return method or declaration")
	case has(FxSeal) && (x.to.Behalf == BehalfUnasked || x.to.LacksAuthority()):
		bad("submission for nobody known, or without the written authority")
	case has(FxReadChip) && x.to.Behalf == BehalfUnasked:
		bad("a card read before it was asked for whom")
	case x.to.Sealed && !x.from.Sealed && x.e.Kind != EvSealed:
		bad("a dossier counted as stored that was not")
	case (has(FxReadChip) || has(FxLook)) && !x.to.Consented:
		bad("chip or camera without consent")
	case has(FxLook) && x.to.Chip != kiosk.Verified:
		bad("camera on for a document that was not verified")
	case x.to.Screen == FaceTurn && x.from.Screen != FaceTurn && x.from.Screen != FaceLook:
		bad("a turn of the head asked of somebody who is not looked at")
	case x.from.Screen == FaceTurn && x.e.Kind == EvFaceDone && x.e.Code == kiosk.CodeFaceUnturned && x.to.Screen != Officer:
		bad("somebody who was not seen to turn goes on")
	case has(FxPrint) && !x.to.Sealed:
		bad("a receipt printed for a dossier that is not stored")
	case has(FxScan) && !x.to.Confirmed:
		bad("a paper scanned before the holder confirmed")
	case !x.from.InVisit() && x.to.InVisit() && x.e.Kind != EvStart:
		bad("something other than a touch began a visit")
	case x.from.InVisit() && x.to.Screen == Attract:
		bad("a visit ended without being wiped")
	case x.to.Screen == Wiping && x.from.Screen != Wiping && !has(FxWipe):
		bad("wiping that wipes nothing")
	case x.to.Screen == Wiping && x.to != x.to.fresh(Wiping):
		bad("the state of an ended visit lives on")
	case x.from.Screen == Wiping && x.to.Screen != Wiping && x.e.Kind != EvWiped:
		bad("wiping left before the data was gone")
	case nameless[x.to.Screen] && !nameless[x.from.Screen] && x.from.Screen != Home && !has(FxScrub):
		bad("a citizen's data went along to a screen without identity")
	case x.to.Left && !x.to.Card:
		bad("a forgotten card that is not there")
	case x.to.Left && !x.from.Left && !has(FxChime):
		bad("nobody is told of a forgotten card")
	case x.from.Closed != "" && x.to.Screen == Consent && x.from.Screen != Consent:
		bad("consent asked of somebody whose dossier cannot be taken")
	}
	stale := x.e
	stale.Stale = true
	if n, fx := Next(x.from, stale); n != x.from || len(fx) > 0 {
		bad("an event of an ended visit changed something")
	}
}

// checkState proves what must hold in every state.
func (m *model) checkState(s State) {
	if !silenceEnds(s) {
		m.bad("silence does not end wiped in Attract: %+v", s)
	}
	if (s.Turn != "") != (s.Screen == FaceTurn) {
		m.bad("a turn of the head is asked for elsewhere, or none where it should be: %+v", s)
	}
	if s.Confirmed && (s.Chip != kiosk.Verified || s.Face != kiosk.Verified) {
		m.bad("confirmed without verification: %+v", s)
	}
	if !s.InVisit() {
		return
	}
	if n, _ := Next(s, Event{Kind: EvHelp}); n.Overlay != Help {
		m.bad("no help from %+v", s)
	}
	if Delay(s) == 0 {
		m.bad("no delay for %+v", s)
	}
	if nameless[s.Screen] && (s.Chip != "" || s.Face != "" || s.Consented || s.Confirmed || s.Papers > 0 || s.Keyed) {
		m.bad("a screen without identity knows somebody: %+v", s)
	}
	if s.Screen != Submitting && s.Screen != FeedbackSend && !canLeave(s) {
		m.bad("no way out of %+v", s)
	}
}

// silenceEnds lets only the timer, and the wipe's own answer, happen.
func silenceEnds(s State) bool {
	for range 20 {
		if s.Screen == Attract {
			return true
		}
		e := Event{Kind: EvTimeout}
		if s.Screen == Wiping {
			e = Event{Kind: EvWiped}
		}
		s, _ = Next(s, e)
	}
	return false
}

// canLeave closes what lies over the screen, asks to leave and says yes.
func canLeave(s State) bool {
	for _, k := range []Kind{EvStillHere, EvHelpClose, EvExitNo, EvExit, EvExitYes} {
		if s, _ = Next(s, Event{Kind: k}); s.Screen == Wiping {
			return true
		}
	}
	return false
}

// TestEndIsReachable proves that from every state within the visit the citizen can still reach the receipt or the officer
// or the end, whatever was pressed before.
func TestEndIsReachable(t *testing.T) {
	reverse, seen := explored().from, explored().seen
	good := map[State]bool{}
	var queue []State
	for s := range seen {
		if s.Screen == Done || s.Screen == StatusShow {
			good[s] = true
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		s := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, p := range reverse[s] {
			if !good[p] {
				good[p] = true
				queue = append(queue, p)
			}
		}
	}
	for s := range seen {
		if !good[s] {
			t.Fatalf("no way from here to a receipt or an answer, not even by a new visit: %+v", s)
		}
	}
}

func TestTables(t *testing.T) {
	for _, s := range Screens {
		if s.String() == "" {
			t.Errorf("screen %d has no name", s)
		}
		if s != Attract && Delays[s] == 0 {
			t.Errorf("screen %s has no delay", s)
		}
		if screens[s] == nil {
			t.Errorf("screen %s has no transition", s)
		}
	}
	if len(screens) != len(Screens) || len(screenNames) != len(Screens) || len(Delays) != len(Screens)-1 {
		t.Error("the tables name screens that are not in the list")
	}
}
