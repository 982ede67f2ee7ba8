package pa

import (
	"bytes"
	"crypto"
	"crypto/subtle"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
)

var (
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidProtection    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 52}
)

// signedData is a CMS SignedData with one signer (RFC 5652 §5.1).
type signedData struct {
	contentType  []byte // encoded OID
	content      []byte
	hashes       []crypto.Hash // digestAlgorithms
	certificates []*Certificate
	signer       signerInfo
}

// signerInfo is one signer (§5.3).
type signerInfo struct {
	issuer      *name // with serial, or nil and keyID
	serial      []byte
	keyID       []byte
	digest      crypto.Hash
	alg         algorithm
	signedAttrs []byte // as SET OF, the form that is hashed, in the order received
	sortedAttrs []byte // the same in DER's order, nil when that is the order received
	contentType []byte // attribute: encoded OID
	messageHash []byte // attribute
	signed      time.Time
	signature   []byte
	protection  *tlv.Object // attribute CMSAlgorithmProtection
}

// maxCertificates bounds the certificates beside a signature.
const maxCertificates = 16

// parseSignedData reads a ContentInfo with SignedData, BER or DER, and requires every unsigned value to be the one the standard
// prescribes: versions, lists of algorithms, no CRLs, no unsigned attributes, one signer.
func parseSignedData(raw []byte) (*signedData, error) {
	der, rest, err := tlv.DER(raw)
	if err != nil {
		return nil, fmt.Errorf("read signed data: %w", err)
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("read signed data: %w", tlv.ErrTrailing)
	}
	sd, err := readContentInfo(der)
	if err != nil {
		return nil, fmt.Errorf("read signed data: %w", err)
	}
	return sd, nil
}

func readContentInfo(der []byte) (*signedData, error) {
	list, err := children(der, tlv.Sequence, 2, 2)
	if err != nil {
		return nil, err
	}
	if id, err := list[0].OID(); err != nil || !id.Equal(oidSignedData) {
		return nil, fmt.Errorf("content info: %w", ErrFormat)
	}
	if list[1].Tag != 0xA0 {
		return nil, fmt.Errorf("content info: %w", ErrFormat)
	}
	if list, err = children(list[1].Value, tlv.Sequence, 4, 5); err != nil {
		return nil, err
	}
	if v, err := list[0].Int(); err != nil || v != 3 {
		return nil, fmt.Errorf("version: %w", ErrFormat)
	}
	sd := &signedData{}
	if err := sd.readHashes(list[1]); err != nil {
		return nil, err
	}
	if err := sd.readContent(list[2]); err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	if len(list) == 5 { // the signer's certificate may be left out
		if err := sd.readCertificates(list[3]); err != nil {
			return nil, fmt.Errorf("certificates: %w", err)
		}
	}
	signers, err := children(list[len(list)-1].Raw, tlv.Set, 1, 1)
	if err != nil {
		return nil, fmt.Errorf("signers: %w", err)
	}
	if err := sd.signer.read(signers[0]); err != nil {
		return nil, fmt.Errorf("signer: %w", err)
	}
	return sd, nil
}

func (sd *signedData) readHashes(o tlv.Object) error {
	list, err := children(o.Raw, tlv.Set, 1, 4)
	if err != nil {
		return fmt.Errorf("digest algorithms: %w", err)
	}
	for _, a := range list {
		h, err := hashAlgorithm(a)
		if err != nil {
			return fmt.Errorf("digest algorithms: %w", err)
		}
		sd.hashes = append(sd.hashes, h)
	}
	return nil
}

func (sd *signedData) readContent(o tlv.Object) error {
	list, err := children(o.Raw, tlv.Sequence, 2, 2)
	if err != nil {
		return err
	}
	if _, err := list[0].OID(); err != nil {
		return err
	}
	if list[1].Tag != 0xA0 {
		return ErrFormat
	}
	content, err := tlv.ReadOne(list[1].Value, tlv.OctetString)
	sd.contentType, sd.content = list[0].Raw, content.Value
	return err
}

func (sd *signedData) readCertificates(o tlv.Object) error {
	if o.Tag != 0xA0 {
		return ErrFormat
	}
	list, err := o.Children()
	if err != nil {
		return err
	}
	if len(list) > maxCertificates {
		return fmt.Errorf("%d of them: %w", len(list), tlv.ErrLimit)
	}
	for _, o := range list {
		c, err := ParseCertificate(o.Raw)
		if err != nil {
			return err
		}
		sd.certificates = append(sd.certificates, c)
	}
	return nil
}

func (s *signerInfo) read(o tlv.Object) error {
	list, err := children(o.Raw, tlv.Sequence, 6, 6)
	if err != nil {
		return err
	}
	version, err := list[0].Int()
	if err != nil {
		return err
	}
	if err := s.readIdentifier(list[1], version); err != nil {
		return fmt.Errorf("identifier: %w", err)
	}
	if s.digest, err = hashAlgorithm(list[2]); err != nil {
		return err
	}
	if err := s.readAttributes(list[3]); err != nil {
		return fmt.Errorf("signed attributes: %w", err)
	}
	if s.alg, err = signatureAlgorithm(list[4]); err != nil {
		return err
	}
	if s.alg.hash == 0 {
		if s.alg.scheme == schemeECDSA && s.digest == crypto.SHA1 { // one byte from ecdsa-with-SHA1
			return fmt.Errorf("signature algorithm without a hash: %w", ErrFormat)
		}
		s.alg.hash = s.digest
	}
	if err := s.checkProtection(list[2], list[4]); err != nil {
		return err
	}
	if list[5].Tag != tlv.OctetString {
		return fmt.Errorf("signature: %w", ErrFormat)
	}
	s.signature = list[5].Value
	return nil
}

// checkProtection compares the algorithms with what CMSAlgorithmProtection (RFC 6211 §2) says of them under the signature.
func (s *signerInfo) checkProtection(digest, signature tlv.Object) error {
	if s.protection == nil {
		return nil
	}
	list, err := children(s.protection.Raw, tlv.Sequence, 2, 2)
	if err != nil || list[1].Tag != 0xA1 || !sameAlgorithm(list[0], digest) ||
		!sameAlgorithm(tlv.Object{Tag: tlv.Sequence, Value: list[1].Value}, signature) {
		return fmt.Errorf("algorithm protection: %w", ErrFormat)
	}
	return nil
}

// sameAlgorithm compares AlgorithmIdentifiers; absent and NULL parameters are the same.
func sameAlgorithm(a, b tlv.Object) bool {
	idA, paramsA, errA := algorithmIdentifier(a)
	idB, paramsB, errB := algorithmIdentifier(b)
	return errA == nil && errB == nil && idA.Equal(idB) && bytes.Equal(paramsA, paramsB)
}

// readIdentifier reads the signer's identifier: version 1 has issuer and serial number, version 3 a subject key identifier.
func (s *signerInfo) readIdentifier(o tlv.Object, version int) error {
	if o.Tag == 0x80 && version == 3 {
		s.keyID = o.Value
		return nil
	}
	if o.Tag != tlv.Sequence || version != 1 {
		return ErrFormat
	}
	list, err := children(o.Raw, tlv.Sequence, 2, 2)
	if err != nil {
		return err
	}
	n, err := parseName(list[0])
	if err != nil {
		return err
	}
	if list[1].Tag != tlv.Integer {
		return ErrFormat
	}
	s.issuer, s.serial = &n, list[1].Value
	return nil
}

// readAttributes reads the signed attributes (§11): content type and message digest once each with one value.
func (s *signerInfo) readAttributes(o tlv.Object) error {
	if o.Tag != 0xA0 {
		return ErrFormat
	}
	list, err := o.Children()
	if err != nil {
		return err
	}
	if len(list) > 32 {
		return fmt.Errorf("%d of them: %w", len(list), tlv.ErrLimit)
	}
	seen := map[string]bool{}
	for _, a := range list {
		if err := s.readAttribute(a, seen); err != nil {
			return err
		}
	}
	if s.contentType == nil || s.messageHash == nil {
		return fmt.Errorf("content type or message digest: %w", tlv.ErrMissing)
	}
	s.signedAttrs = tlv.Encode(tlv.Set, o.Value)
	parts := make([][]byte, len(list))
	for i, a := range list {
		parts[i] = a.Raw
	}
	slices.SortStableFunc(parts, bytes.Compare)
	if sorted := tlv.Encode(tlv.Set, parts...); !bytes.Equal(sorted, s.signedAttrs) {
		s.sortedAttrs = sorted
	}
	return nil
}

func (s *signerInfo) readAttribute(a tlv.Object, seen map[string]bool) error {
	list, err := children(a.Raw, tlv.Sequence, 2, 2)
	if err != nil {
		return err
	}
	id, err := list[0].OID()
	if err != nil {
		return err
	}
	if seen[id.String()] {
		return fmt.Errorf("attribute %v twice: %w", id, ErrFormat)
	}
	seen[id.String()] = true
	switch {
	case id.Equal(oidContentType):
		v, err := children(list[1].Raw, tlv.Set, 1, 1)
		if err != nil || v[0].Tag != tlv.OID {
			return ErrFormat
		}
		s.contentType = v[0].Raw
	case id.Equal(oidMessageDigest):
		v, err := children(list[1].Raw, tlv.Set, 1, 1)
		if err != nil || v[0].Tag != tlv.OctetString {
			return ErrFormat
		}
		s.messageHash = v[0].Value
	case id.Equal(oidProtection):
		v, err := children(list[1].Raw, tlv.Set, 1, 1)
		if err != nil {
			return ErrFormat
		}
		s.protection = &v[0]
	case id.Equal(oidSigningTime):
		v, err := children(list[1].Raw, tlv.Set, 1, 1)
		if err != nil {
			return ErrFormat
		}
		s.signed, err = parseTime(v[0])
		return err
	}
	return nil
}

// The failures of a signature, each with its own reason.
var (
	errNoSigner    = errors.New("signer certificate missing")
	errIdentifier  = errors.New("signer identifier fits no certificate")
	errContentType = errors.New("content type differs")
	errDigest      = errors.New("message digest differs")
)

// signerCertificate gives the certificate the signer's identifier names, from the message or else from those known.
func (sd *signedData) signerCertificate(known ...*Certificate) (*Certificate, error) {
	for _, c := range slices.Concat(sd.certificates, known) {
		if sd.signer.names(c) {
			return c, nil
		}
	}
	if slices.ContainsFunc(sd.certificates, (*Certificate).signsDocuments) {
		return nil, errIdentifier
	}
	return nil, errNoSigner
}

// names reports whether the signer's identifier is that of a certificate. Serial numbers are compared as numbers of so many bits,
// for some signers drop the sign's leading zero. Some name the signer itself where its issuer belongs.
func (s *signerInfo) names(c *Certificate) bool {
	if s.issuer == nil {
		id := c.SubjectKeyID
		if len(id) == 0 {
			id = c.keyID()
		}
		return len(s.keyID) > 0 && bytes.Equal(s.keyID, id)
	}
	if !bytes.Equal(minimal(s.serial), minimal(c.Serial)) {
		return false
	}
	return s.issuer.matches(c.issuer) || apart(c.issuer.raw, c.subject.raw) && bytes.Equal(s.issuer.raw, c.subject.raw)
}

// apart reports whether two encodings differ in more than one byte.
func apart(a, b []byte) bool {
	n := 0
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			n++
		}
	}
	return len(a) != len(b) || n > 1
}

// verify checks the signature over content of the type wanted. also are hashes that may stand in the list of digest algorithms
// besides the signer's own; SHA-1 may stand there unused, for no other hash's identifier is one byte away from its. Some signers hash content and attributes differently; each is taken as stated.
// Errors: errContentType, errDigest, errSignature, ErrFormat, ErrUnsupported.
func (sd *signedData) verify(c *Certificate, want asn1.ObjectIdentifier, also ...crypto.Hash) error {
	s := &sd.signer
	if !bytes.Equal(sd.contentType, tlv.EncodeOID(want)) || !bytes.Equal(s.contentType, sd.contentType) {
		return errContentType
	}
	if !slices.Contains(sd.hashes, s.digest) {
		return fmt.Errorf("digest algorithms: %w", ErrFormat)
	}
	for _, h := range sd.hashes {
		if h != s.digest && h != s.alg.hash && h != crypto.SHA1 && !slices.Contains(also, h) {
			return fmt.Errorf("digest algorithms: %w", ErrFormat)
		}
	}
	h := s.digest.New()
	h.Write(sd.content)
	if subtle.ConstantTimeCompare(h.Sum(nil), s.messageHash) != 1 {
		return errDigest
	}
	key, err := c.Key()
	if err != nil {
		return fmt.Errorf("signer key: %w", keyError(err))
	}
	err = s.alg.verify(key, s.signedAttrs, s.signature)
	if errors.Is(err, errSignature) && s.sortedAttrs != nil { // signed as DER and sent as BER (§5.4)
		err = s.alg.verify(key, s.sortedAttrs, s.signature)
	}
	return err
}

// keyError turns a key that cannot be used into one of this package's errors.
func keyError(err error) error {
	if errors.Is(err, lds.ErrUnsupported) {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return fmt.Errorf("%w: %w", ErrFormat, err)
}
