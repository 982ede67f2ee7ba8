package lds

import (
	"slices"
	"strings"
	"testing"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
	"motcua/kiosk/mrz"
)

// zone builds DG1 with right check digits around changed fields.
func zone(t *testing.T, change func(*mrz.Card)) []byte {
	t.Helper()
	c, err := mrz.VietnameseCard("999301012345", "010201", "F", "410201", "NGUYEN", "THI THU")
	if err != nil {
		t.Fatal(err)
	}
	change(&c)
	m, err := c.Build()
	if err != nil {
		t.Fatal(err)
	}
	return MarshalDG1(m)
}

func TestInspectDG1(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*mrz.Card)
		want   []string
		grade  Grade
	}{
		{"nothing", func(*mrz.Card) {}, nil, ""},
		{"long name", func(c *mrz.Card) { c.Given = strings.Repeat("THU ", 9) }, nil, ""},
		{"no given name", func(c *mrz.Card) { c.Given = "" }, []string{"no secondary identifier"}, Tolerated},
		{"document type", func(c *mrz.Card) { c.Code = "QQ" }, []string{"document type unknown"}, Doubtful},
		{"state", func(c *mrz.Card) { c.State = "V1M" }, []string{"issuing state malformed"}, Doubtful},
		{"no name", func(c *mrz.Card) { c.Surname, c.Given = "", "" }, []string{"name empty"}, Doubtful},
		{"nationality", func(c *mrz.Card) { c.Nationality = "1" }, []string{"nationality malformed"}, Doubtful},
		{"sex", func(c *mrz.Card) { c.Sex = "Q" }, []string{"sex unknown"}, Doubtful},
		{"letter in birth", func(c *mrz.Card) { c.Birth = "01A201" }, []string{"date of birth malformed"}, Doubtful},
		{"no such birth", func(c *mrz.Card) { c.Birth = "010230" }, []string{"date of birth malformed"}, Doubtful},
		{"day unknown", func(c *mrz.Card) { c.Birth = "0102<<" }, []string{"date of birth incomplete"}, Tolerated},
		{"year unknown", func(c *mrz.Card) { c.Birth = "<<0229" }, []string{"date of birth incomplete"}, Tolerated},
		{"expiry incomplete", func(c *mrz.Card) { c.Expiry = "4102<<" }, []string{"date of expiry malformed"}, Doubtful},
		{"letter in expiry", func(c *mrz.Card) { c.Expiry = "4X0201" }, []string{"date of expiry malformed"}, Doubtful},
	} {
		found := Inspect(map[kiosk.FileID][]byte{kiosk.FileDG1: zone(t, tt.change)})
		var whats []string
		for _, f := range found {
			whats = append(whats, f.What)
			if f.Grade != tt.grade {
				t.Errorf("%s: %v is %s", tt.name, f, f.Grade)
			}
		}
		if !slices.Equal(whats, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, whats, tt.want)
		}
	}
	for what, raw := range map[string][]byte{
		"wrong tag": {0x62, 0}, "length too large": {0x61, 5, 1}, "part missing": {0x61, 0},
		"length too small": append(zone(t, func(*mrz.Card) {}), 0),
	} {
		found := Inspect(map[kiosk.FileID][]byte{kiosk.FileDG1: raw})
		if len(found) != 1 || found[0].Grade != Broken || what != "part missing" && found[0].What != what {
			t.Errorf("%s: %v", what, found)
		}
	}
}

func TestInspectDG14(t *testing.T) {
	key := testKeyInfo(t)
	for _, tt := range []struct {
		name  string
		infos [][]byte
		want  []string
	}{
		{"good", [][]byte{MarshalInfo(OIDCAECDHAES, 1, NoID), key}, nil},
		{"version", [][]byte{MarshalInfo(OIDCAECDHAES, 9, NoID), key}, []string{"chip authentication version unknown"}},
		{"no version", [][]byte{tlv.Encode(tlv.Sequence, tlv.EncodeOID(OIDCAECDHAES)), key},
			[]string{"chip authentication info unreadable", "chip authentication key without its info"}},
		{"protocol", [][]byte{MarshalInfo(append(slices.Clone(OIDCA), 7, 7), 1, NoID), key}, []string{"chip authentication protocol unknown"}},
		{"no key", [][]byte{MarshalInfo(OIDCAECDHAES, 1, NoID)}, []string{"chip authentication without a key"}},
		{"key alone", [][]byte{key}, []string{"chip authentication key without its info"}},
		{"pace", [][]byte{MarshalInfo(OIDPACEGMAES, 7, 13)}, []string{"pace version unknown"}},
	} {
		var whats []string
		for _, f := range Inspect(map[kiosk.FileID][]byte{kiosk.FileDG14: MarshalDG14(tt.infos...)}) {
			whats = append(whats, f.What)
		}
		if !slices.Equal(whats, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, whats, tt.want)
		}
	}
}

func TestEncodingCheck(t *testing.T) {
	f := func(g Grade) Finding { return Finding{"DG2", string(g), g} }
	for _, tt := range []struct {
		in     []Finding
		result kiosk.CheckResult
		reason string
	}{
		{nil, kiosk.CheckSuccessful, ""},
		{[]Finding{f(Tolerated)}, kiosk.CheckSuccessful, "DG2: tolerated"},
		{[]Finding{f(Tolerated), f(Doubtful)}, kiosk.CheckUndetermined, "DG2: doubtful, DG2: tolerated"},
		{[]Finding{f(Doubtful), f(Broken)}, kiosk.CheckFailed, "DG2: broken, DG2: doubtful"},
		{slices.Repeat([]Finding{f(Doubtful)}, 6), kiosk.CheckUndetermined, strings.Repeat("DG2: doubtful, ", 4) + "more"},
	} {
		if c := EncodingCheck(tt.in); c.Result != tt.result || c.Reason != tt.reason || c.Name != kiosk.CheckEncoding {
			t.Errorf("%v: %+v", tt.in, c)
		}
	}
}

// TestInspectReal holds that real documents are worth no more than a hint.
func TestInspectReal(t *testing.T) {
	dir := sharedDir(t, "specimens")
	objects := sharedDir(t, "security-objects")
	for name, files := range map[string]map[kiosk.FileID][]byte{
		"bsi2008": {
			kiosk.FileCOM: readFile(t, dir, "bsi2008/EF_COM.bin"), kiosk.FileDG1: readFile(t, dir, "bsi2008/Datagroup1.bin"),
			kiosk.FileDG2: readFile(t, dir, "bsi2008/Datagroup2.bin"), kiosk.FileDG14: readFile(t, dir, "bsi2008/Datagroup14.bin"),
			kiosk.FileDG15: readFile(t, dir, "bsi2008/Datagroup15.bin"),
		},
		"loes2006": {
			kiosk.FileCOM: readFile(t, dir, "loes2006/ef011E.bin"), kiosk.FileDG1: readFile(t, dir, "loes2006/ef0101.bin"),
			kiosk.FileDG2: readFile(t, dir, "loes2006/ef0102.bin"), kiosk.FileDG15: readFile(t, dir, "loes2006/ef010F.bin"),
		},
		"AT": {kiosk.FileDG14: readFile(t, objects, "AT_DG14.bin")},
		"DE": {kiosk.FileDG14: readFile(t, objects, "DE_DG14.bin"), FileCardSecurity: readFile(t, objects, "DE_EF.CardSecurity.bin")},
		"NZ": {kiosk.FileDG15: readFile(t, objects, "NZ_DG15.bin")},
	} {
		for _, f := range Inspect(files) {
			if f.Grade != Tolerated {
				t.Errorf("%s: %v is %s", name, f, f.Grade)
			}
		}
	}
}

func TestRealCardSecurity(t *testing.T) {
	s, err := ParseCardSecurity(readFile(t, sharedDir(t, "security-objects"), "DE_EF.CardSecurity.bin"))
	if err != nil || len(s.PACE) == 0 || len(s.ChipAuthKeys) == 0 || s.ChipAuthKeys[0].Key.EC == nil {
		t.Errorf("got %+v, %v", s, err)
	}
	if _, err := ParseCardSecurity(readFile(t, sharedDir(t, "security-objects"), "DE_EF.SOD.bin")); err == nil {
		t.Error("EF.SOD is read as EF.CardSecurity")
	}
}
