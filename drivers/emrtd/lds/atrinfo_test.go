package lds

import (
	"encoding/hex"
	"reflect"
	"testing"

	"motcua/kiosk"
)

func TestATRInfo(t *testing.T) {
	for name, tt := range map[string]struct {
		in                string
		command, response int
		extended, found   bool
	}{
		"two bytes":            {"7F66080202057802020578", 1400, 1400, false, false},
		"three bytes":          {"7F660A020300FFFF0203010000", 65535, 65536, false, false},
		"with capabilities":    {"4703000040" + "7F66080202057802020578", 1400, 1400, true, false},
		"historical bytes":     {"5F520500730000C0" + "7F66080202057802020578", 1400, 1400, true, false},
		"filled with zeros":    {"7F66080202057802020578" + "0000", 1400, 1400, false, false},
		"one value":            {"7F660402020578", 0, 0, false, true},
		"too small to be true": {"7F6606020101020101", 0, 0, false, true},
		"negative":             {"7F66080202857802028578", 0, 0, false, true},
		"huge":                 {"7F660C02047FFFFFFF02047FFFFFFF", 65544, 65538, false, false},
		"other tag":            {"7F67080202057802020578", 0, 0, false, false},
		"not integers":         {"7F66080402057804020578", 0, 0, false, true},
		"empty":                {"", 0, 0, false, false},
	} {
		raw, err := hex.DecodeString(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		a, err := ParseATRInfo(raw)
		if err != nil || a.MaxCommand != tt.command || a.MaxResponse != tt.response || a.Extended != tt.extended {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
		if found := Inspect(map[kiosk.FileID][]byte{FileATR: raw}); len(found) > 0 != tt.found || tt.found && found[0].Grade != Tolerated {
			t.Errorf("%s: findings %v", name, found)
		}
	}
	for _, in := range []string{"7F66", "7F6608", "47"} {
		raw, _ := hex.DecodeString(in)
		if a, err := ParseATRInfo(raw); err == nil {
			t.Errorf("%s: %+v", in, a)
		}
	}
}

func FuzzATRInfo(f *testing.F) {
	f.Add((&ATRInfo{MaxCommand: 1400, MaxResponse: 1400, Capabilities: []byte{0, 0, 0xC0}}).Marshal())
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := ParseATRInfo(raw)
		if err != nil {
			return
		}
		again, err := ParseATRInfo(a.Marshal())
		if err != nil || a.MaxCommand != again.MaxCommand || a.MaxResponse != again.MaxResponse || len(a.Capabilities) > 0 && !reflect.DeepEqual(a, again) {
			t.Fatalf("%+v, then %+v, %v", a, again, err)
		}
	})
}
