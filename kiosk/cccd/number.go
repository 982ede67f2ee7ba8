// Package cccd knows the Vietnamese citizen card: the twelve-digit number, the QR code's payload and the rule of expiry.
//
// The number opens the chip (its last six digits are the CAN) and tells sex, birth year and where the birth was registered. The
// QR code is printed without a signature: it helps to open the chip and is never proof of anything. The expiry rule is needed
// because a card runs up to 22 years, or for ever, while a machine-readable zone has two digits for the year.
//
// Errors never hold what was read.
//
// Sources: Law on Identification 26/2023/QH15 art. 12 (number), 21 (expiry) and 46 (older cards), Law on Citizen Identity
// 59/2014/QH13 art. 21, Circular 59/2021/TT-BCA art. 4 (number; its list of provinces is no longer complete), Decree
// 70/2024/ND-CP.
package cccd

import (
	"errors"
	"fmt"
	"log/slog"
)

// ErrNumber means that a text is not a twelve-digit number.
var ErrNumber = errors.New("not a twelve-digit personal number")

// Number is a twelve-digit personal number that has been checked for its shape. It redacts itself; convert it to string to use it.
type Number string

// ParseNumber checks the shape alone: twelve digits. Provinces are not checked, for their list changes and old codes stay valid.
func ParseNumber(s string) (Number, error) {
	if len(s) != 12 {
		return "", fmt.Errorf("%d characters: %w", len(s), ErrNumber)
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return "", fmt.Errorf("character %d: %w", i+1, ErrNumber)
		}
	}
	return Number(s), nil
}

// Format implements fmt.Formatter: whatever the verb, the number is not printed.
func (n Number) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[redacted]")) }

// LogValue redacts.
func (Number) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// CAN gives the chip's card access number: the last six digits.
func (n Number) CAN() string { return string(n[6:]) }

// Document gives the document number of the machine-readable zone: the last nine digits.
func (n Number) Document() string { return string(n[3:]) }

// Province gives the code of the province or country where the birth was registered.
func (n Number) Province() string { return string(n[:3]) }

// Sex gives "Nam" or "Nữ" by the century digit: even for men, odd for women.
func (n Number) Sex() string {
	if (n[3]-'0')%2 == 0 {
		return "Nam"
	}
	return "Nữ"
}

// BirthYear gives the year of birth: century digits 0 and 1 stand for 1900-1999, 2 and 3 for 2000-2099, and so on.
func (n Number) BirthYear() int {
	return 1900 + int(n[3]-'0')/2*100 + int(n[4]-'0')*10 + int(n[5]-'0')
}
