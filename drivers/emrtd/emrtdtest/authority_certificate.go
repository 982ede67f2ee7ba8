package emrtdtest

import (
	"crypto/rand"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"time"

	"motcua/drivers/emrtd/tlv"
)

// TBS is a TBSCertificate as encoded parts (RFC 5280 §4.1.2), so that a test can change or take away any of them. Parts that are
// nil are left out.
type TBS struct {
	Version    []byte // with its tag A0
	Serial     []byte
	Algorithm  []byte // the field called signature
	Issuer     []byte
	Validity   []byte
	Subject    []byte
	Key        []byte
	Extensions []Extension
}

// Extension is one extension of a certificate.
type Extension struct {
	ID       asn1.ObjectIdentifier
	Critical bool
	Value    []byte // contents of the OCTET STRING
}

func (e Extension) encode() []byte {
	var flag []byte
	if e.Critical {
		flag = tlv.Encode(tlv.Boolean, []byte{0xFF})
	}
	return tlv.Encode(tlv.Sequence, tlv.EncodeOID(e.ID), flag, tlv.Encode(tlv.OctetString, e.Value))
}

// The extensions a test may want to find.
var (
	OIDKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	OIDBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
	OIDSubjectKeyID     = asn1.ObjectIdentifier{2, 5, 29, 14}
	OIDAuthorityKeyID   = asn1.ObjectIdentifier{2, 5, 29, 35}
	OIDExtendedKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}
)

// OIDListSigner is the purpose of a master list signer (Doc 9303-12 §7.1.5).
var OIDListSigner = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 3}

// Drop takes an extension away.
func (t *TBS) Drop(id asn1.ObjectIdentifier) {
	var kept []Extension
	for _, e := range t.Extensions {
		if !e.ID.Equal(id) {
			kept = append(kept, e)
		}
	}
	t.Extensions = kept
}

// Set replaces an extension's value, or adds the extension.
func (t *TBS) Set(id asn1.ObjectIdentifier, critical bool, value []byte) {
	for i, e := range t.Extensions {
		if e.ID.Equal(id) {
			t.Extensions[i].Value, t.Extensions[i].Critical = value, critical
			return
		}
	}
	t.Extensions = append(t.Extensions, Extension{ID: id, Critical: critical, Value: value})
}

func (t *TBS) encode() []byte {
	var extensions []byte
	for _, e := range t.Extensions {
		extensions = append(extensions, e.encode()...)
	}
	if extensions != nil {
		extensions = tlv.Encode(0xA3, tlv.Encode(tlv.Sequence, extensions))
	}
	return tlv.Encode(tlv.Sequence, t.Version, t.Serial, t.Algorithm, t.Issuer, t.Validity, t.Subject, t.Key, extensions)
}

// SignedCertificate is a certificate as encoded parts. Parts that are nil are left out.
type SignedCertificate struct{ TBS, Algorithm, Signature []byte }

func (c *SignedCertificate) encode() []byte {
	return tlv.Encode(tlv.Sequence, c.TBS, c.Algorithm, c.Signature)
}

// certificate is what goes into an X.509 certificate. crypto/x509 cannot write brainpool curves, explicit parameters, RSASSA-PSS
// with any hash or DSA, so all are written here.
type certificate struct {
	subject, issuer pkix.Name
	key             signingKey
	explicit        bool
	ca              bool
	from, to        time.Time
	serial          []byte // contents of the INTEGER; drawn when nil
	purpose         asn1.ObjectIdentifier
	edit            func(*TBS)
	editSigned      func(*SignedCertificate)
}

// sign makes the certificate under an issuer's key.
func (c certificate) sign(by signingKey, alg Algorithm) ([]byte, error) {
	identifier, err := alg.Identifier()
	if err != nil {
		return nil, err
	}
	t, err := c.tbs(by, identifier)
	if err != nil {
		return nil, err
	}
	if c.edit != nil {
		c.edit(t)
	}
	raw := t.encode()
	signature, err := by.sign(alg, raw)
	if err != nil {
		return nil, err
	}
	signed := &SignedCertificate{TBS: raw, Algorithm: identifier, Signature: tlv.EncodeBits(signature)}
	if c.editSigned != nil {
		c.editSigned(signed)
	}
	return signed.encode(), nil
}

func (c certificate) tbs(issuer signingKey, identifier []byte) (*TBS, error) {
	serial := c.serial
	if serial == nil {
		serial = make([]byte, 16)
		if _, err := rand.Read(serial); err != nil {
			return nil, err
		}
		serial[0] = serial[0]&0x7F | 0x40
	}
	validity, err := EncodeValidity(c.from, c.to)
	if err != nil {
		return nil, err
	}
	names := [2][]byte{}
	for i, n := range []pkix.Name{c.issuer, c.subject} {
		if names[i], err = EncodeName(n); err != nil {
			return nil, err
		}
	}
	return &TBS{
		Version: tlv.Encode(0xA0, tlv.AppendInt(nil, 2)), Serial: tlv.Encode(tlv.Integer, serial), Algorithm: identifier,
		Issuer: names[0], Validity: validity, Subject: names[1], Key: c.key.spki(c.explicit), Extensions: c.extensions(issuer),
	}, nil
}

// EncodeName gives a distinguished name in DER.
func EncodeName(n pkix.Name) ([]byte, error) { return asn1.Marshal(n.ToRDNSequence()) }

// EncodeValidity gives a Validity: UTCTime until 2049, GeneralizedTime after it (RFC 5280 §4.1.2.5).
func EncodeValidity(from, to time.Time) ([]byte, error) {
	a, err := asn1.Marshal(from.UTC())
	if err != nil {
		return nil, err
	}
	b, err := asn1.Marshal(to.UTC())
	if err != nil {
		return nil, err
	}
	return tlv.Encode(tlv.Sequence, a, b), nil
}

// extensions are those Doc 9303-12 §7.1.1 makes mandatory for CSCA and document signer.
func (c certificate) extensions(issuer signingKey) []Extension {
	usage := []byte{0x03, 0x02, 0x07, 0x80} // digitalSignature
	all := []Extension{
		{ID: OIDAuthorityKeyID, Value: tlv.Encode(tlv.Sequence, tlv.Encode(0x80, issuer.id()))},
		{ID: OIDSubjectKeyID, Value: tlv.Encode(tlv.OctetString, c.key.id())},
	}
	if c.ca {
		usage = []byte{0x03, 0x02, 0x01, 0x06} // keyCertSign, cRLSign
		basic := tlv.Encode(tlv.Sequence, tlv.Encode(tlv.Boolean, []byte{0xFF}), tlv.AppendInt(nil, 0))
		all = append(all, Extension{ID: OIDBasicConstraints, Critical: true, Value: basic})
	}
	if c.purpose != nil {
		all = append(all, Extension{ID: OIDExtendedKeyUsage, Critical: true, Value: tlv.Encode(tlv.Sequence, tlv.EncodeOID(c.purpose))})
	}
	return append(all, Extension{ID: OIDKeyUsage, Critical: true, Value: usage})
}

func algorithm(id asn1.ObjectIdentifier) []byte { return tlv.Encode(tlv.Sequence, tlv.EncodeOID(id)) }

// certificateParts is what others must repeat of a certificate.
type certificateParts struct {
	issuer, serial, subject []byte // encoded
	country                 string // of the subject
	keyID                   []byte
	from, to                time.Time
}

func readCertificate(raw []byte) (p certificateParts, err error) {
	var c struct {
		TBS struct {
			Version    int `asn1:"explicit,tag:0,optional"`
			Serial     asn1.RawValue
			Algorithm  asn1.RawValue
			Issuer     asn1.RawValue
			Validity   struct{ From, To time.Time }
			Subject    asn1.RawValue
			Key        asn1.RawValue
			Extensions []pkix.Extension `asn1:"optional,explicit,tag:3"`
		}
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(raw, &c); err != nil {
		return p, fmt.Errorf("read certificate: %w", err)
	}
	p = certificateParts{
		issuer: c.TBS.Issuer.FullBytes, serial: c.TBS.Serial.FullBytes, subject: c.TBS.Subject.FullBytes,
		from: c.TBS.Validity.From, to: c.TBS.Validity.To,
	}
	for _, e := range c.TBS.Extensions {
		if e.Id.Equal(OIDSubjectKeyID) {
			if _, err := asn1.Unmarshal(e.Value, &p.keyID); err != nil {
				return p, fmt.Errorf("read certificate: %w", err)
			}
		}
	}
	var rdn pkix.RDNSequence
	if _, err := asn1.Unmarshal(p.subject, &rdn); err != nil {
		return p, fmt.Errorf("read certificate: %w", err)
	}
	var n pkix.Name
	n.FillFromRDNSequence(&rdn)
	if len(n.Country) > 0 {
		p.country = n.Country[0]
	}
	return p, nil
}
