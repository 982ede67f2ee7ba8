package mrz

import "strconv"

// Date is a calendar day; Month and Day are 0 where the zone leaves them out. It converts to kiosk.Date.
type Date struct{ Year, Month, Day int }

// before reports whether d is before e, parts left out counting as the earliest.
func (d Date) before(e Date) bool {
	switch {
	case d.Year != e.Year:
		return d.Year < e.Year
	case d.Month != e.Month:
		return d.Month < e.Month
	}
	return d.Day < e.Day
}

// BirthDate gives the date of birth: the latest century in which it is not after today. ok is false when the digits are no date.
func (m *MRZ) BirthDate(today Date) (d Date, ok bool) {
	d, ok = parts(m.Birth)
	if !ok {
		return Date{}, false
	}
	d.Year += today.Year / 100 * 100
	if today.before(d) {
		d.Year -= 100
	}
	return d, valid(d)
}

// ExpiryDate gives the date of expiry of a document whose lifetime is not known: the year nearest to today's, which is never
// 50 years off. Vietnamese cards need the rule of kiosk/cccd instead. ok is false when the digits are no date.
func (m *MRZ) ExpiryDate(today Date) (d Date, ok bool) {
	d, ok = parts(m.Expiry)
	if !ok {
		return Date{}, false
	}
	d.Year += today.Year / 100 * 100
	switch {
	case d.Year-today.Year > 50:
		d.Year -= 100
	case today.Year-d.Year >= 50:
		d.Year += 100
	}
	return d, valid(d)
}

// parts reads YYMMDD; month and day may be fillers.
func parts(s string) (d Date, ok bool) {
	if len(s) != 6 {
		return Date{}, false
	}
	for i, p := range []*int{&d.Year, &d.Month, &d.Day} {
		two := s[2*i : 2*i+2]
		if two == "<<" && i > 0 {
			continue
		}
		if two[0] < '0' || two[0] > '9' || two[1] < '0' || two[1] > '9' {
			return Date{}, false
		}
		*p, _ = strconv.Atoi(two)
	}
	return d, true
}

// valid reports whether the day exists; parts left out are accepted.
func valid(d Date) bool {
	if d.Month == 0 {
		return d.Day == 0
	}
	return d.Month <= 12 && d.Day <= monthDays(d.Year, d.Month)
}

func monthDays(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// BirthKnown reports whether the date of birth is well-formed (ok), and whether all of it is known: parts may be fillers (Doc
// 9303-3 §4.8). The year may be unknown too.
func (m *MRZ) BirthKnown() (known, ok bool) { return wellFormed(m.Birth) }

// ExpiryKnown reports the same of the date of expiry.
func (m *MRZ) ExpiryKnown() (known, ok bool) { return wellFormed(m.Expiry) }

// wellFormed accepts digits that make a day of some century, and fillers in place of parts.
func wellFormed(s string) (known, ok bool) {
	if len(s) != 6 {
		return false, false
	}
	known = true
	n := [3]int{}
	for i := range n {
		two := s[2*i : 2*i+2]
		if two == "<<" {
			known, n[i] = false, -1
			continue
		}
		if two[0] < '0' || two[0] > '9' || two[1] < '0' || two[1] > '9' {
			return false, false
		}
		n[i] = int(two[0]-'0')*10 + int(two[1]-'0')
	}
	year, month, day := 2000, n[1], n[2]
	if n[0] > 0 {
		year += n[0]
	}
	switch {
	case month == 0 || month > 12 || day == 0 || day > 31:
		return false, false
	case month > 0 && day > monthDays(year, month):
		return false, false
	}
	return known, true
}

// SexStated reports whether the sex is one of M, F, X and the filler (Doc 9303-4 §4.2.2).
func (m *MRZ) SexStated() bool {
	return m.Sex == "" || m.Sex == "M" || m.Sex == "F" || m.Sex == "X"
}
