package emrtd

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/dh"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// paceChip is the chip's side of PACE for any group, mapping and algorithm. change, when set, may spoil an answer before it is
// sent. Its mapping is the terminal's code; what is independent of it are the worked examples, OpenPACE and package emrtdtest.
type paceChip struct {
	t      testing.TB
	v      *paceVariant
	seed   []byte
	static *ec.PrivateKey // for CAM
	change func(step int, answer []byte) []byte

	step   int
	sw     []byte // instead of an answer
	nonce  []byte
	mapped paceGroup
	mapKey paceKey
	peer   []byte // terminal's ephemeral key
	own    paceKey
	sm     *secureMessaging
}

func newPACEChip(t testing.TB, v *paceVariant) *paceChip {
	return &paceChip{t: t, v: v, seed: []byte("012345")}
}

func (c *paceChip) Transmit(_ context.Context, raw []byte) ([]byte, error) {
	cmd, err := apdu.ParseCommand(raw)
	if err != nil {
		return nil, err
	}
	if cmd.INS == 0x22 {
		c.step = 0
	}
	step := c.step
	c.step++
	out := append(c.answer(step, cmd), 0x90, 0)
	if c.sw != nil {
		out = c.sw
	}
	if c.change != nil {
		out = c.change(step, out)
	}
	return out, nil
}

func (c *paceChip) ATR() []byte      { return nil }
func (c *paceChip) MaxResponse() int { return 65536 }
func (c *paceChip) MaxCommand() int  { return 65535 }
func (c *paceChip) Close() error     { return nil }

func (c *paceChip) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *paceChip) answer(step int, cmd apdu.Command) []byte {
	var arg []byte
	if step > 1 {
		o, err := tlv.ReadOne(cmd.Data, 0x7C)
		c.must(err)
		list, err := o.Children()
		c.must(err)
		arg = list[0].Value
	}
	switch step {
	case 0:
		return nil
	case 1:
		c.nonce = make([]byte, c.v.alg.NonceSize())
		_, _ = rand.Read(c.nonce)
		block, err := c.v.alg.Block(icao.NonceKey(c.seed, c.v.alg))
		c.must(err)
		z := bytes.Clone(c.nonce)
		c.must(icao.EncryptCBC(block, nil, z))
		return dynamic(0x80, z)
	case 2:
		return c.mapNonce(arg)
	case 3:
		var err error
		c.own, err = c.mapped.generate(rand.Reader)
		c.must(err)
		c.peer = arg
		return dynamic(0x84, c.own.public())
	}
	return c.confirm(arg)
}

func (c *paceChip) mapNonce(arg []byte) []byte {
	var err error
	if c.v.kind == integratedMapping {
		c.mapped, err = c.v.group.integrated(c.v.alg, c.nonce, arg)
		c.must(err)
		return dynamic(0x82, nil)
	}
	c.mapKey, err = c.v.group.generate(rand.Reader)
	c.must(err)
	c.mapped, err = c.mapKey.generic(c.nonce, arg)
	c.must(err)
	return dynamic(0x82, c.mapKey.public())
}

func dynamic(tag tlv.Tag, value []byte) []byte { return tlv.Encode(0x7C, tlv.Encode(tag, value)) }

func (c *paceChip) confirm(token []byte) []byte {
	z, err := c.own.agree(c.peer)
	c.must(err)
	mac, err := icao.NewMAC(c.v.alg, icao.KDF(z, 2, c.v.alg))
	c.must(err)
	over := func(public []byte) []byte {
		m, err := mac.Token(tlv.Encode(0x7F49, tlv.EncodeOID(c.v.oid), c.v.group.object(public)))
		c.must(err)
		return m
	}
	if !bytes.Equal(token, over(c.own.public())) {
		c.sw = []byte{0x63, 0}
		return nil
	}
	c.sm, err = newSecureMessaging(c.v.alg, icao.KDF(z, 1, c.v.alg), icao.KDF(z, 2, c.v.alg), nil)
	c.must(err)
	if c.v.kind == chipMapping {
		return tlv.Encode(0x7C, tlv.Encode(0x86, over(c.peer)), tlv.Encode(0x8A, c.proof()))
	}
	return dynamic(0x86, over(c.peer))
}

// proof is the encrypted chip authentication data (Doc 9303-11 §4.4.3.5.1), with math/big.
func (c *paceChip) proof() []byte {
	curve := c.static.Public.Curve()
	k := new(big.Int).ModInverse(new(big.Int).SetBytes(c.static.Bytes()), curve.N)
	k.Mul(k, new(big.Int).SetBytes(c.mapKey.(ecKey).Bytes()))
	k.Mod(k, curve.N)
	return encryptFactor(c.t, c.sm, k.FillBytes(make([]byte, curve.ScalarSize())))
}

func encryptFactor(t testing.TB, sm *secureMessaging, factor []byte) []byte {
	t.Helper()
	data := icao.Pad(factor, 16)
	iv := bytes.Repeat([]byte{0xFF}, 16)
	sm.enc.Encrypt(iv, iv)
	if err := icao.EncryptCBC(sm.enc, iv, data); err != nil {
		t.Fatal(err)
	}
	return data
}

func paceOf(arc, alg, id int) lds.PACEInfo {
	return lds.PACEInfo{Protocol: append(append(asn1.ObjectIdentifier{}, lds.OIDPACE...), arc, alg), Version: 2, ParameterID: id}
}

func gmInfo(alg, id int) lds.PACEInfo { return paceOf(2, alg, id) }

func announced(infos ...lds.PACEInfo) *lds.SecurityInfos { return &lds.SecurityInfos{PACE: infos} }

func testPassword() *password {
	return &password{name: "CAN", reference: referenceCAN, seed: []byte("012345")}
}

// everyPACE gives every PACEInfo that is defined (Doc 9303-11 tables 2 and 3, §9.5.1).
func everyPACE() (all []lds.PACEInfo) {
	for alg := 1; alg <= 4; alg++ {
		for id := range 3 {
			all = append(all, paceOf(1, alg, id), paceOf(3, alg, id))
		}
		for id := 8; id <= 18; id++ {
			all = append(all, paceOf(2, alg, id))
			if id != 10 { // P-224 has no integrated mapping
				all = append(all, paceOf(4, alg, id))
			}
			if alg != 1 { // 3DES has no chip authentication mapping
				all = append(all, paceOf(6, alg, id))
			}
		}
	}
	return all
}

// Every combination: five mappings, four algorithms, three groups, eleven curves.
func TestPACEVariants(t *testing.T) {
	all := everyPACE()
	if len(all) != 12+12+44+40+33 {
		t.Fatalf("%d variants", len(all))
	}
	for _, info := range all {
		v, err := choosePACE(announced(info), 65535)
		if err != nil {
			t.Fatal(err)
		}
		chip := newPACEChip(t, v)
		if v.kind == chipMapping {
			chip.static, err = v.group.(ecGroup).GenerateKey(rand.Reader)
			chip.must(err)
		}
		ch := &channel{card: chip}
		m, err := pace(context.Background(), ch, v, testPassword(), rand.Reader)
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		if !sameSession(t, ch.sm, chip.sm) {
			t.Errorf("%s: the two sides have other keys", v.name)
		}
		if (m != nil) != (v.kind == chipMapping) {
			t.Errorf("%s: chip authentication data: %v", v.name, m)
		} else if m != nil && m.verify(chip.static.Public) != nil {
			t.Errorf("%s: %v", v.name, m.verify(chip.static.Public))
		}
	}
}

func TestChoosePACE(t *testing.T) {
	im, cam, old := paceOf(4, 2, 13), paceOf(6, 2, 13), gmInfo(2, 13)
	old.Version = 1
	for name, c := range map[string]struct {
		infos []lds.PACEInfo
		want  string
		state bool
	}{
		"one":                   {[]lds.PACEInfo{gmInfo(2, 13)}, "ECDH-GM-AES-128 brainpoolP256r1", false},
		"GM and CAM":            {[]lds.PACEInfo{gmInfo(4, 17), cam}, "ECDH-CAM-AES-128 brainpoolP256r1", true},
		"two CAM":               {[]lds.PACEInfo{cam, paceOf(6, 4, 16)}, "ECDH-CAM-AES-256 brainpoolP384r1", true},
		"stronger GM":           {[]lds.PACEInfo{im, gmInfo(4, 15)}, "ECDH-GM-AES-256 P-384", true},
		"stronger IM":           {[]lds.PACEInfo{gmInfo(2, 9), im}, "ECDH-IM-AES-128 brainpoolP256r1", true},
		"GM before IM":          {[]lds.PACEInfo{im, gmInfo(2, 13)}, "ECDH-GM-AES-128 brainpoolP256r1", true},
		"longer key is free":    {[]lds.PACEInfo{gmInfo(2, 13), gmInfo(4, 13)}, "ECDH-GM-AES-256 brainpoolP256r1", true},
		"no larger than needed": {[]lds.PACEInfo{gmInfo(2, 17), gmInfo(2, 12)}, "ECDH-GM-AES-128 P-256", true},
		"curve before group":    {[]lds.PACEInfo{paceOf(1, 4, 2), gmInfo(2, 11)}, "ECDH-GM-AES-128 brainpoolP224r1", true},
		"group before weak":     {[]lds.PACEInfo{gmInfo(4, 8), paceOf(3, 2, 1)}, "DH-IM-AES-128 MODP-2048/224", true},
		"AES over 3DES":         {[]lds.PACEInfo{gmInfo(1, 12), gmInfo(2, 12)}, "ECDH-GM-AES-128 P-256", true},
		"3DES alone":            {[]lds.PACEInfo{gmInfo(1, 12)}, "ECDH-GM-3DES P-256", false},
		"unknown curve":         {[]lds.PACEInfo{gmInfo(2, 40), gmInfo(2, 10)}, "ECDH-GM-AES-128 P-224", true},
		"IM alone":              {[]lds.PACEInfo{im}, "ECDH-IM-AES-128 brainpoolP256r1", false},
		"IM on P-224":           {[]lds.PACEInfo{paceOf(4, 2, 10)}, "", false},
		"CAM with 3DES":         {[]lds.PACEInfo{paceOf(6, 1, 13)}, "", false},
		"CAM in a group":        {[]lds.PACEInfo{paceOf(5, 2, 0)}, "", false},
		"DH on a curve":         {[]lds.PACEInfo{paceOf(1, 2, 13)}, "", false},
		"ECDH in a group":       {[]lds.PACEInfo{gmInfo(2, 1)}, "", false},
		"reserved parameters":   {[]lds.PACEInfo{gmInfo(2, 7), gmInfo(2, 19), paceOf(1, 2, 3), gmInfo(2, 31)}, "", false},
		"old version":           {[]lds.PACEInfo{old}, "", false},
		"no parameters":         {[]lds.PACEInfo{gmInfo(2, lds.NoID)}, "", false},
		"bad algorithm":         {[]lds.PACEInfo{gmInfo(9, 13), gmInfo(0, 13), paceOf(7, 2, 13), paceOf(0, 2, 13)}, "", false},
		"nothing at all":        {nil, "", false},
	} {
		v, err := choosePACE(announced(c.infos...), 65535)
		switch {
		case c.want == "" && !errors.Is(err, errUnsupportedPACE):
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err != nil || v.name != c.want || v.state != c.state):
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
	if v, err := choosePACE(announced(paceOf(1, 4, 2), gmInfo(1, 8)), 255); err != nil || v.name != "ECDH-GM-3DES P-192" {
		t.Errorf("short reader: %v, %v", v, err)
	}
	if v, err := choosePACE(announced(paceOf(1, 4, 2)), 255); err != nil || v.name != "DH-GM-AES-256 MODP-2048/256" {
		t.Errorf("short reader with a large group alone: %v, %v", v, err)
	}
}

// Domain parameters written out are taken when they are those of a standardised curve or group, whatever their number.
func TestExplicitDomain(t *testing.T) {
	ecKey := asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	dhKey := asn1.ObjectIdentifier{1, 2, 840, 10046, 2, 1}
	numbered := asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 2}
	alg := func(id asn1.ObjectIdentifier, params []byte) []byte {
		return tlv.Encode(tlv.Sequence, tlv.EncodeOID(id), params)
	}
	c, err := ec.ByID(13)
	if err != nil {
		t.Fatal(err)
	}
	g, err := dh.ByID(0)
	if err != nil {
		t.Fatal(err)
	}
	group := func(p, gen, q *big.Int) []byte {
		return tlv.Encode(tlv.Sequence, tlv.EncodeInt(p), tlv.EncodeInt(gen), tlv.EncodeInt(q))
	}
	gm, dhgm := lds.OIDPACEECDHGM, append(append(asn1.ObjectIdentifier{}, lds.OIDPACE...), 1)
	for name, x := range map[string]struct {
		info   lds.PACEInfo
		domain lds.PACEDomainParameterInfo
		want   string
	}{
		"explicit curve":    {gmInfo(2, 64), lds.PACEDomainParameterInfo{Protocol: gm, Algorithm: alg(ecKey, lds.MarshalCurve(c)), ParameterID: 64}, "ECDH-GM-AES-128 brainpoolP256r1"},
		"named curve":       {gmInfo(2, 64), lds.PACEDomainParameterInfo{Protocol: gm, Algorithm: alg(ecKey, tlv.EncodeOID(c.OID)), ParameterID: 64}, "ECDH-GM-AES-128 brainpoolP256r1"},
		"number":            {gmInfo(2, 64), lds.PACEDomainParameterInfo{Protocol: gm, Algorithm: alg(numbered, tlv.AppendInt(nil, 12)), ParameterID: 64}, "ECDH-GM-AES-128 P-256"},
		"without a number":  {gmInfo(2, lds.NoID), lds.PACEDomainParameterInfo{Protocol: gm, Algorithm: alg(ecKey, lds.MarshalCurve(c)), ParameterID: lds.NoID}, "ECDH-GM-AES-128 brainpoolP256r1"},
		"group":             {paceOf(1, 2, 70), lds.PACEDomainParameterInfo{Protocol: dhgm, Algorithm: alg(dhKey, group(g.P, g.G, g.Q)), ParameterID: 70}, "DH-GM-AES-128 MODP-1024/160"},
		"other group":       {paceOf(1, 2, 70), lds.PACEDomainParameterInfo{Protocol: dhgm, Algorithm: alg(dhKey, group(g.P, big.NewInt(2), g.Q)), ParameterID: 70}, ""},
		"group cut":         {paceOf(1, 2, 70), lds.PACEDomainParameterInfo{Protocol: dhgm, Algorithm: alg(dhKey, tlv.Encode(tlv.Sequence, tlv.EncodeInt(g.P))), ParameterID: 70}, ""},
		"curve for a group": {paceOf(1, 2, 70), lds.PACEDomainParameterInfo{Protocol: dhgm, Algorithm: alg(ecKey, lds.MarshalCurve(c)), ParameterID: 70}, ""},
		"other number":      {gmInfo(2, 64), lds.PACEDomainParameterInfo{Protocol: gm, Algorithm: alg(ecKey, lds.MarshalCurve(c)), ParameterID: 65}, ""},
		"other protocol":    {gmInfo(2, 64), lds.PACEDomainParameterInfo{Protocol: dhgm, Algorithm: alg(ecKey, lds.MarshalCurve(c)), ParameterID: 64}, ""},
		"no structure":      {gmInfo(2, 64), lds.PACEDomainParameterInfo{Protocol: gm, Algorithm: []byte{0x30, 0}, ParameterID: 64}, ""},
		"standard wins":     {gmInfo(2, 12), lds.PACEDomainParameterInfo{Protocol: gm, Algorithm: alg(ecKey, lds.MarshalCurve(c)), ParameterID: 12}, "ECDH-GM-AES-128 P-256"},
	} {
		v, err := choosePACE(&lds.SecurityInfos{PACE: []lds.PACEInfo{x.info}, PACEDomain: []lds.PACEDomainParameterInfo{x.domain}}, 65535)
		switch {
		case x.want == "" && !errors.Is(err, errUnsupportedPACE):
			t.Errorf("%s: %v", name, err)
		case x.want != "" && (err != nil || v.name != x.want):
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

func replaceStep(n int, b []byte) func(int, []byte) []byte {
	return func(step int, answer []byte) []byte {
		if step == n {
			return b
		}
		return answer
	}
}

// What a chip may answer wrongly, by step (TR-03105-5.1 ISO7816_G_08 to G_26, G_35).
func TestPACERefuses(t *testing.T) {
	curve, err := ec.ByID(13)
	if err != nil {
		t.Fatal(err)
	}
	point := curve.Marshal(curve.Generator())
	off := bytes.Clone(point)
	off[64] ^= 1
	ok := []byte{0x90, 0}
	with := func(tag tlv.Tag, v []byte) []byte { return append(dynamic(tag, v), ok...) }
	for name, c := range map[string]struct {
		change func(int, []byte) []byte
		code   kiosk.Code
	}{
		"MSE refused":            {replaceStep(0, []byte{0x6A, 0x80}), ""}, // errRefusedPACE, for the caller to judge
		"nonce refused":          {replaceStep(1, []byte{0x69, 0x85}), kiosk.CodeCardProtocol},
		"nonce under 90":         {replaceStep(1, with(0x90, make([]byte, 16))), kiosk.CodeCardProtocol},
		"nonce of 15 bytes":      {replaceStep(1, with(0x80, make([]byte, 15))), kiosk.CodeCardProtocol},
		"nonce of 48 bytes":      {replaceStep(1, with(0x80, make([]byte, 48))), kiosk.CodeCardProtocol},
		"no nonce":               {replaceStep(1, ok), kiosk.CodeCardProtocol},
		"other nonce":            {replaceStep(1, with(0x80, make([]byte, 16))), kiosk.CodeCardWrongKey},
		"mapping refused":        {replaceStep(2, []byte{0x63, 0x00}), kiosk.CodeCardProtocol},
		"mapping under 92":       {replaceStep(2, with(0x92, point)), kiosk.CodeCardProtocol},
		"mapping off the curve":  {replaceStep(2, with(0x82, off)), kiosk.CodeCardProtocol},
		"mapping with infinity":  {replaceStep(2, with(0x82, []byte{0})), kiosk.CodeCardProtocol},
		"mapping with zeros":     {replaceStep(2, with(0x82, append([]byte{4}, make([]byte, 64)...))), kiosk.CodeCardProtocol},
		"other mapping":          {replaceStep(2, with(0x82, point)), kiosk.CodeCardWrongKey},
		"key refused":            {replaceStep(3, []byte{0x6A, 0x80}), kiosk.CodeCardProtocol},
		"key under 94":           {replaceStep(3, with(0x94, point)), kiosk.CodeCardProtocol},
		"key off the curve":      {replaceStep(3, with(0x84, off)), kiosk.CodeCardProtocol},
		"token refused 6300":     {replaceStep(4, []byte{0x63, 0x00}), kiosk.CodeCardWrongKey},
		"token refused 63C2":     {replaceStep(4, []byte{0x63, 0xC2}), kiosk.CodeCardWrongKey},
		"token refused 6982":     {replaceStep(4, []byte{0x69, 0x82}), kiosk.CodeCardWrongKey},
		"token refused 6F00":     {replaceStep(4, []byte{0x6F, 0x00}), kiosk.CodeCardProtocol},
		"token under 96":         {replaceStep(4, with(0x96, make([]byte, 8))), kiosk.CodeCardProtocol},
		"other token":            {replaceStep(4, with(0x86, make([]byte, 8))), kiosk.CodeCardWrongKey},
		"token cut":              {replaceStep(4, with(0x86, nil)), kiosk.CodeCardWrongKey},
		"token missing":          {replaceStep(4, ok), kiosk.CodeCardProtocol},
		"answer of one byte":     {replaceStep(2, []byte{0x90}), kiosk.CodeCardProtocol},
		"answer with a hole":     {replaceStep(2, append([]byte{0x7C, 0x82, 0xFF, 0xFF}, ok...)), kiosk.CodeCardProtocol},
		"nothing wrong":          {nil, "none"},
		"extra object 8A":        {addObject, "none"},
		"warning of tries 63C2":  {replaceStep(0, []byte{0x63, 0xC2}), "none"},
		"no tries left 63C0":     {replaceStep(0, []byte{0x63, 0xC0}), kiosk.CodeCardWrongKey},
		"key blocked 6983":       {replaceStep(0, []byte{0x69, 0x83}), kiosk.CodeCardWrongKey},
		"nonce refused, blocked": {replaceStep(1, []byte{0x69, 0x83}), kiosk.CodeCardWrongKey},
		"one try left 63C1":      {replaceStep(4, []byte{0x63, 0xC1}), kiosk.CodeCardWrongKey},
		"token refused 63C0":     {replaceStep(4, []byte{0x63, 0xC0}), kiosk.CodeCardWrongKey},
		"token refused 6983":     {replaceStep(4, []byte{0x69, 0x83}), kiosk.CodeCardWrongKey},
		"password of other seed": {nil, kiosk.CodeCardWrongKey},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := variantOf(gmInfo(2, 13))
			if err != nil {
				t.Fatal(err)
			}
			pw := testPassword()
			chip := newPACEChip(t, v)
			chip.change = c.change
			if name == "password of other seed" {
				pw.seed = []byte("543210")
			}
			ch := &channel{card: chip}
			_, err = pace(context.Background(), ch, v, pw, rand.Reader)
			switch {
			case c.code == "none" && (err != nil || ch.sm == nil):
				t.Fatal(err)
			case c.code == "none":
			case ch.sm != nil:
				t.Fatal("secure messaging after a failed run")
			case c.code == "" && !errors.Is(err, errRefusedPACE), c.code != "" && kiosk.CodeOf(err) != c.code:
				t.Fatalf("got %v, want %q", err, c.code)
			}
		})
	}
}

// addObject adds DO8A to the last answer, as PACE-CAM chips do; with generic mapping it is ignored.
func addObject(step int, answer []byte) []byte {
	if step != 4 {
		return answer
	}
	body := answer[2 : len(answer)-2]
	return append(tlv.Encode(0x7C, body, tlv.Encode(0x8A, []byte{1, 2, 3})), 0x90, 0)
}

// Chips differ in when they want the domain parameters stated: one that finds fault with the data is asked once more.
func TestPACEStatesParameters(t *testing.T) {
	stated := func(cmd []byte) bool { return bytes.Contains(cmd, []byte{0x84, 1, 13}) }
	for name, c := range map[string]struct {
		infos []lds.PACEInfo
		sw    apdu.Status // for a command that is not as the chip wants it
		wants bool
		tries int
		ok    bool
	}{
		"one, not stated":            {[]lds.PACEInfo{gmInfo(2, 13)}, 0x6A80, false, 1, true},
		"one, wanted 6A80":           {[]lds.PACEInfo{gmInfo(2, 13)}, 0x6A80, true, 2, true},
		"one, wanted 6A87":           {[]lds.PACEInfo{gmInfo(2, 13)}, 0x6A87, true, 2, true},
		"one, wanted 6A88":           {[]lds.PACEInfo{gmInfo(2, 13)}, 0x6A88, true, 2, true},
		"one, other status":          {[]lds.PACEInfo{gmInfo(2, 13)}, 0x6985, true, 1, false},
		"two, stated":                {[]lds.PACEInfo{gmInfo(2, 13), gmInfo(2, 8)}, 0x6A80, true, 1, true},
		"two, refused":               {[]lds.PACEInfo{gmInfo(2, 13), gmInfo(2, 8)}, 0x6A80, false, 1, false},
		"two of one set, not stated": {[]lds.PACEInfo{gmInfo(2, 13), gmInfo(1, 13)}, 0x6A80, false, 2, true},
	} {
		v, err := choosePACE(announced(c.infos...), 255)
		if err != nil {
			t.Fatal(err)
		}
		chip, tries := newPACEChip(t, v), 0
		card := &handler{answer: func(cmd []byte) ([]byte, error) {
			if cmd[1] == 0x22 {
				if tries++; stated(cmd) != c.wants {
					return []byte{byte(c.sw >> 8), byte(c.sw)}, nil
				}
			}
			return chip.Transmit(context.Background(), cmd)
		}}
		_, err = pace(context.Background(), &channel{card: card}, v, testPassword(), rand.Reader)
		if tries != c.tries || (err == nil) != c.ok || err != nil && !errors.Is(err, errRefusedPACE) {
			t.Errorf("%s: %d tries, %v", name, tries, err)
		}
	}
}

// A blocked key has a hint of its own, and so has the last try.
func TestPACEBlockedHint(t *testing.T) {
	for name, change := range map[string]func(int, []byte) []byte{
		"at the start": replaceStep(0, []byte{0x63, 0xC0}), "nonce": replaceStep(1, []byte{0x69, 0x83}),
		"at the end": replaceStep(4, []byte{0x63, 0xC0}), "last try": replaceStep(4, []byte{0x63, 0xC1}),
	} {
		v, err := variantOf(gmInfo(2, 13))
		if err != nil {
			t.Fatal(err)
		}
		chip := newPACEChip(t, v)
		chip.change = change
		_, err = pace(context.Background(), &channel{card: chip}, v, testPassword(), rand.Reader)
		var k *kiosk.Error
		if !errors.As(err, &k) || k.Code != kiosk.CodeCardWrongKey || k.Hint == hintKey || k.Hint == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Integrated mapping: the chip's object is empty, and the nonce has the length of the cipher.
func TestPACEIntegratedRefuses(t *testing.T) {
	with := func(tag tlv.Tag, v []byte) []byte { return append(dynamic(tag, v), 0x90, 0) }
	for _, arc := range []int{3, 4} {
		id := map[int]int{3: 0, 4: 13}[arc]
		for name, c := range map[string]struct {
			alg    int
			change func(int, []byte) []byte
			code   kiosk.Code
		}{
			"mapping refused 6300":     {2, replaceStep(2, []byte{0x63, 0}), kiosk.CodeCardProtocol},
			"mapping refused 6A80":     {2, replaceStep(2, []byte{0x6A, 0x80}), kiosk.CodeCardProtocol},
			"mapping data not empty":   {2, replaceStep(2, with(0x82, []byte{1})), kiosk.CodeCardProtocol},
			"mapping under 92":         {2, replaceStep(2, with(0x92, nil)), kiosk.CodeCardProtocol},
			"no mapping object":        {2, replaceStep(2, []byte{0x7C, 0, 0x90, 0}), kiosk.CodeCardProtocol},
			"nonce too long":           {2, replaceStep(1, with(0x80, make([]byte, 32))), kiosk.CodeCardProtocol},
			"nonce too short, AES-192": {3, replaceStep(1, with(0x80, make([]byte, 16))), kiosk.CodeCardProtocol},
			"other nonce":              {4, replaceStep(1, with(0x80, make([]byte, 32))), kiosk.CodeCardWrongKey},
		} {
			v, err := variantOf(paceOf(arc, c.alg, id))
			if err != nil {
				t.Fatal(err)
			}
			chip := newPACEChip(t, v)
			chip.change = c.change
			ch := &channel{card: chip}
			if _, err := pace(context.Background(), ch, v, testPassword(), rand.Reader); kiosk.CodeOf(err) != c.code || ch.sm != nil {
				t.Errorf("%s, %s: %v", v.name, name, err)
			}
		}
	}
}

// Keys in a group modulo a prime: elements outside the subgroup are refused in both steps (ISO7816_G_17, G_22).
func TestPACEGroupElements(t *testing.T) {
	for id := range 3 {
		v, err := variantOf(paceOf(1, 2, id))
		if err != nil {
			t.Fatal(err)
		}
		g := v.group.(dhGroup)
		last := new(big.Int).Sub(g.P, big.NewInt(1))
		for _, y := range []*big.Int{new(big.Int), big.NewInt(1), last, g.P, big.NewInt(2), new(big.Int).Sub(g.P, g.G)} {
			key := y.FillBytes(make([]byte, g.Size()))
			for step, tag := range map[int]tlv.Tag{2: 0x82, 3: 0x84} {
				chip := newPACEChip(t, v)
				chip.change = replaceStep(step, append(dynamic(tag, key), 0x90, 0))
				if _, err := pace(context.Background(), &channel{card: chip}, v, testPassword(), rand.Reader); kiosk.CodeOf(err) != kiosk.CodeCardProtocol {
					t.Errorf("%s, step %d, %d-bit element: %v", v.name, step, y.BitLen(), err)
				}
			}
		}
		short := newPACEChip(t, v)
		short.change = replaceStep(2, append(dynamic(0x82, g.Generator().Bytes()[1:]), 0x90, 0))
		if _, err := pace(context.Background(), &channel{card: short}, v, testPassword(), rand.Reader); kiosk.CodeOf(err) != kiosk.CodeCardProtocol {
			t.Errorf("%s, short element: %v", v.name, err)
		}
	}
}

// A chip that sends our own public key back is refused (Doc 9303-11 §4.4.3.1; ISO7816_G_23).
func TestPACEReflection(t *testing.T) {
	for _, step := range []int{2, 3} {
		v, err := variantOf(gmInfo(2, 13))
		if err != nil {
			t.Fatal(err)
		}
		chip := newPACEChip(t, v)
		mirror := &handler{}
		mirror.answer = func(cmd []byte) ([]byte, error) {
			if chip.step == step {
				o, err := tlv.ReadOne(cmd[5:len(cmd)-1], 0x7C)
				if err != nil {
					return nil, err
				}
				key := bytes.Clone(o.Value)
				key[0]++ // 81 becomes 82, 83 becomes 84
				return append(tlv.Encode(0x7C, key), 0x90, 0), nil
			}
			return chip.Transmit(context.Background(), cmd)
		}
		ch := &channel{card: mirror}
		if _, err := pace(context.Background(), ch, v, testPassword(), rand.Reader); kiosk.CodeOf(err) != kiosk.CodeCardProtocol {
			t.Errorf("reflected key at step %d: %v", step, err)
		}
	}
}

// The lost card keeps its code at every step: it is not the chip's fault.
func TestPACECardLost(t *testing.T) {
	for step := range 5 {
		v, err := variantOf(gmInfo(2, 13))
		if err != nil {
			t.Fatal(err)
		}
		chip := newPACEChip(t, v)
		card := &handler{answer: func(cmd []byte) ([]byte, error) {
			if chip.step == step {
				return nil, fmt.Errorf("transmit: %w", apdu.ErrCardLost)
			}
			return chip.Transmit(context.Background(), cmd)
		}}
		if _, err := pace(context.Background(), &channel{card: card}, v, testPassword(), rand.Reader); kiosk.CodeOf(err) != kiosk.CodeCardLost {
			t.Errorf("card lost at step %d: %v", step, err)
		}
	}
}

// BenchmarkPACETerminal is the terminal's whole share of PACE: the chip's answers are those of the worked example.
func BenchmarkPACETerminal(b *testing.B) {
	keys, pw, v := unhex(b, exampleKeys), examplePassword(b), exampleVariant(b)
	for b.Loop() {
		s := &script{t: b, pairs: exampleG1}
		if _, err := pace(context.Background(), &channel{card: s.card()}, v, pw, bytes.NewReader(keys)); err != nil {
			b.Fatal(err)
		}
	}
}
