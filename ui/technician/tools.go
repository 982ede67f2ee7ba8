package technician

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"
	"strconv"
)

// sound sets one of the three volumes and lets the machine speak.
func (s *server) sound(w http.ResponseWriter, r *http.Request) {
	step, err := strconv.Atoi(r.PostFormValue("step"))
	if err != nil || step < 0 || step > 2 {
		http.Error(w, "no such volume", http.StatusBadRequest)
		return
	}
	if err := s.o.Machine.Volume(r.Context(), step); err != nil {
		s.say("Loa không phát được. Kiểm tra dây loa.")
	} else {
		s.say("Đã phát một câu. Có nghe rõ không?")
	}
	to(w, r, "sound")
}

type lightView struct {
	Now  int
	Cant bool
}

// light shows the brightness of the panel, and sets it.
func (s *server) light(w http.ResponseWriter, r *http.Request) {
	want := -1
	if r.Method == http.MethodPost {
		n, err := strconv.Atoi(r.PostFormValue("percent"))
		if err != nil || n < 10 || n > 100 {
			http.Error(w, "no such brightness", http.StatusBadRequest)
			return
		}
		want = n
	}
	now, err := s.o.Machine.Brightness(want)
	s.show(w, "light", lightView{now, err != nil})
}

// dots are the places of the touch test, in percent of the field: a ring that reaches into every corner.
var dots = [][2]int{{0, 0}, {50, 0}, {100, 0}, {0, 50}, {50, 50}, {100, 50}, {0, 100}, {50, 100}, {100, 100}}

type dotView struct {
	N    int
	Hit  bool
	Spot string
}

type touchView struct {
	Dots []dotView
	Left int
}

// touch is the test of the touch screen: every dot must be hit.
func (s *server) touch(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if r.Method == http.MethodPost {
		if n, err := strconv.Atoi(r.PostFormValue("dot")); err == nil && n >= 0 && n < len(dots) {
			s.dots[n] = true
		} else {
			clear(s.dots)
		}
	}
	v := touchView{Left: len(dots) - len(s.dots)}
	for n := range dots {
		v.Dots = append(v.Dots, dotView{n, s.dots[n], fmt.Sprintf("d%d", n)})
	}
	s.mu.Unlock()
	if r.Method == http.MethodPost {
		to(w, r, "touch")
		return
	}
	s.show(w, "touch", v)
}

// print prints a test slip.
func (s *server) print(w http.ResponseWriter, r *http.Request) {
	if err := s.o.Machine.Print(r.Context()); err != nil {
		s.run(w, r, "printer")
		to(w, r, "check/printer")
		return
	}
	s.say("Đã in phiếu thử. Chữ có rõ và đủ không?")
	to(w, r, "tools")
}

// cameras are the names of the pictures, and the checks they belong to.
var cameras = map[string]string{"face": "camera", "paper": "paper_camera"}

func (s *server) camera(w http.ResponseWriter, r *http.Request) {
	which := r.PathValue("which")
	if cameras[which] == "" {
		http.NotFound(w, r)
		return
	}
	s.show(w, "camera", struct{ Which, Check string }{which, cameras[which]})
}

// picture gives one picture, which nothing keeps.
func (s *server) picture(w http.ResponseWriter, r *http.Request) {
	which := r.PathValue("which")
	if cameras[which] == "" {
		http.NotFound(w, r)
		return
	}
	jpeg, err := s.o.Machine.Picture(r.Context(), which)
	if err != nil {
		http.Error(w, "no picture", http.StatusServiceUnavailable)
		return
	}
	defer clear(jpeg)
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(jpeg) // the browser may be gone
}

type statementView struct {
	Text string
	Cant bool
}

// statement shows what the kiosk says of itself, signed.
func (s *server) statement(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	report := s.report
	s.mu.Unlock()
	text, err := s.o.Machine.Statement(report)
	s.show(w, "statement", statementView{text, err != nil})
}

func (s *server) restart(w http.ResponseWriter, r *http.Request) {
	if err := s.o.Machine.Restart(r.Context()); err != nil {
		s.say("Máy không tự khởi động lại được. Rút điện, đợi 5 giây, cắm lại.")
		to(w, r, "tools")
		return
	}
	s.show(w, "going", "Máy đang khởi động lại.")
}

type wipeView struct {
	Number  string
	Typed   string
	Waiting int
	Unknown bool // how many wait cannot be told
	Wrong   bool
}

// askWipe tells what would be lost and gives the number to type.
func (s *server) askWipe(w http.ResponseWriter, r *http.Request) {
	n, err := s.o.Machine.Waiting(r.Context())
	s.mu.Lock()
	s.wipe, s.wiping = number(), ""
	v := wipeView{Number: s.wipe, Waiting: n, Unknown: err != nil}
	s.mu.Unlock()
	s.show(w, "wipe", v)
}

func number() string {
	n, err := rand.Int(rand.Reader, big.NewInt(10_000))
	if err != nil {
		return "0000" // never: crypto/rand does not fail
	}
	return fmt.Sprintf("%0*d", digitsToGo, n)
}

// doWipe takes one key of the second step; with the right number typed, the machine is wiped.
func (s *server) doWipe(w http.ResponseWriter, r *http.Request) {
	key := r.PostFormValue("key")
	s.mu.Lock()
	asked := s.wipe != ""
	s.wiping = press(s.wiping, key, digitsToGo)
	v := wipeView{Number: s.wipe, Typed: s.wiping}
	right := asked && key == "enter" && s.wiping == s.wipe
	if key == "enter" {
		v.Wrong, v.Typed, s.wiping = !right, "", ""
	}
	s.mu.Unlock()
	switch {
	case !asked:
		to(w, r, "wipe")
	case !right:
		s.show(w, "wipe2", v)
	default:
		if err := s.o.Machine.Wipe(r.Context()); err != nil {
			s.say("Không xóa hết được máy. Giữ thẻ nhớ lại và hủy nó theo quy định.")
			to(w, r, "tools")
			return
		}
		s.mu.Lock()
		s.forget()
		s.mu.Unlock()
		s.show(w, "going", "Máy đã xóa khóa, hồ sơ và cấu hình, và đang khởi động lại.")
	}
}
