package onestop

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"

	"motcua/kiosk/seal"
)

// Labels encrypts the one line of the inbox that names a citizen. The key is derived from the office's private key
// (HKDF-SHA256, info "motcua/onestop/label/1"), so that the database alone reads as nothing; the dossier's id is
// authenticated with it, so that no label can be moved to another dossier. A label is nonce (12) | ciphertext | tag (16),
// AES-256-GCM, padded so that its length does not tell the name's.
type Labels struct{ aead cipher.AEAD }

// labelBlock: names are padded to a multiple of it.
const labelBlock = 64

// NewLabels derives the key.
func NewLabels(key seal.PrivateKey) (Labels, error) {
	secret, err := key.Bytes()
	if err != nil {
		return Labels{}, err
	}
	defer clear(secret)
	k, err := hkdf.Key(sha256.New, secret, nil, "motcua/onestop/label/1", 32)
	if err != nil {
		return Labels{}, err
	}
	defer clear(k)
	block, err := aes.NewCipher(k)
	if err != nil {
		return Labels{}, err
	}
	aead, err := cipher.NewGCM(block)
	return Labels{aead}, err
}

// Seal encrypts a name for a dossier.
func (l Labels) Seal(id, name string) []byte {
	plain := append([]byte(name), 0x80) // ISO/IEC 7816-4 padding
	for len(plain)%labelBlock != 0 {
		plain = append(plain, 0)
	}
	nonce := make([]byte, l.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	return l.aead.Seal(nonce, nonce, plain, []byte(id))
}

// Open gives the name again.
func (l Labels) Open(id string, label []byte) (string, error) {
	n := l.aead.NonceSize()
	if len(label) < n {
		return "", errors.New("label is cut short")
	}
	plain, err := l.aead.Open(nil, label[:n], label[n:], []byte(id))
	if err != nil {
		return "", errors.New("label is not this dossier's")
	}
	for i := len(plain) - 1; i >= 0; i-- {
		switch plain[i] {
		case 0:
			continue
		case 0x80:
			return string(plain[:i]), nil
		}
		break
	}
	return "", errors.New("label has no padding")
}
