package ec

import (
	"errors"
	"math/big"
)

// Errors of points and keys.
var (
	ErrNotOnCurve = errors.New("point is not on the curve")
	ErrInfinity   = errors.New("point at infinity")
	ErrEncoding   = errors.New("point encoding is not 04 X Y at full width")
	ErrScalar     = errors.New("private key is not in [1, n-1]")
)

// Point is a point of one curve, in projective coordinates. Points are values that do not change once made.
type Point struct {
	c       *Curve
	x, y, z element
}

// Curve gives the curve the point is on.
func (p *Point) Curve() *Curve { return p.c }

// IsInfinity reports whether p is the neutral element.
func (p *Point) IsInfinity() bool { return p.z.isZero() == 1 }

// Equal reports whether p and q are the same point of the same group.
func (p *Point) Equal(q *Point) bool {
	f := p.c.fp
	if q.c.fp != f {
		return false
	}
	var a, b, c, d element
	f.mul(&a, &p.x, &q.z)
	f.mul(&b, &q.x, &p.z)
	f.mul(&c, &p.y, &q.z)
	f.mul(&d, &q.y, &p.z)
	return p.IsInfinity() == q.IsInfinity() && a == b && c == d
}

// affine gives the coordinates as residues; both are 0 for infinity.
func (p *Point) affine() (x, y element) {
	f := p.c.fp
	var i element
	f.invert(&i, &p.z)
	f.mul(&x, &p.x, &i)
	f.mul(&y, &p.y, &i)
	return x, y
}

// X gives the first coordinate, big-endian at full width (BSI TR-03111 §3.1.3); all zero for infinity.
func (p *Point) X() []byte {
	x, _ := p.affine()
	return p.c.fp.bytes(&x)
}

// Y gives the second coordinate at full width.
func (p *Point) Y() []byte {
	_, y := p.affine()
	return p.c.fp.bytes(&y)
}

// Marshal gives 04 || X || Y with both coordinates at full width (BSI TR-03111 §3.2.1), and a single 00 for infinity.
func (c *Curve) Marshal(p *Point) []byte {
	if p.IsInfinity() {
		return []byte{0}
	}
	x, y := p.affine()
	out := append(make([]byte, 0, 1+2*c.fp.size), 4)
	out = append(out, c.fp.bytes(&x)...)
	return append(out, c.fp.bytes(&y)...)
}

// Unmarshal reads 04 || X || Y. It refuses any other form or length, coordinates beyond the field and points off the curve;
// infinity has no such form. Errors: ErrEncoding, ErrNotOnCurve.
func (c *Curve) Unmarshal(b []byte) (*Point, error) {
	n := c.fp.size
	if len(b) != 1+2*n || b[0] != 4 {
		return nil, ErrEncoding
	}
	return c.fromBytes(b[1:1+n], b[1+n:])
}

// Point gives the point with these affine coordinates. Error: ErrNotOnCurve.
func (c *Curve) Point(x, y *big.Int) (*Point, error) {
	if x.Sign() < 0 || y.Sign() < 0 || x.Cmp(c.P) >= 0 || y.Cmp(c.P) >= 0 {
		return nil, ErrNotOnCurve
	}
	return c.fromBytes(x.FillBytes(make([]byte, c.fp.size)), y.FillBytes(make([]byte, c.fp.size)))
}

func (c *Curve) fromBytes(bx, by []byte) (*Point, error) {
	x, okX := c.fp.fromBytes(bx)
	y, okY := c.fp.fromBytes(by)
	p := &Point{c: c, x: x, y: y, z: c.fp.one}
	if !okX || !okY || !c.IsOnCurve(p) {
		return nil, ErrNotOnCurve
	}
	return p, nil
}

// IsOnCurve reports whether p fulfils y²z = x³ + a·x·z² + b·z³ and is not infinity. Points made by this package always do,
// except infinity.
func (c *Curve) IsOnCurve(p *Point) bool {
	if p.IsInfinity() {
		return false
	}
	f := c.fp
	x, y := p.affine()
	var left, right, t element
	f.mul(&left, &y, &y)
	f.mul(&right, &x, &x)
	f.add(&right, &right, &c.a)
	f.mul(&right, &right, &x)
	f.sub(&t, &left, &right)
	return t == c.b
}

// Infinity gives the neutral element.
func (c *Curve) Infinity() *Point { return &Point{c: c, y: c.fp.one} }

// Generator gives the base point.
func (c *Curve) Generator() *Point {
	g := c.g
	g.c = c
	return &g
}

// Add gives p + q, for any p and q.
func (c *Curve) Add(p, q *Point) *Point {
	r := &Point{c: c}
	c.add(r, p, q)
	return r
}

// add is algorithm 1 of eprint.iacr.org/2015/1060: complete for every pair of points of an odd-order curve with any a.
func (c *Curve) add(r, p, q *Point) {
	f := c.fp
	var t0, t1, t2, t3, t4, t5, x3, y3, z3 element
	f.mul(&t0, &p.x, &q.x)
	f.mul(&t1, &p.y, &q.y)
	f.mul(&t2, &p.z, &q.z)
	f.add(&t3, &p.x, &p.y)
	f.add(&t4, &q.x, &q.y)
	f.mul(&t3, &t3, &t4)
	f.add(&t4, &t0, &t1)
	f.sub(&t3, &t3, &t4)
	f.add(&t4, &p.x, &p.z)
	f.add(&t5, &q.x, &q.z)
	f.mul(&t4, &t4, &t5)
	f.add(&t5, &t0, &t2)
	f.sub(&t4, &t4, &t5)
	f.add(&t5, &p.y, &p.z)
	f.add(&x3, &q.y, &q.z)
	f.mul(&t5, &t5, &x3)
	f.add(&x3, &t1, &t2)
	f.sub(&t5, &t5, &x3)
	f.mul(&z3, &c.a, &t4)
	f.mul(&x3, &c.b3, &t2)
	f.add(&z3, &x3, &z3)
	f.sub(&x3, &t1, &z3)
	f.add(&z3, &t1, &z3)
	f.mul(&y3, &x3, &z3)
	f.add(&t1, &t0, &t0)
	f.add(&t1, &t1, &t0)
	f.mul(&t2, &c.a, &t2)
	f.mul(&t4, &c.b3, &t4)
	f.add(&t1, &t1, &t2)
	f.sub(&t2, &t0, &t2)
	f.mul(&t2, &c.a, &t2)
	f.add(&t4, &t4, &t2)
	f.mul(&t0, &t1, &t4)
	f.add(&y3, &y3, &t0)
	f.mul(&t0, &t5, &t4)
	f.mul(&x3, &t3, &x3)
	f.sub(&x3, &x3, &t0)
	f.mul(&t0, &t3, &t1)
	f.mul(&z3, &t5, &z3)
	f.add(&z3, &z3, &t0)
	r.x, r.y, r.z = x3, y3, z3
}

// double is algorithm 3 of the same paper.
func (c *Curve) double(r, p *Point) {
	f := c.fp
	var t0, t1, t2, t3, x3, y3, z3 element
	f.mul(&t0, &p.x, &p.x)
	f.mul(&t1, &p.y, &p.y)
	f.mul(&t2, &p.z, &p.z)
	f.mul(&t3, &p.x, &p.y)
	f.add(&t3, &t3, &t3)
	f.mul(&z3, &p.x, &p.z)
	f.add(&z3, &z3, &z3)
	f.mul(&x3, &c.a, &z3)
	f.mul(&y3, &c.b3, &t2)
	f.add(&y3, &x3, &y3)
	f.sub(&x3, &t1, &y3)
	f.add(&y3, &t1, &y3)
	f.mul(&y3, &x3, &y3)
	f.mul(&x3, &t3, &x3)
	f.mul(&z3, &c.b3, &z3)
	f.mul(&t2, &c.a, &t2)
	f.sub(&t3, &t0, &t2)
	f.mul(&t3, &c.a, &t3)
	f.add(&t3, &t3, &z3)
	f.add(&z3, &t0, &t0)
	f.add(&t0, &z3, &t0)
	f.add(&t0, &t0, &t2)
	f.mul(&t0, &t0, &t3)
	f.add(&y3, &y3, &t0)
	f.mul(&t2, &p.y, &p.z)
	f.add(&t2, &t2, &t2)
	f.mul(&z3, &t2, &t3)
	f.sub(&x3, &x3, &z3)
	f.mul(&z3, &t2, &t1)
	f.add(&z3, &z3, &z3)
	f.add(&z3, &z3, &z3)
	r.x, r.y, r.z = x3, y3, z3
}

// table holds 0·P to 15·P.
type table [16]Point

func (c *Curve) newTable(p *Point) *table {
	var t table
	t[0] = *c.Infinity()
	for i := 1; i < len(t); i++ {
		t[i].c = c
		c.add(&t[i], &t[i-1], p)
	}
	return &t
}

// pick copies t[i] into r, touching every entry.
func (t *table) pick(r *Point, i byte) {
	for j := range t {
		d := uint64(i) ^ uint64(j)
		mask := (d | -d) >> 63
		mask-- // all ones when j == i
		r.x.choose(&t[j].x, mask)
		r.y.choose(&t[j].y, mask)
		r.z.choose(&t[j].z, mask)
	}
}

// scalar pads k to the order's width; a longer one is reduced first (only public numbers are that long).
func (c *Curve) scalar(k []byte) []byte {
	out := make([]byte, c.fn.size)
	if len(k) > len(out) {
		v := new(big.Int).SetBytes(k)
		return v.Mod(v, c.N).FillBytes(out)
	}
	copy(out[len(out)-len(k):], k)
	return out
}

// ScalarMult gives k·p for a big-endian k. The time taken depends on the curve alone as long as k is not longer than n.
func (c *Curve) ScalarMult(p *Point, k []byte) *Point {
	t := c.newTable(p)
	r, q := *c.Infinity(), Point{c: c}
	for _, b := range c.scalar(k) {
		for _, w := range [2]byte{b >> 4, b & 15} {
			for range 4 {
				c.double(&r, &r)
			}
			t.pick(&q, w)
			c.add(&r, &r, &q)
		}
	}
	return &r
}

// ScalarBaseMult gives k·G.
func (c *Curve) ScalarBaseMult(k []byte) *Point { return c.ScalarMult(c.Generator(), k) }

// doubleMult gives u·G + v·Q, sharing the doublings.
func (c *Curve) doubleMult(u []byte, q *Point, v []byte) *Point {
	tg, tq := c.newTable(c.Generator()), c.newTable(q)
	u, v = c.scalar(u), c.scalar(v)
	r := *c.Infinity()
	for i := range u {
		for shift := 4; shift >= 0; shift -= 4 {
			for range 4 {
				c.double(&r, &r)
			}
			c.add(&r, &r, &tg[u[i]>>shift&15])
			c.add(&r, &r, &tq[v[i]>>shift&15])
		}
	}
	return &r
}
