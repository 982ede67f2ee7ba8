package lds

import (
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"motcua/drivers/emrtd/dh"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/tlv"
)

// The algorithms and parameters of public keys.
var (
	oidRSA          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidRSAPSS       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidEC           = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidECDH         = asn1.ObjectIdentifier{1, 3, 132, 1, 12}
	oidPrimeField   = asn1.ObjectIdentifier{1, 2, 840, 10045, 1, 1}
	oidDSA          = asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 1}
	oidDH           = asn1.ObjectIdentifier{1, 2, 840, 10046, 2, 1}
	oidDHPKCS3      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 3, 1}
	oidStandardised = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 2}
)

// maxModulus bounds RSA and DH numbers, in bits.
const maxModulus = 8192

// DHKey is a finite-field Diffie-Hellman public key.
type DHKey struct{ P, G, Q, Y *big.Int } // Q is nil when not stated

// PublicKey is one SubjectPublicKeyInfo: exactly one of RSA, EC and DH is set.
type PublicKey struct {
	RSA     *rsa.PublicKey
	EC      *ec.Point // on its curve, never infinity
	DH      *DHKey
	PSS     []byte // parameters of an RSASSA-PSS key, nil when not restricted
	PSSOnly bool   // the key is for RSASSA-PSS alone
	Raw     []byte // the SubjectPublicKeyInfo as read
}

// String names kind and size.
func (k *PublicKey) String() string {
	switch {
	case k == nil:
		return "no key"
	case k.RSA != nil:
		return fmt.Sprintf("RSA %d", k.RSA.N.BitLen())
	case k.EC != nil:
		return "EC " + k.EC.Curve().Name
	case k.DH != nil:
		return fmt.Sprintf("DH %d", k.DH.P.BitLen())
	}
	return "no key"
}

// ParsePublicKey reads a SubjectPublicKeyInfo: RSA, RSASSA-PSS, EC with named, standardised or explicit parameters (the latter
// only when they are those of a known curve), DH in the forms of X9.42 and PKCS #3.
func ParsePublicKey(raw []byte) (*PublicKey, error) {
	k, err := parsePublicKey(raw)
	if err != nil {
		return nil, fmt.Errorf("read public key: %w", err)
	}
	return k, nil
}

func parsePublicKey(raw []byte) (*PublicKey, error) {
	list, err := sequence(raw, 2, 2)
	if err != nil {
		return nil, err
	}
	alg, err := list[0].Children()
	if err != nil || list[0].Tag != tlv.Sequence || len(alg) < 1 || len(alg) > 2 {
		return nil, fmt.Errorf("algorithm: %w", ErrFormat)
	}
	id, err := alg[0].OID()
	if err != nil {
		return nil, err
	}
	var params []byte
	if len(alg) == 2 {
		params = alg[1].Raw
	}
	key, err := list[1].Bits()
	if err != nil {
		return nil, err
	}
	k := &PublicKey{Raw: raw}
	return k, k.fill(id, params, key)
}

func (k *PublicKey) fill(id asn1.ObjectIdentifier, params, key []byte) (err error) {
	switch {
	case id.Equal(oidRSA):
		k.RSA, err = parseRSA(key)
	case id.Equal(oidRSAPSS):
		k.PSS, k.PSSOnly = params, true
		k.RSA, err = parseRSA(key)
	case id.Equal(oidEC), id.Equal(oidECDH):
		k.EC, err = parseEC(params, key)
	case id.Equal(oidStandardised):
		err = k.standardised(params, key)
	case id.Equal(oidDH), id.Equal(oidDHPKCS3):
		k.DH, err = parseDH(params, key, id.Equal(oidDH))
	case id.Equal(oidDSA):
		err = fmt.Errorf("dsa key: %w", ErrUnsupported)
	default:
		err = fmt.Errorf("algorithm %v: %w", id, ErrUnsupported)
	}
	return err
}

func parseRSA(key []byte) (*rsa.PublicKey, error) {
	list, err := sequence(key, 2, 2)
	if err != nil {
		return nil, err
	}
	// Some issuers leave out the zero byte before a modulus whose first bit is set; a negative modulus is nobody's intention.
	if list[0].Tag != tlv.Integer || len(list[0].Value) > maxModulus/8+1 {
		return nil, fmt.Errorf("rsa modulus: %w", ErrFormat)
	}
	n := new(big.Int).SetBytes(list[0].Value)
	e, err := list[1].BigInt()
	if err != nil {
		return nil, err
	}
	if n.BitLen() < 1024 || n.BitLen() > maxModulus || n.Bit(0) == 0 || e.Cmp(big.NewInt(3)) < 0 || e.BitLen() > 62 || e.Bit(0) == 0 {
		return nil, fmt.Errorf("rsa key of %d bits: %w", n.BitLen(), ErrUnsupported)
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}

func parseEC(params, key []byte) (*ec.Point, error) {
	curve, err := ParseCurve(params)
	if err != nil {
		return nil, err
	}
	return point(curve, key)
}

func point(curve *ec.Curve, key []byte) (*ec.Point, error) {
	p, err := curve.Unmarshal(key)
	if err != nil {
		return nil, fmt.Errorf("point on %s: %w", curve.Name, err)
	}
	return p, nil
}

// ParseCurve reads EC domain parameters, named or explicit (RFC 3279 §2.3.5).
func ParseCurve(params []byte) (*ec.Curve, error) {
	o, rest, err := tlv.Read(params)
	if err != nil || len(rest) > 0 {
		return nil, fmt.Errorf("curve parameters: %w", ErrFormat)
	}
	if o.Tag == tlv.OID {
		id, err := o.OID()
		if err != nil {
			return nil, err
		}
		return ec.ByOID(id)
	}
	c, err := explicitCurve(params)
	if err != nil {
		return nil, fmt.Errorf("explicit curve parameters: %w", err)
	}
	return c, nil
}

func explicitCurve(params []byte) (*ec.Curve, error) {
	list, err := sequence(params, 5, 6)
	if err != nil {
		return nil, err
	}
	field, err := sequence(list[1].Raw, 2, 2)
	if err != nil {
		return nil, err
	}
	if id, err := field[0].OID(); err != nil || !id.Equal(oidPrimeField) {
		return nil, fmt.Errorf("field is not prime: %w", ErrUnsupported)
	}
	coefficients, err := sequence(list[2].Raw, 2, 3) // a, b, and a seed which is not needed
	if err != nil || coefficients[0].Tag != tlv.OctetString || coefficients[1].Tag != tlv.OctetString || list[3].Tag != tlv.OctetString {
		return nil, ErrFormat
	}
	p, errP := field[1].BigInt()
	n, errN := list[4].BigInt()
	if err := errors.Join(errP, errN); err != nil {
		return nil, err
	}
	h := 0
	if len(list) == 6 {
		if h, err = list[5].Int(); err != nil {
			return nil, err
		}
	}
	a, b := new(big.Int).SetBytes(coefficients[0].Value), new(big.Int).SetBytes(coefficients[1].Value)
	return withGenerator(p, a, b, list[3].Value, n, h)
}

func withGenerator(p, a, b *big.Int, g []byte, n *big.Int, h int) (*ec.Curve, error) {
	size := (p.BitLen() + 7) / 8
	switch {
	case len(g) == 1+2*size && g[0] == 4:
		x, y := new(big.Int).SetBytes(g[1:1+size]), new(big.Int).SetBytes(g[1+size:])
		return ec.FromParameters(p, a, b, x, y, n, h)
	case len(g) == 1+size && (g[0] == 2 || g[0] == 3):
		return ec.FromParametersCompressed(p, a, b, new(big.Int).SetBytes(g[1:]), g[0] == 3, n, h)
	}
	return nil, fmt.Errorf("base point: %w", ErrFormat)
}

// standardised reads a key whose parameters are a domain parameter id (TR-03110-3 §A.2.1.1): 0 to 2 are DH groups, the others curves.
func (k *PublicKey) standardised(params, key []byte) error {
	o, err := tlv.ReadOne(params, tlv.Integer)
	if err != nil {
		return err
	}
	id, err := o.Int()
	if err != nil {
		return err
	}
	if id > 2 {
		curve, err := ec.ByID(id)
		if err != nil {
			return err
		}
		k.EC, err = point(curve, key)
		return err
	}
	g, err := dh.ByID(id)
	if err != nil {
		return err
	}
	k.DH, err = inGroup(DHKey{P: g.P, G: g.G, Q: g.Q}, key)
	return err
}

func parseDH(params, key []byte, x942 bool) (*DHKey, error) {
	list, err := sequence(params, 2, 5)
	if err != nil {
		return nil, err
	}
	var k DHKey
	targets := []**big.Int{&k.P, &k.G}
	if x942 && len(list) > 2 && list[2].Tag == tlv.Integer {
		targets = append(targets, &k.Q)
	}
	for i, t := range targets {
		if *t, err = list[i].BigInt(); err != nil {
			return nil, err
		}
	}
	return inGroup(k, key)
}

// inGroup adds the public value to a key's parameters. Whether it lies in the subgroup is for package dh, which uses it.
func inGroup(k DHKey, key []byte) (*DHKey, error) {
	y, err := tlv.ReadOne(key, tlv.Integer)
	if err != nil {
		return nil, err
	}
	if k.Y, err = y.BigInt(); err != nil {
		return nil, err
	}
	one := big.NewInt(1)
	if k.P.BitLen() < 1024 || k.P.BitLen() > maxModulus || k.P.Bit(0) == 0 ||
		k.G.Cmp(one) <= 0 || k.G.Cmp(k.P) >= 0 || k.Y.Cmp(one) <= 0 || k.Y.Cmp(new(big.Int).Sub(k.P, one)) >= 0 {
		return nil, fmt.Errorf("dh key of %d bits: %w", k.P.BitLen(), ErrUnsupported)
	}
	return &k, nil
}

// sequence reads raw as one SEQUENCE of least to most objects.
func sequence(raw []byte, least, most int) ([]tlv.Object, error) {
	o, err := tlv.ReadOne(raw, tlv.Sequence)
	if err != nil {
		return nil, err
	}
	list, err := o.Children()
	if err != nil {
		return nil, err
	}
	if len(list) < least || len(list) > most {
		return nil, fmt.Errorf("sequence of %d objects: %w", len(list), ErrFormat)
	}
	return list, nil
}

// MarshalECKey gives the SubjectPublicKeyInfo of an EC key, with the curve named or written out as explicit parameters, the form
// most document issuers use.
func MarshalECKey(p *ec.Point, explicit bool) []byte {
	c := p.Curve()
	params := tlv.EncodeOID(c.OID)
	if explicit {
		params = MarshalCurve(c)
	}
	return tlv.Encode(tlv.Sequence,
		tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidEC), params), tlv.EncodeBits(c.Marshal(p)))
}

// MarshalCurve gives explicit domain parameters.
func MarshalCurve(c *ec.Curve) []byte {
	n := c.Size()
	fixed := func(v *big.Int) []byte { return tlv.Encode(tlv.OctetString, v.FillBytes(make([]byte, n))) }
	return tlv.Encode(tlv.Sequence,
		tlv.AppendInt(nil, 1),
		tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidPrimeField), tlv.EncodeInt(c.P)),
		tlv.Encode(tlv.Sequence, fixed(c.A), fixed(c.B)),
		tlv.Encode(tlv.OctetString, c.Marshal(c.Generator())),
		tlv.EncodeInt(c.N), tlv.AppendInt(nil, c.H))
}

// MarshalRSAKey gives the SubjectPublicKeyInfo of an RSA key.
func MarshalRSAKey(k *rsa.PublicKey) []byte {
	key := tlv.Encode(tlv.Sequence, tlv.EncodeInt(k.N), tlv.AppendInt(nil, k.E))
	return tlv.Encode(tlv.Sequence,
		tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidRSA), tlv.Encode(tlv.Null)), tlv.EncodeBits(key))
}
