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

// dong shows an amount with the language's mark between the thousands.
func (t texts) dong(n int64) (string, error) {
	mark, err := t.get("number.thousands")
	if err != nil {
		return "", err
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + mark + s[i:]
	}
	return t.get("money.dong", "amount", s)
}

// feeText says what a way costs. Not known is not free, and what the province decides is never 0 đồng.
func (t texts) fee(w kiosk.Way) (string, error) {
	if len(w.Fees) == 0 {
		return t.get("detail.unknown")
	}
	var parts []string
	for _, f := range w.Fees {
		s, err := t.oneFee(f)
		if err != nil {
			return "", err
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "; "), nil
}

func (t texts) oneFee(f kiosk.Fee) (string, error) {
	switch {
	case f.ProvinceDecides:
		return t.get("detail.province")
	case f.Amount == 0:
		return t.get("detail.free")
	case f.Per != "":
		amount, err := t.dong(f.Amount)
		if err != nil {
			return "", err
		}
		return t.get("detail.per", "amount", amount, "per", f.Per)
	}
	return t.dong(f.Amount)
}

// spanText says how long a way takes. A bare 1 without a unit means "within the day".
func (t texts) span(w kiosk.Way) (string, error) {
	switch {
	case w.Duration <= 0:
		return t.get("detail.unknown")
	case w.Unit == kiosk.UnitUnknown && w.Duration == 1:
		return t.get("unit.sameday")
	case w.Unit == kiosk.UnitUnknown:
		return t.get("unit.none", "n", w.Duration)
	}
	return t.get("unit."+string(w.Unit), "n", w.Duration)
}

// commit says how long a way takes by the office's own word, with the decision that says so.
func (t texts) commit(c *kiosk.Commitment) (string, error) {
	span, err := t.span(kiosk.Way{Duration: c.Duration, Unit: c.Unit})
	if err != nil {
		return "", err
	}
	return t.get("detail.committed", "time", span, "decision", c.Decision)
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

func (t texts) codeFact(c kiosk.Code) string { fact, _ := t.code(c); return fact }
func (t texts) codeAct(c kiosk.Code) string  { _, act := t.code(c); return act }

// flawText says what to do about a paper's picture that could not be used.
func (t texts) flaw(f kiosk.PaperFlaw) (string, error) { return t.get("flaw." + string(f)) }

func (t texts) codeText(c kiosk.Code) string { return t.codeFact(c) + ". " + t.codeAct(c) }
