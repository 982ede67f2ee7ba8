package lds

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

func TestFileTable(t *testing.T) {
	ids, sfis := map[kiosk.FileID]bool{}, map[[2]int]bool{}
	for _, f := range Files() {
		where := 0
		if f.Master {
			where = 1
		}
		if ids[f.ID] || sfis[[2]int{where, int(f.SFI)}] {
			t.Errorf("%s: name or short identifier twice", f.ID)
		}
		ids[f.ID], sfis[[2]int{where, int(f.SFI)}] = true, true
		if !f.Master && byte(f.EF) != f.SFI {
			t.Errorf("%s: file %04X, short identifier %02X", f.ID, f.EF, f.SFI)
		}
		if g, ok := Group(f.Group); ok != (f.Group != 0) || ok && g != f {
			t.Errorf("%s: group %d gives %v", f.ID, f.Group, g)
		}
		if g, ok := Info(f.ID); !ok || g != f {
			t.Errorf("%s is not found by its name", f.ID)
		}
		if g, ok := ByTag(f.Tag); !f.Master && (!ok || g != f) {
			t.Errorf("%s is not found by its tag", f.ID)
		}
	}
	if f, _ := Info(kiosk.FileDG13); f.EF != 0x010D || f.SFI != 0x0D || f.Tag != 0x6D || f.Group != 13 {
		t.Errorf("DG13: %+v", f)
	}
	if _, ok := Info("DG17"); ok {
		t.Error("DG17 is known")
	}
}

func TestCOM(t *testing.T) {
	com := COM{LDS: "0107", Unicode: "040000", Groups: []kiosk.FileID{"DG1", "DG2", "DG13", "DG14", "DG15"}, Unknown: []byte{0x42}}
	raw := com.Marshal()
	got, err := ParseCOM(raw)
	if err != nil || !reflect.DeepEqual(got, com) {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, in := range map[string][]byte{
		"nothing": nil, "cut": raw[:len(raw)-1], "more": append(bytes.Clone(raw), 0), "other tag": append([]byte{0x61}, raw[1:]...),
		"no tags": tlv.Encode(0x60, tlv.Encode(tagVersion, []byte("0107")), tlv.Encode(tagUnicode, []byte("040000"))),
		"letters": bytes.Replace(raw, []byte("0107"), []byte("01x7"), 1),
		"short":   COM{LDS: "017", Unicode: "040000"}.Marshal(),
	} {
		if _, err := ParseCOM(in); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestRealCOM(t *testing.T) {
	com, err := ParseCOM(readFile(t, sharedDir(t, "specimens"), "bsi2008/EF_COM.bin"))
	if err != nil || com.LDS != "0107" || !reflect.DeepEqual(com.Groups, []kiosk.FileID{"DG1", "DG2", "DG3", "DG14"}) {
		t.Errorf("got %+v, %v", com, err)
	}
}

func TestRealDG1(t *testing.T) {
	for _, f := range []string{"bsi2008/Datagroup1.bin", "loes2006/ef0101.bin"} {
		raw := readFile(t, sharedDir(t, "specimens"), f)
		m, err := ParseDG1(raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Verify(); err != nil {
			t.Errorf("%s: %v", f, err)
		}
		if !bytes.Equal(MarshalDG1(m), raw) {
			t.Errorf("%s is not built alike", f)
		}
	}
}

func TestDG1Refuses(t *testing.T) {
	for _, in := range []string{"", "6100", "61035F1F00", "6104" + "5F1F0141", "6B035F1F00"} {
		b, _ := hex.DecodeString(in)
		if _, err := ParseDG1(b); err == nil {
			t.Errorf("%s: accepted", in)
		}
	}
}

var jpeg = append([]byte{0xFF, 0xD8, 0xFF, 0xE0}, make([]byte, 60)...)

func TestDG2RoundTrip(t *testing.T) {
	jp2 := append([]byte{0, 0, 0, 12, 'j', 'P', ' ', ' ', 13, 10, 0x87, 10}, make([]byte, 60)...)
	for media, data := range map[string][]byte{"image/jpeg": jpeg, "image/jp2": jp2} {
		img := kiosk.Image{Data: data, Type: media, Width: 480, Height: 640}
		raw, err := MarshalDG2(img)
		if err != nil {
			t.Fatal(err)
		}
		f, err := ParseDG2(raw)
		if err != nil || !reflect.DeepEqual(f.Image, img) || f.Count != 1 || f.Record != "ISO 19794-5" {
			t.Errorf("%s: %v, %v", media, f, err)
		}
		for i := range raw { // cut anywhere, it is refused
			if _, err := ParseDG2(raw[:i]); err == nil {
				t.Errorf("%s cut at %d: accepted", media, i)
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

func TestRealDG2(t *testing.T) {
	for f, size := range map[string][2]int{"bsi2008/Datagroup2.bin": {337, 449}, "loes2006/ef0102.bin": {449, 598}} {
		face, err := ParseDG2(readFile(t, sharedDir(t, "specimens"), f))
		if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		if face.Image.Type != "image/jp2" || face.Image.Width != size[0] || face.Image.Height != size[1] {
			t.Errorf("%s: %v, %d by %d", f, face, face.Image.Width, face.Image.Height)
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
		"no images":    func(b []byte) { clear(b[at+12 : at+14]) },
		"image length": func(b []byte) { b[at+14] = 0xFF }, "image length zero": func(b []byte) { clear(b[at+14 : at+18]) },
		"feature points": func(b []byte) { b[at+18], b[at+19] = 0xFF, 0xFF },
		"width":          func(b []byte) { b[at+36] = 0xFF }, "version": func(b []byte) { b[at+5] = '9' },
		"other record": func(b []byte) { b[at] = 'X' }, "not a picture": func(b []byte) { b[at+46] = 0 },
	} {
		b := bytes.Clone(good)
		change(b)
		if _, err := ParseDG2(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func template(data []byte) []byte {
	return tlv.Encode(tagDG2, tlv.Encode(tagGroup, tlv.AppendInt(nil, 1), tlv.Encode(tagTemplate, tlv.Encode(tagHeader), data)))
}

func TestDG2Extensible(t *testing.T) {
	block := func(inner ...[]byte) []byte {
		return template(tlv.Encode(tagDataNested, tlv.Encode(tagFaceBlock, inner...)))
	}
	version := tlv.Encode(0xA0, tlv.Encode(0x80, []byte{3}), tlv.Encode(0x81, []byte{7, 0xE3}))
	representation := tlv.Encode(tlv.Sequence, tlv.Encode(0x80, []byte{1}), tlv.Encode(0xA1, tlv.Encode(0xA0, tlv.Encode(0x80, jpeg))))
	f, err := ParseDG2(block(version, tlv.Encode(0xA1, representation, representation)))
	if err != nil || f.Record != "ISO 39794-5" || f.Count != 2 || f.Image.Type != "image/jpeg" || !bytes.Equal(f.Image.Data, jpeg) {
		t.Errorf("got %v, %v", f, err)
	}
	if _, err := ParseDG2(block(version)); !errors.Is(err, ErrMissing) {
		t.Errorf("no image: %v", err)
	}
	if _, err := ParseDG2(block(version, []byte{0x30, 5, 1})); !errors.Is(err, tlv.ErrTruncated) {
		t.Errorf("broken block: %v", err)
	}
	if _, err := ParseDG2(template(tlv.Encode(tagDataNested, tlv.Encode(0x64)))); !errors.Is(err, ErrUnsupported) {
		t.Errorf("fingers: %v", err)
	}
}

// The fuzz tests read whatever comes; what is accepted and can be built is built alike.

func FuzzCOM(f *testing.F) {
	f.Add(COM{LDS: "0107", Unicode: "040000", Groups: []kiosk.FileID{"DG1", "DG2"}}.Marshal())
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := ParseCOM(raw)
		if err != nil {
			return
		}
		again, err := ParseCOM(c.Marshal())
		if err != nil || again.LDS != c.LDS || len(again.Groups) != len(c.Groups) || !bytes.Equal(again.Unknown, c.Unknown) {
			t.Fatalf("reads otherwise: %+v, %v", again, err)
		}
	})
}

func FuzzDG1(f *testing.F) {
	f.Add(tlv.Encode(tagDG1, tlv.Encode(tagMRZ, bytes.Repeat([]byte("<"), 90))))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ParseDG1(raw)
		if err != nil {
			return
		}
		Citizen(m, nil, kiosk.Date{Year: 2026, Month: 8, Day: 1})
		again, err := ParseDG1(MarshalDG1(m))
		if err != nil || !reflect.DeepEqual(again.Lines, m.Lines) {
			t.Fatalf("reads otherwise: %v", err)
		}
	})
}

func FuzzDG2(f *testing.F) {
	raw, _ := MarshalDG2(kiosk.Image{Data: jpeg, Width: 3, Height: 4})
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		face, err := ParseDG2(raw)
		if err != nil || face.Image.Width == 0 || face.Image.Height == 0 {
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
