package kiosk_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"motcua/kiosk"
)

func TestDates(t *testing.T) {
	for want, d := range map[string]kiosk.Date{
		"": {}, "1950": {Year: 1950}, "03/1950": {Year: 1950, Month: 3}, "07/03/1950": {Year: 1950, Month: 3, Day: 7},
	} {
		if d.String() != want {
			t.Errorf("%+v is %q, want %q", d, d.String(), want)
		}
	}
}

func TestErrors(t *testing.T) {
	cause := errors.New("cause")
	err := fmt.Errorf("further out: %w", kiosk.Errorf(kiosk.CodeCardLost, "read chip", "clean the reader", "DG2: %w", cause))
	if kiosk.CodeOf(err) != kiosk.CodeCardLost || !errors.Is(err, cause) {
		t.Errorf("%v lost its code or its cause", err)
	}
	if got := err.Error(); got != "further out: read chip: card_lost: DG2: cause (clean the reader)" {
		t.Errorf("%q", got)
	}
	if kiosk.CodeOf(nil) != "" || kiosk.CodeOf(cause) != kiosk.CodeInternal {
		t.Error("codes of nil and of a plain error")
	}
}

// TestPersonalTypesRedactThemselves prints every type that carries a citizen's data in every common way.
func TestPersonalTypesRedactThemselves(t *testing.T) {
	const secret = "Nguyễn Thị Thử 999301012345"
	image := kiosk.Image{Data: []byte(secret), Type: "image/jpeg"}
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	for _, v := range []any{
		kiosk.Citizen{Name: secret, Number: secret}, &kiosk.ChipRead{Citizen: kiosk.Citizen{Name: secret}},
		kiosk.CardKey{Kind: kiosk.KeyNumber, Value: secret}, image, kiosk.Document{Paper: secret, Page: image},
		&kiosk.Dossier{Fields: []kiosk.Field{{Value: secret}}}, kiosk.FaceResult{Verdict: kiosk.Verified, Best: image},
		kiosk.Phrase{Private: true, Parts: []kiosk.Spoken{{Text: secret}, {Code: "999301012345"}}},
	} {
		fmt.Fprintf(&out, "%v %+v %s\n", v, v, v)
		log.Info("a value", "v", v)
	}
	if s := out.String(); strings.Contains(s, "Nguy") || strings.Contains(s, "999301") {
		t.Errorf("personal data was printed:\n%s", s)
	}
}

func TestChipFields(t *testing.T) {
	c := kiosk.Citizen{Number: "999301012345", NameMRZ: "NGUYEN THI THU", Residence: "Thôn Mẫu"}
	fields := map[string]kiosk.Field{}
	for _, f := range kiosk.ChipFields(c) {
		fields[f.Key] = f
	}
	if f := fields["name"]; f.Value != c.NameMRZ || f.Provenance != kiosk.FromDG1 {
		t.Errorf("without DG13 the name is %+v", f)
	}
	if _, ok := fields["ethnicity"]; ok {
		t.Error("a field the chip leaves out is there")
	}
	if fields[kiosk.FieldAddress].Value != c.Residence || fields["residence"].Value != c.Residence {
		t.Error("the residence is not offered as the address")
	}
	c.Name = "Nguyễn Thị Thử"
	if f := kiosk.ChipFields(c)[1]; f.Value != c.Name || f.Provenance != kiosk.FromDG13 {
		t.Errorf("with DG13 the name is %+v", f)
	}
}

func TestWipe(t *testing.T) {
	photo, dg1 := []byte("photo"), []byte("dg1")
	r := &kiosk.ChipRead{Files: map[kiosk.FileID][]byte{kiosk.FileDG1: dg1}, Photo: kiosk.Image{Data: photo}, Citizen: kiosk.Citizen{Name: "x"}}
	r.Wipe()
	if string(photo) != "\x00\x00\x00\x00\x00" || string(dg1) != "\x00\x00\x00" || r.Citizen.Name != "" || r.Files != nil {
		t.Error("something was left")
	}
}

func TestStates(t *testing.T) {
	for s := kiosk.StateRegistered; s <= kiosk.StateReturned; s++ {
		if s.String() == "" {
			t.Errorf("state %d has no name", int(s))
		}
	}
	if kiosk.DossierState(11).String() != "" {
		t.Error("a state outside the list has a name")
	}
}
