package emrtd

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"fmt"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// paceChip is the chip's side of PACE for any curve and algorithm. change, when set, may spoil an answer before it is sent.
type paceChip struct {
	t      testing.TB
	oid    asn1.ObjectIdentifier
	alg    icao.Algorithm
	curve  *ec.Curve
	seed   []byte
	change func(step int, answer []byte) []byte

	step    int
	refused bool // the terminal's token is wrong
	nonce   []byte
	mapped  *ec.Curve
	peer    *ec.Point // terminal's ephemeral key
	own     *ec.PrivateKey
	sm      *secureMessaging
}

func (c *paceChip) Transmit(_ context.Context, raw []byte) ([]byte, error) {
	cmd, err := apdu.ParseCommand(raw)
	if err != nil {
		return nil, err
	}
	step := c.step
	c.step++
	out := append(c.answer(step, cmd), 0x90, 0)
	if c.refused {
		out = []byte{0x63, 0}
	}
	if c.change != nil {
		out = c.change(step, out)
	}
	return out, nil
}

func (c *paceChip) ATR() []byte      { return nil }
func (c *paceChip) MaxResponse() int { return 256 }
func (c *paceChip) MaxCommand() int  { return 255 }
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
		n := 16
		if c.alg == icao.AES192 || c.alg == icao.AES256 {
			n = 32
		}
		c.nonce = make([]byte, n)
		_, _ = rand.Read(c.nonce)
		block, err := c.alg.Block(icao.NonceKey(c.seed, c.alg))
		c.must(err)
		z := bytes.Clone(c.nonce)
		c.must(icao.EncryptCBC(block, nil, z))
		return dynamic(0x80, z)
	case 2:
		k, err := c.curve.GenerateKey(rand.Reader)
		c.must(err)
		peer, err := c.curve.Unmarshal(arg)
		c.must(err)
		h, err := k.ECDH(peer)
		c.must(err)
		c.mapped, err = c.curve.WithGenerator(c.curve.Add(h, c.curve.ScalarBaseMult(c.nonce)))
		c.must(err)
		return dynamic(0x82, c.curve.Marshal(k.Public))
	case 3:
		var err error
		c.own, err = c.mapped.GenerateKey(rand.Reader)
		c.must(err)
		c.peer, err = c.curve.Unmarshal(arg)
		c.must(err)
		return dynamic(0x84, c.curve.Marshal(c.own.Public))
	}
	return c.confirm(arg)
}

func dynamic(tag tlv.Tag, value []byte) []byte { return tlv.Encode(0x7C, tlv.Encode(tag, value)) }

func (c *paceChip) confirm(token []byte) []byte {
	z, err := c.own.ECDH(c.peer)
	c.must(err)
	mac, err := icao.NewMAC(c.alg, icao.KDF(z.X(), 2, c.alg))
	c.must(err)
	over := func(p *ec.Point) []byte {
		m, err := mac.Token(tlv.Encode(0x7F49, tlv.EncodeOID(c.oid), tlv.Encode(0x86, c.curve.Marshal(p))))
		c.must(err)
		return m
	}
	if !bytes.Equal(token, over(c.own.Public)) {
		c.refused = true
		return nil
	}
	c.sm, err = newSecureMessaging(c.alg, icao.KDF(z.X(), 1, c.alg), icao.KDF(z.X(), 2, c.alg), nil)
	c.must(err)
	return dynamic(0x86, over(c.peer))
}

func gmInfo(alg, id int) lds.PACEInfo {
	oid := append(append(asn1.ObjectIdentifier{}, lds.OIDPACEECDHGM...), alg)
	return lds.PACEInfo{Protocol: oid, Version: 2, ParameterID: id}
}

// Every combination of the table: four algorithms, eleven curves.
func TestPACEVariants(t *testing.T) {
	pw := &password{name: "CAN", reference: referenceCAN, seed: []byte("012345")}
	for arc, alg := range suites {
		for id := 8; id <= 18; id++ {
			info := gmInfo(arc, id)
			v, err := choosePACE([]lds.PACEInfo{info})
			if err != nil {
				t.Fatal(err)
			}
			chip := &paceChip{t: t, oid: info.Protocol, alg: alg, curve: v.curve, seed: pw.seed}
			ch := &channel{card: chip}
			if err := pace(context.Background(), ch, v, pw, rand.Reader); err != nil {
				t.Errorf("%s: %v", v.name, err)
				continue
			}
			if !sameSession(t, ch.sm, chip.sm) {
				t.Errorf("%s: the two sides have other keys", v.name)
			}
		}
	}
}

func TestChoosePACE(t *testing.T) {
	im, cam := gmInfo(2, 13), gmInfo(2, 13)
	im.Protocol = append(append(asn1.ObjectIdentifier{}, lds.OIDPACE...), 4, 2)
	cam.Protocol = append(append(asn1.ObjectIdentifier{}, lds.OIDPACE...), 6, 2)
	old := gmInfo(2, 13)
	old.Version = 1
	for name, c := range map[string]struct {
		infos []lds.PACEInfo
		want  string
		state bool
	}{
		"one":            {[]lds.PACEInfo{gmInfo(2, 13)}, "ECDH-GM-AES-128 brainpoolP256r1", false},
		"GM and CAM":     {[]lds.PACEInfo{gmInfo(2, 13), cam}, "ECDH-GM-AES-128 brainpoolP256r1", true},
		"IM first":       {[]lds.PACEInfo{im, gmInfo(4, 15)}, "ECDH-GM-AES-256 P-384", true},
		"AES over 3DES":  {[]lds.PACEInfo{gmInfo(1, 12), gmInfo(2, 12)}, "ECDH-GM-AES-128 P-256", true},
		"3DES alone":     {[]lds.PACEInfo{gmInfo(1, 12)}, "ECDH-GM-3DES P-256", false},
		"unknown curve":  {[]lds.PACEInfo{gmInfo(2, 40), gmInfo(2, 10)}, "ECDH-GM-AES-128 P-224", true},
		"IM alone":       {[]lds.PACEInfo{im}, "", false},
		"old version":    {[]lds.PACEInfo{old}, "", false},
		"no parameters":  {[]lds.PACEInfo{gmInfo(2, lds.NoID)}, "", false},
		"bad algorithm":  {[]lds.PACEInfo{gmInfo(9, 13)}, "", false},
		"nothing at all": {nil, "", false},
	} {
		v, err := choosePACE(c.infos)
		switch {
		case c.want == "" && !errors.Is(err, errUnsupportedPACE):
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err != nil || v.name != c.want || v.state != c.state):
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
		"no tries left 63C0":     {replaceStep(0, []byte{0x63, 0xC0}), ""},
		"password of other seed": {nil, kiosk.CodeCardWrongKey},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := variantOf(gmInfo(2, 13))
			if err != nil {
				t.Fatal(err)
			}
			pw := &password{name: "CAN", reference: referenceCAN, seed: []byte("012345")}
			chip := &paceChip{t: t, oid: v.oid, alg: v.alg, curve: v.curve, seed: []byte("012345"), change: c.change}
			if name == "password of other seed" {
				pw.seed = []byte("543210")
			}
			ch := &channel{card: chip}
			err = pace(context.Background(), ch, v, pw, rand.Reader)
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

// A chip that sends our own public key back is refused (Doc 9303-11 §4.4.3.1; ISO7816_G_23).
func TestPACEReflection(t *testing.T) {
	for _, step := range []int{2, 3} {
		v, err := variantOf(gmInfo(2, 13))
		if err != nil {
			t.Fatal(err)
		}
		chip := &paceChip{t: t, oid: v.oid, alg: v.alg, curve: v.curve, seed: []byte("012345")}
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
		pw := &password{reference: referenceCAN, seed: []byte("012345")}
		if err := pace(context.Background(), ch, v, pw, rand.Reader); kiosk.CodeOf(err) != kiosk.CodeCardProtocol {
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
		chip := &paceChip{t: t, oid: v.oid, alg: v.alg, curve: v.curve, seed: []byte("012345")}
		card := &handler{answer: func(cmd []byte) ([]byte, error) {
			if chip.step == step {
				return nil, fmt.Errorf("transmit: %w", apdu.ErrCardLost)
			}
			return chip.Transmit(context.Background(), cmd)
		}}
		pw := &password{reference: referenceCAN, seed: []byte("012345")}
		if err := pace(context.Background(), &channel{card: card}, v, pw, rand.Reader); kiosk.CodeOf(err) != kiosk.CodeCardLost {
			t.Errorf("card lost at step %d: %v", step, err)
		}
	}
}

// Thousands of runs with the mapping and key agreement of both sides: none may fail for a leading zero in any coordinate.
func TestPACEMappings(t *testing.T) {
	rounds := 1500
	if testing.Short() {
		rounds = 100
	}
	c, err := ec.ByID(13)
	if err != nil {
		t.Fatal(err)
	}
	zeros := 0
	for range rounds {
		nonce := make([]byte, 16)
		_, _ = rand.Read(nonce)
		z := agreeBothSides(t, c, nonce)
		if z[0] == 0 {
			zeros++
		}
	}
	t.Logf("%d of %d shared secrets begin with a zero byte", zeros, rounds)
}

// agreeBothSides gives the shared secret after checking that both sides have the same, through encodings as on the wire.
func agreeBothSides(t *testing.T, c *ec.Curve, nonce []byte) []byte {
	t.Helper()
	key := func(c *ec.Curve) *ec.PrivateKey {
		k, err := c.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	shared := func(k *ec.PrivateKey, peer *ec.Point) *ec.Point {
		p, err := c.Unmarshal(c.Marshal(peer))
		if err != nil {
			t.Fatal(err)
		}
		s, err := k.ECDH(p)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, b := key(c), key(c)
	mapped := func(h *ec.Point) *ec.Curve {
		m, err := c.WithGenerator(c.Add(c.ScalarBaseMult(nonce), h))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	x, y := key(mapped(shared(a, b.Public))), key(mapped(shared(b, a.Public)))
	zx, zy := shared(x, y.Public).X(), shared(y, x.Public).X()
	if len(zx) != 32 || !bytes.Equal(zx, zy) {
		t.Fatal("the two sides differ")
	}
	return zx
}

// BenchmarkPACETerminal is the terminal's whole share of PACE: the chip's answers are those of the worked example.
func BenchmarkPACETerminal(b *testing.B) {
	keys, pw, v := unhex(b, exampleKeys), examplePassword(b), exampleVariant(b)
	for b.Loop() {
		s := &script{t: b, pairs: exampleG1}
		if err := pace(context.Background(), &channel{card: s.card()}, v, pw, bytes.NewReader(keys)); err != nil {
			b.Fatal(err)
		}
	}
}
