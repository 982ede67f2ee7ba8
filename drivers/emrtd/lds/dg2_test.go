package lds

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"slices"
	"testing"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

func TestDG2RoundTrip(t *testing.T) {
	for _, data := range [][]byte{jpeg, jp2, j2k} {
		media, _ := mediaType(data)
		img := kiosk.Image{Data: data, Type: media, Width: 480, Height: 640}
		for record, build := range map[string]func(kiosk.Image) ([]byte, error){Record19794: MarshalDG2, Record39794: MarshalDG2Extensible} {
			raw, err := build(img)
			if err != nil {
				t.Fatal(err)
			}
			f, err := ParseDG2(raw)
			if err != nil || !reflect.DeepEqual(f.Image, img) || f.Count != 1 || f.Record != record || f.DeclaredWidth != 480 || f.DeclaredHeight != 640 {
				t.Errorf("%s in %s: %v, %v", media, record, f, err)
			}
			if found := Inspect(map[kiosk.FileID][]byte{kiosk.FileDG2: raw}); len(found) != 0 {
				t.Errorf("%s in %s: findings %v", media, record, found)
			}
			for i := range raw { // cut anywhere, it is refused
				if _, err := ParseDG2(raw[:i]); err == nil {
					t.Errorf("%s in %s cut at %d: accepted", media, record, i)
				}
			}
		}
	}
	for name, img := range map[string]kiosk.Image{
		"no picture": {Width: 1, Height: 1}, "no size": {Data: jpeg}, "a text": {Data: []byte("text"), Width: 1, Height: 1},
		"huge": {Data: jpeg, Width: maxImageSide + 1, Height: 1},
	} {
		if _, err := MarshalDG2(img); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRealDG2 reads specimens. The record of one declares another size than its picture has.
func TestRealDG2(t *testing.T) {
	for f, size := range map[string][4]int{"bsi2008/Datagroup2.bin": {413, 531, 337, 449}, "loes2006/ef0102.bin": {449, 598, 449, 598}} {
		face, err := ParseDG2(readFile(t, sharedDir(t, "specimens"), f))
		if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		got := [4]int{face.Image.Width, face.Image.Height, face.DeclaredWidth, face.DeclaredHeight}
		if face.Image.Type != mediaJP2 || got != size || face.Kind != kindFull {
			t.Errorf("%s: %v, %v", f, face, got)
		}
	}
	p, err := readPicture(readFile(t, sharedDir(t, "specimens"), "silver.jp2"))
	if err != nil || p.media != mediaJP2 || p.width != 413 || p.height != 531 {
		t.Errorf("silver.jp2: %+v, %v", p, err)
	}
}

// record builds a facial record of an edition: kinds, feature points and pictures of its images.
type record struct {
	version string
	images  []recordImage
}

type recordImage struct {
	kind   byte
	points int
	data   []byte
	blocks int // quality blocks, 2011
	lie    int // added to the image's length
}

func (r record) bytes() []byte {
	l := edition2005
	if r.version == "030" {
		l = edition2011
	}
	var body []byte
	for _, i := range r.images {
		b := make([]byte, l.before)
		if l.blocks >= 0 {
			b = append(b, byte(i.blocks))
			b = append(b, make([]byte, qualityBlock*i.blocks)...)
		}
		info := make([]byte, l.info)
		binary.BigEndian.PutUint16(info, uint16(i.points))
		b = append(append(b, info...), make([]byte, featurePoint*i.points)...)
		image := make([]byte, l.image)
		image[0] = i.kind
		binary.BigEndian.PutUint16(image[2:], 480)
		binary.BigEndian.PutUint16(image[4:], 640)
		b = append(b, image...)
		if l.counts {
			b = binary.BigEndian.AppendUint32(b, uint32(len(i.data)))
		}
		b = append(b, i.data...)
		binary.BigEndian.PutUint32(b, uint32(len(b)+i.lie))
		body = append(body, b...)
	}
	head := append([]byte("FAC\x00"+r.version+"\x00"), 0, 0, 0, 0)
	head = binary.BigEndian.AppendUint16(head, uint16(len(r.images)))
	head = append(head, make([]byte, l.header-len(head))...)
	binary.BigEndian.PutUint32(head[8:], uint32(len(head)+len(body)))
	return append(head, body...)
}

// group2 builds DG2 around data blocks.
func group2(data ...[]byte) []byte {
	inner := tlv.AppendInt(nil, len(data))
	header := tlv.Encode(tagHeader, tlv.Encode(tagFormatOwner, []byte{1, 1}), tlv.Encode(tagFormatType, []byte{0, 8}))
	for _, d := range data {
		inner = append(inner, tlv.Encode(tagTemplate, header, d)...)
	}
	return tlv.Encode(tagDG2, tlv.Encode(tagGroup, inner))
}

func block(r record) []byte { return tlv.Encode(tagData, r.bytes()) }

func TestDG2Records(t *testing.T) {
	other := jpegOf(240, 320, 1)
	for _, tt := range []struct {
		name   string
		raw    []byte
		width  int
		count  int
		points int
		want   []string
	}{
		{"feature points", group2(block(record{"010", []recordImage{{kind: 1, points: 3, data: jpeg}}})), 480, 1, 3, nil},
		{"basic, then token", group2(block(record{"010", []recordImage{{data: other}, {kind: 2, data: jpeg}}})), 480, 2, 0,
			[]string{"DG2: size of the picture is not the one declared"}},
		{"basic alone", group2(block(record{"010", []recordImage{{data: jpeg}}})), 480, 1, 0, nil},
		{"two templates", group2(block(record{"010", []recordImage{{data: other}}}), block(record{"010", []recordImage{{kind: 1, data: jpeg}}})), 480, 2, 0,
			[]string{"DG2: size of the picture is not the one declared"}},
		{"edition of 2011", group2(block(record{"030", []recordImage{{kind: 1, points: 2, data: jpeg, blocks: 2}}})), 480, 1, 2, nil},
		{"2011, two images", group2(block(record{"030", []recordImage{{data: other}, {kind: 1, data: jpeg, blocks: 1}}})), 480, 2, 0,
			[]string{"DG2: size of the picture is not the one declared"}},
		{"030 over the layout of 2005", group2(tlv.Encode(tagData, bytes.Replace(record{"010", []recordImage{{kind: 1, data: jpeg}}}.bytes(), []byte("010"), []byte("030"), 1))),
			480, 1, 0, []string{"DG2: facial record version 030 with the layout of 010"}},
		{"length without feature points", group2(block(record{"010", []recordImage{{kind: 1, points: 2, data: jpeg, lie: -16}}})), 480, 1, 2,
			[]string{"DG2: facial record data length too small"}},
		{"second image cut", group2(block(record{"010", []recordImage{{kind: 1, data: jpeg}, {kind: 1, data: jpeg, lie: 1}}})), 480, 1, 0,
			[]string{"DG2: a further facial image unreadable"}},
	} {
		f, err := ParseDG2(tt.raw)
		if err != nil || f.Image.Width != tt.width || f.Count != tt.count || f.Points != tt.points {
			t.Errorf("%s: %v, %d images, %d points, %v", tt.name, f, f.Count, f.Points, err)
		}
		if got := named(Inspect(map[kiosk.FileID][]byte{kiosk.FileDG2: tt.raw})); !slices.Equal(got, tt.want) {
			t.Errorf("%s: findings %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestDG2Hostile changes lengths and counts of a good record to lies.
func TestDG2Hostile(t *testing.T) {
	good, err := MarshalDG2(kiosk.Image{Data: jpeg, Width: 480, Height: 640})
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(good, []byte("FAC\x00"))
	for name, change := range map[string]func([]byte){
		"record length": func(b []byte) { b[at+8] = 0xFF }, "record length zero": func(b []byte) { clear(b[at+8 : at+12]) },
		"no images": func(b []byte) { clear(b[at+12 : at+14]) }, "60,000 images": func(b []byte) { b[at+12] = 0xEA },
		"image length":   func(b []byte) { b[at+14] = 0xFF },
		"feature points": func(b []byte) { b[at+18], b[at+19] = 0xFF, 0xFF }, "version": func(b []byte) { b[at+5] = '9' },
		"other record": func(b []byte) { b[at] = 'X' }, "not a picture": func(b []byte) { b[at+46] = 0 },
	} {
		b := bytes.Clone(good)
		change(b)
		if _, err := ParseDG2(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, data := range map[string][]byte{"picture of no bytes": nil, "bomb": jpegOf(60000, 60000, 1)} {
		raw := group2(block(record{"010", []recordImage{{kind: 1, data: data}}}))
		if _, err := ParseDG2(raw); !errors.Is(err, ErrImage) {
			t.Errorf("%s: %v", name, err)
		}
		if found := Inspect(map[kiosk.FileID][]byte{kiosk.FileDG2: raw}); len(found) != 1 || found[0].Grade != Doubtful {
			t.Errorf("%s: findings %v", name, found)
		}
	}
	if _, err := ParseDG2(group2()); !errors.Is(err, ErrMissing) {
		t.Errorf("no template: %v", err)
	}
}

// TestDG2Findings changes one byte of the facial information each.
func TestDG2Findings(t *testing.T) {
	const info = 14 + 4 // record header and the image's length
	for _, tt := range []struct {
		at    int
		value byte
		want  string
		grade Grade
	}{
		{info + 2, 7, "gender unknown", Tolerated},
		{info + 3, 0x40, "eye colour unknown", Tolerated},
		{info + 4, 0x40, "hair colour unknown", Tolerated},
		{info + 10, 182, "pose angle yaw out of range", Tolerated},
		{info + 11, 182, "pose angle pitch out of range", Tolerated},
		{info + 12, 182, "pose angle roll out of range", Tolerated},
		{info + 13, 182, "pose angle uncertainty yaw out of range", Tolerated},
		{info + 14, 182, "pose angle uncertainty pitch out of range", Tolerated},
		{info + 15, 182, "pose angle uncertainty roll out of range", Tolerated},
		{info + 16, 0x77, "face image type unknown", Doubtful},
		{info + 17, 9, "image data type unknown", Doubtful},
		{info + 17, 1, "image data type is not that of the picture", Tolerated},
		{info + 18, 9, "size of the picture is not the one declared", Tolerated},
	} {
		r := record{"010", []recordImage{{kind: 1, data: jpeg}}}.bytes()
		r[tt.at] = tt.value
		found := Inspect(map[kiosk.FileID][]byte{kiosk.FileDG2: group2(tlv.Encode(tagData, r))})
		if len(found) != 1 || found[0].What != tt.want || found[0].Grade != tt.grade {
			t.Errorf("byte %d: %v, want %s", tt.at, found, tt.want)
		}
	}
}

func TestDG2Extensible(t *testing.T) {
	block := func(wrap bool, inner ...[]byte) []byte {
		b := tlv.Encode(tagFaceBlock, inner...)
		if wrap {
			b = tlv.Encode(0xA1, b)
		}
		return group2(tlv.Encode(tagDataNested, b))
	}
	version := tlv.Encode(0xA0, tlv.Encode(0x80, []byte{3}), tlv.Encode(0x81, []byte{7, 0xE3}))
	representation := func(picture []byte, kind byte) []byte {
		info := tlv.Encode(0xA1, tlv.Encode(0xA0, tlv.Encode(0x80, []byte{2})), tlv.Encode(0xA1, tlv.Encode(0x80, []byte{kind})))
		return tlv.Encode(tlv.Sequence, tlv.Encode(0x80, []byte{1}),
			tlv.Encode(0xA1, tlv.Encode(0xA0, tlv.Encode(0xA0, tlv.Encode(0x80, picture), info))),
			tlv.Encode(0xA9, tlv.Encode(tlv.Sequence), tlv.Encode(tlv.Sequence)))
	}
	for _, wrap := range []bool{false, true} {
		f, err := ParseDG2(block(wrap, version, tlv.Encode(0xA1, representation(jp2, 1), representation(jpeg, 0))))
		if err != nil || f.Record != Record39794 || f.Count != 2 || f.Image.Type != mediaJPEG || !bytes.Equal(f.Image.Data, jpeg) || f.Points != 2 {
			t.Errorf("got %v, %v", f, err)
		}
		shape := tlv.Encode(tlv.Sequence, tlv.Encode(0x80, []byte{1}), tlv.Encode(0xA1, tlv.Encode(0xA0, tlv.Encode(0xA1, tlv.Encode(0x80, []byte("vertices"))))))
		if f, err := ParseDG2(block(wrap, version, tlv.Encode(0xA1, shape, representation(jpeg, 0)))); err != nil || f.Count != 1 {
			t.Errorf("a shape first: %v, %v", f, err)
		}
		if _, err := ParseDG2(block(wrap, version)); !errors.Is(err, ErrMissing) {
			t.Errorf("no image: %v", err)
		}
		if _, err := ParseDG2(block(wrap, version, tlv.Encode(0xA1, representation(jpegOf(60000, 60000, 1), 0)))); !errors.Is(err, ErrImage) {
			t.Errorf("bomb: %v", err)
		}
		if _, err := ParseDG2(block(wrap, version, []byte{0x30, 5, 1})); !errors.Is(err, tlv.ErrTruncated) {
			t.Errorf("broken block: %v", err)
		}
	}
	if _, err := ParseDG2(group2(tlv.Encode(tagDataNested, tlv.Encode(0x64)))); !errors.Is(err, ErrUnsupported) {
		t.Errorf("fingers: %v", err)
	}
	bare := tlv.Encode(tagFaceBlock, version, tlv.Encode(0xA1, representation(jpeg, 0)))
	if f, err := ParseFaceBlock(bare); err != nil || f.Image.Width != 480 {
		t.Errorf("block alone: %v, %v", f, err)
	}
}

func FuzzDG2(f *testing.F) {
	for _, build := range []func(kiosk.Image) ([]byte, error){MarshalDG2, MarshalDG2Extensible} {
		for _, data := range [][]byte{jpeg, jp2, j2k} {
			raw, err := build(kiosk.Image{Data: data, Width: 480, Height: 640})
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw)
		}
	}
	f.Add(group2(block(record{"030", []recordImage{{data: jpeg, blocks: 1}, {kind: 1, points: 2, data: jpeg}}})))
	f.Fuzz(func(t *testing.T, raw []byte) {
		Inspect(map[kiosk.FileID][]byte{kiosk.FileDG2: raw})
		face, err := ParseDG2(raw)
		if err != nil || face.Image.Type == mediaPNG {
			return
		}
		built, err := MarshalDG2(face.Image)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseDG2(built)
		if err != nil || !bytes.Equal(again.Image.Data, face.Image.Data) {
			t.Fatalf("reads otherwise: %v", err)
		}
	})
}

func BenchmarkDG2(b *testing.B) {
	picture := append(bytes.Clone(jpeg[:len(jpeg)-2]), make([]byte, 18000)...)
	raw, err := MarshalDG2(kiosk.Image{Data: append(picture, 0xFF, 0xD9), Width: 480, Height: 640})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseDG2(raw); err != nil {
			b.Fatal(err)
		}
	}
}
