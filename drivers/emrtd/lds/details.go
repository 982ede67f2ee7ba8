package lds

import (
	"fmt"
	"strings"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// Detail is an object of DG11 or DG12 kept as it stands.
type Detail struct {
	Tag tlv.Tag
	Raw []byte
}

// The limits of DG11 and DG12.
const (
	maxDetails = 64
	maxParts   = 32 // parts of a place, other names, other documents
)

const tagOthers tlv.Tag = 0xA0 // content-specific constructed object: other names, other persons

// details reads the objects of DG11 or DG12. What a reader does not know or cannot read is kept raw, and named.
type details struct {
	objects  map[tlv.Tag][]byte
	others   []tlv.Object
	unknown  []Detail
	problems []string
	found    *findings
}

// readDetails reads the objects of a group: raw is the whole file. known are the tags the group may have.
func readDetails(raw []byte, tag tlv.Tag, known []tlv.Tag, found *findings) (*details, error) {
	o, err := tlv.ReadOne(raw, tag)
	if err != nil {
		return nil, err
	}
	list, err := o.Children()
	if err != nil {
		return nil, err
	}
	if len(list) > maxDetails {
		return nil, fmt.Errorf("%d objects: %w", len(list), ErrFormat)
	}
	d := &details{objects: map[tlv.Tag][]byte{}, found: found}
	for _, c := range list {
		d.take(c, known)
	}
	d.checkList(list)
	return d, nil
}

func (d *details) take(c tlv.Object, known []tlv.Tag) {
	if c.Tag == tagTags {
		return
	}
	if c.Tag == tagOthers {
		inner, err := c.Children()
		if err != nil || len(inner) > maxParts {
			d.problem(c.Tag, c.Raw, "malformed")
			return
		}
		d.others = append(d.others, inner...)
		return
	}
	for _, k := range known {
		if c.Tag != k {
			continue
		}
		if _, twice := d.objects[k]; twice {
			d.problem(k, c.Raw, "twice")
			return
		}
		d.objects[k] = c.Value
		return
	}
	d.unknown = append(d.unknown, Detail{c.Tag, c.Raw})
}

// checkList compares the group's own tag list with what is there.
func (d *details) checkList(list []tlv.Object) {
	tags, ok := tlv.Find(list, tagTags)
	d.found.tolerate(!ok, "tag list missing")
	for rest := tags.Value; len(rest) > 0; {
		n := 1
		if rest[0]&0x1F == 0x1F && len(rest) > 1 {
			n = 2
		}
		t := tlv.Tag(0)
		for _, b := range rest[:n] {
			t = t<<8 | tlv.Tag(b)
		}
		rest = rest[n:]
		_, there := tlv.Find(list, t)
		for _, o := range d.others {
			there = there || o.Tag == t
		}
		d.found.tolerate(!there, "tag list names what is not there")
	}
}

func (d *details) problem(tag tlv.Tag, raw []byte, why string) {
	d.problems = append(d.problems, fmt.Sprintf("object %v: %s", tag, why))
	d.unknown = append(d.unknown, Detail{tag, raw})
	d.found.tolerate(true, fmt.Sprintf("object %v %s", tag, why))
}

// text gives an object as text, its fillers as blanks.
func (d *details) text(tag tlv.Tag) string {
	return strings.Join(d.list(tag), " ")
}

// list gives the parts of an object that fillers separate, without empty ones.
func (d *details) list(tag tlv.Tag) []string {
	b, ok := d.objects[tag]
	if !ok {
		return nil
	}
	s, why := cleanText(b)
	if why != "" {
		d.problem(tag, tlv.Encode(tag, b), why)
		return nil
	}
	return filled(s)
}

// filled splits at fillers.
func filled(s string) []string {
	var parts []string
	for _, p := range strings.FieldsFunc(s, func(r rune) bool { return r == '<' }) {
		if p = strings.TrimSpace(p); p != "" && len(parts) < maxParts {
			parts = append(parts, p)
		}
	}
	return parts
}

// names gives the texts among the other names or persons.
func (d *details) names(tag tlv.Tag) (all []string) {
	for _, o := range d.others {
		switch {
		case o.Tag == tlv.Integer: // how many follow
		case o.Tag != tag:
			d.unknown = append(d.unknown, Detail{o.Tag, o.Raw})
		default:
			s, why := cleanText(o.Value)
			if why != "" {
				d.problem(tag, o.Raw, why)
				continue
			}
			all = append(all, strings.Join(filled(s), " "))
		}
	}
	return all
}

// date gives an object as a day: eight digits (Doc 9303-10 table 46), or four bytes BCD as older documents have.
func (d *details) date(tag tlv.Tag) kiosk.Date {
	b, ok := d.objects[tag]
	if !ok {
		return kiosk.Date{}
	}
	s, ok := decimal(b, 8)
	if !ok {
		d.problem(tag, tlv.Encode(tag, b), "no date")
		return kiosk.Date{}
	}
	day := kiosk.Date{Year: atoi(s[:4]), Month: atoi(s[4:6]), Day: atoi(s[6:8])}
	if day.Month > 12 || day.Day > 31 || day.Month == 0 && day.Day != 0 {
		d.problem(tag, tlv.Encode(tag, b), "no date")
		return kiosk.Date{}
	}
	return day
}

// decimal reads n digits written as characters or as BCD. Fillers count as 0.
func decimal(b []byte, n int) (string, bool) {
	switch len(b) {
	case n:
		b = []byte(strings.ReplaceAll(string(b), "<", "0"))
	case (n + 1) / 2:
		var out []byte
		for _, c := range b {
			out = append(out, '0'+c>>4, '0'+c&0x0F)
		}
		b = out[:n]
	default:
		return "", false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return "", false
		}
	}
	return string(b), true
}

func atoi(s string) int {
	n := 0
	for i := range len(s) {
		n = 10*n + int(s[i]-'0')
	}
	return n
}
