package ec

import (
	"bytes"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// residue draws numbers below m, with the edges more often than chance would.
func residue(m *big.Int) *rapid.Generator[*big.Int] {
	return rapid.Custom(func(t *rapid.T) *big.Int {
		one := big.NewInt(1)
		switch rapid.IntRange(0, 7).Draw(t, "edge") {
		case 0:
			return new(big.Int)
		case 1:
			return one
		case 2:
			return new(big.Int).Sub(m, one)
		case 3:
			v := new(big.Int).Lsh(one, uint(rapid.IntRange(0, m.BitLen()-1).Draw(t, "bit")))
			return v.Mod(v, m)
		}
		b := rapid.SliceOfN(rapid.Byte(), (m.BitLen()+7)/8, (m.BitLen()+7)/8).Draw(t, "bytes")
		v := new(big.Int).SetBytes(b)
		return v.Mod(v, m)
	})
}

func TestFieldAgainstBig(t *testing.T) {
	for _, c := range curves {
		for name, m := range map[string]*big.Int{"p": c.P, "n": c.N} {
			t.Run(c.Name+"/"+name, func(t *testing.T) { rapid.Check(t, fieldProperty(newField(m), m)) })
		}
	}
}

func fieldProperty(f *field, m *big.Int) func(*rapid.T) {
	return func(t *rapid.T) {
		x, y := residue(m).Draw(t, "x"), residue(m).Draw(t, "y")
		a, b := f.fromBig(x), f.fromBig(y)
		var z element
		check := func(op string, want *big.Int) {
			want.Mod(want, m)
			if got := new(big.Int).SetBytes(f.bytes(&z)); got.Cmp(want) != 0 {
				t.Fatalf("%s: got %x want %x", op, got, want)
			}
		}
		f.add(&z, &a, &b)
		check("add", new(big.Int).Add(x, y))
		f.sub(&z, &a, &b)
		check("sub", new(big.Int).Sub(x, y))
		f.mul(&z, &a, &b)
		check("mul", new(big.Int).Mul(x, y))
		z = a
		f.mul(&z, &z, &z)
		check("square in place", new(big.Int).Mul(x, x))
		f.invert(&z, &a)
		if x.Sign() == 0 {
			check("invert zero", new(big.Int))
		} else {
			check("invert", new(big.Int).ModInverse(x, m))
		}
		if (a.isZero() == 1) != (x.Sign() == 0) {
			t.Fatal("isZero")
		}
	}
}

func TestFieldBytes(t *testing.T) {
	for _, c := range curves {
		f := c.fp
		e, ok := f.fromBytes([]byte{5})
		want := make([]byte, f.size)
		want[f.size-1] = 5
		if got := f.bytes(&e); !ok || !bytes.Equal(got, want) {
			t.Errorf("%s: small number lost its width: %x", c, got)
		}
		if _, ok := f.fromBytes(c.P.Bytes()); ok {
			t.Errorf("%s: the modulus itself accepted", c)
		}
		if _, ok := f.fromBytes(new(big.Int).Sub(c.P, big.NewInt(1)).Bytes()); !ok {
			t.Errorf("%s: p-1 refused", c)
		}
		if _, ok := f.fromBytes(make([]byte, f.size+1)); ok {
			t.Errorf("%s: too many bytes accepted", c)
		}
	}
}
