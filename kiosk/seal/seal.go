package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/devicekey"
)

// The cipher suite.
var (
	kem  = hpke.MLKEM768X25519()
	kdf  = hpke.HKDFSHA256()
	aead = hpke.AES256GCM()
)

func info(kioskName string) []byte { return []byte(domain + "\x00" + kioskName) }

// Sealer seals in the name of a kiosk.
type Sealer struct {
	Keys   []PublicKey      // the office's, then, where there is one, the recovery key; 1 to 4
	Device devicekey.Signer // signs the envelope; its certificate names the kiosk
}

// Page is the plaintext of one part. *bytes.Reader and *io.SectionReader are pages.
type Page interface {
	io.ReaderAt
	Size() int64
}

// Seal encrypts the contents of an envelope and its pages. What it gives has everything but TokenID. The parts are encrypted while
// they are read, again each time: the pages must stay as they are until the dossier is stored, and are never copied whole.
// kiosk.Sealed.Wipe then forgets the keys.
// Errors: key_missing when keys or certificate are not there, bad_input for a name, id or size outside the limits or a page that
// cannot be read, internal when the machine's cryptography fails.
func (s Sealer) Seal(id string, created time.Time, link kiosk.Link, plaintext []byte, pages []Page) (kiosk.Sealed, error) {
	h, err := s.header(id, created, link)
	if err != nil {
		return kiosk.Sealed{}, err
	}
	if err := checkSizes(len(plaintext), pages); err != nil {
		return kiosk.Sealed{}, fault(kiosk.CodeBadInput, "%w", err)
	}
	fileKey := make([]byte, fileKeyLen)
	defer clear(fileKey)
	_, _ = rand.Read(fileKey) // never fails (crypto/rand)
	sealed := kiosk.Sealed{ID: id, Created: h.Created, Link: link}
	for i, page := range pages {
		p, err := sealPart(fileKey, h.ID, i, page)
		if err != nil {
			return kiosk.Sealed{}, fault(kiosk.CodeBadInput, "page %d: %w", i+1, err)
		}
		sealed.Parts = append(sealed.Parts, p)
	}
	h.Parts = sealed.Parts
	if sealed.Body, err = s.envelope(h, fileKey, plaintext); err != nil {
		return kiosk.Sealed{}, err
	}
	sealed.SHA256 = sha256.Sum256(sealed.Body)
	return sealed, nil
}

func (s Sealer) header(id string, created time.Time, link kiosk.Link) (*Header, error) {
	if len(s.Keys) < 1 || len(s.Keys) > MaxRecipients {
		return nil, fault(kiosk.CodeKeyMissing, "no public key of the office, or too many")
	}
	cert, err := s.Device.Parse()
	if err != nil {
		return nil, fault(kiosk.CodeKeyMissing, "%w", err)
	}
	h := &Header{
		ID: id, Kiosk: cert.Subject.CommonName, Created: created.UTC().Truncate(time.Microsecond), Link: link,
		Certificate: s.Device.Certificate,
	}
	if h.Created.UnixMicro() < 0 {
		return nil, fault(kiosk.CodeBadInput, "time is before 1970")
	}
	return h, nil
}

func checkSizes(plaintext int, pages []Page) error {
	if plaintext > MaxPlaintext {
		return fmt.Errorf("%d bytes are more than the limit of %d", plaintext, MaxPlaintext)
	}
	if len(pages) > MaxParts {
		return fmt.Errorf("%d pages are more than %d", len(pages), MaxParts)
	}
	var total int64
	for i, p := range pages {
		if total += p.Size(); p.Size() > MaxPart || total > MaxTotal {
			return fmt.Errorf("page %d makes it too large", i+1)
		}
	}
	return nil
}

// envelope wraps the file key for every recipient, encrypts and signs.
func (s Sealer) envelope(h *Header, fileKey, plaintext []byte) ([]byte, error) {
	head, err := h.appendNames(nil)
	if err != nil {
		return nil, fault(kiosk.CodeBadInput, "%w", err)
	}
	for _, k := range s.Keys {
		if k.key == nil {
			return nil, fault(kiosk.CodeKeyMissing, "no public key of the office")
		}
		enc, sender, err := hpke.NewSender(k.key, kdf, aead, info(h.Kiosk))
		if err != nil {
			return nil, fault(kiosk.CodeInternal, "set up encryption: %w", err)
		}
		wrapped, err := sender.Seal(head, fileKey)
		if err != nil {
			return nil, fault(kiosk.CodeInternal, "wrap file key: %w", err)
		}
		h.Keys, h.wraps = append(h.Keys, k.ID()), append(h.wraps, append(enc, wrapped...))
	}
	head = h.appendRest(head)
	gcm, err := subkey(fileKey, "envelope")
	if err != nil {
		return nil, fault(kiosk.CodeInternal, "%w", err)
	}
	n := len(plaintext) + tagLen
	b := make([]byte, len(head), len(head)+4+n+devicekey.SignatureLen)
	copy(b, head)
	b = gcm.Seal(binary.BigEndian.AppendUint32(b, uint32(n)), make([]byte, gcm.NonceSize()), plaintext, head)
	signature, err := s.Device.Sign(domain, b)
	if err != nil {
		return nil, fault(kiosk.CodeKeyMissing, "sign: %w", err)
	}
	return append(b, signature...), nil
}

// subkey derives one of the keys under the file key.
func subkey(fileKey []byte, use string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, fileKey, nil, domain+" "+use, 32)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return cipher.NewGCM(block)
}
