package lds

import (
	"bytes"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

func sampleDG11() *DG11 {
	return &DG11{
		Name: "Nguyễn Thị Thử", OtherNames: []string{"Thử", "Nghiệm"}, PersonalNumber: "999301012345",
		Birth: kiosk.Date{Year: 2001, Month: 2, Day: 1}, BirthPlace: []string{"Xã Mẫu", "Tỉnh Mẫu"}, Address: []string{"Thôn Một", "Xã Mẫu"},
		Telephone: "0000", Profession: "Kỹ sư", Title: "Bà", Summary: "Không", OtherDocuments: []string{"X1", "X2"}, Custody: "Không",
		Citizenship: jpeg,
	}
}

func sampleDG12() *DG12 {
	return &DG12{
		Authority: "Cơ quan Mẫu", Issued: kiosk.Date{Year: 2024, Month: 8, Day: 15}, OtherPersons: []string{"Trần Văn Mẫu"},
		Endorsements: "Không", TaxExit: "Không", Front: jpeg, Rear: jp2, Personalised: "20240815101112", Machine: "M-1",
	}
}

func TestDetailsRoundTrip(t *testing.T) {
	for name, g := range map[string]*DG11{"full": sampleDG11(), "empty": {}, "name": {Name: "A B"}} {
		if got, err := ParseDG11(g.Marshal()); err != nil || !reflect.DeepEqual(got, g) {
			t.Errorf("DG11 %s reads otherwise: %v", name, err)
		}
	}
	for name, g := range map[string]*DG12{"full": sampleDG12(), "empty": {}} {
		if got, err := ParseDG12(g.Marshal()); err != nil || !reflect.DeepEqual(got, g) {
			t.Errorf("DG12 %s reads otherwise: %v", name, err)
		}
	}
	files := map[kiosk.FileID][]byte{FileDG11: sampleDG11().Marshal(), FileDG12: sampleDG12().Marshal()}
	if found := Inspect(files); len(found) != 0 {
		t.Errorf("findings %v", found)
	}
}

// TestDetailsForms reads what issuers write differently: dates as characters, as BCD, with parts unknown; names with fillers.
func TestDetailsForms(t *testing.T) {
	for name, tt := range map[string]struct {
		value []byte
		want  kiosk.Date
	}{
		"characters":  {[]byte("20010201"), kiosk.Date{Year: 2001, Month: 2, Day: 1}},
		"bcd":         {[]byte{0x20, 0x01, 0x02, 0x01}, kiosk.Date{Year: 2001, Month: 2, Day: 1}},
		"day unknown": {[]byte("20010200"), kiosk.Date{Year: 2001, Month: 2}},
		"year alone":  {[]byte("2001<<<<"), kiosk.Date{Year: 2001}},
	} {
		g, err := ParseDG11(tlv.Encode(tagDG11, tlv.Encode(tagFullBirth, tt.value)))
		if err != nil || g.Birth != tt.want || len(g.Problems) != 0 {
			t.Errorf("%s: %v, %v", name, g.Problems, err)
		}
	}
	g, err := ParseDG11(tlv.Encode(tagDG11, tlv.Encode(tagFullName, []byte(norm.NFD.String("NGUYỄN<<THỊ<THỬ")))))
	if err != nil || g.Name != "NGUYỄN THỊ THỬ" {
		t.Errorf("fillers: %v", err)
	}
	p, err := ParseDG12(tlv.Encode(tagDG12, tlv.Encode(tagPersonalised, []byte{0x20, 0x24, 0x08, 0x15, 0x10, 0x11, 0x12})))
	if err != nil || p.Personalised != "20240815101112" {
		t.Errorf("moment in bcd: %v", err)
	}
}

func TestDetailsDefects(t *testing.T) {
	for name, tt := range map[string]struct {
		objects []byte
		want    string
	}{
		"not utf-8":    {tlv.Encode(tagFullName, []byte{0xC3}), "object 5F0E: not UTF-8"},
		"no date":      {tlv.Encode(tagFullBirth, []byte("2001")), "object 5F2B: no date"},
		"no such date": {tlv.Encode(tagFullBirth, []byte("20011301")), "object 5F2B: no date"},
		"twice":        {append(tlv.Encode(tagTitle, []byte("a")), tlv.Encode(tagTitle, []byte("b"))...), "object 5F14: twice"},
		"others":       {tlv.Encode(tagOthers, []byte{0x5F, 0x0F, 9}), "object A0: malformed"},
	} {
		g, err := ParseDG11(tlv.Encode(tagDG11, tt.objects, tlv.Encode(tagProfession, []byte("Kỹ sư"))))
		if err != nil || !slices.Equal(g.Problems, []string{tt.want}) || len(g.Unknown) != 1 || g.Profession != "Kỹ sư" {
			t.Errorf("%s: %v, %v", name, g, err)
		}
	}
	for name, raw := range map[string][]byte{
		"nothing": nil, "other tag": {0x6C, 0}, "cut": sampleDG11().Marshal()[:50],
		"many": tlv.Encode(tagDG11, bytes.Repeat(tlv.Encode(tagTitle), maxDetails+1)),
	} {
		if _, err := ParseDG11(raw); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := ParseDG12(sampleDG11().Marshal()); err == nil {
		t.Error("DG11 is read as DG12")
	}
}

func TestSupplement(t *testing.T) {
	var c kiosk.Citizen
	Supplement(&c, sampleDG11(), sampleDG12())
	if c.Name != "Nguyễn Thị Thử" || c.Number != "999301012345" || c.Origin != "Xã Mẫu, Tỉnh Mẫu" || c.Residence != "Thôn Một, Xã Mẫu" ||
		c.Birth != sampleDG11().Birth || c.Issued != sampleDG12().Issued {
		t.Error("fields differ")
	}
	full := Citizen(nil, sample(), today)
	before := full
	Supplement(&full, sampleDG11(), sampleDG12())
	Supplement(&full, nil, nil)
	if full != before {
		t.Error("what DG13 says was written over")
	}
}

func TestDetailsRedact(t *testing.T) {
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", slog.Any("a", sampleDG11()), slog.Any("b", sampleDG12()))
	shown := log.String() + fmt.Sprintf("%v %+v %#v %s", sampleDG11(), sampleDG11(), sampleDG12(), sampleDG12())
	if strings.Contains(shown, "Nguy") || strings.Contains(shown, "Mẫu") {
		t.Error("contents are shown")
	}
}

func FuzzDG11(f *testing.F) {
	f.Add(sampleDG11().Marshal())
	f.Add(tlv.Encode(tagDG11, tlv.Encode(tagTags, []byte{0x5F}), tlv.Encode(tagFullBirth, []byte{0x20, 1, 2, 1})))
	f.Fuzz(func(t *testing.T, raw []byte) {
		Inspect(map[kiosk.FileID][]byte{FileDG11: raw})
		g, err := ParseDG11(raw)
		if err != nil {
			return
		}
		again, err := ParseDG11(g.Marshal())
		if err != nil || again.Name != g.Name || again.Birth != g.Birth || !slices.Equal(again.Address, g.Address) {
			t.Fatalf("reads otherwise: %v", err)
		}
	})
}

func FuzzDG12(f *testing.F) {
	f.Add(sampleDG12().Marshal())
	f.Fuzz(func(t *testing.T, raw []byte) {
		Inspect(map[kiosk.FileID][]byte{FileDG12: raw})
		g, err := ParseDG12(raw)
		if err != nil {
			return
		}
		again, err := ParseDG12(g.Marshal())
		if err != nil || again.Authority != g.Authority || again.Issued != g.Issued || again.Personalised != g.Personalised {
			t.Fatalf("reads otherwise: %v", err)
		}
	})
}
