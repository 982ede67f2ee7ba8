package pa

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"testing"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/kiosk"
)

// BenchmarkAlgorithms verifies EF.SOD of a card signed with each algorithm: one signature over the object, one over the certificate.
func BenchmarkAlgorithms(b *testing.B) {
	a, d := authorityOf(b), newDocument(b)
	store := trusting(b, a.CSCA)
	for _, c := range []struct {
		name string
		opt  emrtdtest.SODOptions
	}{
		{"ECDSA P-256", emrtdtest.SODOptions{}},
		{"ECDSA P-384", emrtdtest.SODOptions{Curve: "P-384", Algorithm: emrtdtest.Algorithm{Hash: crypto.SHA384}}},
		{"ECDSA brainpoolP256r1", emrtdtest.SODOptions{Curve: "brainpoolP256r1", Explicit: true}},
		{"ECDSA brainpoolP512r1", emrtdtest.SODOptions{Curve: "brainpoolP512r1", Explicit: true, Algorithm: emrtdtest.Algorithm{Hash: crypto.SHA512}}},
		{"RSA 2048", emrtdtest.SODOptions{Algorithm: emrtdtest.Algorithm{Scheme: emrtdtest.SchemePKCS1}}},
		{"RSASSA-PSS 2048", emrtdtest.SODOptions{Algorithm: emrtdtest.Algorithm{Scheme: emrtdtest.SchemePSS}}},
		{"DSA 2048", emrtdtest.SODOptions{Algorithm: emrtdtest.Algorithm{Scheme: emrtdtest.SchemeDSA}}},
	} {
		raw, err := a.SignSODWith(d.groups, c.opt)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if r := Verify(raw, d.groups, store, day); r.Verdict() != kiosk.CheckSuccessful {
					b.Fatal(r.Checks)
				}
			}
		})
	}
}

// BenchmarkCertificate compares reading and verifying one certificate with crypto/x509, where that can.
func BenchmarkCertificate(b *testing.B) {
	for _, alg := range []emrtdtest.Algorithm{{}, {Scheme: emrtdtest.SchemePKCS1}, {Scheme: emrtdtest.SchemePSS}} {
		a, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{Algorithm: alg, NotBefore: day.AddDate(-2, 0, 0)})
		if err != nil {
			b.Fatal(err)
		}
		csca, err := ParseCertificate(a.CSCA)
		if err != nil {
			b.Fatal(err)
		}
		key, err := csca.Key()
		if err != nil {
			b.Fatal(err)
		}
		name := fmt.Sprintf("%v", key)
		if alg.Scheme == emrtdtest.SchemePSS {
			name += " PSS"
		}
		b.Run(name+"/ours", func(b *testing.B) {
			for b.Loop() {
				c, err := ParseCertificate(a.Signer)
				if err != nil || c.CheckSignature(key) != nil {
					b.Fatal("not verified")
				}
			}
		})
		root, err := x509.ParseCertificate(a.CSCA)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/crypto_x509", func(b *testing.B) {
			for b.Loop() {
				c, err := x509.ParseCertificate(a.Signer)
				if err != nil || c.CheckSignatureFrom(root) != nil {
					b.Fatal("not verified")
				}
			}
		})
	}
}
