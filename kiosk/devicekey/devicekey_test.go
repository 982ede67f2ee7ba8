package devicekey_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"motcua/kiosk/devicekey"
)

func certify(t *testing.T, curve elliptic.Curve, usage x509.ExtKeyUsage, from time.Time) (devicekey.Signer, *x509.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kiosk-01"}, NotBefore: from, NotAfter: from.AddDate(1, 0, 0),
		ExtKeyUsage: []x509.ExtKeyUsage{usage}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return devicekey.Signer{Key: key, Certificate: der}, cert, pool
}

func TestSignVerify(t *testing.T) {
	s, cert, _ := certify(t, elliptic.P256(), x509.ExtKeyUsageClientAuth, time.Now())
	if _, err := s.Parse(); err != nil {
		t.Fatal(err)
	}
	for range 50 { // half of all signatures come with the higher s
		signature, err := s.Sign("domain/1", []byte("message"))
		if err != nil {
			t.Fatal(err)
		}
		if err := devicekey.Verify(cert, "domain/1", []byte("message"), signature); err != nil {
			t.Fatal(err)
		}
		high := bytes.Clone(signature)
		n := elliptic.P256().Params().N
		new(big.Int).Sub(n, new(big.Int).SetBytes(high[32:])).FillBytes(high[32:])
		for name, err := range map[string]error{
			"high s":        devicekey.Verify(cert, "domain/1", []byte("message"), high),
			"other domain":  devicekey.Verify(cert, "domain/2", []byte("message"), signature),
			"other message": devicekey.Verify(cert, "domain/1", []byte("massage"), signature),
			"cut":           devicekey.Verify(cert, "domain/1", []byte("message"), signature[:63]),
			"shifted zero":  devicekey.Verify(cert, "domain", append([]byte("/1\x00"), "message"...), signature),
			"none":          devicekey.Verify(cert, "domain/1", []byte("message"), nil),
		} {
			if err == nil {
				t.Errorf("%s verifies", name)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good, _, _ := certify(t, elliptic.P256(), x509.ExtKeyUsageClientAuth, time.Now())
	other, _, _ := certify(t, elliptic.P256(), x509.ExtKeyUsageClientAuth, time.Now())
	p384, cert, _ := certify(t, elliptic.P384(), x509.ExtKeyUsageClientAuth, time.Now())
	for name, s := range map[string]devicekey.Signer{
		"nothing": {}, "no certificate": {Key: good.Key}, "no key": {Certificate: good.Certificate},
		"another's certificate": {Key: good.Key, Certificate: other.Certificate}, "another curve": p384,
		"no certificate at all": {Key: good.Key, Certificate: []byte("x")},
		"too long":              {Key: good.Key, Certificate: make([]byte, devicekey.MaxCertificate+1)},
	} {
		if _, err := s.Parse(); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if devicekey.Verify(cert, "d", nil, make([]byte, devicekey.SignatureLen)) == nil {
		t.Error("another curve verifies")
	}
}

func TestCheckChain(t *testing.T) {
	at := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	_, cert, pool := certify(t, elliptic.P256(), x509.ExtKeyUsageClientAuth, at)
	_, server, serverPool := certify(t, elliptic.P256(), x509.ExtKeyUsageServerAuth, at)
	for name, c := range map[string]struct {
		cert *x509.Certificate
		pool *x509.CertPool
		at   time.Time
		want string
	}{
		"good":           {cert, pool, at.AddDate(0, 1, 0), ""},
		"too early":      {cert, pool, at.AddDate(0, -1, 0), "certificate was not valid at that time"},
		"too late":       {cert, pool, at.AddDate(2, 0, 0), "certificate was not valid at that time"},
		"another office": {cert, serverPool, at.AddDate(0, 1, 0), "certificate is not issued by the office"},
		"a server's":     {server, serverPool, at.AddDate(0, 1, 0), "certificate chain is not valid"},
	} {
		err := devicekey.CheckChain(c.cert, c.pool, c.at)
		if got := map[bool]string{true: ""}[err == nil]; err != nil {
			got = err.Error()
			if got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		} else if got != c.want {
			t.Errorf("%s: accepted", name)
		}
	}
}
