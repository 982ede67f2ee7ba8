package lds

import (
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/cccd"
	"motcua/kiosk/mrz"
)

// Citizen joins DG1 and DG13 into what the chip says about its holder. Either may be nil. DG13 has the full texts and dates; DG1
// fills what DG13 leaves out. today resolves the centuries of DG1's dates where neither DG13, nor the personal number, nor the
// expiry rule does. Whether the two groups agree is told by [Differences].
func Citizen(dg1 *mrz.MRZ, dg13 *DG13, today kiosk.Date) kiosk.Citizen {
	var c kiosk.Citizen
	if dg13 != nil {
		c = fromDG13(dg13)
	}
	if dg1 != nil {
		fillFromDG1(&c, dg1, today)
	}
	return c
}

// Supplement fills what DG1 and DG13 leave out with what DG11 and DG12 say; either may be nil. Passports have them, Vietnamese
// identity cards so far do not.
func Supplement(c *kiosk.Citizen, dg11 *DG11, dg12 *DG12) {
	fill := func(to *string, text string) {
		if *to == "" {
			*to = text
		}
	}
	if dg11 != nil {
		fill(&c.Name, dg11.Name)
		if n, err := cccd.ParseNumber(dg11.PersonalNumber); err == nil {
			fill(&c.Number, string(n))
		}
		if c.Birth.Day == 0 && !dg11.Birth.IsZero() {
			c.Birth = dg11.Birth
		}
		fill(&c.Origin, strings.Join(dg11.BirthPlace, ", "))
		fill(&c.Residence, strings.Join(dg11.Address, ", "))
	}
	if dg12 != nil && c.Issued.IsZero() {
		c.Issued = dg12.Issued
	}
}

func fromDG13(d *DG13) kiosk.Citizen {
	c := kiosk.Citizen{
		Number: d.Number, Name: d.Name, Nationality: d.Nationality, Ethnicity: d.Ethnicity, Religion: d.Religion,
		Origin: d.Origin, Residence: d.Residence, Marks: d.Marks, Spouse: d.Spouse, OldNumber: d.OldNumber,
		NoExpiry: d.NoExpiry(),
	}
	if d.Sex == "Nam" || d.Sex == "Nữ" {
		c.Sex = d.Sex
	}
	c.Birth, c.Issued, c.Expires = date(d.Birth), date(d.Issued), date(d.Expires)
	copy(c.Parents[:], d.Parents)
	return c
}

func date(s string) kiosk.Date {
	d, ok := cccd.ParseDate(s)
	if !ok {
		return kiosk.Date{}
	}
	return kiosk.Date(d)
}

func fillFromDG1(c *kiosk.Citizen, m *mrz.MRZ, today kiosk.Date) {
	c.NameMRZ = m.Name()
	if number, err := m.PersonalNumber(); err == nil && c.Number == "" {
		c.Number = number
	}
	if c.Sex == "" {
		c.Sex = map[string]string{"M": "Nam", "F": "Nữ"}[m.Sex]
	}
	if c.Nationality == "" && m.Nationality == "VNM" {
		c.Nationality = "Việt Nam"
	}
	if c.Birth.IsZero() {
		c.Birth = birth(m, today)
	}
	if c.Expires.IsZero() && !c.NoExpiry {
		c.Expires, c.NoExpiry = expiry(m, c.Birth, today)
	}
}

// birth resolves the century by the personal number, else as the latest that is not in the future.
func birth(m *mrz.MRZ, today kiosk.Date) kiosk.Date {
	d, ok := m.BirthDate(mrz.Date(today))
	if !ok {
		return kiosk.Date{}
	}
	if number, err := m.PersonalNumber(); err == nil {
		if n, err := cccd.ParseNumber(number); err == nil && n.BirthYear()%100 == d.Year%100 {
			d.Year = n.BirthYear()
		}
	}
	return kiosk.Date(d)
}

func expiry(m *mrz.MRZ, birth, today kiosk.Date) (d kiosk.Date, none bool) {
	if m.State == "VNM" && m.Kind == mrz.TD1 { // passports end after five or ten years
		if e, ok := cccd.ResolveExpiry(m.Expiry, cccd.Date(birth)); ok {
			return kiosk.Date(e.Date), e.None
		}
	}
	e, ok := m.ExpiryDate(mrz.Date(today))
	if !ok {
		return kiosk.Date{}, false
	}
	return kiosk.Date(e), false
}

// Differences names the fields in which DG1 and DG13 contradict each other: "number", "birth", "sex", "expiry". Fields that
// DG13 leaves out, or writes in a way not understood, contradict nothing. See [Sources] for more.
func Differences(dg1 *mrz.MRZ, dg13 *DG13) []string {
	if dg1 == nil || dg13 == nil {
		return nil
	}
	var all []string
	for _, d := range (Sources{DG1: dg1, DG13: dg13}).Differences() {
		if d.Field != "name" { // see inspectNames
			all = append(all, d.Field)
		}
	}
	return all
}

// short writes a date as a machine-readable zone does, unknown parts as fillers.
func short(d kiosk.Date) string {
	two := func(n int) string { return string([]byte{byte('0' + n/10%10), byte('0' + n%10)}) }
	s := two(d.Year % 100)
	for _, p := range []int{d.Month, d.Day} {
		if p == 0 {
			s += strings.Repeat("<", 2)
		} else {
			s += two(p)
		}
	}
	return s
}
