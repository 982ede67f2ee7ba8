package lds

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

const (
	tagDG2        tlv.Tag = 0x75
	tagGroup      tlv.Tag = 0x7F61 // biometric information group template
	tagTemplate   tlv.Tag = 0x7F60 // biometric information template
	tagHeader     tlv.Tag = 0xA1
	tagData       tlv.Tag = 0x5F2E // biometric data block
	tagDataNested tlv.Tag = 0x7F2E // the same, constructed (ISO/IEC 39794)
)

// maxFaces bounds the templates of DG2; ICAO allows nine.
const maxFaces = 9

// Face is the first facial image of DG2: its bytes as they are on the chip, its media type by its first bytes, and the width and
// height the record declares. Decoding happens elsewhere, in a process that may die.
type Face struct {
	Image  kiosk.Image
	Record string // "ISO 19794-5", "ISO 39794-5"
	Count  int    // facial images in the group
}

// String gives type and size, never contents.
func (f Face) String() string { return f.Record + " " + f.Image.String() }

// ParseDG2 reads the face (Doc 9303-10 §4.7.2) from a record of ISO/IEC 19794-5 or 39794-5. [ErrUnsupported] means another one.
func ParseDG2(raw []byte) (Face, error) {
	f, err := parseDG2(raw)
	if err != nil {
		return Face{}, fmt.Errorf("read DG2: %w", err)
	}
	return f, nil
}

func parseDG2(raw []byte) (Face, error) {
	templates, err := bioTemplates(raw, tagDG2)
	if err != nil {
		return Face{}, err
	}
	var first Face
	for i, t := range templates {
		f, err := readTemplate(t)
		if err != nil && i == 0 {
			return Face{}, err
		}
		if i == 0 {
			first = f
			continue
		}
		first.Count += f.Count
	}
	return first, nil
}

// bioTemplates gives the templates of a biometric data group (Doc 9303-10 §4.7.2.1).
func bioTemplates(raw []byte, tag tlv.Tag) ([]tlv.Object, error) {
	o, err := tlv.ReadOne(raw, tag)
	if err != nil {
		return nil, err
	}
	group, err := tlv.ReadOne(o.Value, tagGroup)
	if err != nil {
		return nil, err
	}
	list, err := group.Children()
	if err != nil {
		return nil, err
	}
	if len(list) < 2 || len(list) > 1+maxFaces {
		return nil, fmt.Errorf("%d objects in the group: %w", len(list), ErrFormat)
	}
	if n, err := list[0].Int(); err != nil || n != len(list)-1 {
		return nil, fmt.Errorf("number of templates: %w", ErrFormat)
	}
	for _, t := range list[1:] {
		if t.Tag != tagTemplate {
			return nil, fmt.Errorf("template, found %v: %w", t.Tag, ErrFormat)
		}
	}
	return list[1:], nil
}

func readTemplate(t tlv.Object) (Face, error) {
	list, err := t.Children()
	if err != nil {
		return Face{}, err
	}
	if data, ok := tlv.Find(list, tagDataNested); ok {
		return readExtensible(data)
	}
	data, ok := tlv.Find(list, tagData)
	if !ok {
		return Face{}, fmt.Errorf("biometric data block: %w", ErrMissing)
	}
	return readFacialRecord(data.Value)
}

// The sizes of a facial record's parts (ISO/IEC 19794-5:2005 §5.4 to §5.7).
const (
	facialHeader  = 14
	facialInfo    = 20
	featurePoint  = 8
	imageInfo     = 12
	maxImageSide  = 8192
	maxImageBytes = 4 << 20
)

// readFacialRecord takes a "FAC" record apart: header, then for each image its length, facial information with feature points, and
// image information followed by the image.
func readFacialRecord(b []byte) (Face, error) {
	if len(b) < facialHeader || !bytes.Equal(b[:4], []byte("FAC\x00")) {
		return Face{}, fmt.Errorf("biometric data block is not a facial record: %w", ErrUnsupported)
	}
	if v := string(b[4:7]); v != "010" && v != "020" && v != "030" || b[7] != 0 {
		return Face{}, fmt.Errorf("facial record version: %w", ErrUnsupported)
	}
	length, count := binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint16(b[12:])
	if uint64(length) > uint64(len(b)) || length < facialHeader || count == 0 {
		return Face{}, fmt.Errorf("facial record length or count: %w", ErrFormat)
	}
	img, err := readFacialImage(b[facialHeader:length])
	if err != nil {
		return Face{}, err
	}
	return Face{Image: img, Record: "ISO 19794-5", Count: int(count)}, nil
}

func readFacialImage(b []byte) (kiosk.Image, error) {
	if len(b) < facialInfo {
		return kiosk.Image{}, fmt.Errorf("facial information: %w", tlv.ErrTruncated)
	}
	length, points := uint64(binary.BigEndian.Uint32(b)), uint64(binary.BigEndian.Uint16(b[4:]))
	start := facialInfo + points*featurePoint + imageInfo
	if length > uint64(len(b)) || start >= length {
		return kiosk.Image{}, fmt.Errorf("facial image of %d bytes, %d feature points: %w", length, points, tlv.ErrTruncated)
	}
	info, data := b[start-imageInfo:start], b[start:length]
	w, h := int(binary.BigEndian.Uint16(info[2:])), int(binary.BigEndian.Uint16(info[4:]))
	if w > maxImageSide || h > maxImageSide || len(data) > maxImageBytes {
		return kiosk.Image{}, fmt.Errorf("facial image of %d by %d, %d bytes: %w", w, h, len(data), ErrFormat)
	}
	media, ok := mediaType(data)
	if !ok {
		return kiosk.Image{}, fmt.Errorf("facial image data type: %w", ErrUnsupported)
	}
	return kiosk.Image{Data: data, Type: media, Width: w, Height: h}, nil
}

// tagFaceBlock is FaceImageDataBlock, [APPLICATION 5] (ISO/IEC 39794-5:2019 annex A).
const tagFaceBlock tlv.Tag = 0x65

// readExtensible takes the first image out of an ISO/IEC 39794-5 block. Its ASN.1 nests a dozen levels of optional and extensible
// parts; the picture is the first primitive object that begins like one. Width and height stay unknown until it is decoded.
func readExtensible(data tlv.Object) (Face, error) {
	block, err := tlv.ReadOne(data.Value, tagFaceBlock)
	if err != nil {
		return Face{}, fmt.Errorf("biometric data block is not a face of ISO/IEC 39794-5: %w", ErrUnsupported)
	}
	f := Face{Record: "ISO 39794-5"}
	err = tlv.Walk(block.Value, func(_ int, o tlv.Object) error {
		media, ok := mediaType(o.Value)
		if o.Tag.Constructed() || !ok || len(o.Value) > maxImageBytes {
			return nil
		}
		if f.Count++; f.Count == 1 {
			f.Image = kiosk.Image{Data: o.Value, Type: media}
		}
		return nil
	})
	if err != nil {
		return Face{}, err
	}
	if f.Count == 0 {
		return Face{}, fmt.Errorf("facial image: %w", ErrMissing)
	}
	return f, nil
}

// mediaType looks at the first bytes, for the declared type is wrong on many documents.
func mediaType(b []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(b, []byte{0xFF, 0xD8, 0xFF}):
		return "image/jpeg", true
	case bytes.HasPrefix(b, []byte{0, 0, 0, 12, 'j', 'P', ' ', ' ', 13, 10, 0x87, 10}):
		return "image/jp2", true
	case bytes.HasPrefix(b, []byte{0xFF, 0x4F, 0xFF, 0x51}): // code stream without boxes
		return "image/jp2", true
	}
	return "", false
}

// MarshalDG2 builds DG2 with one facial image (JPEG or JPEG 2000) as issuers do: one template with header and a record of
// ISO 19794-5, full frontal, no feature points.
func MarshalDG2(img kiosk.Image) ([]byte, error) {
	media, ok := mediaType(img.Data)
	if !ok || img.Width <= 0 || img.Height <= 0 || img.Width > maxImageSide || img.Height > maxImageSide || len(img.Data) > maxImageBytes {
		return nil, fmt.Errorf("build DG2: %v: %w", img, ErrUnsupported)
	}
	kind := byte(0)
	if media == "image/jp2" {
		kind = 1
	}
	record := facialRecord(img, kind)
	header := tlv.Encode(tagHeader,
		tlv.Encode(0x81, []byte{2}), tlv.Encode(0x82, []byte{0}), // facial features, no subtype
		tlv.Encode(0x87, []byte{1, 1}), tlv.Encode(0x88, []byte{0, 8})) // format owner 0101 (ISO/IEC JTC 1/SC 37), type 0008
	return tlv.Encode(tagDG2, tlv.Encode(tagGroup,
		tlv.AppendInt(nil, 1), tlv.Encode(tagTemplate, header, tlv.Encode(tagData, record)))), nil
}

func facialRecord(img kiosk.Image, kind byte) []byte {
	size := facialInfo + imageInfo + len(img.Data)
	b := append(make([]byte, 0, facialHeader+size), "FAC\x00010\x00"...)
	b = binary.BigEndian.AppendUint32(b, uint32(facialHeader+size))
	b = binary.BigEndian.AppendUint16(b, 1)
	b = binary.BigEndian.AppendUint32(b, uint32(size))
	b = append(b, make([]byte, facialInfo-4)...) // no feature points; sex, eyes, hair, pose unspecified
	b = append(b, 1, kind)                       // full frontal
	b = binary.BigEndian.AppendUint16(b, uint16(img.Width))
	b = binary.BigEndian.AppendUint16(b, uint16(img.Height))
	b = append(b, 1, 2, 0, 0, 0, 0) // sRGB, static photograph by digital camera, device and quality unspecified
	return append(b, img.Data...)
}
