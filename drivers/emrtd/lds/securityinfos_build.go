package lds

import (
	"bytes"
	"encoding/asn1"
	"slices"

	"motcua/drivers/emrtd/tlv"
)

// MarshalInfo builds one entry of the form SEQUENCE { protocol, INTEGER version, INTEGER id OPTIONAL }: PACEInfo,
// ChipAuthenticationInfo, TerminalAuthenticationInfo. id is [NoID] to leave it out.
func MarshalInfo(protocol asn1.ObjectIdentifier, version, id int) []byte {
	return tlv.Encode(tlv.Sequence, tlv.EncodeOID(protocol), tlv.AppendInt(nil, version), optionalInt(id))
}

// MarshalKeyInfo builds a ChipAuthenticationPublicKeyInfo of a SubjectPublicKeyInfo.
func MarshalKeyInfo(protocol asn1.ObjectIdentifier, spki []byte, id int) []byte {
	return tlv.Encode(tlv.Sequence, tlv.EncodeOID(protocol), spki, optionalInt(id))
}

// MarshalAAInfo builds an ActiveAuthenticationInfo.
func MarshalAAInfo(algorithm asn1.ObjectIdentifier) []byte {
	return tlv.Encode(tlv.Sequence, tlv.EncodeOID(OIDAA), tlv.AppendInt(nil, 1), tlv.EncodeOID(algorithm))
}

func optionalInt(n int) []byte {
	if n == NoID {
		return nil
	}
	return tlv.AppendInt(nil, n)
}

// MarshalSecurityInfos builds the SET of entries in DER's order: EF.CardAccess as a whole.
func MarshalSecurityInfos(infos ...[]byte) []byte {
	sorted := slices.Clone(infos)
	slices.SortFunc(sorted, bytes.Compare)
	return tlv.Encode(tlv.Set, sorted...)
}

// MarshalDG14 builds DG14.
func MarshalDG14(infos ...[]byte) []byte { return tlv.Encode(tagDG14, MarshalSecurityInfos(infos...)) }
