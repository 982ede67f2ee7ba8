package dh

import (
	"errors"
	"fmt"
	"io"
	"math/big"
)

// PrivateKey is an exponent with its element. It prints nothing of itself.
type PrivateKey struct {
	x      []byte // big-endian at q's width
	Public *Element
}

// String redacts.
func (*PrivateKey) String() string { return "[redacted]" }

// GoString redacts.
func (*PrivateKey) GoString() string { return "[redacted]" }

// Bytes gives the exponent, big-endian at q's width.
func (k *PrivateKey) Bytes() []byte { return append([]byte(nil), k.x...) }

// Wipe zeroes the exponent.
func (k *PrivateKey) Wipe() { clear(k.x) }

// NewPrivateKey makes a key of a big-endian exponent. Error: ErrScalar.
func (g *Group) NewPrivateKey(x []byte) (*PrivateKey, error) {
	v := new(big.Int).SetBytes(x)
	if v.Sign() == 0 || v.Cmp(g.Q) >= 0 {
		return nil, ErrScalar
	}
	s := v.FillBytes(make([]byte, g.ScalarSize()))
	return &PrivateKey{x: s, Public: g.BaseExp(s)}, nil
}

// GenerateKey draws a key of q's size from random by rejection: every exponent is equally likely whose public element does not
// begin with a zero byte. One in 256 does, and how it is to be sent is not agreed among implementations.
func (g *Group) GenerateKey(random io.Reader) (*PrivateKey, error) {
	buf := make([]byte, g.ScalarSize())
	defer clear(buf)
	mask := byte(0xFF) >> (8*len(buf) - g.Q.BitLen())
	for range 128 {
		if _, err := io.ReadFull(random, buf); err != nil {
			return nil, fmt.Errorf("draw private key: %w", err)
		}
		buf[0] &= mask
		k, err := g.NewPrivateKey(buf)
		if err == nil && k.Public.y.BitLen() > 8*(g.Size()-1) {
			return k, nil
		}
	}
	return nil, errors.New("draw private key: the random source is broken")
}

// DH gives the shared element; its Bytes are the shared secret (Doc 9303-11 §9.6). Elements are checked when they are made, so
// the result is never the neutral element. Error: ErrNotInGroup for an element of another group.
func (k *PrivateKey) DH(peer *Element) (*Element, error) {
	g := k.Public.g
	if peer.g.P.Cmp(g.P) != 0 || peer.g.Q.Cmp(g.Q) != 0 {
		return nil, ErrNotInGroup
	}
	s := g.Exp(peer, k.x)
	if s.y.Cmp(big.NewInt(1)) <= 0 {
		return nil, ErrNotInGroup
	}
	return s, nil
}
