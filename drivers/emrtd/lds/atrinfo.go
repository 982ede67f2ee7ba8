package lds

import (
	"fmt"

	"motcua/drivers/emrtd/tlv"
)

const (
	tagExtendedLength tlv.Tag = 0x7F66 // extended length information
	tagCapabilities   tlv.Tag = 0x47   // card capabilities
	tagHistorical     tlv.Tag = 0x5F52 // historical bytes
)

// ATRInfo is EF.ATR/INFO as far as it says how long commands and answers may be (Doc 9303-10 §3.11.1; ISO/IEC 7816-4 §12.8). It
// is not signed: it may make reading faster, never less secure.
type ATRInfo struct {
	MaxCommand   int    // bytes of a command APDU, 0 when not stated
	MaxResponse  int    // bytes of a response APDU, 0 when not stated
	Extended     bool   // extended lengths, by the third byte of the card capabilities
	Chaining     bool   // command chaining, likewise
	Capabilities []byte // card capabilities as read, nil when not stated
}

// minExtended is the least length that EF.ATR/INFO may allow: below, ordinary short lengths hold (Doc 9303-10 §3.11.1).
const minExtended = 256

// ParseATRInfo reads EF.ATR/INFO. What it does not state is left at zero; only a broken list of objects is an error.
func ParseATRInfo(raw []byte) (*ATRInfo, error) { return parseATRInfo(raw, nil) }

func parseATRInfo(raw []byte, found *findings) (*ATRInfo, error) {
	list, err := atrObjects(raw)
	if err != nil {
		return nil, fmt.Errorf("read EF.ATR/INFO: %w", err)
	}
	a := &ATRInfo{}
	for _, o := range list {
		switch o.Tag {
		case tagExtendedLength:
			a.MaxCommand, a.MaxResponse = extendedLength(o, found)
		case tagCapabilities:
			a.capabilities(o.Value)
		case tagHistorical: // category indicator, then compact TLV: 7n is tag 47
			if h := o.Value; len(h) > 1 && h[0]&0xEF == 0 { // 00 or 10
				a.historical(h[1:])
			}
		}
	}
	return a, nil
}

// atrObjects reads the objects of the file; cards fill the rest of it with 00 or FF.
func atrObjects(raw []byte) ([]tlv.Object, error) {
	var list []tlv.Object
	for rest := raw; len(rest) > 0 && rest[0] != 0 && rest[0] != 0xFF; {
		o, more, err := tlv.Read(rest)
		if err != nil {
			return nil, err
		}
		if list, rest = append(list, o), more; len(list) > 64 {
			return nil, fmt.Errorf("%d objects: %w", len(list), ErrFormat)
		}
	}
	return list, nil
}

// extendedLength reads 7F66 { 02 command, 02 response }. Both have to be there: half a statement is none.
func extendedLength(o tlv.Object, found *findings) (command, response int) {
	list, err := o.Children()
	if err != nil || len(list) != 2 {
		found.tolerate(true, "extended length information malformed")
		return 0, 0
	}
	var v [2]int
	for i, n := range list {
		if v[i], err = n.Int(); err != nil || v[i] < minExtended {
			found.tolerate(true, "extended length information malformed")
			return 0, 0
		}
	}
	return min(v[0], 65544), min(v[1], 65538)
}

// capabilities reads the third software function table (ISO/IEC 7816-4 table 119).
func (a *ATRInfo) capabilities(b []byte) {
	a.Capabilities = b
	if len(b) == 3 {
		a.Chaining, a.Extended = b[2]&0x80 != 0, b[2]&0x40 != 0
	}
}

func (a *ATRInfo) historical(b []byte) {
	for len(b) > 0 {
		n := int(b[0] & 0x0F)
		if n >= len(b) {
			return
		}
		if b[0]>>4 == 7 {
			a.capabilities(b[1 : 1+n])
		}
		b = b[1+n:]
	}
}

// Marshal builds EF.ATR/INFO of the lengths and capabilities there are.
func (a ATRInfo) Marshal() []byte {
	var b []byte
	if a.Capabilities != nil {
		b = tlv.Append(b, tagCapabilities, a.Capabilities)
	}
	if a.MaxCommand > 0 || a.MaxResponse > 0 {
		b = tlv.Append(b, tagExtendedLength, tlv.AppendInt(nil, a.MaxCommand), tlv.AppendInt(nil, a.MaxResponse))
	}
	return b
}
