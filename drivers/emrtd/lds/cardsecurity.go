package lds

import (
	"encoding/asn1"
	"fmt"

	"motcua/drivers/emrtd/tlv"
)

// The object identifiers of EF.CardSecurity (TR-03110-3 §A.1.2.1, RFC 5652 §5.1).
var (
	oidSignedData     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidSecurityObject = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 3, 2, 1}
)

// ParseCardSecurity reads the security infos inside EF.CardSecurity, which is CMS SignedData. The signature is not looked at: who
// relies on what this gives has it verified by package pa first.
func ParseCardSecurity(raw []byte) (*SecurityInfos, error) {
	s, err := parseCardSecurity(raw)
	if err != nil {
		return nil, fmt.Errorf("read EF.CardSecurity: %w", err)
	}
	return s, nil
}

func parseCardSecurity(raw []byte) (*SecurityInfos, error) {
	content, err := signedContent(raw)
	if err != nil {
		return nil, err
	}
	return ParseSecurityInfos(content)
}

// signedContent gives the encapsulated content of the type id-SecurityObject:
//
//	SEQUENCE { id-signedData, [0] { SEQUENCE { version, digestAlgorithms, SEQUENCE { id-SecurityObject, [0] { OCTET STRING } }, … } } }
func signedContent(raw []byte) ([]byte, error) {
	der, rest, err := tlv.DER(raw)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, tlv.ErrTrailing
	}
	info, err := sequence(der, 2, 2)
	if err != nil {
		return nil, err
	}
	if id, err := info[0].OID(); err != nil || !id.Equal(oidSignedData) || info[1].Tag != 0xA0 {
		return nil, fmt.Errorf("not signed data: %w", ErrFormat)
	}
	signed, err := sequence(info[1].Value, 4, 6)
	if err != nil {
		return nil, err
	}
	inner, err := sequence(signed[2].Raw, 2, 2)
	if err != nil {
		return nil, err
	}
	if id, err := inner[0].OID(); err != nil || !id.Equal(oidSecurityObject) || inner[1].Tag != 0xA0 {
		return nil, fmt.Errorf("content is no security object: %w", ErrUnsupported)
	}
	text, err := tlv.ReadOne(inner[1].Value, tlv.OctetString)
	if err != nil {
		return nil, err
	}
	return text.Value, nil
}
