package cccd

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

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
	Issued    Date
	Rest      []string // fields after the seventh, as they came: cards of 2024 have more
}

// Format redacts, whatever the verb.
func (*QR) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[redacted]")) }

// LogValue redacts.
func (*QR) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// ParseQR reads number|old number|name|ddMMyyyy|sex|address|ddMMyyyy|…. A byte order mark, line ends around and decomposed
// letters are put right. Errors: ErrOther for codes that are plainly something else, ErrQR.
func ParseQR(payload string) (*QR, error) {
	if len(payload) > maxQR || !utf8.ValidString(payload) {
		return nil, fmt.Errorf("%d bytes: %w", len(payload), ErrQR)
	}
	text := norm.NFC.String(strings.TrimSpace(strings.TrimPrefix(payload, "\uFEFF")))
	f := strings.Split(text, "|")
	if len(f) < 7 {
		if foreign(text) {
			return nil, ErrOther
		}
		return nil, fmt.Errorf("%d fields: %w", len(f), ErrQR)
	}
	for i := range f {
		if strings.IndexFunc(f[i], control) >= 0 {
			return nil, fmt.Errorf("field %d: %w", i+1, ErrQR)
		}
	}
	return readQR(f)
}

func readQR(f []string) (*QR, error) {
	for i := range f[:7] {
		f[i] = strings.TrimSpace(f[i])
	}
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
	if !ok || issued.Day == 0 || issued.Compare(birth) < 0 {
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
	for _, p := range []string{"http:", "https:", "www.", "wifi:", "begin:vcard", "mailto:", "tel:", "sms:", "geo:", "upi:", "000201"} {
		if strings.HasPrefix(lower, p) {
			return true
		}
	}
	return len(text) >= 8 && len(text) <= 14 && len(text) != 12 && strings.Trim(text, "0123456789") == ""
}
