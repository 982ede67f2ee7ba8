package seal

import (
	"crypto/hpke"
	"errors"

	"motcua/kiosk"
)

const (
	fileMagic   = "MCSF"
	fileVersion = 1
	fileFixed   = len(fileMagic) + 1 + keyIDLen + idLen + 1
)

// SealFile encrypts to the office what is no dossier: a result that the office keeps for itself, or a citizen's word to the office.
// id names it, name says who sealed. Unlike an envelope it has no signature and no pages.
//
// A sealed file, version 1, is "MCSF", the version, 16 bytes key id, 16 bytes dossier id, the length of the name in one byte and the
// name, all of which is the AAD, then 1120 bytes encapsulated key and the ciphertext with its tag. HPKE as in envelopes, with info
// "motcua/file/1" NUL name. Errors: bad_input, key_missing, internal.
func SealFile(pub PublicKey, name, id string, plaintext []byte) ([]byte, error) {
	uuid, err := parseUUID(id)
	switch {
	case pub.key == nil:
		return nil, fault(kiosk.CodeKeyMissing, "no public key of the office")
	case err != nil:
		return nil, fault(kiosk.CodeBadInput, "%w", err)
	case !ValidName(name) || len(plaintext) > MaxPlaintext:
		return nil, fault(kiosk.CodeBadInput, "name or size is outside the limits")
	}
	key := pub.ID()
	head := append(append(append([]byte(fileMagic), fileVersion), key[:]...), uuid[:]...)
	head = append(append(head, byte(len(name))), name...)
	enc, sender, err := hpke.NewSender(pub.key, kdf, aead, fileInfo(name))
	if err != nil {
		return nil, fault(kiosk.CodeInternal, "set up encryption: %w", err)
	}
	ciphertext, err := sender.Seal(head, plaintext)
	if err != nil {
		return nil, fault(kiosk.CodeInternal, "encrypt: %w", err)
	}
	return append(append(head, enc...), ciphertext...), nil
}

func fileInfo(name string) []byte { return []byte("motcua/file/1\x00" + name) }

// OpenFile decrypts what SealFile sealed. Errors: bad_input, key_missing.
func (r Ring) OpenFile(sealed []byte) (id, name string, plaintext []byte, err error) {
	if len(sealed) < fileFixed || string(sealed[:len(fileMagic)]) != fileMagic || sealed[len(fileMagic)] != fileVersion {
		return "", "", nil, fault(kiosk.CodeBadInput, "not a sealed file")
	}
	c := &cursor{sealed[len(fileMagic)+1:], true}
	key := KeyID(c.take(keyIDLen))
	id = formatUUID([idLen]byte(c.take(idLen)))
	name = string(c.take(int(c.take(1)[0])))
	head := sealed[:len(sealed)-len(c.b)]
	if !c.ok || !ValidName(name) || len(c.b) < encLen+tagLen {
		return "", "", nil, fault(kiosk.CodeBadInput, "%w", errors.New("file is cut short"))
	}
	k, ok := r.find(key)
	if !ok {
		return "", "", nil, fault(kiosk.CodeKeyMissing, "sealed to another key, %s", key)
	}
	recipient, err := hpke.NewRecipient(c.b[:encLen], k.key, kdf, aead, fileInfo(name))
	if err != nil {
		return "", "", nil, fault(kiosk.CodeBadInput, "encapsulated key: %w", err)
	}
	if plaintext, err = recipient.Open(head, c.b[encLen:]); err != nil {
		return "", "", nil, fault(kiosk.CodeBadInput, "decrypt: %w", err)
	}
	return id, name, plaintext, nil
}
