package lds

import (
	"fmt"

	"motcua/drivers/emrtd/tlv"
)

const tagDG15 tlv.Tag = 0x6F

// ParseDG15 reads the active authentication key (Doc 9303-10 §4.7.15).
func ParseDG15(raw []byte) (*PublicKey, error) {
	o, err := tlv.ReadOne(raw, tagDG15)
	if err != nil {
		return nil, fmt.Errorf("read DG15: %w", err)
	}
	k, err := ParsePublicKey(o.Value)
	if err != nil {
		return nil, fmt.Errorf("read DG15: %w", err)
	}
	return k, nil
}

// MarshalDG15 builds DG15 of a SubjectPublicKeyInfo.
func MarshalDG15(spki []byte) []byte { return tlv.Encode(tagDG15, spki) }
