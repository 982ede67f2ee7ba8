package emrtdtest

import (
	"crypto/elliptic"
	"math/big"
	"testing"

	"motcua/drivers/emrtd/ec"
)

// TestDomains computes on every curve with both sides' code, and with the standard library where it knows the curve.
func TestDomains(t *testing.T) {
	for _, r := range curveRows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			d, err := domainByID(r.id)
			if err != nil {
				t.Fatal(err)
			}
			other, err := ec.ByID(r.id)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.decode(d.encode(d.g)); err != nil {
				t.Error("the generator is not on the curve")
			}
			if !d.public(d.n).infinite() {
				t.Error("n·G is not infinity")
			}
			k, err := d.generate(rng{})
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range []*big.Int{big.NewInt(1), big.NewInt(2), big.NewInt(3), k, new(big.Int).Sub(d.n, big.NewInt(1))} {
				got := d.encode(d.public(k))
				if want := other.Marshal(other.ScalarBaseMult(k.Bytes())); string(got) != string(want) {
					t.Errorf("k·G differs from package ec's")
				}
			}
			sum := d.add(d.public(k), d.public(new(big.Int).Sub(d.n, k)))
			if !sum.infinite() {
				t.Error("k·G + (n-k)·G is not infinity")
			}
		})
	}
	for name, std := range map[string]elliptic.Curve{"P-224": elliptic.P224(), "P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()} {
		d, err := domainByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if p := std.Params(); d.p.Cmp(p.P) != 0 || d.b.Cmp(p.B) != 0 || d.n.Cmp(p.N) != 0 || d.g.x.Cmp(p.Gx) != 0 || d.g.y.Cmp(p.Gy) != 0 {
			t.Errorf("%s is not the standard library's", name)
		}
	}
}

// TestGroups checks that the generator of each Diffie-Hellman group has the stated order, and that others are refused.
func TestGroups(t *testing.T) {
	for _, r := range groupRows {
		d, err := domainByID(r.id)
		if err != nil {
			t.Fatal(err)
		}
		if d.public(d.n).x.Cmp(big.NewInt(1)) != 0 || !d.p.ProbablyPrime(10) || !d.n.ProbablyPrime(10) {
			t.Errorf("group %d: g^q is not 1, or p or q is no prime", r.id)
		}
		for name, bad := range map[string]*big.Int{
			"0": big.NewInt(0), "1": big.NewInt(1), "p-1": new(big.Int).Sub(d.p, big.NewInt(1)), "p+1": new(big.Int).Add(d.p, big.NewInt(1)),
			"of a large group": big.NewInt(2),
		} {
			if _, err := d.decode(bad.Bytes()); err == nil && new(big.Int).Exp(bad, d.n, d.p).Cmp(big.NewInt(1)) != 0 {
				t.Errorf("group %d: %s accepted", r.id, name)
			}
		}
	}
}

// TestShortSecret finds private keys whose secret begins with a zero byte.
func TestShortSecret(t *testing.T) {
	for _, id := range []int{0, bp256} {
		d, err := domainByID(id)
		if err != nil {
			t.Fatal(err)
		}
		k, err := d.generate(rng{})
		if err != nil {
			t.Fatal(err)
		}
		peer := d.public(big.NewInt(12345))
		short := d.shortSecret(k, peer)
		secret, err := d.agree(short, peer)
		if err != nil || secret[0] != 0 || len(secret) != d.size() {
			t.Errorf("domain %d: %v, %d bytes, the first is %02X", id, err, len(secret), secret[0])
		}
	}
}
