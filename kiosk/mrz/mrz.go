// Package mrz parses, checks and builds ICAO 9303 machine-readable zones.
//
// A zone is two or three lines of A–Z, 0–9 and the filler "<": TD1 (cards, 3 × 30), TD2 (2 × 36), TD3 (passports, 2 × 44).
// [Parse] splits it into fields and refuses what has the wrong shape; [MRZ.Verify] checks the check digits, because a picture
// may be misread and a chip's file must be shown even when it is wrong. Years have two digits: their century depends on the
// day of reading and, for Vietnamese cards, on the expiry rule of package kiosk/cccd.
//
// The Vietnamese card (TD1): the document number is the last nine digits of the twelve-digit number, which stands in full in the
// first optional field; see [MRZ.PersonalNumber].
//
// Errors name fields, never their contents.
//
// Sources: ICAO Doc 9303-3 §4 (characters, check digits), 9303-4 §4.2 (TD3), 9303-5 §4.2 (TD1), 9303-6 §4.2 (TD2),
// 9303-11 §4.3.2 and §4.4.3 (the part from which access keys are derived).
package mrz

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// Errors, wrapped with the field they concern.
var (
	ErrFormat     = errors.New("not a machine-readable zone")
	ErrCharacter  = errors.New("character outside A-Z, 0-9 and <")
	ErrCheckDigit = errors.New("check digit differs")
	ErrField      = errors.New("field cannot be written")
)

// Format is the size of a zone.
type Format int

// The formats.
const (
	TD1 Format = 1 // 3 lines of 30: cards
	TD2 Format = 2 // 2 lines of 36
	TD3 Format = 3 // 2 lines of 44: passports
)

// shape gives the number of lines and their length.
func (f Format) shape() (lines, width int) {
	switch f {
	case TD1:
		return 3, 30
	case TD2:
		return 2, 36
	case TD3:
		return 2, 44
	}
	return 0, 0
}

// MRZ is a zone taken apart. Texts are without fillers; dates are YYMMDD as printed, with "<" where a part is unknown.
type MRZ struct {
	Kind        Format
	Lines       []string // as read
	Code        string   // "ID", "P", …
	State       string   // issuing state, "VNM"
	Number      string   // document number, long numbers joined
	Birth       string   // YYMMDD
	Sex         string   // "M", "F" or ""
	Expiry      string   // YYMMDD
	Nationality string   // "VNM"
	Optional1   string   // TD1 line 1, TD2 and TD3 line 2
	Optional2   string   // TD1 line 2
	Surname     string   // primary identifier, words separated by one space
	Given       string   // secondary identifier
	checks      []check
}

type check struct {
	field string
	text  string
	digit byte
}

// Format redacts, whatever the verb.
func (*MRZ) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[redacted]")) }

// LogValue redacts.
func (*MRZ) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Name gives the whole name as the zone has it, "NGUYEN THI THU".
func (m *MRZ) Name() string { return strings.TrimSpace(m.Surname + " " + m.Given) }

// NameFull reports whether the name fills its field, so that it may have been cut (Doc 9303-3 §4.6).
func (m *MRZ) NameFull() bool {
	field := ""
	switch {
	case m.Kind == TD1 && len(m.Lines) == 3:
		field = m.Lines[2]
	case len(m.Lines) == 2:
		field = m.Lines[0]
	}
	return field != "" && field[len(field)-1] != '<'
}

// Parse reads a zone whose lines are separated by "/" or line ends, or joined as in a chip's DG1. Blanks around lines are
// dropped. Check digits are not looked at; see [MRZ.Verify].
func Parse(text string) (*MRZ, error) {
	if len(text) > 256 {
		return nil, fmt.Errorf("%d characters: %w", len(text), ErrFormat)
	}
	lines, format, err := split(text)
	if err != nil {
		return nil, err
	}
	m := &MRZ{Kind: format, Lines: lines}
	switch format {
	case TD1:
		m.readTD1()
	case TD2:
		m.readTD2()
	case TD3:
		m.readTD3()
	}
	return m, nil
}

// split gives the lines of a zone and its format.
func split(text string) ([]string, Format, error) {
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == '/' || r == '\n' || r == '\r' })
	var lines []string
	for _, f := range fields {
		if f = strings.TrimSpace(f); f != "" {
			lines = append(lines, f)
		}
	}
	joined := strings.Join(lines, "")
	for _, f := range []Format{TD1, TD2, TD3} {
		n, width := f.shape()
		if len(joined) != n*width || len(lines) != 1 && len(lines) != n {
			continue
		}
		whole := make([]string, n)
		for i := range whole {
			whole[i] = joined[i*width : (i+1)*width]
			if len(lines) == n && lines[i] != whole[i] {
				return nil, 0, fmt.Errorf("line %d: %w", i+1, ErrFormat)
			}
		}
		return whole, f, checkAlphabet(whole)
	}
	return nil, 0, fmt.Errorf("%d lines, %d characters: %w", len(lines), len(joined), ErrFormat)
}

func checkAlphabet(lines []string) error {
	for i, l := range lines {
		for j := range len(l) {
			if _, ok := value(l[j]); !ok {
				return fmt.Errorf("line %d column %d: %w", i+1, j+1, ErrCharacter)
			}
		}
	}
	return nil
}

func (m *MRZ) readTD1() {
	a, b := m.Lines[0], m.Lines[1]
	m.Code, m.State = trim(a[0:2]), trim(a[2:5])
	number, digit, rest := longNumber(a[5:14], a[14], a[15:30])
	m.Number, m.Optional1 = trim(number), trim(rest)
	m.Birth, m.Sex, m.Expiry, m.Nationality = b[0:6], trim(b[7:8]), b[8:14], trim(b[15:18])
	m.Optional2 = trim(b[18:29])
	m.names(m.Lines[2])
	m.checks = []check{
		{"document number", number, digit},
		{"date of birth", b[0:6], b[6]},
		{"date of expiry", b[8:14], b[14]},
		{"composite", a[5:30] + b[0:7] + b[8:15] + b[18:29], b[29]},
	}
}

func (m *MRZ) readTD2() {
	a, b := m.Lines[0], m.Lines[1]
	m.Code, m.State = trim(a[0:2]), trim(a[2:5])
	m.names(a[5:36])
	number, digit, rest := longNumber(b[0:9], b[9], b[28:35])
	m.Number, m.Optional1 = trim(number), trim(rest)
	m.Nationality, m.Birth, m.Sex, m.Expiry = trim(b[10:13]), b[13:19], trim(b[20:21]), b[21:27]
	m.checks = []check{
		{"document number", number, digit},
		{"date of birth", b[13:19], b[19]},
		{"date of expiry", b[21:27], b[27]},
		{"composite", b[0:10] + b[13:20] + b[21:35], b[35]},
	}
}

func (m *MRZ) readTD3() {
	a, b := m.Lines[0], m.Lines[1]
	m.Code, m.State = trim(a[0:2]), trim(a[2:5])
	m.names(a[5:44])
	m.Number, m.Optional1 = trim(b[0:9]), trim(b[28:42])
	m.Nationality, m.Birth, m.Sex, m.Expiry = trim(b[10:13]), b[13:19], trim(b[20:21]), b[21:27]
	m.checks = []check{
		{"document number", b[0:9], b[9]},
		{"date of birth", b[13:19], b[19]},
		{"date of expiry", b[21:27], b[27]},
		{"composite", b[0:10] + b[13:20] + b[21:43], b[43]},
	}
	if m.Optional1 != "" || b[42] != '<' { // the digit of an empty field may be a filler
		m.checks = append(m.checks, check{"optional data", b[28:42], b[42]})
	}
}

// longNumber joins a document number longer than nine characters: a filler stands for its check digit, the rest and then the
// digit open the optional field (Doc 9303-5 §4.2.2, note j).
func longNumber(number string, digit byte, optional string) (string, byte, string) {
	if digit != '<' {
		return number, digit, optional
	}
	end := strings.IndexByte(optional, '<')
	if end < 0 {
		end = len(optional)
	}
	if end < 2 {
		return number, digit, optional
	}
	return number + optional[:end-1], optional[end-1], optional[end:]
}

func (m *MRZ) names(field string) {
	surname, given, _ := strings.Cut(strings.TrimRight(field, "<"), "<<")
	m.Surname, m.Given = words(surname), words(given)
}

func words(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '<' }), " ")
}

func trim(s string) string { return words(s) }
