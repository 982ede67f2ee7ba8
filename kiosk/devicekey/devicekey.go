// Package devicekey signs in a kiosk's name and checks such signatures.
//
// A kiosk has one device key, ECDSA on P-256, and a certificate of its office whose common name is the kiosk's name. What it
// signs is always SHA-256 over a domain, a zero byte and the message, so that a signature of one kind of record is never one of
// another. A signature is r ‖ s, 32 bytes each, big endian, with the lower of the two s that would verify (BIP 62 calls this
// low-S): there is one encoding, and nobody can make a second one from the first.
package devicekey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// Sizes.
const (
	SignatureLen   = 64
	MaxCertificate = 4 << 10
)

// Signer is a device key with its certificate.
type Signer struct {
	Key         crypto.Signer // ECDSA P-256
	Certificate []byte        // DER
}

// Parse checks that the key and the certificate fit each other and gives the certificate.
func (s Signer) Parse() (*x509.Certificate, error) {
	if s.Key == nil || len(s.Certificate) == 0 || len(s.Certificate) > MaxCertificate {
		return nil, errors.New("device key or certificate is missing")
	}
	cert, err := x509.ParseCertificate(s.Certificate)
	if err != nil {
		return nil, fmt.Errorf("device certificate: %w", err)
	}
	pub, ok := s.Key.Public().(*ecdsa.PublicKey)
	switch {
	case !ok || pub.Curve != elliptic.P256():
		return nil, errors.New("device key is not ECDSA P-256")
	case !pub.Equal(cert.PublicKey):
		return nil, errors.New("device certificate is for another key")
	}
	return cert, nil
}

func digest(domain string, message []byte) []byte {
	h := sha256.New()
	h.Write([]byte(domain))
	h.Write([]byte{0})
	h.Write(message)
	return h.Sum(nil)
}

var (
	order     = elliptic.P256().Params().N
	halfOrder = new(big.Int).Rsh(order, 1)
)

// Sign gives the signature of a message in a domain.
func (s Signer) Sign(domain string, message []byte) ([]byte, error) {
	der, err := s.Key.Sign(rand.Reader, digest(domain, message), crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var rs struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &rs); err != nil || len(rest) > 0 {
		return nil, errors.New("signature is not ASN.1")
	}
	if rs.S.Cmp(halfOrder) > 0 {
		rs.S.Sub(order, rs.S)
	}
	signature := make([]byte, SignatureLen)
	rs.R.FillBytes(signature[:32])
	rs.S.FillBytes(signature[32:])
	return signature, nil
}

// Verify checks a signature under a certificate's key. Whose certificate it is, CheckChain tells.
func Verify(cert *x509.Certificate, domain string, message, signature []byte) error {
	pub, ok := cert.PublicKey.(*ecdsa.PublicKey)
	if !ok || pub.Curve != elliptic.P256() {
		return errors.New("certificate's key is not ECDSA P-256")
	}
	if len(signature) != SignatureLen {
		return errors.New("signature has a wrong length")
	}
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if s.Cmp(halfOrder) > 0 || !ecdsa.Verify(pub, digest(domain, message), r, s) {
		return errors.New("signature does not verify")
	}
	return nil
}

// CheckChain checks that an authority of the office issued a device certificate, and that it was valid at a time. The error
// holds no names.
func CheckChain(cert *x509.Certificate, authorities *x509.CertPool, at time.Time) error {
	_, err := cert.Verify(x509.VerifyOptions{
		Roots: authorities, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return errors.New("certificate was not valid at that time")
	case errors.As(err, &x509.UnknownAuthorityError{}):
		return errors.New("certificate is not issued by the office")
	}
	return errors.New("certificate chain is not valid")
}
