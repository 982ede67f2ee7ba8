package emrtdtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"os"
	"strings"

	"motcua/kiosk"
)

// noteCard marks a card's file.
const noteCard = "SIMULATED card of a fictional person for demonstrations and tests. Not a document; the private keys protect nothing."

// Card is all a simulated card holds. It is stored as one JSON file.
type Card struct {
	Note      string                  `json:"note"`                 // says that it is simulated
	Profile   string                  `json:"profile"`              // a name of [Profiles]
	Number    string                  `json:"number"`               // 12-digit number
	CAN       string                  `json:"can"`                  // card access number: the number's last six digits
	MRZ       [3]string               `json:"mrz"`                  // lines as printed: three of TD1, or two of TD3 and an empty one
	Files     map[kiosk.FileID][]byte `json:"files"`                //
	Open      bool                    `json:"open,omitempty"`       // readable without access control
	PACE      []PACEOffer             `json:"pace,omitempty"`       // what the chip can do
	ChipAuth  []ChipSecret            `json:"chip_auth,omitempty"`  // keys of chip authentication
	CAM       []MappingSecret         `json:"cam_keys,omitempty"`   // keys of PACE-CAM
	Active    Active                  `json:"active,omitempty"`     // kind of active authentication
	ActiveKey []byte                  `json:"active_key,omitempty"` // its key: a scalar, or PKCS #8 for RSA
	Lengths   Lengths                 `json:"lengths,omitzero"`     // what EF.ATR/INFO states and the chip takes
	Variants  map[string]Variant      `json:"variants,omitempty"`   // what only the issuer could make otherwise, for faults
}

// ChipSecret is one way of chip authentication with its private key, a number of the domain's size.
type ChipSecret struct {
	ChipAuthOffer
	Key []byte `json:"key"`
}

// MappingSecret is the private key of PACE-CAM on one domain; EF.CardSecurity has the public one.
type MappingSecret struct {
	Parameter int    `json:"parameter"`
	Key       []byte `json:"key"`
}

// Lengths are the longest APDUs a chip takes, in bytes; zero for no limit.
type Lengths struct {
	Command  int `json:"command"`
	Response int `json:"response"`
}

// Zone gives the lines of the machine-readable zone joined by "/".
func (c *Card) Zone() string { return strings.TrimRight(strings.Join(c.MRZ[:], "/"), "/") }

// Variant is another version of a card: files and machine-readable zone that take the place of the card's own; a file that is
// nil is not there.
type Variant struct {
	Files map[kiosk.FileID][]byte `json:"files"`
	MRZ   [3]string               `json:"mrz"`            // empty lines keep the card's
	PACE  []PACEOffer             `json:"pace,omitempty"` // none keeps the card's
}

// The variants that Issue makes.
const (
	VariantExpired             = "expired"        // its last day has passed
	VariantUnknown             = "unknown-issuer" // EF.SOD signed by an issuer nobody trusts
	VariantNotInSOD            = "dg-not-in-sod"  // EF.SOD without DG15's hash
	VariantTwin                = "twin"           // another person whose card opens with the same CAN
	VariantExpiredSigner       = "expired-ds"     // EF.SOD signed by a document signer whose certificate has ended
	VariantRevokedSigner       = "revoked-ds"     // EF.SOD signed by a document signer that the issuer's CRL names
	VariantNoDG13              = "no-dg13"        // DG13 is not there, and EF.COM and EF.SOD do not have it
	VariantLongAddress         = "long-address"   // DG13 with an address of more than 127 bytes
	VariantTwoPACE             = "two-paceinfo"   // PACE on two domains
	VariantUnlimited           = "unlimited"      // a card without end date
	maxCardFile          int64 = 8 << 20
)

// String says what it is, without personal data.
func (c *Card) String() string { return "simulated " + c.Profile + " card" }

// LoadCard reads a card's file.
func LoadCard(file string) (*Card, error) {
	st, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("load simulated card: %w", err)
	}
	if st.Size() > maxCardFile {
		return nil, fmt.Errorf("load simulated card: file of %d bytes is longer than %d", st.Size(), maxCardFile)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("load simulated card: %w", err)
	}
	var f struct {
		Card
		ChipKey []byte `json:"chip_key"` // cards issued before there were other offers than one
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, fmt.Errorf("load simulated card: %w", err)
	}
	c := f.Card
	if len(f.ChipKey) > 0 && len(c.ChipAuth) == 0 {
		c.PACE, c.ChipAuth = []PACEOffer{{Parameter: bp256}}, []ChipSecret{{ChipAuthOffer{Parameter: bp256}, f.ChipKey}}
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("load simulated card: %w", err)
	}
	return &c, nil
}

// Save writes the card's file, readable by its owner alone.
func (c *Card) Save(file string) error {
	raw, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("save simulated card: %w", err)
	}
	if err := writeFile(file, raw, 0o600); err != nil {
		return fmt.Errorf("save simulated card: %w", err)
	}
	return nil
}

func (c *Card) check() error {
	if _, err := profileByName(c.Profile); err != nil {
		return err
	}
	if len(c.Files) == 0 {
		return errors.New("no files; is this a card file made by kioskctl card issue?")
	}
	_, err := c.keys()
	return err
}

// keys reads the private keys and checks the offers.
func (c *Card) keys() (k keys, err error) {
	for _, o := range c.PACE {
		if err := o.Check(); err != nil {
			return keys{}, err
		}
	}
	for _, s := range c.ChipAuth {
		if err := s.Check(); err != nil {
			return keys{}, err
		}
		d, key, err := secret(s.Parameter, s.Key)
		if err != nil {
			return keys{}, fmt.Errorf("read chip authentication key: %w", err)
		}
		k.chip = append(k.chip, chipKey{s.ChipAuthOffer, d, key})
	}
	k.cam = map[int]*big.Int{}
	for _, s := range c.CAM {
		if _, k.cam[s.Parameter], err = secret(s.Parameter, s.Key); err != nil {
			return keys{}, fmt.Errorf("read key of PACE-CAM: %w", err)
		}
	}
	if len(c.ActiveKey) > 0 {
		if k.active, err = c.activeKey(); err != nil {
			return keys{}, err
		}
	}
	return k, nil
}

// secret reads a private key.
func secret(parameter int, raw []byte) (*domain, *big.Int, error) {
	d, err := domainByID(parameter)
	if err != nil {
		return nil, nil, err
	}
	k := new(big.Int).SetBytes(raw)
	if k.Sign() == 0 || k.Cmp(d.n) >= 0 {
		return nil, nil, errDomain
	}
	return d, k, nil
}

// activeKey reads the key of active authentication; cards issued before there were kinds have PKCS #8 alone.
func (c *Card) activeKey() (activeKey, error) {
	if c.Active != "" {
		spec, err := c.Active.parse()
		if err != nil {
			return nil, err
		}
		return spec.parseActive(c.ActiveKey)
	}
	k, err := x509.ParsePKCS8PrivateKey(c.ActiveKey)
	if err != nil {
		return nil, fmt.Errorf("parse active authentication key: %w", err)
	}
	kind, raw := ActiveRSA, c.ActiveKey
	if e, ok := k.(*ecdsa.PrivateKey); ok && e.Curve == elliptic.P256() {
		kind = ActiveEC
		if raw, err = e.Bytes(); err != nil {
			return nil, fmt.Errorf("parse active authentication key: %w", err)
		}
	}
	spec, err := kind.parse()
	if err != nil {
		return nil, err
	}
	return spec.parseActive(raw)
}

// variant gives the card with a variant laid over it; "" gives the card itself.
func (c *Card) variant(name string) (*Card, error) {
	if name == "" {
		return c, nil
	}
	v, ok := c.Variants[name]
	if !ok {
		return nil, fmt.Errorf("the card has no variant %q; issue it again", name)
	}
	out := *c
	out.Files = maps.Clone(c.Files)
	maps.Copy(out.Files, v.Files)
	maps.DeleteFunc(out.Files, func(_ kiosk.FileID, data []byte) bool { return data == nil })
	if v.MRZ[0] != "" {
		out.MRZ = v.MRZ
	}
	if v.PACE != nil {
		out.PACE = v.PACE
	}
	return &out, nil
}
