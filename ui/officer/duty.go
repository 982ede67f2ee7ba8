package officer

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"motcua/kiosk/onestop"
)

// number reads a positive number of the address or the form; 0 for anything else.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// back shows the dossier again after something was done to it.
func (h *handler) back(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	http.Redirect(w, r, "/ho-so/"+url.PathEscape(r.PathValue("id")), http.StatusSeeOther)
}

type handoverBody struct {
	ID, Name, Title string
	People          []choice
	Error           string
	Note            string
	MaxNote         int
}

type choice struct {
	ID         int64
	Name, Role string
}

func (h *handler) handoverPage(w http.ResponseWriter, r *http.Request, p person) {
	h.showHandover(w, r, p, http.StatusOK, "")
}

func (h *handler) showHandover(w http.ResponseWriter, r *http.Request, p person, status int, problem string) {
	e, _, err := h.desk.Line(r.Context(), p.Account, r.PathValue("id"))
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	all, err := h.desk.Colleagues(r.Context(), p.Account)
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	b := handoverBody{ID: e.ID, Name: e.Name, Title: e.Title, Error: problem, Note: r.PostFormValue("note"), MaxNote: onestop.MaxNote}
	for _, a := range all {
		b.People = append(b.People, choice{a.ID, a.Name, a.Role.Title()})
	}
	h.show(w, r, status, "handover", "Bàn giao hồ sơ", &p, b)
}

func (h *handler) handover(w http.ResponseWriter, r *http.Request, p person) {
	_, err := h.desk.HandOver(r.Context(), p.Account, r.PathValue("id"), number(r.PostFormValue("to")), r.PostFormValue("note"))
	switch {
	case errors.Is(err, onestop.ErrWho), errors.Is(err, onestop.ErrSelf):
		h.showHandover(w, r, p, http.StatusUnprocessableEntity, "Mời chọn người nhận đang làm việc tại Bộ phận Một cửa.")
	case errors.Is(err, onestop.ErrLong):
		h.showHandover(w, r, p, http.StatusUnprocessableEntity, "Ghi chú dài quá. Mời rút ngắn.")
	default:
		h.back(w, r, err)
	}
}

func (h *handler) acknowledge(w http.ResponseWriter, r *http.Request, p person) {
	h.back(w, r, h.desk.Acknowledge(r.Context(), p.Account, number(r.PathValue("seq"))))
}

func (h *handler) childDone(w http.ResponseWriter, r *http.Request, p person) {
	h.back(w, r, h.desk.DoneChild(r.Context(), p.Account, r.PathValue("id"), int(number(r.PathValue("ord")))))
}

type extendBody struct {
	ID, Name, Title, Due, Day, Note, Error string
	MaxNote                                int
}

func (h *handler) extendPage(w http.ResponseWriter, r *http.Request, p person) {
	h.showExtend(w, r, p, http.StatusOK, "")
}

func (h *handler) showExtend(w http.ResponseWriter, r *http.Request, p person, status int, problem string) {
	e, _, err := h.desk.Line(r.Context(), p.Account, r.PathValue("id"))
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	h.show(w, r, status, "extend", "Xin lỗi và gia hạn", &p, extendBody{
		ID: e.ID, Name: e.Name, Title: e.Title, Due: when(e.Due), Day: r.PostFormValue("day"), Note: r.PostFormValue("note"), Error: problem,
		MaxNote: onestop.MaxNote,
	})
}

// closing is the hour at which a day that was typed ends.
const closing = 17 * time.Hour

func (h *handler) extend(w http.ResponseWriter, r *http.Request, p person) {
	again := func(text string) { h.showExtend(w, r, p, http.StatusUnprocessableEntity, text) }
	day, err := time.ParseInLocation(time.DateOnly, r.PostFormValue("day"), onestop.Zone)
	if err != nil {
		again("Cần chọn ngày trả kết quả mới.")
		return
	}
	_, err = h.desk.Extend(r.Context(), p.Account, r.PathValue("id"), day.Add(closing), r.PostFormValue("note"))
	switch {
	case errors.Is(err, onestop.ErrDate):
		again("Ngày mới phải sau ngày hẹn cũ và sau hôm nay.")
	case errors.Is(err, onestop.ErrNote):
		again("Cần ghi lý do để công dân biết.")
	case errors.Is(err, onestop.ErrLong):
		again("Lý do dài quá. Mời rút ngắn.")
	case errors.Is(err, onestop.ErrExtended):
		again("Hồ sơ này đã gia hạn một lần. Không gia hạn lần thứ hai.")
	default:
		h.back(w, r, err)
	}
}

func (h *handler) addResult(w http.ResponseWriter, r *http.Request, p person) {
	f, _, err := r.FormFile("file")
	if err != nil {
		h.back(w, r, onestop.ErrResult)
		return
	}
	defer func() { _ = f.Close() }() // it was read in memory
	data, err := io.ReadAll(io.LimitReader(f, onestop.MaxResult+1))
	if err == nil {
		_, err = h.desk.AddResult(r.Context(), p.Account, r.PathValue("id"), r.PostFormValue("name"), r.PostFormValue("code"), data)
	}
	h.back(w, r, err)
}

func (h *handler) result(w http.ResponseWriter, r *http.Request, p person) {
	f, data, err := h.desk.Result(r.Context(), p.Account, number(r.PathValue("seq")))
	if err == nil && f.Dossier != r.PathValue("id") {
		err = onestop.ErrNotFound
	}
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	defer clear(data)
	w.Header().Set("Content-Type", f.Type)
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="ket-qua-%d"`, f.Seq))
	_, _ = w.Write(data) // a browser that went away asks again
}

func (h *handler) addCopy(w http.ResponseWriter, r *http.Request, p person) {
	_, err := h.desk.AddCopy(r.Context(), p.Account, r.PathValue("id"), int(number(r.PostFormValue("paper"))), int(number(r.PostFormValue("pages"))))
	h.back(w, r, err)
}

func (h *handler) compareCopy(w http.ResponseWriter, r *http.Request, p person) {
	h.back(w, r, h.desk.CompareCopy(r.Context(), p.Account, number(r.PathValue("seq"))))
}

func (h *handler) signCopy(w http.ResponseWriter, r *http.Request, p person) {
	_, err := h.desk.SignCopy(r.Context(), p.Account, number(r.PathValue("seq")))
	h.back(w, r, err)
}

type zoomBody struct {
	Link, Name string
	Class      string
	Steps      []link
}

// zooms are the sizes of a page that can be looked at.
var zooms = []struct{ key, text string }{{"vua", "Vừa khung"}, {"100", "100 %"}, {"150", "150 %"}, {"200", "200 %"}, {"300", "300 %"}}

// zoom shows one picture large, without any script.
func (h *handler) zoom(w http.ResponseWriter, r *http.Request, p person) {
	address := r.PathValue("address")
	_, which, ok := onestop.OpenPictureAddress(p.cookie, address)
	if !ok {
		h.problem(w, r, http.StatusNotFound, onestop.ErrNotFound)
		return
	}
	b := zoomBody{Link: "/anh/" + address, Name: pictureText(which), Class: "z-vua"}
	for _, z := range zooms {
		current := z.key == r.URL.Query().Get("co") || z.key == "vua" && r.URL.Query().Get("co") == ""
		if current {
			b.Class = "z-" + z.key
		}
		b.Steps = append(b.Steps, link{"/xem/" + address + "?co=" + z.key, z.text, current})
	}
	h.show(w, r, http.StatusOK, "zoom", "Xem "+b.Name, &p, b)
}
