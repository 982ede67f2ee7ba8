package dh

import (
	"math/big"
	"math/bits"
)

// modulus is arithmetic modulo an odd number in Montgomery form. The time that mul and exp take depends on the modulus and the
// length of the exponent alone.
type modulus struct {
	m    []uint64 // little-endian limbs
	inv  uint64   // -1/m mod 2^64
	r2   []uint64 // 2^(128 n) mod m
	one  []uint64 // 2^(64 n) mod m
	size int      // bytes of an encoded residue
}

func newModulus(m *big.Int) *modulus {
	n := (m.BitLen() + 63) / 64
	f := &modulus{size: (m.BitLen() + 7) / 8}
	f.m = limbs(m, n)
	f.inv = negInverse(f.m[0])
	r := new(big.Int).Lsh(big.NewInt(1), uint(64*n))
	f.one = limbs(new(big.Int).Mod(r, m), n)
	f.r2 = limbs(r.Mod(r.Mul(r, r), m), n)
	return f
}

// limbs splits a number below 2^(64 n).
func limbs(x *big.Int, n int) []uint64 {
	buf := x.FillBytes(make([]byte, 8*n))
	out := make([]uint64, n)
	for i := range out {
		for _, b := range buf[8*(n-1-i) : 8*(n-i)] {
			out[i] = out[i]<<8 | uint64(b)
		}
	}
	return out
}

// negInverse gives -1/m mod 2^64 for odd m by Newton's iteration.
func negInverse(m uint64) uint64 {
	x := m
	for range 6 {
		x *= 2 - m*x
	}
	return -x
}

// mul sets z = x·y/R mod m; t is scratch of n+2 limbs. z may alias x or y.
func (f *modulus) mul(z, x, y, t []uint64) {
	n := len(f.m)
	t = t[:n+2]
	clear(t)
	for _, v := range y[:n] {
		c := addMul(t[:n], x[:n], v)
		var k uint64
		t[n], k = bits.Add64(t[n], c, 0)
		t[n+1] = k
		q := t[0] * f.inv
		c = addMul(t[:n], f.m, q)
		t[n], k = bits.Add64(t[n], c, 0)
		t[n+1] += k
		copy(t, t[1:])
		t[n+1] = 0
	}
	f.reduce(z, t[:n], t[n])
}

// addMul sets t += x·v and gives the carry.
func addMul(t, x []uint64, v uint64) (c uint64) {
	for j, w := range x {
		hi, lo := bits.Mul64(w, v)
		var k uint64
		lo, k = bits.Add64(lo, t[j], 0)
		hi += k
		lo, k = bits.Add64(lo, c, 0)
		t[j], c = lo, hi+k
	}
	return c
}

// reduce sets z = t mod m for t + top·R below 2m.
func (f *modulus) reduce(z, t []uint64, top uint64) {
	var b uint64
	for i, v := range t {
		z[i], b = bits.Sub64(v, f.m[i], b)
	}
	_, b = bits.Sub64(top, 0, b)
	keep := -b // all ones when t < m
	for i, v := range t {
		z[i] ^= keep & (z[i] ^ v)
	}
}

// exp gives x^e for a residue x below m and a big-endian exponent, whose length alone shows in the time.
func (f *modulus) exp(x *big.Int, e []byte) []byte {
	n := len(f.m)
	t := make([]uint64, n+2)
	var table [16][]uint64
	table[0] = f.one
	base := limbs(x, n)
	f.mul(base, base, f.r2, t)
	for i := 1; i < len(table); i++ {
		table[i] = make([]uint64, n)
		f.mul(table[i], table[i-1], base, t)
	}
	r, w := append([]uint64(nil), f.one...), make([]uint64, n)
	for _, b := range e {
		for _, nibble := range [2]byte{b >> 4, b & 15} {
			for range 4 {
				f.mul(r, r, r, t)
			}
			pick(w, &table, nibble)
			f.mul(r, r, w, t)
		}
	}
	out := f.bytes(r, t)
	clear(r)
	clear(w)
	return out
}

// pick copies table[i] into w, touching every entry.
func pick(w []uint64, table *[16][]uint64, i byte) {
	clear(w)
	for j, row := range table {
		d := uint64(i) ^ uint64(j)
		mask := (d|-d)>>63 - 1 // all ones when j == i
		for k, v := range row {
			w[k] |= mask & v
		}
	}
}

// product gives x·y for residues at full width.
func (f *modulus) product(x, y *big.Int) []byte {
	n := len(f.m)
	t := make([]uint64, n+2)
	a, b := limbs(x, n), limbs(y, n)
	f.mul(a, a, f.r2, t)
	f.mul(a, a, b, t)
	return encode(a, f.size)
}

// bytes gives x out of Montgomery form, big-endian at full width.
func (f *modulus) bytes(x, t []uint64) []byte {
	one := make([]uint64, len(f.m))
	one[0] = 1
	f.mul(one, x, one, t)
	return encode(one, f.size)
}

func encode(x []uint64, size int) []byte {
	out := make([]byte, size)
	for i := range out {
		j := size - 1 - i
		out[i] = byte(x[j/8] >> (8 * (j % 8)))
	}
	return out
}
