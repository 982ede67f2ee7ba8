package lds

import (
	"encoding/binary"
	"fmt"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// MarshalDG2 builds DG2 with one facial image (JPEG or JPEG 2000) as issuers do: one template with header and a record of
// ISO 19794-5:2005, full frontal, no feature points.
func MarshalDG2(img kiosk.Image) ([]byte, error) {
	kind, err := buildable(img)
	if err != nil {
		return nil, err
	}
	return marshalTemplate([]byte{0, 8}, tlv.Encode(tagData, facialRecord(img, kind))), nil
}

// MarshalDG2Extensible builds the same with a block of ISO/IEC 39794-5, which passports may have since 2026.
func MarshalDG2Extensible(img kiosk.Image) ([]byte, error) {
	kind, err := buildable(img)
	if err != nil {
		return nil, err
	}
	number := func(tag tlv.Tag, n int) []byte { return tlv.Encode(tag, tlv.AppendInt(nil, n)[2:]) }
	info := tlv.Encode(tagInfo2D,
		tlv.Encode(0xA0, number(0x80, 2+int(kind))), // imageDataFormat: jpeg, jpeg2000Lossy
		tlv.Encode(tagKind2D, number(0x80, 0)),      // mrtd
		tlv.Encode(tagSize2D, number(0x80, img.Width), number(0x81, img.Height)))
	image := tlv.Encode(tagImage, tlv.Encode(tagBase, tlv.Encode(tag2D, tlv.Encode(tagPixels, img.Data), info)))
	block := tlv.Encode(tagFaceBlock,
		tlv.Encode(tagVersionBlock, number(0x80, 3), number(0x81, 2019)),
		tlv.Encode(tagBlocks, tlv.Encode(tlv.Sequence, number(0x80, 1), image)))
	return marshalTemplate([]byte{0, 0x2A}, tlv.Encode(tagDataNested, tlv.Encode(tagBlocks, block))), nil
}

// buildable gives the image data type of a picture that may go into DG2. Its contents are not looked at: tests need bad ones.
func buildable(img kiosk.Image) (byte, error) {
	media, ok := mediaType(img.Data)
	if !ok || media == mediaPNG || img.Width <= 0 || img.Height <= 0 || img.Width > maxImageSide || img.Height > maxImageSide || len(img.Data) > maxImageBytes {
		return 0, fmt.Errorf("build DG2: %v: %w", img, ErrUnsupported)
	}
	if media == mediaJP2 {
		return 1, nil
	}
	return 0, nil
}

func marshalTemplate(format, data []byte) []byte {
	header := tlv.Encode(tagHeader,
		tlv.Encode(tagBioType, []byte{2}), tlv.Encode(0x82, []byte{0}), // facial features, no subtype
		tlv.Encode(tagFormatOwner, []byte{1, 1}), tlv.Encode(tagFormatType, format)) // owner 0101: ISO/IEC JTC 1/SC 37
	return tlv.Encode(tagDG2, tlv.Encode(tagGroup, tlv.AppendInt(nil, 1), tlv.Encode(tagTemplate, header, data)))
}

func facialRecord(img kiosk.Image, kind byte) []byte {
	l := edition2005
	size := l.before + l.info + l.image + len(img.Data)
	b := append(make([]byte, 0, l.header+size), "FAC\x00010\x00"...)
	b = binary.BigEndian.AppendUint32(b, uint32(l.header+size))
	b = binary.BigEndian.AppendUint16(b, 1)
	b = binary.BigEndian.AppendUint32(b, uint32(size))
	b = append(b, make([]byte, l.info)...) // no feature points; sex, eyes, hair, pose unspecified
	b = append(b, 1, kind)                 // full frontal
	b = binary.BigEndian.AppendUint16(b, uint16(img.Width))
	b = binary.BigEndian.AppendUint16(b, uint16(img.Height))
	b = append(b, 1, 2, 0, 0, 0, 0) // sRGB, static photograph by digital camera, device and quality unspecified
	return append(b, img.Data...)
}
