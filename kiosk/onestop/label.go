package onestop

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"

	"motcua/kiosk"
	"motcua/kiosk/seal"
)

// Labels encrypts the one line of the inbox that names a citizen. The key is derived from the office's newest private key; what was
// written under an older one is still read. It is derived
// (HKDF-SHA256, info "motcua/onestop/label/1"), so that the database alone reads as nothing; the dossier's id is
// authenticated with it, so that no label can be moved to another dossier. A label is nonce (12) | ciphertext | tag (16),
// AES-256-GCM, padded so that its length does not tell the name's.
type Labels struct{ aeads []cipher.AEAD } // newest first

// labelBlock: names are padded to a multiple of it.
const labelBlock = 64

// NewLabels derives the keys. Error: key_missing.
func NewLabels(ring seal.Ring) (l Labels, err error) {
	for _, key := range ring {
		aead, err := labelKey(key)
		if err != nil {
			return Labels{}, err
		}
		l.aeads = append(l.aeads, aead)
	}
	if len(ring) == 0 {
		return Labels{}, kiosk.Errorf(kiosk.CodeKeyMissing, "open office", "run onestopd init", "no key to open dossiers with")
	}
	return l, nil
}

func labelKey(key seal.PrivateKey) (cipher.AEAD, error) {
	secret, err := key.Bytes()
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	k, err := hkdf.Key(sha256.New, secret, nil, "motcua/onestop/label/1", 32)
	if err != nil {
		return nil, err
	}
	defer clear(k)
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Seal encrypts a name for a dossier.
func (l Labels) Seal(id, name string) []byte {
	plain := append([]byte(name), 0x80) // ISO/IEC 7816-4 padding
	for len(plain)%labelBlock != 0 {
		plain = append(plain, 0)
	}
	aead := l.aeads[0]
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	return aead.Seal(nonce, nonce, plain, []byte(id))
}

func (l Labels) decrypt(id string, label []byte) ([]byte, error) {
	for _, aead := range l.aeads {
		n := aead.NonceSize()
		if len(label) < n {
			return nil, errors.New("label is cut short")
		}
		if plain, err := aead.Open(nil, label[:n], label[n:], []byte(id)); err == nil {
			return plain, nil
		}
	}
	return nil, errors.New("label is not this dossier's")
}

// Open gives the name again.
func (l Labels) Open(id string, label []byte) (string, error) {
	plain, err := l.decrypt(id, label)
	if err != nil {
		return "", err
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
