package emrtd

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/asn1"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

func caInfo(alg, version, id int) lds.ChipAuthenticationInfo {
	oid := append(append(asn1.ObjectIdentifier{}, lds.OIDCAECDH...), alg)
	return lds.ChipAuthenticationInfo{Protocol: oid, Version: version, KeyID: id}
}

func caKeyInfo(p *ec.Point, id int) lds.ChipAuthenticationPublicKeyInfo {
	return lds.ChipAuthenticationPublicKeyInfo{Protocol: lds.OIDPKECDH, Key: &lds.PublicKey{EC: p}, KeyID: id}
}

// TR-03105-5.1 ISO7816_D_03 to D_06, D_13.
func TestChooseCA(t *testing.T) {
	c, err := ec.ByID(13)
	if err != nil {
		t.Fatal(err)
	}
	one, two := c.Generator(), c.ScalarBaseMult([]byte{2})
	dh := lds.ChipAuthenticationInfo{Protocol: append(append(asn1.ObjectIdentifier{}, lds.OIDCA...), 1, 2), Version: 1, KeyID: lds.NoID}
	keys := func(k ...lds.ChipAuthenticationPublicKeyInfo) []lds.ChipAuthenticationPublicKeyInfo { return k }
	for name, c := range map[string]struct {
		infos  []lds.ChipAuthenticationInfo
		keys   []lds.ChipAuthenticationPublicKeyInfo
		want   *ec.Point
		alg    icao.Algorithm
		result kiosk.CheckResult
	}{
		"one key without reference":    {[]lds.ChipAuthenticationInfo{caInfo(2, 1, lds.NoID)}, keys(caKeyInfo(one, lds.NoID)), one, icao.AES128, ""},
		"second of two references":     {[]lds.ChipAuthenticationInfo{caInfo(4, 1, 7)}, keys(caKeyInfo(one, 6), caKeyInfo(two, 7)), two, icao.AES256, ""},
		"version 2 passed over":        {[]lds.ChipAuthenticationInfo{caInfo(2, 2, 7), caInfo(1, 1, 6)}, keys(caKeyInfo(one, 6)), one, icao.TripleDES, ""},
		"key without announcement":     {nil, keys(caKeyInfo(two, lds.NoID)), two, icao.TripleDES, ""},
		"nothing":                      {nil, nil, nil, "", kiosk.CheckNotSupported},
		"DH without a key":             {[]lds.ChipAuthenticationInfo{dh}, keys(caKeyInfo(one, lds.NoID)), nil, "", kiosk.CheckFailed},
		"best of several":              {[]lds.ChipAuthenticationInfo{caInfo(1, 1, 6), caInfo(4, 1, 7), caInfo(2, 1, 6)}, keys(caKeyInfo(one, 6), caKeyInfo(two, 7)), two, icao.AES256, ""},
		"a broken one beside":          {[]lds.ChipAuthenticationInfo{caInfo(4, 1, 9), caInfo(2, 1, 6)}, keys(caKeyInfo(one, 6)), one, icao.AES128, ""},
		"a broken one and an unknown":  {[]lds.ChipAuthenticationInfo{caInfo(4, 1, 9), caInfo(9, 1, 6)}, keys(caKeyInfo(one, 6)), nil, "", kiosk.CheckFailed},
		"version 2 alone":              {[]lds.ChipAuthenticationInfo{caInfo(2, 2, lds.NoID)}, keys(caKeyInfo(one, lds.NoID)), nil, "", kiosk.CheckUndetermined},
		"announced without key":        {[]lds.ChipAuthenticationInfo{caInfo(2, 1, lds.NoID)}, nil, nil, "", kiosk.CheckFailed},
		"reference of no key":          {[]lds.ChipAuthenticationInfo{caInfo(2, 1, 9)}, keys(caKeyInfo(one, 6)), nil, "", kiosk.CheckFailed},
		"two keys, no reference":       {[]lds.ChipAuthenticationInfo{caInfo(2, 1, lds.NoID)}, keys(caKeyInfo(one, 6), caKeyInfo(two, 7)), nil, "", kiosk.CheckFailed},
		"same reference twice":         {[]lds.ChipAuthenticationInfo{caInfo(2, 1, 6)}, keys(caKeyInfo(one, 6), caKeyInfo(two, 6)), nil, "", kiosk.CheckFailed},
		"reference 0 is a reference":   {[]lds.ChipAuthenticationInfo{caInfo(2, 1, 0)}, keys(caKeyInfo(one, 6), caKeyInfo(two, 0)), two, icao.AES128, ""},
		"unknown algorithm alone":      {[]lds.ChipAuthenticationInfo{caInfo(9, 1, 6)}, keys(caKeyInfo(one, 6)), nil, "", kiosk.CheckUndetermined},
		"key of another kind in there": {[]lds.ChipAuthenticationInfo{caInfo(2, 1, lds.NoID)}, keys(lds.ChipAuthenticationPublicKeyInfo{}, caKeyInfo(one, 1)), one, icao.AES128, ""},
	} {
		v, check := chooseCA(&lds.SecurityInfos{ChipAuth: c.infos, ChipAuthKeys: c.keys})
		switch {
		case c.want == nil && (v != nil || check.Result != c.result || check.Reason == ""):
			t.Errorf("%s: %+v %+v", name, v, check)
		case c.want != nil && (v == nil || v.key != ecAgreement{c.want} || v.alg != c.alg):
			t.Errorf("%s: %+v %+v", name, v, check)
		}
	}
}

// caChip is the chip's side of chip authentication.
type caChip struct {
	t     testing.TB
	key   *ec.PrivateKey
	alg   icao.Algorithm
	sm    chipSide
	next  *secureMessaging
	habit string
	seen  []byte // instructions
}

func (c *caChip) answer(raw []byte) ([]byte, error) {
	p, err := apdu.ParseCommand(raw)
	if err != nil {
		return nil, err
	}
	cmd := c.sm.unprotect(c.t, p)
	c.seen = append(c.seen, cmd.INS, cmd.P2)
	r := c.process(cmd)
	if c.habit == "naked" && c.next != nil {
		return []byte{0x69, 0x88}, nil
	}
	out := c.sm.protect(c.t, r, false).Bytes()
	if c.next != nil && c.habit != "old keys" {
		c.sm, c.next = chipSide{c.next}, nil
	}
	return out, nil
}

func (c *caChip) process(cmd apdu.Command) apdu.Response {
	ok := apdu.Response{SW: apdu.StatusOK}
	if c.habit == "refuses" && cmd.INS != 0xA4 {
		return apdu.Response{SW: apdu.StatusWrongData}
	}
	var public []byte
	switch {
	case cmd.INS == 0x22 && cmd.P2 == 0xA6:
		o, _, err := tlv.Read(cmd.Data)
		if err != nil || o.Tag != 0x91 {
			return apdu.Response{SW: apdu.StatusWrongData}
		}
		public = o.Value
	case cmd.INS == 0x86:
		v, err := dynamicObject(cmd.Data, 0x80)
		if err != nil {
			return apdu.Response{SW: apdu.StatusWrongData}
		}
		public, ok.Data = v, []byte{0x7C, 0}
	default:
		return ok
	}
	peer, err := c.key.Public.Curve().Unmarshal(public)
	if err != nil {
		c.t.Fatal(err)
	}
	z, err := c.key.ECDH(peer)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.next, err = sessionOf(c.alg, z.X()); err != nil {
		c.t.Fatal(err)
	}
	return ok
}

// runCA runs chip authentication between our side and a chip.
func runCA(t *testing.T, arc int, curve int, habit string, id int) (kiosk.Check, *channel, *caChip) {
	t.Helper()
	c, err := ec.ByID(curve)
	if err != nil {
		t.Fatal(err)
	}
	key, err := c.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	v, check := chooseCA(&lds.SecurityInfos{
		ChipAuth: []lds.ChipAuthenticationInfo{caInfo(arc, 1, id)}, ChipAuthKeys: []lds.ChipAuthenticationPublicKeyInfo{caKeyInfo(key.Public, id)},
	})
	if v == nil {
		t.Fatal(check)
	}
	if habit == "other key" {
		if key, err = c.GenerateKey(rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	term, side := pairOf(t, icao.AES128)
	chip := &caChip{t: t, key: key, alg: v.alg, sm: side, habit: habit}
	ch := &channel{card: &handler{answer: func(raw []byte) ([]byte, error) {
		if (habit == "other key" || habit == "old keys") && len(chip.seen) >= 4 { // it cannot read what comes now
			chip.sm.count()
			r := chip.sm.protect(t, apdu.Response{SW: apdu.StatusOK}, false)
			return r.Bytes(), nil
		}
		return chip.answer(raw)
	}}, sm: term}
	check, err = chipAuthentication(context.Background(), ch, v, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return check, ch, chip
}

func TestChipAuthenticationVariants(t *testing.T) {
	for arc, alg := range suites {
		for _, curve := range []int{8, 10, 13, 15, 17, 18} {
			check, ch, chip := runCA(t, arc, curve, "", 0x1234)
			if check.Result != kiosk.CheckSuccessful || ch.sm.alg != alg {
				t.Errorf("%s on curve %d: %+v", alg, curve, check)
			}
			want := []byte{0x22, 0xA4, 0x86, 0, 0xA4, 0x0C}
			if alg == icao.TripleDES {
				want = []byte{0x22, 0xA6, 0xA4, 0x0C}
			}
			if !bytes.Equal(chip.seen, want) {
				t.Errorf("%s: commands %X", alg, chip.seen)
			}
		}
	}
}

// A chip without the key, or one that will not, is a failed check, never an unsupported one (ISO7816_D_09, D_15).
func TestChipAuthenticationFails(t *testing.T) {
	for habit, dead := range map[string]bool{"refuses": false, "old keys": true, "other key": true, "naked": true} {
		check, ch, _ := runCA(t, 2, 13, habit, lds.NoID)
		if check.Result != kiosk.CheckFailed || check.Reason == "" {
			t.Errorf("%s: %+v", habit, check)
		}
		if (ch.dead != nil) != dead {
			t.Errorf("%s: session dead: %v", habit, ch.dead)
		}
	}
}

func TestKeyReference(t *testing.T) {
	for id, want := range map[int][]byte{0: {0}, 1: {1}, 0xC3: {0xC3}, 0x1234: {0x12, 0x34}} {
		if got := keyReference(id); !bytes.Equal(got, want) {
			t.Errorf("%d: %X", id, got)
		}
	}
}
