package ui

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"motcua/kiosk"
	"motcua/kiosk/session"
)

func TestEnglishIsComplete(t *testing.T) {
	own := inside[1].own
	for key, want := range vietnamese {
		s, ok := own[key]
		switch {
		case !ok || s.Text == "":
			t.Errorf("%s has no English sentence", key)
		case !slices.Equal(holes(s.Text), holes(want.Text)):
			t.Errorf("%s: placeholders %q, want %q", key, holes(s.Text), holes(want.Text))
		case s.Text == want.Text && strings.ContainsFunc(s.Text, func(r rune) bool { return r > 0x7f && r != '…' && r != '→' }):
			t.Errorf("%s is still Vietnamese", key)
		}
		if !norm.NFC.IsNormalString(s.Text+s.Say) || strings.TrimSpace(s.Text) != s.Text {
			t.Errorf("%s: not NFC, or with spaces around", key)
		}
		if len([]rune(s.Text)) > 125 && !strings.HasPrefix(key, "consent.") {
			t.Errorf("%s: %d letters, too long for two lines", key, len([]rune(s.Text)))
		}
	}
	for key, s := range own {
		if _, ok := vietnamese[key]; !ok {
			t.Errorf("%s is no sentence of the pages", key)
		}
		for _, never := range []string{"sorry", "please ", "invalid", "forgot", "fake", "fraud"} {
			if strings.Contains(strings.ToLower(s.Text), never) {
				t.Errorf("%s says %q", key, never)
			}
		}
	}
}

// Whatever language a page is in, no sentence of another is on it; the citizen's data stays as it is.
func TestEveryStoryRendersInEveryLanguage(t *testing.T) {
	for _, tongue := range []*tongue{inside[1], pseudo()} {
		set, err := parsePages(tongue.all)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range stories {
			l := defaultLook
			l.set("panel", st.Panel, nil)
			l.Lang = tongue.Tag
			p := st.page(l, 4)
			p.T = tongue.all
			var buf bytes.Buffer
			if err := set.document(&buf, p); err != nil {
				t.Fatalf("%s in %s: %v", st.Name, tongue.Tag, err)
			}
			html := buf.String()
			checkPage(t, st.Name+" "+tongue.Tag, html)
			if !strings.Contains(html, `<html lang="`+tongue.Tag+`"`) {
				t.Errorf("%s: the page does not say that it is %s", st.Name, tongue.Tag)
			}
			for _, key := range []string{"tool.help", "tool.back", "app.office", "status.online", "more.next", "review.change", "officer.lead"} {
				if strings.Contains(html, ">"+vietnamese[key].Text+"<") {
					t.Errorf("%s in %s says %q", st.Name, tongue.Tag, vietnamese[key].Text)
				}
			}
		}
	}
}

func writePack(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestPackFallsBackSentenceBySentence(t *testing.T) {
	dir := t.TempDir()
	writePack(t, dir, "km.json", `{
		"lang.name": {"text": "ភាសាខ្មែរ"}, "tool.help": {"text": "ជំនួយ"},
		"home.title": {"text": "តើអ្នកចង់ធ្វើអ្វី?", "say": "តើអ្នកចង់ធ្វើអ្វី"},
		"step.of": {"text": "ជំហាន {step}"}, "no.such.key": {"text": "x"}, "tool.exit": {"text": " "}}`)
	all, problems := readTongues(dir)
	if len(all) != 3 || all[2].Tag != "km" || all[2].Name != "ភាសាខ្មែរ" {
		t.Fatalf("languages %v", all)
	}
	km := all[2].all
	for key, want := range map[string]string{"tool.help": "ជំនួយ", "tool.back": "Quay lại", "step.of": "Bước {step}/{steps}", "tool.exit": "Thoát"} {
		if km[key].Text != want {
			t.Errorf("%s is %q, want %q", key, km[key].Text, want)
		}
	}
	if km.spoken("home.title") != "តើអ្នកចង់ធ្វើអ្វី" || km.spoken("attract.title") != Spoken("attract.title") || km.spoken("tool.help") != "ជំនួយ" {
		t.Error("what is said does not fall back sentence by sentence")
	}
	if len(problems) != 3 {
		t.Errorf("problems %v", problems)
	}
	consents := ConsentLanguages(dir)
	if consents["km"][kiosk.PurposeChip] != ConsentTexts()[kiosk.PurposeChip] {
		t.Error("a pack without the consent's words must name the Vietnamese text it shows")
	}
	if c := consents["en"][kiosk.PurposeCamera]; c.ID != "consent.camera/1/en" || c.Text != inside[1].all["consent.camera"].Text {
		t.Errorf("English consent %+v", c)
	}
}

func TestBadPacksAreLeftOut(t *testing.T) {
	dir := t.TempDir()
	writePack(t, dir, "zh.json", `{"tool.help": "no sentence"}`)
	writePack(t, dir, "not a tag.json", `{}`)
	writePack(t, dir, "vi.json", `{"tool.help": {"text": "Khác"}}`)
	writePack(t, dir, "lo.json", strings.Repeat(" ", maxPack+1))
	writePack(t, dir, "en.json", `{"tool.help": {"text": "Aid"}}`)
	all, problems := readTongues(dir)
	if len(all) != 2 || len(problems) != 4 {
		t.Fatalf("%d languages, problems %v", len(all), problems)
	}
	if all[0].all["tool.help"].Text != "Trợ giúp" || all[1].all["tool.help"].Text != "Aid" || all[1].all["tool.back"].Text != "Back" {
		t.Error("a pack of English goes over the program's English, none over Vietnamese")
	}
	if tags, err := CheckLanguages(dir); len(tags) != 2 || err == nil {
		t.Errorf("%v %v", tags, err)
	}
	if tags, err := CheckLanguages(""); len(tags) != 2 || err != nil {
		t.Errorf("%v %v", tags, err)
	}
}

func TestMatch(t *testing.T) {
	for tag, want := range map[string]string{"en-GB": en, "en": en, "vi-VN": vi, "fr": vi, "": vi, "??": vi} {
		if got := match(inside, tag).Tag; got != want {
			t.Errorf("%q is spoken to in %s, want %s", tag, got, want)
		}
	}
	if SpokenIn(en, "attract.title") == Spoken("attract.title") || SpokenIn("fr", "attract.title") != Spoken("attract.title") {
		t.Error("spoken in the wrong language")
	}
}

func TestLanguageBelongsToTheVisit(t *testing.T) {
	f := newFake(at(session.Attract))
	k := serve(t, f, Options{})
	f.step = func(v *session.View, _ session.Intent) {
		rev, turn := v.Rev, v.Turn
		*v = at(session.Home)
		v.Rev, v.Turn = rev, turn
	}
	lang := func() string {
		_, html := k.do("GET", "/", "")
		i := strings.Index(html, "<html lang=") + len(`<html lang="`)
		return html[i : i+2]
	}
	if _, html := k.do("GET", "/", ""); !strings.Contains(html, `value="start?lang=en"`) || lang() != vi {
		t.Fatal("the start screen does not offer English")
	}
	k.do("POST", "/ev", post(f.view, "start?lang=en"))
	if lang() != en {
		t.Error("the visit begins in Vietnamese though English was chosen")
	}
	f.step = nil
	k.do("POST", "/ev", post(f.view, "submit"))
	if got := f.intents(); got[len(got)-1].Lang != en {
		t.Error("the session is not told which language was shown")
	}
	k.do("POST", "/look", post(f.view, "", "set", "lang=vi"))
	if lang() != vi {
		t.Error("the language cannot be changed within the visit")
	}
	k.do("POST", "/look", post(f.view, "", "set", "lang=en"))
	k.do("POST", "/look", post(f.view, "", "set", "lang=xx"))
	if lang() != en {
		t.Error("an unknown language changed the page's")
	}
	f.set(func(v *session.View) { *v = at(session.Attract) })
	if lang() != vi {
		t.Error("the start screen keeps the last visitor's language")
	}
	f.set(func(v *session.View) { *v = at(session.Home); v.Visit.Started = v.Visit.Started.Add(1) })
	if lang() != vi {
		t.Error("the next visitor is spoken to in the last one's language")
	}
}

func TestMoneyInEachLanguage(t *testing.T) {
	w := kiosk.Way{Fees: []kiosk.Fee{{Amount: 1250000}, {Amount: 2000, Per: "trang"}}}
	for _, c := range []struct {
		t    texts
		want string
	}{{vietnamese, "1.250.000 đồng; 2.000 đồng / trang"}, {inside[1].all, "1,250,000 VND; 2,000 VND / trang"}} {
		if got, err := c.t.fee(w); err != nil || got != c.want {
			t.Errorf("%q %v, want %q", got, err, c.want)
		}
	}
}

func TestScriptsAreSentWithoutTheirComments(t *testing.T) {
	k := serve(t, newFake(at(session.Home)), Options{})
	_, plain := k.do("GET", "/static/app.js", "", "Accept-Encoding", "identity")
	if strings.Contains(plain, "\n//") || strings.Contains(plain, "\n  ") || !strings.Contains(plain, "import {") {
		t.Error("comments or indentation are sent")
	}
	resp, packed := k.do("GET", "/static/app.js", "", "Accept-Encoding", "gzip")
	if resp.Header.Get("Content-Encoding") != "gzip" || len(packed) >= len(plain) || resp.StatusCode != http.StatusOK {
		t.Errorf("%v, %d of %d bytes", resp.Header, len(packed), len(plain))
	}
}
