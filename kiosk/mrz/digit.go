package mrz

import (
	"errors"
	"fmt"
)

// value gives a character's value for check digits: 0-9, A=10 … Z=35, filler 0 (Doc 9303-3 §4.9).
func value(c byte) (int, bool) {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0'), true
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10, true
	case c == '<':
		return 0, true
	}
	return 0, false
}

// CheckDigit gives the check digit of a field: weights 7, 3, 1 modulo 10 (Doc 9303-3 §4.9).
func CheckDigit(field string) (byte, error) {
	sum := 0
	for i := range len(field) {
		v, ok := value(field[i])
		if !ok {
			return 0, fmt.Errorf("column %d: %w", i+1, ErrCharacter)
		}
		sum += v * [3]int{7, 3, 1}[i%3]
	}
	return byte('0' + sum%10), nil
}

// Verify checks every check digit and, on a Vietnamese card, the personal number. The error joins one [ErrCheckDigit] for
// each field that differs.
func (m *MRZ) Verify() error {
	err := m.CheckDigits()
	if m.vietnamese() {
		_, number := m.PersonalNumber()
		err = errors.Join(err, number)
	}
	return err
}

// CheckDigits checks the check digits that Doc 9303 puts into every zone, and nothing that a state adds. The error joins one
// [ErrCheckDigit] for each field that differs.
func (m *MRZ) CheckDigits() error {
	var all []error
	for _, c := range m.checks {
		want, err := CheckDigit(c.text)
		if err != nil || want != c.digit {
			all = append(all, fmt.Errorf("%s: %w", c.field, ErrCheckDigit))
		}
	}
	return errors.Join(all...)
}

// Information gives the part of the zone from which the keys of BAC and PACE-MRZ are derived: document number, date of birth
// and date of expiry, each with its check digit as printed (Doc 9303-11 §4.3.2).
func (m *MRZ) Information() string {
	s := ""
	for _, c := range m.checks[:min(3, len(m.checks))] {
		s += c.text + string(c.digit)
	}
	return s
}

// Information builds the same from values that were not read from a zone: the number without fillers, the dates as YYMMDD.
func Information(number, birth, expiry string) (string, error) {
	for len(number) < 9 {
		number += "<"
	}
	s := ""
	for _, f := range []string{number, birth, expiry} {
		d, err := CheckDigit(f)
		if err != nil {
			return "", fmt.Errorf("machine-readable zone information: %w", err)
		}
		s += f + string(d)
	}
	if len(birth) != 6 || len(expiry) != 6 {
		return "", fmt.Errorf("machine-readable zone information: date: %w", ErrFormat)
	}
	return s, nil
}
