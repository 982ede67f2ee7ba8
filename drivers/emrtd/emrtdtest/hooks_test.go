package emrtdtest

import (
	"bytes"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// TestHooks changes a command's answer at every place.
func TestHooks(t *testing.T) {
	card, _ := issued(t)
	dg1 := card.Files[kiosk.FileDG1]
	read := readSFI(1, 16)
	answer := func(h Hooks) apdu.Response {
		t.Helper()
		return openSession(t, card, Options{Hooks: &h}).do(read)
	}
	if r := answer(Hooks{}); !r.SW.OK() || !bytes.Equal(r.Data, dg1[:16]) {
		t.Errorf("hooks that do nothing: %v", r.SW)
	}
	if r := answer(Hooks{Command: func(apdu.Command) *apdu.Response { return &apdu.Response{SW: 0x6A81} }}); r.SW != 0x6A81 {
		t.Errorf("Command: %v", r.SW)
	}
	if r := answer(Hooks{Response: func(c apdu.Command, r apdu.Response) apdu.Response {
		if c.INS != insReadBinary || c.CLA != 0 {
			t.Errorf("Response sees CLA %02X INS %02X", c.CLA, c.INS)
		}
		r.Data = append(bytes.Clone(r.Data), 0xEE)
		return r
	}}); len(r.Data) != 17 {
		t.Errorf("Response: %d bytes", len(r.Data))
	}
	status := tlv.Object{Tag: 0x99, Value: []byte{0x62, 0x82}}
	remade := Hooks{Protected: func(_ apdu.Command, o SMObjects) SMObjects {
		o.Objects[1], o.Remac = status, true
		return o
	}, Wire: func(_, response []byte) []byte {
		return append(bytes.Clone(response[:len(response)-2]), 0x62, 0x82)
	}}
	if r := answer(remade); r.SW != apdu.StatusEndOfFile { // the terminal of these tests checks the MAC
		t.Errorf("Protected and Wire: %v", r.SW)
	}
	d := openSession(t, card, Options{Hooks: &Hooks{Protected: func(_ apdu.Command, o SMObjects) SMObjects {
		return SMObjects{Objects: []tlv.Object{{Raw: []byte{0x87, 0x84}}, o.Objects[1]}}
	}}})
	if raw := d.raw(read); !bytes.Equal(raw, []byte{0x87, 0x84, 0x99, 2, 0x90, 0x00, 0x90, 0x00}) {
		t.Errorf("raw objects: %X", raw)
	}
	d = openSession(t, card, Options{Hooks: &Hooks{Wire: func([]byte, []byte) []byte { return nil }}})
	if raw := d.raw(read); raw != nil {
		t.Errorf("Wire: %X", raw)
	}
}

// TestDynamicHook changes the data objects of PACE.
func TestDynamicHook(t *testing.T) {
	card, _ := issued(t)
	var steps []int
	c := powered(t, card, Options{Hooks: &Hooks{Dynamic: func(step int, o []tlv.Object) []tlv.Object {
		steps = append(steps, step)
		return append(o, tlv.Object{Tag: 0x99, Value: []byte{byte(len(o))}})
	}}})
	plainly(t, c, apdu.Command{INS: insManageSecurity, P1: 0xC1, P2: 0xA4, Data: tlv.Append(tlv.Encode(0x80, oidPACE), 0x83, []byte{passwordCAN})})
	r := plainly(t, c, apdu.Command{CLA: 0x10, INS: insGeneralAuthenticate, Data: []byte{0x7C, 0}, Ne: 256})
	if !r.SW.OK() || len(steps) != 1 || steps[0] != 1 || !bytes.HasSuffix(r.Data, []byte{0x99, 1, 1}) {
		t.Errorf("%v, steps %v, %X", r.SW, steps, r.Data)
	}
}
