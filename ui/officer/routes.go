package officer

import (
	"net/http"

	"motcua/kiosk/onestop"
)

// Route is one address of the pages and who may use it. The handlers ask package onestop again for what they do.
type Route struct {
	Pattern string             // method and path as net/http takes them
	Public  bool               // needs no login: for citizens, supervisors, style
	Perm    onestop.Permission // what the role must be allowed, "" for every person who is logged in
}

type route struct {
	Route
	open   http.HandlerFunc                                 // of a public one
	person func(http.ResponseWriter, *http.Request, person) // of the others
}

func (h *handler) table() []route {
	public := func(pattern string, f http.HandlerFunc) route {
		return route{Route{Pattern: pattern, Public: true}, f, nil}
	}
	person := func(pattern string, perm onestop.Permission, f func(http.ResponseWriter, *http.Request, person)) route {
		return route{Route{Pattern: pattern, Perm: perm}, nil, f}
	}
	return []route{
		public("GET /dang-nhap", h.loginPage),
		public("POST /dang-nhap", h.login),
		public("GET /tra-cuu", h.lookup),
		public("GET /tra-cuu/{token}", h.status),
		public("POST /tra-cuu/{token}", h.rate),
		public("GET /phan-anh", h.sayPage),
		public("POST /phan-anh", h.say),
		public("GET /phan-anh/{code}", h.heard),
		public("GET /bang-so", h.board),
		public("GET /static/officer.css", h.stylesheet),
		public("GET /static/fonts/{name}", h.font),
		public("GET /suc-khoe", h.health),
		public("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),

		person("GET /{$}", "", h.inbox),
		person("GET /ho-so/{id}", onestop.PermOpen, h.dossier),
		person("GET /ho-so/{id}/chuyen/{to}", onestop.PermInbox, h.movePage),
		person("POST /ho-so/{id}/chuyen/{to}", onestop.PermInbox, h.move),
		person("GET /ho-so/{id}/ban-giao", onestop.PermForward, h.handoverPage),
		person("POST /ho-so/{id}/ban-giao", onestop.PermForward, h.handover),
		person("POST /ho-so/{id}/nhan/{seq}", onestop.PermOpen, h.acknowledge),
		person("GET /ho-so/{id}/gia-han", onestop.PermSign, h.extendPage),
		person("POST /ho-so/{id}/gia-han", onestop.PermSign, h.extend),
		person("POST /ho-so/{id}/phan/{ord}", onestop.PermProcess, h.childDone),
		person("POST /ho-so/{id}/ket-qua", onestop.PermProcess, h.addResult),
		person("GET /ho-so/{id}/ket-qua/{seq}", onestop.PermOpen, h.result),
		person("POST /ho-so/{id}/sao-y", onestop.PermCompare, h.addCopy),
		person("POST /ho-so/{id}/sao-y/{seq}/doi-chieu", onestop.PermCompare, h.compareCopy),
		person("POST /ho-so/{id}/sao-y/{seq}/ky", onestop.PermSign, h.signCopy),
		person("GET /ho-so/{id}/kiem-soat", onestop.PermOpen, h.control),
		person("GET /ho-so/{id}/chung-cu", onestop.PermExport, h.evidencePage),
		person("POST /ho-so/{id}/chung-cu", onestop.PermExport, h.evidence),
		person("GET /phieu/{seq}", onestop.PermOpen, h.letter),
		person("GET /anh/{address}", onestop.PermOpen, h.picture),
		person("GET /xem/{address}", onestop.PermOpen, h.zoom),
		person("GET /goi-so", onestop.PermQueue, h.queue),
		person("POST /goi-so", onestop.PermQueue, h.call),
		person("GET /may", onestop.PermKiosks, h.machines),
		person("GET /thong-ke", onestop.PermReport, h.statistics),
		person("GET /thong-ke.csv", onestop.PermReport, h.statisticsCSV),
		person("GET /thong-ke.xlsx", onestop.PermReport, h.statisticsXLSX),
		person("GET /so-theo-doi", onestop.PermReport, h.register),
		person("GET /gop-y", onestop.PermFeedback, h.feedback),
		person("POST /gop-y/{code}", onestop.PermFeedback, h.answer),
		person("GET /mat-khau", "", h.passwordPage),
		person("POST /mat-khau", "", h.password),
		person("POST /dang-xuat", "", h.logout),
		person("POST /dang-xuat-moi-noi", "", h.logoutEverywhere),
	}
}

// Routes lists every address, for tests of who may do what.
func Routes() []Route {
	var out []Route
	for _, r := range new(handler).table() {
		out = append(out, r.Route)
	}
	return out
}

func (h *handler) routes() http.Handler {
	mux := http.NewServeMux()
	for _, r := range h.table() {
		if r.Public {
			mux.HandleFunc(r.Pattern, r.open)
			continue
		}
		mux.HandleFunc(r.Pattern, h.person(r.Perm, r.person))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		h.problem(w, r, http.StatusNotFound, onestop.ErrNotFound)
	})
	return mux
}
