package lds

import (
	"encoding/asn1"
	"fmt"

	"motcua/drivers/emrtd/tlv"
)

const tagDG14 tlv.Tag = 0x6E

// The object identifiers under bsi-de protocols smartcard (TR-03110-3 §A.1.1).
var (
	oidPK         = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 1}
	OIDPKDH       = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 1, 1}    // id-PK-DH
	OIDPKECDH     = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 1, 2}    // id-PK-ECDH
	OIDTA         = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 2}       // id-TA
	OIDCA         = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 3}       // id-CA
	OIDCAECDH     = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 3, 2}    // id-CA-ECDH
	OIDCAECDHAES  = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 3, 2, 2} // id-CA-ECDH-AES-CBC-CMAC-128
	OIDPACE       = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4}       // id-PACE
	OIDPACEECDHGM = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4, 2}    // id-PACE-ECDH-GM
	OIDPACEGMAES  = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4, 2, 2} // id-PACE-ECDH-GM-AES-CBC-CMAC-128
	OIDAA         = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 5}               // id-icao-mrtd-security-aaProtocolObject
)

// NoID is the value of an id that a security info leaves out.
const NoID = -1

// SecurityInfo is one entry as it stands in the set.
type SecurityInfo struct {
	Protocol asn1.ObjectIdentifier
	Raw      []byte
}

// PACEInfo announces PACE (Doc 9303-11 §9.2.1).
type PACEInfo struct {
	Protocol    asn1.ObjectIdentifier
	Version     int
	ParameterID int // standardised domain parameters, NoID when left out
	Raw         []byte
}

// PACEDomainParameterInfo holds domain parameters of PACE written out (§9.2.2).
type PACEDomainParameterInfo struct {
	Protocol    asn1.ObjectIdentifier
	Algorithm   []byte // AlgorithmIdentifier as read
	ParameterID int
	Raw         []byte
}

// ChipAuthenticationInfo announces chip authentication (§9.2.4).
type ChipAuthenticationInfo struct {
	Protocol asn1.ObjectIdentifier
	Version  int
	KeyID    int
	Raw      []byte
}

// ChipAuthenticationDomainParameterInfo holds domain parameters of chip authentication (TR-03110-3 §A.1.1.2), as identity cards have.
type ChipAuthenticationDomainParameterInfo struct {
	Protocol  asn1.ObjectIdentifier
	Algorithm []byte // AlgorithmIdentifier as read
	KeyID     int
	Raw       []byte
}

// ChipAuthenticationPublicKeyInfo holds a key of it (§9.2.5).
type ChipAuthenticationPublicKeyInfo struct {
	Protocol asn1.ObjectIdentifier // OIDPKDH or OIDPKECDH
	Key      *PublicKey
	KeyID    int
	Raw      []byte
}

// TerminalAuthenticationInfo announces terminal authentication (§9.2.6).
type TerminalAuthenticationInfo struct {
	Protocol asn1.ObjectIdentifier
	Version  int
	Raw      []byte
}

// ActiveAuthenticationInfo names the signature algorithm of active authentication with an EC key (§9.2.3).
type ActiveAuthenticationInfo struct {
	Version   int
	Algorithm asn1.ObjectIdentifier // ecdsa-plain-SHA256, … (TR-03111 §5.2.1)
	Raw       []byte
}

// SecurityInfos is a set of entries sorted by kind; All has every entry in the file's order.
type SecurityInfos struct {
	PACE         []PACEInfo
	PACEDomain   []PACEDomainParameterInfo
	ChipAuth     []ChipAuthenticationInfo
	ChipDomain   []ChipAuthenticationDomainParameterInfo
	ChipAuthKeys []ChipAuthenticationPublicKeyInfo
	TerminalAuth []TerminalAuthenticationInfo
	ActiveAuth   []ActiveAuthenticationInfo
	Unknown      []SecurityInfo // of protocols not known here, or known ones that could not be read
	All          []SecurityInfo
}

// maxInfos bounds a set; the largest seen has eleven.
const maxInfos = 64

// ParseSecurityInfos reads SET OF SecurityInfo: EF.CardAccess as a whole, the contents of DG14 and of EF.CardSecurity. An entry
// that cannot be read goes to Unknown; only a broken set is an error.
func ParseSecurityInfos(raw []byte) (*SecurityInfos, error) {
	o, err := tlv.ReadOne(raw, tlv.Set)
	if err != nil {
		return nil, fmt.Errorf("read security infos: %w", err)
	}
	list, err := o.Children()
	if err != nil {
		return nil, fmt.Errorf("read security infos: %w", err)
	}
	if len(list) > maxInfos {
		return nil, fmt.Errorf("read security infos: %d entries: %w", len(list), ErrFormat)
	}
	var s SecurityInfos
	for i, e := range list {
		if err := s.add(e); err != nil {
			return nil, fmt.Errorf("read security info %d: %w", i+1, err)
		}
	}
	return &s, nil
}

// ParseDG14 reads the security infos of DG14 (Doc 9303-10 §4.7.14).
func ParseDG14(raw []byte) (*SecurityInfos, error) {
	o, err := tlv.ReadOne(raw, tagDG14)
	if err != nil {
		return nil, fmt.Errorf("read DG14: %w", err)
	}
	s, err := ParseSecurityInfos(o.Value)
	if err != nil {
		return nil, fmt.Errorf("read DG14: %w", err)
	}
	return s, nil
}

func (s *SecurityInfos) add(e tlv.Object) error {
	list, err := sequence(e.Raw, 1, 3)
	if err != nil {
		return err
	}
	id, err := list[0].OID()
	if err != nil {
		return err
	}
	info := SecurityInfo{Protocol: id, Raw: e.Raw}
	s.All = append(s.All, info)
	if len(list) < 2 || !s.known(info, list[1:]) {
		s.Unknown = append(s.Unknown, info)
	}
	return nil
}

// known reads an entry of a known protocol; false leaves it among the unknown.
func (s *SecurityInfos) known(info SecurityInfo, args []tlv.Object) bool {
	id := info.Protocol
	switch {
	case id.Equal(OIDTA):
		return s.addTA(info, args)
	case id.Equal(OIDAA):
		return s.addAA(info, args)
	case under(id, oidPK, 1):
		return s.addKey(info, args)
	case under(id, OIDCA, 2):
		return s.addCA(info, args)
	case under(id, OIDCA, 1):
		return s.addChipDomain(info, args)
	case under(id, OIDPACE, 2):
		return s.addPACE(info, args)
	case under(id, OIDPACE, 1):
		return s.addDomain(info, args)
	}
	return false
}

// under reports whether id is n arcs below base.
func under(id, base asn1.ObjectIdentifier, n int) bool {
	return len(id) == len(base)+n && id[:len(base)].Equal(base)
}

func (s *SecurityInfos) addTA(info SecurityInfo, args []tlv.Object) bool {
	v, err := args[0].Int()
	if err != nil {
		return false
	}
	s.TerminalAuth = append(s.TerminalAuth, TerminalAuthenticationInfo{info.Protocol, v, info.Raw})
	return true
}

func (s *SecurityInfos) addAA(info SecurityInfo, args []tlv.Object) bool {
	if len(args) != 2 {
		return false
	}
	v, err := args[0].Int()
	if err != nil {
		return false
	}
	alg, err := args[1].OID()
	if err != nil {
		return false
	}
	s.ActiveAuth = append(s.ActiveAuth, ActiveAuthenticationInfo{v, alg, info.Raw})
	return true
}

func (s *SecurityInfos) addPACE(info SecurityInfo, args []tlv.Object) bool {
	v, id, ok := versionAndID(args)
	if ok {
		s.PACE = append(s.PACE, PACEInfo{info.Protocol, v, id, info.Raw})
	}
	return ok
}

func (s *SecurityInfos) addCA(info SecurityInfo, args []tlv.Object) bool {
	v, id, ok := versionAndID(args)
	if ok {
		s.ChipAuth = append(s.ChipAuth, ChipAuthenticationInfo{info.Protocol, v, id, info.Raw})
	}
	return ok
}

func (s *SecurityInfos) addDomain(info SecurityInfo, args []tlv.Object) bool {
	id, ok := optionalID(args[1:])
	if !ok || args[0].Tag != tlv.Sequence {
		return false
	}
	s.PACEDomain = append(s.PACEDomain, PACEDomainParameterInfo{info.Protocol, args[0].Raw, id, info.Raw})
	return true
}

func (s *SecurityInfos) addChipDomain(info SecurityInfo, args []tlv.Object) bool {
	id, ok := optionalID(args[1:])
	if !ok || args[0].Tag != tlv.Sequence {
		return false
	}
	s.ChipDomain = append(s.ChipDomain, ChipAuthenticationDomainParameterInfo{info.Protocol, args[0].Raw, id, info.Raw})
	return true
}

func (s *SecurityInfos) addKey(info SecurityInfo, args []tlv.Object) bool {
	key, err := ParsePublicKey(args[0].Raw)
	if err != nil {
		return false
	}
	id, ok := optionalID(args[1:])
	if !ok {
		return false
	}
	s.ChipAuthKeys = append(s.ChipAuthKeys, ChipAuthenticationPublicKeyInfo{info.Protocol, key, id, info.Raw})
	return true
}

func versionAndID(args []tlv.Object) (version, id int, ok bool) {
	version, err := args[0].Int()
	if err != nil {
		return 0, 0, false
	}
	id, ok = optionalID(args[1:])
	return version, id, ok
}

func optionalID(args []tlv.Object) (id int, ok bool) {
	if len(args) == 0 {
		return NoID, true
	}
	id, err := args[0].Int()
	return id, err == nil
}
