package lds

import (
	"encoding/binary"
	"errors"
	"testing"

	"motcua/drivers/emrtd/tlv"
)

// segment gives a JPEG segment.
func segment(marker byte, b ...byte) []byte {
	return append([]byte{0xFF, marker, byte((len(b) + 2) >> 8), byte(len(b) + 2)}, b...)
}

// jpegOf is a JPEG by its headers: no decoder would find a face in it.
func jpegOf(w, h, scans int) []byte {
	b := append([]byte{0xFF, 0xD8}, segment(0xE0, make([]byte, 14)...)...)
	b = append(b, segment(0xC2, 8, byte(h>>8), byte(h), byte(w>>8), byte(w), 1, 1, 0x11, 0)...)
	for range scans {
		b = append(b, segment(0xDA, 1, 1, 0, 0, 63, 0)...)
		b = append(b, 0x12, 0xFF, 0x00, 0xFF, 0xD0, 0x34)
	}
	return append(b, 0xFF, 0xD9)
}

// codestream is a JPEG 2000 code stream by its main header.
func codestream(w, h, tileW, tileH uint32, components int) []byte {
	b := []byte{0xFF, 0x4F, 0xFF, 0x51}
	b = binary.BigEndian.AppendUint16(b, uint16(38+3*components))
	b = binary.BigEndian.AppendUint16(b, 0)
	for _, v := range []uint32{w, h, 0, 0, tileW, tileH, 0, 0} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(components))
	for range components {
		b = append(b, 7, 1, 1)
	}
	return append(b, 0xFF, 0xD9)
}

func box(kind string, b ...byte) []byte {
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(b))), kind...), b...)
}

// jp2Of is a JPEG 2000 file around a code stream.
func jp2Of(w, h uint32, stream []byte) []byte {
	b := []byte("\x00\x00\x00\x0cjP  \r\n\x87\n")
	b = append(b, box("ftyp", []byte("jp2 \x00\x00\x00\x00jp2 ")...)...)
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, h), w)
	b = append(b, box("jp2h", append(box("ihdr", append(head, 0, 3, 7, 7, 0, 0)...), box("colr", 1, 0, 0, 0, 0, 0, 16)...)...)...)
	return append(b, box("jp2c", stream...)...)
}

var (
	jpeg = jpegOf(480, 640, 1)
	j2k  = codestream(480, 640, 480, 640, 3)
	jp2  = jp2Of(480, 640, j2k)
)

func TestPictures(t *testing.T) {
	png := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x01\xe0\x00\x00\x02\x80"), make([]byte, 10)...)
	for name, tt := range map[string]struct {
		data  []byte
		media string
	}{
		"jpeg": {jpeg, mediaJPEG}, "jpeg with 64 scans": {jpegOf(480, 640, 64), mediaJPEG}, "jpeg cut in its scan": {jpeg[:len(jpeg)-4], mediaJPEG},
		"jp2": {jp2, mediaJP2}, "code stream": {j2k, mediaJP2}, "png": {png, mediaPNG},
	} {
		p, err := readPicture(tt.data)
		if err != nil || p.media != tt.media || p.width != 480 || p.height != 640 {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

// TestBombs holds pictures that would make a decoder work for nothing.
func TestBombs(t *testing.T) {
	for name, tt := range map[string]struct {
		data []byte
		err  error
	}{
		"nothing":                      {nil, ErrImage},
		"a text":                       {[]byte("xin chào"), ErrUnsupported},
		"too many bytes":               {append(jpegOf(480, 640, 1), make([]byte, maxImageBytes)...), ErrImage},
		"jpeg 65535 by 65535":          {jpegOf(65535, 65535, 1), ErrImage},
		"jpeg 8000 by 8000":            {jpegOf(8000, 8000, 1), ErrImage},
		"jpeg without height":          {jpegOf(480, 0, 1), ErrImage},
		"jpeg without scan":            {jpegOf(480, 640, 0), ErrImage},
		"jpeg with a thousand scans":   {jpegOf(480, 640, 1000), ErrImage},
		"jpeg segment beyond the end":  {jpeg[:30], tlv.ErrTruncated},
		"jpeg two frames":              {append(append([]byte{0xFF, 0xD8}, jpegOf(480, 640, 1)[2:40]...), jpegOf(9, 9, 1)[2:]...), nil},
		"code stream huge":             {codestream(1<<31, 1<<31, 1<<31, 1<<31, 3), ErrImage},
		"code stream of tiny tiles":    {codestream(4096, 4096, 1, 1, 3), ErrImage},
		"code stream without tiles":    {codestream(480, 640, 0, 0, 3), ErrImage},
		"code stream of 99 components": {codestream(480, 640, 480, 640, 99), ErrImage},
		"code stream empty":            {codestream(0, 0, 480, 640, 3), ErrImage},
		"code stream cut":              {j2k[:40], tlv.ErrTruncated},
		"jp2 that says small":          {jp2Of(48, 64, codestream(8000, 8000, 8000, 8000, 3)), ErrImage},
		"jp2 that says large":          {jp2Of(1<<30, 1<<30, j2k), ErrImage},
		"jp2 without stream":           {jp2[:len(jp2)-len(j2k)-8], ErrImage},
		"jp2 with two streams":         {append(jp2Of(480, 640, j2k), box("jp2c", j2k...)...), ErrImage},
		"jp2 of a thousand boxes":      {manyBoxes(), ErrImage},
		"jp2 box beyond the end":       {jp2[:len(jp2)-3], tlv.ErrTruncated},
	} {
		p, err := readPicture(tt.data)
		if err == nil || tt.err != nil && !errors.Is(err, tt.err) {
			t.Errorf("%s: %+v, %v, want %v", name, p, err, tt.err)
		}
	}
}

func manyBoxes() []byte {
	b := []byte("\x00\x00\x00\x0cjP  \r\n\x87\n")
	for range 1000 {
		b = append(b, box("free")...)
	}
	return append(b, jp2[12:]...)
}

// FuzzPicture reads whatever comes; what is accepted is within the limits.
func FuzzPicture(f *testing.F) {
	for _, b := range [][]byte{jpeg, jp2, j2k, manyBoxes()} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := readPicture(b)
		if err == nil && (p.width < 1 || p.height < 1 || p.width > maxImageSide || p.height > maxImageSide || p.width*p.height > maxImagePixels) {
			t.Fatalf("accepted with %d by %d", p.width, p.height)
		}
	})
}
