package provision

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/seal"
)

// How long certificates live, and how far they reach back for clocks that are behind.
const (
	authorityYears = 10
	deviceDays     = 90 // renewed when two thirds are over: a kiosk may be away for a month
	serverDays     = 730
	backdate       = 24 * time.Hour
)

// Authority is an office's certificate authority. It issues its server's and its kiosks' certificates and nothing else.
type Authority struct {
	Certificate *x509.Certificate
	Key         *ecdsa.PrivateKey
}

// NewAuthority makes a self-signed authority for an office.
func NewAuthority(office string) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make authority key: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Kiosk authority", Organization: []string{office}}, IsCA: true,
		BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: now.Add(-backdate), NotAfter: now.AddDate(authorityYears, 0, 0),
	}
	cert, err := issue(template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return &Authority{Certificate: cert, Key: key}, nil
}

// IssueDevice answers a kiosk's certificate request (PEM) with a client certificate (PEM) for the name the office decides,
// whatever the request asks for. Error: bad_input for a request that cannot be used.
func IssueDevice(ca *Authority, csr []byte, name string) ([]byte, error) {
	req, err := parseRequest(csr)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "issue device certificate", "make the request again on the kiosk", "%w", err)
	}
	if !seal.ValidName(name) {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "issue device certificate", "use a-z, 0-9, - and .", "kiosk name cannot be used")
	}
	now := time.Now()
	cert, err := issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		NotBefore:   now.Add(-backdate), NotAfter: now.AddDate(0, 0, deviceDays), BasicConstraintsValid: true,
	}, ca.Certificate, req.PublicKey, ca.Key)
	if err != nil {
		return nil, err
	}
	return toPEM("CERTIFICATE", cert.Raw), nil
}

// IssueServer makes a key and a server certificate for the names and addresses the intake is reached by.
func (ca *Authority) IssueServer(hosts ...string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make server key: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "One-stop intake"}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotBefore:   now.Add(-backdate), NotAfter: now.AddDate(0, 0, serverDays), BasicConstraintsValid: true,
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	cert, err := issue(template, ca.Certificate, &key.PublicKey, ca.Key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}, nil
}

// Pool gives the authority as a pool of roots, for checking kiosks' certificates.
func (ca *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.Certificate)
	return pool
}

func parseRequest(csr []byte) (*x509.CertificateRequest, error) {
	der, err := onePEM(csr, "CERTIFICATE REQUEST")
	if err != nil {
		return nil, err
	}
	req, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, err
	}
	if pub, ok := req.PublicKey.(*ecdsa.PublicKey); !ok || pub.Curve != elliptic.P256() {
		return nil, errors.New("key of the request is not ECDSA P-256")
	}
	return req, req.CheckSignature()
}

func issue(template, parent *x509.Certificate, pub any, key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("make serial number: %w", err)
	}
	template.SerialNumber = serial.Add(serial, big.NewInt(1))
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, key)
	if err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	return x509.ParseCertificate(der)
}
