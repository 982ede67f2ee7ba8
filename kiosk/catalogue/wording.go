package catalogue

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"motcua/kiosk"
)

// Unknown is what is shown where the record is silent.
const Unknown = "chưa có thông tin"

// provinceDecides is what is shown for a fee that the province sets: never 0 đồng.
const provinceDecides = "do HĐND tỉnh quyết định"

var unitNames = map[kiosk.TimeUnit]string{kiosk.UnitWorkingDay: "ngày làm việc", kiosk.UnitDay: "ngày", kiosk.UnitHour: "giờ"}

// ChannelNames are the channels' official names.
var ChannelNames = map[kiosk.Channel]string{
	kiosk.ChannelDirect: "Trực tiếp", kiosk.ChannelOnline: "Trực tuyến", kiosk.ChannelPostal: "Dịch vụ bưu chính",
}

// TimeText says how long something takes: "3 ngày làm việc", "trong ngày", [Unknown].
func TimeText(duration int, unit kiosk.TimeUnit) string {
	switch {
	case duration == 0:
		return Unknown
	case unit == kiosk.UnitUnknown && duration == 1:
		return "trong ngày"
	case unit == kiosk.UnitUnknown:
		return fmt.Sprintf("%d (chưa rõ đơn vị)", duration)
	}
	return fmt.Sprintf("%d %s", duration, unitNames[unit])
}

// FeeText says what a way costs; not known is not free, and what the province decides is never 0 đồng.
func FeeText(fees []kiosk.Fee) string {
	if len(fees) == 0 {
		return Unknown
	}
	parts := make([]string, 0, len(fees))
	for _, f := range fees {
		parts = append(parts, feeText(f))
	}
	return strings.Join(parts, "; ")
}

func feeText(f kiosk.Fee) string {
	switch {
	case f.ProvinceDecides:
		return provinceDecides
	case f.Amount == 0:
		return "không thu"
	}
	text := dong(f.Amount) + " đồng"
	if f.Per != "" {
		text += "/" + f.Per
	}
	return text
}

// dong writes an amount with dots between the thousands.
func dong(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return s
}

// parseTime reads what TimeText writes, and a bare number.
func parseTime(s string) (duration int, unit kiosk.TimeUnit, err error) {
	f := Fold(s)
	switch f {
	case "", Fold(Unknown):
		return 0, "", nil
	case "trong ngay":
		return 1, "", nil
	}
	number, rest, _ := strings.Cut(f, " ")
	if duration, err = strconv.Atoi(number); err != nil || duration < 1 {
		return 0, "", fmt.Errorf("%q is not a time like \"3 ngày làm việc\"", s)
	}
	switch rest {
	case "ngay lam viec":
		return duration, kiosk.UnitWorkingDay, nil
	case "ngay":
		return duration, kiosk.UnitDay, nil
	case "gio", "gio lam viec":
		return duration, kiosk.UnitHour, nil
	case "", "chua ro don vi":
		return duration, "", nil
	}
	return 0, "", fmt.Errorf("%q is not a time like \"3 ngày làm việc\"", s)
}

// parseFees reads what FeeText writes, and bare amounts: "2.000 đồng/trang; 200.000 đồng/bản".
func parseFees(s string) ([]kiosk.Fee, error) {
	if f := Fold(s); f == "" || f == Fold(Unknown) {
		return nil, nil
	}
	var fees []kiosk.Fee
	for part := range strings.SplitSeq(s, ";") {
		f, err := parseFee(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		fees = append(fees, f)
	}
	return fees, nil
}

var errFee = errors.New("a fee is an amount like \"2.000 đồng/trang\", \"không thu\" or \"do HĐND tỉnh quyết định\"")

func parseFee(s string) (kiosk.Fee, error) {
	folded := Fold(s)
	switch {
	case strings.Contains(folded, "hdnd") || strings.Contains(folded, "hoi dong nhan dan"):
		return kiosk.Fee{ProvinceDecides: true}, nil
	case folded == "khong thu" || folded == "mien phi" || folded == "khong":
		return kiosk.Fee{}, nil
	}
	amount, per, _ := strings.Cut(s, "/")
	amount = strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(amount), "đồng"), "VND"))
	n, err := strconv.ParseInt(strings.ReplaceAll(amount, ".", ""), 10, 64)
	if err != nil || n < 0 {
		return kiosk.Fee{}, fmt.Errorf("%q: %w", s, errFee)
	}
	return kiosk.Fee{Amount: n, Per: strings.TrimSpace(per)}, nil
}
