package ui

import (
	"motcua/kiosk"
	"motcua/kiosk/session"
)

// Relations gives the keys of what the citizen may be to the person they file for.
func (p *page) Relations() []string {
	var keys []string
	for _, r := range session.Relations {
		if r.Behalf == p.S.Behalf {
			keys = append(keys, r.Key)
		}
	}
	return keys
}

// RelationText gives the relation of the dossier in the page's language.
func (p *page) RelationText() (string, error) {
	for _, r := range session.Relations {
		if r.Label == p.Value("relation") {
			return p.T.get("relation." + r.Key)
		}
	}
	return "", nil
}

// DigitsKind is how the digits of the form's question are shaped while they are typed.
func (p *page) DigitsKind() string {
	if p.FormKey() == "subject_birth" {
		return "date"
	}
	return "number"
}

// Digits is what such a field holds now.
func (p *page) Digits(key string) string {
	if key == "subject_number" {
		return groupNumber(p.Value(key))
	}
	return p.Value(key)
}

// DigitsProblem gives the key of the sentence about what was typed, "" when it was accepted.
func (p *page) DigitsProblem() string {
	key := p.FormKey()
	if _, date := session.ParseDate(p.D.Typed); key == "subject_birth" && date && p.S.Behalf == session.BehalfChild {
		return p.Problem(key, "form.subject_birth.minor")
	}
	return p.Problem(key, "form."+key+".bad")
}

// MaySkip reports whether the form's question may be left empty.
func (p *page) MaySkip() bool {
	return p.S.Step >= 0 && p.S.Step < len(session.FormSteps) && p.S.MaySkip(p.S.Step)
}

// NeedsAuthority reports whether a written authorisation belongs to the dossier; AuthorityPages counts its pages.
func (p *page) NeedsAuthority() bool { return p.S.Behalf == session.BehalfOther }
func (p *page) AuthorityPages() int  { return p.kept(session.AuthorityPaper) }

// Advised reports whether what to do about the reason says more than to see the officer.
func (p *page) Advised() bool {
	switch p.S.Reason {
	case kiosk.CodeCardExpired, kiosk.CodeCardAbsent, kiosk.CodeCardOld, kiosk.CodeCardForeign:
		return true
	}
	return false
}

// InkWidth and InkHeight are the field of a signature.
func (*page) InkWidth() int  { return kiosk.InkWidth }
func (*page) InkHeight() int { return kiosk.InkHeight }
