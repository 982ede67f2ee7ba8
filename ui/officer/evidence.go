package officer

import (
	"errors"
	"net/http"

	"motcua/kiosk/onestop"
)

type evidenceBody struct {
	ID, Name, Title, Reason, Error string
	MaxNote                        int
}

func (h *handler) evidencePage(w http.ResponseWriter, r *http.Request, p person) {
	h.showEvidence(w, r, p, http.StatusOK, "")
}

func (h *handler) showEvidence(w http.ResponseWriter, r *http.Request, p person, status int, problem string) {
	e, _, err := h.desk.Line(r.Context(), p.Account, r.PathValue("id"))
	if err == nil && e.Fault != "" {
		err = onestop.ErrFault
	}
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	h.show(w, r, status, "evidence", "Xuất tệp chứng cứ", &p, evidenceBody{
		ID: e.ID, Name: e.Name, Title: e.Title, Reason: r.PostFormValue("reason"), Error: problem, MaxNote: onestop.MaxNote,
	})
}

// evidence gives the archive. It is written page by page: what breaks in the middle breaks the connection, so that half a file is
// never taken for a whole one.
func (h *handler) evidence(w http.ResponseWriter, r *http.Request, p person) {
	id := r.PathValue("id")
	write, err := h.desk.Evidence(r.Context(), p.Account, id, r.PostFormValue("reason"))
	switch {
	case errors.Is(err, onestop.ErrNote):
		h.showEvidence(w, r, p, http.StatusUnprocessableEntity, "Cần ghi ai yêu cầu và căn cứ nào trước khi xuất.")
	case errors.Is(err, onestop.ErrLong):
		h.showEvidence(w, r, p, http.StatusUnprocessableEntity, "Nội dung dài quá. Mời rút ngắn.")
	case err != nil:
		h.problem(w, r, http.StatusInternalServerError, err)
	default:
		w.Header().Set("Content-Type", "application/zip")
		w.Header().Set("Content-Disposition", `attachment; filename="chung-cu-`+id+`.zip"`)
		if err := write(w); err != nil {
			h.desk.Fault(r.Context(), err)
			panic(http.ErrAbortHandler)
		}
	}
}
