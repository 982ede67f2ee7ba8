// Package statement is what a kiosk says of itself, signed: which program runs, how its checks ended, when.
//
// It fits into one QR code on the technician's page, so that anyone with a telephone and the office's certificate can check offline
// that this is the program the office released, on a machine the office enrolled. The text is "MOTCUA1:" and the Base45 (RFC 9285,
// made for QR's alphanumeric mode) of
//
//	length of the statement, 2 bytes big endian ‖ statement, JSON ‖ length of the certificate, 2 bytes ‖ certificate, DER ‖ signature, 64 bytes
//
// signed by the device key over the statement's bytes as they stand (package devicekey). The hashes are what the running system
// measured of itself: on a verified image (dm-verity, named by Root) a changed program cannot start; on any other machine a program
// that lies about itself and holds the device key lies here too.
package statement

import (
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"motcua/kiosk/devicekey"
)

// Prefix begins every statement's text.
const Prefix = "MOTCUA1:"

const (
	domain   = "motcua statement 1"
	maxText  = 8 << 10
	maxWrong = 12 // faults that are named
)

// Statement is what a kiosk says. It holds nothing of citizens.
type Statement struct {
	Kiosk   string    `json:"k"`
	Version string    `json:"v"`
	Program string    `json:"p"`           // SHA-256 of the running kioskd, hexadecimal
	Root    string    `json:"r,omitempty"` // root hash of the verified system partition (dm-verity), hexadecimal; "" without one
	Slot    string    `json:"s,omitempty"` // a, b; "" without slots
	At      time.Time `json:"t"`           // UTC, seconds
	OK      int       `json:"o"`           // how many checks ended how
	Warn    int       `json:"w"`
	Fail    int       `json:"f"`
	Wrong   []string  `json:"x,omitempty"` // "check=fault" of what is not well, the first twelve
}

// Sign gives the text of a statement. The name in it must be the certificate's.
func Sign(key devicekey.Signer, s Statement) (string, error) {
	cert, err := key.Parse()
	if err != nil {
		return "", fmt.Errorf("sign statement: %w", err)
	}
	s.Kiosk, s.At = cert.Subject.CommonName, s.At.UTC().Truncate(time.Second)
	if len(s.Wrong) > maxWrong {
		s.Wrong = s.Wrong[:maxWrong]
	}
	body, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("sign statement: %w", err)
	}
	signature, err := key.Sign(domain, body)
	if err != nil {
		return "", fmt.Errorf("sign statement: %w", err)
	}
	var raw []byte
	for _, part := range [][]byte{body, key.Certificate} {
		raw = binary.BigEndian.AppendUint16(raw, uint16(len(part))) //nolint:gosec // a few hundred bytes
		raw = append(raw, part...)
	}
	return Prefix + encode45(append(raw, signature...)), nil
}

// errShape is given for a text that is no statement.
var errShape = errors.New("this is no statement of a kiosk")

// Verify reads a statement's text and checks that a kiosk of the office signed it, under a certificate that was valid at its time.
func Verify(text string, roots *x509.CertPool) (Statement, error) {
	var s Statement
	text = strings.TrimSpace(text)
	encoded, ok := strings.CutPrefix(text, Prefix)
	if !ok || len(text) > maxText {
		return s, errShape
	}
	raw, err := decode45(encoded)
	if err != nil {
		return s, errShape
	}
	body, raw, ok1 := cut(raw)
	der, signature, ok2 := cut(raw)
	if !ok1 || !ok2 || len(signature) != devicekey.SignatureLen || len(der) > devicekey.MaxCertificate {
		return s, errShape
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return s, errShape
	}
	if err := devicekey.Verify(cert, domain, body, signature); err != nil {
		return s, err
	}
	if err := json.Unmarshal(body, &s); err != nil {
		return Statement{}, errShape
	}
	if s.Kiosk != cert.Subject.CommonName {
		return Statement{}, errors.New("the statement names another kiosk than its certificate")
	}
	if err := devicekey.CheckChain(cert, roots, s.At); err != nil {
		return Statement{}, err
	}
	return s, nil
}

// cut takes a part with its length off the front.
func cut(b []byte) (part, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(b))
	if len(b)-2 < n {
		return nil, nil, false
	}
	return b[2 : 2+n], b[2+n:], true
}
