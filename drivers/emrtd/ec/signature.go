package ec

import (
	"encoding/asn1"
	"errors"
	"math/big"
)

// ErrSignature means that bytes are not an ECDSA signature in the form asked for.
var ErrSignature = errors.New("not an ecdsa signature")

// MarshalPlain gives r || s, each at the order's width (BSI TR-03111 §5.2.1).
func (c *Curve) MarshalPlain(r, s *big.Int) []byte {
	out := make([]byte, 2*c.fn.size)
	r.FillBytes(out[:c.fn.size])
	s.FillBytes(out[c.fn.size:])
	return out
}

// ParsePlain reads r || s of exactly twice the order's width.
func (c *Curve) ParsePlain(b []byte) (r, s *big.Int, err error) {
	if len(b) != 2*c.fn.size {
		return nil, nil, ErrSignature
	}
	return new(big.Int).SetBytes(b[:c.fn.size]), new(big.Int).SetBytes(b[c.fn.size:]), nil
}

type derSignature struct{ R, S *big.Int }

// MarshalDER gives SEQUENCE { INTEGER r, INTEGER s } (BSI TR-03111 §5.2.2).
func MarshalDER(r, s *big.Int) ([]byte, error) { return asn1.Marshal(derSignature{r, s}) }

// ParseDER reads SEQUENCE { INTEGER r, INTEGER s } without anything after it.
func ParseDER(b []byte) (r, s *big.Int, err error) {
	var sig derSignature
	rest, err := asn1.Unmarshal(b, &sig)
	if err != nil || len(rest) != 0 || sig.R == nil || sig.S == nil || sig.R.Sign() <= 0 || sig.S.Sign() <= 0 {
		return nil, nil, ErrSignature
	}
	return sig.R, sig.S, nil
}

// ParseSignature reads either form: DER when it is one, plain otherwise. Chips use both (Doc 9303-11 §6.1 asks for plain).
func (c *Curve) ParseSignature(b []byte) (r, s *big.Int, err error) {
	if r, s, err = c.ParsePlain(b); err == nil {
		return r, s, nil
	}
	return ParseDER(b)
}
