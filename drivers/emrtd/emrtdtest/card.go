package emrtdtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"

	"motcua/kiosk"
)

// Profile2021 is the profile of the cards issued since 2021; see the package comment.
const Profile2021 = "cccd-2021"

// noteCard marks a card's file.
const noteCard = "SIMULATED card of a fictional person for demonstrations and tests. Not a document; the private keys protect nothing."

// Card is all a simulated card holds. It is stored as one JSON file.
type Card struct {
	Note      string                  `json:"note"`                 // says that it is simulated
	Profile   string                  `json:"profile"`              // "cccd-2021"
	Number    string                  `json:"number"`               // 12-digit number
	CAN       string                  `json:"can"`                  // card access number: the number's last six digits
	MRZ       [3]string               `json:"mrz"`                  // TD1 lines as printed on the back
	Files     map[kiosk.FileID][]byte `json:"files"`                //
	ChipKey   []byte                  `json:"chip_key,omitempty"`   // chip authentication: scalar on brainpoolP256r1
	ActiveKey []byte                  `json:"active_key,omitempty"` // active authentication: PKCS #8
	Variants  map[string]Variant      `json:"variants,omitempty"`   // what only the issuer could make otherwise, for faults
}

// Variant is another version of a card: files and machine-readable zone that take the place of the card's own.
type Variant struct {
	Files map[kiosk.FileID][]byte `json:"files"`
	MRZ   [3]string               `json:"mrz"` // empty lines keep the card's
}

// The variants that Issue makes.
const (
	VariantExpired        = "expired"        // its last day has passed
	VariantUnknown        = "unknown-issuer" // EF.SOD signed by an issuer nobody trusts
	VariantNotInSOD       = "dg-not-in-sod"  // EF.SOD without DG15's hash
	VariantTwin           = "twin"           // another person whose card opens with the same CAN
	maxCardFile     int64 = 8 << 20
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
	var c Card
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, fmt.Errorf("load simulated card: %w", err)
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
	switch {
	case c.Profile != Profile2021:
		return fmt.Errorf("profile %q is not known, want %q", c.Profile, Profile2021)
	case len(c.Files) == 0:
		return errors.New("no files; is this a card file made by kioskctl card issue?")
	}
	_, err := c.keys()
	return err
}

// keys reads the private keys.
func (c *Card) keys() (k keys, err error) {
	if len(c.ChipKey) > 0 {
		if k.chip, err = curve().NewPrivateKey(c.ChipKey); err != nil {
			return keys{}, fmt.Errorf("read chip authentication key: %w", err)
		}
	}
	if len(c.ActiveKey) > 0 {
		if k.active, err = parseActiveKey(c.ActiveKey); err != nil {
			return keys{}, err
		}
	}
	return k, nil
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
	if v.MRZ[0] != "" {
		out.MRZ = v.MRZ
	}
	return &out, nil
}
