package officer

import (
	"encoding/hex"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

var funcs = template.FuncMap{"when": when}

// when writes an instant as people read it here: "14:05, 21/11/2026".
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(onestop.Zone).Format("15:04, 02/01/2006")
}

// span writes a duration in its largest sensible unit: "dưới 1 phút", "5 phút", "3 giờ", "2 ngày".
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "dưới 1 phút"
	case d < time.Hour:
		return fmt.Sprintf("%d phút", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d giờ", int(d/time.Hour))
	}
	return fmt.Sprintf("%d ngày", int(d/(24*time.Hour)))
}

// decimals writes a number with a decimal comma; "" for one that was not computed.
func decimals(f float64, places int) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return ""
	}
	return strings.Replace(strconv.FormatFloat(f, 'f', places, 64), ".", ",", 1)
}

// fingerprint writes a hash in groups that can be compared by eye.
func fingerprint(sum [32]byte) string {
	s := hex.EncodeToString(sum[:])
	var b strings.Builder
	for i := 0; i < len(s); i += 8 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s[i : i+8])
	}
	return b.String()
}

// badge is a coloured word. Tone is a class of the style sheet: good, bad, warn, info, quiet.
type badge struct{ Tone, Text string }

func verdictBadge(v kiosk.Verdict, fault bool) badge {
	switch {
	case fault:
		return badge{"bad", "Không mở được"}
	case v == kiosk.Verified:
		return badge{"good", "Đã xác thực"}
	case v == kiosk.Refused:
		return badge{"bad", "Không đạt"}
	}
	return badge{"warn", "Chưa xác định"}
}

func stateBadge(s kiosk.DossierState) badge {
	tone := "info"
	switch s {
	case kiosk.StateRegistered:
		tone = "new"
	case kiosk.StateReceived, kiosk.StateProcessing:
		tone = "info"
	case kiosk.StateSupplement, kiosk.StatePayment:
		tone = "warn"
	case kiosk.StateNotReceived, kiosk.StateStopped:
		tone = "bad"
	case kiosk.StateFinished, kiosk.StateReturned:
		tone = "good"
	case kiosk.StateWithdrawn:
		tone = "quiet"
	}
	return badge{tone, s.String()}
}

func provenanceBadge(p kiosk.Provenance) badge {
	switch p {
	case kiosk.FromDG1:
		return badge{"good", "Chip · DG1"}
	case kiosk.FromDG13:
		return badge{"good", "Chip · DG13"}
	case kiosk.FromCitizen:
		return badge{"quiet", "Công dân khai"}
	case kiosk.FromEdited:
		return badge{"warn", "Đã sửa so với chip"}
	}
	return badge{"bad", "Không rõ nguồn"}
}

func returnText(r kiosk.Return) string {
	switch r.Method {
	case kiosk.ReturnCounter:
		return "Nhận tại quầy"
	case kiosk.ReturnPost:
		return "Qua bưu chính công ích"
	case kiosk.ReturnElectronic:
		return "Bản điện tử"
	}
	return "Chưa chọn"
}

func purposeText(p kiosk.Purpose) string {
	switch p {
	case kiosk.PurposeChip:
		return "Đọc chip và dùng dữ liệu trên chip"
	case kiosk.PurposeCamera:
		return "So khuôn mặt với ảnh trên chip"
	case kiosk.PurposeDeclare:
		return "Cam đoan lời khai đúng sự thật"
	}
	return string(p)
}
