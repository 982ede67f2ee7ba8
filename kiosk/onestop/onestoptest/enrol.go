package onestoptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"

	"motcua/kiosk/provision"
)

// The test office's certificates are valid around the test's clock [At] as well as around today: a test that was green once stays
// green. The commands issue theirs from today on.
var validFrom, validUntil = At.AddDate(-2, 0, 0), At.AddDate(50, 0, 0)

// authority makes the office's certificate authority.
func authority(t testing.TB) *provision.Authority {
	t.Helper()
	key := ecKey(t)
	a := &provision.Authority{Key: key}
	a.Certificate = certify(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "Kiosk authority"}, IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign,
	}, nil, &key.PublicKey, key)
	return a
}

// Enrol makes the identity of a kiosk of the office.
func Enrol(t testing.TB, ca *provision.Authority, name string) *provision.Identity {
	t.Helper()
	id, err := provision.GenerateIdentity(name)
	if err != nil {
		t.Fatal(err)
	}
	key := id.Signer().Key
	cert := certify(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, ca.Certificate, key.Public(), ca.Key)
	if err := id.SetCertificate(cert); err != nil {
		t.Fatal(err)
	}
	return id
}

func certify(t testing.TB, template, parent *x509.Certificate, pub any, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	template.NotBefore, template.NotAfter = validFrom, validUntil
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = serial
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func ecKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
