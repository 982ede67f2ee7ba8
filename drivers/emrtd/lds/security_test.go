package lds

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"testing"

	"motcua/drivers/emrtd/dh"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// cccdCardAccess is EF.CardAccess as public Vietnamese apps know it.
const cccdCardAccess = "3134300D060804007F0007020202020101300F060A04007F000702020302020201013012060A04007F0007020204020202010202010D"

func TestCCCDCardAccess(t *testing.T) {
	raw, err := hex.DecodeString(cccdCardAccess)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseSecurityInfos(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.All) != 3 || len(s.Unknown) != 0 || len(s.PACE) != 1 || len(s.ChipAuth) != 1 || len(s.TerminalAuth) != 1 {
		t.Fatalf("got %+v", s)
	}
	if p := s.PACE[0]; !p.Protocol.Equal(OIDPACEGMAES) || p.Version != 2 || p.ParameterID != 13 {
		t.Errorf("pace: %+v", p)
	}
	if c := s.ChipAuth[0]; !c.Protocol.Equal(OIDCAECDHAES) || c.Version != 1 || c.KeyID != NoID {
		t.Errorf("chip authentication: %+v", c)
	}
	built := MarshalSecurityInfos(MarshalInfo(OIDPACEGMAES, 2, 13), MarshalInfo(OIDCAECDHAES, 1, NoID), MarshalInfo(OIDTA, 1, NoID))
	if !bytes.Equal(built, raw) {
		t.Errorf("built %X", built)
	}
}

func TestRealDG14(t *testing.T) {
	dir := sharedDir(t, "security-objects")
	for name, want := range map[string]struct{ pace, ca, keys, id int }{"AT": {1, 1, 1, NoID}, "DE": {2, 1, 1, 0xC3}} {
		s, err := ParseDG14(readFile(t, dir, name+"_DG14.bin"))
		if err != nil {
			t.Fatal(err)
		}
		if len(s.PACE) != want.pace || len(s.ChipAuth) != want.ca || len(s.ChipAuthKeys) != want.keys || len(s.Unknown) != 0 ||
			s.ChipAuth[0].KeyID != want.id || s.ChipAuthKeys[0].KeyID != want.id {
			t.Errorf("%s: %+v", name, s)
		}
		if k := s.ChipAuthKeys[0].Key; k.String() != "EC brainpoolP256r1" || !k.EC.Curve().IsOnCurve(k.EC) {
			t.Errorf("%s: key %v", name, k)
		}
	}
	s, err := ParseDG14(readFile(t, sharedDir(t, "specimens"), "bsi2008/Datagroup14.bin"))
	if err != nil || len(s.ChipAuthKeys) != 1 || s.ChipAuthKeys[0].Key.String() != "EC brainpoolP224r1" {
		t.Errorf("specimen: %+v, %v", s, err)
	}
}

func TestRealDG15(t *testing.T) {
	for dir, files := range map[string][]string{
		"security-objects": {"NZ_DG15.bin"}, "specimens": {"loes2006/ef010F.bin"},
	} {
		for _, f := range files {
			raw := readFile(t, sharedDir(t, dir), f)
			k, err := ParseDG15(raw)
			if err != nil || k.RSA == nil || k.RSA.N.BitLen() < 1024 {
				t.Errorf("%s: %v, %v", f, k, err)
				continue
			}
			if !bytes.Equal(MarshalDG15(MarshalRSAKey(k.RSA)), raw) && f == "NZ_DG15.bin" {
				t.Errorf("%s is not built alike", f)
			}
		}
	}
}

// TestRealDG15Negative reads a specimen whose modulus lacks the zero byte before it.
func TestRealDG15Negative(t *testing.T) {
	k, err := ParseDG15(readFile(t, sharedDir(t, "specimens"), "bsi2008/Datagroup15.bin"))
	if err != nil || k.RSA == nil || k.RSA.N.BitLen() != 1024 || k.RSA.N.Sign() < 0 {
		t.Errorf("%v, %v", k, err)
	}
}

func TestECKeys(t *testing.T) {
	for _, c := range ec.Curves() {
		k, err := c.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for _, explicit := range []bool{false, true} {
			got, err := ParsePublicKey(MarshalECKey(k.Public, explicit))
			if err != nil || !got.EC.Equal(k.Public) || got.EC.Curve() != c {
				t.Errorf("%s, explicit %v: %v, %v", c, explicit, got, err)
			}
		}
		if got, err := ParseDG15(MarshalDG15(MarshalECKey(k.Public, true))); err != nil || !got.EC.Equal(k.Public) {
			t.Errorf("%s in DG15: %v, %v", c, got, err)
		}
		if c.ID == 0 {
			continue
		}
		standard := tlv.Encode(tlv.Sequence,
			tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidStandardised), tlv.AppendInt(nil, c.ID)), tlv.EncodeBits(c.Marshal(k.Public)))
		if got, err := ParsePublicKey(standard); err != nil || !got.EC.Equal(k.Public) {
			t.Errorf("%s by id: %v, %v", c, got, err)
		}
	}
}

// TestExplicitCurveForged is CVE-2020-0601: the curve's own numbers with another base point.
func TestExplicitCurveForged(t *testing.T) {
	c, err := ec.ByName("P-256")
	if err != nil {
		t.Fatal(err)
	}
	k, err := c.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := MarshalECKey(k.Public, true)
	g, p := c.Marshal(c.Generator()), c.Marshal(k.Public)
	forged := bytes.Replace(good, g, p, 1)
	if bytes.Equal(good, forged) {
		t.Fatal("nothing was replaced")
	}
	if _, err := ParsePublicKey(forged); !errors.Is(err, ec.ErrUnknownCurve) {
		t.Errorf("got %v", err)
	}
	off := bytes.Clone(good)
	off[len(off)-1] ^= 1
	if _, err := ParsePublicKey(off); !errors.Is(err, ec.ErrNotOnCurve) {
		t.Errorf("point off the curve: %v", err)
	}
}

func TestCompressedGenerator(t *testing.T) {
	c, err := ec.ByName("brainpoolP256r1")
	if err != nil {
		t.Fatal(err)
	}
	full := c.Marshal(c.Generator())
	sign := byte(2) + full[len(full)-1]&1
	params := MarshalCurve(c)
	list, err := sequence(params, 6, 6)
	if err != nil {
		t.Fatal(err)
	}
	short := tlv.Encode(tlv.Sequence, list[0].Raw, list[1].Raw, list[2].Raw,
		tlv.Encode(tlv.OctetString, []byte{sign}, full[1:1+c.Size()]), list[4].Raw)
	if got, err := ParseCurve(short); err != nil || got != c {
		t.Errorf("got %v, %v", got, err)
	}
	wrong := tlv.Encode(tlv.Sequence, list[0].Raw, list[1].Raw, list[2].Raw,
		tlv.Encode(tlv.OctetString, []byte{sign ^ 1}, full[1:1+c.Size()]), list[4].Raw)
	if _, err := ParseCurve(wrong); err == nil {
		t.Error("the other point is accepted")
	}
}

func TestRSAKeys(t *testing.T) {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParsePublicKey(MarshalRSAKey(&k.PublicKey))
	if err != nil || !got.RSA.Equal(&k.PublicKey) || got.String() != "RSA 2048" {
		t.Errorf("got %v, %v", got, err)
	}
	for name, bad := range map[string]*rsa.PublicKey{
		"small": {N: new(big.Int).Lsh(big.NewInt(1), 800), E: 65537}, "even": {N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 65537},
		"exponent 1": {N: k.N, E: 1}, "exponent even": {N: k.N, E: 4},
		"huge": {N: new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), maxModulus), big.NewInt(1)), E: 3},
	} {
		if _, err := ParsePublicKey(MarshalRSAKey(bad)); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDHKeys(t *testing.T) {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 1536), big.NewInt(1))
	key := func(id asn1.ObjectIdentifier, y *big.Int, params ...[]byte) []byte {
		return tlv.Encode(tlv.Sequence,
			tlv.Encode(tlv.Sequence, tlv.EncodeOID(id), tlv.Encode(tlv.Sequence, params...)), tlv.EncodeBits(tlv.EncodeInt(y)))
	}
	two, q := big.NewInt(2), big.NewInt(12345)
	k, err := ParsePublicKey(key(oidDH, big.NewInt(77), tlv.EncodeInt(p), tlv.EncodeInt(two), tlv.EncodeInt(q)))
	if err != nil || k.DH.Q.Cmp(q) != 0 || k.String() != "DH 1536" {
		t.Errorf("x9.42: %v, %v", k, err)
	}
	k, err = ParsePublicKey(key(oidDHPKCS3, big.NewInt(77), tlv.EncodeInt(p), tlv.EncodeInt(two)))
	if err != nil || k.DH.Q != nil || k.DH.Y.Int64() != 77 {
		t.Errorf("pkcs #3: %v, %v", k, err)
	}
	for _, y := range []*big.Int{big.NewInt(0), big.NewInt(1), p, new(big.Int).Sub(p, big.NewInt(1))} {
		if _, err := ParsePublicKey(key(oidDHPKCS3, y, tlv.EncodeInt(p), tlv.EncodeInt(two))); err == nil {
			t.Error("a key of a small group is accepted")
		}
	}
}

// testKeyInfo gives a key for chip authentication.
func testKeyInfo(t *testing.T) []byte {
	t.Helper()
	c, err := ec.ByName("brainpoolP256r1")
	if err != nil {
		t.Fatal(err)
	}
	return MarshalKeyInfo(OIDPKECDH, MarshalECKey(c.Generator(), true), NoID)
}

func TestKeysOfOtherKinds(t *testing.T) {
	dsa := tlv.Encode(tlv.Sequence, tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidDSA)), tlv.EncodeBits(tlv.EncodeInt(big.NewInt(7))))
	if _, err := ParseDG15(MarshalDG15(dsa)); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "dsa") {
		t.Errorf("dsa: %v", err)
	}
	n := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(3), 2046), big.NewInt(1))
	k, err := ParsePublicKey(MarshalRSAKey(&rsa.PublicKey{N: n, E: 1<<40 + 1}))
	if err != nil || k.RSA.E != 1<<40+1 {
		t.Errorf("large exponent: %v, %v", k, err)
	}
	pss := tlv.Encode(tlv.Sequence, tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidRSAPSS)),
		tlv.EncodeBits(tlv.Encode(tlv.Sequence, tlv.EncodeInt(n), tlv.AppendInt(nil, 65537))))
	if k, err := ParsePublicKey(pss); err != nil || !k.PSSOnly {
		t.Errorf("rsassa-pss: %v, %v", k, err)
	}
}

// TestSeveralKeys keeps every key with its reference.
func TestSeveralKeys(t *testing.T) {
	one := MarshalKeyInfo(OIDPKECDH, MarshalECKey(ec.Curves()[0].Generator(), false), 1)
	two := MarshalKeyInfo(OIDPKECDH, MarshalECKey(ec.Curves()[1].Generator(), true), 2)
	s, err := ParseDG14(MarshalDG14(MarshalInfo(OIDCAECDHAES, 1, 1), MarshalInfo(OIDCAECDHAES, 1, 2), one, two))
	if err != nil || len(s.ChipAuth) != 2 || len(s.ChipAuthKeys) != 2 || len(s.Unknown) != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	if ids := [2]int{s.ChipAuthKeys[0].KeyID, s.ChipAuthKeys[1].KeyID}; ids != [2]int{1, 2} && ids != [2]int{2, 1} {
		t.Errorf("key references %v", ids)
	}
}

// TestStandardisedDH reads keys in the groups that have a number (TR-03110-3 table 4).
func TestStandardisedDH(t *testing.T) {
	for id := range 3 {
		g, err := dh.ByID(id)
		if err != nil {
			t.Fatal(err)
		}
		spki := func(y *big.Int) []byte {
			return tlv.Encode(tlv.Sequence,
				tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidStandardised), tlv.AppendInt(nil, id)), tlv.EncodeBits(tlv.EncodeInt(y)))
		}
		k, err := ParsePublicKey(spki(g.G))
		if err != nil || k.DH == nil || k.DH.P.Cmp(g.P) != 0 || k.DH.Q.Cmp(g.Q) != 0 || k.DH.Y.Cmp(g.G) != 0 {
			t.Errorf("group %d: %v, %v", id, k, err)
		}
		if _, err := ParsePublicKey(spki(g.P)); err == nil {
			t.Errorf("group %d: a value outside is accepted", id)
		}
	}
}

func TestSecurityInfosKeepTheUnknown(t *testing.T) {
	c, _ := ec.ByName("P-256")
	k, err := c.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	info := func(id asn1.ObjectIdentifier, args ...[]byte) []byte {
		return tlv.Encode(tlv.Sequence, append([][]byte{tlv.EncodeOID(id)}, args...)...)
	}
	plain := asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 3}
	raw := MarshalDG14(
		info(asn1.ObjectIdentifier{1, 2, 3}, tlv.AppendInt(nil, 1)), info(asn1.ObjectIdentifier{1, 2, 4}),
		info(OIDPACEGMAES, utf8s("x")), MarshalKeyInfo(OIDPKECDH, MarshalECKey(k.Public, true), 7), MarshalAAInfo(plain),
		info(OIDPACEECDHGM, tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidStandardised), tlv.AppendInt(nil, 13)), tlv.AppendInt(nil, 13)),
		MarshalKeyInfo(OIDPKECDH, tlv.Encode(tlv.Sequence), NoID))
	s, err := ParseDG14(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.All) != 7 || len(s.Unknown) != 4 || len(s.ChipAuthKeys) != 1 || s.ChipAuthKeys[0].KeyID != 7 ||
		len(s.ActiveAuth) != 1 || !s.ActiveAuth[0].Algorithm.Equal(plain) || len(s.PACEDomain) != 1 || s.PACEDomain[0].ParameterID != 13 {
		t.Errorf("got %+v", s)
	}
}

func TestSecurityInfosRefuse(t *testing.T) {
	many := strings.Repeat("3003060100", maxInfos+1)
	for _, in := range []string{"", "3000", "310130", "31023000", "3105300302010" + "1", "3182" + "014A"[:4] + many} {
		b, err := hex.DecodeString(in)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseSecurityInfos(b); err == nil {
			t.Errorf("%.20s accepted", in)
		}
	}
}

func FuzzSecurityInfos(f *testing.F) {
	b, _ := hex.DecodeString(cccdCardAccess)
	f.Add(b)
	c, _ := ec.ByName("brainpoolP224r1")
	f.Add(MarshalSecurityInfos(MarshalKeyInfo(OIDPKECDH, MarshalECKey(c.Generator(), true), 1), MarshalAAInfo(OIDAA)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := ParseSecurityInfos(raw)
		if err != nil {
			return
		}
		n := len(s.PACE) + len(s.PACEDomain) + len(s.ChipAuth) + len(s.ChipAuthKeys) + len(s.ChipDomain) + len(s.TerminalAuth) + len(s.ActiveAuth) + len(s.Unknown)
		if n != len(s.All) {
			t.Fatalf("%d entries, %d sorted", len(s.All), n)
		}
	})
}

func FuzzPublicKey(f *testing.F) {
	c, _ := ec.ByName("P-256")
	f.Add(MarshalECKey(c.Generator(), true))
	f.Add(MarshalECKey(c.Generator(), false))
	f.Fuzz(func(t *testing.T, raw []byte) {
		k, err := ParsePublicKey(raw)
		if err != nil {
			return
		}
		if k.EC == nil && k.RSA == nil && k.DH == nil || k.String() == "no key" {
			t.Fatal("accepted without a key")
		}
	})
}

func FuzzDG14(f *testing.F) {
	c, _ := ec.ByName("brainpoolP256r1")
	f.Add(MarshalDG14(MarshalInfo(OIDCAECDHAES, 1, NoID), MarshalKeyInfo(OIDPKECDH, MarshalECKey(c.Generator(), true), NoID), MarshalInfo(OIDPACEGMAES, 2, 13)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		found := Inspect(map[kiosk.FileID][]byte{kiosk.FileDG14: raw})
		_, err := ParseDG14(raw)
		if broken := len(found) > 0 && found[0].Grade == Broken; broken != (err != nil) {
			t.Fatalf("%v, but %v", err, found)
		}
	})
}

func FuzzDG15(f *testing.F) {
	c, _ := ec.ByName("P-256")
	f.Add(MarshalDG15(MarshalECKey(c.Generator(), false)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		Inspect(map[kiosk.FileID][]byte{kiosk.FileDG15: raw})
		if k, err := ParseDG15(raw); err == nil && k.String() == "no key" {
			t.Fatal("accepted without a key")
		}
	})
}

func FuzzCardSecurity(f *testing.F) {
	infos, _ := hex.DecodeString(cccdCardAccess)
	content := tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidSecurityObject), tlv.Encode(0xA0, tlv.Encode(tlv.OctetString, infos)))
	f.Add(tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidSignedData), tlv.Encode(0xA0,
		tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, 3), tlv.Encode(tlv.Set), content, tlv.Encode(tlv.Set)))))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, err := ParseCardSecurity(raw); err == nil && s == nil {
			t.Fatal("accepted without anything")
		}
	})
}
