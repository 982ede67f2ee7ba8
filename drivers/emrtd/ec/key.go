package ec

import (
	"errors"
	"fmt"
	"io"
	"math/big"
)

// PrivateKey is a scalar with its point. It prints nothing of itself.
type PrivateKey struct {
	d      []byte // big-endian at the order's width
	Public *Point
}

// String redacts.
func (*PrivateKey) String() string { return "[redacted]" }

// GoString redacts.
func (*PrivateKey) GoString() string { return "[redacted]" }

// Bytes gives the scalar, big-endian at the order's width.
func (k *PrivateKey) Bytes() []byte { return append([]byte(nil), k.d...) }

// Wipe zeroes the scalar.
func (k *PrivateKey) Wipe() { clear(k.d) }

// NewPrivateKey makes a key of a big-endian scalar. Error: ErrScalar.
func (c *Curve) NewPrivateKey(d []byte) (*PrivateKey, error) {
	if len(d) > c.fn.size {
		return nil, ErrScalar
	}
	e, ok := c.fn.fromBytes(d)
	if !ok || e.isZero() == 1 {
		return nil, ErrScalar
	}
	s := c.scalar(d)
	return &PrivateKey{d: s, Public: c.ScalarBaseMult(s)}, nil
}

// GenerateKey draws a key from random by rejection (FIPS 186-4 §B.4.2), so that every scalar is equally likely.
func (c *Curve) GenerateKey(random io.Reader) (*PrivateKey, error) {
	buf := make([]byte, c.fn.size)
	mask := byte(0xFF) >> (8*c.fn.size - c.N.BitLen())
	for range 128 {
		if _, err := io.ReadFull(random, buf); err != nil {
			return nil, fmt.Errorf("draw private key: %w", err)
		}
		buf[0] &= mask
		k, err := c.NewPrivateKey(buf)
		if err == nil {
			return k, nil
		}
		if !errors.Is(err, ErrScalar) {
			return nil, err
		}
	}
	return nil, errors.New("draw private key: the random source is broken")
}

// ECDH gives the shared point (its X is the shared secret). Errors: ErrNotOnCurve for a point of another curve, ErrInfinity.
func (k *PrivateKey) ECDH(peer *Point) (*Point, error) {
	c := k.Public.c
	if peer.c.fp != c.fp || peer.IsInfinity() {
		return nil, ErrNotOnCurve
	}
	s := c.ScalarMult(peer, k.d)
	if s.IsInfinity() {
		return nil, ErrInfinity
	}
	return s, nil
}

// VerifyECDSA reports whether (r, s) is pub's signature over hash (BSI TR-03111 §4.2.1).
func VerifyECDSA(pub *Point, hash []byte, r, s *big.Int) bool {
	c := pub.c
	if pub.IsInfinity() || r == nil || s == nil || r.Sign() <= 0 || s.Sign() <= 0 || r.Cmp(c.N) >= 0 || s.Cmp(c.N) >= 0 {
		return false
	}
	f := c.fn
	w, e, re := f.fromBig(s), c.digest(hash), f.fromBig(r)
	f.invert(&w, &w)
	f.mul(&e, &e, &w)
	f.mul(&re, &re, &w)
	p := c.doubleMult(f.bytes(&e), pub, f.bytes(&re))
	if p.IsInfinity() {
		return false
	}
	v := new(big.Int).SetBytes(p.X())
	return v.Mod(v, c.N).Cmp(r) == 0
}

// digest gives the leftmost bits of hash as a residue of the order.
func (c *Curve) digest(hash []byte) element {
	if len(hash) > c.fn.size {
		hash = hash[:c.fn.size]
	}
	e := new(big.Int).SetBytes(hash)
	if extra := 8*len(hash) - c.N.BitLen(); extra > 0 {
		e.Rsh(e, uint(extra))
	}
	return c.fn.fromBig(e.Mod(e, c.N))
}

// Sign signs hash with a nonce from random. Chips and document signers are simulated with it; the kiosk signs with Ed25519.
func (k *PrivateKey) Sign(random io.Reader, hash []byte) (r, s *big.Int, err error) {
	c := k.Public.c
	f := c.fn
	for range 128 {
		nonce, err := c.GenerateKey(random)
		if err != nil {
			return nil, nil, err
		}
		r = new(big.Int).SetBytes(nonce.Public.X())
		r.Mod(r, c.N)
		d, _ := f.fromBytes(k.d)
		n, _ := f.fromBytes(nonce.d)
		e, re := c.digest(hash), f.fromBig(r)
		f.invert(&n, &n)
		f.mul(&re, &re, &d)
		f.add(&e, &e, &re)
		f.mul(&e, &e, &n)
		if s = new(big.Int).SetBytes(f.bytes(&e)); r.Sign() != 0 && s.Sign() != 0 {
			return r, s, nil
		}
	}
	return nil, nil, errors.New("sign: the random source is broken")
}
