package bsi

import (
	"bytes"
	"strings"
	"testing"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
	"motcua/kiosk/mrz"
)

// The cases of DG1 are about passports (TD3). The zone of the data page is the key and stays as it was issued; DG1 is changed and
// signed, so that it is the encoding that has to be found.

// The columns of a TD3 zone's second line, and the positions of its check digits (Doc 9303-4 §4.2.2).
const (
	colNumber, colNumberDigit     = 0, 9
	colNationality                = 10
	colBirth, colBirthDigit       = 13, 19
	colSex                        = 20
	colExpiry, colExpiryDigit     = 21, 27
	colOptional, colOptionalDigit = 28, 42
	colComposite                  = 43
)

// page is a TD3 zone whose lines can be written into.
type page struct{ one, two []byte }

// put writes text into line two.
func (p *page) put(col int, text string) { copy(p.two[col:], text) }

// name writes the name field.
func (p *page) name(s string) { copy(p.one[5:], s+strings.Repeat("<", 39-len(s))) }

// optional writes the optional data.
func (p *page) optional(s string) { p.put(colOptional, s+strings.Repeat("<", 14-len(s))) }

// digits writes the check digits of everything that stands there.
func (p *page) digits(t *testing.T) {
	t.Helper()
	for _, f := range [][2]int{{colNumber, colNumberDigit}, {colBirth, colBirthDigit}, {colExpiry, colExpiryDigit}, {colOptional, colOptionalDigit}} {
		p.two[f[1]] = digit(t, p.two[f[0]:f[1]])
	}
	if strings.Trim(string(p.two[colOptional:colOptionalDigit]), "<") == "" {
		p.two[colOptionalDigit] = '<'
	}
	p.composite(t)
}

func (p *page) composite(t *testing.T) {
	t.Helper()
	p.two[colComposite] = digit(t, bytes.Join([][]byte{p.two[0:10], p.two[13:20], p.two[21:43]}, nil))
}

func digit(t *testing.T, field []byte) byte {
	t.Helper()
	d, err := mrz.CheckDigit(string(field))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// other gives another digit.
func other(b byte) byte { return '0' + (b-'0'+1)%10 }

// withDG1 issues a passport with a changed and signed DG1, and reads it with the zone of its data page.
func withDG1(t *testing.T, b *bench, change func(raw []byte) []byte) outcome {
	t.Helper()
	card := b.issue(t, emrtdtest.IssueOptions{Profile: emrtdtest.ProfilePassportPACE, Edit: func(files map[kiosk.FileID][]byte) error {
		files[kiosk.FileDG1] = change(files[kiosk.FileDG1])
		return nil
	}})
	return b.read(t, reading{Card: card, Key: mrzKey(card)})
}

// withZone is withDG1 for a change of the zone; check digits are made anew before after.
func withZone(t *testing.T, b *bench, change, after func(p *page)) outcome {
	t.Helper()
	return withDG1(t, b, func(raw []byte) []byte {
		m, err := lds.ParseDG1(raw)
		if err != nil || m.Kind != mrz.TD3 {
			t.Fatalf("the passport's DG1: %v", err)
		}
		p := &page{[]byte(m.Lines[0]), []byte(m.Lines[1])}
		if change != nil {
			change(p)
			p.digits(t)
		}
		if after != nil {
			after(p)
		}
		return tlv.Encode(0x61, tlv.Encode(0x5F1F, p.one, p.two))
	})
}

// accepted expects a verified document, with this deviation named; "" for none.
func accepted(what string) func(*testing.T, outcome) {
	return func(t *testing.T, o outcome) {
		t.Helper()
		o.verified(t)
		o.reason(t, kiosk.CheckEncoding, what)
		if c, _ := o.read.Check(kiosk.CheckEncoding); what == "" && c.Reason != "" {
			t.Errorf("a deviation is named: %s", c.Reason)
		}
	}
}

// doubted expects that the deviation is named and keeps the document from being accepted.
func doubted(what string) func(*testing.T, outcome) {
	return func(t *testing.T, o outcome) {
		t.Helper()
		o.rejected(t)
		o.check(t, kiosk.CheckEncoding, kiosk.CheckUndetermined)
		o.reason(t, kiosk.CheckEncoding, what)
		o.check(t, kiosk.CheckHashes, kiosk.CheckSuccessful)
	}
}

// unreadable expects that a signed file which cannot be read makes the document refused.
func unreadable(what string) func(*testing.T, outcome) {
	return func(t *testing.T, o outcome) {
		t.Helper()
		o.refused(t, kiosk.CheckEncoding)
		o.reason(t, kiosk.CheckEncoding, what)
		o.check(t, kiosk.CheckHashes, kiosk.CheckSuccessful)
	}
}

// digitsWrong expects that differing check digits make the document refused.
func digitsWrong(t *testing.T, o outcome) {
	t.Helper()
	o.refused(t, kiosk.CheckNumber)
	o.reason(t, kiosk.CheckNumber, "check digits")
	o.reason(t, kiosk.CheckEncoding, "check digits differ")
}

func init() {
	type zoneCase struct {
		id, text      string
		change, after func(p *page)
		want          func(*testing.T, outcome)
	}
	cases([]zoneCase{
		{"LDS_B_01", "The zone has optional data with its check digit: accepted.", func(p *page) { p.optional("ZE184226B") }, nil, accepted("")},
		{"LDS_B_02", "The name fills its field and its last part is cut: accepted.", func(p *page) {
			p.name("NGUYEN<<THI<THU<NGHIEM<MAU<RAT<DAI<XX<Y")
		}, nil, accepted("")},
		{"LDS_B_03", "The name has no secondary identifier: accepted, and named for who wonders.", func(p *page) { p.name("NGUYEN") }, nil, accepted("no secondary identifier")},
		{"LDS_B_04", "There are no optional data and their check digit is 0 instead of a filler: both are right, accepted.", func(p *page) { p.optional("") },
			func(p *page) { p.two[colOptionalDigit] = '0' }, accepted("")},
		{"LDS_B_08", "The document type begins with a letter that is no document: not accepted without an officer.", func(p *page) { copy(p.one, "QQ") }, nil,
			doubted("document type unknown")},
		{"LDS_B_09", "The issuing state holds a digit: not accepted.", func(p *page) { copy(p.one[2:], "V1M") }, nil, doubted("issuing state malformed")},
		{"LDS_B_10", "The name field holds nothing but fillers: not accepted without an officer.", func(p *page) { p.name("") }, nil, doubted("name empty")},
		{"LDS_B_12", "The document number is not that of the data page: refused.", func(p *page) { p.two[3] = other(p.two[3]) }, nil, func(t *testing.T, o outcome) {
			o.refused(t, kiosk.CheckNumber)
			o.reason(t, kiosk.CheckNumber, kiosk.ReasonKeyDiffers)
		}},
		{"LDS_B_13", "The check digit of the document number is wrong: refused.", nil, func(p *page) { p.two[colNumberDigit] = other(p.two[colNumberDigit]) }, digitsWrong},
		{"LDS_B_14", "The nationality holds a digit: not accepted without an officer.", func(p *page) { p.put(colNationality, "V1M") }, nil, doubted("nationality malformed")},
		{"LDS_B_15", "The date of birth holds a letter: not accepted without an officer.", func(p *page) { p.put(colBirth, "01A102") }, nil, doubted("date of birth malformed")},
		{"LDS_B_16", "The date of birth is 30 February: not accepted without an officer.", func(p *page) { p.put(colBirth, "010230") }, nil, doubted("date of birth malformed")},
		{"LDS_B_17", "The check digit of the date of birth is wrong: refused.", nil, func(p *page) { p.two[colBirthDigit] = other(p.two[colBirthDigit]) }, digitsWrong},
		{"LDS_B_18", "The sex is Q: not accepted without an officer.", func(p *page) { p.put(colSex, "Q") }, nil, doubted("sex unknown")},
		{"LDS_B_19", "The date of expiry holds a letter: not accepted without an officer.", func(p *page) { p.put(colExpiry, "3A0101") }, nil, func(t *testing.T, o outcome) {
			doubted("date of expiry malformed")(t, o)
			o.check(t, kiosk.CheckExpiry, kiosk.CheckUndetermined)
		}},
		{"LDS_B_20", "The date of expiry is 31 November: not accepted without an officer.", func(p *page) { p.put(colExpiry, "351131") }, nil, func(t *testing.T, o outcome) {
			doubted("date of expiry malformed")(t, o)
			o.check(t, kiosk.CheckExpiry, kiosk.CheckUndetermined)
		}},
		{"LDS_B_21", "The check digit of the date of expiry is wrong: refused.", nil, func(p *page) { p.two[colExpiryDigit] = other(p.two[colExpiryDigit]) }, digitsWrong},
		{"LDS_B_22", "The check digit of the optional data is wrong, the composite is right: refused.", func(p *page) { p.optional("ZE184226B") }, func(p *page) {
			p.two[colOptionalDigit] = other(p.two[colOptionalDigit])
		}, digitsWrong},
		{"LDS_B_23", "The composite check digit is wrong: refused.", nil, func(p *page) { p.two[colComposite] = other(p.two[colComposite]) }, digitsWrong},
		{"LDS_B_25", "The day of birth is not known: Doc 9303-3 §4.8 allows it, accepted.", func(p *page) { p.put(colBirth+4, "<<") }, nil, accepted("date of birth incomplete")},
		{"LDS_B_26", "The month of birth is not known: accepted.", func(p *page) { p.put(colBirth+2, "<<") }, nil, accepted("date of birth incomplete")},
		{"LDS_B_27", "The year of birth is not known: accepted.", func(p *page) { p.put(colBirth, "<<") }, nil, accepted("date of birth incomplete")},
		{"LDS_B_28", "Nothing of the date of birth is known: accepted.", func(p *page) { p.put(colBirth, "<<<<<<") }, nil, accepted("date of birth incomplete")},
	}, func(c zoneCase) string { return c.id }, func(c zoneCase) string { return c.text }, func(t *testing.T, b *bench, c zoneCase) {
		c.want(t, withZone(t, b, c.change, c.after))
	})
	registerFrame("LDS_B", 5, kiosk.FileDG1, 0x62)

	register("LDS_B_11", "DG1 has another name than DG13, which repeats the data page: not accepted without an officer.", func(t *testing.T, b *bench) {
		card := b.issue(t, emrtdtest.IssueOptions{Edit: func(files map[kiosk.FileID][]byte) error {
			m, err := lds.ParseDG1(files[kiosk.FileDG1])
			if err != nil {
				return err
			}
			m.Lines[2] = "TRAN<<VAN<KHAC<<<<<<<<<<<<<<<<"
			files[kiosk.FileDG1] = lds.MarshalDG1(m)
			return nil
		}})
		doubted("name differs from DG13")(t, b.read(t, reading{Card: card}))
	})
	register("LDS_B_24", "DG1 holds no machine-readable zone: refused.", func(t *testing.T, b *bench) {
		o := withDG1(t, b, func([]byte) []byte { return tlv.Encode(0x61, tlv.Encode(0x5F1E, make([]byte, 88))) })
		unreadable("DG1: wrong tag")(t, o)
		o.check(t, kiosk.CheckNumber, kiosk.CheckUndetermined)
	})
}
