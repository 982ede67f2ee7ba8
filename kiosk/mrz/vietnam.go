package mrz

import (
	"fmt"
	"strings"
)

func (m *MRZ) vietnamese() bool {
	return m.Kind == TD1 && m.State == "VNM" && strings.HasPrefix(m.Code, "ID")
}

// PersonalNumber gives the twelve-digit number of a Vietnamese card. It stands in the first optional field as twelve digits, two
// fillers and its own check digit; the document number is its last nine digits.
func (m *MRZ) PersonalNumber() (string, error) {
	if !m.vietnamese() {
		return "", fmt.Errorf("personal number: not a vietnamese card: %w", ErrFormat)
	}
	field := m.Lines[0][15:30]
	number := field[:12]
	for i := range len(number) {
		if number[i] < '0' || number[i] > '9' {
			return "", fmt.Errorf("personal number: %w", ErrFormat)
		}
	}
	digit, err := CheckDigit(number)
	if err != nil || field[12:14] != "<<" || field[14] != digit || m.Number != number[3:] {
		return "", fmt.Errorf("personal number: %w", ErrCheckDigit)
	}
	return number, nil
}
