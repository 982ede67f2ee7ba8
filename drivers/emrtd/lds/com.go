package lds

import (
	"fmt"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

const (
	tagCOM     tlv.Tag = 0x60
	tagVersion tlv.Tag = 0x5F01
	tagUnicode tlv.Tag = 0x5F36
	tagTags    tlv.Tag = 0x5C
)

// COM is EF.COM: the LDS version and the data groups present. It is not signed; the security object decides.
type COM struct {
	LDS     string         // "0107", "0108"; "" when not stated
	Unicode string         // "040000"; "" when not stated
	Groups  []kiosk.FileID // in the file's order
	Unknown []byte         // tags of no known group
}

// ParseCOM reads EF.COM (Doc 9303-10 §4.6.1) of LDS 1.7, 1.8 and later. Only the tag list has to be there: the versions are ""
// when they are missing or no digits.
func ParseCOM(raw []byte) (COM, error) { return parseCOM(raw, nil) }

func parseCOM(raw []byte, found *findings) (COM, error) {
	c, err := readCOM(raw, found)
	if err != nil {
		return COM{}, fmt.Errorf("read EF.COM: %w", err)
	}
	return c, nil
}

// maxTags bounds the tag list; there are sixteen data groups.
const maxTags = 64

func readCOM(raw []byte, found *findings) (c COM, err error) {
	o, err := tlv.ReadOne(raw, tagCOM)
	if err != nil {
		return COM{}, err
	}
	list, err := o.Children()
	if err != nil {
		return COM{}, err
	}
	tags, ok := tlv.Find(list, tagTags)
	switch {
	case !ok:
		return COM{}, fmt.Errorf("tag list: %w", ErrMissing)
	case len(tags.Value) > maxTags:
		return COM{}, fmt.Errorf("tag list of %d bytes: %w", len(tags.Value), ErrFormat)
	}
	c.LDS = versionDigits(list, tagVersion, 4)
	c.Unicode = versionDigits(list, tagUnicode, 6)
	for _, t := range tags.Value {
		if f, ok := ByTag(tlv.Tag(t)); ok && f.Group != 0 {
			c.Groups = append(c.Groups, f.ID)
		} else {
			c.Unknown = append(c.Unknown, t)
		}
	}
	c.inspect(found)
	return c, nil
}

// inspect says what is unusual. EF.COM is not signed, so nothing of it is worse than doubtful.
func (c COM) inspect(found *findings) {
	found.doubt(c.LDS == "", "LDS version missing")
	found.doubt(c.LDS != "" && c.LDS != "0107" && c.LDS != "0108", "LDS version unknown")
	found.doubt(c.Unicode == "", "Unicode version missing")
	found.tolerate(c.Unicode != "" && c.Unicode != "040000", "Unicode version unknown")
	found.tolerate(len(c.Unknown) > 0, "tags of no known group")
}

// versionDigits gives a version of n digits, "" when there is none.
func versionDigits(list []tlv.Object, tag tlv.Tag, n int) string {
	o, ok := tlv.Find(list, tag)
	if !ok || len(o.Value) != n {
		return ""
	}
	for _, c := range o.Value {
		if c < '0' || c > '9' {
			return ""
		}
	}
	return string(o.Value)
}

// Marshal builds EF.COM. Names that are no data group are left out.
func (c COM) Marshal() []byte {
	var tags []byte
	for _, id := range c.Groups {
		if f, ok := Info(id); ok && f.Group != 0 {
			tags = append(tags, byte(f.Tag))
		}
	}
	tags = append(tags, c.Unknown...)
	var versions []byte
	if c.LDS != "" {
		versions = tlv.Append(versions, tagVersion, []byte(c.LDS))
	}
	if c.Unicode != "" {
		versions = tlv.Append(versions, tagUnicode, []byte(c.Unicode))
	}
	return tlv.Encode(tagCOM, versions, tlv.Encode(tagTags, tags))
}
