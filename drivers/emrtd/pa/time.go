package pa

import (
	"fmt"
	"time"

	"motcua/drivers/emrtd/tlv"
)

// parseTime reads UTCTime or GeneralizedTime, with the forms that real certificates use: without seconds, with an offset, with
// a fraction. Two-digit years below 50 are of this century (RFC 5280 §4.1.2.5.1).
func parseTime(o tlv.Object) (time.Time, error) {
	s := string(o.Value)
	var layouts []string
	switch o.Tag {
	case tlv.UTCTime:
		if len(s) < 2 {
			break
		}
		century := "20"
		if s[0] >= '5' {
			century = "19"
		}
		s = century + s
		layouts = []string{"20060102150405Z0700", "200601021504Z0700"}
	case tlv.GeneralizedTime:
		layouts = []string{"20060102150405Z0700", "200601021504Z0700", "20060102150405.999Z0700"}
	default:
	}
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("time with tag %v: %w", o.Tag, ErrFormat)
}
