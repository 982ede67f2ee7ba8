package seal

import (
	"crypto/hpke"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"motcua/kiosk"
	"motcua/kiosk/devicekey"
)

// Ring is the office's private keys, newest first: the one that kiosks seal to now, and those before it, which open what was sealed
// earlier.
type Ring []PrivateKey

// Public gives the key that seals to the newest of the ring, zero for an empty ring.
func (r Ring) Public() PublicKey {
	if len(r) == 0 || r[0].key == nil {
		return PublicKey{}
	}
	return r[0].Public()
}

// String gives the keys' number alone.
func (r Ring) String() string { return fmt.Sprintf("%d private keys", len(r)) }

// GoString gives the keys' number alone.
func (r Ring) GoString() string { return r.String() }

// Opened is an envelope opened. Its pages open through it.
type Opened struct {
	Header    Header
	Key       KeyID  // the key that opened it
	Plaintext []byte // fresh; Wipe zeroes it

	id      [idLen]byte
	fileKey []byte
}

// Wipe zeroes the plaintext and the key of the pages.
func (o *Opened) Wipe() {
	clear(o.Plaintext)
	clear(o.fileKey)
	o.Plaintext, o.fileKey = nil, nil
}

// String names the dossier by its id alone.
func (o *Opened) String() string { return "opened " + o.Header.ID }

// Open decrypts an envelope. Its names are authenticated with the contents, and signed by the key in its certificate; whether that
// certificate is the office's, CheckOrigin tells. Errors: bad_input for what is not intact, key_missing when it is sealed to none
// of these keys.
func (r Ring) Open(envelope []byte) (*Opened, error) {
	h, err := parseHeader(envelope)
	if err == nil {
		_, err = checkSignature(h, envelope)
	}
	if err != nil {
		return nil, fault(kiosk.CodeBadInput, "%w", err)
	}
	head := envelope[:h.length]
	c := &cursor{envelope[h.length : len(envelope)-devicekey.SignatureLen], true}
	n := binary.BigEndian.Uint32(c.take(4))
	if !c.ok || uint64(n) != uint64(len(c.b)) || n < tagLen || n > MaxPlaintext+tagLen {
		return nil, fault(kiosk.CodeBadInput, "envelope has a wrong length")
	}
	o := &Opened{Header: *h}
	if o.id, err = parseUUID(h.ID); err != nil {
		return nil, fault(kiosk.CodeBadInput, "%w", err)
	}
	if err := r.unwrap(o, head); err != nil {
		return nil, err
	}
	gcm, err := subkey(o.fileKey, "envelope")
	if err != nil {
		return nil, fault(kiosk.CodeInternal, "%w", err)
	}
	if o.Plaintext, err = gcm.Open(nil, make([]byte, gcm.NonceSize()), c.b, head); err != nil {
		o.Wipe()
		return nil, fault(kiosk.CodeBadInput, "decrypt: %w", err)
	}
	return o, nil
}

// unwrap finds the first recipient whose key is ours.
func (r Ring) unwrap(o *Opened, head []byte) error {
	h := &o.Header
	names, err := h.appendNames(nil)
	if err != nil {
		return fault(kiosk.CodeBadInput, "%w", err)
	}
	for i, id := range h.Keys {
		k, ok := r.find(id)
		if !ok {
			continue
		}
		recipient, err := hpke.NewRecipient(h.wraps[i][:encLen], k.key, kdf, aead, info(h.Kiosk))
		if err != nil {
			return fault(kiosk.CodeBadInput, "encapsulated key: %w", err)
		}
		o.fileKey, err = recipient.Open(names, h.wraps[i][encLen:])
		if err != nil || len(o.fileKey) != fileKeyLen {
			return fault(kiosk.CodeBadInput, "file key is not authentic")
		}
		o.Key = id
		return nil
	}
	return kiosk.Errorf(kiosk.CodeKeyMissing, "seal dossier", "put the key file of "+h.Keys[0].String()+" back into the office's key folder",
		"sealed to none of the %d keys here", len(r))
}

func (r Ring) find(id KeyID) (PrivateKey, bool) {
	for _, k := range r {
		if k.key != nil && k.Public().ID() == id {
			return k, true
		}
	}
	return PrivateKey{}, false
}

// Part opens the part of that number, from 0, while it is read. Until the reader gives io.EOF nothing says that the part is whole:
// what was read before an error must be thrown away. The caller checks the sealed stream against its SHA-256 or reads by ReadPart.
// Error: bad_input.
func (o *Opened) Part(number int, sealed io.Reader) (io.Reader, error) {
	if o.fileKey == nil || number < 0 || number >= len(o.Header.Parts) {
		return nil, fault(kiosk.CodeBadInput, "no part %d", number)
	}
	r, err := newOpening(o.fileKey, o.id, number, o.Header.Parts[number].Size, sealed)
	if err != nil {
		return nil, fault(kiosk.CodeBadInput, "part %d: %w", number, err)
	}
	return partReader{r, number}, nil
}

// ReadPart opens a whole part and checks that it is the one the envelope names. Error: bad_input.
func (o *Opened) ReadPart(number int, sealed io.Reader) ([]byte, error) {
	h := sha256.New()
	r, err := o.Part(number, io.TeeReader(sealed, h))
	if err != nil {
		return nil, err
	}
	want := o.Header.Parts[number]
	b := make([]byte, want.Size-int64(partHead))
	n := 0
	for err == nil && n < len(b) {
		var more int
		more, err = r.Read(b[n:])
		n += more
	}
	if errors.Is(err, io.EOF) {
		err = nil
		if [sha256.Size]byte(h.Sum(nil)) != want.SHA256 {
			err = fault(kiosk.CodeBadInput, "part %d is not the one that was sealed", number)
		}
	}
	if err != nil {
		clear(b)
		return nil, err
	}
	return b[:n:n], nil
}

// partReader gives errors their code.
type partReader struct {
	*opening
	number int
}

func (p partReader) Read(b []byte) (int, error) {
	n, err := p.opening.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fault(kiosk.CodeBadInput, "part %d: %w", p.number, err)
	}
	return n, err
}
