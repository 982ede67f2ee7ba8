package ec

import (
	"errors"
	"fmt"
	"math/big"
)

// ErrMapping means that a residue cannot be mapped to a point: the curve's modulus is 1 modulo 4 (P-224), or the residue is one
// of the few that the mapping has no point for.
var ErrMapping = errors.New("no point for this residue")

// FromResidue maps a number modulo P to a point of the curve, as PACE's integrated mapping does: the function f_G of Doc 9303-11
// §4.4.3.3.2, described in its appendix B.2 (simplified Shallue-van de Woestijne-Ulas, for moduli that are 3 modulo 4 and a
// cofactor of 1). The residue comes from a secret nonce; like everything here the computation takes the same time for all.
// Error: ErrMapping.
func (c *Curve) FromResidue(u *big.Int) (*Point, error) {
	if c.P.Bit(0) != 1 || c.P.Bit(1) != 1 || c.H != 1 {
		return nil, fmt.Errorf("%w: modulus of %s is 1 modulo 4", ErrMapping, c.Name)
	}
	f := c.fp
	t := f.fromBig(new(big.Int).Mod(u, c.P))
	var zero, alpha, x2, x3, k element
	f.mul(&alpha, &t, &t)
	f.sub(&alpha, &zero, &alpha) // α = -t²
	f.mul(&k, &alpha, &alpha)
	f.add(&k, &k, &alpha)
	f.invert(&k, &k)
	f.add(&k, &k, &f.one) // 1 + 1/(α + α²)
	f.invert(&x2, &c.a)
	f.mul(&x2, &x2, &c.b)
	f.sub(&x2, &zero, &x2)
	f.mul(&x2, &x2, &k) // X2 = -b/a · (1 + 1/(α + α²))
	f.mul(&x3, &alpha, &x2)
	h2 := c.right(&x2)
	var y, v, w element
	f.mul(&w, &t, &t)
	f.mul(&w, &w, &t)
	f.mul(&w, &w, &h2)       // U = t³·h2, whose product with A below is a root of the right side at X3
	f.pow(&y, &h2, c.root()) // A = h2^(p-1-(p+1)/4)
	f.mul(&v, &y, &y)
	f.mul(&v, &v, &h2)
	f.sub(&v, &v, &f.one)
	square := -v.isZero() // all ones when A²·h2 = 1
	f.mul(&w, &w, &y)
	f.mul(&y, &y, &h2)
	x3.choose(&x2, square)
	w.choose(&y, square)
	p := &Point{c: c, x: x3, y: w, z: f.one}
	if !c.IsOnCurve(p) {
		return nil, ErrMapping
	}
	return p, nil
}

// right gives x³ + a·x + b.
func (c *Curve) right(x *element) (h element) {
	f := c.fp
	f.mul(&h, x, x)
	f.add(&h, &h, &c.a)
	f.mul(&h, &h, x)
	f.add(&h, &h, &c.b)
	return h
}

// root gives the exponent p-1-(p+1)/4, which makes 1/√x of a square x.
func (c *Curve) root() *big.Int {
	quarter := new(big.Int).Add(c.P, big.NewInt(1))
	quarter.Rsh(quarter, 2)
	e := new(big.Int).Sub(c.P, big.NewInt(1))
	return e.Sub(e, quarter)
}
