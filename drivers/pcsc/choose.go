package pcsc

import (
	"slices"
	"strconv"
	"strings"
)

// choose gives the reader that name asks for: "#N" is the Nth of the list, as pcsc_scan numbers them; anything else is a part of
// the name in any case, and of several readers that have it the one best for chip cards is taken, the first of equals.
func choose(names []string, name string) (string, bool) {
	if n, ok := index(name); ok {
		if n >= len(names) {
			return "", false
		}
		return names[n], true
	}
	var fit []string
	for _, n := range names {
		if strings.Contains(strings.ToLower(n), strings.ToLower(name)) {
			fit = append(fit, n)
		}
	}
	if len(fit) == 0 {
		return "", false
	}
	return slices.MinFunc(fit, func(a, b string) int { return int(interfaceOf(a)) - int(interfaceOf(b)) }), true
}

func index(name string) (n int, ok bool) {
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n >= 0
}

// slotKind says what kind of card a reader's slot is for; smaller is better.
type slotKind int

// The kinds, as far as names tell.
const (
	slotContactless slotKind = 0
	slotUnknown     slotKind = 1
	slotContact     slotKind = 2
	slotSAM         slotKind = 3
)

// slotWords are the words in readers' names that tell. "CL" and "5422CL" are contactless, "PICC" too; "ICC" and "CT" are contact.
var slotWords = map[string]slotKind{
	"SAM": slotSAM, "PICC": slotContactless, "CL": slotContactless, "CONTACTLESS": slotContactless, "NFC": slotContactless,
	"RFID": slotContactless, "RF": slotContactless, "ICC": slotContact, "CT": slotContact, "CONTACT": slotContact,
}

// interfaceOf tells a slot by its name. pcscd puts the interface's own name in brackets behind the device's, "ACS ACR1252 1S CL Reader
// [ACR1252 Dual Reader SAM] 01 00"; what stands there counts before the device's name.
func interfaceOf(name string) slotKind {
	if i, j := strings.Index(name, "["), strings.Index(name, "]"); i >= 0 && j > i {
		if k := words(name[i+1 : j]); k != slotUnknown {
			return k
		}
		name = name[:i]
	}
	return words(name)
}

func words(name string) slotKind {
	kind := slotUnknown
	for _, w := range strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	}) {
		k, ok := slotWords[w]
		if !ok && len(w) > 2 && strings.HasSuffix(w, "CL") && w[0] >= '0' && w[0] <= '9' {
			k, ok = slotContactless, true
		}
		if ok && (kind == slotUnknown || k == slotSAM) {
			kind = k
		}
	}
	return kind
}
