package provision

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

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
	Seal   seal.PrivateKey    // opens dossiers
	Ack    ed25519.PrivateKey // signs acknowledgements
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
	return &OfficeKeys{CA: ca, Server: server, Seal: key, Ack: ack}, nil
}

// Office gives the public half, for the office's kiosks.
func (k *OfficeKeys) Office(name, intake, hotline, statusURL string) *Office {
	return &Office{
		Name: name, Intake: intake, CA: string(toPEM("CERTIFICATE", k.CA.Certificate.Raw)), SealKey: k.Seal.Public(),
		AckKey: k.Ack.Public().(ed25519.PublicKey), Hotline: hotline, StatusURL: statusURL,
	}
}

// Save writes the six files into a folder of mode 0700.
func (k *OfficeKeys) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	raw, err := k.Seal.Bytes()
	if err != nil {
		return err
	}
	defer clear(raw)
	at := func(name string) string { return filepath.Join(dir, name) }
	return errors.Join(
		saveKey(at(FileCAKey), k.CA.Key),
		WriteFile(at(FileCACert), toPEM("CERTIFICATE", k.CA.Certificate.Raw), 0o644),
		saveKey(at(FileServerKey), k.Server.PrivateKey),
		WriteFile(at(FileServerCert), toPEM("CERTIFICATE", k.Server.Certificate[0]), 0o644),
		WriteFile(at(FileSealKey), append(base64.StdEncoding.AppendEncode(nil, raw), '\n'), 0o600),
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
	if k.Seal, err = loadSealKey(filepath.Join(dir, FileSealKey)); err != nil {
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

func loadSealKey(path string) (seal.PrivateKey, error) {
	b, err := readPrivate(path, officeKeysHint)
	if err != nil {
		return seal.PrivateKey{}, err
	}
	defer clear(b)
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(string(b)))
	if err != nil {
		return seal.PrivateKey{}, missing(path, officeKeysHint, errors.New("key is not base64"))
	}
	defer clear(raw)
	k, err := seal.ParsePrivate(raw)
	if err != nil {
		return seal.PrivateKey{}, missing(path, officeKeysHint, err)
	}
	return k, nil
}
