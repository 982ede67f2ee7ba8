package session

import (
	"crypto/sha256"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"motcua/kiosk"
	"motcua/kiosk/audit"
)

// Post takes a touch. An intent that is stale or that the screen does not know changes nothing.
func (r *Runner) Post(in Intent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	if in.Name == IntentTouch {
		r.dispatch(Event{Kind: EvTouch})
		return
	}
	if !r.meant(in) {
		return
	}
	if in.Lang != "" && (in.Name == IntentStart || r.state.InVisit()) {
		r.lang = in.Lang
	}
	if e, ok := r.event(in); ok {
		r.dispatch(e)
	}
}

// plain are the intents that carry nothing.
var plain = map[string]Kind{
	IntentStart: EvStart, IntentDecline: EvDecline, IntentRetry: EvRetry, IntentOfficer: EvOfficer, IntentYes: EvYes, IntentNo: EvNo,
	IntentTake: EvTake, IntentAgain: EvAgain, IntentConfirm: EvConfirm, IntentFinish: EvFinish, IntentBack: EvBack,
	IntentExit: EvExit, IntentExitYes: EvExitYes, IntentExitNo: EvExitNo, IntentHelpClose: EvHelpClose,
	IntentStillHere: EvStillHere, IntentSay: EvSay, IntentOther: EvOther, IntentPrint: EvPrint, IntentSkip: EvSkip,
}

var goals = map[string]Goal{
	IntentSubmit: GoalSubmit, IntentLookup: GoalLookup, IntentStatus: GoalStatus, IntentQueue: GoalQueue, IntentWrite: GoalWrite,
}

// screenIntents are the intents that write to the visit: each belongs to certain screens and to no overlay.
var screenIntents = map[string]struct {
	screens []Screen
	take    func(*Runner, Intent) Event
}{
	IntentAgree:      {[]Screen{Consent}, (*Runner).agree},
	IntentSearch:     {[]Screen{ProcSearch}, (*Runner).search},
	IntentPick:       {[]Screen{ProcSearch}, (*Runner).pick},
	IntentNumber:     {[]Screen{CardNumber}, (*Runner).typeNumber},
	IntentAnswer:     {[]Screen{Form, DeliverTo, Address}, (*Runner).answer},
	IntentType:       {[]Screen{Address}, (*Runner).typeAddress},
	IntentPlace:      {[]Screen{Address}, (*Runner).listPlaces},
	IntentPlaces:     {[]Screen{Place}, (*Runner).findPlaces},
	IntentPlaced:     {[]Screen{Place}, (*Runner).choosePlace},
	IntentPaper:      {[]Screen{ScanList}, (*Runner).choosePaper},
	IntentPapersPage: {[]Screen{ScanList, ProcDetail}, (*Runner).pagePapers},
	IntentKeep:       {[]Screen{ScanView}, (*Runner).keepPaper},
	IntentDrop:       {[]Screen{ScanList}, (*Runner).dropPaper},
	IntentReturn:     {[]Screen{Deliver}, (*Runner).chooseReturn},
	IntentChange:     {[]Screen{Review}, (*Runner).change},
	IntentToken:      {[]Screen{StatusAsk}, (*Runner).typeToken},
	IntentProceed:    {[]Screen{ProcDetail}, (*Runner).proceed},
	IntentFor:        {[]Screen{ForWhom}, (*Runner).forWhom},
	IntentLack:       {[]Screen{CardOther}, (*Runner).lack},
	IntentNext:       {[]Screen{ScanList}, (*Runner).next},
	IntentSign:       {[]Screen{Sign}, (*Runner).sign},
	IntentQueue:      {[]Screen{Officer, Fault}, func(*Runner, Intent) Event { return Event{Kind: EvQueue} }},
	IntentDraw:       {[]Screen{Queue}, (*Runner).chooseService},
	IntentSend:       {[]Screen{Feedback}, (*Runner).write},
	IntentRota:       {[]Screen{Home}, (*Runner).lookAtRota},
	IntentRate:       {[]Screen{Rate}, (*Runner).rate},
}

// event reduces an intent to the facts that decide, and stores what was typed. The lock is held.
func (r *Runner) event(in Intent) (Event, bool) {
	if k, ok := plain[in.Name]; ok {
		return Event{Kind: k}, true
	}
	if g, ok := goals[in.Name]; ok && r.state.Screen == Home {
		return Event{Kind: EvGoal, Goal: g}, true
	}
	if in.Name == IntentVolume {
		return r.volume(in), r.state.InVisit()
	}
	if in.Name == IntentHelp {
		r.log(audit.HelpCalled, audit.Word(audit.KeyScreen, r.state.Screen.String()))
		return Event{Kind: EvHelp}, true
	}
	i, ok := screenIntents[in.Name]
	if !ok || r.state.Overlay != NoOverlay {
		return Event{}, false
	}
	for _, s := range i.screens {
		if s == r.state.Screen {
			return i.take(r, in), true
		}
	}
	return Event{}, false
}

// invalid remembers what was typed and not accepted, so that it is shown again with what to do.
func (r *Runner) invalid(key, typed string) {
	r.visit.Invalid, r.visit.Typed = key, typed
	r.turn++
	r.changed()
}

func (r *Runner) agree(in Intent) Event {
	ok := true
	r.visit.Consents = nil
	for _, p := range []kiosk.Purpose{kiosk.PurposeChip, kiosk.PurposeCamera} {
		given := in.Values[string(p)] == "on"
		ok = r.consented(in.Lang, p, given) && ok
	}
	if !ok {
		r.invalid("consent", "")
	}
	return Event{Kind: EvAgree, OK: ok}
}

// consented keeps what was asked, in the words of that language, and what was answered; it gives whether it was agreed to.
func (r *Runner) consented(lang string, p kiosk.Purpose, given bool) bool {
	texts, known := r.ports.Consents[lang]
	if !known {
		texts = r.ports.Consents["vi"]
	}
	text := texts[p]
	r.visit.Consents = append(r.visit.Consents, kiosk.Consent{
		Purpose: p, Text: text.ID, SHA256: sha256.Sum256([]byte(text.Text)), Given: given, At: time.Now(),
	})
	r.log(audit.ConsentAnswered, audit.Word(audit.KeyPurpose, p), audit.Flag(audit.KeyGiven, given))
	return given && text.Text != ""
}

// maxQuery bounds what may be searched, in runes.
const maxQuery = 200

func (r *Runner) search(in Intent) Event {
	v := &r.visit
	page, _ := strconv.Atoi(in.Values["page"])
	q, field := cut(clean(in.Values["q"]), maxQuery), in.Values["field"]
	v.Query, v.Field, v.Found, v.Listed = q, "", kiosk.Search{}, nil
	switch {
	case q != "":
		begun := time.Now()
		v.Found = r.ports.Catalogue.Search(q, 5*PerPage)
		for _, h := range v.Found.Hits {
			v.Listed = append(v.Listed, h.Procedure)
		}
		r.log(audit.Searched, audit.Int(audit.KeyHits, len(v.Listed)), audit.Flag(audit.KeyConfident, v.Found.Confident), audit.MS(time.Since(begun)))
	case field != "":
		v.Field, v.Listed = field, r.ports.Catalogue.InField(field)
	}
	v.Page = min(max(page, 0), max(0, (len(v.Listed)-1)/PerPage))
	if q == "" && field == "" {
		v.Page = min(max(page, 0), max(0, (len(r.ports.Catalogue.Fields())-1)/PerPage))
	}
	r.turn++
	r.changed()
	return Event{Kind: EvList}
}

func (r *Runner) pick(in Intent) Event {
	p, err := r.ports.Catalogue.Procedure(in.Values["code"])
	if err != nil {
		return Event{Kind: EvPick}
	}
	r.visit.Procedure, r.visit.PaperPage = p, 0
	return Event{Kind: EvPick, OK: true}
}

func (r *Runner) typeNumber(in Intent) Event {
	n := digits(in.Values["number"])
	if len(n) != 12 {
		r.invalid("number", n)
		return Event{Kind: EvNumber}
	}
	r.visit.Key = kiosk.CardKey{Kind: kiosk.KeyNumber, Value: n}
	return Event{Kind: EvNumber, OK: true}
}

func (r *Runner) answer(in Intent) Event {
	if r.state.Screen == Address {
		return r.keepAddress(in)
	}
	key := "return"
	if r.state.Screen == Form {
		key = FormSteps[r.state.Step].Key
	}
	if r.visit.Commune.Code != "" {
		return r.lineBefore(key, in.Values["value"])
	}
	value, ok := Accept(key, in.Values["value"])
	ok = ok && r.fits(key, value) || value == "" && r.state.Screen == Form && r.state.MaySkip(r.state.Step)
	if !ok {
		r.invalid(key, value)
		return Event{Kind: EvAnswer}
	}
	r.answered(key, value, kiosk.Place{})
	return Event{Kind: EvAnswer, OK: true}
}

// answered keeps an accepted answer; an address may say which commune of the list it is in.
func (r *Runner) answered(key, value string, in kiosk.Place) {
	switch key {
	case "chip":
	case "return":
		r.visit.Return.Address, r.visit.Return.Commune = value, in.Code
	default:
		r.setAnswer(key, value)
		r.visit.Answer(key).Commune = in.Code
	}
}

// setAnswer stores an asked field, keeping the chip's value beside a changed one.
func (r *Runner) setAnswer(key, value string) {
	f := r.visit.Answer(key)
	if f == nil {
		r.visit.Fields = append(r.visit.Fields, kiosk.Field{Key: key, Label: AskedLabels[key], Provenance: kiosk.FromCitizen})
		f = r.visit.Answer(key)
	}
	switch {
	case f.Provenance == kiosk.FromCitizen:
	case f.Provenance == kiosk.FromEdited && value == f.Original:
		f.Provenance, f.Original = kiosk.FromDG13, ""
	case f.Provenance != kiosk.FromEdited && value != f.Value:
		f.Provenance, f.Original = kiosk.FromEdited, f.Value
	}
	f.Value = value
}

func (r *Runner) choosePaper(in Intent) Event {
	i, err := strconv.Atoi(in.Values["index"])
	if in.Values["index"] == "other" {
		i, err = -1, nil
	}
	if in.Values["index"] == "authority" && r.state.Behalf == BehalfOther {
		r.visit.PaperPick = pickAuthority
		return Event{Kind: EvPaper, OK: true}
	}
	ok := err == nil && i >= -1 && r.visit.Procedure != nil && i < len(r.visit.Procedure.Papers)
	if ok {
		r.visit.PaperPick = i
	}
	return Event{Kind: EvPaper, OK: ok}
}

func (r *Runner) pagePapers(in Intent) Event {
	page, _ := strconv.Atoi(in.Values["page"])
	r.visit.PaperPage = min(max(page, 0), 99)
	r.turn++
	r.changed()
	return Event{Kind: EvList}
}

func (r *Runner) keepPaper(Intent) Event {
	r.keep()
	return Event{Kind: EvKeep, Authority: r.hasAuthority()}
}

func (r *Runner) dropPaper(in Intent) Event {
	i, err := strconv.Atoi(in.Values["index"])
	if err != nil || i < 0 || i >= len(r.visit.Papers) {
		return Event{Kind: EvDrop}
	}
	r.visit.Papers[i].Page.Wipe()
	r.visit.Papers = append(r.visit.Papers[:i], r.visit.Papers[i+1:]...)
	return Event{Kind: EvDrop, OK: true, Authority: r.hasAuthority()}
}

func (r *Runner) chooseReturn(in Intent) Event {
	m := kiosk.ReturnMethod(in.Values["method"])
	switch m {
	case kiosk.ReturnCounter, kiosk.ReturnElectronic:
		r.visit.Return = kiosk.Return{Method: m}
	case kiosk.ReturnPost:
		if r.visit.Return.Method != m {
			r.visit.Return = kiosk.Return{Method: m}
			if f := r.visit.Answer(kiosk.FieldAddress); f != nil { // where post would go unless the citizen says otherwise
				r.visit.Return.Address, r.visit.Return.Commune = f.Value, f.Commune
			}
		}
	default:
		return Event{Kind: EvList}
	}
	return Event{Kind: EvReturn, Method: m}
}

func (r *Runner) change(in Intent) Event {
	e := Event{Kind: EvChange}
	switch what := in.Values["what"]; what {
	case "procedure":
		e.To = ProcSearch
	case "papers":
		e.To = ScanList
	case "return":
		e.To = Deliver
	default:
		for i, s := range FormSteps {
			if s.Key == what {
				e.To, e.Step = Form, i
			}
		}
	}
	return e
}

func (r *Runner) typeToken(in Intent) Event {
	typed := cut(clean(in.Values["token"]), 32)
	token, err := kiosk.ParseToken(typed)
	if err != nil {
		r.invalid("token", typed)
		return Event{Kind: EvToken}
	}
	r.visit.Typed = token
	return Event{Kind: EvToken, OK: true}
}

// digits keeps the ASCII digits, at most 20.
func digits(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c >= '0' && c <= '9' && b.Len() < 20 {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// clean drops control characters and broken UTF-8 and folds white space.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

func cut(s string, runes int) string {
	if utf8.RuneCountInString(s) <= runes {
		return s
	}
	return string([]rune(s)[:runes])
}
