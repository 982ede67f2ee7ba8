package onestop

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"motcua/kiosk"
)

// Zone is Vietnamese legal time, UTC+7 without daylight saving: dates on papers and in numbers are in it.
var Zone = time.FixedZone("ICT", 7*60*60)

// Numbering makes official numbers (mã hồ sơ). The pattern's placeholders are {agency}, {yyyymmdd}, {yymmdd}, {yyyy} and
// {seq:N}: the running number with at least N digits. The sequence restarts each year when the pattern names the year, and
// never otherwise, so that no pattern can repeat a number. Numbers are made here and never read for meaning.
type Numbering struct {
	Agency  string
	Pattern string
}

// DefaultPattern has the shape seen in a national integration of 2026: agency, date, seven digits.
const DefaultPattern = "{agency}-{yyyymmdd}-{seq:7}"

var (
	placeholder = regexp.MustCompile(`\{[^{}]*\}`)
	seqHolder   = regexp.MustCompile(`^\{seq:([1-9]|1[0-2])\}$`)
	plainNumber = regexp.MustCompile(`^[A-Za-z0-9./_-]*$`)
)

// Check reports what is wrong with the pattern, in one sentence.
func (n Numbering) Check() error {
	seqs := 0
	for _, p := range placeholder.FindAllString(n.Pattern, -1) {
		switch {
		case seqHolder.MatchString(p):
			seqs++
		case p == "{agency}", p == "{yyyymmdd}", p == "{yymmdd}", p == "{yyyy}":
		default:
			return fmt.Errorf("the number pattern has the unknown placeholder %s", p)
		}
	}
	if seqs != 1 {
		return fmt.Errorf("the number pattern must hold {seq:N} exactly once, N from 1 to 12")
	}
	if strings.Contains(n.Pattern, "{agency}") && n.Agency == "" {
		return fmt.Errorf("the number pattern names the agency, but no agency code is set")
	}
	if !plainNumber.MatchString(placeholder.ReplaceAllString(n.Pattern, "")) || !plainNumber.MatchString(n.Agency) {
		return fmt.Errorf("the number pattern and the agency code may hold letters, digits and . / _ - only")
	}
	return nil
}

// Scope names the sequence that a number given at that time is drawn from.
func (n Numbering) Scope(at time.Time) string {
	if strings.Contains(n.Pattern, "{yy") { // all three dates name the year
		return n.Agency + "/" + strconv.Itoa(at.In(Zone).Year())
	}
	return n.Agency + "/"
}

// Format writes number seq of the scope.
func (n Numbering) Format(at time.Time, seq int64) string {
	at = at.In(Zone)
	return placeholder.ReplaceAllStringFunc(n.Pattern, func(p string) string {
		switch p {
		case "{agency}":
			return n.Agency
		case "{yyyymmdd}":
			return at.Format("20060102")
		case "{yymmdd}":
			return at.Format("060102")
		case "{yyyy}":
			return at.Format("2006")
		}
		width, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(p, "{seq:"), "}"))
		if err != nil {
			return p
		}
		return fmt.Sprintf("%0*d", width, seq)
	})
}

// Next checks the pattern and says where to draw the next number from. A Store calls it inside the accepting transaction.
func (n Numbering) Next(at time.Time) (scope string, format func(int64) string, err error) {
	if err := n.Check(); err != nil {
		return "", nil, kiosk.Errorf(kiosk.CodeConfigInvalid, "assign number", "correct [number] in onestop.toml", "%w", err)
	}
	return n.Scope(at), func(seq int64) string { return n.Format(at, seq) }, nil
}
