package pa

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"motcua/drivers/emrtd/tlv"
)

// attribute is one part of a name: type, string type and value.
type attribute struct {
	id    asn1.ObjectIdentifier
	tag   tlv.Tag
	value []byte
}

// name is a distinguished name.
type name struct {
	raw   []byte
	parts []attribute
}

var oidCountry = asn1.ObjectIdentifier{2, 5, 4, 6}

var attributeNames = []struct {
	id    asn1.ObjectIdentifier
	short string
}{
	{oidCountry, "C"},
	{asn1.ObjectIdentifier{2, 5, 4, 10}, "O"},
	{asn1.ObjectIdentifier{2, 5, 4, 11}, "OU"},
	{asn1.ObjectIdentifier{2, 5, 4, 3}, "CN"},
	{asn1.ObjectIdentifier{2, 5, 4, 5}, "serialNumber"},
	{asn1.ObjectIdentifier{2, 5, 4, 7}, "L"},
	{asn1.ObjectIdentifier{2, 5, 4, 8}, "ST"},
}

// maxParts bounds a name.
const maxParts = 32

func parseName(o tlv.Object) (name, error) {
	if o.Tag != tlv.Sequence {
		return name{}, fmt.Errorf("name: %w", ErrFormat)
	}
	n := name{raw: o.Raw}
	sets, err := o.Children()
	if err != nil {
		return name{}, fmt.Errorf("name: %w", err)
	}
	for _, s := range sets {
		if s.Tag != tlv.Set {
			return name{}, fmt.Errorf("name: %w", ErrFormat)
		}
		attrs, err := s.Children()
		if err != nil || len(n.parts)+len(attrs) > maxParts {
			return name{}, fmt.Errorf("name: %w", ErrFormat)
		}
		for _, a := range attrs {
			p, err := parseAttribute(a)
			if err != nil {
				return name{}, fmt.Errorf("name: %w", err)
			}
			n.parts = append(n.parts, p)
		}
	}
	return n, nil
}

func parseAttribute(o tlv.Object) (attribute, error) {
	if o.Tag != tlv.Sequence {
		return attribute{}, ErrFormat
	}
	list, err := o.Children()
	if err != nil || len(list) != 2 {
		return attribute{}, ErrFormat
	}
	id, err := list[0].OID()
	if err != nil {
		return attribute{}, err
	}
	return attribute{id, list[1].Tag, list[1].Value}, nil
}

// text gives the value as UTF-8.
func (a attribute) text() string {
	switch {
	case a.tag == tlv.BMPString && len(a.value)%2 == 0:
		u := make([]uint16, len(a.value)/2)
		for i := range u {
			u[i] = uint16(a.value[2*i])<<8 | uint16(a.value[2*i+1])
		}
		return string(utf16.Decode(u))
	case a.tag == tlv.UTF8String && utf8.Valid(a.value):
		return string(a.value)
	}
	r := make([]rune, len(a.value))
	for i, b := range a.value {
		r[i] = rune(b)
	}
	return string(r)
}

// folded gives the value for comparing names loosely: lower case, blanks collapsed (RFC 5280 §7.1).
func (a attribute) folded() string {
	return a.id.String() + "=" + strings.Join(strings.Fields(strings.ToLower(a.text())), " ")
}

// key gives the name folded, for finding certificates whose writers disagree on case, blanks, order or string types. What is
// found by it is then proved by a signature.
func (n name) key() string {
	parts := make([]string, len(n.parts))
	for i, p := range n.parts {
		parts[i] = p.folded()
	}
	slices.Sort(parts)
	return strings.Join(parts, "\x00")
}

// country gives the country in capitals, "" when there is none.
func (n name) country() string {
	for _, p := range n.parts {
		if p.id.Equal(oidCountry) {
			return strings.ToUpper(strings.TrimSpace(p.text()))
		}
	}
	return ""
}

// String gives "C=VN, O=…, CN=…" in the name's order, control characters left out.
func (n name) String() string {
	var all []string
	for _, p := range n.parts {
		short := p.id.String()
		for _, a := range attributeNames {
			if a.id.Equal(p.id) {
				short = a.short
			}
		}
		text := strings.Map(func(r rune) rune {
			if r < 0x20 || r == 0x7F {
				return -1
			}
			return r
		}, p.text())
		all = append(all, short+"="+text)
	}
	return strings.Join(all, ", ")
}

// matches reports whether a signer's identifier names the same issuer as its certificate. The identifier is not signed, so a
// looser comparison than byte for byte must not let a byte be changed unnoticed. A name may depart in the order of its parts, and
// in each of these if it does so throughout: all free texts are of one other string type; all texts are in capitals, in small
// letters, or without double blanks (RFC 5280 §7.1 compares names so). Departures of a single byte are refused, and a single byte
// changed in a departing name leaves it with texts of two kinds.
func (n name) matches(cert name) bool {
	if bytes.Equal(n.raw, cert.raw) {
		return true
	}
	if len(n.parts) != len(cert.parts) {
		return false
	}
	a, b := sortedParts(n.parts), sortedParts(cert.parts)
	distance, types := 0, map[tlv.Tag]bool{}
	for i := range a {
		if !a[i].id.Equal(b[i].id) || !sameType(a[i], b[i]) {
			return false
		}
		if freeText(a[i].id) && textTypes[a[i].tag] {
			types[a[i].tag] = true
		}
		distance += a[i].distance(b[i])
	}
	if distance == 0 {
		return true
	}
	retyped := slices.ContainsFunc(a, func(p attribute) bool { return freeText(p.id) }) && !sameTags(a, b)
	return distance >= 2 && (!retyped || len(types) == 1) && slices.ContainsFunc(styles, func(style func(string) string) bool {
		return slices.EqualFunc(a, b, func(x, y attribute) bool { return x.text() == style(y.text()) })
	})
}

// styles are the ways in which the texts of a whole name may be written otherwise.
var styles = []func(string) string{
	func(s string) string { return s }, strings.ToUpper, strings.ToLower,
	func(s string) string {
		return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " ")
	},
}

// distance counts the bytes in which two attributes differ; those of other lengths differ in two at least.
func (a attribute) distance(b attribute) int {
	n := 0
	if a.tag != b.tag {
		n++
	}
	if len(a.value) != len(b.value) {
		return n + 2
	}
	for i := range a.value {
		if a.value[i] != b.value[i] {
			n++
		}
	}
	return n
}

// sameType reports whether the string types go together: the same, or two of those that free texts have.
func sameType(a, b attribute) bool {
	return a.tag == b.tag || freeText(a.id) && textTypes[a.tag] && textTypes[b.tag]
}

func sameTags(a, b []attribute) bool {
	return slices.EqualFunc(a, b, func(x, y attribute) bool { return x.tag == y.tag })
}

var textTypes = map[tlv.Tag]bool{tlv.UTF8String: true, tlv.PrintableString: true, tlv.TeletexString: true, tlv.BMPString: true}

func sortedParts(parts []attribute) []attribute {
	s := slices.Clone(parts)
	slices.SortStableFunc(s, func(x, y attribute) int {
		if c := slices.Compare(x.id, y.id); c != 0 {
			return c
		}
		return strings.Compare(x.folded(), y.folded())
	})
	return s
}

// freeText reports whether an attribute may be of several string types: not the country and serial number, which are always
// PrintableString.
func freeText(id asn1.ObjectIdentifier) bool {
	return !id.Equal(oidCountry) && !id.Equal(asn1.ObjectIdentifier{2, 5, 4, 5})
}
