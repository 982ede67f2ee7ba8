package technician

import (
	"net/http"
	"slices"

	"motcua/kiosk/doctor"
)

// groups sort the checks as a technician looks for them; each fits on one page of the smallest panel.
var groups = []struct {
	Key, Title string
	Checks     []string
}{
	{"devices", "Thiết bị", []string{"reader", "card", "camera", "paper_camera", "printer", "touch", "voice", "panel"}},
	{"machine", "Máy", []string{"disk", "storage", "temperature", "clock", "rtc", "crash"}},
	{"network", "Mạng", []string{"network", "office", "certificate", "authority", "outbox"}},
	{"data", "Dữ liệu", []string{"database", "audit", "models", "trust", "catalogue", "calendar", "bundles", "places"}},
}

// row is a check as shown.
type row struct {
	Name, Title, Text, Fix, Seen string
	Result                       doctor.Result // "" as long as it was not run
}

// Sign names the tick's symbol: ok, warn, fail, absent, or "none" when the check was not run.
func (r row) Sign() string {
	if r.Result == "" {
		return "none"
	}
	return string(r.Result)
}

// Word tells the result to who cannot see the tick's colour.
func (r row) Word() string {
	return map[string]string{"ok": "Tốt", "warn": "Cần chú ý", "fail": "Hỏng", "absent": "Không lắp", "none": "Chưa thử"}[r.Sign()]
}

type groupView struct {
	Key, Title string
	Rows       []row
	Worst      string // as Sign
	Bad        int
}

// weight orders the results, the worst last.
var weight = map[string]int{"none": 0, "absent": 0, "ok": 1, "warn": 2, "fail": 3}

// groupsLocked gives the groups with what was found last. Call it with mu held.
func (s *server) groupsLocked() []groupView {
	var list []groupView
	for _, g := range groups {
		v := groupView{Key: g.Key, Title: g.Title, Worst: "none"}
		for _, name := range g.Checks {
			r := s.rowLocked(name)
			if weight[r.Sign()] > weight[v.Worst] {
				v.Worst = r.Sign()
			}
			if weight[r.Sign()] > 1 {
				v.Bad++
			}
			v.Rows = append(v.Rows, r)
		}
		list = append(list, v)
	}
	return list
}

func (s *server) rowLocked(name string) row {
	r := row{Name: name, Title: doctor.Title(name)}
	if i := slices.IndexFunc(s.report.Checks, func(f doctor.Finding) bool { return f.Name == name }); i >= 0 {
		f := s.report.Checks[i]
		told := f.Told()
		r.Result, r.Text, r.Fix, r.Seen = f.Result, told.Text, told.Fix, f.Text
	}
	return r
}

// known tells whether a check stands in a group.
func known(name string) (group string, ok bool) {
	for _, g := range groups {
		if slices.Contains(g.Checks, name) {
			return g.Key, true
		}
	}
	return "", false
}

// most is how many faults the summary names; the groups name the rest.
const most = 3

type summaryView struct {
	Bad  []row
	More int
	Well int
}

// summary runs the checks the first time, then shows what was found.
func (s *server) summary(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	fresh := len(s.report.Checks) == 0
	s.mu.Unlock()
	if fresh && !s.run(w, r) {
		return
	}
	var v summaryView
	s.mu.Lock()
	for _, want := range []doctor.Result{doctor.Fail, doctor.Warn} {
		for _, f := range s.report.Checks {
			if f.Result == want {
				v.Bad = append(v.Bad, s.rowLocked(f.Name))
			}
		}
	}
	v.Well = s.report.Count(doctor.OK)
	s.mu.Unlock()
	if len(v.Bad) > most {
		v.More = len(v.Bad) - most
		v.Bad = v.Bad[:most]
	}
	s.show(w, "summary", v)
}

// run makes the named checks, or all, and keeps what they found. It answers the request itself when they cannot be run.
func (s *server) run(w http.ResponseWriter, r *http.Request, names ...string) bool {
	rep, err := s.o.Machine.Doctor(r.Context(), names...)
	if err != nil {
		http.Error(w, "the checks cannot be run", http.StatusInternalServerError)
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range rep.Checks {
		if i := slices.IndexFunc(s.report.Checks, func(o doctor.Finding) bool { return o.Name == f.Name }); i >= 0 {
			s.report.Checks[i] = f
		} else {
			s.report.Checks = append(s.report.Checks, f)
		}
	}
	s.report.OK = s.report.Count(doctor.Fail) == 0
	return true
}

// all runs every check again.
func (s *server) all(w http.ResponseWriter, r *http.Request) {
	if s.run(w, r) {
		to(w, r, "")
	}
}

func (s *server) group(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	list := s.groupsLocked()
	s.mu.Unlock()
	i := slices.IndexFunc(list, func(g groupView) bool { return g.Key == r.PathValue("group") })
	if i < 0 {
		http.NotFound(w, r)
		return
	}
	s.show(w, "group", list[i])
}

type checkView struct {
	row
	Group string
}

func (s *server) check(w http.ResponseWriter, r *http.Request) {
	group, ok := known(r.PathValue("name"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.mu.Lock()
	v := checkView{s.rowLocked(r.PathValue("name")), group}
	s.mu.Unlock()
	s.show(w, "check", v)
}

// recheck runs one check again.
func (s *server) recheck(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if _, ok := known(name); !ok {
		http.NotFound(w, r)
		return
	}
	if s.run(w, r, name) {
		to(w, r, "check/"+name)
	}
}
