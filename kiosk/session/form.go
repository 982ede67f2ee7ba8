package session

import (
	"strconv"
	"strings"
	"time"

	"motcua/kiosk"
)

// AskedLabels are the labels of the fields the citizen is asked for, as they stand in the dossier.
var AskedLabels = map[string]string{
	"phone":   "Số điện thoại",
	"address": "Địa chỉ liên hệ",
	"note":    "Nội dung đề nghị",

	"relation":       "Quan hệ với người được nộp thay",
	"subject_name":   "Họ, chữ đệm và tên người được nộp thay",
	"subject_birth":  "Ngày sinh người được nộp thay",
	"subject_number": "Số định danh người được nộp thay",
}

// The bounds of an answer, in runes.
const (
	minAddress = 5
	maxAnswer  = 300
	minName    = 2
	maxName    = 100
)

// Accept tidies an answer and tells whether it can stand. What cannot is given back as tidied, to be shown again.
// "chip" and "return" are not stored as fields: the first is only read, the second is the address for post.
func Accept(key, typed string) (value string, ok bool) {
	value = cut(clean(typed), maxAnswer)
	switch key {
	case "phone":
		return acceptPhone(value)
	case "relation":
		return acceptRelation(value)
	case "subject_name":
		return value, len([]rune(value)) >= minName && len([]rune(value)) <= maxName && !strings.ContainsAny(value, "0123456789<>")
	case "subject_birth":
		d, ok := ParseDate(value)
		return orTyped(d.String(), value, ok), ok
	case "subject_number":
		n := digits(value)
		return n, len(n) == 12
	case "address", "return":
		return value, len([]rune(value)) >= minAddress
	}
	return value, true
}

// acceptPhone wants a Vietnamese number: 0 and nine or ten more digits; +84 is understood.
func acceptPhone(value string) (string, bool) {
	n := digits(value)
	if strings.HasPrefix(strings.TrimSpace(value), "+84") {
		n = "0" + n[2:]
	}
	return n, len(n) >= 10 && len(n) <= 11 && n[0] == '0'
}

// fillForm writes the chip's fields; a chip without a residence leaves the address to be asked. The lock is held.
func (r *Runner) fillForm() {
	v := &r.visit
	v.Fields = kiosk.ChipFields(v.Chip.Citizen)
	if v.Answer(kiosk.FieldAddress) == nil {
		v.Fields = append(v.Fields, kiosk.Field{Key: kiosk.FieldAddress, Label: AskedLabels[kiosk.FieldAddress], Provenance: kiosk.FromCitizen})
	}
}

// Relations are what somebody who files for another may be to them: the key that is posted, for whom it may be chosen, and the
// words that stand in the dossier.
var Relations = []struct {
	Key    string
	Behalf Behalf
	Label  string
}{
	{"parent", BehalfChild, "Cha, mẹ"},
	{"guardian", BehalfChild, "Người giám hộ"},
	{"child_of", BehalfOther, "Con"},
	{"spouse", BehalfOther, "Vợ, chồng"},
	{"relative", BehalfOther, "Người thân khác"},
	{"authorised", BehalfOther, "Người được uỷ quyền"},
}

// acceptRelation turns a key of [Relations] into its words; the words themselves stand too, when a dossier is changed.
func acceptRelation(value string) (string, bool) {
	for _, rel := range Relations {
		if value == rel.Key || value == rel.Label {
			return rel.Label, true
		}
	}
	return value, false
}

// fits tells whether an accepted answer fits this visit: a relation that goes with it, a birth that is past, a minor's for a
// child, and a number that is not the one of who files.
func (r *Runner) fits(key, value string) bool {
	switch key {
	case "relation":
		for _, rel := range Relations {
			if rel.Label == value {
				return rel.Behalf == r.state.Behalf
			}
		}
	case "subject_birth":
		d, ok := ParseDate(value)
		today := Today(time.Now())
		return ok && !after(d, today) && (r.state.Behalf != BehalfChild || after(d, kiosk.Date{Year: today.Year - adult, Month: today.Month, Day: today.Day}))
	case "subject_number":
		f := r.visit.Answer("number")
		return f == nil || f.Value != value
	}
	return true
}

// adult is the age of majority (Civil Code 91/2015/QH13 Art. 20).
const adult = 18

func after(a, b kiosk.Date) bool {
	if a.Year != b.Year {
		return a.Year > b.Year
	}
	return a.Month*100+a.Day > b.Month*100+b.Day
}

// ParseDate reads eight digits as day, month, year, with anything between them.
func ParseDate(typed string) (kiosk.Date, bool) {
	n := digits(typed)
	if len(n) != 8 {
		return kiosk.Date{}, false
	}
	day, _ := strconv.Atoi(n[:2])
	month, _ := strconv.Atoi(n[2:4])
	year, _ := strconv.Atoi(n[4:])
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	d := kiosk.Date{Year: year, Month: month, Day: day}
	return d, year >= 1900 && t.Day() == day && int(t.Month()) == month
}

func orTyped(value, typed string, ok bool) string {
	if ok {
		return value
	}
	return typed
}
