package pa

import (
	"crypto"
	"encoding/asn1"
	"fmt"
	"slices"

	"motcua/drivers/emrtd/tlv"
)

// oidSecurityObject is id-icao-mrtd-security-ldsSecurityObject.
var oidSecurityObject = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 1}

// SecurityObject is the LDSSecurityObject: the signed hashes of the data groups (Doc 9303-10 §4.6.2.3).
type SecurityObject struct {
	Version int // 0, or 1 with the LDS version signed
	Hash    crypto.Hash
	Hashes  map[int][]byte // by group number
	LDS     string         // LDS version "0108", version 1 only
	Unicode string         // Unicode version "040000", version 1 only
}

// Groups gives the group numbers, ascending.
func (o *SecurityObject) Groups() []int {
	all := make([]int, 0, len(o.Hashes))
	for n := range o.Hashes {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// ParseSecurityObject reads the content that EF.SOD signs.
func ParseSecurityObject(raw []byte) (*SecurityObject, error) {
	o, err := parseSecurityObject(raw)
	if err != nil {
		return nil, fmt.Errorf("read security object: %w", err)
	}
	return o, nil
}

func parseSecurityObject(raw []byte) (*SecurityObject, error) {
	list, err := children(raw, tlv.Sequence, 3, 4)
	if err != nil {
		return nil, err
	}
	o := &SecurityObject{Hashes: map[int][]byte{}}
	if o.Version, err = list[0].Int(); err != nil {
		return nil, err
	}
	if o.Version > 1 || o.Version != len(list)-3 {
		return nil, fmt.Errorf("version %d: %w", o.Version, ErrFormat)
	}
	if o.Hash, err = hashAlgorithm(list[1]); err != nil {
		return nil, err
	}
	groups, err := children(list[2].Raw, tlv.Sequence, 1, 16)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		if err := o.add(g); err != nil {
			return nil, fmt.Errorf("data group hash: %w", err)
		}
	}
	if o.Version == 1 {
		return o, o.readVersions(list[3])
	}
	return o, nil
}

func (o *SecurityObject) add(g tlv.Object) error {
	list, err := children(g.Raw, tlv.Sequence, 2, 2)
	if err != nil {
		return err
	}
	n, err := list[0].Int()
	if err != nil {
		return err
	}
	hash := list[1]
	if n < 1 || n > 16 || o.Hashes[n] != nil || hash.Tag != tlv.OctetString || len(hash.Value) != o.Hash.Size() {
		return ErrFormat
	}
	o.Hashes[n] = hash.Value
	return nil
}

func (o *SecurityObject) readVersions(v tlv.Object) error {
	list, err := children(v.Raw, tlv.Sequence, 2, 2)
	if err != nil {
		return fmt.Errorf("lds version: %w", err)
	}
	for i, s := range []*string{&o.LDS, &o.Unicode} {
		if list[i].Tag != tlv.PrintableString || len(list[i].Value) > 16 {
			return fmt.Errorf("lds version: %w", ErrFormat)
		}
		*s = string(list[i].Value)
	}
	if o.LDS < "0108" { // version 1 came with LDS 1.8
		return fmt.Errorf("lds version %q: %w", o.LDS, ErrFormat)
	}
	return nil
}

// Marshal builds the object in the order of the group numbers.
func (o *SecurityObject) Marshal() []byte {
	var groups [][]byte
	for _, n := range o.Groups() {
		groups = append(groups, tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, n), tlv.Encode(tlv.OctetString, o.Hashes[n])))
	}
	var versions []byte
	if o.Version == 1 {
		versions = tlv.Encode(tlv.Sequence,
			tlv.Encode(tlv.PrintableString, []byte(o.LDS)), tlv.Encode(tlv.PrintableString, []byte(o.Unicode)))
	}
	return tlv.Encode(tlv.Sequence,
		tlv.AppendInt(nil, o.Version), hashIdentifier(o.Hash), tlv.Encode(tlv.Sequence, groups...), versions)
}

func hashIdentifier(h crypto.Hash) []byte {
	for _, x := range hashes {
		if x.hash == h {
			return tlv.Encode(tlv.Sequence, tlv.EncodeOID(x.id))
		}
	}
	return tlv.Encode(tlv.Sequence)
}
