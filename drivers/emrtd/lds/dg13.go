package lds

import (
	"encoding/asn1"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"motcua/drivers/emrtd/tlv"
)

const tagDG13 tlv.Tag = 0x6D

// oidDG13 opens the group; it is the identifier of UTF-8 in ISO 10646.
var oidDG13 = asn1.ObjectIdentifier{1, 0, 10646, 1, 0, 8}

// The field numbers of DG13.
const (
	fieldNumber = iota + 1
	fieldName
	fieldBirth
	fieldSex
	fieldNationality
	fieldEthnicity
	fieldReligion
	fieldOrigin
	fieldResidence
	fieldMarks
	fieldIssued
	fieldExpires
	fieldParents
	fieldSpouse
	fieldOldNumber
	fieldChipID
)

// NoExpiryText stands in place of the date on a card without end date.
const NoExpiryText = "Không thời hạn"

// DG13 is the personal data of a Vietnamese card:
//
//	6D { SEQUENCE { INTEGER 1, OID 1.0.10646.1.0.8, SET OF SEQUENCE { INTEGER field, value … } } }
//
// It is read as ASN.1, never by searching byte patterns: a field may be longer than 127 bytes, and a name may hold any bytes.
// Every field may be missing or empty; cards of 2024 may leave out or encipher any of them. Texts are NFC, dates as written on
// the card (dd/MM/yyyy). What could not be read is named in Problems and kept raw in Unknown.
type DG13 struct {
	Number      string
	Name        string
	Birth       string
	Sex         string
	Nationality string
	Ethnicity   string
	Religion    string
	Origin      string
	Residence   string
	Marks       string
	Issued      string
	Expires     string
	Parents     []string // in the card's order, at most two; an empty one keeps its place
	Spouse      string
	OldNumber   string
	ChipID      string
	Unknown     []DG13Field
	Problems    []string // "field 9: not UTF-8"; no contents
}

// DG13Field is a field kept as it stands.
type DG13Field struct {
	Number int // 0 when even that could not be read
	Raw    []byte
}

// Format redacts, whatever the verb.
func (*DG13) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[redacted]")) }

// LogValue redacts.
func (*DG13) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// The limits of DG13.
const (
	maxFields    = 128
	maxTextBytes = 4096
	maxTextDepth = 4
)

// ParseDG13 reads the Vietnamese group. It fails only when the outer structure cannot be read; anything inside becomes a problem.
func ParseDG13(raw []byte) (*DG13, error) {
	fields, err := dg13Fields(raw)
	if err != nil {
		return nil, fmt.Errorf("read DG13: %w", err)
	}
	d := &DG13{}
	seen := map[int]bool{}
	for _, f := range fields {
		d.read(f, seen)
	}
	d.settle()
	return d, nil
}

// settle puts old number and chip identifier in their places: some issuers number them the other way round, or without the first.
func (d *DG13) settle() {
	if oldNumber(d.ChipID) && !oldNumber(d.OldNumber) || chipID(d.OldNumber) && !chipID(d.ChipID) {
		d.OldNumber, d.ChipID = d.ChipID, d.OldNumber
	}
}

// oldNumber reports whether s is a number of an identity card before 2016.
func oldNumber(s string) bool { return len(s) == 9 && strings.Trim(s, "0123456789") == "" }

// chipID reports whether s is a chip's identifier: 16 hexadecimal digits.
func chipID(s string) bool { return len(s) == 16 && strings.Trim(s, "0123456789ABCDEFabcdef") == "" }

// dg13Fields finds the set of fields.
func dg13Fields(raw []byte) ([]tlv.Object, error) {
	o, err := tlv.ReadOne(raw, tagDG13)
	if err != nil {
		return nil, err
	}
	outer, err := sequence(o.Value, 1, 16)
	if err != nil {
		return nil, err
	}
	for _, c := range outer {
		if c.Tag != tlv.Set && c.Tag != tlv.Sequence {
			continue
		}
		fields, err := c.Children()
		if err != nil {
			return nil, err
		}
		if len(fields) > maxFields {
			return nil, fmt.Errorf("%d fields: %w", len(fields), ErrFormat)
		}
		return fields, nil
	}
	return nil, fmt.Errorf("set of fields: %w", ErrMissing)
}

func (d *DG13) read(f tlv.Object, seen map[int]bool) {
	n, values, ok := fieldParts(f)
	switch {
	case !ok:
		d.problem(0, f, "not a numbered field")
		return
	case n < fieldNumber || n > fieldChipID:
		d.Unknown = append(d.Unknown, DG13Field{n, f.Raw})
		return
	case seen[n]:
		d.problem(n, f, "twice")
		return
	}
	seen[n] = true
	texts, why := leaves(values, 0)
	if why != "" {
		d.problem(n, f, why)
		return
	}
	most := 1
	if n == fieldParents {
		most = 2
	}
	if len(texts) > most {
		d.problem(n, f, "more values than expected")
		texts = texts[:most]
	}
	d.set(n, texts)
}

func (d *DG13) problem(n int, f tlv.Object, why string) {
	d.Problems = append(d.Problems, fmt.Sprintf("field %d: %s", n, why))
	d.Unknown = append(d.Unknown, DG13Field{n, f.Raw})
}

func fieldParts(f tlv.Object) (n int, values []tlv.Object, ok bool) {
	if f.Tag != tlv.Sequence {
		return 0, nil, false
	}
	list, err := f.Children()
	if err != nil || len(list) == 0 || len(list) > 16 {
		return 0, nil, false
	}
	n, err = list[0].Int()
	return n, list[1:], err == nil
}

// leaves gives the texts among values, however deep they are nested: issuers nest the parents in two ways.
func leaves(values []tlv.Object, depth int) (texts []string, why string) {
	if depth > maxTextDepth {
		return nil, "nested too deep"
	}
	for _, v := range values {
		switch v.Tag {
		case tlv.Sequence, tlv.Set:
			inner, err := v.Children()
			if err != nil {
				return nil, "broken structure"
			}
			more, why := leaves(inner, depth+1)
			if why != "" {
				return nil, why
			}
			if len(inner) == 0 {
				more = []string{""} // a parent who is not known keeps the place
			}
			texts = append(texts, more...)
		case tlv.UTF8String, tlv.PrintableString, tlv.IA5String, tlv.VisibleString, tlv.NumericString, tlv.TeletexString:
			s, why := cleanText(v.Value)
			if why != "" {
				return nil, why
			}
			texts = append(texts, s)
		case tlv.BMPString:
			s, why := cleanText(fromUTF16(v.Value))
			if why != "" {
				return nil, why
			}
			texts = append(texts, s)
		case tlv.Null:
			texts = append(texts, "")
		default:
			return nil, "value of an unknown type"
		}
	}
	return texts, ""
}

// fromUTF16 gives a BMPString as UTF-8; an odd byte makes it invalid.
func fromUTF16(b []byte) []byte {
	if len(b)%2 != 0 || len(b) > maxTextBytes {
		return []byte{0xFF}
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i < len(b); i += 2 {
		units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
	}
	return []byte(string(utf16.Decode(units)))
}

// cleanText gives a text in NFC without surrounding blanks.
func cleanText(b []byte) (s, why string) {
	switch {
	case len(b) > maxTextBytes:
		return "", "too long"
	case !utf8.Valid(b):
		return "", "not UTF-8"
	}
	s = string(b)
	if strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 && r != '\n' && r != '\t' || r == 0x7F || r == utf8.RuneError }) {
		return "", "control characters"
	}
	return strings.TrimSpace(norm.NFC.String(s)), ""
}

func (d *DG13) set(n int, texts []string) {
	if n == fieldParents {
		if strings.Join(texts, "") != "" {
			d.Parents = texts
		}
		return
	}
	if len(texts) == 1 {
		*d.text(n) = texts[0]
	}
}

// text gives the place of a field with one text.
func (d *DG13) text(n int) *string {
	return [...]*string{
		fieldNumber: &d.Number, fieldName: &d.Name, fieldBirth: &d.Birth, fieldSex: &d.Sex,
		fieldNationality: &d.Nationality, fieldEthnicity: &d.Ethnicity, fieldReligion: &d.Religion, fieldOrigin: &d.Origin,
		fieldResidence: &d.Residence, fieldMarks: &d.Marks, fieldIssued: &d.Issued, fieldExpires: &d.Expires,
		fieldParents: nil, fieldSpouse: &d.Spouse, fieldOldNumber: &d.OldNumber, fieldChipID: &d.ChipID,
	}[n]
}

// NoExpiry reports whether the card states that it has no end date.
func (d *DG13) NoExpiry() bool {
	return strings.EqualFold(d.Expires, NoExpiryText)
}
