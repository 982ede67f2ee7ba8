package officer

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"motcua/kiosk/onestop"
)

type queueBody struct {
	Counter int
	Waiting int
	Next    int // the number that would be called, 0 when nobody waits
	Mine    []ticket
	Last    []ticket
	Drawn   int
	Error   string
}

type ticket struct {
	Number, Counter, Calls int
	At                     string
	Badge                  badge
	Open                   bool
}

func ticketOf(t onestop.Ticket) ticket {
	v := ticket{Number: t.Number, Counter: t.Counter, Calls: t.Calls, At: when(t.Called), Open: t.Status == onestop.TicketCalled}
	switch t.Status {
	case onestop.TicketWaiting:
		v.Badge = badge{"quiet", "Đang chờ"}
	case onestop.TicketCalled:
		v.Badge = badge{"info", "Đã gọi"}
	case onestop.TicketServed:
		v.Badge = badge{"good", "Đã tiếp"}
	case onestop.TicketAbsent:
		v.Badge = badge{"warn", "Vắng mặt"}
	}
	return v
}

// counterCookie remembers at which counter a person sits.
const counterCookie = "quay"

func counterOf(r *http.Request) int {
	c, err := r.Cookie(counterCookie)
	if err != nil {
		return 1
	}
	if n := number(c.Value); n >= 1 && n <= onestop.MaxCounter {
		return int(n)
	}
	return 1
}

func (h *handler) queue(w http.ResponseWriter, r *http.Request, p person) {
	h.showQueue(w, r, p, http.StatusOK, counterOf(r), "")
}

func (h *handler) showQueue(w http.ResponseWriter, r *http.Request, p person, status, counter int, problem string) {
	all, err := h.desk.Tickets(r.Context())
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	b := queueBody{Counter: counter, Error: problem, Drawn: int(number(r.URL.Query().Get("so")))}
	for _, t := range slices.Backward(all) {
		switch {
		case t.Status == onestop.TicketWaiting:
			b.Waiting++
			b.Next = t.Number
		case t.Status == onestop.TicketCalled && t.Counter == counter:
			b.Mine = append(b.Mine, ticketOf(t))
		case len(b.Last) < 12:
			b.Last = append(b.Last, ticketOf(t))
		}
	}
	h.show(w, r, status, "queue", "Gọi số", &p, b)
}

// call draws, calls and closes queue numbers.
func (h *handler) call(w http.ResponseWriter, r *http.Request, p person) {
	counter, n := int(number(r.PostFormValue("counter"))), int(number(r.PostFormValue("number")))
	to := "/goi-so"
	var err error
	switch r.PostFormValue("do") {
	case "draw":
		var t onestop.Ticket
		t, err = h.desk.NewTicket(r.Context(), p.Account)
		to += "?so=" + strconv.Itoa(t.Number)
	case "call":
		_, err = h.desk.CallNext(r.Context(), p.Account, counter)
	case "again":
		err = h.desk.SetTicket(r.Context(), p.Account, n, onestop.TicketCalled)
	case "served":
		err = h.desk.SetTicket(r.Context(), p.Account, n, onestop.TicketServed)
	case "absent":
		err = h.desk.SetTicket(r.Context(), p.Account, n, onestop.TicketAbsent)
	default:
		err = onestop.ErrCounter
	}
	switch {
	case errors.Is(err, onestop.ErrNotFound):
		h.showQueue(w, r, p, http.StatusOK, max(counter, 1), "Không còn ai đang chờ.")
	case errors.Is(err, onestop.ErrCounter):
		h.showQueue(w, r, p, http.StatusUnprocessableEntity, 1, "Quầy từ 1 đến 99, số của hôm nay và đã được gọi.")
	case err != nil:
		h.problem(w, r, http.StatusInternalServerError, err)
	default:
		if counter > 0 {
			http.SetCookie(w, h.cookie(counterCookie, strconv.Itoa(counter), 12*time.Hour))
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
}

type boardBody struct {
	Called  []ticket
	Waiting int
}

// board is the screen over the counters: numbers alone, for everybody.
func (h *handler) board(w http.ResponseWriter, r *http.Request) {
	all, err := h.desk.Tickets(r.Context())
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	var b boardBody
	slices.SortStableFunc(all, func(x, y onestop.Ticket) int { return y.Called.Compare(x.Called) })
	for _, t := range all {
		switch {
		case t.Status == onestop.TicketWaiting:
			b.Waiting++
		case t.Status == onestop.TicketCalled && len(b.Called) < 8:
			b.Called = append(b.Called, ticketOf(t))
		}
	}
	w.Header().Set("Refresh", "5")
	h.show(w, r, http.StatusOK, "board", "Số đang gọi", nil, b)
}

type machinesBody struct{ Kiosks []machine }

type machine struct {
	Name, At string
	Badge    badge
	Rows     []onestop.Line
}

// silent is after how long without a word a kiosk counts as gone.
const silent = 10 * time.Minute

// beatLabels are the words for what kiosks tell of themselves; what is not here is shown under its own name.
var beatLabels = map[string]string{
	"version": "Phiên bản", "at": "Giờ của ki-ốt", "unsent": "Hồ sơ chưa gửi", "oldest_age_s": "Chờ lâu nhất (giây)",
	"quarantine": "Hồ sơ cần kỹ thuật viên", "certificate_days_left": "Chứng thư còn (ngày)", "reader": "Đầu đọc thẻ", "camera": "Máy ảnh",
	"printer": "Máy in", "models": "Mô hình nhận dạng", "store": "Cơ sở dữ liệu", "disk": "Ổ đĩa", "clock": "Đồng hồ", "catalogue": "Danh mục thủ tục",
	"trust": "Chứng thư gốc", "office": "Kết nối văn phòng", "voice": "Loa", "panel": "Đèn báo", "memory": "Bộ nhớ", "temperature": "Nhiệt độ",
}

// checkWords are the words for the results of a kiosk's own checks.
var checkWords = map[string]string{"ok": "tốt", "warn": "cần xem", "fail": "hỏng"}

// machines shows the last word of each kiosk about itself.
func (h *handler) machines(w http.ResponseWriter, r *http.Request, p person) {
	all, err := h.desk.Kiosks(r.Context(), p.Account)
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	var b machinesBody
	for _, k := range all {
		m := machine{Name: k.Kiosk, At: when(k.At), Badge: badge{"good", "Đang chạy"}}
		var failed int
		m.Rows, failed = beatRows(k.Body)
		if failed > 0 {
			m.Badge = badge{"warn", fmt.Sprintf("%d bộ phận hỏng", failed)}
		}
		if age := h.desk.Now().Sub(k.At); age > silent {
			m.Badge = badge{"bad", "Im lặng " + span(age)}
		}
		b.Kiosks = append(b.Kiosks, m)
	}
	h.show(w, r, http.StatusOK, "machines", "Máy", &p, b)
}

// beatRows writes the object that a kiosk sent, in the order of its keys; its checks stand among them by their names. failed counts
// the checks that did.
func beatRows(body string) (out []onestop.Line, failed int) {
	var v map[string]any
	if json.Unmarshal([]byte(body), &v) != nil {
		return []onestop.Line{{Label: "Nội dung", Value: "không đọc được"}}, 0
	}
	checks, _ := v["checks"].(map[string]any)
	delete(v, "checks")
	for _, k := range slices.Sorted(maps.Keys(v)) {
		out = append(out, onestop.Line{Label: beatLabel(k), Value: beatValue(v[k])})
	}
	for _, k := range slices.Sorted(maps.Keys(checks)) {
		word := fmt.Sprint(checks[k])
		if word == "fail" {
			failed++
		}
		if known := checkWords[word]; known != "" {
			word = known
		}
		out = append(out, onestop.Line{Label: beatLabel(k), Value: word})
	}
	return out, failed
}

func beatLabel(key string) string {
	if l := beatLabels[key]; l != "" {
		return l
	}
	return key
}

func beatValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "không rõ"
	case bool:
		if v {
			return "tốt"
		}
		return "có lỗi"
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}
