package cccd

import "fmt"

// Date is a calendar day; Month and Day are 0 where a card leaves them out. It converts to kiosk.Date. Which day it is now in
// Viet Nam (Asia/Ho_Chi_Minh) is for the caller to say.
type Date struct{ Year, Month, Day int }

// IsZero reports whether nothing is stated.
func (d Date) IsZero() bool { return d == Date{} }

// Compare gives -1, 0 or 1; parts left out count as the earliest.
func (d Date) Compare(e Date) int {
	for _, p := range [][2]int{{d.Year, e.Year}, {d.Month, e.Month}, {d.Day, e.Day}} {
		switch {
		case p[0] < p[1]:
			return -1
		case p[0] > p[1]:
			return 1
		}
	}
	return 0
}

// Valid reports whether the day exists; a year alone and a year with a month are accepted.
func (d Date) Valid() bool {
	switch {
	case d.Year < 1800 || d.Year > 2399 || d.Month < 0 || d.Month > 12 || d.Day < 0:
		return false
	case d.Month == 0:
		return d.Day == 0
	}
	return d.Day <= monthDays(d.Year, d.Month)
}

// addYears gives the same day years later; 29 February becomes 1 March in a common year, when the year of life is complete.
func (d Date) addYears(years int) Date {
	d.Year += years
	if d.Month == 2 && d.Day == 29 && monthDays(d.Year, 2) == 28 {
		d.Month, d.Day = 3, 1
	}
	return d
}

// mrz gives YYMMDD.
func (d Date) mrz() string { return fmt.Sprintf("%02d%02d%02d", d.Year%100, d.Month, d.Day) }

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

// ParseDate reads ddMMyyyy, dd/MM/yyyy, MM/yyyy or yyyy. ok is false for anything else and for days that do not exist.
func ParseDate(s string) (d Date, ok bool) {
	n, digits := 0, ""
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits += string(c)
		case (c == '/' || c == '-' || c == '.') && (i == 2 || i == 5):
			n++
		default:
			return Date{}, false
		}
	}
	switch {
	case len(digits) == 8 && (n == 0 || n == 2):
		d = Date{number(digits[4:]), number(digits[2:4]), number(digits[:2])}
		ok = d.Day > 0 && d.Month > 0
	case len(digits) == 6 && n == 1 && s[2] == '/':
		d = Date{number(digits[2:]), number(digits[:2]), 0}
		ok = d.Month > 0
	case len(digits) == 4 && n == 0:
		d, ok = Date{Year: number(digits)}, true
	}
	if !ok || !d.Valid() {
		return Date{}, false
	}
	return d, true
}

// number reads digits.
func number(s string) int {
	n := 0
	for i := range len(s) {
		n = 10*n + int(s[i]-'0')
	}
	return n
}
