package ec

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
)

// Curve is y² = x³ + A·x + B over the integers modulo P, with a base point of prime order N and cofactor H.
// The numbers must not be changed.
type Curve struct {
	P, A, B, Gx, Gy, N *big.Int
	H                  int
	Name               string                // "brainpoolP256r1", "P-256", …
	OID                asn1.ObjectIdentifier // of the named curve
	ID                 int                   // standardised domain parameter id (Doc 9303-11 §9.5.1), 0 when it has none

	fp, fn   *field
	a, b, b3 element
	g        Point
}

// Errors of curve lookup.
var (
	ErrUnknownCurve = errors.New("unknown elliptic curve")
	ErrParameters   = errors.New("elliptic curve parameters are malformed")
)

// maxBits bounds explicit parameters before anything is computed with them.
const maxBits = 521

// String gives the name.
func (c *Curve) String() string { return c.Name }

// Size gives the width of a coordinate in bytes.
func (c *Curve) Size() int { return c.fp.size }

// ScalarSize gives the width of a scalar in bytes.
func (c *Curve) ScalarSize() int { return c.fn.size }

// Curves gives every known curve.
func Curves() []*Curve { return append([]*Curve(nil), curves...) }

// ByID gives the curve of a standardised domain parameter id, 8 to 18. Error: ErrUnknownCurve.
func ByID(id int) (*Curve, error) {
	for _, c := range curves {
		if c.ID == id && id != 0 {
			return c, nil
		}
	}
	return nil, fmt.Errorf("%w: domain parameter id %d", ErrUnknownCurve, id)
}

// ByOID gives the named curve. Error: ErrUnknownCurve.
func ByOID(oid asn1.ObjectIdentifier) (*Curve, error) {
	for _, c := range curves {
		if c.OID.Equal(oid) {
			return c, nil
		}
	}
	return nil, fmt.Errorf("%w: %s", ErrUnknownCurve, oid)
}

// ByName gives the curve of that name. Error: ErrUnknownCurve.
func ByName(name string) (*Curve, error) {
	for _, c := range curves {
		if c.Name == name {
			return c, nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknownCurve, name)
}

// FromParameters gives the known curve that explicit domain parameters (RFC 3279 §2.3.5 ECParameters) describe. The base point
// is gx, gy; h is 0 when the cofactor is left out. Parameters of no known curve are refused even where they are consistent.
// Errors: ErrParameters, ErrUnknownCurve.
func FromParameters(p, a, b, gx, gy, n *big.Int, h int) (*Curve, error) {
	for _, v := range []*big.Int{p, a, b, gx, gy, n} {
		if v == nil || v.Sign() < 0 || v.BitLen() > maxBits {
			return nil, fmt.Errorf("%w: number missing, negative or beyond %d bits", ErrParameters, maxBits)
		}
	}
	if p.Bit(0) == 0 || n.Bit(0) == 0 || p.BitLen() < 160 || n.BitLen() < 160 || a.Cmp(p) >= 0 || b.Cmp(p) >= 0 {
		return nil, fmt.Errorf("%w: modulus or order too small or even, or coefficients beyond the modulus", ErrParameters)
	}
	if h < 0 || h > 1 {
		return nil, fmt.Errorf("%w: cofactor is not 1", ErrParameters)
	}
	for _, c := range curves {
		if c.P.Cmp(p) == 0 && c.A.Cmp(a) == 0 && c.B.Cmp(b) == 0 && c.Gx.Cmp(gx) == 0 && c.Gy.Cmp(gy) == 0 && c.N.Cmp(n) == 0 {
			return c, nil
		}
	}
	return nil, fmt.Errorf("%w: explicit parameters of %d bits", ErrUnknownCurve, p.BitLen())
}

// FromParametersCompressed is FromParameters for a base point whose second coordinate is given by its lowest bit alone
// (encodings 02 and 03).
func FromParametersCompressed(p, a, b, gx *big.Int, odd bool, n *big.Int, h int) (*Curve, error) {
	if p == nil || gx == nil {
		return nil, fmt.Errorf("%w: number missing", ErrParameters)
	}
	for _, c := range curves {
		if c.P.Cmp(p) == 0 && c.Gx.Cmp(gx) == 0 && (c.Gy.Bit(0) == 1) == odd {
			return FromParameters(p, a, b, gx, c.Gy, n, h)
		}
	}
	return nil, fmt.Errorf("%w: explicit parameters of %d bits", ErrUnknownCurve, p.BitLen())
}

// WithGenerator gives the same curve with another base point: what PACE's generic mapping makes (Doc 9303-11 §4.4.3.3.1).
// The result is not one of the known curves; its points are exchangeable with c's. Error: ErrInfinity.
func (c *Curve) WithGenerator(g *Point) (*Curve, error) {
	if g.IsInfinity() {
		return nil, ErrInfinity
	}
	if g.c.fp != c.fp {
		return nil, ErrNotOnCurve
	}
	m := *c
	x, y := g.affine()
	m.g = Point{x: x, y: y, z: c.fp.one}
	m.Gx, m.Gy = new(big.Int).SetBytes(c.fp.bytes(&x)), new(big.Int).SetBytes(c.fp.bytes(&y))
	m.Name, m.OID, m.ID = c.Name+" mapped", nil, 0
	return &m, nil
}

func newCurve(name string, id int, oid asn1.ObjectIdentifier, p, a, b, gx, gy, n string) *Curve {
	c := &Curve{
		P: number(p), A: number(a), B: number(b), Gx: number(gx), Gy: number(gy), N: number(n),
		H: 1, Name: name, OID: oid, ID: id,
	}
	c.fp, c.fn = newField(c.P), newField(c.N)
	c.a, c.b = c.fp.fromBig(c.A), c.fp.fromBig(c.B)
	c.fp.add(&c.b3, &c.b, &c.b)
	c.fp.add(&c.b3, &c.b3, &c.b)
	c.g = Point{x: c.fp.fromBig(c.Gx), y: c.fp.fromBig(c.Gy), z: c.fp.one}
	return c
}

func number(hex string) *big.Int {
	v, ok := new(big.Int).SetString(hex, 16)
	if !ok {
		panic("ec: bad constant")
	}
	return v
}
