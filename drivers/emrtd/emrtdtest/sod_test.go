package emrtdtest

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"testing"
	"time"

	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
)

// everyAlgorithm is each scheme with each hash it is defined for.
func everyAlgorithm() []Algorithm {
	var all []Algorithm
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		for _, s := range []Scheme{SchemeECDSA, SchemeECDSAPlain, SchemePKCS1, SchemePSS} {
			all = append(all, Algorithm{Scheme: s, Hash: h})
		}
		all = append(all, Algorithm{Scheme: SchemePKCS1, Hash: h, RSAOID: true})
		if h.Size() <= 32 {
			all = append(all, Algorithm{Scheme: SchemeDSA, Hash: h})
		}
	}
	return all
}

// TestSODAlgorithms signs with each and lets passive authentication verify it.
func TestSODAlgorithms(t *testing.T) {
	card, a := issued(t)
	store, err := pa.NewStore(a.CSCA)
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range everyAlgorithm() {
		t.Run(fmt.Sprintf("%s %v %v", alg.Scheme, alg.Hash, alg.RSAOID), func(t *testing.T) {
			sod, err := a.SignSODWith(card.Files, SODOptions{Algorithm: alg})
			if err != nil {
				t.Fatal(err)
			}
			r := pa.Verify(sod, card.Files, store, time.Now())
			if r.Verdict() != kiosk.CheckSuccessful || r.HashAlg != alg.Hash.String() {
				t.Errorf("%s: %v", r.SignatureAlg, r.Checks)
			}
		})
	}
}

// TestAuthorityAlgorithms makes authorities of every kind, saves and loads them, and closes the chain.
func TestAuthorityAlgorithms(t *testing.T) {
	card, _ := issued(t)
	for _, alg := range []Algorithm{
		{Scheme: SchemePKCS1, Hash: crypto.SHA512}, {Scheme: SchemePSS, Hash: crypto.SHA384, Salt: 20}, {Scheme: SchemeDSA, Hash: crypto.SHA224},
		{Scheme: SchemeECDSA, Hash: crypto.SHA1}, {Scheme: SchemeECDSAPlain, Hash: crypto.SHA384},
	} {
		made, err := NewAuthority(AuthorityOptions{Algorithm: alg})
		if err != nil {
			t.Fatal(err)
		}
		file := t.TempDir() + "/authority.json"
		if err := made.Save(file); err != nil {
			t.Fatal(err)
		}
		a, err := LoadAuthority(file)
		if err != nil {
			t.Fatal(err)
		}
		store, err := pa.NewStore(a.CSCA)
		if err != nil {
			t.Fatal(err)
		}
		for _, opt := range []SODOptions{{}, {Algorithm: Algorithm{Scheme: SchemeECDSA}, Curve: "brainpoolP320r1", Explicit: true, KeyID: true}} {
			sod, err := a.SignSODWith(card.Files, opt)
			if err != nil {
				t.Fatal(err)
			}
			if r := pa.Verify(sod, card.Files, store, time.Now()); r.Verdict() != kiosk.CheckSuccessful {
				t.Errorf("%s with %v: %v", alg.Scheme, alg.Hash, r.Checks)
			}
		}
	}
}

// TestRevokedSigner has a card signed by the revoked signer refused under the trust folder, also of an authority's file that knows none.
func TestRevokedSigner(t *testing.T) {
	card, _ := issued(t)
	for _, old := range []bool{false, true} {
		a, err := NewAuthority(AuthorityOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if old {
			a.Revoked = nil
		}
		revoked, err := a.RevokedSigner()
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if _, err := a.SaveTrust(dir); err != nil {
			t.Fatal(err)
		}
		store, err := pa.LoadStore(dir)
		if err != nil {
			t.Fatal(err)
		}
		for want, opt := range map[kiosk.CheckResult]SODOptions{kiosk.CheckSuccessful: {}, kiosk.CheckFailed: {Signer: revoked}} {
			sod, err := a.SignSODWith(card.Files, opt)
			if err != nil {
				t.Fatal(err)
			}
			if r := pa.Verify(sod, card.Files, store, time.Now()); r.Verdict() != want || want == kiosk.CheckFailed && r.Revocation != "revoked" {
				t.Errorf("old file %v: want %s, got %v", old, want, r.Checks)
			}
		}
	}
}

// TestListsByStandardLibrary lets crypto/x509 read and verify a revocation list.
func TestListsByStandardLibrary(t *testing.T) {
	a, err := NewAuthority(AuthorityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := a.RevocationList(RevocationOptions{Revoked: [][]byte{a.Signer}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := x509.ParseRevocationList(raw)
	if err != nil {
		t.Fatal(err)
	}
	csca, err := x509.ParseCertificate(a.CSCA)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := x509.ParseCertificate(a.Signer)
	if err != nil {
		t.Fatal(err)
	}
	if err := list.CheckSignatureFrom(csca); err != nil {
		t.Error(err)
	}
	if len(list.RevokedCertificateEntries) != 1 || list.RevokedCertificateEntries[0].SerialNumber.Cmp(signer.SerialNumber) != 0 {
		t.Errorf("entries %v", list.RevokedCertificateEntries)
	}
	next, link, err := a.Renew(AuthorityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(link)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.CheckSignatureFrom(csca); err != nil {
		t.Error(err)
	}
	following, err := x509.ParseCertificate(next.CSCA)
	if err != nil {
		t.Fatal(err)
	}
	if !following.PublicKey.(interface{ Equal(crypto.PublicKey) bool }).Equal(c.PublicKey) {
		t.Error("the link certificate carries another key")
	}
}
