package lds

import "motcua/drivers/emrtd/tlv"

// Marshal builds DG13 as the cards since 2021 have it: the number, dates and old number as PrintableString, everything else as
// UTF8String (the expiry too, for it may be a text), parents and spouse each in a SEQUENCE of their own. Empty fields are left
// out, except spouse and old number, which stand without a value.
func (d *DG13) Marshal() []byte {
	var fields [][]byte
	add := func(n int, values ...[]byte) {
		fields = append(fields, tlv.Encode(tlv.Sequence, append([][]byte{tlv.AppendInt(nil, n)}, values...)...))
	}
	for n := fieldNumber; n <= fieldExpires; n++ {
		if s := *d.text(n); s != "" {
			add(n, tlv.Encode(dg13Type(n), []byte(s)))
		}
	}
	if len(d.Parents) > 0 {
		var parents [][]byte
		for _, p := range d.Parents {
			parents = append(parents, tlv.Encode(tlv.Sequence, tlv.Encode(tlv.UTF8String, []byte(p))))
		}
		add(fieldParents, parents...)
	}
	if d.Spouse != "" {
		add(fieldSpouse, tlv.Encode(tlv.Sequence, tlv.Encode(tlv.UTF8String, []byte(d.Spouse))))
	} else {
		add(fieldSpouse)
	}
	if d.OldNumber != "" {
		add(fieldOldNumber, tlv.Encode(tlv.PrintableString, []byte(d.OldNumber)))
	} else {
		add(fieldOldNumber)
	}
	if d.ChipID != "" {
		add(fieldChipID, tlv.Encode(tlv.PrintableString, []byte(d.ChipID)))
	}
	for _, u := range d.Unknown {
		fields = append(fields, u.Raw)
	}
	return tlv.Encode(tagDG13, tlv.Encode(tlv.Sequence,
		tlv.AppendInt(nil, 1), tlv.EncodeOID(oidDG13), tlv.Encode(tlv.Set, fields...)))
}

func dg13Type(n int) tlv.Tag {
	switch n {
	case fieldNumber, fieldBirth, fieldIssued:
		return tlv.PrintableString
	}
	return tlv.UTF8String
}
