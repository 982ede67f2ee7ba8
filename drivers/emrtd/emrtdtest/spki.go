package emrtdtest

import (
	"encoding/asn1"
	"math/big"

	"motcua/drivers/emrtd/tlv"
)

// The object identifiers of public keys (RFC 3279 §2.3, RFC 5480 §2.1.1).
var (
	oidECKey      = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidPrimeField = asn1.ObjectIdentifier{1, 2, 840, 10045, 1, 1}
	oidDHPublic   = asn1.ObjectIdentifier{1, 2, 840, 10046, 2, 1}
	oidDHPKCS3    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 3, 1}
)

// spki writes SubjectPublicKeyInfo of a public key: of a curve by name or with explicit parameters (BSI TR-03111 §D), of a group
// as X9.42 or PKCS #3 has it.
func (d *domain) spki(public element, named, pkcs3 bool) []byte {
	if !d.isCurve() {
		id, parameters := oidDHPublic, [][]byte{tlv.EncodeInt(d.p), tlv.EncodeInt(d.g.x), tlv.EncodeInt(d.n)}
		if pkcs3 {
			id, parameters = oidDHPKCS3, parameters[:2]
		}
		return tlv.Encode(tlv.Sequence, tlv.Encode(tlv.Sequence, tlv.EncodeOID(id), tlv.Encode(tlv.Sequence, parameters...)),
			tlv.EncodeBits(tlv.EncodeInt(public.x)))
	}
	parameters := tlv.EncodeOID(d.oid)
	if !named {
		parameters = d.explicit()
	}
	return tlv.Encode(tlv.Sequence, tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidECKey), parameters), tlv.EncodeBits(d.encode(public)))
}

// explicit is ECParameters with everything written out.
func (d *domain) explicit() []byte {
	octets := func(v *big.Int) []byte { return tlv.Encode(tlv.OctetString, v.FillBytes(make([]byte, d.size()))) }
	return tlv.Encode(tlv.Sequence,
		tlv.AppendInt(nil, 1),
		tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidPrimeField), tlv.EncodeInt(d.p)),
		tlv.Encode(tlv.Sequence, octets(d.a), octets(d.b)),
		tlv.Encode(tlv.OctetString, d.encode(d.g)),
		tlv.EncodeInt(d.n),
		tlv.AppendInt(nil, 1))
}

// oidStandardised names domain parameters by their identifier (BSI TR-03110-3 §A.2.1.1).
var oidStandardised = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 2}

// standardised writes SubjectPublicKeyInfo with the identifier of the domain parameters, as EF.CardSecurity has it.
func (d *domain) standardised(public element) []byte {
	return tlv.Encode(tlv.Sequence, tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidStandardised), tlv.AppendInt(nil, d.id)),
		tlv.EncodeBits(d.encode(public)))
}
