package statement

import (
	"errors"
	"strings"
)

// alphabet is that of QR codes' alphanumeric mode (RFC 9285 §4.2).
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

func encode45(b []byte) string {
	var out strings.Builder
	for ; len(b) >= 2; b = b[2:] {
		n := int(b[0])<<8 | int(b[1])
		out.WriteByte(alphabet[n%45])
		out.WriteByte(alphabet[n/45%45])
		out.WriteByte(alphabet[n/2025])
	}
	if len(b) == 1 {
		out.WriteByte(alphabet[int(b[0])%45])
		out.WriteByte(alphabet[int(b[0])/45])
	}
	return out.String()
}

var errBase45 = errors.New("not Base45")

func decode45(s string) ([]byte, error) {
	var out []byte
	for len(s) > 0 {
		size := min(3, len(s))
		if size == 1 {
			return nil, errBase45
		}
		n, weight := 0, 1
		for i := range size {
			d := strings.IndexByte(alphabet, s[i])
			if d < 0 {
				return nil, errBase45
			}
			n += d * weight
			weight *= 45
		}
		switch {
		case size == 3 && n <= 0xFFFF:
			out = append(out, byte(n>>8), byte(n))
		case size == 2 && n <= 0xFF:
			out = append(out, byte(n))
		default:
			return nil, errBase45
		}
		s = s[size:]
	}
	return out, nil
}
