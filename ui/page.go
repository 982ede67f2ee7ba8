package ui

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/session"
)

// page is what the templates see of one view.
type page struct {
	V       *session.View
	S       session.State
	D       *session.Visit // never nil
	Look    look
	Seq     uint64
	PxPerMM float64
	T       texts     // what the page says, in its language
	Tongues []*tongue // the languages there are
	Tone    string    // where the keyboard puts the tone: "old" hòa, "new" hoà
	Base    string    // prefix of picture addresses: "" or the story's
	Story   bool
}

func newPage(v *session.View, l look, seq uint64, pxPerMM float64) *page {
	d := v.Visit
	if d == nil {
		d = &session.Visit{}
	}
	return &page{V: v, S: v.State, D: d, Look: l, Seq: seq, PxPerMM: pxPerMM, T: vietnamese, Tongues: inside, Tone: ToneOld}
}

// pages is the parsed template set of one language.
type pages struct {
	set *template.Template
	t   texts
}

func parsePages(t texts) (*pages, error) {
	p := &pages{t: t}
	set := template.New("ui").Funcs(template.FuncMap{
		"t": t.get, "has": t.has, "screen": p.screen, "btn": p.button, "tool": p.tool,
		"kb": p.keyboard, "pad": p.pad, "tokenpad": p.tokenPad, "icon": icon, "field": p.field,
		"group": groupNumber, "when": when, "clock": clock, "day": day, "fee": t.fee, "span": t.span, "commit": t.commit, "token": kiosk.FormatToken,
		"qr": p.qr, "cut": cutText, "code": t.codeText, "flaw": t.flaw, "add": func(a, b int) int { return a + b }, "codeFact": t.codeFact, "codeAct": t.codeAct,
	})
	set, err := set.ParseFS(templateFS, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse templates: %w", err)
	}
	p.set = set
	return p, nil
}

// document renders the whole page, app only what changes.
func (p *pages) document(w io.Writer, d *page) error { return p.set.ExecuteTemplate(w, "document", d) }
func (p *pages) app(w io.Writer, d *page) error      { return p.set.ExecuteTemplate(w, "app", d) }

// screen renders the template that has the screen's name.
func (p *pages) screen(d *page) (template.HTML, error) {
	return p.render(d.S.Screen.String(), d)
}

// render gives a named template's output, already escaped by it.
func (p *pages) render(name string, data any) (template.HTML, error) {
	var buf bytes.Buffer
	if err := p.set.ExecuteTemplate(&buf, name, data); err != nil {
		return "", fmt.Errorf("render %s: %w", name, err)
	}
	return template.HTML(buf.String()), nil //nolint:gosec // output of html/template
}

// icon draws a symbol of the sprite; it is decoration, the words beside it say the same.
func icon(name string) template.HTML {
	return template.HTML(`<svg class="ic" aria-hidden="true" focusable="false"><use href="#i-` + template.HTMLEscapeString(name) + `"/></svg>`) //nolint:gosec // escaped
}

// control is a button that posts an intent.
type control struct {
	Value, Intent, Data, Text, Icon, Class, Label string
	Disabled                                      bool
}

// button renders a button: its value ("agree", "pick?code=…"), the key of its text or the text itself after "=", icon, class.
func (p *pages) button(value, text, iconName, class string, label ...string) (template.HTML, error) {
	c := control{Value: value, Icon: iconName, Class: class}
	c.Intent, c.Data, _ = strings.Cut(value, "?")
	if plain, ok := strings.CutPrefix(text, "="); ok {
		c.Text = plain
	} else {
		s, err := p.t.get(text)
		if err != nil {
			return "", err
		}
		c.Text = s
	}
	c.Label = strings.Join(label, " ")
	return p.render("button", c)
}

// tool renders a button of the dock; off shows it dashed and unusable, so that it keeps its place.
func (p *pages) tool(intent, iconName, class string, on bool) (template.HTML, error) {
	s, err := p.t.get("tool." + intent)
	if err != nil {
		return "", err
	}
	return p.render("tool", control{Value: intent, Intent: intent, Text: s, Icon: iconName, Class: class, Disabled: !on})
}

// steps are the stations of filing, in order, with the screens of each.
var steps = []struct {
	Key, Icon string
	Screens   []session.Screen
}{
	{"consent", "check", []session.Screen{session.Consent}},
	{"procedure", "search", []session.Screen{session.ProcSearch, session.ProcDetail, session.ForWhom}},
	{"card", "card", []session.Screen{session.CardPlace, session.CardNumber, session.CardReading, session.CardProblem, session.CardOther}},
	{"face", "face", []session.Screen{session.FaceLook, session.FaceTurn, session.FaceRetry, session.Who}},
	{"form", "form", []session.Screen{session.Form, session.Address, session.Place}},
	{"papers", "papers", []session.Screen{session.ScanList, session.ScanAim, session.ScanWait, session.ScanView}},
	{"send", "send", []session.Screen{session.Deliver, session.DeliverTo, session.Review, session.Sign, session.Submitting, session.SubmitProblem}},
}

// Step is one station as shown.
type Step struct {
	Key, Icon string
	N         int
	Done, Now bool
}

// Steps gives the stations while a dossier is being filed, nil elsewhere.
func (p *page) Steps() []Step {
	if p.S.Goal != session.GoalSubmit || p.S.Screen == session.Officer {
		return nil
	}
	at := -1
	for i, st := range steps {
		for _, sc := range st.Screens {
			if sc == p.S.Screen {
				at = i
			}
		}
	}
	switch {
	case p.S.Screen == session.Done:
		at = len(steps)
	case p.S.Post:
		at = len(steps) - 1
	}
	if at < 0 {
		return nil
	}
	out := make([]Step, len(steps))
	for i, st := range steps {
		out[i] = Step{Key: st.Key, Icon: st.Icon, N: i + 1, Done: i < at, Now: i == at}
	}
	return out
}

// Now gives the current station, nil when there is none.
func (p *page) Now() *Step {
	for _, st := range p.Steps() {
		if st.Now {
			return &st
		}
	}
	return nil
}

// CanBack reports whether "Quay lại" leads anywhere.
func (p *page) CanBack() bool {
	switch p.S.Screen {
	case session.Home, session.Consent, session.ProcSearch, session.ProcDetail, session.CardPlace, session.CardNumber,
		session.ScanList, session.ScanAim, session.ScanView, session.Deliver, session.DeliverTo, session.Review,
		session.StatusAsk, session.StatusShow, session.Fault, session.Queue, session.Feedback, session.Rota,
		session.ForWhom, session.CardOther, session.Sign, session.Place:
		return true
	case session.Form, session.Address:
		return p.S.Step > 0 || p.S.Editing || p.S.Post
	case session.Officer:
		return p.S.Goal == session.GoalSubmit && !p.S.Consented
	case session.Attract, session.CardReading, session.CardProblem, session.FaceLook, session.FaceTurn, session.FaceRetry, session.Who,
		session.ScanWait, session.Submitting, session.SubmitProblem, session.Done, session.StatusWait, session.Wiping,
		session.Rate, session.QueueDraw, session.QueueShow, session.FeedbackSend, session.FeedbackDone:
	}
	return false
}

// CanExit reports whether "Thoát" is offered.
func (p *page) CanExit() bool {
	return p.S.InVisit() && p.S.Screen != session.Submitting && p.S.Screen != session.FeedbackSend
}

// Label gives a field's label in the page's language; a field the pages do not know keeps the dossier's own.
func (p *page) Label(key, label string) string {
	if k := "label." + key; p.T.has(k) {
		return p.T[k].Text
	}
	return label
}

// Other gives the one other language, nil when there is none or a choice of several.
func (p *page) Other() *tongue {
	if len(p.Tongues) != 2 {
		return nil
	}
	if p.Tongues[0].Tag == p.Look.Lang {
		return p.Tongues[1]
	}
	return p.Tongues[0]
}

// Overlay is what lies over the screen: the session's question, or the page's own settings.
func (p *page) Overlay() string {
	if p.S.Overlay != session.NoOverlay {
		return p.S.Overlay.String()
	}
	if p.Look.Panel == panelSettings && p.S.InVisit() {
		return panelSettings
	}
	return ""
}

// Refresh is after how many seconds a browser without scripts should ask again: only where a device or a timer moves on.
func (p *page) Refresh() int {
	switch p.S.Screen {
	case session.Attract, session.CardPlace:
		return 3
	case session.CardReading, session.FaceLook, session.FaceTurn, session.ScanWait, session.Submitting, session.StatusWait, session.Wiping, session.QueueDraw, session.FeedbackSend:
		return 1
	case session.Home, session.Consent, session.ProcSearch, session.ProcDetail, session.CardNumber, session.CardProblem,
		session.FaceRetry, session.Officer, session.Who, session.Form, session.ScanList, session.ScanAim, session.ScanView,
		session.Deliver, session.DeliverTo, session.Review, session.SubmitProblem, session.Done, session.StatusAsk, session.StatusShow,
		session.Fault, session.Rate, session.Queue, session.QueueShow, session.Feedback, session.FeedbackDone, session.Rota,
		session.ForWhom, session.CardOther, session.Sign, session.Address, session.Place:
	}
	return 0
}

// Seconds is how long the screen's timer still runs, rounded up, 0 when none does.
func (p *page) Seconds() int {
	if p.V.Deadline.IsZero() {
		return 0
	}
	left := p.V.Deadline.Sub(p.V.Now)
	if left <= 0 {
		return 0
	}
	return int((left + time.Second - 1) / time.Second)
}

// Img gives the address of a picture; the turn keeps the browser from showing an older one.
func (p *page) Img(which string) string {
	return fmt.Sprintf("%s/img/%s?t=%d", p.Base, which, p.V.Turn)
}

// Cam gives the address of a camera's live picture.
func (p *page) Cam(which string) string {
	return fmt.Sprintf("%s/cam/%s?t=%d", p.Base, which, p.V.Turn)
}

// Has reports whether a picture can be shown now.
func (p *page) Has(which string) bool { return picture(p.V, which, 0) != nil }

// Staff is the code shown small for the staff, "" when all is well.
func (p *page) Staff() kiosk.Code {
	switch {
	case p.S.Reason != "":
		return p.S.Reason
	case p.S.Screen == session.Home, p.S.Screen == session.ProcDetail:
		return p.S.Closed
	}
	return ""
}
