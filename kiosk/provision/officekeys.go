package provision

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"motcua/kiosk/seal"
)

// The names of an office's files.
const (
	FileCAKey      = "ca.key"
	FileCACert     = "ca.crt"
	FileServerKey  = "server.key"
	FileServerCert = "server.crt"
	FileSealKey    = "seal.key"
	FileAckKey     = "ack.key"
)

const officeKeysHint = "restore the office's key folder from its backup"

// OfficeKeys are the private halves of an office: they never leave it.
type OfficeKeys struct {
	CA     *Authority
	Server tls.Certificate    // of the intake
	Seal   seal.Ring          // opens dossiers, newest key first
	Ack    ed25519.PrivateKey // signs acknowledgements

	Recovery  seal.PublicKey      // kiosks seal to it as well; zero when there is none
	Announced []seal.Announcement // keys that kiosks already enrolled shall seal to
}

// String tells nothing.
func (*OfficeKeys) String() string { return "office keys" }

// NewOfficeKeys makes all keys of an office whose intake is reached by the hosts (names and addresses).
func NewOfficeKeys(office string, hosts ...string) (*OfficeKeys, error) {
	ca, err := NewAuthority(office)
	if err != nil {
		return nil, err
	}
	server, err := ca.IssueServer(hosts...)
	if err != nil {
		return nil, err
	}
	key, err := seal.NewKey()
	if err != nil {
		return nil, err
	}
	_, ack, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make acknowledgement key: %w", err)
	}
	return &OfficeKeys{CA: ca, Server: server, Seal: seal.Ring{key}, Ack: ack}, nil
}

// Office gives the public half, for the office's kiosks.
func (k *OfficeKeys) Office(name, intake, hotline, statusURL string) *Office {
	o := &Office{
		Name: name, Intake: intake, CA: string(toPEM("CERTIFICATE", k.CA.Certificate.Raw)), SealKey: k.Seal.Public(),
		AckKey: k.Ack.Public().(ed25519.PublicKey), Hotline: hotline, StatusURL: statusURL,
	}
	if k.Recovery.Bytes() != nil {
		o.RecoveryKey = &k.Recovery
	}
	return o
}

// Save writes the files into a folder of mode 0700.
func (k *OfficeKeys) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	return errors.Join(
		saveKey(at(FileCAKey), k.CA.Key),
		WriteFile(at(FileCACert), toPEM("CERTIFICATE", k.CA.Certificate.Raw), 0o644),
		saveKey(at(FileServerKey), k.Server.PrivateKey),
		WriteFile(at(FileServerCert), toPEM("CERTIFICATE", k.Server.Certificate[0]), 0o644),
		k.saveSeal(dir),
		saveKey(at(FileAckKey), k.Ack),
	)
}

// LoadOfficeKeys reads what Save wrote. Error: key_missing.
func LoadOfficeKeys(dir string) (*OfficeKeys, error) {
	k := new(OfficeKeys)
	caKey, caCert, err := loadPair(dir, FileCAKey, FileCACert)
	if err != nil {
		return nil, err
	}
	k.CA = &Authority{Key: caKey, Certificate: caCert}
	key, cert, err := loadPair(dir, FileServerKey, FileServerCert)
	if err != nil {
		return nil, err
	}
	k.Server = tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
	if err := k.loadSeal(dir); err != nil {
		return nil, err
	}
	ack, err := loadPKCS8(filepath.Join(dir, FileAckKey), officeKeysHint)
	if err != nil {
		return nil, err
	}
	var ok bool
	if k.Ack, ok = ack.(ed25519.PrivateKey); !ok {
		return nil, missing(FileAckKey, officeKeysHint, errors.New("key is not Ed25519"))
	}
	return k, nil
}

func loadPair(dir, keyName, certName string) (*ecdsa.PrivateKey, *x509.Certificate, error) {
	key, err := loadECKey(filepath.Join(dir, keyName), officeKeysHint)
	if err != nil {
		return nil, nil, err
	}
	cert, err := loadCertificate(filepath.Join(dir, certName), officeKeysHint)
	if err != nil {
		return nil, nil, err
	}
	if !key.PublicKey.Equal(cert.PublicKey) {
		return nil, nil, missing(certName, officeKeysHint, errors.New("certificate is for another key"))
	}
	return key, cert, nil
}
