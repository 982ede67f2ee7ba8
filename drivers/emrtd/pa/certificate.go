package pa

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // key identifiers are SHA-1
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"motcua/drivers/emrtd/tlv"
)

// Certificate is an X.509 certificate as far as passive authentication needs it. Key and signature are read when first used, for
// a trust store holds a thousand and uses one.
type Certificate struct {
	Raw                 []byte
	Serial              []byte // contents of the INTEGER
	NotBefore, NotAfter time.Time
	SubjectKeyID        []byte
	AuthorityKeyID      []byte

	issuer, subject name
	tbs             []byte
	innerAlg        tlv.Object
	outerAlg        tlv.Object
	signature       []byte
	spki            []byte
	version         int // 1 to 3
	usage           int // key usage bits, first bit highest of 16; -1 when not restricted
	ca              bool
	constrained     bool // basic constraints are present
	purposes        []asn1.ObjectIdentifier
	critical        bool // has a critical extension that is not known

	once   sync.Once
	key    *PublicKey
	keyErr error
}

// String names subject and serial.
func (c *Certificate) String() string { return c.Subject() + " " + hex.EncodeToString(c.Serial) }

// Subject gives the subject's name for people.
func (c *Certificate) Subject() string { return c.subject.String() }

// Issuer gives the issuer's name for people.
func (c *Certificate) Issuer() string { return c.issuer.String() }

// Country gives the subject's country in capitals.
func (c *Certificate) Country() string { return c.subject.country() }

// CA reports whether the certificate may issue others.
func (c *Certificate) CA() bool { return c.ca }

// Fingerprint gives the certificate's SHA-256 in hexadecimal.
func (c *Certificate) Fingerprint() string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// keyID computes the key identifier of RFC 5280 §4.2.1.2 (1): SHA-1 of the public key's bits.
func (c *Certificate) keyID() []byte {
	list, err := children(c.spki, tlv.Sequence, 2, 2)
	if err != nil {
		return nil
	}
	bits, err := list[1].Bits()
	if err != nil {
		return nil
	}
	sum := sha1.Sum(bits) //nolint:gosec // an identifier, not a signature
	return sum[:]
}

// Key gives the public key.
func (c *Certificate) Key() (*PublicKey, error) {
	c.once.Do(func() { c.key, c.keyErr = parseKey(c.spki) })
	return c.key, c.keyErr
}

// SelfIssued reports whether subject and issuer are the same name.
func (c *Certificate) SelfIssued() bool { return bytes.Equal(c.issuer.raw, c.subject.raw) }

// CheckSignature checks the certificate's signature under its issuer's key. The algorithm stands twice and must be the same.
func (c *Certificate) CheckSignature(issuer *PublicKey) error {
	if !bytes.Equal(c.innerAlg.Raw, c.outerAlg.Raw) {
		return errSignature
	}
	alg, err := signatureAlgorithm(c.innerAlg)
	if err != nil {
		return err
	}
	return alg.verify(issuer, c.tbs, c.signature)
}

// maxCertificate bounds a certificate; the largest CSCA seen has 3 KB.
const maxCertificate = 64 << 10

// ParseCertificate reads a DER certificate (RFC 5280 §4.1).
func ParseCertificate(raw []byte) (*Certificate, error) {
	c, err := parseCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	return c, nil
}

func parseCertificate(raw []byte) (*Certificate, error) {
	if len(raw) > maxCertificate {
		return nil, fmt.Errorf("%d bytes: %w", len(raw), tlv.ErrLimit)
	}
	list, err := children(raw, tlv.Sequence, 3, 3)
	if err != nil {
		return nil, err
	}
	c := &Certificate{Raw: raw, tbs: list[0].Raw, outerAlg: list[1], usage: -1}
	if c.signature, err = list[2].Bits(); err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	return c, c.readTBS(list[0])
}

func (c *Certificate) readTBS(tbs tlv.Object) error {
	list, err := children(tbs.Raw, tlv.Sequence, 6, 10)
	if err != nil {
		return err
	}
	c.version = 1
	if list[0].Tag == 0xA0 {
		if c.version, err = readVersion(list[0]); err != nil {
			return err
		}
		list = list[1:]
	}
	if len(list) < 6 || list[0].Tag != tlv.Integer || len(list[0].Value) == 0 || len(list[0].Value) > 64 {
		return fmt.Errorf("serial number: %w", ErrFormat)
	}
	c.Serial, c.innerAlg, c.spki = list[0].Value, list[1], list[5].Raw
	if c.issuer, err = parseName(list[2]); err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	if c.subject, err = parseName(list[4]); err != nil {
		return fmt.Errorf("subject: %w", err)
	}
	if err := c.readValidity(list[3]); err != nil {
		return fmt.Errorf("validity: %w", err)
	}
	for _, o := range list[6:] {
		if o.Tag == 0xA3 {
			return c.readExtensions(o)
		}
	}
	return nil
}

func readVersion(o tlv.Object) (int, error) {
	v, err := tlv.ReadOne(o.Value, tlv.Integer)
	if err != nil {
		return 0, fmt.Errorf("version: %w", err)
	}
	n, err := v.Int()
	if err != nil || n > 2 {
		return 0, fmt.Errorf("version: %w", ErrFormat)
	}
	return n + 1, nil
}

func (c *Certificate) readValidity(o tlv.Object) error {
	list, err := children(o.Raw, tlv.Sequence, 2, 2)
	if err != nil {
		return err
	}
	if c.NotBefore, err = parseTime(list[0]); err != nil {
		return err
	}
	c.NotAfter, err = parseTime(list[1])
	return err
}

var (
	oidSubjectKeyID     = asn1.ObjectIdentifier{2, 5, 29, 14}
	oidKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidExtendedUsage    = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidAuthorityKeyID   = asn1.ObjectIdentifier{2, 5, 29, 35}
)

// knownExtensions may be critical besides those read here: they restrict nothing that passive authentication does (Doc 9303-12
// §7.1.1; RFC 5280 §4.2): private key usage period, alternative names, name constraints, distribution points, policies, policy
// constraints, inhibit any policy, authority and subject information access, ICAO's name change and document type list.
var knownExtensions = []asn1.ObjectIdentifier{
	{2, 5, 29, 16}, {2, 5, 29, 17}, {2, 5, 29, 18}, {2, 5, 29, 30}, {2, 5, 29, 31}, {2, 5, 29, 32}, {2, 5, 29, 33}, {2, 5, 29, 36}, {2, 5, 29, 46},
	{2, 5, 29, 54}, {1, 3, 6, 1, 5, 5, 7, 1, 1}, {1, 3, 6, 1, 5, 5, 7, 1, 11}, {2, 23, 136, 1, 1, 6, 1}, {2, 23, 136, 1, 1, 6, 2},
}

// The bits of key usage this package asks for (RFC 5280 §4.2.1.3).
const (
	usageDigitalSignature = 1 << 15
	usageCertSign         = 1 << 10
	usageCRLSign          = 1 << 9
)

func (c *Certificate) readExtensions(o tlv.Object) error {
	list, err := children(o.Value, tlv.Sequence, 0, 64)
	if err != nil {
		return fmt.Errorf("extensions: %w", err)
	}
	for _, e := range list {
		if err := c.readExtension(e); err != nil {
			return fmt.Errorf("extension: %w", err)
		}
	}
	return nil
}

func (c *Certificate) readExtension(e tlv.Object) error {
	list, err := children(e.Raw, tlv.Sequence, 2, 3)
	if err != nil {
		return err
	}
	id, err := list[0].OID()
	if err != nil {
		return err
	}
	value := list[len(list)-1]
	if value.Tag != tlv.OctetString {
		return ErrFormat
	}
	switch {
	case id.Equal(oidSubjectKeyID):
		o, err := tlv.ReadOne(value.Value, tlv.OctetString)
		c.SubjectKeyID = o.Value
		return err
	case id.Equal(oidAuthorityKeyID):
		return c.readAuthority(value.Value)
	case id.Equal(oidKeyUsage):
		return c.readUsage(value.Value)
	case id.Equal(oidExtendedUsage):
		return c.readPurposes(value.Value)
	case id.Equal(oidBasicConstraints):
		return c.readConstraints(value.Value)
	case len(list) == 3 && isTrue(list[1]) && !slices.ContainsFunc(knownExtensions, id.Equal):
		c.critical = true
	}
	return nil
}

func isTrue(o tlv.Object) bool { return o.Tag == tlv.Boolean && len(o.Value) == 1 && o.Value[0] != 0 }

func (c *Certificate) readAuthority(b []byte) error {
	list, err := children(b, tlv.Sequence, 0, 3)
	if err != nil {
		return err
	}
	if o, ok := tlv.Find(list, 0x80); ok {
		c.AuthorityKeyID = o.Value
	}
	return nil
}

func (c *Certificate) readUsage(b []byte) error {
	o, err := tlv.ReadOne(b, tlv.BitString)
	if err != nil || len(o.Value) < 1 || len(o.Value) > 3 {
		return ErrFormat
	}
	c.usage = 0
	for i, v := range o.Value[1:] {
		c.usage |= int(v) << (8 * (1 - i))
	}
	return nil
}

func (c *Certificate) readPurposes(b []byte) error {
	list, err := children(b, tlv.Sequence, 1, 16)
	if err != nil {
		return err
	}
	for _, o := range list {
		id, err := o.OID()
		if err != nil {
			return err
		}
		c.purposes = append(c.purposes, id)
	}
	return nil
}

func (c *Certificate) readConstraints(b []byte) error {
	list, err := children(b, tlv.Sequence, 0, 2)
	if err != nil {
		return err
	}
	c.constrained = true
	c.ca = len(list) > 0 && isTrue(list[0])
	return nil
}

// allows reports whether key usage permits a use; certificates without the extension permit all.
func (c *Certificate) allows(use int) bool { return c.usage < 0 || c.usage&use != 0 }

// icaoSecurity is id-icao-mrtd-security; the purposes of extended key usage under it name signers of lists and seals.
var icaoSecurity = asn1.ObjectIdentifier{2, 23, 136, 1, 1}

// signsDocuments reports whether the certificate is a document signer's: version 3, no authority, made for signatures by its key
// usage, which must be there, and not reserved for master lists, deviation lists or visible seals (Doc 9303-12 §7.1.1 and .3).
func (c *Certificate) signsDocuments() bool {
	for _, p := range c.purposes {
		if len(p) > len(icaoSecurity) && p[:len(icaoSecurity)].Equal(icaoSecurity) {
			return false
		}
	}
	return c.version == 3 && !c.ca && c.usage >= 0 && c.allows(usageDigitalSignature)
}

// children reads b as one object of that tag with least to most objects inside.
func children(b []byte, tag tlv.Tag, least, most int) ([]tlv.Object, error) {
	o, err := tlv.ReadOne(b, tag)
	if err != nil {
		return nil, err
	}
	list, err := o.Children()
	if err != nil {
		return nil, err
	}
	if len(list) < least || len(list) > most {
		return nil, fmt.Errorf("%d objects in %v: %w", len(list), tag, ErrFormat)
	}
	return list, nil
}
