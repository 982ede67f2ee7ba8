package emrtdtest

import (
	"encoding/asn1"
	"errors"
	"fmt"
)

// Cipher is a block cipher of secure messaging with its MAC.
type Cipher string

// The ciphers (Doc 9303-11 §9.8.6). The empty string stands for AES-128.
const (
	TripleDES Cipher = "3DES"    // two-key 3DES and retail MAC
	AES128    Cipher = "AES-128" // AES-CBC and CMAC
	AES192    Cipher = "AES-192"
	AES256    Cipher = "AES-256"
)

// Mapping says how PACE maps the nonce (Doc 9303-11 §4.4.3.3). The empty string stands for GM.
type Mapping string

// The mappings.
const (
	MappingGM  Mapping = "GM"  // generic
	MappingIM  Mapping = "IM"  // integrated
	MappingCAM Mapping = "CAM" // chip authentication mapping: generic, and the chip proves its key of EF.CardSecurity
)

// PACEOffer is one way of PACE that a chip can do and says so in EF.CardAccess and DG14. The agreement follows from the domain
// parameters: 0 to 2 are Diffie-Hellman groups, 8 to 18 elliptic curves (Doc 9303-11 §9.5.1).
type PACEOffer struct {
	Mapping   Mapping `json:"mapping,omitempty"`
	Cipher    Cipher  `json:"cipher,omitempty"`
	Parameter int     `json:"parameter"`
}

// ChipAuthOffer is one way of chip authentication v1: the domain parameters of the key, the cipher that follows, and the key's
// reference. Offers with the same KeyID share a key.
type ChipAuthOffer struct {
	Parameter int    `json:"parameter"`
	Cipher    Cipher `json:"cipher,omitempty"`
	KeyID     int    `json:"key_id,omitempty"` // 0 leaves it out: only with a single key
	Named     bool   `json:"named,omitempty"`  // the public key names its curve; else its parameters are written out
	PKCS3     bool   `json:"pkcs3,omitempty"`  // a DH key as PKCS #3 has it, else as X9.42 (RFC 3279 §2.3.3)
}

// bsiProtocols is bsi-de protocols smartcard (BSI TR-03110-3 §A.1.1).
var bsiProtocols = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2}

// protocol makes an identifier below bsiProtocols.
func protocol(arcs ...int) asn1.ObjectIdentifier {
	return append(append(asn1.ObjectIdentifier(nil), bsiProtocols...), arcs...)
}

// isDH reports whether domain parameters are a Diffie-Hellman group.
func isDH(parameter int) bool { return parameter >= 0 && parameter <= 2 }

// arc gives the last arc of a protocol with this cipher; 0 for none.
func (c Cipher) arc() int {
	switch c {
	case TripleDES:
		return 1
	case AES128, "":
		return 2
	case AES192:
		return 3
	case AES256:
		return 4
	}
	return 0
}

// OID gives the protocol's identifier (BSI TR-03110-3 §A.1.1.1).
func (o PACEOffer) OID() asn1.ObjectIdentifier {
	arc := map[Mapping]int{"": 1, MappingGM: 1, MappingIM: 3, MappingCAM: 5}[o.Mapping]
	if !isDH(o.Parameter) {
		arc++
	}
	return protocol(4, arc, o.Cipher.arc())
}

// Check refuses what no chip can do.
func (o PACEOffer) Check() error {
	_, known := map[Mapping]bool{"": true, MappingGM: true, MappingIM: true, MappingCAM: true}[o.Mapping]
	switch {
	case !known || o.Cipher.arc() == 0:
		return fmt.Errorf("PACE with mapping %q and cipher %q is not known", o.Mapping, o.Cipher)
	case !knownDomain(o.Parameter):
		return fmt.Errorf("PACE with domain parameters %d is not known", o.Parameter)
	case o.Mapping == MappingIM && o.Parameter == 10:
		return errors.New("integrated mapping is not defined on P-224, whose prime is 1 modulo 4")
	case o.Mapping == MappingCAM && (isDH(o.Parameter) || o.Cipher == TripleDES):
		return errors.New("PACE-CAM is defined on elliptic curves with AES only")
	}
	return nil
}

// OID gives the protocol's identifier (BSI TR-03110-3 §A.1.1.2).
func (o ChipAuthOffer) OID() asn1.ObjectIdentifier {
	if isDH(o.Parameter) {
		return protocol(3, 1, o.Cipher.arc())
	}
	return protocol(3, 2, o.Cipher.arc())
}

// Check refuses what no chip can do.
func (o ChipAuthOffer) Check() error {
	switch {
	case o.Cipher.arc() == 0:
		return fmt.Errorf("chip authentication with cipher %q is not known", o.Cipher)
	case !knownDomain(o.Parameter):
		return fmt.Errorf("chip authentication with domain parameters %d is not known", o.Parameter)
	case o.KeyID < 0:
		return fmt.Errorf("chip authentication key %d: references are not negative", o.KeyID)
	}
	return nil
}

// knownDomain reports whether domain parameters are standardised (Doc 9303-11 §9.5.1 table).
func knownDomain(parameter int) bool {
	return isDH(parameter) || (parameter >= 8 && parameter <= 18)
}
