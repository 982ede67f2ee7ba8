package ec

import (
	"math/big"
	"math/bits"
)

// maxLimbs is enough for P-521.
const maxLimbs = 9

// element is a residue in Montgomery form, little-endian limbs; limbs beyond the field's width are zero.
type element [maxLimbs]uint64

// field is arithmetic modulo an odd number of at most 576 bits. All operations take time that depends on the width alone.
type field struct {
	n    int      // limbs
	size int      // bytes of an encoded residue
	m    element  // modulus
	inv  uint64   // -1/m mod 2^64
	r2   element  // 2^(128 n) mod m
	one  element  // 2^(64 n) mod m
	big  *big.Int // modulus
}

func newField(m *big.Int) *field {
	f := &field{n: (m.BitLen() + 63) / 64, size: (m.BitLen() + 7) / 8, big: m}
	f.m = limbs(m)
	f.inv = negInverse(f.m[0])
	r := new(big.Int).Lsh(big.NewInt(1), uint(64*f.n))
	f.one = limbs(new(big.Int).Mod(r, m))
	f.r2 = limbs(r.Mod(r.Mul(r, r), m))
	return f
}

// limbs splits a number of at most 576 bits.
func limbs(x *big.Int) (e element) {
	var buf [8 * maxLimbs]byte
	x.FillBytes(buf[:])
	for i := range e {
		for j := 0; j < 8; j++ {
			e[i] |= uint64(buf[len(buf)-1-8*i-j]) << (8 * j)
		}
	}
	return e
}

// negInverse gives -1/m mod 2^64 for odd m by Newton's iteration.
func negInverse(m uint64) uint64 {
	x := m
	for range 6 {
		x *= 2 - m*x
	}
	return -x
}

// mul sets z = x·y/R mod m (coarsely integrated operand scanning). z may alias x or y.
func (f *field) mul(z, x, y *element) {
	if f.n == 4 {
		f.mul4(z, x, y)
		return
	}
	var t [maxLimbs + 1]uint64
	for i := 0; i < f.n; i++ {
		f.mulStep(&t, x, y[i])
	}
	f.reduce(z, t[:f.n], t[f.n])
}

// mulStep does t = (t + x·y + q·m) / 2^64 for the q that makes the division exact; t has n+1 limbs.
func (f *field) mulStep(t *[maxLimbs + 1]uint64, x *element, y uint64) {
	n := f.n
	xs, ms, ts := x[:n], f.m[:n], t[:n] // of one length, so that no index below is checked
	var c, k uint64
	for j, v := range xs {
		hi, lo := bits.Mul64(v, y)
		lo, k = bits.Add64(lo, ts[j], 0)
		hi += k
		lo, k = bits.Add64(lo, c, 0)
		ts[j], c = lo, hi+k
	}
	top, over := bits.Add64(t[n], c, 0)
	q := ts[0] * f.inv
	hi, lo := bits.Mul64(q, ms[0])
	_, k = bits.Add64(lo, ts[0], 0)
	c = hi + k
	for j, v := range ms[1:] {
		hi, lo = bits.Mul64(q, v)
		lo, k = bits.Add64(lo, ts[1:][j], 0)
		hi += k
		lo, k = bits.Add64(lo, c, 0)
		ts[j], c = lo, hi+k
	}
	ts[n-1], k = bits.Add64(top, c, 0)
	t[n] = over + k
}

// mul4 is mul for four limbs (brainpoolP256r1, P-256, brainpoolP224r1, P-224), the curves this kiosk meets most.
func (f *field) mul4(z, x, y *element) {
	var t0, t1, t2, t3, t4 uint64
	m0, m1, m2, m3 := f.m[0], f.m[1], f.m[2], f.m[3]
	x0, x1, x2, x3 := x[0], x[1], x[2], x[3]
	for i := 0; i < 4; i++ {
		b := y[i]
		var c, over uint64
		h0, l0 := bits.Mul64(x0, b)
		h1, l1 := bits.Mul64(x1, b)
		h2, l2 := bits.Mul64(x2, b)
		h3, l3 := bits.Mul64(x3, b)
		l1, c = bits.Add64(l1, h0, 0)
		l2, c = bits.Add64(l2, h1, c)
		l3, c = bits.Add64(l3, h2, c)
		h3 += c
		t0, c = bits.Add64(t0, l0, 0)
		t1, c = bits.Add64(t1, l1, c)
		t2, c = bits.Add64(t2, l2, c)
		t3, c = bits.Add64(t3, l3, c)
		t4, over = bits.Add64(t4, h3, c)
		q := t0 * f.inv
		h0, l0 = bits.Mul64(q, m0)
		h1, l1 = bits.Mul64(q, m1)
		h2, l2 = bits.Mul64(q, m2)
		h3, l3 = bits.Mul64(q, m3)
		l1, c = bits.Add64(l1, h0, 0)
		l2, c = bits.Add64(l2, h1, c)
		l3, c = bits.Add64(l3, h2, c)
		h3 += c
		_, c = bits.Add64(t0, l0, 0)
		t0, c = bits.Add64(t1, l1, c)
		t1, c = bits.Add64(t2, l2, c)
		t2, c = bits.Add64(t3, l3, c)
		t3, c = bits.Add64(t4, h3, c)
		t4 = over + c
	}
	var s0, s1, s2, s3, b uint64
	s0, b = bits.Sub64(t0, m0, 0)
	s1, b = bits.Sub64(t1, m1, b)
	s2, b = bits.Sub64(t2, m2, b)
	s3, b = bits.Sub64(t3, m3, b)
	_, b = bits.Sub64(t4, 0, b)
	keep := -b // all ones when t < m
	z[0] = s0 ^ keep&(s0^t0)
	z[1] = s1 ^ keep&(s1^t1)
	z[2] = s2 ^ keep&(s2^t2)
	z[3] = s3 ^ keep&(s3^t3)
}

// reduce sets z = t mod m for t = top·2^(64 n) + t < 2m.
func (f *field) reduce(z *element, t []uint64, top uint64) {
	var s element
	var b uint64
	for i, v := range t {
		s[i], b = bits.Sub64(v, f.m[i], b)
	}
	_, b = bits.Sub64(top, 0, b)
	keep := -b
	for i, v := range t {
		z[i] = s[i] ^ keep&(s[i]^v)
	}
}

// add sets z = x + y mod m.
func (f *field) add(z, x, y *element) {
	if f.n == 4 {
		f.add4(z, x, y)
		return
	}
	var t element
	var c uint64
	for i := 0; i < f.n; i++ {
		t[i], c = bits.Add64(x[i], y[i], c)
	}
	f.reduce(z, t[:f.n], c)
}

func (f *field) add4(z, x, y *element) {
	var c, b uint64
	t0, c := bits.Add64(x[0], y[0], 0)
	t1, c := bits.Add64(x[1], y[1], c)
	t2, c := bits.Add64(x[2], y[2], c)
	t3, c := bits.Add64(x[3], y[3], c)
	s0, b := bits.Sub64(t0, f.m[0], 0)
	s1, b := bits.Sub64(t1, f.m[1], b)
	s2, b := bits.Sub64(t2, f.m[2], b)
	s3, b := bits.Sub64(t3, f.m[3], b)
	_, b = bits.Sub64(c, 0, b)
	keep := -b
	z[0] = s0 ^ keep&(s0^t0)
	z[1] = s1 ^ keep&(s1^t1)
	z[2] = s2 ^ keep&(s2^t2)
	z[3] = s3 ^ keep&(s3^t3)
}

// sub sets z = x - y mod m.
func (f *field) sub(z, x, y *element) {
	var t element
	var b, c uint64
	n := f.n
	for i := 0; i < n; i++ {
		t[i], b = bits.Sub64(x[i], y[i], b)
	}
	mask := -b
	for i := 0; i < n; i++ {
		z[i], c = bits.Add64(t[i], f.m[i]&mask, c)
	}
}

// pow sets z = x^e for a public exponent.
func (f *field) pow(z, x *element, e *big.Int) {
	r, b := f.one, *x
	for i := e.BitLen() - 1; i >= 0; i-- {
		f.mul(&r, &r, &r)
		if e.Bit(i) == 1 {
			f.mul(&r, &r, &b)
		}
	}
	*z = r
}

// invert sets z = 1/x by Fermat's theorem, 0 for 0. The modulus must be prime.
func (f *field) invert(z, x *element) {
	f.pow(z, x, new(big.Int).Sub(f.big, big.NewInt(2)))
}

// fromBig gives x in Montgomery form; x must be in [0, m).
func (f *field) fromBig(x *big.Int) (e element) {
	e = limbs(x)
	f.mul(&e, &e, &f.r2)
	return e
}

// fromBytes reads a big-endian number of at most size bytes, which must be below m; ok says whether it is.
func (f *field) fromBytes(b []byte) (e element, ok bool) {
	if len(b) > f.size {
		return e, false
	}
	for i, v := range b {
		j := len(b) - 1 - i
		e[j/8] |= uint64(v) << (8 * (j % 8))
	}
	var borrow uint64
	for i := range e {
		_, borrow = bits.Sub64(e[i], f.m[i], borrow)
	}
	f.mul(&e, &e, &f.r2)
	return e, borrow == 1
}

// bytes gives x out of Montgomery form, big-endian at full width.
func (f *field) bytes(x *element) []byte {
	t := element{1}
	f.mul(&t, x, &t)
	out := make([]byte, f.size)
	for i := range out {
		j := len(out) - 1 - i
		out[i] = byte(t[j/8] >> (8 * (j % 8)))
	}
	return out
}

// isZero gives 1 for zero and 0 otherwise.
func (e *element) isZero() uint64 {
	var v uint64
	for _, l := range e {
		v |= l
	}
	return 1 ^ (v|-v)>>63
}

// choose sets z = x when mask is all ones and leaves it when mask is 0.
func (e *element) choose(x *element, mask uint64) {
	for i := range e {
		e[i] ^= mask & (e[i] ^ x[i])
	}
}
