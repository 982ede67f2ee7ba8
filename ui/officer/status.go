package officer

import (
	"errors"
	"net/http"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

type statusBody struct {
	Found     bool
	State     badge
	Says      string
	Number    string
	Procedure string
	Submitted string
	Updated   string
	Note      string
	Error     string
	Scores    []scoreChoice
	Rated     string
	RatePath  string
}

// status is what a citizen sees who follows a receipt's QR code. It names no person.
func (h *handler) status(w http.ResponseWriter, r *http.Request) {
	s, err := h.desk.Status(r.Context(), r.PathValue("token"), remote(r))
	var wait onestop.WaitError
	code := http.StatusOK
	var body statusBody
	switch {
	case errors.As(err, &wait):
		code, body.Error = http.StatusTooManyRequests, "Có nhiều lần tra cứu không đúng. Mời đợi "+span(wait.Wait)+" rồi thử lại."
	case kiosk.CodeOf(err) == kiosk.CodeNotFound:
		code, body.Error = http.StatusNotFound, "Không có hồ sơ nào mang mã này. Hồ sơ vừa nộp có thể chưa gửi tới văn phòng: mời thử lại sau, hoặc kiểm tra mã trên phiếu nộp hồ sơ."
	case err != nil:
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	default:
		body = statusBody{
			Found: true, State: stateBadge(s.State), Says: statusText(s.State, s.Note != ""), Number: s.Number, Procedure: s.Procedure,
			Submitted: when(s.Submitted), Updated: when(s.Updated), Note: s.Note, RatePath: r.URL.Path, Scores: scoreChoices,
			Rated: rateText(r.URL.Query().Get("danh-gia")),
		}
	}
	h.show(w, r, code, "status", "Tra cứu hồ sơ", nil, body)
}

type scoreChoice struct {
	Value int
	Text  string
}

var scoreChoices = []scoreChoice{{5, "Rất hài lòng"}, {4, "Hài lòng"}, {3, "Bình thường"}, {2, "Không hài lòng"}, {1, "Rất không hài lòng"}}

func rateText(said string) string {
	switch said {
	case "ok":
		return "Cảm ơn ông/bà đã đánh giá."
	case "roi":
		return "Ông/bà đã đánh giá rồi. Mỗi phiếu đánh giá một lần khi nộp và một lần khi nhận kết quả."
	case "diem":
		return "Mời chọn một mức từ 1 đến 5."
	}
	return ""
}

// statusText says what a state means for the citizen; noted: an officer's words follow.
func statusText(s kiosk.DossierState, noted bool) string {
	switch s {
	case kiosk.StateRegistered:
		if noted {
			return "Hồ sơ đã đến văn phòng."
		}
		return "Hồ sơ đã đến văn phòng và đang chờ cán bộ tiếp nhận. Ông/bà chưa cần làm gì thêm."
	case kiosk.StateReceived:
		return "Hồ sơ đã được tiếp nhận và có mã hồ sơ chính thức."
	case kiosk.StateNotReceived:
		return "Hồ sơ không được tiếp nhận. Mời đọc lý do bên dưới."
	case kiosk.StateProcessing:
		return "Cán bộ đang xử lý hồ sơ."
	case kiosk.StateSupplement:
		return "Hồ sơ cần bổ sung. Mời đọc nội dung bên dưới và mang giấy tờ đến Bộ phận Một cửa."
	case kiosk.StatePayment:
		return "Hồ sơ chờ ông/bà thực hiện nghĩa vụ tài chính."
	case kiosk.StateWithdrawn:
		return "Đã ghi nhận yêu cầu rút hồ sơ."
	case kiosk.StateStopped:
		return "Hồ sơ đã dừng xử lý."
	case kiosk.StateFinished:
		return "Đã có kết quả. Mời ông/bà nhận theo cách đã chọn."
	case kiosk.StateReturned:
		return "Kết quả đã được trả. Cảm ơn ông/bà."
	}
	return ""
}
