package session

import (
	"slices"

	"motcua/kiosk"
)

var behalves = map[string]Behalf{"self": BehalfSelf, "child": BehalfChild, "other": BehalfOther}

// forWhom takes for whom the dossier is. Who may not be represented is told so at once.
func (r *Runner) forWhom(in Intent) Event {
	b, known := behalves[in.Values["who"]]
	ok := known && (b != BehalfOther || !inPerson(r.visit.Procedure))
	if known && !ok {
		r.invalid("behalf", "")
	}
	return Event{Kind: EvFor, Behalf: b, OK: ok}
}

func inPerson(p *kiosk.Procedure) bool { return p != nil && p.InPerson }

// proceed goes on with the procedure looked at, unless it is filed for somebody and may not be.
func (r *Runner) proceed(Intent) Event {
	ok := r.state.Behalf != BehalfOther || !inPerson(r.visit.Procedure)
	if !ok && r.state.Identified() {
		r.invalid("behalf", "")
	}
	return Event{Kind: EvProceed, OK: ok}
}

// lacks are the papers that people bring instead of a chip card.
var lacks = map[string]kiosk.Code{"none": kiosk.CodeCardAbsent, "cmnd": kiosk.CodeCardOld, "passport": kiosk.CodeCardForeign}

func (r *Runner) lack(in Intent) Event { return Event{Kind: EvLack, Code: lacks[in.Values["paper"]]} }

// hasAuthority reports whether a page of the authorisation is kept.
func (r *Runner) hasAuthority() bool {
	return slices.ContainsFunc(r.visit.Papers, func(d kiosk.Document) bool { return d.Paper == AuthorityPaper })
}

func (r *Runner) next(Intent) Event {
	if r.state.LacksAuthority() {
		r.invalid("authority", "")
	}
	return Event{Kind: EvNext}
}

// SignaturePaper is what a drawn signature is called among a dossier's pages.
const SignaturePaper = "Chữ ký của người nộp"

// sign takes the declaration that what is filed is true: ticked, or signed with a finger. The signature becomes a page.
func (r *Runner) sign(in Intent) Event {
	v := &r.visit
	v.Signature.Page.Wipe()
	v.Signature = kiosk.Document{}
	signed := false
	if ink, err := kiosk.ParseInk(in.Values["ink"]); err == nil {
		v.Signature, err = ink.Document(SignaturePaper)
		signed = err == nil
	}
	v.Consents = slices.DeleteFunc(v.Consents, func(c kiosk.Consent) bool { return c.Purpose == kiosk.PurposeDeclare })
	ok := r.consented(in.Lang, kiosk.PurposeDeclare, signed || in.Values["tick"] == "on")
	if !ok {
		r.invalid("sign", "")
	}
	return Event{Kind: EvSign, OK: ok}
}
