package lds

import (
	"errors"
	"fmt"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

const (
	tagDG2        tlv.Tag = 0x75
	tagGroup      tlv.Tag = 0x7F61 // biometric information group template
	tagTemplate   tlv.Tag = 0x7F60 // biometric information template
	tagHeader     tlv.Tag = 0xA1   // biometric header template
	tagData       tlv.Tag = 0x5F2E // biometric data block
	tagDataNested tlv.Tag = 0x7F2E // the same, constructed (ISO/IEC 39794)
)

// maxFaces bounds the templates of DG2 and the images of one record; ICAO allows nine templates.
const maxFaces = 16

// The record formats of DG2.
const (
	Record19794 = "ISO 19794-5"
	Record39794 = "ISO 39794-5"
)

// Face is the portrait of DG2: the first frontal image, else the first one. Its bytes are as on the chip; type, width and height
// are read from the picture's own header, within the limits a decoder may be given. Decoding happens elsewhere, in a process that
// may die.
type Face struct {
	Image          kiosk.Image
	Record         string // Record19794 or Record39794
	Version        string // of the record: "010", "030"; "" for 39794
	Kind           string // "basic", "full frontal", "token frontal", …; "" when not stated
	Count          int    // facial images in the group
	Points         int    // feature points or landmarks
	DeclaredWidth  int    // as the record has it, 0 when it does not; often wrong
	DeclaredHeight int
}

// String gives type and size, never contents.
func (f Face) String() string { return f.Record + " " + f.Image.String() }

// frontal reports whether the image is one by which its holder is recognised.
func (f Face) frontal() bool { return f.Kind != kindBasic && f.Kind != kindOther }

// ParseDG2 reads the portrait (Doc 9303-10 §4.7.2) from records of ISO/IEC 19794-5 (2005 and 2011) or 39794-5. [ErrUnsupported]
// means another record or kind of picture, [ErrImage] a picture no decoder should see.
func ParseDG2(raw []byte) (Face, error) { return parseDG2(raw, nil) }

func parseDG2(raw []byte, found *findings) (Face, error) {
	faces, err := readDG2(raw, found)
	if err != nil {
		return Face{}, fmt.Errorf("read DG2: %w", err)
	}
	return portrait(faces), nil
}

// portrait chooses the first frontal image and counts all.
func portrait(faces []Face) Face {
	best := faces[0]
	for _, f := range faces {
		if f.frontal() {
			best = f
			break
		}
	}
	best.Count = len(faces)
	return best
}

// readDG2 gives every image. Of several templates one that can be read is enough.
func readDG2(raw []byte, found *findings) (faces []Face, err error) {
	templates, err := bioTemplates(raw, found)
	if err != nil {
		return nil, err
	}
	var first error
	for _, t := range templates {
		more, err := readTemplate(t, found)
		if err != nil {
			found.doubt(len(templates) > 1, "one of several templates unreadable")
			if first == nil {
				first = err
			}
			continue
		}
		faces = append(faces, more...)
	}
	if len(faces) == 0 {
		return nil, first
	}
	return faces, nil
}

// bioTemplates gives the templates of the group (Doc 9303-10 §4.7.2.1): 75 { 7F61 { 02 n, 7F60 … } }.
func bioTemplates(raw []byte, found *findings) ([]tlv.Object, error) {
	o, err := tlv.ReadOne(raw, tagDG2)
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
	number := -1
	var templates []tlv.Object
	for _, c := range list {
		switch c.Tag {
		case tlv.Integer:
			if number, err = c.Int(); err != nil {
				return nil, fmt.Errorf("number of instances: %w", err)
			}
		case tagTemplate:
			templates = append(templates, c)
		default:
			found.tolerate(true, "unknown object in the group")
		}
	}
	found.doubt(number < 0, "number of instances missing")
	found.doubt(number >= 0 && number != len(templates), "number of instances differs from the templates")
	if len(templates) == 0 {
		return nil, fmt.Errorf("biometric information template: %w", ErrMissing)
	}
	if len(templates) > maxFaces {
		return nil, fmt.Errorf("%d templates: %w", len(templates), ErrFormat)
	}
	return templates, nil
}

func readTemplate(t tlv.Object, found *findings) ([]Face, error) {
	list, err := t.Children()
	if err != nil {
		return nil, err
	}
	nested, isNested := tlv.Find(list, tagDataNested)
	if header, ok := tlv.Find(list, tagHeader); ok {
		inspectHeader(header, isNested, found)
	} else {
		found.doubt(true, "biometric header missing")
	}
	if isNested {
		return readExtensible(nested.Value, found)
	}
	data, ok := tlv.Find(list, tagData)
	if !ok {
		return nil, fmt.Errorf("biometric data block: %w", ErrMissing)
	}
	return readFacialRecord(data.Value, found)
}

// The objects of a biometric header template (ISO/IEC 7816-11, Doc 9303-10 table 38).
const (
	tagBioType     tlv.Tag = 0x81
	tagFormatOwner tlv.Tag = 0x87
	tagFormatType  tlv.Tag = 0x88
)

// inspectHeader looks at the biometric header template, which does not decide how the data are read: the record says what it is.
func inspectHeader(header tlv.Object, nested bool, found *findings) {
	list, err := header.Children()
	if err != nil {
		found.doubt(true, "biometric header malformed")
		return
	}
	if kind, ok := tlv.Find(list, tagBioType); ok {
		switch string(kind.Value) {
		case "\x02": // facial features
		case "\x01", "\x00", "\x00\x00\x02", "\x00\x02", "": // not stated, several, or the longer coding of CBEFF's first edition
			found.tolerate(true, "biometric type deprecated")
		default:
			found.doubt(true, "biometric type is not the face")
		}
	}
	owner, ok := tlv.Find(list, tagFormatOwner)
	found.doubt(!ok, "format owner missing")
	found.doubt(ok && string(owner.Value) != "\x01\x01", "format owner is not ISO/IEC JTC 1/SC 37")
	kind, ok := tlv.Find(list, tagFormatType)
	found.doubt(!ok, "format type missing")
	found.doubt(ok && !nested && string(kind.Value) != "\x00\x08", "format type is not that of a facial record")
}

// reason gives the cause of an error in few words, without contents.
func reason(err error) string {
	for _, r := range []struct {
		err  error
		text string
	}{
		{ErrMissing, "part missing"}, {ErrUnsupported, "format not supported"}, {ErrImage, "picture outside the limits"},
		{tlv.ErrTag, "wrong tag"}, {tlv.ErrTruncated, "length too large"}, {tlv.ErrTrailing, "length too small"},
		{tlv.ErrIndefinite, "indefinite length"}, {tlv.ErrLimit, "too large or too deep"},
	} {
		if errors.Is(err, r.err) {
			return r.text
		}
	}
	return "malformed"
}
