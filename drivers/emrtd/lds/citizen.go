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
	if m.State == "VNM" {
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

// Differences names the fields in which DG1 and DG13 contradict each other: "number", "birth", "expiry", "sex". Fields that
// DG13 leaves out, or writes in a way not understood, contradict nothing.
func Differences(dg1 *mrz.MRZ, dg13 *DG13) []string {
	if dg1 == nil || dg13 == nil {
		return nil
	}
	var all []string
	if n, err := dg1.PersonalNumber(); dg13.Number != "" && (err != nil || n != dg13.Number) {
		all = append(all, "number")
	}
	if d := date(dg13.Birth); !d.IsZero() && short(d) != dg1.Birth {
		all = append(all, "birth")
	}
	if d := date(dg13.Expires); !d.IsZero() && short(d) != dg1.Expiry || dg13.NoExpiry() && dg1.Expiry != cccd.NoEndMRZ {
		all = append(all, "expiry")
	}
	if s := map[string]string{"Nam": "M", "Nữ": "F"}[dg13.Sex]; s != "" && s != dg1.Sex {
		all = append(all, "sex")
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
