package emrtdtest

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCertificatesByStandardLibrary lets crypto/x509 read and verify the certificates made here.
func TestCertificatesByStandardLibrary(t *testing.T) {
	a, err := NewAuthority(AuthorityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(a.CSCA)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(a.Signer)
	if err != nil {
		t.Fatal(err)
	}
	if err := leaf.CheckSignatureFrom(root); err != nil {
		t.Error(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Error(err)
	}
	if !root.IsCA || root.MaxPathLen != 0 || !root.MaxPathLenZero || leaf.IsCA || leaf.KeyUsage != x509.KeyUsageDigitalSignature {
		t.Error("basic constraints or key usage")
	}
	if !strings.Contains(root.Subject.String(), "not a state") || root.Subject.Country[0] != "VN" {
		t.Errorf("subject %s", root.Subject)
	}
}

// TestAuthorityFile saves and loads, and refuses what is no authority.
func TestAuthorityFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "authority.json")
	for _, opt := range []AuthorityOptions{{}, {Curve: "brainpoolP256r1", Explicit: true}, {Curve: "brainpoolP384r1"}} {
		a, err := NewAuthority(opt)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Save(file); err != nil {
			t.Fatal(err)
		}
		b, err := LoadAuthority(file)
		if err != nil || string(b.SignerKey) != string(a.SignerKey) {
			t.Errorf("%s: %v", opt.Curve, err)
		}
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	for _, bad := range []string{"", "{}", `{"curve":"P-256","signer_key":"AAAA"}`, `{"curve":"P-1"}`} {
		if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadAuthority(file); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	if _, err := NewAuthority(AuthorityOptions{Curve: "P-1"}); err == nil {
		t.Error("an unknown curve was accepted")
	}
}
