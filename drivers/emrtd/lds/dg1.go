package lds

import (
	"fmt"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk/mrz"
)

const (
	tagDG1 tlv.Tag = 0x61
	tagMRZ tlv.Tag = 0x5F1F
)

// ParseDG1 reads the machine-readable zone of DG1 (Doc 9303-10 §4.7.1). Check digits are for the caller: [mrz.MRZ.Verify].
func ParseDG1(raw []byte) (*mrz.MRZ, error) {
	o, err := tlv.ReadOne(raw, tagDG1)
	if err == nil {
		o, err = tlv.ReadOne(o.Value, tagMRZ)
	}
	if err != nil {
		return nil, fmt.Errorf("read DG1: %w", err)
	}
	m, err := mrz.Parse(string(o.Value))
	if err != nil {
		return nil, fmt.Errorf("read DG1: %w", err)
	}
	return m, nil
}

// MarshalDG1 builds DG1.
func MarshalDG1(m *mrz.MRZ) []byte {
	var text []byte
	for _, l := range m.Lines {
		text = append(text, l...)
	}
	return tlv.Encode(tagDG1, tlv.Encode(tagMRZ, text))
}
