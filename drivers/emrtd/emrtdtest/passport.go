package emrtdtest

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
	"motcua/kiosk/cccd"
)

// passportYears is how long a passport is valid when the person file does not say.
const passportYears = 10

// document gives the number of a person's passport.
func (p Person) document() (string, error) {
	if p.Document == "" {
		return "X9" + p.Number[len(p.Number)-7:], nil
	}
	if len(p.Document) > 9 || strings.Trim(p.Document, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		return "", errors.New("document is not the number of a passport: up to nine capital letters and digits")
	}
	return p.Document, nil
}

// passportGroups builds DG1 of a passport.
func passportGroups(p Person, _ *IssueOptions) (map[kiosk.FileID][]byte, zone, error) {
	d, err := p.passportDates()
	if err != nil {
		return nil, zone{}, err
	}
	lines, err := p.passportZone(d)
	if err != nil {
		return nil, zone{}, err
	}
	dg1 := tlv.Encode(0x61, tlv.Encode(0x5F1F, []byte(lines[0]+lines[1])))
	return map[kiosk.FileID][]byte{kiosk.FileDG1: dg1}, zone{lines: [3]string{lines[0], lines[1]}}, nil
}

// passportDates are dates with the expiry of a passport, which has an end always.
func (p Person) passportDates() (d dates, err error) {
	explicit := p.Expires
	if explicit == "" || explicit == NoExpiry {
		p.Expires = NoExpiry
	}
	if d, err = p.dates(); err != nil {
		return d, err
	}
	if d.expiry.None {
		end := d.issued
		end.Year += passportYears
		if !end.Valid() { // 29 February
			end.Day = 28
		}
		d.expiry = cccd.Expiry{Date: end}
	}
	return d, nil
}

// passportZone writes the two lines of a TD3 document (Doc 9303-4 §4.2.2), with the personal number in the optional data.
func (p Person) passportZone(d dates) (lines [2]string, err error) {
	number, err := p.document()
	if err != nil {
		return lines, err
	}
	words, letter, err := p.printed()
	if err != nil {
		return lines, err
	}
	name := words[0] + "<<" + strings.Join(words[1:], "<")
	lines[0] = fill("P<VNM"+name, 44)
	a := checked(fill(number, 9))
	b := checked(fmt.Sprintf("%02d%02d%02d", d.birth.Year%100, d.birth.Month, d.birth.Day))
	e := checked(fmt.Sprintf("%02d%02d%02d", d.expiry.Date.Year%100, d.expiry.Date.Month, d.expiry.Date.Day))
	o := checked(fill(p.Number, 14))
	lines[1] = a + "VNM" + b + letter + e + o + string(checkDigit(a+b+e+o))
	return lines, nil
}

// printed gives the words of the name as the zone has them, and the letter of the sex.
func (p Person) printed() (words []string, letter string, err error) {
	name := p.NameMRZ
	if name == "" {
		name = plain(p.Name)
	}
	letters := func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r
		}
		return ' ' // whatever else becomes a filler
	}
	if words = strings.Fields(strings.Map(letters, strings.ToUpper(name))); len(words) == 0 {
		return nil, "", errors.New("the name is empty")
	}
	letter, ok := map[string]string{"Nam": "M", "Nữ": "F", "": "<"}[norm.NFC.String(p.Sex)]
	if !ok {
		return nil, "", errors.New(`sex is neither "Nam" nor "Nữ"`)
	}
	return words, letter, nil
}

// fill pads with fillers to n characters, or cuts.
func fill(s string, n int) string { return (s + strings.Repeat("<", n))[:n] }

// checked appends the check digit.
func checked(s string) string { return s + string(checkDigit(s)) }

// checkDigit weighs 7, 3, 1: digits as they are, A is 10, the filler 0 (Doc 9303-3 §4.9).
func checkDigit(s string) rune {
	sum := 0
	for i, r := range s {
		v := 0
		switch {
		case r >= '0' && r <= '9':
			v = int(r - '0')
		case r >= 'A' && r <= 'Z':
			v = int(r-'A') + 10
		}
		sum += v * [3]int{7, 3, 1}[i%3]
	}
	return rune('0' + sum%10)
}

// details builds DG11 and DG12 (Doc 9303-10 §4.7.11, §4.7.12): a list of the tags that are there, then the fields.
func (p Person) details() (dg11, dg12 []byte) {
	d, err := p.passportDates()
	if err != nil { // groups has refused it already
		return nil, nil
	}
	compact := func(d cccd.Date) []byte { return fmt.Appendf(nil, "%04d%02d%02d", d.Year, d.Month, d.Day) }
	words := strings.Fields(norm.NFC.String(p.Name))
	dg11 = detailFile(0x6B, []tlv.Object{
		{Tag: 0x5F0E, Value: []byte(words[0] + "<<" + strings.Join(words[1:], "<"))},
		{Tag: 0x5F10, Value: []byte(p.Number)},
		{Tag: 0x5F2B, Value: compact(d.birth)},
		{Tag: 0x5F11, Value: []byte(norm.NFC.String(p.Origin))},
		{Tag: 0x5F42, Value: []byte(norm.NFC.String(p.Residence))},
	})
	dg12 = detailFile(0x6C, []tlv.Object{
		{Tag: 0x5F19, Value: []byte("Simulated issuer - not a state")},
		{Tag: 0x5F26, Value: compact(d.issued)},
	})
	return dg11, dg12
}

// detailFile writes the fields that are not empty.
func detailFile(tag tlv.Tag, fields []tlv.Object) []byte {
	var tags, body []byte
	for _, f := range fields {
		if len(f.Value) > 0 {
			tags = append(tags, byte(f.Tag>>8), byte(f.Tag))
			body = tlv.Append(body, f.Tag, f.Value)
		}
	}
	return tlv.Encode(tag, tlv.Encode(0x5C, tags), body)
}
