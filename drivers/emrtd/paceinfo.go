package emrtd

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"motcua/drivers/emrtd/dh"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
)

// errUnsupportedPACE means that a chip offers PACE, but no variant that is implemented.
var errUnsupportedPACE = errors.New("no supported variant of pace")

// suites are the algorithms by the last arc of PACE's and chip authentication's object identifiers (Doc 9303-11 §9.2.1, §9.2.4).
var suites = map[int]icao.Algorithm{1: icao.TripleDES, 2: icao.AES128, 3: icao.AES192, 4: icao.AES256}

// mapping is how PACE turns the nonce into a generator (Doc 9303-11 §4.4.3.3).
type mapping string

const (
	genericMapping    mapping = "GM"
	integratedMapping mapping = "IM"
	chipMapping       mapping = "CAM" // generic, and the chip proves its static key
)

// mappings are the key agreement and the mapping by the arc before the last (Doc 9303-11 §9.2.1).
var mappings = map[int]struct {
	dh   bool
	kind mapping
}{1: {true, genericMapping}, 2: {false, genericMapping}, 3: {true, integratedMapping}, 4: {false, integratedMapping}, 6: {false, chipMapping}}

// The object identifiers that domain parameters written out are announced with (Doc 9303-11 §9.2.2, RFC 3279 §2.3.3, §2.3.5).
var (
	oidStandardised = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 2}
	oidECPublicKey  = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidDHPublic     = asn1.ObjectIdentifier{1, 2, 840, 10046, 2, 1}
)

// paceVariant is one supported PACEInfo.
type paceVariant struct {
	oid   asn1.ObjectIdentifier
	id    int // of the domain parameters, lds.NoID when the chip gives none
	alg   icao.Algorithm
	kind  mapping
	group paceGroup
	name  string // "ECDH-GM-AES-128 brainpoolP256r1"
	state bool   // send the domain parameter id, because the chip offers several variants
	alone bool   // all variants have the same domain parameters: the id may also be left out
}

// variantOf gives the variant a PACEInfo announces. Error: errUnsupportedPACE.
func variantOf(info lds.PACEInfo, domains ...lds.PACEDomainParameterInfo) (*paceVariant, error) {
	v, err := readVariant(info, domains)
	if err != nil {
		return nil, fmt.Errorf("%w: %v version %d parameters %d: %w", errUnsupportedPACE, info.Protocol, info.Version, info.ParameterID, err)
	}
	return v, nil
}

func readVariant(info lds.PACEInfo, domains []lds.PACEDomainParameterInfo) (*paceVariant, error) {
	n := len(info.Protocol)
	if n != len(lds.OIDPACE)+2 || info.Version != 2 {
		return nil, errors.New("not pace version 2")
	}
	way, okMapping := mappings[info.Protocol[n-2]]
	alg, okAlg := suites[info.Protocol[n-1]]
	if !okMapping || !okAlg || way.kind == chipMapping && alg == icao.TripleDES {
		return nil, errors.New("unknown protocol")
	}
	group, err := domainOf(info, way.dh, domains)
	if err != nil {
		return nil, err
	}
	if way.kind == integratedMapping && !group.integrable() {
		return nil, errors.New("integrated mapping is not defined here")
	}
	agreement := "ECDH-"
	if way.dh {
		agreement = "DH-"
	}
	return &paceVariant{
		oid: info.Protocol, id: info.ParameterID, alg: alg, kind: way.kind, group: group,
		name: agreement + string(way.kind) + "-" + string(alg) + " " + group.String(),
	}, nil
}

// domainOf gives the domain parameters of a PACEInfo: the standardised ones of its id, else those a PACEDomainParameterInfo
// with the same id writes out, which must be a known curve or group.
func domainOf(info lds.PACEInfo, finite bool, domains []lds.PACEDomainParameterInfo) (paceGroup, error) {
	if group, err := standardised(info.ParameterID, finite); err == nil {
		return group, nil
	}
	var found *lds.PACEDomainParameterInfo
	for i, d := range domains {
		if d.ParameterID != info.ParameterID || !d.Protocol.Equal(info.Protocol[:len(info.Protocol)-1]) {
			continue
		}
		if found != nil {
			return nil, errors.New("domain parameters are ambiguous")
		}
		found = &domains[i]
	}
	if found == nil {
		return nil, errors.New("unknown domain parameters")
	}
	return explicitDomain(found.Algorithm, finite)
}

// standardised gives the domain parameters of an id (Doc 9303-11 §9.5.1).
func standardised(id int, finite bool) (paceGroup, error) {
	if finite {
		g, err := dh.ByID(id)
		return dhGroup{g}, err
	}
	c, err := ec.ByID(id)
	return ecGroup{c}, err
}

// explicitDomain reads the AlgorithmIdentifier of domain parameters.
func explicitDomain(raw []byte, finite bool) (paceGroup, error) {
	o, err := tlv.ReadOne(raw, tlv.Sequence)
	if err != nil {
		return nil, err
	}
	list, err := o.Children()
	if err != nil || len(list) != 2 {
		return nil, errors.New("domain parameters malformed")
	}
	id, err := list[0].OID()
	switch {
	case err != nil:
		return nil, err
	case id.Equal(oidStandardised):
		n, err := list[1].Int()
		if err != nil {
			return nil, err
		}
		return standardised(n, finite)
	case id.Equal(oidECPublicKey) && !finite:
		c, err := lds.ParseCurve(list[1].Raw)
		return ecGroup{c}, err
	case id.Equal(oidDHPublic) && finite:
		g, err := explicitGroup(list[1])
		return dhGroup{g}, err
	}
	return nil, errors.New("domain parameters of another kind")
}

// explicitGroup reads DomainParameters of RFC 3279 §2.3.3: p, g, q. PACE takes only the standardised groups.
func explicitGroup(params tlv.Object) (*dh.Group, error) {
	list, err := params.Children()
	if err != nil || len(list) < 3 {
		return nil, errors.New("domain parameters malformed")
	}
	var n [3]*big.Int
	for i := range n {
		if n[i], err = list[i].BigInt(); err != nil {
			return nil, err
		}
	}
	for _, g := range dh.Groups() {
		if g.P.Cmp(n[0]) == 0 && g.G.Cmp(n[1]) == 0 && g.Q.Cmp(n[2]) == 0 {
			return g, nil
		}
	}
	return nil, dh.ErrUnknownGroup
}

// rank orders variants; the greater list is the better one. The preferences, the most important first, with their reasons:
//
//  1. Chip authentication mapping: it proves the chip in the same run, and saves chip authentication.
//  2. The strength of the weaker of cipher and group: a chain is as strong as its weakest link.
//  3. Elliptic curves before groups modulo a prime: less work for the chip, and shorter commands.
//  4. The longer key: it costs a chip next to nothing.
//  5. The smaller group of those that are equally strong together with their cipher: less time with the card on the reader.
//  6. Generic before integrated mapping: it is what nearly all chips have and what was tested most.
//
// Between equals the order of the file decides.
func (v *paceVariant) rank() []int {
	curve := 0
	if v.group.curve() != nil {
		curve = 1
	}
	cipher := 4 * v.alg.KeySize() * 2
	if v.alg == icao.TripleDES {
		cipher = 80 // two-key triple DES (NIST SP 800-57 part 1)
	}
	cam, gm := 0, 0
	switch v.kind {
	case chipMapping:
		cam = 1
	case genericMapping:
		gm = 1
	case integratedMapping:
	}
	return []int{cam, min(cipher, v.group.strength()), curve, cipher, -v.group.size(), gm}
}

// choosePACE takes the best supported variant; maxCommand is the longest command data that the reader can carry. A variant with
// longer commands is taken only when there is no other: they go in pieces, which not every chip understands here. Error:
// errUnsupportedPACE.
func choosePACE(s *lds.SecurityInfos, maxCommand int) (*paceVariant, error) {
	var best *paceVariant
	reason := errUnsupportedPACE
	better := func(a, b *paceVariant) bool {
		fitsA, fitsB := a.group.commandSize() <= maxCommand, b.group.commandSize() <= maxCommand
		if fitsA != fitsB {
			return fitsA
		}
		return slices.Compare(a.rank(), b.rank()) > 0
	}
	for _, info := range s.PACE {
		v, err := variantOf(info, s.PACEDomain...)
		if err != nil {
			reason = err
			continue
		}
		if best == nil || better(v, best) {
			best = v
		}
	}
	if best == nil {
		return nil, reason
	}
	best.state = len(s.PACE) > 1 && best.id != lds.NoID
	best.alone = !slices.ContainsFunc(s.PACE, func(i lds.PACEInfo) bool { return i.ParameterID != best.id })
	return best, nil
}

// malformedPACE finds an entry that announces PACE and could not be read: somebody damaged it, by accident or to hide the better
// variant.
func malformedPACE(s *lds.SecurityInfos) bool {
	n := len(lds.OIDPACE)
	return slices.ContainsFunc(s.Unknown, func(i lds.SecurityInfo) bool {
		return len(i.Protocol) == n+2 && i.Protocol[:n].Equal(lds.OIDPACE)
	})
}

// announcesPACE reports whether any entry is of PACE, in whatever form.
func announcesPACE(s *lds.SecurityInfos) bool {
	n := len(lds.OIDPACE)
	return slices.ContainsFunc(s.All, func(i lds.SecurityInfo) bool {
		return len(i.Protocol) >= n && i.Protocol[:n].Equal(lds.OIDPACE)
	})
}
