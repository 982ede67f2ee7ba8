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
