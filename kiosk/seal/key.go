package seal

import (
	"crypto/hpke"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"

	"motcua/kiosk"
)

// KeyID names an office key: the first 16 bytes of SHA-256 over the public key.
type KeyID [keyIDLen]byte

// String gives the id in hexadecimal.
func (k KeyID) String() string { return hex.EncodeToString(k[:]) }

// PublicKey seals. The zero value seals nothing.
type PublicKey struct{ key hpke.PublicKey }

// PrivateKey opens. It exists at the back office only and prints as nothing but its id.
type PrivateKey struct{ key hpke.PrivateKey }

// NewKey makes a key pair for an office.
func NewKey() (PrivateKey, error) {
	k, err := kem.GenerateKey()
	if err != nil {
		return PrivateKey{}, kiosk.Errorf(kiosk.CodeInternal, "make office key", "", "%w", err)
	}
	return PrivateKey{k}, nil
}

// Public gives the key that seals to k.
func (k PrivateKey) Public() PublicKey { return PublicKey{k.key.PublicKey()} }

// String gives the key's id, never the key.
func (k PrivateKey) String() string {
	if k.key == nil {
		return "no key"
	}
	return "private key " + k.Public().ID().String()
}

// GoString gives the key's id, never the key.
func (k PrivateKey) GoString() string { return k.String() }

// ID names the key.
func (k PublicKey) ID() KeyID {
	sum := sha256.Sum256(k.key.Bytes())
	return KeyID(sum[:keyIDLen])
}

// Bytes gives the key as HPKE serializes it, 1216 bytes; nil for the zero key.
func (k PublicKey) Bytes() []byte {
	if k.key == nil {
		return nil
	}
	return k.key.Bytes()
}

// MarshalText gives the key in base64.
func (k PublicKey) MarshalText() ([]byte, error) {
	return base64.StdEncoding.AppendEncode(nil, k.Bytes()), nil
}

// UnmarshalText reads what MarshalText gives.
func (k *PublicKey) UnmarshalText(text []byte) error {
	raw, err := base64.StdEncoding.Strict().DecodeString(string(text))
	if err != nil {
		return kiosk.Errorf(kiosk.CodeKeyMissing, "read office key", "ask the office for a fresh office.json", "%w", err)
	}
	*k, err = ParsePublic(raw)
	return err
}

// ParsePublic reads the 1216 bytes of a public key.
func ParsePublic(raw []byte) (PublicKey, error) {
	if len(raw) != publicLen {
		return PublicKey{}, kiosk.Errorf(kiosk.CodeKeyMissing, "read office key", "ask the office for a fresh office.json",
			"public key has %d bytes, not %d", len(raw), publicLen)
	}
	k, err := kem.NewPublicKey(raw)
	if err != nil {
		return PublicKey{}, kiosk.Errorf(kiosk.CodeKeyMissing, "read office key", "ask the office for a fresh office.json", "%w", err)
	}
	return PublicKey{k}, nil
}

// Bytes gives the private key as HPKE serializes it, 32 bytes. Keep them where only the office can read.
func (k PrivateKey) Bytes() ([]byte, error) {
	if k.key == nil {
		return nil, kiosk.Errorf(kiosk.CodeKeyMissing, "write office key", "", "no private key")
	}
	raw, err := k.key.Bytes()
	return slices.Clone(raw), err // crypto/hpke gives its own slice: clearing that would destroy the key
}

// ParsePrivate reads what PrivateKey.Bytes gives.
func ParsePrivate(raw []byte) (PrivateKey, error) {
	k, err := kem.NewPrivateKey(raw)
	if err != nil {
		return PrivateKey{}, kiosk.Errorf(kiosk.CodeKeyMissing, "read office key", "restore the office's key file from its backup", "%w", err)
	}
	return PrivateKey{k}, nil
}
