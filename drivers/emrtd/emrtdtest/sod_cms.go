package emrtdtest

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"slices"

	"motcua/drivers/emrtd/tlv"
)

// signContent puts content into a CMS ContentInfo with SignedData (RFC 5652 §5).
func (a *Authority) signContent(kind asn1.ObjectIdentifier, content []byte, opt SODOptions) ([]byte, error) {
	signer, err := a.signerFor(opt)
	if err != nil {
		return nil, err
	}
	alg := opt.Algorithm
	if alg == (Algorithm{}) {
		alg = signer.algorithm
	}
	alg = alg.withDefaults()
	hash := opt.DigestHash
	if hash == 0 {
		hash = alg.Hash
	}
	info, err := opt.signerInfo(signer, kind, content, alg, hash)
	if err != nil {
		return nil, err
	}
	return opt.signedData(signer, kind, content, info, hash).encode(), nil
}

// signerFor gives the authority's own signer, or one made for the options.
func (a *Authority) signerFor(opt SODOptions) (*Signer, error) {
	if opt.Signer != nil {
		return opt.Signer, nil
	}
	own := a.algorithm()
	alg := opt.Algorithm
	if alg == (Algorithm{}) {
		alg = own
	}
	alg = alg.withDefaults()
	c := opt.Certificate
	plain := c.Edit == nil && c.EditSigned == nil && c.NotBefore.IsZero() && c.NotAfter.IsZero() && c.Serial == nil && c.Purpose == nil &&
		c.Name == "" && c.Country == "" && !c.ListSigner && !c.NewKey && c.By == (Algorithm{}) && c.Algorithm == (Algorithm{})
	fits := alg.Scheme == own.Scheme || own.Scheme == SchemeECDSA && alg.Scheme == SchemeECDSAPlain ||
		own.Scheme == SchemePKCS1 && alg.Scheme == SchemePSS || own.Scheme == SchemePSS && alg.Scheme == SchemePKCS1
	if own.Scheme == SchemeDSA && alg.Hash != own.Hash {
		fits = false
	}
	if plain && fits && opt.Curve == "" && !opt.Explicit && opt.By == (Algorithm{}) {
		return a.own(alg)
	}
	if c.Algorithm == (Algorithm{}) {
		c.Algorithm = alg
	}
	if c.By == (Algorithm{}) {
		c.By = opt.By
	}
	if c.Curve == "" {
		c.Curve = opt.Curve
	}
	c.Explicit = c.Explicit || opt.Explicit
	return a.IssueSigner(c)
}

// own gives the authority's own signer.
func (a *Authority) own(alg Algorithm) (*Signer, error) {
	key, err := a.key(a.SignerKey)
	if err != nil {
		return nil, err
	}
	parts, err := readCertificate(a.Signer)
	if err != nil {
		return nil, err
	}
	return &Signer{Certificate: a.Signer, key: key, algorithm: alg, parts: parts}, nil
}

// Attribute is one signed attribute with one value.
type Attribute struct {
	ID    asn1.ObjectIdentifier
	Value []byte
}

func (a Attribute) encode() []byte {
	return tlv.Encode(tlv.Sequence, tlv.EncodeOID(a.ID), tlv.Encode(tlv.Set, a.Value))
}

// Drop takes an attribute away.
func (s *SignerInfo) Drop(id asn1.ObjectIdentifier) {
	s.Attributes = slices.DeleteFunc(s.Attributes, func(a Attribute) bool { return a.ID.Equal(id) })
}

// The signed attributes a test may want to find (RFC 5652 §11).
var (
	OIDContentType   = oidContentType
	OIDMessageDigest = oidMessageDigest
	OIDSigningTime   = oidSigningTime
)

// attributes gives the contents of the SET: in DER's order, for the signature is over that (RFC 5652 §5.4).
func (s *SignerInfo) attributes() []byte {
	parts := make([][]byte, len(s.Attributes))
	for i, a := range s.Attributes {
		parts[i] = a.encode()
	}
	if !s.Unordered {
		slices.SortFunc(parts, bytes.Compare)
	}
	return bytes.Join(parts, nil)
}

// signerInfo builds and signs SignerInfo.
func (o *SODOptions) signerInfo(signer *Signer, kind asn1.ObjectIdentifier, content []byte, alg Algorithm, hash crypto.Hash) ([]byte, error) {
	identifier, err := alg.Identifier()
	if err != nil {
		return nil, err
	}
	s := &SignerInfo{
		Version: tlv.AppendInt(nil, 1), Digest: HashIdentifier(hash), Algorithm: identifier,
		Attributes: []Attribute{
			{oidContentType, tlv.EncodeOID(kind)}, {oidMessageDigest, tlv.Encode(tlv.OctetString, digest(hash, content))},
		},
	}
	if !o.SigningTime.IsZero() {
		t, err := asn1.Marshal(o.SigningTime.UTC())
		if err != nil {
			return nil, err
		}
		s.Attributes = append(s.Attributes, Attribute{oidSigningTime, t})
	}
	s.Version, s.Identifier = o.identifier(signer)
	if o.EditInfo != nil {
		o.EditInfo(s)
	}
	signed := tlv.Encode(tlv.Set, s.attributes())
	if s.Attributes == nil {
		signed = content
	}
	signature, err := signer.key.sign(alg, signed)
	if err != nil {
		return nil, err
	}
	s.Signature = tlv.Encode(tlv.OctetString, signature)
	if o.EditSigner != nil {
		o.EditSigner(s)
	}
	return s.encode(), nil
}

// identifier names the signer, with the version that goes with it (RFC 5652 §5.3).
func (o *SODOptions) identifier(signer *Signer) (version, sid []byte) {
	if o.KeyID {
		return tlv.AppendInt(nil, 3), tlv.Encode(0x80, signer.parts.keyID)
	}
	return tlv.AppendInt(nil, 1), tlv.Encode(tlv.Sequence, signer.parts.issuer, signer.parts.serial)
}

func (s *SignerInfo) encode() []byte {
	var attributes []byte
	if s.Attributes != nil {
		attributes = tlv.Encode(0xA0, s.attributes())
	}
	return tlv.Encode(tlv.Sequence, s.Version, s.Identifier, s.Digest, attributes, s.Algorithm, s.Signature, s.Unsigned)
}

// signedData puts content, certificates and SignerInfo together.
func (o *SODOptions) signedData(signer *Signer, kind asn1.ObjectIdentifier, content, info []byte, hash crypto.Hash) *SignedData {
	sd := &SignedData{
		Outer: tlv.EncodeOID(oidSignedData), Version: tlv.AppendInt(nil, 3), Digests: tlv.Encode(tlv.Set, HashIdentifier(hash)),
		ContentType: tlv.EncodeOID(kind), Content: tlv.Encode(tlv.OctetString, content), Signers: tlv.Encode(tlv.Set, info),
	}
	certificates := slices.Clone(o.Beside)
	if !o.NoCertificate {
		certificates = append([][]byte{signer.Certificate}, certificates...)
	}
	if len(certificates) > 0 {
		sd.Certificates = tlv.Encode(0xA0, certificates...)
	}
	if o.EditSigned != nil {
		o.EditSigned(sd)
	}
	return sd
}

func (s *SignedData) encode() []byte {
	var content []byte
	if s.Content != nil {
		content = tlv.Encode(0xA0, s.Content)
	}
	inner := tlv.Encode(tlv.Sequence, s.Version, s.Digests, tlv.Encode(tlv.Sequence, s.ContentType, content), s.Certificates, s.Lists, s.Signers)
	return tlv.Encode(tlv.Sequence, s.Outer, tlv.Encode(0xA0, inner))
}
