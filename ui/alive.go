package ui

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"motcua/kiosk/session"
)

// BeatEvery is how often a page that is painted says so.
const BeatEvery = 3 * time.Second

// postAlive takes POST /alive: the page tells which revision it has painted.
func (s *server) postAlive(w http.ResponseWriter, r *http.Request) {
	if !s.readForm(w, r) {
		return
	}
	rev, err := strconv.ParseUint(r.PostForm.Get("rev"), 10, 64)
	if err != nil {
		http.Error(w, "no revision", http.StatusBadRequest)
		return
	}
	if r.PostForm.Get("boot") == s.boot() {
		s.session.Painted(rev)
	}
	w.WriteHeader(http.StatusNoContent)
}

// getBeat gives what stands in the page of a browser without scripts: a frame that loads itself anew, whose style needs a
// picture that nobody has asked for before. A style asks for a picture only when the frame is laid out, so a browser that
// does is drawing.
func (s *server) getBeat(w http.ResponseWriter, _ *http.Request) {
	nonce, rev := rand.Text(), s.rev()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; style-src 'nonce-"+nonce+"'; frame-ancestors 'self'; base-uri 'none'")
	_, _ = fmt.Fprintf(w, `<!doctype html><html lang="vi"><title>.</title><meta http-equiv="refresh" content="%d">`+ // the browser may be gone
		`<style nonce="%s">body{background:url(/beat.svg?rev=%d&n=%s)}</style><body></body></html>`, BeatEvery/time.Second, nonce, rev, nonce)
}

// getBeatPicture is asked for by the frame of [server.getBeat] when it is drawn.
func (s *server) getBeatPicture(w http.ResponseWriter, r *http.Request) {
	rev, err := strconv.ParseUint(r.URL.Query().Get("rev"), 10, 64)
	if err != nil {
		http.Error(w, "no revision", http.StatusBadRequest)
		return
	}
	s.session.Painted(rev)
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = io.WriteString(w, `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>`) // the browser may be gone
}

// getPainted tells the keeper of the browser (kiosk-browser) how often a page was painted since kioskd started, as one number.
func (s *server) getPainted(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = fmt.Fprintln(w, s.session.Paints()) // the keeper may be gone
}

func (s *server) rev() (rev uint64) {
	s.session.View(func(v *session.View) { rev = v.Rev })
	return rev
}
