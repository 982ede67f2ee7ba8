package ec

import "math/big"

// reference is the affine textbook group law over math/big: slow, full of exceptional cases, and independent of everything
// under test.
type reference struct{ c *Curve }

type affine struct{ x, y *big.Int } // nil for infinity

func (r reference) inverse(v *big.Int) *big.Int { return new(big.Int).ModInverse(v, r.c.P) }

func (r reference) add(p, q affine) affine {
	switch {
	case p.x == nil:
		return q
	case q.x == nil:
		return p
	}
	m := r.c.P
	var slope *big.Int
	if p.x.Cmp(q.x) == 0 {
		if new(big.Int).Mod(new(big.Int).Add(p.y, q.y), m).Sign() == 0 {
			return affine{}
		}
		slope = new(big.Int).Mul(p.x, p.x)
		slope.Mul(slope, big.NewInt(3)).Add(slope, r.c.A)
		slope.Mul(slope, r.inverse(new(big.Int).Lsh(p.y, 1)))
	} else {
		d := new(big.Int).Sub(q.x, p.x)
		slope = new(big.Int).Sub(q.y, p.y)
		slope.Mul(slope, r.inverse(d.Mod(d, m)))
	}
	x := new(big.Int).Mul(slope, slope)
	x.Sub(x, p.x).Sub(x, q.x).Mod(x, m)
	y := new(big.Int).Sub(p.x, x)
	y.Mul(y, slope).Sub(y, p.y).Mod(y, m)
	return affine{x, y}
}

func (r reference) mult(p affine, k *big.Int) affine {
	var out affine
	for i := k.BitLen() - 1; i >= 0; i-- {
		out = r.add(out, out)
		if k.Bit(i) == 1 {
			out = r.add(out, p)
		}
	}
	return out
}

func (r reference) generator() affine { return affine{r.c.Gx, r.c.Gy} }

// same reports whether p is the point a.
func (r reference) same(p *Point, a affine) bool {
	if a.x == nil {
		return p.IsInfinity()
	}
	q, err := r.c.Point(a.x, a.y)
	return err == nil && p.Equal(q)
}
