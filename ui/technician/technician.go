package technician

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"sync"
	"time"

	"motcua/kiosk/doctor"
	"motcua/ui"
)

//go:embed templates/*.html static/technician.css static/technician.js
var files embed.FS

// Path is where the pages lie beside the citizen's.
const Path = "/technician/"

const (
	cookie     = "technician"
	idleLimit  = 10 * time.Minute
	maxBody    = 4 << 10
	minPIN     = 6
	maxPIN     = 12
	digitsToGo = 4 // of the number that is typed before a wipe
)

// Options are the pages' settings.
type Options struct {
	Machine Machine
	PxPerMM float64
	Painted func()           // told every few seconds that a page is on the glass; may be nil
	Now     func() time.Time // nil: time.Now
}

// server is the handler behind New. One person at a time stands before the screen, so there is one session.
type server struct {
	o     Options
	pages *template.Template
	style []byte

	mu     sync.Mutex
	token  string    // of the browser; "" before the first look
	typed  string    // the PIN so far
	inside bool      // the PIN was right
	last   time.Time // of the last request
	report doctor.Report
	dots   map[int]bool // of the touch test
	wipe   string       // the number to type before a wipe; "" when none was asked for
	wiping string       // what was typed of it
	note   string       // said once on the next page
}

// New gives the handler of the technician's pages, to be mounted at [Path] behind the citizen's page's own guard.
func New(o Options) (http.Handler, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	css, err := files.ReadFile("static/technician.css")
	if err != nil {
		return nil, fmt.Errorf("technician's pages: %w", err)
	}
	s := &server{o: o, style: ui.Millimetres(css, o.PxPerMM), dots: map[int]bool{}}
	s.pages, err = template.New("technician").Funcs(template.FuncMap{"qr": ui.QR, "mm": func() float64 { return o.PxPerMM }}).ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("technician's pages: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path+"{$}", s.home)
	mux.HandleFunc("GET "+Path+"technician.css", s.stylesheet)
	mux.HandleFunc("GET "+Path+"technician.js", s.script)
	mux.HandleFunc("POST "+Path+"alive", s.alive)
	mux.HandleFunc("POST "+Path+"pin", s.pin)
	for name, h := range map[string]http.HandlerFunc{
		"GET group/{group}": s.group, "GET check/{name}": s.check, "POST check/{name}": s.recheck, "POST all": s.all,
		"GET tools": s.simple("tools"), "GET sound": s.simple("sound"), "POST sound": s.sound, "GET light": s.light, "POST light": s.light,
		"GET touch": s.touch, "POST touch": s.touch, "POST print": s.print, "GET camera/{which}": s.camera, "GET picture/{which}": s.picture,
		"GET statement": s.statement, "GET restart": s.simple("restart"), "POST restart": s.restart,
		"GET wipe": s.askWipe, "POST wipe": s.doWipe, "POST leave": s.leave,
	} {
		method, path, _ := bytes.Cut([]byte(name), []byte(" "))
		mux.HandleFunc(string(method)+" "+Path+string(path), s.within(h))
	}
	return mux, nil
}

func (s *server) stylesheet(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(s.style) // the browser may be gone
}

func (s *server) script(w http.ResponseWriter, _ *http.Request) {
	js, err := files.ReadFile("static/technician.js")
	if err != nil {
		http.Error(w, "no script", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = w.Write(js) // the browser may be gone
}

func (s *server) alive(w http.ResponseWriter, _ *http.Request) {
	if s.o.Painted != nil {
		s.o.Painted()
	}
	w.WriteHeader(http.StatusNoContent)
}

// page is what every template sees.
type page struct {
	Kiosk, Version string
	Note           string
	Groups         []groupView
	Data           any
}

func (s *server) show(w http.ResponseWriter, name string, data any) {
	p := page{Data: data}
	p.Kiosk, p.Version = s.o.Machine.Name()
	s.mu.Lock()
	p.Note, s.note = s.note, ""
	if s.inside {
		p.Groups = s.groupsLocked()
	}
	s.mu.Unlock()
	var buf bytes.Buffer
	if err := s.pages.ExecuteTemplate(&buf, name, p); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Refresh", fmt.Sprintf("%d;url=/", idleLimit/time.Second)) // a page left alone goes back to the citizens
	_, _ = w.Write(buf.Bytes())                                               // the browser may be gone
}

func (s *server) say(note string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note = note
}

// to sends the browser on after a post.
func to(w http.ResponseWriter, r *http.Request, where string) {
	http.Redirect(w, r, Path+where, http.StatusSeeOther)
}

// mine tells whether the request comes from the browser that the session belongs to, and forgets a session that fell silent.
func (s *server) mine(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.o.Now().Sub(s.last) > idleLimit {
		s.forget()
	}
	c, err := r.Cookie(cookie)
	if err != nil || s.token == "" || subtle.ConstantTimeCompare([]byte(c.Value), []byte(s.token)) != 1 {
		return false
	}
	s.last = s.o.Now()
	return true
}

// forget ends the session. Call it with mu held.
func (s *server) forget() {
	s.token, s.typed, s.inside, s.report, s.wipe, s.wiping, s.note = "", "", false, doctor.Report{}, "", "", ""
	clear(s.dots)
}

// within lets only a technician who gave the PIN through.
func (s *server) within(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if !s.mine(r) || !s.entered() {
			to(w, r, "")
			return
		}
		h(w, r)
	}
}

func (s *server) entered() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inside
}

// simple shows a page that needs nothing.
func (s *server) simple(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { s.show(w, name, nil) }
}

// home is the pad for the PIN, or the summary.
func (s *server) home(w http.ResponseWriter, r *http.Request) {
	if s.mine(r) && s.entered() {
		s.summary(w, r)
		return
	}
	s.mu.Lock()
	s.forget()
	s.token, s.last = secret(), s.o.Now()
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: s.token, Path: Path, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	s.mu.Unlock()
	s.show(w, "pin", pinView{})
}

func secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// pinView is the pad: how many digits were typed, and what is the matter.
type pinView struct {
	Typed []struct{}
	Ready bool
	Error string
}

// pin takes one key of the pad.
func (s *server) pin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if !s.mine(r) {
		to(w, r, "")
		return
	}
	key := r.PostFormValue("key")
	s.mu.Lock()
	s.typed = press(s.typed, key, maxPIN)
	typed := s.typed
	if key == "enter" {
		s.typed = ""
	}
	s.mu.Unlock()
	view := pinView{Typed: make([]struct{}, len(typed)), Ready: len(typed) >= minPIN}
	if key != "enter" {
		s.show(w, "pin", view)
		return
	}
	good, wait, err := s.o.Machine.Enter(typed)
	switch {
	case errors.Is(err, ErrNoPIN):
		view.Error = "Máy chưa đặt mã PIN kỹ thuật. Mã được đặt khi cài đặt máy (kioskctl pin)."
	case err != nil:
		view.Error = "Không kiểm tra được mã PIN. Khởi động lại máy."
	case !good && wait > 0:
		view.Error = fmt.Sprintf("Sai mã PIN. Đợi %s rồi thử lại.", spoken(wait))
	case !good:
		view.Error = "Sai mã PIN."
	default:
		s.mu.Lock()
		s.inside = true
		s.token = secret() // the session after the PIN is another than before it
		http.SetCookie(w, &http.Cookie{Name: cookie, Value: s.token, Path: Path, HttpOnly: true, SameSite: http.SameSiteStrictMode})
		s.mu.Unlock()
		to(w, r, "")
		return
	}
	view.Typed, view.Ready = nil, false
	s.show(w, "pin", view)
}

// press gives what is typed after one key of a pad of digits.
func press(typed, key string, most int) string {
	switch {
	case len(key) == 1 && key[0] >= '0' && key[0] <= '9' && len(typed) < most:
		return typed + key
	case key == "back" && typed != "":
		return typed[:len(typed)-1]
	case key == "clear":
		return ""
	}
	return typed
}

func spoken(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d giây", int((d+time.Second-1)/time.Second))
	}
	return fmt.Sprintf("%d phút", int((d+time.Minute-1)/time.Minute))
}

// leave ends the session.
func (s *server) leave(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.forget()
	s.mu.Unlock()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
