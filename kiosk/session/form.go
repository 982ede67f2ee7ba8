package session

import (
	"strings"

	"motcua/kiosk"
)

// AskedLabels are the labels of the fields the citizen is asked for, as they stand in the dossier.
var AskedLabels = map[string]string{
	"phone":   "Số điện thoại",
	"address": "Địa chỉ liên hệ",
	"note":    "Nội dung đề nghị",
}

// The bounds of an answer, in runes.
const (
	minAddress = 5
	maxAnswer  = 300
)

// Accept tidies an answer and tells whether it can stand. What cannot is given back as tidied, to be shown again.
// "chip" and "return" are not stored as fields: the first is only read, the second is the address for post.
func Accept(key, typed string) (value string, ok bool) {
	value = cut(clean(typed), maxAnswer)
	switch key {
	case "phone":
		return acceptPhone(value)
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
