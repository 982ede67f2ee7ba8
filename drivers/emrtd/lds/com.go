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
	LDS     string         // "0107"
	Unicode string         // "040000"
	Groups  []kiosk.FileID // in the file's order
	Unknown []byte         // tags of no known group
}

// ParseCOM reads EF.COM (Doc 9303-10 §4.6.1).
func ParseCOM(raw []byte) (COM, error) {
	com, err := parseCOM(raw)
	if err != nil {
		return COM{}, fmt.Errorf("read EF.COM: %w", err)
	}
	return com, nil
}

func parseCOM(raw []byte) (c COM, err error) {
	o, err := tlv.ReadOne(raw, tagCOM)
	if err != nil {
		return COM{}, err
	}
	list, err := o.Children()
	if err != nil {
		return COM{}, err
	}
	version, _ := tlv.Find(list, tagVersion)
	unicode, _ := tlv.Find(list, tagUnicode)
	tags, ok := tlv.Find(list, tagTags)
	if !ok || len(tags.Value) > 64 {
		return COM{}, fmt.Errorf("tag list: %w", ErrMissing)
	}
	if c.LDS, err = digits(version.Value, 4); err != nil {
		return COM{}, fmt.Errorf("lds version: %w", err)
	}
	if c.Unicode, err = digits(unicode.Value, 6); err != nil {
		return COM{}, fmt.Errorf("unicode version: %w", err)
	}
	for _, t := range tags.Value {
		if f, ok := ByTag(tlv.Tag(t)); ok && f.Group != 0 {
			c.Groups = append(c.Groups, f.ID)
		} else {
			c.Unknown = append(c.Unknown, t)
		}
	}
	return c, nil
}

func digits(b []byte, n int) (string, error) {
	if len(b) != n {
		return "", ErrMissing
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return "", ErrFormat
		}
	}
	return string(b), nil
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
	return tlv.Encode(tagCOM,
		tlv.Encode(tagVersion, []byte(c.LDS)), tlv.Encode(tagUnicode, []byte(c.Unicode)), tlv.Encode(tagTags, tags))
}
