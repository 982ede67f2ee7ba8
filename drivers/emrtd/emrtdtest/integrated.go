package emrtdtest

import (
	"crypto/cipher"
	"encoding/hex"
	"math/big"
)

// prf is the pseudo-random function of integrated mapping (Doc 9303-11 §4.4.3.3.2): a block cipher and two constants.
type prf struct {
	cipher Cipher
	c0, c1 []byte
}

// The constants of the pseudo-random function, for keys of up to 128 bits and for longer ones.
const (
	prfShort0 = "a668892a7c41e3ca739f40b057d85904"
	prfShort1 = "a4e136ac725f738b01c1f60217c188ad"
	prfLong0  = "d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676"
	prfLong1  = "54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517"
)

func prfFor(c Cipher) prf {
	a, b := prfShort0, prfShort1
	if c.keySize() > 16 {
		a, b = prfLong0, prfLong1
	}
	c0, err0 := hex.DecodeString(a)
	c1, err1 := hex.DecodeString(b)
	if err0 != nil || err1 != nil {
		panic("emrtdtest: bad constant of the pseudo-random function")
	}
	return prf{c, c0, c1}
}

// size is the length of a nonce, and of each part of the output, in bytes.
func (f prf) size() int { return len(f.c0) }

// number gives R_p(s,t), a number below p: k₀ = E(t, s), xᵢ = E(kᵢ₋₁, c₁), kᵢ = E(kᵢ₋₁, c₀) until there are 64 bits more than p has.
func (f prf) number(s, t []byte, p *big.Int) (*big.Int, error) {
	k, err := f.encrypt(t, s)
	if err != nil {
		return nil, err
	}
	var x []byte
	for 8*len(x) < p.BitLen()+64 {
		part, err := f.encrypt(k, f.c1)
		if err != nil {
			return nil, err
		}
		x = append(x, part...)
		if k, err = f.encrypt(k, f.c0); err != nil {
			return nil, err
		}
	}
	v := new(big.Int).SetBytes(x)
	return v.Mod(v, p), nil
}

// encrypt is CBC with a zero vector; of a key that is longer than the cipher takes the first bytes count.
func (f prf) encrypt(key, data []byte) ([]byte, error) {
	if len(key) < f.cipher.keySize() {
		return nil, errDomain
	}
	block, err := f.cipher.block(key[:f.cipher.keySize()])
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(data))
	cipher.NewCBCEncrypter(block, make([]byte, block.BlockSize())).CryptBlocks(out, data)
	return out, nil
}

// integrate maps two nonces to an element of the domain.
func (d *domain) integrate(f prf, s, t []byte) (element, error) {
	if len(t) != f.cipher.keySize() {
		return element{}, errDomain
	}
	r, err := f.number(s, t, d.p)
	if err != nil {
		return element{}, err
	}
	if d.isCurve() {
		return d.encodePoint(r)
	}
	// ĝ = r^((p-1)/q) (Doc 9303-11 §4.4.3.3.2, Diffie-Hellman)
	e := new(big.Int).Sub(d.p, big.NewInt(1))
	return element{x: r.Exp(r, e.Div(e, d.n), d.p)}, nil
}

// encodePoint is the point encoding of Doc 9303-11 appendix B.1 (simplified SWU) for p = 3 mod 4 and cofactor 1.
func (d *domain) encodePoint(t *big.Int) (element, error) {
	one := big.NewInt(1)
	if d.p.Bit(0) != 1 || d.p.Bit(1) != 1 {
		return element{}, errDomain
	}
	alpha := d.subMod(new(big.Int), d.mulMod(t, t))
	i := new(big.Int).ModInverse(new(big.Int).Mod(new(big.Int).Add(alpha, d.mulMod(alpha, alpha)), d.p), d.p)
	ia := new(big.Int).ModInverse(d.a, d.p)
	if i == nil || ia == nil {
		return element{}, errDomain
	}
	x2 := d.mulMod(d.subMod(new(big.Int), d.mulMod(d.b, ia)), new(big.Int).Add(one, i))
	x3 := d.mulMod(alpha, x2)
	h2 := d.square(x2)
	u := d.mulMod(d.mulMod(t, d.mulMod(t, t)), h2)
	e := new(big.Int).Add(d.p, one) // A = h2^(p-1-(p+1)/4)
	e.Sub(new(big.Int).Sub(d.p, one), e.Rsh(e, 2))
	a := new(big.Int).Exp(h2, e, d.p)
	if d.mulMod(d.mulMod(a, a), h2).Cmp(one) == 0 {
		return element{x2, d.mulMod(a, h2)}, nil
	}
	return element{x3, d.mulMod(a, u)}, nil
}
