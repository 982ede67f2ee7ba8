package lds

import (
	"slices"

	"motcua/kiosk"
)

// Grade says what a deviation is worth.
type Grade string

// The grades. A signed file is what the issuer wrote, so a slip of the issuer is no forgery; yet what cannot be relied on is not
// relied on.
const (
	Tolerated Grade = "tolerated" // the file is read all the same; people may want to know
	Doubtful  Grade = "doubtful"  // what the standard demands is missing or unknown: an officer has to look
	Broken    Grade = "broken"    // the file cannot be read
)

// Finding is one deviation of a file from its standard. What names it without contents.
type Finding struct {
	File  kiosk.FileID
	What  string
	Grade Grade
}

// String gives "DG2: eye colour unknown".
func (f Finding) String() string { return string(f.File) + ": " + f.What }

// findings collects those of one file.
type findings struct {
	file kiosk.FileID
	all  []Finding
}

func (f *findings) add(g Grade, what string) {
	if f != nil {
		f.all = append(f.all, Finding{f.file, what, g})
	}
}

// tolerate, doubt and fail add a finding when cond holds.
func (f *findings) tolerate(cond bool, what string) {
	if cond {
		f.add(Tolerated, what)
	}
}

func (f *findings) doubt(cond bool, what string) {
	if cond {
		f.add(Doubtful, what)
	}
}

// EncodingCheck makes a check of findings: failed when a signed file cannot be read, undetermined when something is doubtful,
// successful otherwise. The reason names up to four, the worst first.
func EncodingCheck(all []Finding) kiosk.Check {
	c := kiosk.Check{Name: kiosk.CheckEncoding, Result: kiosk.CheckSuccessful}
	rank := map[Grade]int{Broken: 0, Doubtful: 1, Tolerated: 2}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b Finding) int { return rank[a.Grade] - rank[b.Grade] })
	for i, f := range sorted {
		switch {
		case f.Grade == Broken:
			c.Result = kiosk.CheckFailed
		case f.Grade == Doubtful && c.Result == kiosk.CheckSuccessful:
			c.Result = kiosk.CheckUndetermined
		}
		switch {
		case i == 4:
			c.Reason += ", more"
		case i > 4:
		case i > 0:
			c.Reason += ", " + f.String()
		default:
			c.Reason = f.String()
		}
	}
	return c
}
