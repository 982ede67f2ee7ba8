package emrtdtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"fmt"
	"slices"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// The object identifiers of a security object (Doc 9303-10 §4.6.2.3, RFC 5652).
var (
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidLDSSecurity   = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 1}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
)

// SignSOD builds EF.SOD over the data groups among files: the LDS security object with their SHA-256 hashes in CMS SignedData,
// signed attributes and the document signer's certificate inside (Doc 9303-10 §4.6.2). Groups named in without are left out.
func (a *Authority) SignSOD(files map[kiosk.FileID][]byte, without ...kiosk.FileID) ([]byte, error) {
	content := securityObject(files, without)
	digest := sha256.Sum256(content)
	attributes := [][]byte{
		attribute(oidContentType, tlv.EncodeOID(oidLDSSecurity)),
		attribute(oidMessageDigest, tlv.Encode(tlv.OctetString, digest[:])),
	}
	slices.SortFunc(attributes, bytes.Compare) // SET OF in DER order; the signature is over the SET (RFC 5652 §5.4)
	key, err := a.key(a.SignerKey)
	if err != nil {
		return nil, fmt.Errorf("sign EF.SOD: %w", err)
	}
	signature, err := signDER(key, tlv.Encode(tlv.Set, attributes...))
	if err != nil {
		return nil, fmt.Errorf("sign EF.SOD: %w", err)
	}
	identifier, err := issuerAndSerial(a.Signer)
	if err != nil {
		return nil, fmt.Errorf("sign EF.SOD: %w", err)
	}
	signer := tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, 1), identifier, algorithm(oidSHA256),
		tlv.Encode(0xA0, attributes...), algorithm(oidECDSASHA256), tlv.Encode(tlv.OctetString, signature))
	signed := tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, 3), tlv.Encode(tlv.Set, algorithm(oidSHA256)),
		tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidLDSSecurity), tlv.Encode(0xA0, tlv.Encode(tlv.OctetString, content))),
		tlv.Encode(0xA0, a.Signer), tlv.Encode(tlv.Set, signer))
	return tlv.Encode(0x77, tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidSignedData), tlv.Encode(0xA0, signed))), nil
}

// securityObject is LDSSecurityObject version 0: the hashes by group number.
func securityObject(files map[kiosk.FileID][]byte, without []kiosk.FileID) []byte {
	var hashes []byte
	for n := 1; n <= 16; n++ {
		id := kiosk.FileID(fmt.Sprintf("DG%d", n))
		data, ok := files[id]
		if !ok || slices.Contains(without, id) {
			continue
		}
		h := sha256.Sum256(data)
		hashes = append(hashes, tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, n), tlv.Encode(tlv.OctetString, h[:]))...)
	}
	return tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, 0), algorithm(oidSHA256), tlv.Encode(tlv.Sequence, hashes))
}

func attribute(id asn1.ObjectIdentifier, value []byte) []byte {
	return tlv.Encode(tlv.Sequence, tlv.EncodeOID(id), tlv.Encode(tlv.Set, value))
}

// issuerAndSerial names a certificate as CMS does (RFC 5652 §10.2.4).
func issuerAndSerial(certificate []byte) ([]byte, error) {
	var c struct {
		TBS struct {
			Version   int `asn1:"explicit,tag:0"`
			Serial    asn1.RawValue
			Algorithm asn1.RawValue
			Issuer    asn1.RawValue
			Rest      asn1.RawValue
			Subject   asn1.RawValue
			Key       asn1.RawValue
			More      asn1.RawValue `asn1:"optional,explicit,tag:3"`
		}
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(certificate, &c); err != nil {
		return nil, fmt.Errorf("read signer certificate: %w", err)
	}
	return tlv.Encode(tlv.Sequence, c.TBS.Issuer.FullBytes, c.TBS.Serial.FullBytes), nil
}
