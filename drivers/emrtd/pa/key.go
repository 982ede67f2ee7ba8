package pa

import (
	"crypto/dsa" //nolint:staticcheck // verification only: Doc 9303-12 §4.1.6.3 lists DSA, and signers made before it was withdrawn last
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
)

// PublicKey is the key of a certificate: one that package lds reads, or DSA, which only certificates use.
type PublicKey struct {
	*lds.PublicKey
	DSA *dsa.PublicKey

	params []byte           // of the key's algorithm, encoded; nil when absent or NULL
	nist   *ecdsa.PublicKey // the EC key where the standard library has its curve, for it is several times faster
}

// String names kind and size.
func (k *PublicKey) String() string {
	if k != nil && k.DSA != nil {
		return fmt.Sprintf("DSA %d", k.DSA.P.BitLen())
	}
	if k == nil {
		return "no key"
	}
	return k.PublicKey.String()
}

var oidDSA = asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 1}

// parseKey reads a SubjectPublicKeyInfo.
func parseKey(spki []byte) (*PublicKey, error) {
	list, err := children(spki, tlv.Sequence, 2, 2)
	if err != nil {
		return nil, fmt.Errorf("read public key: %w", err)
	}
	id, params, err := algorithmIdentifier(list[0])
	if err != nil {
		return nil, fmt.Errorf("read public key: %w", err)
	}
	if id.Equal(oidDSA) {
		k, err := parseDSA(params, list[1])
		if err != nil {
			return nil, fmt.Errorf("read dsa key: %w", err)
		}
		return &PublicKey{PublicKey: &lds.PublicKey{Raw: spki}, DSA: k, params: params}, nil
	}
	k, err := lds.ParsePublicKey(spki)
	if err != nil {
		return nil, err
	}
	return &PublicKey{PublicKey: k, params: params, nist: nistKey(k.EC)}, nil
}

// nistKey gives a key as package ecdsa has it, nil when it lacks the curve.
func nistKey(p *ec.Point) *ecdsa.PublicKey {
	if p == nil {
		return nil
	}
	c := map[string]elliptic.Curve{"P-224": elliptic.P224(), "P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[p.Curve().Name]
	if c == nil {
		return nil
	}
	k, err := ecdsa.ParseUncompressedPublicKey(c, p.Curve().Marshal(p))
	if err != nil {
		return nil // package ec decides then
	}
	return k
}

// verifyECDSA checks r and s over a hash.
func (k *PublicKey) verifyECDSA(digest []byte, r, s *big.Int) bool {
	if k.nist != nil {
		return ecdsa.Verify(k.nist, digest, r, s)
	}
	return ec.VerifyECDSA(k.EC, digest, r, s)
}

// parseDSA reads Dss-Parms and DSAPublicKey (RFC 3279 §2.3.2). Inherited parameters are not supported: nobody uses them.
func parseDSA(params []byte, bits tlv.Object) (*dsa.PublicKey, error) {
	if params == nil {
		return nil, fmt.Errorf("inherited parameters: %w", ErrUnsupported)
	}
	list, err := children(params, tlv.Sequence, 3, 3)
	if err != nil {
		return nil, err
	}
	raw, err := bits.Bits()
	if err != nil {
		return nil, err
	}
	y, err := tlv.ReadOne(raw, tlv.Integer)
	if err != nil {
		return nil, err
	}
	k := &dsa.PublicKey{}
	var errs []error
	for i, n := range []**big.Int{&k.P, &k.Q, &k.G} {
		var err error
		*n, err = list[i].BigInt()
		errs = append(errs, err)
	}
	k.Y, err = y.BigInt()
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return k, checkDSA(k)
}

// checkDSA bounds the numbers and tells a group from a jumble: q divides p-1, and g and y are of order q (FIPS 186-4 §A.2.4 and
// SP 800-89 §5.3.1).
func checkDSA(k *dsa.PublicKey) error {
	one := big.NewInt(1)
	p, q := k.P.BitLen(), k.Q.BitLen()
	if p < 1024 || p > 3072 || k.P.Bit(0) == 0 || q != 160 && q != 224 && q != 256 {
		return fmt.Errorf("%d and %d bits: %w", p, q, ErrUnsupported)
	}
	if new(big.Int).Mod(new(big.Int).Sub(k.P, one), k.Q).Sign() != 0 {
		return fmt.Errorf("parameters: %w", ErrFormat)
	}
	for _, n := range []*big.Int{k.G, k.Y} {
		if n.Cmp(one) <= 0 || n.Cmp(k.P) >= 0 || new(big.Int).Exp(n, k.Q, k.P).Cmp(one) != 0 {
			return fmt.Errorf("parameters: %w", ErrFormat)
		}
	}
	return nil
}
