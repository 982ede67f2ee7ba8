package ui

import (
	"bytes"
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"

	"motcua/kiosk/session"
)

// Session is the visit as the page needs it; [session.Runner] is one.
//
// View calls its function with the current view under the session's lock. Subscribe gives a channel that is signalled after
// every change. Post hands over what a touch meant; stale ones are dropped there. Preview calls frame with a JPEG per camera
// picture ("face" or "paper") until ctx ends or frame fails. Painted tells that the browser has that revision on the glass;
// Paints counts how often it did.
type Session interface {
	View(func(*session.View))
	Subscribe() (changed <-chan struct{}, cancel func())
	Post(session.Intent)
	Preview(ctx context.Context, which string, frame func(jpeg []byte) error) error
	Painted(rev uint64)
	Paints() uint64
}

// Options are the page's settings.
type Options struct {
	PxPerMM float64                 // pixels per millimetre of the panel; 0 means the 21.5-inch 1080×1920 panel
	Token   string                  // when not empty, only a browser that began at /?k=TOKEN is answered
	Story   bool                    // serve /story
	Packs   string                  // folder of language packs, "" for none
	Beside  map[string]http.Handler // further pages behind the same guard, by their path: "/technician/"
	Tone    string                  // where the keyboard puts the tone: ToneOld (also "") or ToneNew
}

// The two customs of placing the tone in open oa, oe, uy: hòa and hoà.
const (
	ToneOld = "old"
	ToneNew = "new"
)

// defaultPxPerMM is a 21.5-inch panel of 1080×1920.
const defaultPxPerMM = 4.034

// server is the handler behind New.
type server struct {
	session Session
	opts    Options
	looks   looks
	seq     atomic.Uint64 // counts renders: orders what the page gets beyond the session's own revision
	assets  map[string]asset
	streams chan struct{} // bounds open event streams and previews
	tongues []*tongue
	pages   map[string]*pages // by language
}

// maxStreams bounds the open streams; one page needs two.
const maxStreams = 16

// New gives the handler of the citizen's pages. It fails only when an embedded template does not parse.
func New(s Session, o Options) (http.Handler, error) {
	if o.PxPerMM <= 0 {
		o.PxPerMM = defaultPxPerMM
	}
	if o.Tone != ToneNew {
		o.Tone = ToneOld
	}
	srv := &server{session: s, opts: o, pages: map[string]*pages{}, streams: make(chan struct{}, maxStreams)}
	srv.tongues, _ = readTongues(o.Packs) // what cannot be used is left out; CheckLanguages tells it to the technician
	srv.looks.tongues = srv.tongues
	for _, t := range srv.tongues {
		p, err := parsePages(t.all)
		if err != nil {
			return nil, fmt.Errorf("citizen's pages: %w", err)
		}
		srv.pages[t.Tag] = p
	}
	var err error
	if srv.assets, err = assets(); err != nil {
		return nil, fmt.Errorf("citizen's pages: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", srv.getPage)
	mux.HandleFunc("GET /events", srv.getEvents)
	mux.HandleFunc("POST /ev", srv.postIntent)
	mux.HandleFunc("POST /look", srv.postLook)
	mux.HandleFunc("POST /alive", srv.postAlive)
	mux.HandleFunc("GET /beat", srv.getBeat)
	mux.HandleFunc("GET /beat.svg", srv.getBeatPicture)
	mux.HandleFunc("GET /painted", srv.getPainted)
	mux.HandleFunc("GET /img/{which}", srv.getImage)
	mux.HandleFunc("GET /img/paper/{n}", srv.getPaper)
	mux.HandleFunc("GET /cam/{which}", srv.getCamera)
	mux.HandleFunc("GET /ui.css", srv.getStyle)
	mux.HandleFunc("GET /static/", srv.getStatic)
	for path, h := range o.Beside {
		mux.Handle(path, h)
	}
	if o.Story {
		if err := srv.addStories(mux); err != nil {
			return nil, fmt.Errorf("citizen's pages: %w", err)
		}
	}
	return srv.guard(mux), nil
}

// csp allows what the page itself is made of, and nothing else.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

const tokenCookie = "kiosk"

// guard sets the headers every answer has, and refuses requests that do not come from the kiosk's own page.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		switch {
		case !loopback(r.Host):
			http.Error(w, "wrong host", http.StatusMisdirectedRequest)
		case s.opts.Token != "" && s.enters(r):
			s.welcome(w)
		case foreign(r):
			http.Error(w, "foreign request", http.StatusForbidden)
		case s.opts.Token != "" && !s.knows(r):
			stranger(w)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// loopback reports whether the request names this machine: no other name can be rebound to us.
func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return host == "127.0.0.1" || host == "localhost" || host == "[::1]" || host == "::1"
}

// foreign reports whether another site made the request. A post must positively come from our own page; a browser that does
// not send Sec-Fetch-Site must at least name our Origin.
func foreign(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return site == "cross-site" || site == "same-site"
	}
	if site != "" {
		return site != "same-origin"
	}
	return r.Header.Get("Origin") != "http://"+r.Host
}

// enters reports whether the request is the browser's first: the boot's token in the address of the page. It may come from
// anywhere (a file, the demo's dock): who knows the token is welcome.
func (s *server) enters(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.Path == "/" && s.isToken(r.URL.Query().Get("k"))
}

// welcome turns the token into a cookie and the address into one without it. That is a page and not a redirect: a browser
// sends a cookie that is SameSite=Strict only to where our own page leads, and an immediate refresh takes the place of the
// address with the token, so no history has it.
func (s *server) welcome(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: tokenCookie, Value: s.opts.Token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, `<!doctype html><html lang="vi"><title>Một cửa</title><link rel="icon" href="/static/icon.svg"><meta http-equiv="refresh" content="0; url=/">`) // the browser may be gone
}

// knows reports whether the request has the cookie.
func (s *server) knows(r *http.Request) bool {
	c, err := r.Cookie(tokenCookie)
	return err == nil && s.isToken(c.Value)
}

// stranger refuses a program that is not the kiosk's browser, in words: in a demo it is a person who typed the bare address.
func stranger(w http.ResponseWriter) {
	http.Error(w, "Trang này chỉ mở trong trình duyệt của ki-ốt; khi chạy thử, hãy dùng địa chỉ đầy đủ mà lệnh demo in ra.\n"+
		"Only the kiosk's own browser is answered; in a demo, open the whole address that it prints.", http.StatusForbidden)
}

func (s *server) isToken(k string) bool {
	return subtle.ConstantTimeCompare([]byte(k), []byte(s.opts.Token)) == 1
}

// getPage renders the whole document.
func (s *server) getPage(w http.ResponseWriter, _ *http.Request) {
	var buf bytes.Buffer
	var err error
	s.session.View(func(v *session.View) { p := s.page(v); err = s.pagesOf(p.Look.Lang).document(&buf, p) })
	if err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError) // a template's error may quote what was typed
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(buf.Bytes()) // the browser may be gone: nobody to tell
}

// page gathers what the templates need for that view. Call it inside View.
func (s *server) page(v *session.View) *page {
	return s.speak(newPage(v, s.looks.of(v), s.seq.Add(1), s.opts.PxPerMM))
}

// speak gives the page the words of its language.
func (s *server) speak(p *page) *page {
	p.T, p.Tongues, p.Tone = match(s.tongues, p.Look.Lang).all, s.tongues, s.opts.Tone
	return p
}

// pagesOf gives the templates of a language, of Vietnamese where there is none.
func (s *server) pagesOf(tag string) *pages {
	if p, ok := s.pages[tag]; ok {
		return p
	}
	return s.pages[vi]
}
