package lds

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"motcua/kiosk"
	"motcua/kiosk/cccd"
	"motcua/kiosk/mrz"
)

// Sources are what is known of a holder from different places. Any may be missing.
type Sources struct {
	Number string // typed or scanned: twelve digits, or the last six
	DG1    *mrz.MRZ
	DG13   *DG13
	QR     *cccd.QR
}

// Difference names a field and the two sources that contradict each other in it. It holds no values.
type Difference struct {
	Field   string // "number", "birth", "sex", "expiry", "issued", "old_number", "name"
	Sources [2]string
}

// String gives "birth: DG1, QR".
func (d Difference) String() string { return d.Field + ": " + d.Sources[0] + ", " + d.Sources[1] }

// statement is what one source says of the holder, in forms that compare. "" says nothing.
type statement struct {
	source                             string
	number, birth, sex, expiry, issued string
	oldNumber, name                    string
}

// Differences names every field in which two sources contradict each other, each source compared with the first that speaks of the
// field: number, DG1, DG13, QR. Fields that a source leaves out, or writes in a way not understood, contradict nothing.
func (s Sources) Differences() []Difference {
	var all []Difference
	list := s.statements()
	for _, f := range []struct {
		name string
		get  func(statement) string
		same func(a, b string) bool
	}{
		{"number", func(t statement) string { return t.number }, sameNumber},
		{"birth", func(t statement) string { return t.birth }, equal},
		{"sex", func(t statement) string { return t.sex }, equal},
		{"expiry", func(t statement) string { return t.expiry }, equal},
		{"issued", func(t statement) string { return t.issued }, equal},
		{"old_number", func(t statement) string { return t.oldNumber }, equal},
		{"name", func(t statement) string { return t.name }, nameMatches},
	} {
		first := -1
		for i, t := range list {
			switch v := f.get(t); {
			case v == "":
			case first < 0:
				first = i
			case !f.same(f.get(list[first]), v):
				all = append(all, Difference{f.name, [2]string{list[first].source, t.source}})
			}
		}
	}
	return all
}

func equal(a, b string) bool { return a == b }

// sameNumber compares numbers; of six digits or nine, only those.
func sameNumber(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return len(a) >= 6 && strings.HasSuffix(b, a)
}

// nameMatches compares names by their letters; one ending in "…" was cut.
func nameMatches(a, b string) bool {
	for range 2 {
		if cut, ok := strings.CutSuffix(a, "…"); ok {
			return strings.HasPrefix(strings.TrimSuffix(b, "…"), cut) || strings.HasPrefix(cut, strings.TrimSuffix(b, "…"))
		}
		a, b = b, a
	}
	return a == b
}

func (s Sources) statements() []statement {
	var list []statement
	if s.Number != "" {
		list = append(list, statement{source: "number", number: s.Number})
	}
	if m := s.DG1; m != nil {
		t := statement{source: "DG1", birth: m.Birth, sex: m.Sex, expiry: m.Expiry, name: zoneLetters(m), number: m.Number}
		if n, err := m.PersonalNumber(); err == nil {
			t.number = n
		}
		list = append(list, t)
	}
	if d := s.DG13; d != nil {
		t := statement{source: "DG13", number: d.Number, birth: shortDate(d.Birth), sex: zoneSex[d.Sex], expiry: shortDate(d.Expires),
			issued: shortDate(d.Issued), oldNumber: d.OldNumber, name: letters(d.Name)}
		if d.NoExpiry() {
			t.expiry = cccd.NoEndMRZ
		}
		list = append(list, t)
	}
	if q := s.QR; q != nil {
		t := statement{source: "QR", number: string(q.Number), birth: short(kiosk.Date(q.Birth)), sex: zoneSex[q.Sex], oldNumber: q.OldNumber}
		if !q.Issued.IsZero() {
			t.issued = short(kiosk.Date(q.Issued))
		}
		if !q.Partial {
			t.name = letters(q.Name)
		}
		list = append(list, t)
	}
	return list
}

var zoneSex = map[string]string{"Nam": "M", "Nữ": "F"}

func shortDate(s string) string {
	d := date(s)
	if d.IsZero() {
		return ""
	}
	return short(d)
}

// sameName compares a zone's name with one with diacritics. Nothing to compare is no difference.
func sameName(m *mrz.MRZ, name string) bool {
	a, b := zoneLetters(m), letters(name)
	return a == "" || b == "" || nameMatches(a, b)
}

// zoneLetters gives a zone's name; "…" follows when it fills its field and so may be cut (Doc 9303-3 §4.6).
func zoneLetters(m *mrz.MRZ) string {
	s := letters(m.Name())
	if s != "" && m.NameFull() {
		s += "…"
	}
	return s
}

// letters gives the letters of a name in A to Z, without diacritics, as they are transliterated in Viet Nam.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToUpper(r); {
		case r == 'Đ' || r == 'Ð':
			return 'D'
		case r >= 'A' && r <= 'Z':
			return r
		}
		return -1
	}, norm.NFD.String(name))
}
