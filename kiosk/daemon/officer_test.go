package daemon_test

import (
	"html"
	"net/url"
	"regexp"
	"testing"
)

// officer is the demo's officer at the back office's pages.
type officer struct{ *browser }

func (h *hall) logIn() officer {
	h.t.Helper()
	o := officer{newBrowser(h.t, "http://"+h.demo.Officers)}
	l, err := h.demo.Officer()
	if err != nil {
		h.t.Fatal(err)
	}
	o.get("/")
	form := o.hidden()
	form.Set("login", l.Login)
	form.Set("password", l.Password)
	o.post("/dang-nhap", form)
	return o
}

var (
	hiddenForm = regexp.MustCompile(`<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"`)
	dossierRef = regexp.MustCompile(`href="(/[^"]*[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}[^"]*)"`)
	acceptRef  = regexp.MustCompile(`href="(/ho-so/[^"]*/2)"`)
	numberForm = regexp.MustCompile(`H00\.00-\d{8}-\d{7}`)
)

func (o officer) hidden() url.Values {
	v := url.Values{}
	for _, m := range hiddenForm.FindAllStringSubmatch(o.body, -1) {
		v.Set(m[1], html.UnescapeString(m[2]))
	}
	return v
}

// openOnly opens the one dossier that must be in the inbox.
func (o officer) openOnly(t *testing.T) {
	t.Helper()
	o.get("/")
	found := map[string]bool{}
	for _, m := range dossierRef.FindAllStringSubmatch(o.body, -1) {
		found[html.UnescapeString(m[1])] = true
	}
	if len(found) != 1 {
		t.Fatalf("%d dossiers in the inbox, want 1", len(found))
	}
	for ref := range found {
		o.get(ref)
	}
}

// accept takes the open dossier in, by the page that asks to confirm, and gives the number the office assigned.
func (o officer) accept(t *testing.T) string {
	t.Helper()
	m := acceptRef.FindStringSubmatch(o.body)
	if m == nil {
		t.Fatal("the dossier cannot be taken in")
	}
	o.get(m[1])
	form := o.hidden()
	form.Set("confirm", "yes")
	o.post(m[1], form)
	number := numberForm.FindString(o.body)
	if number == "" {
		t.Fatalf("no number was assigned:\n%.2000s", o.body)
	}
	return number
}

// press presses a button of the dock.
func (b *browser) press(button string, keys ...string) {
	b.t.Helper()
	b.post("/do", url.Values{"do": {button}, "key": keys})
}
