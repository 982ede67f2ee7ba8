package ui

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"motcua/kiosk"
	"motcua/kiosk/session"
)

// Finds reports whether the screen finds something by text or by touch: its keyboard may lie over the list.
func (p *page) Finds() bool { return p.S.Screen == session.ProcSearch || p.S.Screen == session.Place }

// Given is the address as it stands.
func (p *page) Given() string { return p.D.Given(p.S.Post) }

// GivenByChip reports whether the card says it so.
func (p *page) GivenByChip() bool {
	f := p.D.Answer(kiosk.FieldAddress)
	return f != nil && f.Provenance == kiosk.FromDG13 && f.Value == p.Given()
}

// Proposal is a commune of today with the whole address as it would read.
type Proposal struct{ Code, Full string }

// maxProposals is how many are shown: a commune that was divided among more is chosen from the list.
const maxProposals = 3

// Proposals are what the address may be called today; none when it says so already.
func (p *page) Proposals() (all []Proposal) {
	places, given := p.V.Kiosk.Places, p.Given()
	if places == nil || given == "" {
		return nil
	}
	line, communes, _ := places.Resolve(given)
	for _, c := range communes {
		full := session.FullAddress(places, line, c)
		if norm.NFC.String(full) == norm.NFC.String(given) {
			return nil
		}
		all = append(all, Proposal{c.Code, full})
	}
	if len(all) > maxProposals {
		return nil
	}
	return all
}

// Provinces are all there are.
func (p *page) Provinces() []kiosk.Place {
	if p.V.Kiosk.Places == nil {
		return nil
	}
	return p.V.Kiosk.Places.Provinces()
}

// Province is the name of the one whose communes are listed.
func (p *page) Province() string { return p.placeName(p.D.Listing.Province) }

// ProvinceOf is the name of a commune's.
func (p *page) ProvinceOf(c kiosk.Place) string { return p.placeName(c.Province) }

func (p *page) placeName(code string) string {
	if p.V.Kiosk.Places == nil {
		return ""
	}
	v, err := p.V.Kiosk.Places.Place(code)
	if err != nil {
		return ""
	}
	return v.Name
}

// perLetter is how many communes are listed without asking for a letter first.
const perLetter = 24

// Letters are those that communes of the province begin with, while one has to be chosen; nil when the communes are listed.
func (p *page) Letters() (all []string) {
	l := p.D.Listing
	if l.Province == "" || l.Letter != "" || p.V.Kiosk.Places == nil {
		return nil
	}
	communes := p.V.Kiosk.Places.Communes(l.Province)
	if len(communes) <= perLetter {
		return nil
	}
	for _, c := range communes {
		if i := initial(c); !slices.Contains(all, i) {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(order(a), order(b)) })
	return all
}

// order puts Đ behind D.
func order(letter string) string { return strings.Replace(letter, "Đ", "D~", 1) }

// Communes are those of the province, of one letter where one was chosen.
func (p *page) Communes() []kiosk.Place {
	l := p.D.Listing
	if p.V.Kiosk.Places == nil {
		return nil
	}
	return slices.DeleteFunc(p.V.Kiosk.Places.Communes(l.Province), func(c kiosk.Place) bool { return l.Letter != "" && initial(c) != l.Letter })
}

// initial is the letter a place stands under in a list: without marks, Đ being a letter of its own.
func initial(c kiosk.Place) string {
	for _, r := range norm.NFD.String(c.Short()) {
		return string(unicode.ToUpper(r))
	}
	return ""
}

// LineLabel says where the line that is asked stands before, "" when a whole address is typed.
func (p *page) LineLabel() (string, error) {
	if p.D.Commune.Code == "" || p.V.Kiosk.Places == nil || p.S.Screen == session.Form && p.FormKey() != kiosk.FieldAddress {
		return "", nil
	}
	return p.T.get("place.line.label", "commune", session.FullAddress(p.V.Kiosk.Places, "", p.D.Commune))
}

// TextLabel is the label of a text field: that key, or what the line stands before.
func (p *page) TextLabel(key string) (string, error) {
	text, err := p.LineLabel()
	if text == "" {
		return key, err
	}
	return "=" + text, nil
}
