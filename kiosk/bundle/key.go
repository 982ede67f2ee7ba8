package bundle

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"motcua/kiosk"
)

// PublicKeys reads every Ed25519 public key of a PEM file (SubjectPublicKeyInfo, RFC 8410). Errors: key_missing.
func PublicKeys(data []byte) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "PUBLIC KEY" {
			continue
		}
		any, err := x509.ParsePKIXPublicKey(block.Bytes)
		key, ok := any.(ed25519.PublicKey)
		if err != nil || !ok {
			return nil, noKey("a public key in it is not Ed25519")
		}
		keys = append(keys, key)
	}
	if keys == nil {
		return nil, noKey("it holds no public key")
	}
	return keys, nil
}

// PrivateKey reads an Ed25519 private key of a PEM file (PKCS #8). Errors: key_missing.
func PrivateKey(data []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, noKey("it holds no private key")
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := any.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, noKey("the private key in it is not Ed25519")
	}
	return key, nil
}

func noKey(text string) error {
	return kiosk.Errorf(kiosk.CodeKeyMissing, "read the key of bundles", "make one with: openssl genpkey -algorithm ed25519", "%w", errors.New(text))
}
