package paper

import (
	"bytes"
	"encoding/binary"
	"math"
)

// srgbProfile makes a colour profile of sRGB: a three-component matrix profile of version 2.1 (ICC.1:2001-04 §6.3.1.2) with the
// primaries of IEC 61966-2-1, adapted to the profile connection space's D50, and its curve in 1024 steps.
func srgbProfile() []byte {
	curve := curveTag()
	tags := []struct {
		name string
		data []byte
	}{
		{"desc", descTag("sRGB")},
		{"cprt", append([]byte("text\x00\x00\x00\x00"), "No copyright, use freely\x00"...)},
		{"wtpt", xyzTag(.9642, 1, .8249)},
		{"rXYZ", xyzTag(.43607, .22249, .01392)},
		{"gXYZ", xyzTag(.38515, .71687, .09708)},
		{"bXYZ", xyzTag(.14307, .06061, .71410)},
		{"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve},
	}
	var table, body bytes.Buffer
	word := func(b *bytes.Buffer, v int) { _ = binary.Write(b, binary.BigEndian, uint32(v)) } //nolint:gosec // small sizes
	start := 128 + 4 + 12*len(tags)
	word(&table, len(tags))
	curveAt := 0
	for _, t := range tags {
		at := start + body.Len()
		if t.name[1:] == "TRC" && curveAt != 0 { // the three colours share one curve
			at = curveAt
		} else {
			if t.name[1:] == "TRC" {
				curveAt = at
			}
			body.Write(t.data)
			body.Write(make([]byte, (4-len(t.data)%4)%4))
		}
		table.WriteString(t.name)
		word(&table, at)
		word(&table, len(t.data))
	}
	head := profileHeader(start + body.Len())
	return append(append(head, table.Bytes()...), body.Bytes()...)
}

// profileHeader is ICC.1:2001-04 §6.1: a display profile of RGB to XYZ, made at the standard's date.
func profileHeader(size int) []byte {
	h := make([]byte, 128)
	be := binary.BigEndian
	be.PutUint32(h, uint32(size)) //nolint:gosec // a few kilobytes
	be.PutUint32(h[8:], 0x02100000)
	copy(h[12:], "mntrRGB XYZ ")
	for i, v := range []uint16{2001, 4, 1, 0, 0, 0} {
		be.PutUint16(h[24+2*i:], v)
	}
	copy(h[36:], "acsp")
	copy(h[68:], xyzTag(.9642, 1, .8249)[8:])
	return h
}

func xyzTag(x, y, z float64) []byte {
	b := append(make([]byte, 0, 20), "XYZ \x00\x00\x00\x00"...)
	for _, v := range [3]float64{x, y, z} {
		b = binary.BigEndian.AppendUint32(b, uint32(math.Round(v*65536)))
	}
	return b
}

// descTag is a textDescriptionType (§6.5.17): the text in ASCII, none in Unicode and none in ScriptCode.
func descTag(text string) []byte {
	b := append(make([]byte, 0, 128), "desc\x00\x00\x00\x00"...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(text)+1)) //nolint:gosec // a word
	b = append(b, text...)
	return append(b, make([]byte, 1+4+4+2+1+67)...)
}

// curveTag is the electro-optical curve of IEC 61966-2-1 §5.2.
func curveTag() []byte {
	const n = 1024
	b := append(make([]byte, 0, 12+2*n), "curv\x00\x00\x00\x00"...)
	b = binary.BigEndian.AppendUint32(b, n)
	for i := range n {
		v := float64(i) / (n - 1)
		if v <= .04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+.055)/1.055, 2.4)
		}
		b = binary.BigEndian.AppendUint16(b, uint16(math.Round(v*65535)))
	}
	return b
}
