package dh

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParameters(t *testing.T) {
	one := big.NewInt(1)
	for i, g := range Groups() {
		if !g.P.ProbablyPrime(20) || !g.Q.ProbablyPrime(20) {
			t.Errorf("%s: modulus or order is not prime", g)
		}
		if r := new(big.Int).Mod(new(big.Int).Sub(g.P, one), g.Q); r.Sign() != 0 {
			t.Errorf("%s: the order does not divide p-1", g)
		}
		if v := new(big.Int).Exp(g.G, g.Q, g.P); v.Cmp(one) != 0 {
			t.Errorf("%s: the generator has another order", g)
		}
		if by, err := ByID(i); err != nil || by != g {
			t.Errorf("%s: by id %d: %v, %v", g, i, by, err)
		}
	}
	for _, id := range []int{-1, 3, 8, 13} {
		if _, err := ByID(id); !errors.Is(err, ErrUnknownGroup) {
			t.Errorf("id %d: %v", id, err)
		}
	}
}

// The exponentiation and the product against math/big, with exponents and bases at their limits.
func TestAgainstBig(t *testing.T) {
	for _, g := range groups {
		last := new(big.Int).Sub(g.P, big.NewInt(1))
		bases := []*big.Int{big.NewInt(0), big.NewInt(1), big.NewInt(2), last, new(big.Int).Sub(last, big.NewInt(1)), g.G}
		exponents := [][]byte{nil, {0}, {1}, {0, 0, 2}, g.Q.Bytes(), new(big.Int).Sub(g.Q, big.NewInt(1)).Bytes(), bytes.Repeat([]byte{0xFF}, 33)}
		for range 4 {
			b, err := rand.Int(rand.Reader, g.P)
			if err != nil {
				t.Fatal(err)
			}
			k, err := rand.Int(rand.Reader, g.Q)
			if err != nil {
				t.Fatal(err)
			}
			bases, exponents = append(bases, b), append(exponents, k.Bytes())
		}
		for _, b := range bases {
			for _, k := range exponents {
				want := new(big.Int).Exp(b, new(big.Int).SetBytes(k), g.P).FillBytes(make([]byte, g.Size()))
				if got := g.mod.exp(b, k); !bytes.Equal(got, want) {
					t.Fatalf("%s: %d-bit base to the %X differs", g, b.BitLen(), k)
				}
			}
			for _, c := range bases {
				want := new(big.Int).Mul(b, c)
				want.Mod(want, g.P)
				if got := g.mod.product(b, c); !bytes.Equal(got, want.FillBytes(make([]byte, g.Size()))) {
					t.Fatalf("%s: product differs", g)
				}
			}
		}
	}
}

// Elements outside the subgroup: the range, small orders, full order (RFC 2631 §2.1.5).
func TestMembership(t *testing.T) {
	for _, g := range groups {
		n := g.Size()
		one := big.NewInt(1)
		last := new(big.Int).Sub(g.P, one)
		minus := new(big.Int).Sub(g.P, g.G) // order 2q
		for name, v := range map[string]*big.Int{
			"0": new(big.Int), "1": one, "p-1": last, "p": g.P, "p+g": new(big.Int).Add(g.P, big.NewInt(2)), "-g": minus,
			"p-2": new(big.Int).Sub(last, one), "2": big.NewInt(2), "3": big.NewInt(3),
		} {
			if v.BitLen() > 8*n {
				continue
			}
			if _, err := g.Unmarshal(v.FillBytes(make([]byte, n))); !errors.Is(err, ErrNotInGroup) {
				t.Errorf("%s: element %s: %v", g, name, err)
			}
		}
		good := g.Generator().Bytes()
		if len(good) != n {
			t.Errorf("%s: generator of %d bytes", g, len(good))
		}
		for name, b := range map[string][]byte{"empty": nil, "short": append([]byte{0}, good[2:]...), "long": append([]byte{0}, good...)} {
			if _, err := g.Unmarshal(b); !errors.Is(err, ErrEncoding) {
				t.Errorf("%s: %s: %v", g, name, err)
			}
		}
		if e, err := g.Unmarshal(good); err != nil || !e.Equal(g.Generator()) {
			t.Errorf("%s: generator: %v", g, err)
		}
		if _, err := g.Element(nil); !errors.Is(err, ErrNotInGroup) {
			t.Errorf("%s: no number: %v", g, err)
		}
	}
}

// Keys that are sent begin with another byte than zero.
func TestGeneratedKeysHaveFullWidth(t *testing.T) {
	g := groups[0]
	for range 600 {
		k, err := g.GenerateKey(rand.Reader)
		if err != nil || k.Public.Bytes()[0] == 0 {
			t.Fatalf("%v", err)
		}
	}
}

// Two sides agree, also over a mapped generator, and secrets keep their width when they begin with zeros.
func TestAgreement(t *testing.T) {
	for _, g := range groups {
		mapped, err := g.WithGenerator(g.BaseExp([]byte{9, 7}))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []*Group{g, mapped} {
			a, errA := d.GenerateKey(rand.Reader)
			b, errB := d.GenerateKey(rand.Reader)
			if errA != nil || errB != nil {
				t.Fatal(errA, errB)
			}
			peer, err := g.Unmarshal(b.Public.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			x, errX := a.DH(peer)
			y, errY := b.DH(a.Public)
			if errX != nil || errY != nil || !x.Equal(y) || len(x.Bytes()) != g.Size() || len(a.Bytes()) != g.ScalarSize() {
				t.Fatalf("%s: the two sides differ: %v, %v", d, errX, errY)
			}
		}
	}
	if _, err := groups[0].WithGenerator(&Element{groups[0], big.NewInt(1)}); !errors.Is(err, ErrNotInGroup) {
		t.Errorf("neutral element as generator: %v", err)
	}
	if _, err := groups[0].WithGenerator(groups[1].Generator()); !errors.Is(err, ErrNotInGroup) {
		t.Errorf("generator of another group: %v", err)
	}
	k, err := groups[0].NewPrivateKey([]byte{5})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.DH(groups[1].Generator()); !errors.Is(err, ErrNotInGroup) {
		t.Errorf("element of another group: %v", err)
	}
}

// An element whose encoding begins with a zero byte keeps its width, found by walking through the group.
func TestLeadingZeros(t *testing.T) {
	g := groups[0]
	e, found := g.Generator(), 0
	for range 2000 {
		e = g.Mul(e, g.Generator())
		if b := e.Bytes(); b[0] == 0 {
			found++
			if len(b) != g.Size() {
				t.Fatalf("element of %d bytes", len(b))
			}
			if back, err := g.Unmarshal(b); err != nil || !back.Equal(e) {
				t.Fatalf("element with a leading zero: %v", err)
			}
			if back, err := g.Unmarshal(bytes.TrimLeft(b, "\x00")); err != nil || !back.Equal(e) {
				t.Fatalf("the same element without its leading zero: %v", err)
			}
		}
	}
	if found == 0 {
		t.Fatal("no element with a leading zero was met")
	}
}

func TestPrivateKeys(t *testing.T) {
	for _, g := range groups {
		for name, x := range map[string][]byte{"zero": {0}, "none": nil, "q": g.Q.Bytes(), "q+1": new(big.Int).Add(g.Q, big.NewInt(1)).Bytes()} {
			if _, err := g.NewPrivateKey(x); !errors.Is(err, ErrScalar) {
				t.Errorf("%s: key %s: %v", g, name, err)
			}
		}
		k, err := g.NewPrivateKey([]byte{0, 0, 7})
		if err != nil || len(k.Bytes()) != g.ScalarSize() || k.String() != "[redacted]" || k.GoString() != "[redacted]" {
			t.Errorf("%s: small key: %v", g, err)
			continue
		}
		k.Wipe()
		if !bytes.Equal(k.Bytes(), make([]byte, g.ScalarSize())) {
			t.Errorf("%s: wiped key keeps its exponent", g)
		}
		if _, err := g.GenerateKey(bytes.NewReader(nil)); err == nil {
			t.Errorf("%s: key without randomness", g)
		}
		if _, err := g.GenerateKey(zeros{}); err == nil {
			t.Errorf("%s: key of zeros", g)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestFromParameters(t *testing.T) {
	for _, g := range groups {
		for _, q := range []*big.Int{nil, g.Q} {
			if got, err := FromParameters(g.P, g.G, q); err != nil || got != g {
				t.Errorf("%s: %v, %v", g, got, err)
			}
		}
		other := new(big.Int).Exp(g.G, big.NewInt(5), g.P)
		if got, err := FromParameters(g.P, other, g.Q); err != nil || got.ID != -1 || got.Size() != g.Size() {
			t.Errorf("%s with another generator: %v", g, err)
		}
		if _, err := FromParameters(g.P, other, nil); !errors.Is(err, ErrUnknownGroup) {
			t.Errorf("%s with another generator and no order: %v", g, err)
		}
		if _, err := FromParameters(g.P, big.NewInt(2), g.Q); !errors.Is(err, ErrUnknownGroup) {
			t.Errorf("%s with a generator outside the subgroup: %v", g, err)
		}
		even := new(big.Int).Sub(g.P, big.NewInt(1))
		for name, bad := range map[string][3]*big.Int{
			"no modulus": {nil, g.G, nil}, "no generator": {g.P, nil, nil}, "even": {even, g.G, nil}, "generator 1": {g.P, big.NewInt(1), nil},
			"generator p-1": {g.P, even, nil}, "order p": {g.P, g.G, g.P}, "negative": {new(big.Int).Neg(g.P), g.G, nil},
			"small": {big.NewInt(23), big.NewInt(4), big.NewInt(11)}, "large": {new(big.Int).Lsh(g.P, 4096), g.G, nil},
		} {
			if _, err := FromParameters(bad[0], bad[1], bad[2]); !errors.Is(err, ErrParameters) {
				t.Errorf("%s: %s: %v", g, name, err)
			}
		}
	}
	// RFC 2409 §6.2: the 1024-bit safe prime, as chips with PKCS #3 parameters use it; 4 generates the subgroup of order q.
	safe, _ := new(big.Int).SetString("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"+
		"EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"+
		"49286651ECE65381FFFFFFFFFFFFFFFF", 16)
	if g, err := FromParameters(safe, big.NewInt(4), nil); err != nil || g.ScalarSize() != 128 {
		t.Errorf("safe prime: %v, %v", g, err)
	}
}

// Doc 9303-11 App. G.2: generic mapping in the group MODP-1024/160.
func TestGenericMapping(t *testing.T) {
	g := groups[0]
	own, err := g.NewPrivateKey(unhex(t, "5265030F751F4AD18B08AC565FC7AC952E41618D"))
	if err != nil {
		t.Fatal(err)
	}
	if got := own.Public.Bytes(); !bytes.HasPrefix(got, unhex(t, "23FB3749EA030D2A25B278D2A562047ADE3F01B74F17A15402CB7352CA7D2B3E")) {
		t.Errorf("public key %X", got)
	}
	chip, err := g.NewPrivateKey(unhex(t, "66DDAFEAC1609CB5B963BB0CB3FF8B3E047F336C"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := own.DH(chip.Public)
	if err != nil {
		t.Fatal(err)
	}
	mapped := g.Mul(g.BaseExp(unhex(t, "FA5B7E3E49753A0DB9178B7B9BD898C8")), h)
	if got := mapped.Bytes(); !bytes.HasPrefix(got, unhex(t, "7C9CBFE98F9FBDDA8D143506FA7D9306F4CB17E3C71707AFF5E1C1A123702496")) {
		t.Errorf("mapped generator %X", got)
	}
}

// Doc 9303-11 App. H.2: the residue R_p(s,t) mapped into MODP-1024/160.
func TestFromResidue(t *testing.T) {
	g := groups[0]
	r := new(big.Int).SetBytes(unhex(t, `A0C7C50C 002061A5 1CC87D25 4EF38068 607417B6 EE1B3647 3CFB800D 2D2E5FA2 B6980F01 105D24FA B22ACD1B FA5C8A4C
		093ECDFA FE6D7125 D42A843E 33860383 5CF19AFA FF75EFE2 1DC5F6AA 1F9AE46C 25087E73 68166FB0 8C1E4627 AFED7D93 570417B7 90FF7F74
		7E57F432 B04E1236 819E0DFE F5B6E77C A4999925 328182D2`))
	e, err := g.FromResidue(r)
	if err != nil {
		t.Fatal(err)
	}
	want := unhex(t, `1D7D767F 11E333BC D6DBAEF4 0E799E7A 926B9697 3550656F F3C83072 6D118D61 C276CDCC 61D475CF 03A98E0C 0E79CAEB A5BE2557
		8BD4551D 0B109032 36F0B0F9 76852FA7 8EEA14EA 0ACA87D1 E91F688F E0DFF897 BBE35A47 2621D343 564B262F 34223AE8 FC59B664 BFEDFA2B
		FE7516CA 5510A6BB B633D517 EC25D4E0 BBAA16C2`)
	if !bytes.Equal(e.Bytes(), want) {
		t.Errorf("mapped generator %X", e.Bytes())
	}
	for _, bad := range []*big.Int{new(big.Int), big.NewInt(1), g.P} {
		if _, err := g.FromResidue(bad); !errors.Is(err, ErrNotInGroup) {
			t.Errorf("residue %v mapped: %v", bad, err)
		}
	}
	for _, g := range groups {
		x, err := rand.Int(rand.Reader, g.P)
		if err != nil {
			t.Fatal(err)
		}
		e, err := g.FromResidue(x)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.Unmarshal(e.Bytes()); err != nil {
			t.Errorf("%s: mapped residue is outside the subgroup", g)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	g := groups[0]
	f.Add(g.Generator().Bytes())
	f.Add(make([]byte, g.Size()))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := g.Unmarshal(b)
		if err == nil && !bytes.Equal(e.Bytes(), b) && !bytes.Equal(bytes.TrimLeft(e.Bytes(), "\x00"), b) {
			t.Fatal("element is encoded otherwise")
		}
	})
}

// BenchmarkExp compares the exponentiation in constant time with math/big's.
func BenchmarkExp(b *testing.B) {
	for _, g := range groups {
		k, err := g.GenerateKey(rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(strings.ReplaceAll(g.Name, "/", "-")+"/ours", func(b *testing.B) {
			for b.Loop() {
				g.BaseExp(k.x)
			}
		})
		e := new(big.Int).SetBytes(k.x)
		b.Run(strings.ReplaceAll(g.Name, "/", "-")+"/math-big", func(b *testing.B) {
			for b.Loop() {
				new(big.Int).Exp(g.G, e, g.P)
			}
		})
	}
}
