package emrtd

import (
	"motcua/drivers/emrtd/icao"
	"motcua/kiosk"
	"motcua/kiosk/mrz"
)

// The password references of MSE:Set AT (Doc 9303-11 §4.4.4.1).
const (
	referenceMRZ byte = 1
	referenceCAN byte = 2
)

// password is a card key made ready for the access protocols.
type password struct {
	name        string // "MRZ" or "CAN"
	reference   byte
	seed        []byte // f(π) of Doc 9303-11 §9.7.3
	information string // MRZ information, "" for a CAN: then there is no basic access control
	number      string // the digits or document number the key was made of, for the comparison with DG1
	vietnamese  bool   // the key can only belong to a Vietnamese card
}

// newPassword reads a key: a CAN of six digits, the twelve-digit number whose last six digits are the CAN of a Vietnamese card,
// or a machine-readable zone with correct check digits. Error: bad_input.
func newPassword(key kiosk.CardKey) (*password, error) {
	switch key.Kind {
	case kiosk.KeyCAN:
		return canPassword(key.Value, 6)
	case kiosk.KeyNumber:
		return canPassword(key.Value, 12)
	case kiosk.KeyMRZ:
		return mrzPassword(key.Value)
	}
	return nil, kiosk.Errorf(kiosk.CodeBadInput, opRead, hintKey, "unknown kind of key")
}

func canPassword(digits string, n int) (*password, error) {
	if len(digits) != n {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, opRead, hintKey, "key of %d digits wanted", n)
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return nil, kiosk.Errorf(kiosk.CodeBadInput, opRead, hintKey, "key holds other characters than digits")
		}
	}
	return &password{
		name: "CAN", reference: referenceCAN, seed: []byte(digits[n-6:]), number: digits, vietnamese: n == 12,
	}, nil
}

func mrzPassword(text string) (*password, error) {
	m, err := mrz.Parse(text)
	if err == nil {
		err = m.Verify()
	}
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, opRead, hintKey, "machine-readable zone: %w", err)
	}
	p := &password{name: "MRZ", reference: referenceMRZ, information: m.Information(), number: m.Number}
	p.seed = icao.MRZSeed(p.information)
	if n, err := m.PersonalNumber(); err == nil {
		p.number, p.vietnamese = n, true
	}
	return p, nil
}

// String redacts.
func (p *password) String() string { return p.name }

// GoString redacts.
func (p *password) GoString() string { return p.name }
