package officer

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

type feedbackBody struct {
	Items   []feedbackRow
	Error   string
	MaxNote int
}

type feedbackRow struct {
	Code, At, Due, Words, Answer, Who string
	Badge                             badge
	Open                              bool
}

func (h *handler) feedback(w http.ResponseWriter, r *http.Request, p person) {
	h.showFeedback(w, r, p, http.StatusOK, "")
}

func (h *handler) showFeedback(w http.ResponseWriter, r *http.Request, p person, status int, problem string) {
	all, err := h.desk.Feedbacks(r.Context(), p.Account)
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	b := feedbackBody{Error: problem, MaxNote: onestop.MaxNote}
	for _, f := range all {
		words, err := h.desk.Words(p.Account, f)
		if err != nil {
			words = "(không giải mã được)"
		}
		row := feedbackRow{Code: f.Code, At: when(f.At), Due: when(f.Due), Words: words, Answer: f.Answer, Who: f.By.Name, Open: f.Answered.IsZero(), Badge: badge{"info", "Chờ trả lời"}}
		switch {
		case !row.Open && f.Published:
			row.Badge = badge{"good", "Đã trả lời, công khai"}
		case !row.Open:
			row.Badge = badge{"good", "Đã trả lời"}
		case f.Overdue(h.desk.Now()):
			row.Badge = badge{"bad", "Quá hạn trả lời"}
		}
		b.Items = append(b.Items, row)
	}
	h.show(w, r, status, "feedback", "Phản ánh, kiến nghị", &p, b)
}

func (h *handler) answer(w http.ResponseWriter, r *http.Request, p person) {
	err := h.desk.Answer(r.Context(), p.Account, r.PathValue("code"), r.PostFormValue("answer"), r.PostFormValue("publish") == "yes")
	switch {
	case errors.Is(err, onestop.ErrNote), errors.Is(err, onestop.ErrLong):
		h.showFeedback(w, r, p, http.StatusUnprocessableEntity, "Cần ghi câu trả lời, không quá 1.000 ký tự.")
	case err != nil:
		h.problem(w, r, http.StatusInternalServerError, err)
	default:
		http.Redirect(w, r, "/gop-y", http.StatusSeeOther)
	}
}

type sayBody struct {
	Words, Error, Code, Due string
	Max                     int
}

func (h *handler) sayPage(w http.ResponseWriter, r *http.Request) {
	h.show(w, r, http.StatusOK, "say", "Phản ánh, kiến nghị", nil, sayBody{Max: onestop.MaxFeedback})
}

// say takes a citizen's words. It needs no login; the browser's own word that the form is ours is enough, as nothing is done in
// anybody's name.
func (h *handler) say(w http.ResponseWriter, r *http.Request) {
	b := sayBody{Words: r.PostFormValue("words"), Max: onestop.MaxFeedback}
	f, err := h.desk.Say(r.Context(), b.Words, remote(r))
	status := http.StatusUnprocessableEntity
	var wait onestop.WaitError
	switch {
	case errors.As(err, &wait):
		status, b.Error = http.StatusTooManyRequests, "Đã nhận nhiều ý kiến từ nơi này. Mời đợi "+span(wait.Wait)+" rồi gửi tiếp."
	case errors.Is(err, onestop.ErrEmpty):
		b.Error = "Mời viết nội dung trước khi gửi."
	case errors.Is(err, onestop.ErrLong):
		b.Error = "Nội dung dài quá. Mời rút ngắn còn 4.000 ký tự."
	case err != nil:
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	default:
		status, b = http.StatusOK, sayBody{Code: f.Code, Due: when(f.Due)}
	}
	h.show(w, r, status, "say", "Phản ánh, kiến nghị", nil, b)
}

type heardBody struct {
	Found                                  bool
	Code, At, Due, Answer, Answered, Error string
	Badge                                  badge
}

func (h *handler) heard(w http.ResponseWriter, r *http.Request) {
	f, err := h.desk.Heard(r.Context(), r.PathValue("code"), remote(r))
	var wait onestop.WaitError
	status := http.StatusOK
	var b heardBody
	switch {
	case errors.As(err, &wait):
		status, b.Error = http.StatusTooManyRequests, "Có nhiều lần tra cứu không đúng. Mời đợi "+span(wait.Wait)+" rồi thử lại."
	case kiosk.CodeOf(err) == kiosk.CodeNotFound:
		status, b.Error = http.StatusNotFound, "Không có phản ánh nào mang mã này. Mời kiểm tra lại mã."
	case err != nil:
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	default:
		b = heardBody{Found: true, Code: f.Code, At: when(f.At), Due: when(f.Due), Answer: f.Answer, Answered: when(f.Answered), Badge: badge{"info", "Đang xem xét"}}
		if !f.Answered.IsZero() {
			b.Badge = badge{"good", "Đã trả lời"}
		}
	}
	h.show(w, r, status, "heard", "Tra cứu phản ánh", nil, b)
}

// lookup leads from a code that was typed to its page.
func (h *handler) lookup(w http.ResponseWriter, r *http.Request) {
	code := strings.TrimSpace(r.URL.Query().Get("ma"))
	if code == "" || len(code) > 40 {
		h.show(w, r, http.StatusOK, "lookup", "Tra cứu hồ sơ", nil, nil)
		return
	}
	http.Redirect(w, r, "/tra-cuu/"+url.PathEscape(code), http.StatusSeeOther)
}

// rate takes a rating from the page behind a receipt's code.
func (h *handler) rate(w http.ResponseWriter, r *http.Request) {
	err := h.desk.Rate(r.Context(), r.PathValue("token"), int(number(r.PostFormValue("score"))), remote(r))
	said := "ok"
	switch {
	case errors.Is(err, onestop.ErrTaken):
		said = "roi"
	case errors.Is(err, onestop.ErrScore):
		said = "diem"
	case kiosk.CodeOf(err) == kiosk.CodeNotFound, errors.As(err, new(onestop.WaitError)):
		said = ""
	case err != nil:
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	http.Redirect(w, r, "/tra-cuu/"+url.PathEscape(r.PathValue("token"))+"?danh-gia="+said, http.StatusSeeOther)
}
