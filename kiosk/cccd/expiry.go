package cccd

import (
	"fmt"
	"log/slog"
)

// NoEndMRZ is the expiry date printed in the machine-readable zone of a card without end date.
const NoEndMRZ = "991231"

// milestones are the ages at which a card must be changed (Law 26/2023 art. 21 (1); the law of 2014 began at 25).
var milestones = [...]int{14, 25, 40, 60}

// grace: a card issued within two years before a milestone is valid until the next one (art. 21 (2)).
const grace = 2

// Expiry is when a card ends: a day, or never.
type Expiry struct {
	Date Date // the last milestone's birthday; zero with NoEnd
	None bool // no end date
}

// MRZ gives YYMMDD as the machine-readable zone has it.
func (e Expiry) MRZ() string {
	if e.None {
		return NoEndMRZ
	}
	return e.Date.mrz()
}

// Expired reports whether the card has ended before today: it is still valid on the day itself.
func (e Expiry) Expired(today Date) bool {
	return !e.None && !e.Date.IsZero() && e.Date.Compare(today) < 0
}

// Expiries gives the possible ends of a card by the holder's birth and the day of issue, likeliest first: by the rule, and, when
// the card was issued in the two years before a milestone, also that milestone. There are none when a date is incomplete.
func Expiries(birth, issued Date) []Expiry {
	if birth.Day == 0 || issued.Day == 0 || !birth.Valid() || !issued.Valid() || issued.Compare(birth) < 0 {
		return nil
	}
	first := next(birth, issued)
	if first < 0 {
		return []Expiry{{None: true}}
	}
	end := birth.addYears(milestones[first])
	if end.addYears(-grace).Compare(issued) > 0 {
		return []Expiry{{Date: end}}
	}
	return append(after(birth, first), Expiry{Date: end})
}

// next gives the index of the first milestone after a day, -1 when none is left.
func next(birth, day Date) int {
	for i, m := range milestones {
		if birth.addYears(m).Compare(day) > 0 {
			return i
		}
	}
	return -1
}

func after(birth Date, i int) []Expiry {
	if i+1 == len(milestones) {
		return []Expiry{{None: true}}
	}
	return []Expiry{{Date: birth.addYears(milestones[i+1])}}
}

// ResolveExpiry gives the full date of a machine-readable zone's YYMMDD: the milestone's birthday it stands for, or no end. ok is
// false when it is no milestone of that birth; cards of other kinds and slips of the issuer do that.
func ResolveExpiry(yymmdd string, birth Date) (e Expiry, ok bool) {
	if yymmdd == NoEndMRZ {
		return Expiry{None: true}, true
	}
	if birth.Month == 0 || birth.Day == 0 {
		return resolveYear(yymmdd, birth)
	}
	for _, m := range milestones {
		for _, d := range birthdays(birth, m) {
			if d.mrz() == yymmdd {
				return Expiry{Date: d}, true
			}
		}
	}
	return Expiry{}, false
}

// resolveYear does the same for a holder whose day or month of birth is not known: the year alone must be a milestone.
func resolveYear(yymmdd string, birth Date) (Expiry, bool) {
	if birth.Year == 0 || len(yymmdd) != 6 {
		return Expiry{}, false
	}
	for i := range len(yymmdd) {
		if yymmdd[i] < '0' || yymmdd[i] > '9' {
			return Expiry{}, false
		}
	}
	for _, m := range milestones {
		d := Date{birth.Year + m, number(yymmdd[2:4]), number(yymmdd[4:6])}
		if d.Valid() && d.Day > 0 && d.mrz() == yymmdd {
			return Expiry{Date: d}, true
		}
	}
	return Expiry{}, false
}

// birthdays gives the days a milestone may be printed as: one, or for 29 February also 28 February.
func birthdays(birth Date, years int) []Date {
	d := birth.addYears(years)
	if birth.Month == 2 && birth.Day == 29 {
		return []Date{d, {d.Year, 2, 28}}
	}
	return []Date{d}
}

// Zone is the part of a machine-readable zone from which the keys of BAC and PACE are derived (Doc 9303-11 §4.3.2). It redacts
// itself.
type Zone struct {
	Document string // nine digits
	Birth    string // YYMMDD
	Expiry   string // YYMMDD
}

// Format redacts, whatever the verb.
func (Zone) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[redacted]")) }

// LogValue redacts.
func (Zone) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Zones gives the machine-readable zones that a card may have by its number, its holder's birth and the day of issue, as its QR code
// tells them: at most two, the likeliest first (see [Expiries]). There are none when a date is incomplete or contradicts the number.
func Zones(n Number, birth, issued Date) []Zone {
	if birth.Year != n.BirthYear() {
		return nil
	}
	var all []Zone
	for _, e := range Expiries(birth, issued) {
		all = append(all, Zone{n.Document(), birth.mrz(), e.MRZ()})
	}
	return all
}
