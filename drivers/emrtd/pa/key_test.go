package pa

import (
	"crypto"
	"crypto/rand"
	"math/big"
	"testing"

	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
)

// TestKeysAgree verifies with package ec and with the standard library, whatever hash goes with whatever curve.
func TestKeysAgree(t *testing.T) {
	for _, c := range ec.Curves() {
		k, err := c.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		key, err := parseKey(lds.MarshalECKey(k.Public, true))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hashes {
			d := h.hash.New()
			d.Write([]byte(c.Name))
			sum := d.Sum(nil)
			r, s, err := k.Sign(rand.Reader, sum)
			if err != nil {
				t.Fatal(err)
			}
			if !key.verifyECDSA(sum, r, s) || !ec.VerifyECDSA(key.EC, sum, r, s) {
				t.Errorf("%s %v: refused", c.Name, h.hash)
			}
			for name, bad := range map[string][2]*big.Int{
				"r": {new(big.Int).Add(r, big.NewInt(1)), s}, "s": {r, new(big.Int).Add(s, big.NewInt(1))}, "zero": {new(big.Int), s}, "order": {r, c.N},
				"beyond": {r, new(big.Int).Add(s, c.N)},
			} {
				if key.verifyECDSA(sum, bad[0], bad[1]) || ec.VerifyECDSA(key.EC, sum, bad[0], bad[1]) {
					t.Errorf("%s %v: accepted with another %s", c.Name, h.hash, name)
				}
			}
		}
	}
}

// TestDSAKeys refuses numbers that are no group.
func TestDSAKeys(t *testing.T) {
	a := authorityOf(t)
	raw, err := a.SignSODWith(newDocument(t).groups, oddities(t)["dsa"])
	if err != nil {
		t.Fatal(err)
	}
	sd, _ := sodContent(raw)
	key, err := sd.certificates[0].Key()
	if err != nil || key.String() != "DSA 2048" {
		t.Fatalf("%v, %v", key, err)
	}
	k := key.DSA
	spki := func(p, q, g, y *big.Int) []byte {
		return tlv.Encode(tlv.Sequence, tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidDSA), tlv.Encode(tlv.Sequence, tlv.EncodeInt(p), tlv.EncodeInt(q), tlv.EncodeInt(g))),
			tlv.EncodeBits(tlv.EncodeInt(y)))
	}
	if _, err := parseKey(spki(k.P, k.Q, k.G, k.Y)); err != nil {
		t.Fatal(err)
	}
	one, two := big.NewInt(1), big.NewInt(2)
	for name, raw := range map[string][]byte{
		"p": spki(new(big.Int).Add(k.P, two), k.Q, k.G, k.Y), "q": spki(k.P, new(big.Int).Add(k.Q, two), k.G, k.Y), "g": spki(k.P, k.Q, one, k.Y),
		"y beyond p": spki(k.P, k.Q, k.G, new(big.Int).Add(k.Y, k.P)), "y of another order": spki(k.P, k.Q, k.G, new(big.Int).Sub(k.P, k.Y)),
		"small": spki(big.NewInt(23), big.NewInt(11), two, two), "inherited": tlv.Encode(tlv.Sequence, tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidDSA)), tlv.EncodeBits(tlv.EncodeInt(k.Y))),
	} {
		if _, err := parseKey(raw); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if (algorithm{scheme: schemeDSA, hash: crypto.SHA256}).verify(key, []byte("x"), []byte{0x30, 0}) == nil {
		t.Error("an empty signature verifies")
	}
}
