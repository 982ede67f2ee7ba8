package statement

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/devicekey"
)

// office makes an authority and a device of it.
func office(t *testing.T, name string) (*x509.CertPool, devicekey.Signer) {
	t.Helper()
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	make := func(template, parent *x509.Certificate, pub *ecdsa.PrivateKey, by *ecdsa.PrivateKey) *x509.Certificate {
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &pub.PublicKey, by)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	caKey, devKey := key(), key()
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Office"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	ca = make(ca, ca, caKey, caKey)
	dev := make(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, ca, devKey, caKey)
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	return pool, devicekey.Signer{Key: devKey, Certificate: dev.Raw}
}

func TestStatement(t *testing.T) {
	roots, key := office(t, "kiosk-1")
	want := Statement{Version: "1.2.3", Program: strings.Repeat("ab", 32), Root: strings.Repeat("cd", 32), Slot: "a", At: time.Now(), OK: 20, Warn: 2, Fail: 1, Wrong: []string{"printer=printer_paper"}}
	text, err := Sign(key, want)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 1500 {
		t.Errorf("%d characters are too many for a code that a telephone reads", len(text))
	}
	got, err := Verify(text+"\n", roots)
	if err != nil || got.Kiosk != "kiosk-1" || got.Program != want.Program || got.Fail != 1 || len(got.Wrong) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	others, other := office(t, "kiosk-1")
	if _, err := Verify(text, others); err == nil {
		t.Error("another office believes it")
	}
	late, err := Sign(key, Statement{At: time.Now().Add(48 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(late, roots); err == nil {
		t.Error("a statement after the certificate's end is believed")
	}
	forged := devicekey.Signer{Key: other.Key, Certificate: key.Certificate}
	if _, err := Sign(forged, want); err == nil {
		t.Error("signed with a key that is not the certificate's")
	}
	raw, err := decode45(strings.TrimPrefix(text, Prefix))
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		broken := bytes.Clone(raw)
		broken[i] ^= 1
		if s, err := Verify(Prefix+encode45(broken), roots); err == nil {
			t.Fatalf("byte %d may be changed: %+v", i, s)
		}
	}
}

// The examples of RFC 9285 §4.3 and §4.4.
func TestBase45(t *testing.T) {
	for plain, want := range map[string]string{"AB": "BB8", "Hello!!": "%69 VD92EX0", "base-45": "UJCLQE7W581", "ietf!": "QED8WEX0"} {
		if got := encode45([]byte(plain)); got != want {
			t.Errorf("%s: %s", plain, got)
		}
		if back, err := decode45(want); err != nil || string(back) != plain {
			t.Errorf("%s: %s, %v", want, back, err)
		}
	}
	for _, bad := range []string{"GGW0", ":::", "A", "a0", "::"} {
		if _, err := decode45(bad); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(Prefix + "BB8")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := Verify(text, x509.NewCertPool()); err == nil {
			t.Error("believed without an authority")
		}
		if raw, err := decode45(text); err == nil && encode45(raw) != text {
			t.Errorf("%q is not its own form", text)
		}
	})
}
