package provision

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"motcua/kiosk"
	"motcua/kiosk/seal"
)

const officeHint = "copy office.json again from the back office"

// Office is the back office as its kiosks know it. It holds public things only.
type Office struct {
	Name      string            `json:"name"`       // as shown to citizens
	Intake    string            `json:"intake"`     // https://host:port of the intake API
	CA        string            `json:"ca"`         // certificate that issued the server's and the devices' certificates, PEM
	SealKey   seal.PublicKey    `json:"seal_key"`   // dossiers are sealed to it, base64
	AckKey    ed25519.PublicKey `json:"ack_key"`    // acknowledgements are signed with its private half, base64
	Hotline   string            `json:"hotline"`    // telephone shown on every screen and receipt
	StatusURL string            `json:"status_url"` // prefix of the address in a receipt's QR code; the token follows

	RecoveryKey *seal.PublicKey `json:"recovery_key,omitempty"` // dossiers are sealed to it as well, when there is one, base64
}

// LoadOffice reads and validates office.json of a folder. Error: key_missing.
func LoadOffice(dir string) (*Office, error) {
	path := filepath.Join(dir, FileOffice)
	b, err := readFile(path, officeHint)
	if err != nil {
		return nil, err
	}
	o, err := ParseOffice(b)
	if err != nil {
		return nil, missing(path, officeHint, err)
	}
	return o, nil
}

// ParseOffice reads an office.json: known keys only, and valid.
func ParseOffice(b []byte) (*Office, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	o := new(Office)
	if err := d.Decode(o); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return o, o.Validate()
}

// Save writes office.json into a folder.
func (o *Office) Save(dir string) error {
	if err := o.Validate(); err != nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "write office.json", "", "%w", err)
	}
	b, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return err
	}
	return WriteFile(filepath.Join(dir, FileOffice), append(b, '\n'), 0o644)
}

// Validate says what is wrong with the bundle, nil when nothing is.
func (o *Office) Validate() error {
	switch {
	case !line(o.Name, 200):
		return errors.New("name is missing or not one line")
	case !line(o.Hotline, 40):
		return errors.New("hotline is missing or not one line")
	case o.SealKey.Bytes() == nil:
		return errors.New("seal_key is missing")
	case o.RecoveryKey != nil && o.RecoveryKey.Bytes() == nil:
		return errors.New("recovery_key is empty")
	case len(o.AckKey) != ed25519.PublicKeySize:
		return errors.New("ack_key is not an Ed25519 public key")
	case !address(o.Intake, true):
		return errors.New("intake is not https://host[:port]")
	case !address(o.StatusURL, false):
		return errors.New("status_url is not an http or https address")
	}
	_, err := o.Authority()
	return err
}

// Authority gives the certificate that issues the office's server and device certificates.
func (o *Office) Authority() (*x509.Certificate, error) {
	ca, err := ParseCertificate([]byte(o.CA))
	if err != nil {
		return nil, err
	}
	if !ca.IsCA || !ca.BasicConstraintsValid {
		return nil, errors.New("ca is not a certificate authority's certificate")
	}
	return ca, nil
}

// Pool gives the authority as a pool of roots.
func (o *Office) Pool() (*x509.CertPool, error) {
	ca, err := o.Authority()
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	return pool, nil
}

// SealKeys are the keys to seal to: the newest that the office announced since this kiosk was enrolled, else those of enrolment.
func (o *Office) SealKeys(announced []seal.Announcement, now time.Time) []seal.PublicKey {
	if keys := seal.Newest(announced, o.AckKey, now); keys != nil {
		return keys
	}
	if o.RecoveryKey != nil {
		return []seal.PublicKey{o.SealKey, *o.RecoveryKey}
	}
	return []seal.PublicKey{o.SealKey}
}

// ReceiptURL is what a receipt's QR code holds: the status address with the token, nothing else.
func (o *Office) ReceiptURL(token string) string { return o.StatusURL + url.PathEscape(token) }

func line(s string, limit int) bool {
	return s != "" && strings.TrimSpace(s) == s && utf8.ValidString(s) && len(s) <= limit && !strings.ContainsAny(s, "\r\n\t\x00")
}

// address checks a URL; bare wants https and nothing behind the host.
func address(s string, bare bool) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	if bare {
		return u.Scheme == "https" && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && u.Fragment == ""
	}
	return u.Scheme == "https" || u.Scheme == "http"
}
