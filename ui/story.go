package ui

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"motcua/kiosk/session"
)

// A story is a screen in one state, with fictional data: what tests render and people look at.
type story struct {
	Name  string
	Panel string
	State session.State
	Visit func(*session.Visit) // adds to the canned visit; nil for none
	View  func(*session.View)  // changes what is around it; nil for none
}

// storyNow is the moment all stories are set in.
var storyNow = time.Date(2026, 11, 21, 2, 5, 0, 0, time.UTC)

// view builds the story's view.
func (st story) view() *session.View {
	d := storyVisit(st.State.Screen)
	if st.Visit != nil {
		st.Visit(d)
	}
	v := &session.View{
		Boot: "story", Rev: 1, Turn: 1, State: st.State, Visit: d, Now: storyNow,
		Deadline: storyNow.Add(24 * time.Second), Online: true, Kiosk: storyKiosk(),
	}
	if st.View != nil {
		st.View(v)
	}
	return v
}

// Stories gives the names of all stories, in order.
func Stories() []string {
	var names []string
	for _, st := range stories {
		names = append(names, st.Name)
	}
	return names
}

func findStory(name string) (story, bool) {
	for _, st := range stories {
		if st.Name == name {
			return st, true
		}
	}
	return story{}, false
}

// addStories serves /story (the list), /story/NAME?size=&theme=&mm= and each story's pictures.
func (s *server) addStories(mux *http.ServeMux) error {
	stretched, err := parsePages(pseudo().all)
	if err != nil {
		return err
	}
	s.pages[pseudoTag] = stretched
	mux.HandleFunc("GET /story", s.getStories)
	mux.HandleFunc("GET /story/{name}", s.getStory)
	mux.HandleFunc("GET /story/{name}/img/{which}", func(w http.ResponseWriter, r *http.Request) {
		s.storyImage(w, r, r.PathValue("which"), 0)
	})
	mux.HandleFunc("GET /story/{name}/img/paper/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil {
			n = -1
		}
		s.storyImage(w, r, "paper", n)
	})
	mux.HandleFunc("GET /story/{name}/cam/{which}", storyCamera)
	return nil
}

var storyIndex = template.Must(template.New("stories").Parse(`<!doctype html><html lang="vi"><head><meta charset="utf-8">` +
	`<title>Các màn hình</title><link rel="icon" href="/static/icon.svg"></head><body><h1>Các màn hình</h1><ul>` +
	`{{range .}}<li><a href="/story/{{.}}">{{.}}</a></li>{{end}}</ul></body></html>`))

func (*server) getStories(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("json") {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, "%s", jsonNames())
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = storyIndex.Execute(w, Stories()) // a constant template: only the connection can fail
}

func (s *server) getStory(w http.ResponseWriter, r *http.Request) {
	st, ok := findStory(r.PathValue("name"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	q := r.URL.Query()
	l := defaultLook
	l.set("size", q.Get("size"), nil)
	if q.Get("size") == "" {
		l.Size = 1
	}
	if t := q.Get("theme"); t != "" {
		l.set("theme", t, nil)
	}
	l.set("panel", st.Panel, nil)
	l.set("lang", q.Get("lang"), append(slices.Clone(s.tongues), pseudo()))
	density := s.opts.PxPerMM
	if mm, err := strconv.ParseFloat(q.Get("mm"), 64); err == nil {
		density = mm
	}
	var buf bytes.Buffer
	if err := s.pagesOf(l.Lang).document(&buf, s.tell(st.page(l, density))); err != nil {
		http.Error(w, "story: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(buf.Bytes()) // the browser may be gone: nobody to tell
}

// pseudoTag is the language of stories whose texts are longer than any translation's.
const pseudoTag = "qps"

// pseudo gives the Vietnamese sentences with 40 % more letters each, of the tallest kind.
var pseudo = sync.OnceValue(func() *tongue {
	own := maps.Clone(vietnamese)
	for key, s := range own {
		if strings.HasPrefix(key, "number.") {
			continue
		}
		extra, words := (len([]rune(s.Text))*2+4)/5, strings.Builder{}
		for n := 0; n < extra; n += 4 {
			words.WriteString(" " + string([]rune("Ẫgự")[:min(3, max(1, extra-n-1))]))
		}
		s.Text += words.String()
		own[key] = s
	}
	return newTongue(pseudoTag, own)
})

// tell is speak, with the stretched language beside the true ones.
func (s *server) tell(p *page) *page {
	if s.speak(p); p.Look.Lang == pseudoTag {
		p.T = pseudo().all
	}
	return p
}

// page builds what the templates need for the story.
func (st story) page(l look, pxPerMM float64) *page {
	p := newPage(st.view(), l, 1, pxPerMM)
	p.Story, p.Base = true, "/story/"+st.Name
	return p
}

func (*server) storyImage(w http.ResponseWriter, r *http.Request, which string, n int) {
	st, ok := findStory(r.PathValue("name"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	img := picture(st.view(), which, n)
	if img == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", img.Type)
	_, _ = w.Write(img.Data) // the browser may be gone: nobody to tell
}

// storyCamera answers like the camera: the same drawn frame thrice as multipart, then the end. Pictures of a story do not differ.
func storyCamera(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary="+boundary)
	data := drawnFrame(r.PathValue("which"), 0)
	for range 3 {
		if sendFrame(w, http.NewResponseController(w), data) != nil {
			return // the page may go at any time
		}
	}
}

// drawnFrame is the nth drawn picture of a camera.
func drawnFrame(which string, n int) []byte {
	if which == "paper" {
		return storySheet(n).Data
	}
	return storyFace(480, 640, n).Data
}

// StoryPreview calls frame with n drawn camera pictures ("face" or "paper"), a tenth of a second apart.
func StoryPreview(ctx context.Context, which string, n int, frame func([]byte) error) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := range n {
		if err := frame(drawnFrame(which, i)); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

// StoryView gives the canned view of a screen, for a session that only tells stories.
func StoryView(at session.Screen) session.View {
	for _, st := range stories {
		if st.State.Screen == at {
			return *st.view()
		}
	}
	return session.View{}
}
