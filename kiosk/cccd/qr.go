package cccd

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Errors of QR payloads.
var (
	ErrQR    = errors.New("not the QR code of a citizen card")
	ErrOther = errors.New("another QR code: an address or a product") // what a citizen may hold up by mistake
)

// maxQR is more than a version 40 symbol holds.
const maxQR = 4096

// QR is the payload of the card's QR code. Only Number, Birth and Issued are used, and only to open the chip.
type QR struct {
	Number    Number
	OldNumber string // nine digits, "" when none
	Name      string // NFC
	Birth     Date
	Sex       string // "Nam", "Nữ"
	Address   string
	Issued    Date     // zero when the code does not say
	Rest      []string // fields after the seventh, as they came: cards of 2024 have more
	Partial   bool     // a field is missing, or texts were not UTF-8 and may be incomplete
}

// Format redacts, whatever the verb.
func (*QR) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[redacted]")) }

// LogValue redacts.
func (*QR) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// ParseQR reads number|old number|name|ddMMyyyy|sex|address|ddMMyyyy|…. A byte order mark, line ends, decomposed letters and the
// Windows code page for Vietnamese are put right. Six fields are enough when either the old number or the day of issue is the one
// missing. Errors: ErrOther for codes that are plainly something else, ErrQR.
func ParseQR(payload string) (*QR, error) {
	if len(payload) > maxQR {
		return nil, fmt.Errorf("%d bytes: %w", len(payload), ErrQR)
	}
	text, exact := decode(payload)
	f := strings.Split(text, "|")
	if len(f) < 6 || foreign(text) {
		if foreign(text) {
			return nil, ErrOther
		}
		return nil, fmt.Errorf("%d fields: %w", len(f), ErrQR)
	}
	for i := range f {
		if strings.IndexFunc(f[i], control) >= 0 {
			return nil, fmt.Errorf("field %d: %w", i+1, ErrQR)
		}
		if i < 7 {
			f[i] = strings.TrimSpace(f[i])
		}
	}
	short := len(f) == 6
	if short {
		f = seven(f)
	}
	q, err := readQR(f, short)
	if err != nil {
		return nil, err
	}
	q.Partial = short || !exact
	return q, nil
}

// decode gives the payload as NFC text in one line. Bytes that are not UTF-8 are read as Windows-1258, which older software writes;
// exact is false then.
func decode(payload string) (text string, exact bool) {
	exact = utf8.ValidString(payload)
	if !exact {
		wide, err := charmap.Windows1258.NewDecoder().String(payload)
		if err != nil {
			return "", false
		}
		payload = wide
	}
	payload = strings.Trim(payload, "\uFEFF \r\n\t\x00")
	return norm.NFC.String(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ").Replace(payload)), exact
}

// seven puts an empty field where the sixth of a code of six is missing: the old number when a name stands in its place, else the day
// of issue.
func seven(f []string) []string {
	if f[1] != "" && strings.Trim(f[1], "0123456789") != "" {
		return []string{f[0], "", f[1], f[2], f[3], f[4], f[5]}
	}
	return append(f[:6:6], "")
}

func readQR(f []string, short bool) (*QR, error) {
	n, err := ParseNumber(f[0])
	if err != nil {
		return nil, fmt.Errorf("field 1: %w", ErrQR)
	}
	if f[1] != "" && (len(f[1]) != 9 && len(f[1]) != 12 || strings.Trim(f[1], "0123456789") != "") {
		return nil, fmt.Errorf("field 2: %w", ErrQR)
	}
	birth, ok := ParseDate(f[3])
	if !ok {
		return nil, fmt.Errorf("field 4: %w", ErrQR)
	}
	issued, ok := ParseDate(f[6])
	if !ok && (f[6] != "" || !short) || ok && (issued.Day == 0 || issued.Compare(birth) < 0) {
		return nil, fmt.Errorf("field 7: %w", ErrQR)
	}
	if f[2] == "" || f[4] != "Nam" && f[4] != "Nữ" {
		return nil, fmt.Errorf("field 3 or 5: %w", ErrQR)
	}
	return &QR{
		Number: n, OldNumber: f[1], Name: f[2], Birth: birth, Sex: f[4], Address: f[5], Issued: issued,
		Rest: append([]string(nil), f[7:]...),
	}, nil
}

func control(r rune) bool { return r < 0x20 || r == 0x7F }

// foreign reports whether a text is an address, a payment or a shop's code.
func foreign(text string) bool {
	lower := strings.ToLower(text)
	for _, p := range []string{
		"http:", "https:", "www.", "wifi:", "begin:vcard", "mecard:", "mailto:", "tel:", "sms:", "smsto:", "geo:", "upi:", "otpauth:", "000201",
	} {
		if strings.HasPrefix(lower, p) {
			return true
		}
	}
	return len(text) >= 8 && len(text) <= 14 && len(text) != 12 && strings.Trim(text, "0123456789") == ""
}
