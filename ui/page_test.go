package ui

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"testing"

	"motcua/kiosk"
	"motcua/kiosk/session"
)

// parsedPages parses once for all tests.
var parsedPages = sync.OnceValues(func() (*pages, error) { return parsePages(vietnamese) })

func render(t *testing.T, p *page) string {
	t.Helper()
	set, err := parsedPages()
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := set.document(&buf, p); err != nil {
		t.Fatalf("%s: %v", p.S.Screen, err)
	}
	return buf.String()
}

var (
	inline   = regexp.MustCompile(`(?i)\sstyle=|<style|\son[a-z]+=|javascript:`)
	keyLike  = regexp.MustCompile(`>[a-z]+\.[a-z_.]+<`)
	postable = regexp.MustCompile(`<button[^>]*>`)
	useIcon  = regexp.MustCompile(`href="#(i-[a-z]+)"`)
)

// checkPage holds for every rendered page.
func checkPage(t *testing.T, name, html string) {
	t.Helper()
	if m := inline.FindString(html); m != "" {
		t.Errorf("%s: inline style or script %q, which the CSP forbids", name, m)
	}
	if m := keyLike.FindString(html); m != "" {
		t.Errorf("%s: shows a key instead of its text: %s", name, m)
	}
	for _, bad := range []string{"<no value>", "ZgotmplZ", "%!"} {
		if strings.Contains(html, bad) {
			t.Errorf("%s: contains %q", name, bad)
		}
	}
	for _, b := range postable.FindAllString(html, -1) {
		if !strings.Contains(b, "data-intent=") && !strings.Contains(b, "data-key=") {
			t.Errorf("%s: a button without data-intent: %s", name, b)
		}
	}
	for _, m := range useIcon.FindAllStringSubmatch(html, -1) {
		if !strings.Contains(html, `<symbol id="`+m[1]+`"`) {
			t.Errorf("%s: icon %s is not in the sprite", name, m[1])
		}
	}
}

func TestEveryStoryRenders(t *testing.T) {
	seen := map[string]bool{}
	screens := map[session.Screen]bool{}
	for _, st := range stories {
		if seen[st.Name] {
			t.Errorf("two stories named %s", st.Name)
		}
		seen[st.Name], screens[st.State.Screen] = true, true
		l := defaultLook
		l.set("panel", st.Panel, nil)
		html := render(t, st.page(l, 4))
		checkPage(t, st.Name, html)
		if want := `data-screen="` + st.State.Screen.String() + `"`; !strings.Contains(html, want) {
			t.Errorf("%s: body lacks %s", st.Name, want)
		}
	}
	for _, s := range session.Screens {
		if !screens[s] {
			t.Errorf("screen %s has no story", s)
		}
	}
}

func TestEveryScreenRendersWithAnEmptyVisitAndEveryCode(t *testing.T) {
	codes := append([]kiosk.Code{"", "a_code_of_the_future"}, kiosk.Codes...)
	for _, s := range session.Screens {
		for _, c := range codes {
			for step := range session.FormSteps {
				if step > 0 && s != session.Form {
					continue
				}
				v := session.View{Boot: "b", State: session.State{Screen: s, Reason: c, Closed: c, Step: step, Goal: session.GoalSubmit}, Visit: &session.Visit{}}
				checkPage(t, s.String()+"/"+string(c), render(t, newPage(&v, defaultLook, 1, 4)))
			}
		}
	}
	render(t, newPage(&session.View{Boot: "b"}, defaultLook, 1, 4)) // no visit at all
}

func TestOverlayMakesTheScreenInert(t *testing.T) {
	for _, o := range []session.Overlay{session.Warning, session.Help, session.ExitAsk} {
		v := at(session.Review)
		v.State.Overlay = o
		html := render(t, newPage(&v, defaultLook, 1, 4))
		if !strings.Contains(html, `id="kiosk" inert`) || !strings.Contains(html, `aria-modal="true"`) {
			t.Errorf("%s: the screen below can still be used", o)
		}
	}
	v := at(session.Review)
	v.State.Overlay = session.Warning
	if html := render(t, newPage(&v, look{Size: 1, Theme: "light", Panel: panelSettings}, 1, 4)); strings.Contains(html, "over-settings") {
		t.Error("the settings cover the warning")
	}
}

// A citizen's own text must never become markup, wherever it is shown.
func TestTypedTextNeverBecomesMarkup(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	for _, st := range stories {
		v := st.view()
		d := v.Visit
		d.Query, d.Field, d.Typed = evil, evil, evil
		d.Invalid = map[session.Screen]string{session.CardNumber: "number", session.StatusAsk: "token"}[st.State.Screen]
		if d.Chip != nil {
			d.Chip.Citizen.Name, d.Chip.Citizen.NameMRZ = evil, evil
		}
		for i := range d.Fields {
			d.Fields[i].Value, d.Fields[i].Label = evil, evil
		}
		d.Return.Address, d.Status.Note, d.Status.Number, d.Status.Procedure, d.Status.Office = evil, evil, evil, evil, evil
		d.Receipt.Token, d.Receipt.Procedure, d.Receipt.Office = evil, evil, evil
		v.Kiosk.Commune, v.Kiosk.Hotline = evil, evil
		d.Procedure = &kiosk.Procedure{Code: evil, Name: evil, Field: evil, Ministry: evil, Legal: []string{evil}, Papers: []kiosk.Paper{{Name: evil}}, Results: []kiosk.Result{{Name: evil}}}
		d.Listed = []*kiosk.Procedure{d.Procedure}
		html := render(t, newPage(v, defaultLook, 1, 4))
		if strings.Contains(html, "<script>alert") || strings.Contains(html, "<img src=x") {
			t.Errorf("%s: typed text became markup", st.Name)
		}
	}
}

// The officer's page must never accuse, and nothing promises a day before an officer has accepted.
func TestWhatIsNeverSaid(t *testing.T) {
	for key, s := range vietnamese {
		for _, never := range []string{"không phải là ông/bà", "giả mạo", "lừa đảo", "xin lỗi", "vui lòng", "không hợp lệ"} {
			if strings.Contains(strings.ToLower(s.Text), never) {
				t.Errorf("%s says %q", key, never)
			}
		}
	}
	v := at(session.Done)
	html := render(t, newPage(&v, defaultLook, 1, 4))
	if !strings.Contains(html, "chờ cán bộ tiếp nhận") || regexp.MustCompile(`(?i)ngày trả|hẹn trả`).MatchString(html) {
		t.Error("the receipt must say that it waits for the officer, and no due date")
	}
	if !strings.Contains(html, "7K3QD-0XW9M") || !strings.Contains(html, `class="qr"`) {
		t.Error("the receipt shows neither token nor QR code")
	}
}

func TestConsentIsNotTickedAndDeclineIsAsLarge(t *testing.T) {
	v := at(session.Consent)
	html := render(t, newPage(&v, defaultLook, 1, 4))
	if strings.Count(html, `type="checkbox"`) != 2 || strings.Contains(html, " checked") {
		t.Error("two purposes, none ticked beforehand")
	}
	for purpose, c := range ConsentTexts() {
		if purpose == kiosk.PurposeDeclare {
			continue // asked for at the end
		}
		if !strings.Contains(html, c.Text) || c.ID == "" || len(c.Text) < 80 {
			t.Errorf("the text %q that is hashed is not the text that is shown", c.ID)
		}
	}
	if !regexp.MustCompile(`class="acts two"><button[^>]*data-intent="agree"[\s\S]*?</button><button[^>]*data-intent="decline"`).MatchString(html) {
		t.Error("agree and decline do not stand side by side")
	}
}

func TestStepsFollowTheFiling(t *testing.T) {
	want := map[session.Screen]int{
		session.Consent: 1, session.ProcDetail: 2, session.CardNumber: 3, session.FaceLook: 4, session.Form: 5, session.ScanAim: 6, session.Review: 7,
	}
	for s, n := range want {
		p := newPage(&session.View{State: filing(s)}, defaultLook, 1, 4)
		if now := p.Now(); now == nil || now.N != n {
			t.Errorf("%s: step %v, want %d", s, now, n)
		}
	}
	for _, s := range []session.Screen{session.Home, session.Officer, session.StatusShow} {
		if p := newPage(&session.View{State: session.State{Screen: s}}, defaultLook, 1, 4); p.Steps() != nil {
			t.Errorf("%s shows steps of a filing", s)
		}
	}
}

// Back is offered exactly where the session knows it: a button that does nothing is a lie.
func TestBackAgreesWithTheSession(t *testing.T) {
	for _, s := range session.Screens {
		for step := range session.FormSteps {
			for _, editing := range []bool{false, true} {
				st := filing(s)
				st.Step, st.Editing = step, editing
				next, fx := session.Next(st, session.Event{Kind: session.EvBack})
				moves := next != st || len(fx) > 0
				if p := newPage(&session.View{State: st}, defaultLook, 1, 4); p.CanBack() != moves {
					t.Errorf("%s step %d editing %v: page offers back %v, session moves %v", s, step, editing, p.CanBack(), moves)
				}
			}
		}
	}
}
