// Package seal closes a dossier so that only the back office can open it, and opens it there.
//
// The kiosk seals the moment a citizen confirms. It holds the office's public key alone, so from then on nobody who owns the
// kiosk, its card or its database can read the dossier again, the kiosk included.
//
// The scheme is HPKE (RFC 9180) in base mode with KEM MLKEM768X25519 (X-Wing, draft-connolly-cfrg-xwing-kem), KDF HKDF-SHA256
// and AEAD AES-256-GCM, one seal per dossier. HPKE's info is "motcua/dossier/1" NUL and the kiosk's name; the AAD is the
// header. HPKE in base mode says nothing about who sealed: that is the kiosk's signature inside (package kiosk/dossier).
//
// An envelope, version 1, is
//
//	offset  bytes
//	0       4     magic "MCSE"
//	4       1     version, 1
//	5       16    key id: the first 16 bytes of SHA-256 over the office's public key
//	21      16    dossier id, the UUID's bytes
//	37      1     n, length of the kiosk's name, 1 to 64
//	38      n     the kiosk's name: a-z, 0-9, "-" and "."
//	        1120  enc, the KEM's encapsulated key
//	        m+16  ciphertext of m bytes of plaintext with GCM's tag
//
// Everything before enc is the header. There is one encoding only and every byte is covered: a changed bit anywhere, a cut or
// a longer tail is refused. The overhead is 38 + n + 1120 + 16 bytes.
//
// Plaintext buffers belong to the caller: Seal does not keep or change its argument, and the caller wipes it (clear) right
// after; Open returns a fresh buffer that its caller wipes.
package seal

import (
	"crypto/hpke"
	"encoding/hex"
	"errors"
	"fmt"

	"motcua/kiosk"
)

// Sizes of the envelope. MaxPlaintext bounds what is sealed and opened; it leaves room below the intake's limit of 32 MB.
const (
	Version      = 1
	MaxName      = 64
	MaxPlaintext = 30 << 20

	magic     = "MCSE"
	schema    = "motcua/dossier/1"
	keyIDLen  = 16
	idLen     = 16
	fixedLen  = len(magic) + 1 + keyIDLen + idLen + 1
	encLen    = 1120
	tagLen    = 16
	publicLen = 1216
)

// Header is what an envelope says in the clear.
type Header struct {
	Key   KeyID  // whose key it is sealed to
	ID    string // the dossier's UUID
	Kiosk string // the kiosk that sealed it
}

// Seal encrypts plaintext to the office's key in the name of a kiosk and a dossier. It does not keep plaintext.
// Errors: bad_input for a name, id or size outside the limits, internal when the machine's cryptography fails.
func Seal(pub PublicKey, kioskName, id string, plaintext []byte) ([]byte, error) {
	if pub.key == nil {
		return nil, fault(kiosk.CodeKeyMissing, "no public key of the office")
	}
	if len(plaintext) > MaxPlaintext {
		return nil, fault(kiosk.CodeBadInput, "%d bytes are more than the limit of %d", len(plaintext), MaxPlaintext)
	}
	header, err := appendHeader(nil, Header{Key: pub.ID(), ID: id, Kiosk: kioskName})
	if err != nil {
		return nil, fault(kiosk.CodeBadInput, "%w", err)
	}
	enc, sender, err := hpke.NewSender(pub.key, kdf, aead, info(kioskName))
	if err != nil {
		return nil, fault(kiosk.CodeInternal, "set up encryption: %w", err)
	}
	ciphertext, err := sender.Seal(header, plaintext)
	if err != nil {
		return nil, fault(kiosk.CodeInternal, "encrypt: %w", err)
	}
	envelope := make([]byte, 0, len(header)+len(enc)+len(ciphertext))
	return append(append(append(envelope, header...), enc...), ciphertext...), nil
}

// Open decrypts an envelope. The id and the kiosk's name are authenticated with the contents, but not who sealed: check the
// signature inside. Errors: bad_input for anything that is not an intact envelope for this key.
func Open(priv PrivateKey, envelope []byte) (id, kioskName string, plaintext []byte, err error) {
	if priv.key == nil {
		return "", "", nil, fault(kiosk.CodeKeyMissing, "no private key of the office")
	}
	h, n, err := parseHeader(envelope)
	if err != nil {
		return "", "", nil, fault(kiosk.CodeBadInput, "%w", err)
	}
	if h.Key != priv.Public().ID() {
		return "", "", nil, fault(kiosk.CodeBadInput, "sealed to another key, %s", h.Key)
	}
	rest := envelope[n:]
	if len(rest) < encLen+tagLen || len(rest) > encLen+tagLen+MaxPlaintext {
		return "", "", nil, fault(kiosk.CodeBadInput, "envelope of %d bytes has a wrong length", len(envelope))
	}
	recipient, err := hpke.NewRecipient(rest[:encLen], priv.key, kdf, aead, info(h.Kiosk))
	if err != nil {
		return "", "", nil, fault(kiosk.CodeBadInput, "encapsulated key: %w", err)
	}
	plaintext, err = recipient.Open(envelope[:n], rest[encLen:])
	if err != nil {
		return "", "", nil, fault(kiosk.CodeBadInput, "decrypt: %w", err)
	}
	return h.ID, h.Kiosk, plaintext, nil
}

// Peek reads the header of an envelope without opening it. Nothing in it is authenticated yet.
func Peek(envelope []byte) (Header, error) {
	h, _, err := parseHeader(envelope)
	if err != nil {
		return Header{}, fault(kiosk.CodeBadInput, "%w", err)
	}
	return h, nil
}

// The cipher suite of version 1.
var (
	kem  = hpke.MLKEM768X25519()
	kdf  = hpke.HKDFSHA256()
	aead = hpke.AES256GCM()
)

func info(kioskName string) []byte { return []byte(schema + "\x00" + kioskName) }

func appendHeader(b []byte, h Header) ([]byte, error) {
	id, err := parseUUID(h.ID)
	if err != nil {
		return nil, err
	}
	if !ValidName(h.Kiosk) {
		return nil, errors.New("kiosk name is not 1 to 64 of a-z, 0-9, - and .")
	}
	b = append(append(b, magic...), Version)
	b = append(append(b, h.Key[:]...), id[:]...)
	return append(append(b, byte(len(h.Kiosk))), h.Kiosk...), nil
}

func parseHeader(b []byte) (h Header, n int, err error) {
	switch {
	case len(b) < fixedLen:
		return h, 0, fmt.Errorf("envelope of %d bytes is cut short", len(b))
	case string(b[:len(magic)]) != magic:
		return h, 0, errors.New("not an envelope")
	case b[len(magic)] != Version:
		return h, 0, fmt.Errorf("envelope version %d is not known", b[len(magic)])
	}
	rest := b[len(magic)+1:]
	copy(h.Key[:], rest)
	h.ID = formatUUID([idLen]byte(rest[keyIDLen : keyIDLen+idLen]))
	n = fixedLen + int(b[fixedLen-1])
	if len(b) < n {
		return h, 0, fmt.Errorf("envelope of %d bytes is cut short", len(b))
	}
	h.Kiosk = string(b[fixedLen:n])
	if !ValidName(h.Kiosk) {
		return h, 0, errors.New("kiosk name is not 1 to 64 of a-z, 0-9, - and .")
	}
	return h, n, nil
}

// ValidName reports whether s may name a kiosk: 1 to 64 of a-z, 0-9, "-" and ".".
func ValidName(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= MaxName
}

// parseUUID reads the one form this project writes: 8-4-4-4-12 lower-case hexadecimal digits.
func parseUUID(s string) (id [idLen]byte, err error) {
	if len(s) != 36 {
		return id, errors.New("dossier id is not a UUID")
	}
	raw, err := hex.DecodeString(s[0:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
	if err != nil || len(raw) != idLen || formatUUID([idLen]byte(raw)) != s {
		return id, errors.New("dossier id is not a lower-case UUID")
	}
	return [idLen]byte(raw), nil
}

func formatUUID(id [idLen]byte) string {
	s := hex.EncodeToString(id[:])
	return s[0:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

func fault(code kiosk.Code, format string, args ...any) error {
	return kiosk.Errorf(code, "seal dossier", "", format, args...)
}
