package ui

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"motcua/kiosk/session"
)

const (
	maxForm  = 16 << 10 // bytes of a post
	maxValue = 400      // letters of one typed value
)

// valueKeys are the values an intent may carry; anything else in a post is dropped.
var valueKeys = []string{
	"chip", "camera", "q", "field", "page", "code", "number", "value", "index", "method", "what", "token", "lang",
	"service", "score", "who", "paper", "tick", "province", "letter", "step",
}

// readForm reads a bounded form, or answers that it is none.
func (s *server) readForm(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "form cannot be read", http.StatusBadRequest)
		return false
	}
	return true
}

// postIntent takes POST /ev: boot, turn, intent and its values. A post of another boot is stale and means nothing; one of
// another turn is dropped by the session.
func (s *server) postIntent(w http.ResponseWriter, r *http.Request) {
	if !s.readForm(w, r) {
		return
	}
	if in, ok := parseIntent(r.PostForm); ok && r.PostForm.Get("boot") == s.boot() {
		in.Lang = s.lang()
		if in.Name == session.IntentStart {
			in.Lang = s.looks.begin(in.Turn, in.Values["lang"])
		}
		s.session.Post(in)
	}
	s.answer(w, r)
}

// answer ends a post: nothing for the script, back to the page for a browser without it.
func (*server) answer(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Ev") != "" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// lang is the language the page is shown in.
func (s *server) lang() (tag string) {
	s.session.View(func(v *session.View) { tag = s.looks.of(v).Lang })
	return tag
}

func (s *server) boot() (boot string) {
	s.session.View(func(v *session.View) { boot = v.Boot })
	return boot
}

// parseIntent reads an intent. Its name may carry values, as a button posts them: "pick?code=1.004746"; such a button means
// only what it carries, whatever else the form holds.
func parseIntent(form url.Values) (session.Intent, bool) {
	turn, err := strconv.ParseUint(form.Get("turn"), 10, 64)
	name, own, carries := strings.Cut(form.Get("intent"), "?")
	if err != nil || name == "" || len(name) > 32 {
		return session.Intent{}, false
	}
	values := form
	if carries {
		if values, err = url.ParseQuery(own); err != nil {
			return session.Intent{}, false
		}
	}
	in := session.Intent{Name: name, Turn: turn, Values: map[string]string{}}
	for _, k := range valueKeys {
		if values.Has(k) {
			in.Values[k] = clean(values.Get(k))
		}
	}
	if ink := values.Get("ink"); len(ink) <= maxForm { // numbers alone: kiosk.ParseInk bounds and reads them
		in.Values["ink"] = ink
	}
	return in, true
}

// clean gives a typed value as it is kept: NFC, one line, no control characters, bounded.
func clean(s string) string {
	if len(s) > 8*maxValue {
		s = s[:8*maxValue]
	}
	s = norm.NFC.String(strings.ToValidUTF8(s, ""))
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxValue {
		s = string(r[:maxValue])
	}
	return s
}

// splitChoice splits "size=2" into its two halves.
func splitChoice(s string) (key, value string) {
	key, value, _ = strings.Cut(s, "=")
	return key, value
}
