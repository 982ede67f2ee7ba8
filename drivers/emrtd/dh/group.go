package dh

import (
	"errors"
	"fmt"
	"math/big"
)

// Errors of groups, elements and keys.
var (
	ErrUnknownGroup = errors.New("unknown diffie-hellman group")
	ErrParameters   = errors.New("diffie-hellman parameters are malformed")
	ErrEncoding     = errors.New("element is neither encoded at the modulus' width nor without leading zeros")
	ErrNotInGroup   = errors.New("element is not in the subgroup")
	ErrScalar       = errors.New("private key is not in [1, q-1]")
)

// The sizes of a modulus, in bits.
const (
	minBits = 1024
	maxBits = 4096
)

// Group is the subgroup of order Q of the integers modulo the prime P, with a generator. The numbers must not be changed.
type Group struct {
	P, G, Q *big.Int
	Name    string // "MODP-2048/256", …
	ID      int    // standardised domain parameter id (Doc 9303-11 §9.5.1), -1 when it has none

	mod *modulus
}

// String gives the name.
func (g *Group) String() string { return g.Name }

// Size gives the width of an element in bytes.
func (g *Group) Size() int { return g.mod.size }

// ScalarSize gives the width of a private key in bytes.
func (g *Group) ScalarSize() int { return (g.Q.BitLen() + 7) / 8 }

// Groups gives every standardised group.
func Groups() []*Group { return append([]*Group(nil), groups...) }

// ByID gives the group of a standardised domain parameter id, 0 to 2. Error: ErrUnknownGroup.
func ByID(id int) (*Group, error) {
	for _, g := range groups {
		if g.ID == id {
			return g, nil
		}
	}
	return nil, fmt.Errorf("%w: domain parameter id %d", ErrUnknownGroup, id)
}

// FromParameters gives the group that written-out parameters describe; q is nil when they do not say it. A group that is not
// one of the table must be a safe prime, or say a prime q whose subgroup g generates. Errors: ErrParameters, ErrUnknownGroup.
func FromParameters(p, g, q *big.Int) (*Group, error) {
	one := big.NewInt(1)
	if p == nil || g == nil || p.Sign() <= 0 || p.BitLen() < minBits || p.BitLen() > maxBits || p.Bit(0) == 0 ||
		g.Cmp(one) <= 0 || g.Cmp(new(big.Int).Sub(p, one)) >= 0 || q != nil && (q.Sign() <= 0 || q.Cmp(p) >= 0) {
		return nil, ErrParameters
	}
	for _, k := range groups {
		if k.P.Cmp(p) == 0 && k.G.Cmp(g) == 0 && (q == nil || k.Q.Cmp(q) == 0) {
			return k, nil
		}
	}
	if q == nil {
		q = new(big.Int).Rsh(p, 1) // of a safe prime; anything else fails the test of primality
	}
	rest := new(big.Int).Mod(new(big.Int).Sub(p, one), q)
	if q.BitLen() < 160 || rest.Sign() != 0 || !p.ProbablyPrime(20) || !q.ProbablyPrime(20) {
		return nil, fmt.Errorf("%w: explicit parameters of %d bits", ErrUnknownGroup, p.BitLen())
	}
	if square := new(big.Int).Exp(g, q, p); square.Cmp(one) != 0 {
		return nil, fmt.Errorf("%w: generator outside the subgroup", ErrUnknownGroup)
	}
	return newGroup(fmt.Sprintf("DH-%d/%d", p.BitLen(), q.BitLen()), -1, p, g, q), nil
}

func newGroup(name string, id int, p, g, q *big.Int) *Group {
	return &Group{P: p, G: g, Q: q, Name: name, ID: id, mod: newModulus(p)}
}

// WithGenerator gives the same group with another generator: what the mappings of PACE make (Doc 9303-11 §4.4.3.3). Its elements
// are exchangeable with g's. Error: ErrNotInGroup, also for the neutral element.
func (g *Group) WithGenerator(e *Element) (*Group, error) {
	if e.g.P != g.P || e.y.Cmp(big.NewInt(1)) <= 0 {
		return nil, ErrNotInGroup
	}
	m := *g
	m.G, m.Name, m.ID = e.y, g.Name+" mapped", -1
	return &m, nil
}

// Element is a member of one group's subgroup. Elements do not change once made.
type Element struct {
	g *Group
	y *big.Int
}

// Group gives the group the element is of.
func (e *Element) Group() *Group { return e.g }

// Bytes gives the element, big-endian at the modulus' width.
func (e *Element) Bytes() []byte { return e.y.FillBytes(make([]byte, e.g.Size())) }

// Equal reports whether e and f are the same element of the same group.
func (e *Element) Equal(f *Element) bool { return e.g.P.Cmp(f.g.P) == 0 && e.y.Cmp(f.y) == 0 }

// Generator gives the generator.
func (g *Group) Generator() *Element { return &Element{g, g.G} }

// Unmarshal reads an element at the modulus' full width, or as an unsigned integer without leading zero bytes, which is how BSI
// TR-03110-3 §D.2.1.1 has it and some chips do, and checks that it is an element. Errors: ErrEncoding, ErrNotInGroup.
func (g *Group) Unmarshal(b []byte) (*Element, error) {
	if len(b) == 0 || len(b) > g.Size() || len(b) < g.Size() && b[0] == 0 {
		return nil, ErrEncoding
	}
	return g.Element(new(big.Int).SetBytes(b))
}

// Element gives the element y after checking 2 ≤ y ≤ p-2 and y^q = 1 (RFC 2631 §2.1.5). Error: ErrNotInGroup.
func (g *Group) Element(y *big.Int) (*Element, error) {
	one := big.NewInt(1)
	last := new(big.Int).Sub(g.P, one)
	if y == nil || y.Cmp(one) <= 0 || y.Cmp(last) >= 0 {
		return nil, ErrNotInGroup
	}
	if last.Exp(y, g.Q, g.P); last.Cmp(one) != 0 {
		return nil, ErrNotInGroup
	}
	return &Element{g, y}, nil
}

// Mul gives the product of two elements.
func (g *Group) Mul(a, b *Element) *Element {
	return &Element{g, new(big.Int).SetBytes(g.mod.product(a.y, b.y))}
}

// Exp gives e^k for a big-endian k of any length, which alone shows in the time taken.
func (g *Group) Exp(e *Element, k []byte) *Element {
	return &Element{g, new(big.Int).SetBytes(g.mod.exp(e.y, k))}
}

// BaseExp gives G^k.
func (g *Group) BaseExp(k []byte) *Element { return g.Exp(g.Generator(), k) }

// FromResidue maps a number modulo P into the subgroup: x^((p-1)/q), the function f_g of the integrated mapping (Doc 9303-11
// §4.4.3.3.2). Error: ErrNotInGroup when the result is the neutral element.
func (g *Group) FromResidue(x *big.Int) (*Element, error) {
	cofactor := new(big.Int).Sub(g.P, big.NewInt(1))
	cofactor.Div(cofactor, g.Q)
	y := new(big.Int).SetBytes(g.mod.exp(new(big.Int).Mod(x, g.P), cofactor.Bytes()))
	if y.Cmp(big.NewInt(1)) <= 0 {
		return nil, ErrNotInGroup
	}
	return &Element{g, y}, nil
}
