package officer

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

const pageSize = 50

type inboxBody struct {
	Tabs    []tab
	Lines   []line
	Total   int
	Waiting int // not yet looked at
	Search  string
	Next    string // address of the next page, "" at the end
	First   string // address of the first page, "" when this is it
	Empty   string
	Views   []link  // mine, late, training
	Alerts  []alert // of the last days
}

type alert struct {
	Link, Text, At string
	Tone           string
}

type tab struct {
	Text    string
	Link    string
	Count   int
	Current bool
	Tone    string
}

type line struct {
	Link     string
	Name     string
	Title    string
	Code     string
	Kiosk    string
	Received string
	Age      string
	Deadline badge
	Officer  string
	Training bool
	Identity badge
	State    badge
	Number   string
}

func (h *handler) inbox(w http.ResponseWriter, r *http.Request, p person) {
	if !p.Role.May(onestop.PermInbox) {
		h.show(w, r, http.StatusOK, "problem", "Hộp hồ sơ", &p, problemText{
			"Tài khoản quản trị không xem hồ sơ", "Vai trò Quản trị hệ thống chỉ quản lý tài khoản, bằng lệnh onestopd officer trên máy chủ. Hồ sơ của công dân chỉ người làm việc tại Bộ phận Một cửa mở được.",
		})
		return
	}
	f, q := filterOf(r, p)
	f.Now = h.desk.Now()
	in, err := h.desk.Inbox(r.Context(), p.Account, f)
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	body := inboxBody{Views: views(f), Tabs: tabs(in.Counts, f), Total: in.Counts.Total(), Waiting: in.Counts.State[kiosk.StateRegistered], Search: f.Search}
	if body.Alerts, err = h.alerts(r); err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	for _, e := range in.Entries {
		body.Lines = append(body.Lines, lineOf(e, h.desk.Now()))
	}
	if in.Next != 0 {
		body.Next = "/?" + q + "sau=" + strconv.FormatInt(in.Next, 10)
	}
	if f.After != 0 {
		body.First = "/?" + q
	}
	switch {
	case f.Search != "":
		body.Empty = "Không có hồ sơ nào mang mã này. Nhập đủ mã hồ sơ, ví dụ H00.00-20261121-0000001."
	case body.Total == 0:
		body.Empty = "Chưa có hồ sơ nào. Hồ sơ công dân nộp tại ki-ốt sẽ hiện ở đây."
	default:
		body.Empty = "Không có hồ sơ nào ở mục này."
	}
	h.show(w, r, http.StatusOK, "inbox", "Hộp hồ sơ", &p, body)
}

// filterOf reads the address and gives it back in canonical form, ending in "&" unless it is empty.
func filterOf(r *http.Request, p person) (f onestop.Filter, query string) {
	f.Limit = pageSize
	q := r.URL.Query()
	if n, err := strconv.Atoi(q.Get("trang-thai")); err == nil && n >= 1 && n <= 10 {
		f.State = kiosk.DossierState(n)
		query += "trang-thai=" + strconv.Itoa(n) + "&"
	}
	if q.Get("loi") == "1" {
		f.Fault = true
		query += "loi=1&"
	}
	switch q.Get("xem") {
	case "cua-toi":
		f.Officer = p.ID
		query += "xem=cua-toi&"
	case "qua-han":
		f.Late = true
		query += "xem=qua-han&"
	case "tap-huan":
		f.Training = true
		query += "xem=tap-huan&"
	}
	if s := strings.TrimSpace(q.Get("ma")); len(s) <= 100 {
		f.Search = s
	}
	if n, err := strconv.ParseInt(q.Get("sau"), 10, 64); err == nil && n > 0 {
		f.After = n
	}
	return f, query
}

func views(f onestop.Filter) []link {
	return []link{
		{"/?xem=cua-toi", "Của tôi", f.Officer != 0}, {"/?xem=qua-han", "Quá hạn", f.Late}, {"/?xem=tap-huan", "Tập huấn", f.Training},
	}
}

// alertDays is how long an alert stands over the inbox.
const alertDays = 2

// alerts lists the warnings of the last days, newest first.
func (h *handler) alerts(r *http.Request) (out []alert, err error) {
	const most = 6
	all, err := h.desk.Alerts(r.Context(), h.desk.Now().AddDate(0, 0, -alertDays))
	for _, a := range all {
		if len(out) == most {
			break
		}
		v := alert{Link: "/ho-so/" + a.Dossier, At: when(a.At), Tone: "warn"}
		switch a.Kind {
		case onestop.AlertDayBefore:
			v.Text = "Ngày làm việc tới đến hạn " + when(a.Due)
		case onestop.AlertDueDay:
			v.Text, v.Tone = "Đến hạn "+when(a.Due), "bad"
		case onestop.AlertHandover:
			v.Text = "Bàn giao lúc " + when(a.Due) + " chưa ai nhận"
		}
		if a.Number != "" {
			v.Text = a.Number + ": " + v.Text
		}
		out = append(out, v)
	}
	return out, err
}

func tabs(c onestop.Counts, f onestop.Filter) []tab {
	all := []tab{{Text: "Tất cả", Link: "/", Count: c.Total(), Current: f.State == 0 && !f.Fault && f.Search == "" && f.Officer == 0 && !f.Late && !f.Training}}
	for s := kiosk.StateRegistered; s <= kiosk.StateReturned; s++ {
		all = append(all, tab{
			Text: s.String(), Link: "/?trang-thai=" + strconv.Itoa(int(s)), Count: c.State[s], Current: f.State == s,
			Tone: stateBadge(s).Tone,
		})
	}
	if c.Fault > 0 || f.Fault {
		all = append(all, tab{Text: "Không mở được", Link: "/?loi=1", Count: c.Fault, Current: f.Fault, Tone: "bad"})
	}
	return all
}

// How long a new dossier may wait before the inbox says so.
const (
	waitsLong    = 24 * time.Hour
	waitsTooLong = 72 * time.Hour
)

func lineOf(e onestop.Entry, now time.Time) line {
	l := line{
		Link: "/ho-so/" + e.ID, Name: e.Name, Title: e.Title, Code: e.Code, Kiosk: e.Kiosk, Received: when(e.Received),
		Age: span(now.Sub(e.Received)), Identity: verdictBadge(e.Verdict, e.Fault != ""), State: stateBadge(e.State), Number: e.Number,
	}
	if l.Name == "" {
		l.Name = "(chưa rõ tên)"
	}
	if e.Fault != "" {
		l.Title = "Không mở được phong bì hồ sơ"
	}
	l.Deadline, l.Officer, l.Training = deadline(e.Item, now), e.Officer.Name, e.Training
	return l
}
