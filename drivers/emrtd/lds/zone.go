package lds

import (
	"strings"

	"motcua/kiosk/mrz"
)

// inspectZone looks at the syntax of DG1's machine-readable zone (Doc 9303-3 §4, -4, -5, -6). Check digits that differ and fields that
// identify nobody are doubtful: the chip is genuine, yet who stands in it is not certain.
func inspectZone(m *mrz.MRZ, f *findings) {
	f.doubt(m.Verify() != nil, "check digits differ")
	f.doubt(!strings.ContainsRune("IPACV", rune(first(m.Code))), "document type unknown")
	f.doubt(!state(m.State), "issuing state malformed")
	f.doubt(!state(m.Nationality), "nationality malformed")
	f.doubt(m.Surname == "" && m.Given == "", "name empty")
	f.doubt(m.Surname == "" && m.Given != "", "primary identifier empty")
	f.tolerate(m.Surname != "" && m.Given == "", "no secondary identifier")
	f.doubt(!m.SexStated(), "sex unknown")
	switch known, ok := m.BirthKnown(); {
	case !ok:
		f.doubt(true, "date of birth malformed")
	case !known:
		f.tolerate(true, "date of birth incomplete")
	}
	if known, ok := m.ExpiryKnown(); !ok || !known {
		f.doubt(true, "date of expiry malformed")
	}
	f.doubt(strings.Trim(m.Number, "<") == "", "document number empty")
}

func first(s string) byte {
	if s == "" {
		return '?'
	}
	return s[0]
}

// state reports whether s is a code of one to three letters (ISO 3166-1, and those of Doc 9303-3 §5, as "D" for Germany).
func state(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return len(s) == 1 || len(s) == 3
}
