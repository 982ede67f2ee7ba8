package seal

import (
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/devicekey"
)

// Limits. MaxPlaintext bounds what is sealed in one piece and stands in memory twice while it is (plain and sealed): a package without
// its pages, some hundred KB, or a result file of the office, 10 MB at most. Pages are streams, read 64 KB at a time: MaxPart bounds one
// and MaxTotal all of a dossier, on the disk and on the line, not in memory.
const (
	Version       = 2
	MaxName       = 64
	MaxPlaintext  = 12 << 20
	MaxPart       = 16 << 20
	MaxTotal      = 64 << 20
	MaxParts      = 200
	MaxRecipients = 4

	magic      = "MCSE"
	domain     = "motcua/seal/2"
	keyIDLen   = 16
	idLen      = 16
	encLen     = 1120
	tagLen     = 16
	publicLen  = 1216
	fileKeyLen = 32
	wrappedLen = fileKeyLen + tagLen
	fixedLen   = len(magic) + 1 + idLen + 1
)

// Header is what an envelope says in the clear.
type Header struct {
	ID          string             // the dossier's UUID
	Kiosk       string             // the kiosk that sealed it
	Created     time.Time          // by the kiosk's clock, microseconds
	Link        kiosk.Link         // its place in the kiosk's chain
	Parts       []kiosk.SealedPart // size and SHA-256 of each, no data
	Keys        []KeyID            // to whose keys it is sealed
	Certificate []byte             // of the kiosk's device key, DER

	wraps  [][]byte // of the recipients: encapsulated key and wrapped file key
	length int      // of the envelope up to the ciphertext's length
}

// Peek reads the header of an envelope without opening it. Nothing in it is believed yet: see [CheckOrigin].
func Peek(envelope []byte) (Header, error) {
	h, err := parseHeader(envelope)
	if err != nil {
		return Header{}, fault(kiosk.CodeBadInput, "%w", err)
	}
	return *h, nil
}

// CheckOrigin checks that an enrolled kiosk sealed this very envelope: its certificate is of the office, valid when the envelope
// says it was made, names the kiosk, and its key signed. Error: bad_input.
func CheckOrigin(envelope []byte, authorities *x509.CertPool) error {
	h, err := parseHeader(envelope)
	if err != nil {
		return fault(kiosk.CodeBadInput, "%w", err)
	}
	cert, err := checkSignature(h, envelope)
	if err == nil {
		err = devicekey.CheckChain(cert, authorities, h.Created)
	}
	if err != nil {
		return fault(kiosk.CodeBadInput, "%w", err)
	}
	return nil
}

// checkSignature checks the envelope under its own certificate.
func checkSignature(h *Header, envelope []byte) (*x509.Certificate, error) {
	cert, err := x509.ParseCertificate(h.Certificate)
	if err != nil {
		return nil, errors.New("device certificate cannot be read")
	}
	if cert.Subject.CommonName != h.Kiosk {
		return nil, errors.New("certificate names another kiosk")
	}
	n := len(envelope) - devicekey.SignatureLen
	if n < h.length {
		return nil, errShort
	}
	return cert, devicekey.Verify(cert, domain, envelope[:n], envelope[n:])
}

var errShort = errors.New("envelope is cut short")

// appendNames writes everything before the list of parts.
func (h *Header) appendNames(b []byte) ([]byte, error) {
	id, err := parseUUID(h.ID)
	if err != nil {
		return nil, err
	}
	if !ValidName(h.Kiosk) {
		return nil, errors.New("kiosk name is not 1 to 64 of a-z, 0-9, - and .")
	}
	b = append(append(b, magic...), Version)
	b = append(append(b, id[:]...), byte(len(h.Kiosk)))
	b = append(b, h.Kiosk...)
	b = binary.BigEndian.AppendUint64(b, uint64(h.Created.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, h.Link.Sequence)
	return append(b, h.Link.Previous[:]...), nil
}

// appendRest writes the lists behind the names and the certificate.
func (h *Header) appendRest(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(h.Parts)))
	for _, p := range h.Parts {
		b = append(binary.BigEndian.AppendUint64(b, uint64(p.Size)), p.SHA256[:]...)
	}
	b = append(b, byte(len(h.Keys)))
	for i, k := range h.Keys {
		b = append(append(b, k[:]...), h.wraps[i]...)
	}
	return append(binary.BigEndian.AppendUint16(b, uint16(len(h.Certificate))), h.Certificate...)
}

// cursor reads fields off the front; ok turns false at the end of the bytes.
type cursor struct {
	b  []byte
	ok bool
}

func (c *cursor) take(n int) []byte {
	if !c.ok || n < 0 || len(c.b) < n {
		c.ok = false
		return make([]byte, min(max(n, 0), 8)) // enough for the callers that read a number
	}
	field := c.b[:n:n]
	c.b = c.b[n:]
	return field
}

func (c *cursor) u16() int    { return int(binary.BigEndian.Uint16(c.take(2))) }
func (c *cursor) u64() uint64 { return binary.BigEndian.Uint64(c.take(8)) }

func parseHeader(b []byte) (*Header, error) {
	switch {
	case len(b) < fixedLen:
		return nil, errShort
	case string(b[:len(magic)]) != magic:
		return nil, errors.New("not an envelope")
	case b[len(magic)] != Version:
		return nil, fmt.Errorf("envelope version %d is not known", b[len(magic)])
	}
	h, c := new(Header), &cursor{b[len(magic)+1:], true}
	h.ID = formatUUID([idLen]byte(c.take(idLen)))
	h.Kiosk = string(c.take(int(c.take(1)[0])))
	created := c.u64()
	h.Link.Sequence = c.u64()
	copy(h.Link.Previous[:], c.take(len(h.Link.Previous)))
	if !c.ok {
		return nil, errShort
	}
	if !ValidName(h.Kiosk) {
		return nil, errors.New("kiosk name is not 1 to 64 of a-z, 0-9, - and .")
	}
	if created > math.MaxInt64 || h.Link.Sequence > math.MaxInt64 {
		return nil, errors.New("a number is out of range")
	}
	h.Created = time.UnixMicro(int64(created)).UTC()
	if err := h.parseLists(c); err != nil {
		return nil, err
	}
	h.length = len(b) - len(c.b)
	return h, nil
}

func (h *Header) parseLists(c *cursor) error {
	parts := c.u16()
	if parts > MaxParts {
		return errors.New("too many parts")
	}
	var total uint64
	for range parts {
		size := c.u64()
		var p kiosk.SealedPart
		copy(p.SHA256[:], c.take(len(p.SHA256)))
		if total += size; size < uint64(SealedSize(0)) || size > uint64(SealedSize(MaxPart)) || total > uint64(MaxTotal+parts*overhead(MaxPart)) {
			return errors.New("a part has an impossible size")
		}
		p.Size = int64(size)
		h.Parts = append(h.Parts, p)
	}
	keys := int(c.take(1)[0])
	if c.ok && (keys < 1 || keys > MaxRecipients) {
		return errors.New("not 1 to 4 recipients")
	}
	for range keys {
		var k KeyID
		copy(k[:], c.take(keyIDLen))
		h.Keys, h.wraps = append(h.Keys, k), append(h.wraps, c.take(encLen+wrappedLen))
	}
	n := c.u16()
	if h.Certificate = c.take(n); !c.ok || n == 0 || n > devicekey.MaxCertificate {
		return errShort
	}
	return nil
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
