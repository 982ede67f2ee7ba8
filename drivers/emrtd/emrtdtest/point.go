package emrtdtest

import (
	"math/big"
	"sync"
)

// jacobianPoint is (X/Z², Y/Z³); z zero is the point at infinity.
type jacobianPoint struct{ x, y, z *big.Int }

func (d *domain) jacobian(e element) jacobianPoint {
	if e.infinite() {
		return jacobianPoint{big.NewInt(1), big.NewInt(1), new(big.Int)}
	}
	return jacobianPoint{e.x, e.y, big.NewInt(1)}
}

func (d *domain) affine(q jacobianPoint) element {
	if q.z.Sign() == 0 {
		return element{}
	}
	i := new(big.Int).ModInverse(q.z, d.p)
	i2 := d.mulMod(i, i)
	return element{d.mulMod(q.x, i2), d.mulMod(q.y, d.mulMod(i2, i))}
}

func (d *domain) mulMod(a, b *big.Int) *big.Int {
	v := new(big.Int).Mul(a, b)
	return v.Mod(v, d.p)
}

func (d *domain) subMod(a, b *big.Int) *big.Int {
	v := new(big.Int).Sub(a, b)
	return v.Mod(v, d.p)
}

// times is a small multiple.
func (d *domain) times(n uint, a *big.Int) *big.Int {
	v := new(big.Int).Lsh(a, n)
	return v.Mod(v, d.p)
}

// double is the textbook formula for any a (Hankerson, Menezes, Vanstone: Guide to Elliptic Curve Cryptography §3.2.2).
func (d *domain) double(q jacobianPoint) jacobianPoint {
	if q.z.Sign() == 0 || q.y.Sign() == 0 {
		return d.jacobian(element{})
	}
	yy := d.mulMod(q.y, q.y)
	s := d.times(2, d.mulMod(q.x, yy)) // 4XY²
	zz := d.mulMod(q.z, q.z)
	m := d.mulMod(q.x, q.x)
	m = new(big.Int).Add(new(big.Int).Lsh(m, 1), m)
	m.Add(m, d.mulMod(d.a, d.mulMod(zz, zz))).Mod(m, d.p) // 3X² + aZ⁴
	x := d.subMod(d.mulMod(m, m), new(big.Int).Lsh(s, 1))
	y := d.subMod(d.mulMod(m, d.subMod(s, x)), d.times(3, d.mulMod(yy, yy)))
	return jacobianPoint{x, y, d.times(1, d.mulMod(q.y, q.z))}
}

// addJacobian adds two points, equal, opposite or not.
func (d *domain) addJacobian(q, r jacobianPoint) jacobianPoint {
	switch {
	case q.z.Sign() == 0:
		return r
	case r.z.Sign() == 0:
		return q
	}
	qz, rz := d.mulMod(q.z, q.z), d.mulMod(r.z, r.z)
	u1, u2 := d.mulMod(q.x, rz), d.mulMod(r.x, qz)
	s1, s2 := d.mulMod(q.y, d.mulMod(rz, r.z)), d.mulMod(r.y, d.mulMod(qz, q.z))
	h, v := d.subMod(u2, u1), d.subMod(s2, s1)
	if h.Sign() == 0 {
		if v.Sign() == 0 {
			return d.double(q)
		}
		return d.jacobian(element{})
	}
	hh := d.mulMod(h, h)
	hhh, w := d.mulMod(hh, h), d.mulMod(u1, hh)
	x := d.subMod(d.mulMod(v, v), new(big.Int).Add(hhh, new(big.Int).Lsh(w, 1)))
	y := d.subMod(d.mulMod(v, d.subMod(w, x)), d.mulMod(s1, hhh))
	return jacobianPoint{x, y, d.mulMod(h, d.mulMod(q.z, r.z))}
}

// mulPoint multiplies with windows of four bits.
func (d *domain) mulPoint(e element, k *big.Int) element {
	var table [16]jacobianPoint
	table[0] = d.jacobian(element{})
	for i := 1; i < len(table); i++ {
		table[i] = d.addJacobian(table[i-1], d.jacobian(e))
	}
	q := table[0]
	for _, b := range k.Bytes() {
		for _, nibble := range [2]byte{b >> 4, b & 15} {
			for range 4 {
				q = d.double(q)
			}
			if nibble != 0 {
				q = d.addJacobian(q, table[nibble])
			}
		}
	}
	return d.affine(q)
}

// baseTable holds i·16^j·G for i below 16 and j up to the order's length: with it a multiple of G takes additions alone. It is
// made when first used.
type baseTable struct {
	once sync.Once
	rows [][16]jacobianPoint
}

func (t *baseTable) make(d *domain) {
	q := d.jacobian(d.g)
	for range 2*d.scalarSize() + 1 {
		var row [16]jacobianPoint
		row[0] = d.jacobian(element{})
		for i := 1; i < len(row); i++ {
			row[i] = d.addJacobian(row[i-1], q)
		}
		t.rows = append(t.rows, row)
		q = d.addJacobian(row[15], q)
	}
}

// mul multiplies G by a number that is not longer than the order by more than four bits.
func (t *baseTable) mul(d *domain, k *big.Int) jacobianPoint {
	t.once.Do(func() { t.make(d) })
	if k.BitLen() > 4*len(t.rows) {
		k = new(big.Int).Mod(k, d.n)
	}
	sum := d.jacobian(element{})
	b := k.Bytes()
	for j := range 2 * len(b) {
		nibble := b[len(b)-1-j/2] >> (4 * (j % 2)) & 15
		if nibble != 0 {
			sum = d.addJacobian(sum, t.rows[j][nibble])
		}
	}
	return sum
}
