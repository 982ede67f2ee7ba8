package lds

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// The kinds of a facial image (ISO/IEC 19794-5:2005 table 10).
const (
	kindBasic = "basic"
	kindFull  = "full frontal"
	kindToken = "token frontal"
	kindOther = "unknown kind"
)

// layout says where the parts of a facial record stand in one edition of ISO/IEC 19794-5. Sizes in bytes, offsets from the start
// of a part.
type layout struct {
	header int // record header
	before int // facial information before the number of feature points, without quality blocks
	blocks int // where the number of 5-byte quality blocks stands, -1 when the edition has none
	info   int // facial information from the number of feature points on
	eyes   int // offset in it of gender, eye and hair colour
	pose   int // offset in it of the three pose angles and their uncertainties
	image  int // image information
	counts bool
}

var (
	edition2005 = layout{header: 14, before: 4, blocks: -1, info: 16, eyes: 2, pose: 10, image: 12}
	// The 2011 edition puts capture date (9), device technology (1), vendor (2), type (2) and quality blocks before, adds the
	// subject's height, has a shorter image information, and a length before the picture.
	edition2011 = layout{header: 17, before: 18, blocks: 18, info: 17, eyes: 2, pose: 11, image: 11, counts: true}
)

const (
	featurePoint = 8 // bytes of one
	qualityBlock = 5
)

// readFacialRecord takes a "FAC" record apart: header, then for each image its length, facial information with feature points, and
// image information followed by the picture. Version 010 is the edition of 2005, 030 that of 2011.
func readFacialRecord(b []byte, found *findings) ([]Face, error) {
	if len(b) < edition2005.header || !bytes.Equal(b[:4], []byte("FAC\x00")) {
		return nil, fmt.Errorf("biometric data block is not a facial record: %w", ErrUnsupported)
	}
	version := string(b[4:7])
	if b[7] != 0 || version != "010" && version != "020" && version != "030" {
		return nil, fmt.Errorf("facial record version: %w", ErrUnsupported)
	}
	found.tolerate(version == "020", "facial record version 020")
	length, count := binary.BigEndian.Uint32(b[8:]), int(binary.BigEndian.Uint16(b[12:]))
	if uint64(length) > uint64(len(b)) || count == 0 || count > maxFaces {
		return nil, fmt.Errorf("facial record length or count: %w", ErrFormat)
	}
	found.doubt(int(length) != len(b), "facial record shorter than its data block")
	if version != "030" {
		return edition2005.images(b[:length], count, version, found)
	}
	// Some issuers write 030 before the layout of 2005.
	faces, err := edition2011.images(b[:length], count, version, found)
	if err != nil {
		if old, e := edition2005.images(b[:length], count, version, nil); e == nil {
			found.tolerate(true, "facial record version 030 with the layout of 010")
			return old, nil
		}
	}
	return faces, err
}

// images reads count images. The first has to be good; a later one that is not is left out.
func (l layout) images(b []byte, count int, version string, found *findings) (faces []Face, err error) {
	if len(b) < l.header {
		return nil, fmt.Errorf("facial record header: %w", tlv.ErrTruncated)
	}
	rest := b[l.header:]
	for i := range count {
		f, size, err := l.one(rest, count == 1, found)
		if err != nil {
			if i == 0 {
				return nil, err
			}
			found.doubt(true, "a further facial image unreadable")
			return faces, nil
		}
		f.Record, f.Version = Record19794, version
		faces, rest = append(faces, f), rest[size:]
	}
	found.doubt(len(rest) > 0, "facial record longer than its images")
	return faces, nil
}

// one reads an image and gives its size. alone says that it is the only one: then the record's length is the better witness.
func (l layout) one(b []byte, alone bool, found *findings) (f Face, size int, err error) {
	if len(b) < l.before+l.info {
		return Face{}, 0, fmt.Errorf("facial information: %w", tlv.ErrTruncated)
	}
	length := uint64(binary.BigEndian.Uint32(b))
	at := uint64(l.before)
	if l.blocks >= 0 {
		at += 1 + qualityBlock*uint64(b[l.blocks])
	}
	if at+uint64(l.info) > uint64(len(b)) {
		return Face{}, 0, fmt.Errorf("facial information: %w", tlv.ErrTruncated)
	}
	info := b[at : at+uint64(l.info)]
	f.Points = int(binary.BigEndian.Uint16(info))
	start := at + uint64(l.info) + uint64(f.Points)*featurePoint + uint64(l.image)
	if l.counts {
		start += 4
	}
	if length > uint64(len(b)) || start > uint64(len(b)) {
		return Face{}, 0, fmt.Errorf("facial image of %d bytes, %d feature points: %w", length, f.Points, tlv.ErrTruncated)
	}
	if length < uint64(len(b)) && alone {
		found.doubt(true, "facial record data length too small")
		length = uint64(len(b))
	}
	if start > length {
		return Face{}, 0, fmt.Errorf("facial image of %d bytes, %d feature points: %w", length, f.Points, tlv.ErrTruncated)
	}
	l.inspect(info, found)
	err = l.picture(&f, b[:length], int(start), found)
	return f, int(length), err
}

// picture reads the image information before start and the picture from there.
func (l layout) picture(f *Face, b []byte, start int, found *findings) error {
	data := b[start:]
	info := b[start-l.image:]
	if l.counts {
		n := uint64(binary.BigEndian.Uint32(b[start-4:]))
		if n > uint64(len(data)) {
			return fmt.Errorf("picture of %d bytes: %w", n, tlv.ErrTruncated)
		}
		data, info = data[:n], b[start-4-l.image:]
	}
	f.Kind = faceKind(info[0])
	f.DeclaredWidth, f.DeclaredHeight = int(binary.BigEndian.Uint16(info[2:])), int(binary.BigEndian.Uint16(info[4:]))
	p, err := readPicture(data)
	if err != nil {
		return err
	}
	found.doubt(f.Kind == kindOther, "face image type unknown")
	jpeg := info[1] == 0
	found.doubt(info[1] > 2 || info[1] == 2 && !l.counts, "image data type unknown")
	found.tolerate(info[1] <= 2 && jpeg != (p.media == mediaJPEG), "image data type is not that of the picture")
	found.doubt(p.media == mediaPNG, "picture is neither JPEG nor JPEG 2000")
	found.tolerate(p.width != f.DeclaredWidth || p.height != f.DeclaredHeight, "size of the picture is not the one declared")
	f.Image = kiosk.Image{Data: data, Type: p.media, Width: p.width, Height: p.height}
	return nil
}

func faceKind(c byte) string {
	switch c {
	case 0:
		return kindBasic
	case 1, 3: // 3 and 4: post-processed (2011)
		return kindFull
	case 2, 4:
		return kindToken
	}
	return kindOther
}

// inspect looks at what the record tells of the face besides the picture (ISO/IEC 19794-5:2005 §5.5): nothing that identifies
// anybody, and often wrong.
func (l layout) inspect(info []byte, found *findings) {
	gender, eyes, hair := info[l.eyes], info[l.eyes+1], info[l.eyes+2]
	found.tolerate(gender > 2 && gender != 0xFF, "gender unknown")
	found.tolerate(eyes > 7 && eyes != 0xFF, "eye colour unknown")
	found.tolerate(hair > 9 && hair != 0xFF, "hair colour unknown")
	for i, axis := range []string{"yaw", "pitch", "roll"} {
		found.tolerate(info[l.pose+i] > 181, "pose angle "+axis+" out of range")
		found.tolerate(info[l.pose+3+i] > 181, "pose angle uncertainty "+axis+" out of range")
	}
}
