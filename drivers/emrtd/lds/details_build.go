package lds

import (
	"encoding/binary"
	"fmt"
	"strings"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// detailsBuilder gathers the objects of DG11 or DG12 and their tags.
type detailsBuilder struct{ tags, objects []byte }

func (b *detailsBuilder) bytes(tag tlv.Tag, value []byte) {
	if len(value) == 0 {
		return
	}
	b.mention(tag)
	b.objects = tlv.Append(b.objects, tag, value)
}

func (b *detailsBuilder) mention(tag tlv.Tag) {
	b.tags = binary.BigEndian.AppendUint16(b.tags, uint16(tag))
}

func (b *detailsBuilder) text(tag tlv.Tag, s string) { b.bytes(tag, []byte(s)) }

func (b *detailsBuilder) list(tag tlv.Tag, parts []string) { b.text(tag, strings.Join(parts, "<")) }

func (b *detailsBuilder) date(tag tlv.Tag, d kiosk.Date) {
	if !d.IsZero() {
		b.text(tag, fmt.Sprintf("%04d%02d%02d", d.Year, d.Month, d.Day))
	}
}

func (b *detailsBuilder) others(tag tlv.Tag, names []string) {
	if len(names) == 0 {
		return
	}
	b.mention(tag)
	inner := tlv.AppendInt(nil, len(names))
	for _, n := range names {
		inner = tlv.Append(inner, tag, []byte(n))
	}
	b.objects = tlv.Append(b.objects, tagOthers, inner)
}

func (b *detailsBuilder) file(tag tlv.Tag) []byte {
	return tlv.Encode(tag, tlv.Encode(tagTags, b.tags), b.objects)
}
