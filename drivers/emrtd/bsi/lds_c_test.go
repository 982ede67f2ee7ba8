package bsi

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image/jpeg"
	"testing"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// DG2 is changed and signed. Its parts are found from outside in: biometric information template, header template (BHT), facial record
// header (FRH), facial information block (FIB), image information block (IIB) of ISO/IEC 19794-5:2005.
//
// What identifies nobody (gender, colours, pose) does not keep a picture from being used: the deviation is named and the document
// accepted. What the standard needs to say what the data are is looked at by an officer, if it is wrong or missing. What cannot be
// read at all is refused.

// The offsets in the facial record.
const (
	frhVersion = 4
	frhLength  = 8
	fib        = 14 // image length, then the information
	fibPoints  = fib + 4
	fibGender  = fib + 6
	fibPose    = fib + 14
	iibType    = fib + 20
	iibData    = fib + 21
)

// parts are DG2 taken apart; build puts them together again with right lengths.
type parts struct {
	number []byte // 02 01 01
	header []byte // contents of the BHT
	record []byte // contents of 5F2E
	noData bool
}

func takeApart(raw []byte) (p parts, err error) {
	dg, err := tlv.ReadOne(raw, 0x75)
	if err != nil {
		return p, err
	}
	group, err := tlv.ReadOne(dg.Value, 0x7F61)
	if err != nil {
		return p, err
	}
	list, err := group.Children()
	if err != nil || len(list) != 2 {
		return p, errors.New("DG2 as issued has one template")
	}
	inner, err := list[1].Children()
	if err != nil || len(inner) != 2 {
		return p, errors.New("the template as issued has header and data")
	}
	return parts{number: list[0].Raw, header: bytes.Clone(inner[0].Value), record: bytes.Clone(inner[1].Value)}, nil
}

func (p parts) build() []byte {
	var data []byte
	if !p.noData {
		data = tlv.Encode(0x5F2E, p.record)
	}
	return tlv.Encode(0x75, tlv.Encode(0x7F61, p.number, tlv.Encode(0x7F60, tlv.Encode(0xA1, p.header), data)))
}

// set replaces an object of the BHT, or takes it out when value is nil.
func (p *parts) set(t *testing.T, tag tlv.Tag, value []byte) {
	t.Helper()
	list, err := tlv.ReadAll(p.header)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, o := range list {
		switch {
		case o.Tag != tag:
			out = append(out, o.Raw...)
		case value != nil:
			out = tlv.Append(out, tag, value)
		}
	}
	p.header = out
}

// points puts n feature points before the image information. counted says whether the lengths know.
func (p *parts) points(n int, counted bool) {
	extra := make([]byte, 8*n)
	for i := 0; i < len(extra); i += 8 {
		copy(extra[i:], []byte{1, 0x31, 0, 40, 0, 50, 0, 0}) // type 1, a point of the eye
	}
	p.record = append(p.record[:iibType:iibType], append(extra, p.record[iibType:]...)...)
	binary.BigEndian.PutUint16(p.record[fibPoints:], uint16(n))
	binary.BigEndian.PutUint32(p.record[frhLength:], uint32(len(p.record)))
	if counted {
		binary.BigEndian.PutUint32(p.record[fib:], uint32(len(p.record)-fib))
	}
}

// withDG2 issues a card with a changed and signed DG2 and reads it.
func withDG2(t *testing.T, b *bench, change func(p *parts)) outcome {
	t.Helper()
	return readEdited(t, b, kiosk.FileDG2, func(raw []byte) []byte {
		p, err := takeApart(raw)
		if err != nil {
			t.Fatal(err)
		}
		change(&p)
		return p.build()
	})
}

// jpeg2000 is a JPEG 2000 file by its boxes and main header, which is all that is read here.
func jpeg2000(w, h uint32) []byte {
	u32 := func(n ...uint32) (b []byte) {
		for _, v := range n {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		return b
	}
	box := func(kind string, b ...[]byte) []byte {
		body := bytes.Join(b, nil)
		return append(append(u32(uint32(8+len(body))), kind...), body...)
	}
	size := append([]byte{0xFF, 0x4F, 0xFF, 0x51, 0, 47, 0, 0}, u32(w, h, 0, 0, w, h, 0, 0)...)
	stream := append(size, 0, 3, 7, 1, 1, 7, 1, 1, 7, 1, 1, 0xFF, 0xD9)
	return bytes.Join([][]byte{
		[]byte("\x00\x00\x00\x0cjP  \r\n\x87\n"), box("ftyp", []byte("jp2 \x00\x00\x00\x00jp2 ")),
		box("jp2h", box("ihdr", u32(h, w), []byte{0, 3, 7, 7, 0, 0})), box("jp2c", stream),
	}, nil)
}

// pictured expects an accepted document with this picture.
func pictured(t *testing.T, o outcome, media string, data []byte) {
	t.Helper()
	accepted("")(t, o)
	if o.read != nil && (o.read.Photo.Type != media || !bytes.Equal(o.read.Photo.Data, data) || o.read.Photo.Width == 0) {
		t.Errorf("the picture is %v, want %s of %d bytes", o.read.Photo, media, len(data))
	}
}

// noPicture expects that the deviation is named, the document not accepted, and no picture given.
func noPicture(t *testing.T, o outcome, what string) {
	t.Helper()
	o.rejected(t)
	o.reason(t, kiosk.CheckEncoding, what)
	o.check(t, kiosk.CheckHashes, kiosk.CheckSuccessful)
	if o.read != nil && len(o.read.Photo.Data) > 0 {
		t.Error("a picture was given")
	}
}

func init() {
	register("LDS_C_01", "The portrait is a full frontal JPEG 2000: accepted, the picture is given as it is.", func(t *testing.T, b *bench) {
		picture := jpeg2000(413, 531)
		card := b.issueTo(t, holder, picture, emrtdtest.IssueOptions{})
		pictured(t, b.read(t, reading{Card: card}), "image/jp2", picture)
	})
	register("LDS_C_02", "The portrait is a full frontal JPEG: accepted, the picture is given as it is.", func(t *testing.T, b *bench) {
		pictured(t, b.read(t, reading{}), "image/jpeg", photo())
	})
	register("LDS_C_03", "The portrait is a JPEG 2000 with four feature points: accepted, the picture is found behind them.", func(t *testing.T, b *bench) {
		picture := jpeg2000(413, 531)
		card := b.issueTo(t, holder, picture, emrtdtest.IssueOptions{Edit: func(files map[kiosk.FileID][]byte) error {
			p, err := takeApart(files[kiosk.FileDG2])
			if err != nil {
				return err
			}
			p.points(4, true)
			files[kiosk.FileDG2] = p.build()
			return nil
		}})
		pictured(t, b.read(t, reading{Card: card}), "image/jp2", picture)
	})
	registerFrame("LDS_C", 4, kiosk.FileDG2, 0x76)

	type faceCase struct {
		id, text string
		change   func(t *testing.T, p *parts)
		want     func(*testing.T, outcome)
	}
	at := func(offset int, value byte) func(*testing.T, *parts) {
		return func(_ *testing.T, p *parts) { p.record[offset] = value }
	}
	header := func(tag tlv.Tag, value ...byte) func(*testing.T, *parts) {
		return func(t *testing.T, p *parts) { p.set(t, tag, value) }
	}
	none := func(what string) func(*testing.T, outcome) {
		return func(t *testing.T, o outcome) { noPicture(t, o, what) }
	}
	cases([]faceCase{
		{"LDS_C_07", "The number of instances is missing: the one template is read, an officer looks.", func(_ *testing.T, p *parts) { p.number = nil }, doubted("number of instances missing")},
		{"LDS_C_08", "The format owner is AFFE: an officer looks.", header(0x87, 0xAF, 0xFE), doubted("format owner is not")},
		{"LDS_C_09", "The format owner is missing: an officer looks.", header(0x87), doubted("format owner missing")},
		{"LDS_C_10", "The format type is AFFE: an officer looks.", header(0x88, 0xAF, 0xFE), doubted("format type is not")},
		{"LDS_C_11", "The format type is missing: an officer looks.", header(0x88), doubted("format type missing")},
		{"LDS_C_12", "The biometric type has the longer, deprecated coding 000002: accepted, and named.", header(0x81, 0, 0, 2), accepted("biometric type deprecated")},
		{"LDS_C_13", "The biometric type is that of fingers: an officer looks.", header(0x81, 8), doubted("biometric type is not the face")},
		{"LDS_C_14", "The facial record does not begin with FAC: not accepted, no picture is given.", at(0, 'X'), none("format not supported")},
		{"LDS_C_15", "The facial record has version 990: not accepted, no picture is given.", func(_ *testing.T, p *parts) { copy(p.record[frhVersion:], "990") }, none("format not supported")},
		{"LDS_C_16", "Feature points were added and the facial record data length not: the picture is found, an officer looks.", func(_ *testing.T, p *parts) {
			p.points(4, false)
		}, doubted("facial record data length too small")},
		{"LDS_C_17", "The gender has an unknown value: accepted, and named.", at(fibGender, 0x7F), accepted("gender unknown")},
		{"LDS_C_18", "The eye colour has an unknown value: accepted, and named.", at(fibGender+1, 0x7F), accepted("eye colour unknown")},
		{"LDS_C_19", "The hair colour has an unknown value: accepted, and named.", at(fibGender+2, 0x7F), accepted("hair colour unknown")},
		{"LDS_C_20", "The pose angle yaw is above 181: accepted, and named.", at(fibPose, 0xFE), accepted("pose angle yaw")},
		{"LDS_C_21", "The pose angle pitch is above 181: accepted, and named.", at(fibPose+1, 0xFE), accepted("pose angle pitch")},
		{"LDS_C_22", "The pose angle roll is above 181: accepted, and named.", at(fibPose+2, 0xFE), accepted("pose angle roll")},
		{"LDS_C_23", "The uncertainty of yaw is above 181: accepted, and named.", at(fibPose+3, 0xFE), accepted("pose angle uncertainty yaw")},
		{"LDS_C_24", "The uncertainty of pitch is above 181: accepted, and named.", at(fibPose+4, 0xFE), accepted("pose angle uncertainty pitch")},
		{"LDS_C_25", "The uncertainty of roll is above 181: accepted, and named.", at(fibPose+5, 0xFE), accepted("pose angle uncertainty roll")},
		{"LDS_C_26", "The face image type has an unknown value: an officer looks.", at(iibType, 0x77), doubted("face image type unknown")},
		{"LDS_C_27", "The image data type has an unknown value: an officer looks.", at(iibData, 0x77), doubted("image data type unknown")},
		{"LDS_C_28", "There is no data block in the template: refused, no picture is given.", func(_ *testing.T, p *parts) { p.noData = true }, func(t *testing.T, o outcome) {
			noPicture(t, o, "DG2: part missing")
			o.refused(t, kiosk.CheckEncoding)
		}},
	}, func(c faceCase) string { return c.id }, func(c faceCase) string { return c.text }, func(t *testing.T, b *bench, c faceCase) {
		c.want(t, withDG2(t, b, func(p *parts) { c.change(t, p) }))
	})
}

// TestPortraitFormats reads what the guideline of 2020 does not know yet: blocks of ISO/IEC 39794-5, and a code stream without boxes.
func TestPortraitFormats(t *testing.T) {
	b := newBench(t)
	stream := jpeg2000(413, 531)
	stream = stream[bytes.Index(stream, []byte{0xFF, 0x4F, 0xFF, 0x51}):]
	for _, tt := range []struct {
		name, media string
		picture     []byte
		build       func(kiosk.Image) ([]byte, error)
	}{
		{"19794-5, code stream", "image/jp2", stream, lds.MarshalDG2},
		{"39794-5, jpeg", "image/jpeg", photo(), lds.MarshalDG2Extensible},
		{"39794-5, jpeg 2000", "image/jp2", jpeg2000(413, 531), lds.MarshalDG2Extensible},
		{"39794-5, code stream", "image/jp2", stream, lds.MarshalDG2Extensible},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, h := 413, 531
			if tt.media == "image/jpeg" {
				config, err := jpeg.DecodeConfig(bytes.NewReader(tt.picture))
				if err != nil {
					t.Fatal(err)
				}
				w, h = config.Width, config.Height
			}
			o := readEdited(t, b, kiosk.FileDG2, func([]byte) []byte {
				raw, err := tt.build(kiosk.Image{Data: tt.picture, Type: tt.media, Width: w, Height: h})
				if err != nil {
					t.Fatal(err)
				}
				return raw
			})
			pictured(t, o, tt.media, tt.picture)
		})
	}
}
