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
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/devicekey"
	"motcua/kiosk/seal"
)

// The names of a kiosk's files.
const (
	FileDeviceKey  = "device.key"
	FileDeviceCert = "device.crt"
	FileOffice     = "office.json"
)

const enrolHint = "have the office enrol this kiosk: onestopd enrol -kiosk NAME -out DIR"

// Identity is a kiosk's own key and certificate. The certificate may be renewed while others use it; name and key stay.
type Identity struct {
	Name string            // from the certificate's common name
	Key  *ecdsa.PrivateKey // P-256

	cert atomic.Pointer[x509.Certificate]
}

// Certificate is the one in use, nil before the office has issued one.
func (i *Identity) Certificate() *x509.Certificate { return i.cert.Load() }

// String gives the kiosk's name, never the key.
func (i *Identity) String() string { return "kiosk " + i.Name }

// GenerateIdentity makes a new key for a kiosk that has no certificate yet.
func GenerateIdentity(name string) (*Identity, error) {
	if !seal.ValidName(name) {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "make identity", "use a-z, 0-9, - and .", "kiosk name cannot be used")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make device key: %w", err)
	}
	return &Identity{Name: name, Key: key}, nil
}

// LoadIdentity reads device.key and device.crt of a folder and checks that they belong together. A renewed device.crt for the same key
// and name in one of the other folders (the kiosk may write into that of its data alone) goes before unless it ends earlier; one that
// cannot be used is as if it were not there. Error: key_missing.
func LoadIdentity(dir string, renewed ...string) (*Identity, error) {
	key, err := loadECKey(filepath.Join(dir, FileDeviceKey), enrolHint)
	if err != nil {
		return nil, err
	}
	cert, err := loadCertificate(filepath.Join(dir, FileDeviceCert), enrolHint)
	if err != nil {
		return nil, err
	}
	id := &Identity{Key: key}
	if err := id.SetCertificate(cert); err != nil {
		return nil, missing(filepath.Join(dir, FileDeviceCert), enrolHint, err)
	}
	for _, other := range renewed {
		later, err := loadCertificate(filepath.Join(other, FileDeviceCert), enrolHint)
		if err == nil && later.Subject.CommonName == id.Name && !later.NotAfter.Before(id.Certificate().NotAfter) {
			_ = id.SetCertificate(later) // for another key: the first stays
		}
	}
	return id, nil
}

// SetCertificate takes the certificate the office issued, if it is for this key and names a kiosk.
func (i *Identity) SetCertificate(cert *x509.Certificate) error {
	switch {
	case !i.Key.PublicKey.Equal(cert.PublicKey):
		return errors.New("certificate is for another key")
	case !seal.ValidName(cert.Subject.CommonName):
		return errors.New("certificate does not name a kiosk")
	}
	i.Name = cert.Subject.CommonName
	i.cert.Store(cert)
	return nil
}

// Save writes device.key and, when there is one, device.crt. The folder is made with mode 0700.
func (i *Identity) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if err := saveKey(filepath.Join(dir, FileDeviceKey), i.Key); err != nil {
		return err
	}
	cert := i.Certificate()
	if cert == nil {
		return nil
	}
	return WriteFile(filepath.Join(dir, FileDeviceCert), toPEM("CERTIFICATE", cert.Raw), 0o644)
}

// CSR gives the certificate request for the office, PEM.
func (i *Identity) CSR() ([]byte, error) {
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: i.Name},
	}, i.Key)
	if err != nil {
		return nil, fmt.Errorf("make certificate request: %w", err)
	}
	return toPEM("CERTIFICATE REQUEST", der), nil
}

// TLS gives the certificate the kiosk shows to the office.
func (i *Identity) TLS() tls.Certificate {
	cert := i.Certificate()
	if cert == nil {
		return tls.Certificate{}
	}
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: i.Key, Leaf: cert}
}

// Signer gives the key as dossiers are signed with it, and the certificate that goes along.
func (i *Identity) Signer() devicekey.Signer {
	cert := i.Certificate()
	if cert == nil {
		return devicekey.Signer{Key: i.Key}
	}
	return devicekey.Signer{Key: i.Key, Certificate: cert.Raw}
}

func saveKey(path string, key any) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode %s: %w", filepath.Base(path), err)
	}
	defer clear(der)
	return WriteFile(path, toPEM("PRIVATE KEY", der), 0o600)
}

func loadPKCS8(path, hint string) (any, error) {
	b, err := readPrivate(path, hint)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	der, err := onePEM(b, "PRIVATE KEY")
	if err != nil {
		return nil, missing(path, hint, err)
	}
	defer clear(der)
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, missing(path, hint, errors.New("key is not PKCS #8"))
	}
	return key, nil
}

func loadECKey(path, hint string) (*ecdsa.PrivateKey, error) {
	key, err := loadPKCS8(path, hint)
	if err != nil {
		return nil, err
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok || ec.Curve != elliptic.P256() {
		return nil, missing(path, hint, errors.New("key is not ECDSA P-256"))
	}
	return ec, nil
}

func loadCertificate(path, hint string) (*x509.Certificate, error) {
	b, err := readFile(path, hint)
	if err != nil {
		return nil, err
	}
	cert, err := ParseCertificate(b)
	if err != nil {
		return nil, missing(path, hint, err)
	}
	return cert, nil
}

// ParseCertificate reads one certificate in PEM.
func ParseCertificate(b []byte) (*x509.Certificate, error) {
	der, err := onePEM(b, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return cert, nil
}

// NeedsRenewal reports whether two thirds of a certificate's time have passed.
func NeedsRenewal(cert *x509.Certificate, now time.Time) bool {
	whole := cert.NotAfter.Sub(cert.NotBefore)
	return now.After(cert.NotBefore.Add(whole / 3 * 2))
}

// TakeCertificate checks a fresh certificate (PEM), stores it as device.crt of a folder and uses it from now on: it must be for this
// key and this name, valid now, of the office's authority, and last longer than the one it replaces. Error: office_untrusted.
func (i *Identity) TakeCertificate(office *Office, dir string, text []byte) error {
	const op, hint = "take renewed certificate", "have the office enrol this kiosk again: onestopd enrol -kiosk NAME -out DIR"
	cert, err := ParseCertificate(text)
	if err == nil {
		err = i.successor(office, cert)
	}
	if err != nil {
		return kiosk.Errorf(kiosk.CodeOfficeUntrusted, op, hint, "%w", err)
	}
	if err := WriteFile(filepath.Join(dir, FileDeviceCert), toPEM("CERTIFICATE", cert.Raw), 0o644); err != nil {
		return err
	}
	return i.SetCertificate(cert)
}

// successor tells why a certificate cannot take the place of this identity's.
func (i *Identity) successor(office *Office, cert *x509.Certificate) error {
	pool, err := office.Pool()
	if err != nil {
		return err
	}
	if !i.Key.PublicKey.Equal(cert.PublicKey) || cert.Subject.CommonName != i.Name {
		return errors.New("certificate is for another key or name")
	}
	if _, err := cert.Verify(x509.VerifyOptions{Roots: pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		return err
	}
	now := i.Certificate()
	if now == nil || !cert.NotAfter.After(now.NotAfter) {
		return errors.New("certificate does not last longer than the one that is here")
	}
	return nil
}
