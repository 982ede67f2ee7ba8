package ec

import (
	"bytes"
	"crypto/rand"
	"errors"
	"math/big"
	"testing"
)

// Doc 9303-11 App. H.1: the residue R_p(s,t) mapped to brainpoolP256r1.
func TestFromResidueExample(t *testing.T) {
	c, err := ByID(13)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.FromResidue(new(big.Int).SetBytes(unhex(t, "A2F8FF2DF50E52C6599F386ADCB595D229F6A167ADE2BE5F2C3296ADD5B7430E")))
	if err != nil {
		t.Fatal(err)
	}
	want := "048E82D31559ED0FDE92A4D0498ADD3C23BABA94FB77691E31E90AEA77FB17D4274C1AE14BD0C3DBAC0C871B7F3608169364437CA30AC243A089D3F266C1E60FAD"
	if got := c.Marshal(p); !bytes.Equal(got, unhex(t, want)) {
		t.Errorf("mapped generator %X", got)
	}
}

// The appendix' formulas with math/big, for every curve.
func TestFromResidueReference(t *testing.T) {
	for _, c := range curves {
		if c.P.Bit(1) == 0 {
			if _, err := c.FromResidue(big.NewInt(5)); !errors.Is(err, ErrMapping) {
				t.Errorf("%s: %v", c, err)
			}
			continue
		}
		both := map[bool]int{}
		for range 24 {
			u, err := rand.Int(rand.Reader, c.P)
			if err != nil {
				t.Fatal(err)
			}
			p, err := c.FromResidue(u)
			if err != nil {
				t.Fatalf("%s: %v", c, err)
			}
			x, y, first := mapReference(c, u)
			both[first]++
			if !bytes.Equal(p.X(), x.FillBytes(make([]byte, c.Size()))) || !bytes.Equal(p.Y(), y.FillBytes(make([]byte, c.Size()))) {
				t.Fatalf("%s: mapping differs from the reference", c)
			}
			beyond := new(big.Int).Add(u, c.P)
			if q, err := c.FromResidue(beyond); err != nil || !q.Equal(p) {
				t.Fatalf("%s: the residue is not reduced", c)
			}
		}
		if both[true] == 0 || both[false] == 0 {
			t.Errorf("%s: only one branch was met: %v", c, both)
		}
		for _, u := range []*big.Int{new(big.Int), big.NewInt(1), new(big.Int).Sub(c.P, big.NewInt(1))} { // α + α² = 0
			if p, err := c.FromResidue(u); err == nil && !c.IsOnCurve(p) {
				t.Errorf("%s: point off the curve", c)
			}
		}
	}
}

// mapReference is Doc 9303-11 App. B.2 step by step; first says whether X2 was taken.
func mapReference(c *Curve, t *big.Int) (x, y *big.Int, first bool) {
	p, one := c.P, big.NewInt(1)
	mod := func(v *big.Int) *big.Int { return v.Mod(v, p) }
	mul := func(a, b *big.Int) *big.Int { return mod(new(big.Int).Mul(a, b)) }
	add := func(a, b *big.Int) *big.Int { return mod(new(big.Int).Add(a, b)) }
	inv := func(a *big.Int) *big.Int { return new(big.Int).ModInverse(a, p) }
	curve := func(x *big.Int) *big.Int { return add(add(mul(mul(x, x), x), mul(c.A, x)), c.B) }
	alpha := mod(new(big.Int).Neg(mul(t, t)))
	x2 := mul(mod(new(big.Int).Neg(mul(c.B, inv(c.A)))), add(one, inv(add(alpha, mul(alpha, alpha)))))
	x3 := mul(alpha, x2)
	root := func(v *big.Int) *big.Int {
		e := new(big.Int).Rsh(new(big.Int).Add(p, one), 2)
		return new(big.Int).Exp(v, new(big.Int).Sub(new(big.Int).Sub(p, one), e), p)
	}
	h2 := curve(x2)
	a := root(h2)
	if mul(mul(a, a), h2).Cmp(one) == 0 {
		return x2, mul(a, h2), true
	}
	return x3, mul(a, mul(mul(mul(t, t), t), h2)), false
}

func BenchmarkFromResidue(b *testing.B) {
	for _, c := range curves {
		if c.P.Bit(1) == 0 {
			continue
		}
		u := new(big.Int).Rsh(c.P, 1)
		b.Run(c.Name, func(b *testing.B) {
			for b.Loop() {
				if _, err := c.FromResidue(u); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
