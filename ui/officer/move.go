package officer

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

type moveBody struct {
	ID       string
	Name     string
	Title    string
	From     badge
	To       badge
	FromCode int
	Label    string
	Tone     string
	Says     string // what will happen
	Note     string
	NoteHint string
	NeedNote bool
	Confirm  bool
	Reason   string
	Override bool // the identity is not verified: a reason that stays in the office is needed
	Identity badge
	Warning  string
	Error    string
	MaxNote  int
}

func (h *handler) movePage(w http.ResponseWriter, r *http.Request, p person) {
	h.showMove(w, r, p, http.StatusOK, "", "", "")
}

// showMove asks for what the move needs: words to the citizen, a second yes.
func (h *handler) showMove(w http.ResponseWriter, r *http.Request, p person, status int, note, reason, problem string) {
	in, supplements, err := h.desk.Line(r.Context(), p.Account, r.PathValue("id"))
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	to := stateOf(r.PathValue("to"))
	m, ok := onestop.FindMove(in.State, to)
	switch {
	case !ok || !onestop.Allowed(in.State, to, in.Number) || in.Fault != "":
		h.problem(w, r, http.StatusConflict, onestop.ErrRefused)
		return
	case !p.Role.May(m.Perm):
		h.problem(w, r, http.StatusForbidden, onestop.ErrDenied)
		return
	}
	body := moveBody{
		ID: in.ID, Name: in.Name, Title: in.Title, From: stateBadge(m.From), To: stateBadge(m.To), FromCode: int(m.From),
		Label: m.Label, Tone: moveTone(m), Says: moveText(m), Note: note, NoteHint: noteHint(m.To), Reason: reason,
		NeedNote: m.Need&onestop.NeedNote != 0, Confirm: m.Need&onestop.NeedConfirm != 0, Override: onestop.NeedsReason(in.Item, to),
		Identity: verdictBadge(in.Verdict, false), Error: problem, MaxNote: onestop.MaxNote,
	}
	if to == kiosk.StateSupplement && supplements > 0 {
		body.Warning = fmt.Sprintf("Hồ sơ này đã được yêu cầu bổ sung %d lần. Yêu cầu thêm lần nữa thì hồ sơ bị tính là trễ hạn (chỉ số 2.1, Quyết định 766/QĐ-TTg).", supplements)
	}
	h.show(w, r, status, "move", m.Label, &p, body)
}

func (h *handler) move(w http.ResponseWriter, r *http.Request, p person) {
	note, reason := r.PostFormValue("note"), r.PostFormValue("reason")
	_, err := h.desk.Move(r.Context(), p.Account, onestop.MoveRequest{
		ID: r.PathValue("id"), From: stateOf(r.PostFormValue("from")), To: stateOf(r.PathValue("to")), Note: note, Reason: reason,
		Confirmed: r.PostFormValue("confirm") == "yes",
	})
	again := func(text string) { h.showMove(w, r, p, http.StatusUnprocessableEntity, note, reason, text) }
	switch {
	case err == nil:
		http.Redirect(w, r, "/ho-so/"+r.PathValue("id"), http.StatusSeeOther)
	case errors.Is(err, onestop.ErrNote):
		again("Cần ghi nội dung cho công dân trước khi chuyển.")
	case errors.Is(err, onestop.ErrReason):
		again("Danh tính chưa được máy xác thực: cần ghi đã đối chiếu bằng cách nào.")
	case errors.Is(err, onestop.ErrLong):
		again("Nội dung dài quá " + strconv.Itoa(onestop.MaxNote) + " ký tự. Mời rút ngắn.")
	case errors.Is(err, onestop.ErrConfirm):
		again("Cần đánh dấu vào ô xác nhận, vì việc này không hoàn lại được.")
	default:
		h.problem(w, r, http.StatusInternalServerError, err)
	}
}

// stateOf reads a state's number; 0 for anything else.
func stateOf(s string) kiosk.DossierState {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 10 {
		return 0
	}
	return kiosk.DossierState(n)
}

func moveText(m onestop.Move) string {
	switch m.To {
	case kiosk.StateReceived:
		return "Hồ sơ được cấp mã hồ sơ chính thức và bắt đầu tính thời hạn giải quyết. Mã đã cấp không thay đổi được."
	case kiosk.StateNotReceived:
		return "Hồ sơ kết thúc tại đây. Công dân đọc được lý do khi tra cứu bằng phiếu nộp hồ sơ."
	case kiosk.StateProcessing:
		if m.From == kiosk.StateFinished {
			return "Hồ sơ được mở lại để đính chính. Công dân đọc được lý do khi tra cứu."
		}
		return "Hồ sơ chuyển sang bộ phận chuyên môn xử lý."
	case kiosk.StateSupplement:
		return "Công dân đọc được nội dung cần bổ sung khi tra cứu bằng phiếu nộp hồ sơ. Mỗi hồ sơ chỉ nên yêu cầu bổ sung một lần."
	case kiosk.StatePayment:
		return "Công dân đọc được khoản phải nộp và cách nộp khi tra cứu."
	case kiosk.StateWithdrawn:
		return "Ghi nhận công dân đã yêu cầu rút hồ sơ."
	case kiosk.StateStopped:
		return "Hồ sơ kết thúc, không giải quyết tiếp. Công dân đọc được lý do khi tra cứu."
	case kiosk.StateFinished:
		return "Kết quả đã có. Công dân thấy hồ sơ đã xử lý xong và có thể đến nhận."
	case kiosk.StateReturned:
		return "Kết quả đã giao cho công dân. Hồ sơ kết thúc."
	case kiosk.StateRegistered:
	}
	return ""
}

func noteHint(to kiosk.DossierState) string {
	switch to {
	case kiosk.StateNotReceived, kiosk.StateStopped:
		return "Lý do, viết cho công dân đọc: căn cứ nào, và ông/bà nên làm gì tiếp."
	case kiosk.StateSupplement:
		return "Cần bổ sung giấy tờ nào, bản chính hay bản sao, nộp ở đâu, trước ngày nào."
	case kiosk.StatePayment:
		return "Khoản phải nộp, số tiền, cách nộp."
	case kiosk.StateProcessing:
		return "Lý do xử lý lại."
	case kiosk.StateRegistered, kiosk.StateReceived, kiosk.StateWithdrawn, kiosk.StateFinished, kiosk.StateReturned:
	}
	return ""
}
