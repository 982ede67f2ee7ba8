package backofficetest

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
)

// Device is the name of the kiosk that test clients show.
const Device = "kiosk-01"

// Server is a TLS server on the loopback with an authority of its own.
type Server struct {
	*httptest.Server
	Options backoffice.Options // of a client that trusts it and that it trusts, but for AckKey

	ca    *x509.Certificate
	caKey *ecdsa.PrivateKey
}

// Serve starts an intake over h until the test ends. ackKey goes into the client's options.
func Serve(t testing.TB, h http.Handler, ackKey ed25519.PublicKey) *Server {
	t.Helper()
	s := new(Server)
	s.ca, s.caKey = newAuthority(t)
	pool := x509.NewCertPool()
	pool.AddCert(s.ca)
	s.Server = httptest.NewUnstartedServer(h)
	s.TLS = backoffice.ServerTLS(s.Issue(t, "intake", x509.ExtKeyUsageServerAuth), pool)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	s.Options = backoffice.Options{URL: s.URL, Roots: pool, Certificate: s.Issue(t, Device, x509.ExtKeyUsageClientAuth), AckKey: ackKey}
	return s
}

// Remote is a server that somebody else runs: options are of a kiosk that it knows.
func Remote(o backoffice.Options) *Server {
	return &Server{Server: &httptest.Server{URL: strings.TrimSuffix(o.URL, "/")}, Options: o}
}

// Issue makes a certificate of the server's authority. A test that needs one is skipped where the authority is another's.
func (s *Server) Issue(t testing.TB, name string, usage x509.ExtKeyUsage) tls.Certificate {
	t.Helper()
	if s.ca == nil {
		t.Skip("needs a second kiosk of this office")
	}
	return certify(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{usage}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, s.ca, s.caKey)
}

// IssueFor answers a certificate request, PEM, with a certificate of the server's authority, PEM.
func (s *Server) IssueFor(csr []byte, name string) ([]byte, error) {
	const op = "issue certificate"
	block, _ := pem.Decode(csr)
	if block == nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, "", "not a request")
	}
	req, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil || req.CheckSignature() != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, "", "not a request")
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, s.ca, req.PublicKey, s.caKey)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}

// Client makes a client, changed options given.
func (s *Server) Client(t testing.TB, change ...func(*backoffice.Options)) *backoffice.Client {
	t.Helper()
	o := s.Options
	for _, f := range change {
		f(&o)
	}
	c, err := backoffice.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func newAuthority(t testing.TB) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	c := certify(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	return c.Leaf, c.PrivateKey.(*ecdsa.PrivateKey)
}

func certify(t testing.TB, c, parent *x509.Certificate, signer *ecdsa.PrivateKey) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	if c.NotAfter.IsZero() {
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// NewSealed makes a delivery with a fresh id and token around a body.
func NewSealed(t testing.TB, body []byte) (s kiosk.Sealed, token string) {
	t.Helper()
	token, err := kiosk.NewToken(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return kiosk.Sealed{
		ID: NewID(), TokenID: kiosk.TokenID(token), Created: time.Now().UTC().Truncate(time.Microsecond), Body: body, SHA256: sha256.Sum256(body),
	}, token
}

// NewID makes a random UUID (RFC 9562 §5.4).
func NewID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
