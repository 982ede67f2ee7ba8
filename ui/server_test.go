package ui

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"motcua/kiosk/session"
)

// kioskPage is a running handler with a client that behaves like a browser without scripts.
type kioskPage struct {
	t   *testing.T
	url string
	c   *http.Client
}

func serve(t *testing.T, s Session, o Options) kioskPage {
	t.Helper()
	h, err := New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return kioskPage{t, srv.URL, &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (k kioskPage) do(method, path, body string, header ...string) (*http.Response, string) {
	k.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, k.url+path, strings.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i+1 < len(header); i += 2 {
		switch header[i] {
		case "Host":
			r.Host = header[i+1]
		default:
			r.Header.Set(header[i], header[i+1])
		}
		if header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	resp, err := k.c.Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		k.t.Fatal(err)
	}
	return resp, string(data)
}

func post(v session.View, intent string, more ...string) string {
	form := url.Values{"boot": {v.Boot}, "turn": {strconv.FormatUint(v.Turn, 10)}, "intent": {intent}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form.Encode()
}

func TestEveryAnswerIsLockedDown(t *testing.T) {
	k := serve(t, newFake(at(session.Home)), Options{Story: true})
	for _, path := range []string{"/", "/ui.css", "/static/app.js", "/static/fonts/noto-sans-latin-400-normal.woff2", "/img/chip", "/nowhere", "/story", "/story/home"} {
		resp, _ := k.do("GET", path, "")
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: %s = %q", path, name, got)
			}
		}
		policy := resp.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "script-src 'self'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: policy lacks %s", path, part)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "data:") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
}

func TestOnlyOurOwnPageIsAnswered(t *testing.T) {
	f := newFake(at(session.Home))
	k := serve(t, f, Options{})
	for _, bad := range [][]string{
		{"Host", "kiosk.example"}, {"Host", "127.0.0.1.evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
		{"Sec-Fetch-Site", "none"}, {"Sec-Fetch-Site", ""}, {"Sec-Fetch-Site", "", "Origin", "http://evil.example"},
	} {
		for _, path := range []string{"/ev", "/look", "/alive"} {
			if resp, _ := k.do("POST", path, post(f.view, "submit", "rev", "1", "set", "size"), bad...); resp.StatusCode < 400 {
				t.Errorf("POST %s with %q: %d", path, bad, resp.StatusCode)
			}
		}
	}
	if resp, _ := k.do("GET", "/", "", "Sec-Fetch-Site", "cross-site"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("a foreign page may not frame or fetch ours: %d", resp.StatusCode)
	}
	if len(f.intents()) != 0 || len(f.painted) != 0 {
		t.Errorf("a foreign post reached the session: %v", f.intents())
	}
	if resp, _ := k.do("POST", "/ev", post(f.view, "submit"), "Sec-Fetch-Site", "", "Origin", k.url); resp.StatusCode != http.StatusSeeOther || len(f.intents()) != 1 {
		t.Errorf("our own page without fetch metadata: %d", resp.StatusCode)
	}
}

func TestBootTokenBecomesACookie(t *testing.T) {
	f := newFake(at(session.Home))
	k := serve(t, f, Options{Token: "s3cret-of-this-boot"})
	for _, path := range []string{"/", "/?k=wrong", "/?k=", "/events", "/img/chip", "/static/app.js", "/ui.css?k=s3cret-of-this-boot", "/beat.svg?rev=1", "/painted"} {
		if resp, _ := k.do("GET", path, ""); resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s without the token: %d", path, resp.StatusCode)
		}
	}
	if resp, _ := k.do("POST", "/ev", post(f.view, "submit")); resp.StatusCode != http.StatusForbidden || len(f.intents()) != 0 || len(f.painted) != 0 {
		t.Errorf("a post without the token: %d", resp.StatusCode)
	}
	resp, body := k.do("GET", "/?k=s3cret-of-this-boot", "", "Sec-Fetch-Site", "same-site") // the dock's link
	cookies := resp.Cookies()
	if resp.StatusCode != http.StatusOK || len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode {
		t.Fatalf("%d %v %v", resp.StatusCode, resp.Header, cookies)
	}
	if !strings.Contains(body, `content="0; url=/"`) || strings.Contains(body, "s3cret") {
		t.Errorf("the first page does not lead on at once: %s", body)
	}
	with := cookies[0].Name + "=" + cookies[0].Value
	if resp, _ := k.do("GET", "/", "", "Cookie", with); resp.StatusCode != http.StatusOK {
		t.Errorf("with the cookie: %d", resp.StatusCode)
	}
	if resp, _ := k.do("GET", "/", "", "Cookie", with, "Sec-Fetch-Site", "cross-site"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("another site with the cookie: %d", resp.StatusCode)
	}
}

// A browser without scripts shows that it draws by asking for a picture that a style needs.
func TestBeatOfAPageWithoutScripts(t *testing.T) {
	f := newFake(at(session.Home))
	f.view.Rev = 7
	k := serve(t, f, Options{})
	_, page := k.do("GET", "/", "")
	if !strings.Contains(page, `<noscript><iframe class="beat" src="/beat"`) {
		t.Error("the page has no beat for a browser without scripts")
	}
	resp, frame := k.do("GET", "/beat", "")
	m := regexp.MustCompile(`url\((/beat\.svg\?rev=7&n=[A-Z2-7]+)\)`).FindStringSubmatch(frame)
	if m == nil || resp.Header.Get("X-Frame-Options") != "SAMEORIGIN" || !strings.Contains(frame, `http-equiv="refresh" content="3"`) {
		t.Fatalf("%v\n%s", resp.Header, frame)
	}
	if len(f.painted) != 0 {
		t.Error("the frame alone counts as painted")
	}
	if resp, _ := k.do("GET", m[1], ""); resp.StatusCode != http.StatusOK || len(f.painted) != 1 || f.painted[0] != 7 {
		t.Errorf("%d, painted %v", resp.StatusCode, f.painted)
	}
	if _, again := k.do("GET", "/beat", ""); strings.Contains(again, m[1]) {
		t.Error("the picture has the same address twice: a cache would answer")
	}
	if _, n := k.do("GET", "/painted", ""); n != "1\n" {
		t.Errorf("painted %q times", n)
	}
	if resp, _ := k.do("GET", "/beat.svg?rev=x", ""); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("no revision: %d", resp.StatusCode)
	}
}

func TestPostCarriesTheIntent(t *testing.T) {
	f := newFake(at(session.ProcSearch))
	k := serve(t, f, Options{})
	resp, _ := k.do("POST", "/ev", post(f.view, "pick?code=1.001193"), "X-Ev", "1")
	if resp.StatusCode != http.StatusNoContent {
		t.Errorf("a script's post: %d", resp.StatusCode)
	}
	k.do("POST", "/ev", post(f.view, "search", "q", " khai\u200b sinh\x00 Nguye\u0302\u0303n\n", "evil", "x", "page", "1"))
	got := f.intents()
	if len(got) != 2 || got[0].Name != "pick" || got[0].Values["code"] != "1.001193" || got[0].Turn != f.view.Turn {
		t.Fatalf("%+v", got)
	}
	if q := got[1].Values["q"]; q != "khai sinh Nguyễn" {
		t.Errorf("typed text is kept as %q, want NFC on one line", q)
	}
	k.do("POST", "/ev", post(f.view, "search?field=H%E1%BB%99+t%E1%BB%8Bch&page=1", "q", "typed before"))
	if last := f.intents()[2]; last.Values["field"] != "Hộ tịch" || last.Values["page"] != "1" || last.Values["q"] != "" {
		t.Errorf("a button means only what it carries: %v", last.Values)
	}
	if _, ok := got[1].Values["evil"]; ok || got[1].Values["page"] != "1" {
		t.Errorf("values %v", got[1].Values)
	}
}

func TestStaleAndBrokenPostsMeanNothing(t *testing.T) {
	f := newFake(at(session.Home))
	k := serve(t, f, Options{})
	old := f.view
	old.Boot = "boot-0"
	long := f.view
	for name, body := range map[string]string{
		"another boot": post(old, "submit"), "no turn": "boot=boot-1&intent=submit", "no intent": post(f.view, ""),
		"endless name": post(long, strings.Repeat("x", 100)), "bad values": post(f.view, "pick?%zz"), "turn -1": "boot=boot-1&turn=-1&intent=submit",
	} {
		k.do("POST", "/ev", body)
		if n := len(f.intents()); n != 0 {
			t.Errorf("%s reached the session", name)
		}
	}
	if resp, _ := k.do("POST", "/ev", "intent="+strings.Repeat("x", 1<<20)); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a form without end: %d", resp.StatusCode)
	}
	if v := clean(strings.Repeat("ă", 5000)); len([]rune(v)) != maxValue {
		t.Errorf("a value of %d letters", len([]rune(v)))
	}
}

// A visit without any script: forms posted, redirects followed, each page rendered whole.
func TestWithoutJavaScript(t *testing.T) {
	f := newFake(at(session.Attract))
	next := map[session.Screen]session.Screen{
		session.Attract: session.Home, session.Home: session.Consent, session.Consent: session.ProcSearch, session.ProcSearch: session.ProcDetail,
	}
	f.step = func(v *session.View, _ session.Intent) {
		rev, turn := v.Rev, v.Turn
		*v = at(next[v.State.Screen])
		v.Rev, v.Turn = rev, turn
	}
	k := serve(t, f, Options{})
	for _, intent := range []string{"start", "submit", "agree", "pick"} {
		resp, html := k.do("GET", "/", "")
		if resp.StatusCode != http.StatusOK || !strings.Contains(html, `data-intent="`+intent+`"`) && intent != "pick" {
			t.Fatalf("%s is not on the page (%d)", intent, resp.StatusCode)
		}
		if !strings.Contains(html, `<form method="post" action="/ev"`) || !strings.Contains(html, `name="turn" value="`+strconv.FormatUint(f.view.Turn, 10)+`"`) {
			t.Fatalf("%s: the form does not carry the turn", intent)
		}
		body := post(f.view, intent, "chip", "on", "camera", "on")
		if resp, _ := k.do("POST", "/ev", body); resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/" {
			t.Fatalf("%s: %d", intent, resp.StatusCode)
		}
		before := f.view.State.Screen
		if k.do("POST", "/ev", body); f.view.State.Screen != before { // the double tap's second half
			t.Errorf("%s posted twice went on twice", intent)
		}
	}
	if f.view.State.Screen != session.ProcDetail {
		t.Errorf("ended on %s", f.view.State.Screen)
	}
	f.set(func(v *session.View) { *v = at(session.CardReading) })
	if _, html := k.do("GET", "/", ""); !strings.Contains(html, `<noscript><meta http-equiv="refresh"`) {
		t.Error("a device's screen does not ask again by itself")
	}
}

func TestLookBelongsToTheVisit(t *testing.T) {
	f := newFake(at(session.Home))
	k := serve(t, f, Options{})
	look := func() string {
		_, html := k.do("GET", "/", "")
		i := strings.Index(html, "data-size=")
		return html[i : i+strings.Index(html[i:], ">")]
	}
	start := look()
	for _, set := range []string{"size", "theme=contrast", "size=9", "theme=pink", "panel=keys", "evil=1"} {
		if resp, _ := k.do("POST", "/look", post(f.view, "", "set", set)); resp.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: %d", set, resp.StatusCode)
		}
	}
	if got := look(); got != `data-size="2" data-theme="contrast"` {
		t.Errorf("look %s", got)
	}
	if in := f.intents(); len(in) == 0 || in[0].Name != session.IntentTouch {
		t.Error("changing the look does not keep the visit alive")
	}
	k.do("POST", "/look", post(at(session.Home), "", "set", "size=3", "boot", "boot-0"))
	if got := look(); !strings.Contains(got, `"2"`) {
		t.Errorf("another boot changed the look: %s", got)
	}
	f.set(func(v *session.View) { *v = at(session.Attract) })
	if got := look(); got != start {
		t.Errorf("after the visit: %s", got)
	}
	f.set(func(v *session.View) { *v = at(session.Home); v.Visit.Started = v.Visit.Started.Add(1) })
	if got := look(); got != start {
		t.Errorf("the next visit begins with %s", got)
	}
}

func TestAliveTellsWhatIsPainted(t *testing.T) {
	f := newFake(at(session.Home))
	k := serve(t, f, Options{})
	k.do("POST", "/alive", "boot=boot-1&rev=7")
	k.do("POST", "/alive", "boot=boot-0&rev=8")
	resp, _ := k.do("POST", "/alive", "boot=boot-1&rev=x")
	if len(f.painted) != 1 || f.painted[0] != 7 || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("painted %v, %d", f.painted, resp.StatusCode)
	}
}

func TestPageWeight(t *testing.T) {
	k := serve(t, newFake(at(session.Review)), Options{})
	_, html := k.do("GET", "/", "")
	total, script, wire := len(html), 0, 0
	for _, path := range []string{
		"/ui.css", "/static/app.js", "/static/telex.js", "/static/idiomorph.min.js", "/static/icon.svg",
		"/static/fonts/noto-sans-latin-400-normal.woff2", "/static/fonts/noto-sans-latin-700-normal.woff2",
		"/static/fonts/noto-sans-vietnamese-400-normal.woff2", "/static/fonts/noto-sans-vietnamese-700-normal.woff2",
	} {
		resp, body := k.do("GET", path, "", "Accept-Encoding", "identity")
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", path, resp.StatusCode)
		}
		_, packed := k.do("GET", path, "", "Accept-Encoding", "gzip")
		total += len(body)
		if strings.HasSuffix(path, ".js") {
			wire += len(packed)
		}
		if strings.HasSuffix(path, "app.js") || strings.HasSuffix(path, "telex.js") {
			script += len(body)
		}
	}
	t.Logf("page %d bytes unpacked, own script %d bytes, all scripts as sent %d bytes", total, script, wire)
	if total > 150<<10 || script > 15<<10 || wire > 15<<10 {
		t.Errorf("page %d bytes (150 KB), own script %d bytes (15 KB), scripts as sent %d bytes (15 KB)", total, script, wire)
	}
}

func TestStoriesOnlyWhenAskedFor(t *testing.T) {
	k := serve(t, newFake(at(session.Home)), Options{})
	for _, path := range []string{"/story", "/story/home", "/story/who/img/chip", "/story/face_look/cam/face"} {
		if resp, _ := k.do("GET", path, ""); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
	k = serve(t, newFake(at(session.Home)), Options{Story: true})
	for path, want := range map[string]int{
		"/story": 200, "/story?json": 200, "/story/home": 200, "/story/nothing": 404, "/story/who/img/chip": 200, "/story/home/img/chip": 404,
		"/story/review/img/paper/1": 200, "/story/review/img/paper/x": 404, "/story/face_look/cam/face": 200,
	} {
		if resp, _ := k.do("GET", path, ""); resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
	}
}
