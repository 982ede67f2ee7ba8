package lds

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"slices"
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
		"no tags":       tlv.Encode(0x60, tlv.Encode(tagVersion, []byte("0107")), tlv.Encode(tagUnicode, []byte("040000"))),
		"too many tags": tlv.Encode(0x60, tlv.Encode(tagTags, make([]byte, maxTags+1))),
	} {
		if _, err := ParseCOM(in); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestCOMVersions reads what states write in place of the versions: the groups are told all the same.
func TestCOMVersions(t *testing.T) {
	for _, tt := range []struct {
		com      COM
		findings []string
	}{
		{COM{LDS: "0108", Unicode: "040000"}, nil},
		{COM{LDS: "0300", Unicode: "040000"}, []string{"EF.COM: LDS version unknown"}},
		{COM{LDS: "01x7", Unicode: "040000"}, []string{"EF.COM: LDS version missing"}},
		{COM{Unicode: "040000"}, []string{"EF.COM: LDS version missing"}},
		{COM{LDS: "0107", Unicode: "050000"}, []string{"EF.COM: Unicode version unknown"}},
		{COM{LDS: "0107"}, []string{"EF.COM: Unicode version missing"}},
		{COM{LDS: "0107", Unicode: "040000", Unknown: []byte{0x42}}, []string{"EF.COM: tags of no known group"}},
	} {
		tt.com.Groups = []kiosk.FileID{"DG1", "DG2"}
		raw := tt.com.Marshal()
		got, err := ParseCOM(raw)
		if err != nil || !reflect.DeepEqual(got.Groups, tt.com.Groups) {
			t.Errorf("%s %s: %v, %v", tt.com.LDS, tt.com.Unicode, got.Groups, err)
		}
		if f := named(Inspect(map[kiosk.FileID][]byte{kiosk.FileCOM: raw})); !slices.Equal(f, tt.findings) {
			t.Errorf("%s %s: %v, want %v", tt.com.LDS, tt.com.Unicode, f, tt.findings)
		}
	}
}

// named gives findings as texts.
func named(all []Finding) (texts []string) {
	for _, f := range all {
		texts = append(texts, f.String())
	}
	return texts
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
