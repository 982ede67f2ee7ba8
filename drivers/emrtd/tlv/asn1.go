package tlv

import (
	"encoding/asn1"
	"fmt"
	"math/big"
)

// The universal tags of ASN.1 that this project meets (X.680 §8.4).
const (
	Boolean                Tag = 0x01
	Integer                Tag = 0x02
	BitString              Tag = 0x03
	OctetString            Tag = 0x04
	Null                   Tag = 0x05
	OID                    Tag = 0x06
	UTF8String             Tag = 0x0C
	NumericString          Tag = 0x12
	PrintableString        Tag = 0x13
	TeletexString          Tag = 0x14
	IA5String              Tag = 0x16
	UTCTime                Tag = 0x17
	GeneralizedTime        Tag = 0x18
	VisibleString          Tag = 0x1A
	BMPString              Tag = 0x1E
	ConstructedOctetString Tag = 0x24
	Sequence               Tag = 0x30
	Set                    Tag = 0x31
)

// Int gives a non-negative INTEGER that fits an int.
func (o Object) Int() (int, error) {
	n, err := o.BigInt()
	if err != nil {
		return 0, err
	}
	if n.Sign() < 0 || n.BitLen() > 31 {
		return 0, fmt.Errorf("integer of %d bits: %w", n.BitLen(), ErrLimit)
	}
	return int(n.Int64()), nil
}

// BigInt gives an INTEGER, which must be minimally encoded (X.690 §8.3.2) and at most 2,048 bytes long.
func (o Object) BigInt() (*big.Int, error) {
	v := o.Value
	switch {
	case o.Tag != Integer:
		return nil, fmt.Errorf("integer, found %v: %w", o.Tag, ErrTag)
	case len(v) == 0 || len(v) > 2048:
		return nil, fmt.Errorf("integer of %d bytes: %w", len(v), ErrLength)
	case len(v) > 1 && (v[0] == 0 && v[1] < 0x80 || v[0] == 0xFF && v[1] >= 0x80):
		return nil, fmt.Errorf("integer with padding: %w", ErrLength)
	}
	n := new(big.Int).SetBytes(v)
	if v[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(v))))
	}
	return n, nil
}

// OID gives an OBJECT IDENTIFIER.
func (o Object) OID() (asn1.ObjectIdentifier, error) {
	if o.Tag != OID || len(o.Value) > 64 {
		return nil, fmt.Errorf("object identifier, found %v: %w", o.Tag, ErrTag)
	}
	var id asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(o.Raw, &id); err != nil {
		return nil, fmt.Errorf("object identifier: %w", err)
	}
	return id, nil
}

// Bits gives a BIT STRING whose bits fill whole bytes.
func (o Object) Bits() ([]byte, error) {
	if o.Tag != BitString || len(o.Value) < 1 || o.Value[0] != 0 {
		return nil, fmt.Errorf("bit string of whole bytes, found %v: %w", o.Tag, ErrTag)
	}
	return o.Value[1:], nil
}

// AppendInt appends an INTEGER.
func AppendInt(b []byte, n int) []byte { return Append(b, Integer, intBytes(big.NewInt(int64(n)))) }

// EncodeInt gives an INTEGER.
func EncodeInt(n *big.Int) []byte { return Encode(Integer, intBytes(n)) }

// intBytes gives a non-negative number as the contents of an INTEGER; a negative one is written as 0.
func intBytes(n *big.Int) []byte {
	if n.Sign() <= 0 {
		return []byte{0}
	}
	b := n.Bytes()
	if b[0] >= 0x80 {
		b = append([]byte{0}, b...)
	}
	return b
}

// EncodeOID gives an OBJECT IDENTIFIER; an impossible one gives an empty object, which every reader refuses.
func EncodeOID(id asn1.ObjectIdentifier) []byte {
	b, err := asn1.Marshal(id)
	if err != nil {
		return Encode(OID)
	}
	return b
}

// EncodeBits gives a BIT STRING of whole bytes.
func EncodeBits(b []byte) []byte { return Encode(BitString, []byte{0}, b) }
