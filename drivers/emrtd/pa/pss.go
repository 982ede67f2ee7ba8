package pa

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/binary"
	"math/big"
)

// verifyPSS checks an RSASSA-PSS signature (RFC 8017 §8.1.2 and §9.1.2) with the salt length stated and any two hashes.
// crypto/rsa takes one hash for message and mask and treats a salt of no length as "any"; certificates may state otherwise
// (RFC 4055 §3.1). Nothing here is secret.
func verifyPSS(key *rsa.PublicKey, hash, mask crypto.Hash, salt int, digest, sig []byte) bool {
	size := key.Size()
	if len(sig) != size || size > 2048 {
		return false
	}
	s := new(big.Int).SetBytes(sig)
	if s.Cmp(key.N) >= 0 {
		return false
	}
	bits := key.N.BitLen() - 1
	em := s.Exp(s, big.NewInt(int64(key.E)), key.N)
	if em.BitLen() > bits {
		return false
	}
	return emsaPSS(em.FillBytes(make([]byte, (bits+7)/8)), bits, hash, mask, salt, digest)
}

// emsaPSS is EMSA-PSS-VERIFY of an encoded message of so many bits.
func emsaPSS(em []byte, bits int, hash, mask crypto.Hash, salt int, digest []byte) bool {
	h := hash.Size()
	if salt < 0 || len(em) < h+salt+2 || em[len(em)-1] != 0xBC {
		return false
	}
	db, want := em[:len(em)-h-1], em[len(em)-h-1:len(em)-1]
	top := byte(0xFF) >> (8*len(em) - bits)
	if db[0]&^top != 0 {
		return false
	}
	mgf1(db, mask, want)
	db[0] &= top
	padding := db[:len(db)-salt-1]
	if len(bytes.TrimLeft(padding, "\x00")) != 0 || db[len(padding)] != 1 {
		return false
	}
	d := hash.New()
	d.Write(make([]byte, 8))
	d.Write(digest)
	d.Write(db[len(db)-salt:])
	return bytes.Equal(d.Sum(nil), want)
}

// mgf1 xors out with the mask of a seed (RFC 8017 §B.2.1).
func mgf1(out []byte, hash crypto.Hash, seed []byte) {
	for counter := uint32(0); len(out) > 0; counter++ {
		h := hash.New()
		h.Write(seed)
		h.Write(binary.BigEndian.AppendUint32(nil, counter))
		mask := h.Sum(nil)
		n := min(len(mask), len(out))
		for i := range n {
			out[i] ^= mask[i]
		}
		out = out[n:]
	}
}
