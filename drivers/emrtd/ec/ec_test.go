package ec

import (
	"bytes"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"math/big"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func randomScalar(t testing.TB, c *Curve) *big.Int {
	t.Helper()
	k, err := rand.Int(rand.Reader, c.N)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestParameters(t *testing.T) {
	for _, c := range curves {
		if !c.P.ProbablyPrime(16) || !c.N.ProbablyPrime(16) {
			t.Errorf("%s: modulus or order is not prime", c)
		}
		g := c.Generator()
		if !c.IsOnCurve(g) {
			t.Errorf("%s: base point off the curve", c)
		}
		if p := c.ScalarMult(g, c.N.Bytes()); !p.IsInfinity() {
			t.Errorf("%s: order times base point is not infinity", c)
		}
		last := new(big.Int).Sub(c.N, big.NewInt(1))
		if p := c.Add(c.ScalarBaseMult(last.Bytes()), g); !p.IsInfinity() {
			t.Errorf("%s: (n-1)·G + G is not infinity", c)
		}
		if d := new(big.Int).Sub(c.N, c.P); d.BitLen() > c.P.BitLen()/2+2 { // Hasse, cofactor 1
			t.Errorf("%s: order does not fit the modulus", c)
		}
	}
}

// The standard library's own implementations, over thousands of scalars.
//
//nolint:staticcheck // the deprecated group law is just what there is to compare with
func TestAgainstStandardLibrary(t *testing.T) {
	std := map[string]elliptic.Curve{
		"P-224": elliptic.P224(), "P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521(),
	}
	rounds := map[string]int{"P-224": 700, "P-256": 1000, "P-384": 200, "P-521": 100}
	for name, s := range std {
		c, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		n := rounds[name]
		if testing.Short() {
			n /= 20
		}
		for range n {
			k, l := randomScalar(t, c), randomScalar(t, c)
			p, q := c.ScalarBaseMult(k.Bytes()), c.ScalarBaseMult(l.Bytes())
			x, y := s.ScalarBaseMult(k.Bytes())
			if want := elliptic.Marshal(s, x, y); !bytes.Equal(c.Marshal(p), want) {
				t.Fatalf("%s: base multiplication differs", name)
			}
			x2, y2 := s.ScalarMult(x, y, l.Bytes())
			if want := elliptic.Marshal(s, x2, y2); !bytes.Equal(c.Marshal(c.ScalarMult(p, l.Bytes())), want) {
				t.Fatalf("%s: multiplication differs", name)
			}
			qx, qy := s.ScalarBaseMult(l.Bytes())
			ax, ay := s.Add(x, y, qx, qy)
			if want := elliptic.Marshal(s, ax, ay); !bytes.Equal(c.Marshal(c.Add(p, q)), want) {
				t.Fatalf("%s: addition differs", name)
			}
		}
	}
}

// Every curve against the textbook formulas.
func TestAgainstReference(t *testing.T) {
	for _, c := range curves {
		r := reference{c}
		for range 3 {
			k, l := randomScalar(t, c), randomScalar(t, c)
			a, b := r.mult(r.generator(), k), r.mult(r.generator(), l)
			p, q := c.ScalarBaseMult(k.Bytes()), c.ScalarBaseMult(l.Bytes())
			if !r.same(p, a) || !r.same(q, b) || !r.same(c.Add(p, q), r.add(a, b)) || !r.same(c.Add(p, p), r.add(a, a)) {
				t.Fatalf("%s: group law differs", c)
			}
			if got := c.doubleMult(k.Bytes(), q, l.Bytes()); !r.same(got, r.add(a, r.mult(b, l))) {
				t.Fatalf("%s: double multiplication differs", c)
			}
		}
	}
}

// The complete formulas have no exceptions: infinity, equal and opposite points.
func TestCompleteness(t *testing.T) {
	for _, c := range curves {
		g, o := c.Generator(), c.Infinity()
		minus := c.ScalarBaseMult(new(big.Int).Sub(c.N, big.NewInt(1)).Bytes())
		two := c.ScalarBaseMult([]byte{2})
		for name, ok := range map[string]bool{
			"O+O": c.Add(o, o).IsInfinity(), "G+O": c.Add(g, o).Equal(g), "O+G": c.Add(o, g).Equal(g),
			"G-G": c.Add(g, minus).IsInfinity(), "G+G": c.Add(g, g).Equal(two), "0·G": c.ScalarBaseMult(nil).IsInfinity(),
			"1·G": c.ScalarBaseMult([]byte{1}).Equal(g), "5·O": c.ScalarMult(o, []byte{5}).IsInfinity(),
			"O off curve": !c.IsOnCurve(o), "G is not O": !g.Equal(o) && !o.Equal(g),
		} {
			if !ok {
				t.Errorf("%s: %s is wrong", c, name)
			}
		}
	}
}

// RFC 7027 App. A: key agreement on brainpool curves.
func TestRFC7027(t *testing.T) {
	for _, v := range rfc7027 {
		c, err := ByName(v.curve)
		if err != nil {
			t.Fatal(err)
		}
		a, errA := c.NewPrivateKey(unhex(t, v.dA))
		b, errB := c.NewPrivateKey(unhex(t, v.dB))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if got, want := c.Marshal(a.Public), unhex(t, "04"+v.qA); !bytes.Equal(got, want) {
			t.Errorf("%s: qA = %X", c, got)
		}
		if got, want := c.Marshal(b.Public), unhex(t, "04"+v.qB); !bytes.Equal(got, want) {
			t.Errorf("%s: qB = %X", c, got)
		}
		z, err := a.ECDH(b.Public)
		if err != nil || !bytes.Equal(z.X(), unhex(t, v.z)) {
			t.Errorf("%s: Z = %X, %v", c, z.X(), err)
		}
		if z2, err := b.ECDH(a.Public); err != nil || !z2.Equal(z) {
			t.Errorf("%s: the two sides differ: %v", c, err)
		}
	}
}

// Doc 9303-11 App. G.1: generic mapping on brainpoolP256r1.
func TestGenericMapping(t *testing.T) {
	c, err := ByID(13)
	if err != nil {
		t.Fatal(err)
	}
	own, err := c.NewPrivateKey(unhex(t, "7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99"))
	if err != nil {
		t.Fatal(err)
	}
	peer, err := c.Unmarshal(unhex(t, "04824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F57"+
		"30D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C54"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := own.ECDH(peer)
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.WithGenerator(c.Add(c.ScalarBaseMult(unhex(t, "3F00C4D39D153F2B2A214A078D899B22")), h))
	if err != nil {
		t.Fatal(err)
	}
	want := "048CED63C91426D4F0EB1435E7CB1D74A46723A0AF21C89634F65A9AE87A9265E28C879506743F8611AC33645C5B985C80B5F09A0B83407C1B6A4D857AE76FE522"
	if got := m.Marshal(m.Generator()); !bytes.Equal(got, unhex(t, want)) {
		t.Errorf("mapped generator %X", got)
	}
	k, err := m.NewPrivateKey(unhex(t, "A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := k.Public.X(), unhex(t, "2DB7A64C0355044EC9DF190514C625CBA2CEA48754887122F3A5EF0D5EDD301C"); !bytes.Equal(got, want) {
		t.Errorf("ephemeral key %X", got)
	}
	if _, err := c.WithGenerator(c.Infinity()); !errors.Is(err, ErrInfinity) {
		t.Errorf("infinity as generator: %v", err)
	}
}

func TestMarshal(t *testing.T) {
	for _, c := range curves {
		n := c.Size()
		for range 5 {
			p := c.ScalarBaseMult(randomScalar(t, c).Bytes())
			b := c.Marshal(p)
			if len(b) != 1+2*n {
				t.Fatalf("%s: encoding of %d bytes", c, len(b))
			}
			q, err := c.Unmarshal(b)
			if err != nil || !q.Equal(p) {
				t.Fatalf("%s: round trip: %v", c, err)
			}
		}
		good := c.Marshal(c.Generator())
		flip := bytes.Clone(good)
		flip[len(flip)-1] ^= 1
		big := append([]byte{4}, append(c.P.FillBytes(make([]byte, n)), good[1+n:]...)...)
		for name, b := range map[string][]byte{
			"empty": nil, "infinity": {0}, "short": good[:len(good)-1], "long": append(bytes.Clone(good), 0), "off": flip,
			"beyond": big, "hybrid": append([]byte{6}, good[1:]...), "compressed": append([]byte{2}, good[1:1+n]...),
		} {
			if _, err := c.Unmarshal(b); err == nil {
				t.Errorf("%s: %s point accepted", c, name)
			}
		}
		if got := c.Marshal(c.Infinity()); !bytes.Equal(got, []byte{0}) {
			t.Errorf("%s: infinity is %X", c, got)
		}
	}
}

// Coordinates with leading zeros keep their width: without this about seven PACE runs in a thousand fail.
func TestLeadingZeros(t *testing.T) {
	c, _ := ByID(13)
	found := 0
	p, g := c.Generator(), c.Generator()
	for range 3000 {
		p = c.Add(p, g)
		x, y := p.X(), p.Y()
		if len(x) != 32 || len(y) != 32 {
			t.Fatalf("coordinates of %d and %d bytes", len(x), len(y))
		}
		if x[0] != 0 && y[0] != 0 {
			continue
		}
		found++
		q, err := c.Unmarshal(c.Marshal(p))
		if err != nil || !q.Equal(p) {
			t.Fatalf("point with a leading zero: %v", err)
		}
	}
	if found < 5 {
		t.Fatalf("only %d points with a leading zero were met", found)
	}
}

func TestFromParameters(t *testing.T) {
	for _, c := range curves {
		got, err := FromParameters(c.P, c.A, c.B, c.Gx, c.Gy, c.N, 1)
		if err != nil || got != c {
			t.Errorf("%s: %v, %v", c, got, err)
		}
		if got, err = FromParameters(c.P, c.A, c.B, c.Gx, c.Gy, c.N, 0); err != nil || got != c {
			t.Errorf("%s without cofactor: %v, %v", c, got, err)
		}
		got, err = FromParametersCompressed(c.P, c.A, c.B, c.Gx, c.Gy.Bit(0) == 1, c.N, 1)
		if err != nil || got != c {
			t.Errorf("%s compressed: %v, %v", c, got, err)
		}
		two := c.ScalarBaseMult([]byte{2})
		x, y := new(big.Int).SetBytes(two.X()), new(big.Int).SetBytes(two.Y())
		if _, err := FromParameters(c.P, c.A, c.B, x, y, c.N, 1); !errors.Is(err, ErrUnknownCurve) {
			t.Errorf("%s with another base point: %v", c, err) // CVE-2020-0601
		}
		if _, err := FromParameters(c.P, c.A, c.B, c.Gx, c.Gy, c.N, 2); !errors.Is(err, ErrParameters) {
			t.Errorf("%s with cofactor 2: %v", c, err)
		}
		huge := new(big.Int).Lsh(c.P, 4096)
		if _, err := FromParameters(huge, c.A, c.B, c.Gx, c.Gy, c.N, 1); !errors.Is(err, ErrParameters) {
			t.Errorf("%s with a huge modulus: %v", c, err)
		}
		if _, err := FromParameters(c.P, c.A, nil, c.Gx, c.Gy, c.N, 1); !errors.Is(err, ErrParameters) {
			t.Errorf("%s without b: %v", c, err)
		}
	}
}

func TestLookup(t *testing.T) {
	for id := -1; id < 25; id++ {
		c, err := ByID(id)
		if known := id >= 8 && id <= 18; known != (err == nil) || known && c.ID != id {
			t.Errorf("id %d: %v, %v", id, c, err)
		}
	}
	for _, c := range curves {
		if got, err := ByOID(c.OID); err != nil || got != c {
			t.Errorf("%s by oid: %v, %v", c, got, err)
		}
	}
	if _, err := ByOID(asn1.ObjectIdentifier{1, 2, 3}); !errors.Is(err, ErrUnknownCurve) {
		t.Errorf("unknown oid: %v", err)
	}
	if len(Curves()) != len(curves) {
		t.Error("Curves is not the table")
	}
}
