package ec

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"math/big"
	"testing"
)

func TestPrivateKeyRange(t *testing.T) {
	for _, c := range curves {
		n := c.ScalarSize()
		for name, d := range map[string][]byte{
			"zero": make([]byte, n), "n": c.N.Bytes(), "empty": nil, "long": make([]byte, n+1),
			"n+1": new(big.Int).Add(c.N, big.NewInt(1)).Bytes(),
		} {
			if _, err := c.NewPrivateKey(d); !errors.Is(err, ErrScalar) {
				t.Errorf("%s: key %s: %v", c, name, err)
			}
		}
		k, err := c.NewPrivateKey([]byte{1})
		if err != nil || len(k.Bytes()) != n || !k.Public.Equal(c.Generator()) {
			t.Errorf("%s: key 1: %v", c, err)
		}
		if s := fmt.Sprintf("%v %+v %#v", k, k, k); s != "[redacted] [redacted] [redacted]" {
			t.Errorf("%s: a key prints as %s", c, s)
		}
		k.Wipe()
		if !bytes.Equal(k.Bytes(), make([]byte, n)) {
			t.Errorf("%s: key not wiped", c)
		}
	}
}

func TestGenerateKey(t *testing.T) {
	for _, c := range curves {
		a, errA := c.GenerateKey(rand.Reader)
		b, errB := c.GenerateKey(rand.Reader)
		if errA != nil || errB != nil || a.Public.Equal(b.Public) {
			t.Fatalf("%s: %v %v", c, errA, errB)
		}
	}
	c, _ := ByID(13)
	over := bytes.Repeat([]byte{0xFF}, 32) // not below n: drawn again
	k, err := c.GenerateKey(io.MultiReader(bytes.NewReader(over), bytes.NewReader(c.Gx.Bytes())))
	if err != nil || !bytes.Equal(k.Bytes(), c.Gx.Bytes()) {
		t.Errorf("rejection: %v", err)
	}
	if _, err := c.GenerateKey(bytes.NewReader(nil)); err == nil {
		t.Error("a dry random source gave a key")
	}
}

func TestECDHRefuses(t *testing.T) {
	c, _ := ByID(13)
	other, _ := ByID(12)
	k, err := c.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*Point{"infinity": c.Infinity(), "other curve": other.Generator()} {
		if _, err := k.ECDH(p); err == nil {
			t.Errorf("agreement with %s", name)
		}
	}
}

func TestSignVerify(t *testing.T) {
	for _, c := range curves {
		k, err := c.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for _, hash := range [][]byte{{}, make([]byte, 20), bytes.Repeat([]byte{0xFF}, 64), bytes.Repeat([]byte{0xFF}, 100)} {
			r, s, err := k.Sign(rand.Reader, hash)
			if err != nil || !VerifyECDSA(k.Public, hash, r, s) {
				t.Fatalf("%s: signature over %d bytes: %v", c, len(hash), err)
			}
		}
		hash := sha256.Sum256([]byte("hash"))
		r, s, _ := k.Sign(rand.Reader, hash[:])
		one := big.NewInt(1)
		bad := map[string][2]*big.Int{
			"r zero": {new(big.Int), s}, "s zero": {r, new(big.Int)}, "r = n": {c.N, s}, "s = n": {r, c.N}, "r+1": {new(big.Int).Add(r, one), s},
			"s+1": {r, new(big.Int).Add(s, one)}, "r+n": {new(big.Int).Add(r, c.N), s}, "negative": {new(big.Int).Neg(r), s}, "nil": {nil, s},
		}
		for name, v := range bad {
			if VerifyECDSA(k.Public, hash[:], v[0], v[1]) {
				t.Errorf("%s: %s accepted", c, name)
			}
		}
		hash[0] ^= 1
		if VerifyECDSA(k.Public, hash[:], r, s) || VerifyECDSA(c.Infinity(), hash[:], r, s) {
			t.Errorf("%s: wrong hash or key accepted", c)
		}
	}
}

// Signatures are exchangeable with crypto/ecdsa in both directions.
func TestECDSAAgainstStandardLibrary(t *testing.T) {
	hash := sha512.Sum512([]byte("exchange"))
	for name, std := range map[string]elliptic.Curve{
		"P-224": elliptic.P224(), "P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521(),
	} {
		c, _ := ByName(name)
		k, err := ecdsa.GenerateKey(std, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		d, err := k.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		own, err := c.NewPrivateKey(d)
		if err != nil {
			t.Fatal(err)
		}
		r, s, err := ecdsa.Sign(rand.Reader, k, hash[:])
		if err != nil || !VerifyECDSA(own.Public, hash[:], r, s) {
			t.Errorf("%s: theirs refused: %v", name, err)
		}
		if r, s, err = own.Sign(rand.Reader, hash[:]); err != nil || !ecdsa.Verify(&k.PublicKey, hash[:], r, s) {
			t.Errorf("%s: ours refused: %v", name, err)
		}
	}
}

func TestSignatureForms(t *testing.T) {
	for _, c := range curves {
		k, _ := c.GenerateKey(rand.Reader)
		r, s, err := k.Sign(rand.Reader, []byte("form"))
		if err != nil {
			t.Fatal(err)
		}
		plain := c.MarshalPlain(r, s)
		der, err := MarshalDER(r, s)
		if err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string][]byte{"plain": plain, "der": der} {
			r2, s2, err := c.ParseSignature(b)
			if err != nil || r2.Cmp(r) != 0 || s2.Cmp(s) != 0 {
				t.Errorf("%s: %s: %v", c, name, err)
			}
		}
		for name, b := range map[string][]byte{
			"empty": nil, "short": plain[1:], "long": append(plain, 0), "trailing": append(bytes.Clone(der), 0), "cut": der[:len(der)-1],
			"zero": {0x30, 6, 2, 1, 0, 2, 1, 1}, "negative": {0x30, 6, 2, 1, 0xFF, 2, 1, 1},
		} {
			if _, _, err := c.ParseSignature(b); !errors.Is(err, ErrSignature) {
				t.Errorf("%s: %s signature: %v", c, name, err)
			}
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	c, _ := ByID(13)
	f.Add(c.Marshal(c.Generator()))
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range curves {
			p, err := c.Unmarshal(b)
			if err == nil && (!c.IsOnCurve(p) || !bytes.Equal(c.Marshal(p), b)) {
				t.Fatalf("%s: accepted point does not come back", c)
			}
		}
		if r, s, err := ParseDER(b); err == nil {
			back, err := MarshalDER(r, s)
			if err != nil || !bytes.Equal(back, b) {
				t.Fatal("accepted signature does not come back")
			}
		}
	})
}

func BenchmarkScalarMult(b *testing.B) {
	for _, c := range curves {
		k, err := c.GenerateKey(rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.Name, func(b *testing.B) {
			for b.Loop() {
				c.ScalarMult(k.Public, k.d)
			}
		})
	}
}

// BenchmarkReference is the same in math/big, for comparison.
func BenchmarkReference(b *testing.B) {
	c, _ := ByID(13)
	k, _ := c.GenerateKey(rand.Reader)
	d, r := new(big.Int).SetBytes(k.d), reference{c}
	for b.Loop() {
		r.mult(r.generator(), d)
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, name := range []string{"brainpoolP256r1", "brainpoolP512r1", "P-256", "P-384"} {
		c, _ := ByName(name)
		k, _ := c.GenerateKey(rand.Reader)
		hash := make([]byte, 32)
		r, s, _ := k.Sign(rand.Reader, hash)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				VerifyECDSA(k.Public, hash, r, s)
			}
		})
	}
}
