package ui

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"motcua/kiosk"
)

// vietnam is the zone every time is shown in; Vietnam has had one since 1975.
var vietnam = time.FixedZone("ICT", 7*60*60)

func clock(t time.Time) string { return t.In(vietnam).Format("15:04") }
func day(t time.Time) string   { return t.In(vietnam).Format("02/01/2006") }
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(vietnam).Format("15:04 02/01/2006")
}

// groupNumber shows a 12-digit number as 3-3-3-3 and leaves anything else as it is.
func groupNumber(s string) string {
	digits := strings.ReplaceAll(s, " ", "")
	if len(digits) != 12 || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return s
	}
	return digits[:3] + " " + digits[3:6] + " " + digits[6:9] + " " + digits[9:]
}

// dong shows an amount with dots between the thousands.
func dong(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return s + " đồng"
}

// feeText says what a way costs. Not known is not free, and what the province decides is never 0 đồng.
func feeText(w kiosk.Way) (string, error) {
	if len(w.Fees) == 0 {
		return vietnamese.get("detail.unknown")
	}
	var parts []string
	for _, f := range w.Fees {
		s, err := oneFee(f)
		if err != nil {
			return "", err
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "; "), nil
}

func oneFee(f kiosk.Fee) (string, error) {
	switch {
	case f.ProvinceDecides:
		return vietnamese.get("detail.province")
	case f.Amount == 0:
		return vietnamese.get("detail.free")
	case f.Per != "":
		return vietnamese.get("detail.per", "amount", dong(f.Amount), "per", f.Per)
	}
	return dong(f.Amount), nil
}

// spanText says how long a way takes. A bare 1 without a unit means "within the day".
func spanText(w kiosk.Way) (string, error) {
	switch {
	case w.Duration <= 0:
		return vietnamese.get("detail.unknown")
	case w.Unit == kiosk.UnitUnknown && w.Duration == 1:
		return vietnamese.get("unit.sameday")
	case w.Unit == kiosk.UnitUnknown:
		return vietnamese.get("unit.none", "n", w.Duration)
	}
	return vietnamese.get("unit."+string(w.Unit), "n", w.Duration)
}

// cutText shortens a long name at a word, so that a list stays a list; the whole name stands on the next screen.
func cutText(s string, n int) string {
	r := []rune(strings.TrimSpace(s))
	if len(r) <= n {
		return string(r)
	}
	end := n - 1
	for end > n*2/3 && !unicode.IsSpace(r[end]) {
		end--
	}
	return strings.TrimRight(string(r[:end]), " ,;.") + "…"
}

func codeFact(c kiosk.Code) string { fact, _ := CodeText(c); return fact }
func codeAct(c kiosk.Code) string  { _, act := CodeText(c); return act }

// flawText says what to do about a paper's picture that could not be used.
func flawText(f kiosk.PaperFlaw) (string, error) { return vietnamese.get("flaw." + string(f)) }

func codeText(c kiosk.Code) string { return codeFact(c) + ". " + codeAct(c) }
