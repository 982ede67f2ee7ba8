package emrtdtest

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"sync"
)

// domain are the domain parameters of a key agreement: an elliptic curve or a Diffie-Hellman group. A generator other than the
// standard's (after PACE has mapped it) is another value of the same type.
//
// The chip computes with math/big and affine formulas in Jacobian coordinates that know nothing of package ec, so that an error
// in either shows. Nothing is constant in time: the keys protect nothing.
type domain struct {
	id   int
	name string
	oid  asn1.ObjectIdentifier // of a curve
	p    *big.Int
	n    *big.Int // order of the generator
	a, b *big.Int // of a curve
	g    element
	base *baseTable // multiples of the standard's generator; nil with another one
}

// element is a point of a curve, or a member of a group in x with y nil. The zero value is the point at infinity.
type element struct{ x, y *big.Int }

func (e element) infinite() bool { return e.x == nil }

// isCurve reports whether elements are points.
func (d *domain) isCurve() bool { return d.a != nil }

// size is the length of a coordinate or group member in bytes, scalarSize that of a scalar.
func (d *domain) size() int       { return (d.p.BitLen() + 7) / 8 }
func (d *domain) scalarSize() int { return (d.n.BitLen() + 7) / 8 }

// errDomain means that a foreign public key is no element of the domain.
var errDomain = errors.New("not an element of the domain")

var domains = sync.OnceValue(func() map[int]*domain {
	m := map[int]*domain{}
	num := func(s string) *big.Int {
		v, ok := new(big.Int).SetString(s, 16)
		if !ok {
			panic("emrtdtest: bad number in the table of domain parameters")
		}
		return v
	}
	for _, r := range curveRows {
		m[r.id] = &domain{
			id: r.id, name: r.name, oid: r.oid, p: num(r.p), a: num(r.a), b: num(r.b), n: num(r.n),
			g: element{num(r.gx), num(r.gy)}, base: &baseTable{},
		}
	}
	for _, r := range groupRows {
		m[r.id] = &domain{id: r.id, name: fmt.Sprintf("DH group %d", r.id), p: num(r.p), n: num(r.q), g: element{x: num(r.g)}}
	}
	return m
})

// domainByID gives standardised domain parameters (Doc 9303-11 §9.5.1).
func domainByID(id int) (*domain, error) {
	if d, ok := domains()[id]; ok {
		return d, nil
	}
	return nil, fmt.Errorf("domain parameters %d are not known", id)
}

// domainByName gives a curve by its name.
func domainByName(name string) (*domain, error) {
	for _, d := range domains() {
		if d.isCurve() && d.name == name {
			return d, nil
		}
	}
	return nil, fmt.Errorf("curve %q is not known", name)
}

// withGenerator gives the same domain with another generator.
func (d *domain) withGenerator(g element) (*domain, error) {
	if g.infinite() || (!d.isCurve() && g.x.Cmp(big.NewInt(1)) <= 0) {
		return nil, errDomain
	}
	out := *d
	out.g, out.base = g, nil
	return &out, nil
}

// generate draws a private key from 1 to n-1.
func (d *domain) generate(random io.Reader) (*big.Int, error) {
	raw := make([]byte, d.scalarSize())
	for range 1000 {
		if _, err := io.ReadFull(random, raw); err != nil {
			return nil, fmt.Errorf("draw private key: %w", err)
		}
		raw[0] &= byte(0xFF >> (8*len(raw) - d.n.BitLen()))
		if k := new(big.Int).SetBytes(raw); k.Sign() > 0 && k.Cmp(d.n) < 0 {
			return k, nil
		}
	}
	return nil, errors.New("draw private key: the random source gives no usable number")
}

// public gives the public key of a private one.
func (d *domain) public(k *big.Int) element {
	if d.base != nil {
		return d.affine(d.base.mul(d, k))
	}
	return d.mul(d.g, k)
}

// mul gives k·e, or e^k in a group.
func (d *domain) mul(e element, k *big.Int) element {
	if !d.isCurve() {
		return element{x: new(big.Int).Exp(e.x, k, d.p)}
	}
	return d.mulPoint(e, k)
}

// add gives a+b, or a·b in a group.
func (d *domain) add(a, b element) element {
	if !d.isCurve() {
		v := new(big.Int).Mul(a.x, b.x)
		return element{x: v.Mod(v, d.p)}
	}
	return d.affine(d.addJacobian(d.jacobian(a), d.jacobian(b)))
}

// agree gives the shared secret: the x coordinate, or the group member, at full length (Doc 9303-11 §4.4.3.4, §9.4).
func (d *domain) agree(k *big.Int, peer element) ([]byte, error) {
	s := d.mul(peer, k)
	if s.infinite() || (!d.isCurve() && s.x.Cmp(big.NewInt(1)) <= 0) {
		return nil, errDomain
	}
	return s.x.FillBytes(make([]byte, d.size())), nil
}

// encode writes an element as ephemeral public keys go over the wire (Doc 9303-11 §9.4.4): 04 || X || Y, or an unsigned integer
// without leading zeros (BSI TR-03110-3 §D.2.1.1).
func (d *domain) encode(e element) []byte {
	if !d.isCurve() {
		return e.x.Bytes()
	}
	out := make([]byte, 1+2*d.size())
	out[0] = 0x04
	e.x.FillBytes(out[1 : 1+d.size()])
	e.y.FillBytes(out[1+d.size():])
	return out
}

// decode reads a foreign element and checks that it is one (Doc 9303-11 §4.4.3: chips must validate).
func (d *domain) decode(b []byte) (element, error) {
	if !d.isCurve() {
		return d.decodeMember(b)
	}
	if len(b) != 1+2*d.size() || b[0] != 0x04 {
		return element{}, errDomain
	}
	e := element{new(big.Int).SetBytes(b[1 : 1+d.size()]), new(big.Int).SetBytes(b[1+d.size():])}
	if e.x.Cmp(d.p) >= 0 || e.y.Cmp(d.p) >= 0 {
		return element{}, errDomain
	}
	left := new(big.Int).Mul(e.y, e.y)
	if left.Sub(left, d.square(e.x)).Mod(left, d.p).Sign() != 0 {
		return element{}, errDomain
	}
	return e, nil
}

// square gives x³ + ax + b, the square of y.
func (d *domain) square(x *big.Int) *big.Int {
	v := new(big.Int).Mul(x, x)
	v.Add(v, d.a).Mul(v, x).Add(v, d.b)
	return v.Mod(v, d.p)
}

// decodeMember reads a member of the group's subgroup of order n, neither 0, 1 nor p-1.
func (d *domain) decodeMember(b []byte) (element, error) {
	if len(b) == 0 || len(b) > d.size() {
		return element{}, errDomain
	}
	v := new(big.Int).SetBytes(b)
	one := big.NewInt(1)
	if v.Cmp(one) <= 0 || v.Cmp(new(big.Int).Sub(d.p, one)) >= 0 || new(big.Int).Exp(v, d.n, d.p).Cmp(one) != 0 {
		return element{}, errDomain
	}
	return element{x: v}, nil
}
