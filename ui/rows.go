package ui

import (
	"net/url"
	"strconv"

	"motcua/kiosk"
	"motcua/kiosk/session"
)

// FormKey is the field the form's current question fills.
func (p *page) FormKey() string {
	if p.S.Step < 0 || p.S.Step >= len(session.FormSteps) {
		return session.FormSteps[0].Key
	}
	return session.FormSteps[p.S.Step].Key
}

// FormStep is the form's current question.
func (p *page) FormStep() session.FormStep {
	for _, f := range session.FormSteps {
		if f.Key == p.FormKey() {
			return f
		}
	}
	return session.FormStep{}
}

// Value is what the form's field holds now: the answer not accepted, or the answer there is.
func (p *page) Value(key string) string {
	switch {
	case p.D.Invalid == key:
		return p.D.Typed
	case p.D.Commune.Code != "" && key == kiosk.FieldAddress:
		return p.D.Line
	}
	if f := p.D.Answer(key); f != nil {
		return f.Value
	}
	return ""
}

// Problem gives the key of the sentence about the last answer, "" when it was accepted.
func (p *page) Problem(field, key string) string {
	if p.D.Invalid == field {
		return key
	}
	return ""
}

// ChipRow is one line the chip filled.
type ChipRow struct{ Label, Value, From string }

// ChipRows gives what the chip filled, with where it came from.
func (p *page) ChipRows() []ChipRow {
	var rows []ChipRow
	for _, f := range p.D.Fields {
		if f.Provenance != kiosk.FromDG1 && f.Provenance != kiosk.FromDG13 || f.Key == "address" {
			continue
		}
		value := f.Value
		if f.Key == "number" {
			value = groupNumber(value)
		}
		rows = append(rows, ChipRow{p.Label(f.Key, f.Label), value, "field.from." + string(f.Provenance)})
	}
	return rows
}

// ReviewRow is one line of the review. What is the change intent's value, "" where nothing can be changed.
type ReviewRow struct{ Label, Value, More, From, What string }

// ReviewRows gives everything that will be sent.
func (p *page) ReviewRows() ([]ReviewRow, error) {
	procedure := ""
	if p.D.Procedure != nil {
		procedure = cutText(p.D.Procedure.Title(), 90)
	}
	rows := []ReviewRow{
		{Label: "review.procedure", Value: procedure, What: "procedure"},
		{Label: "review.person", Value: p.Value("name"), More: groupNumber(p.Value("number")), From: "field.from.dg13"},
	}
	if p.S.ForOther() {
		relation, err := p.RelationText()
		if err != nil {
			return nil, err
		}
		rows = append(rows, ReviewRow{Label: "review.subject", Value: cutText(p.Value("subject_name"), 60), More: p.Value("subject_birth"), What: "subject_name"},
			ReviewRow{Label: "review.relation", Value: relation, What: "relation"})
	}
	for _, k := range []string{"phone", "address", "note"} {
		rows = append(rows, p.reviewField(k))
	}
	papers, err := p.T.get("review.papers.0")
	if n := len(p.D.Papers); n > 0 {
		papers, err = p.T.get("review.papers.n", "count", n)
	}
	if err != nil {
		return nil, err
	}
	rows = append(rows, ReviewRow{Label: "review.papers", Value: papers, What: "papers"})
	if p.D.Return.Method == "" {
		return append(rows, ReviewRow{Label: "review.return", What: "return"}), nil
	}
	method, err := p.T.get("return." + string(p.D.Return.Method))
	if err != nil {
		return nil, err
	}
	return append(rows, ReviewRow{Label: "review.return", Value: method, More: cutText(p.D.Return.Address, 90), What: "return"}), nil
}

func (p *page) reviewField(key string) ReviewRow {
	r := ReviewRow{Label: "review." + key, What: key}
	if f := p.D.Answer(key); f != nil && f.Value != "" {
		r.Value = cutText(f.Value, 120)
		r.From = "field.from." + string(f.Provenance)
	}
	return r
}

// Listed gives the procedures on the current page of the list.
func (p *page) Listed() []*kiosk.Procedure { return window(p.D.Listed, p.D.Page) }

// Searching reports whether nothing was searched or chosen yet.
func (p *page) Searching() bool { return p.D.Query == "" && p.D.Field == "" }

// PrevPage and NextPage give the list's neighbours, -1 when there is none.
func (p *page) PrevPage() int { return p.D.Page - 1 }
func (p *page) NextPage() int { return following(p.D.Page, len(p.D.Listed)) }

// Pages is how many pages the list has.
func (p *page) Pages() int { return (len(p.D.Listed) + session.PerPage - 1) / session.PerPage }

// More gives the search intent that shows another page of the same list.
func (p *page) More(n int) string {
	v := url.Values{"page": {strconv.Itoa(n)}}
	if p.D.Field != "" {
		v.Set("field", p.D.Field)
	} else {
		v.Set("q", p.D.Query)
	}
	return "search?" + v.Encode()
}

// Browse gives the search intent that lists a field.
func (*page) Browse(field string) string { return "search?" + url.Values{"field": {field}}.Encode() }

// Fields gives the catalogue's fields, most common first.
func (p *page) Fields() []string {
	if p.V.Kiosk.Catalogue == nil {
		return nil
	}
	return p.V.Kiosk.Catalogue.Fields()
}

// PaperRow is one paper of the procedure with what is kept of it.
type PaperRow struct {
	Index, Name, Case string
	Kept              int
}

// PaperRows gives the papers on the current page of the list.
func (p *page) PaperRows() []PaperRow {
	if p.D.Procedure == nil {
		return nil
	}
	var rows []PaperRow
	for i, paper := range window(p.D.Procedure.Papers, p.D.PaperPage) {
		rows = append(rows, PaperRow{
			Index: strconv.Itoa(p.D.PaperPage*session.PerPage + i),
			Name:  cutText(paper.Name, 80), Case: cutText(paper.Case, 60), Kept: p.kept(paper.Name),
		})
	}
	return rows
}

func (p *page) kept(name string) (n int) {
	for _, d := range p.D.Papers {
		if d.Paper == name {
			n++
		}
	}
	return n
}

// PaperPrev and PaperNext give the paper list's neighbours, -1 when there is none.
func (p *page) PaperPrev() int { return p.D.PaperPage - 1 }
func (p *page) PaperNext() int {
	if p.D.Procedure == nil {
		return -1
	}
	return following(p.D.PaperPage, len(p.D.Procedure.Papers))
}

// PaperPages is how many pages the list of papers has.
func (p *page) PaperPages() int {
	if p.D.Procedure == nil {
		return 0
	}
	return (len(p.D.Procedure.Papers) + session.PerPage - 1) / session.PerPage
}

// PaperName is the paper being taken.
func (p *page) PaperName() (string, error) {
	if p.D.PaperPick == -2 {
		return p.T.get("list.authority")
	}
	if pr := p.D.Procedure; pr != nil && p.D.PaperPick >= 0 && p.D.PaperPick < len(pr.Papers) {
		return cutText(pr.Papers[p.D.PaperPick].Name, 110), nil
	}
	return p.T.get("list.other")
}

// Full reports whether no further page may be taken.
func (p *page) Full() bool { return len(p.D.Papers) >= session.MaxPapers }

// MaxPapers is how many pages a dossier takes.
func (*page) MaxPapers() int { return session.MaxPapers }

func window[T any](all []T, n int) []T {
	from := n * session.PerPage
	if n < 0 || from >= len(all) {
		return nil
	}
	return all[from:min(from+session.PerPage, len(all))]
}

func following(n, total int) int {
	if n < 0 || (n+1)*session.PerPage >= total {
		return -1
	}
	return n + 1
}

// Percent is how much of the chip has been read, 0 while that is not known.
func (p *page) Percent() int {
	pr := p.D.Progress
	if pr.Total <= 0 || pr.Done < 0 {
		return 0
	}
	return min(100, pr.Done*100/pr.Total)
}

// Reading gives the key of the sentence about the file being read.
func (p *page) Reading() string {
	if key := "reading." + string(p.D.Progress.File); p.D.Progress.File != "" && p.T.has(key) {
		return key
	}
	return "reading.open"
}

// HintKey is the sentence of the face hint, HintClass how it is coloured.
func (p *page) HintKey() string {
	if p.D.Hint == kiosk.HintNone {
		return "hint.none"
	}
	return "hint." + string(p.D.Hint)
}

// TurnKey is the sentence of what the head is asked to do.
func (p *page) TurnKey() string {
	if p.S.Turn == kiosk.HintNone {
		return "hint." + string(kiosk.HintTurnBack)
	}
	return "hint." + string(p.S.Turn)
}

// OfficerKey says why the officer is asked for. It never says that somebody is not who they claim to be.
func (p *page) OfficerKey() string {
	s := p.S
	switch {
	case s.Goal == session.GoalSubmit && !s.Consented:
		return "officer.declined"
	case s.Chip != "" && s.Chip != kiosk.Verified:
		return "officer.document"
	case s.Face != "" && s.Face != kiosk.Verified:
		return "officer.face"
	case s.Face == kiosk.Verified && !s.Confirmed:
		return "officer.who"
	}
	return "officer.asked"
}

// Printing reports whether paper is coming out.
func (p *page) Printing() bool { return p.S.Print == session.Printing || p.S.Print == session.Printed }

// Holder is the name shown on Who, in the spelling of the card.
func (p *page) Holder() string {
	if p.D.Chip == nil {
		return ""
	}
	if c := p.D.Chip.Citizen; c.Name != "" {
		return c.Name
	}
	return p.D.Chip.Citizen.NameMRZ
}

// BirthYear is the holder's year of birth, "" when the chip does not state it.
func (p *page) BirthYear() string {
	if p.D.Chip == nil || p.D.Chip.Citizen.Birth.Year == 0 {
		return ""
	}
	return strconv.Itoa(p.D.Chip.Citizen.Birth.Year)
}

// StateKey is the sentence of the dossier's state; a number outside the national list reads as not known.
func (p *page) StateKey() string {
	if key := "state." + strconv.Itoa(int(p.D.Status.State)); p.T.has(key) {
		return key
	}
	return "state.0"
}

// Typed is the answer of that field that was not accepted, so that nothing typed is lost.
func (p *page) Typed(field string) string {
	if p.D.Invalid == field {
		return p.D.Typed
	}
	return ""
}

// PostAddress is what the post's address field holds: the answer not accepted, the address given, or the one of the form.
func (p *page) PostAddress() string {
	switch {
	case p.D.Invalid == "address":
		return p.D.Typed
	case p.D.Commune.Code != "":
		return p.D.Line
	case p.D.Return.Address != "":
		return p.D.Return.Address
	}
	return p.Value("address")
}

// Sizes and Themes are the choices of the settings panel.
func (*page) Sizes() []int     { return sizes }
func (*page) Themes() []string { return themes }
