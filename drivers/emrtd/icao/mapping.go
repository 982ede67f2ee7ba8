package icao

import (
	"bytes"
	"crypto/cipher"
	"encoding/hex"
	"fmt"
	"math/big"
)

// The constants c0 and c1 of the pseudo-random function, for nonces of 128 and of 256 bits (Doc 9303-11 §4.4.3.3.2).
var (
	mapping128 = [2][]byte{constant("a668892a7c41e3ca739f40b057d85904"), constant("a4e136ac725f738b01c1f60217c188ad")}
	mapping256 = [2][]byte{
		constant("d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676"),
		constant("54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517"),
	}
)

func constant(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic("icao: bad constant")
	}
	return b
}

// NonceSize gives the length in bytes of the chip's nonce s for PACE with integrated mapping: the smallest number of blocks that
// is not shorter than the key. The terminal's nonce t has KeySize bytes (Doc 9303-11 §4.4.3.3).
func (a Algorithm) NonceSize() int {
	block := a.BlockSize()
	return (a.KeySize() + block - 1) / block * block
}

// Residue is the pseudo-random function R_p(s,t) of PACE's integrated mapping: the nonces s and t stretched to 64 bits more than
// p has, modulo p (Doc 9303-11 §4.4.3.3.2, figure 2). The reduction is by math/big and takes a time that may depend on the
// nonces, which live for one run.
func Residue(a Algorithm, s, t []byte, p *big.Int) (*big.Int, error) {
	x, err := stretch(a, s, t, p.BitLen()+64)
	if err != nil {
		return nil, err
	}
	defer clear(x)
	r := new(big.Int).SetBytes(x)
	return r.Mod(r, p), nil
}

// stretch gives x_1 || … || x_n of at least so many bits. A key is the last output, cut to the key's size (AES-192 only).
func stretch(a Algorithm, s, t []byte, bits int) ([]byte, error) {
	if a.KeySize() == 0 || len(s) != a.NonceSize() || len(t) != a.KeySize() {
		return nil, fmt.Errorf("map nonces: %d and %d bytes for %s", len(s), len(t), string(a))
	}
	c := mapping128
	if len(s) == len(mapping256[0]) {
		c = mapping256
	}
	key, err := encrypted(a, t, s)
	if err != nil {
		return nil, err
	}
	var out []byte
	for 8*len(out) < bits {
		block, err := encrypted(a, key[:a.KeySize()], c[1])
		if err != nil {
			return nil, err
		}
		out = append(out, block...)
		if key, err = encrypted(a, key[:a.KeySize()], c[0]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func encrypted(a Algorithm, key, data []byte) ([]byte, error) {
	b, err := a.Block(key)
	if err != nil {
		return nil, fmt.Errorf("map nonces: %w", err)
	}
	out := bytes.Clone(data)
	cipher.NewCBCEncrypter(b, make([]byte, b.BlockSize())).CryptBlocks(out, out)
	return out, nil
}
