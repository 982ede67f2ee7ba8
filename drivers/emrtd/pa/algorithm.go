package pa

import (
	"bytes"
	"crypto"
	"crypto/dsa" //nolint:staticcheck // see key.go
	"crypto/rsa"
	_ "crypto/sha1" // the hashes that security objects use
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/tlv"
)

var (
	oidSHA1   = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidSHA224 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 4}
	oidSHA256 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidSHA512 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
	oidEC     = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidRSA    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidMGF1   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	oidPSS    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
)

// forbidden are algorithms that Doc 9303-12 §4.1.6 has never listed and that can be forged: MD2, MD4 and MD5, alone and with RSA.
var forbidden = []asn1.ObjectIdentifier{
	{1, 2, 840, 113549, 2, 2},
	{1, 2, 840, 113549, 2, 4},
	{1, 2, 840, 113549, 2, 5},
	{1, 2, 840, 113549, 1, 1, 2},
	{1, 2, 840, 113549, 1, 1, 3},
	{1, 2, 840, 113549, 1, 1, 4},
}

// unknown is the error for an algorithm that is in no table here.
func unknown(what string, id asn1.ObjectIdentifier) error {
	if slices.ContainsFunc(forbidden, id.Equal) {
		return fmt.Errorf("%s %v: %w", what, id, ErrForbidden)
	}
	return fmt.Errorf("%s %v: %w", what, id, ErrUnsupported)
}

var hashes = []struct {
	id   asn1.ObjectIdentifier
	hash crypto.Hash
}{
	{oidSHA1, crypto.SHA1},
	{oidSHA224, crypto.SHA224},
	{oidSHA256, crypto.SHA256},
	{oidSHA384, crypto.SHA384},
	{oidSHA512, crypto.SHA512},
}

type scheme int

const (
	schemePKCS1 scheme = iota + 1
	schemePSS
	schemeECDSA
	schemeECDSAPlain // r || s instead of SEQUENCE { r, s } (BSI TR-03111 §5.2.1)
	schemeDSA
)

func (s scheme) String() string {
	return map[scheme]string{
		schemePKCS1: "RSA PKCS1", schemePSS: "RSASSA-PSS", schemeECDSA: "ECDSA", schemeECDSAPlain: "ECDSA plain", schemeDSA: "DSA",
	}[s]
}

// signatureOIDs are the algorithms that name scheme and hash in one.
var signatureOIDs = []struct {
	id     asn1.ObjectIdentifier
	scheme scheme
	hash   crypto.Hash
}{
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}, schemePKCS1, crypto.SHA1},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 14}, schemePKCS1, crypto.SHA224},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, schemePKCS1, crypto.SHA256},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}, schemePKCS1, crypto.SHA384},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}, schemePKCS1, crypto.SHA512},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}, schemeECDSA, crypto.SHA1},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 1}, schemeECDSA, crypto.SHA224},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, schemeECDSA, crypto.SHA256},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, schemeECDSA, crypto.SHA384},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}, schemeECDSA, crypto.SHA512},
	{asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 1}, schemeECDSAPlain, crypto.SHA1},
	{asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 2}, schemeECDSAPlain, crypto.SHA224},
	{asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 3}, schemeECDSAPlain, crypto.SHA256},
	{asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 4}, schemeECDSAPlain, crypto.SHA384},
	{asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 5}, schemeECDSAPlain, crypto.SHA512},
	{asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 3}, schemeDSA, crypto.SHA1},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 1}, schemeDSA, crypto.SHA224},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 2}, schemeDSA, crypto.SHA256},
}

// algorithm is a signature algorithm with its parameters.
type algorithm struct {
	scheme scheme
	hash   crypto.Hash // 0: rsaEncryption, the hash is named elsewhere
	salt   int         // RSASSA-PSS
	mgf    crypto.Hash // RSASSA-PSS
	params string      // parameters that stand where none belong: they must be those of the key
}

// algorithmIdentifier splits an AlgorithmIdentifier; params is nil when absent or NULL.
func algorithmIdentifier(o tlv.Object) (id asn1.ObjectIdentifier, params []byte, err error) {
	if o.Tag != tlv.Sequence {
		return nil, nil, fmt.Errorf("algorithm: %w", ErrFormat)
	}
	list, err := o.Children()
	if err != nil || len(list) < 1 || len(list) > 2 {
		return nil, nil, fmt.Errorf("algorithm: %w", ErrFormat)
	}
	if id, err = list[0].OID(); err != nil {
		return nil, nil, err
	}
	if len(list) == 1 || list[1].Tag == tlv.Null && len(list[1].Value) == 0 {
		return id, nil, nil
	}
	return id, list[1].Raw, nil
}

// hashAlgorithm reads the AlgorithmIdentifier of a hash.
func hashAlgorithm(o tlv.Object) (crypto.Hash, error) {
	id, params, err := algorithmIdentifier(o)
	if err != nil {
		return 0, err
	}
	if params != nil {
		return 0, fmt.Errorf("parameters of hash %v: %w", id, ErrFormat)
	}
	for _, h := range hashes {
		if h.id.Equal(id) {
			return h.hash, nil
		}
	}
	return 0, unknown("hash", id)
}

// signatureAlgorithm reads the AlgorithmIdentifier of a signature.
func signatureAlgorithm(o tlv.Object) (algorithm, error) {
	id, params, err := algorithmIdentifier(o)
	if err != nil {
		return algorithm{}, err
	}
	if id.Equal(oidPSS) {
		return pssParameters(params)
	}
	if id.Equal(oidRSA) && params == nil {
		return algorithm{scheme: schemePKCS1}, nil
	}
	if id.Equal(oidEC) { // the key's algorithm in place of the signature's
		return algorithm{scheme: schemeECDSA, params: string(params)}, nil
	}
	for _, s := range signatureOIDs {
		if s.id.Equal(id) {
			return algorithm{scheme: s.scheme, hash: s.hash, params: string(params)}, nil
		}
	}
	return algorithm{}, unknown("signature", id)
}

// pssParameters reads RSASSA-PSS-params (RFC 4055 §3.1); every field left out, and so all of them, has its default.
func pssParameters(params []byte) (algorithm, error) {
	a := algorithm{scheme: schemePSS, hash: crypto.SHA1, mgf: crypto.SHA1, salt: 20}
	if params == nil {
		return a, nil
	}
	o, err := tlv.ReadOne(params, tlv.Sequence)
	if err != nil {
		return algorithm{}, err
	}
	list, err := o.Children()
	if err != nil {
		return algorithm{}, err
	}
	last := tlv.Tag(0)
	for _, f := range list {
		if f.Tag <= last {
			return algorithm{}, fmt.Errorf("parameters of rsassa-pss: %w", ErrFormat)
		}
		last = f.Tag
		if err := a.setPSS(f); err != nil {
			return algorithm{}, fmt.Errorf("parameters of rsassa-pss: %w", err)
		}
	}
	return a, nil
}

func (a *algorithm) setPSS(f tlv.Object) error {
	v, rest, err := tlv.Read(f.Value)
	if err != nil || len(rest) > 0 {
		return ErrFormat
	}
	switch f.Tag {
	case 0xA0:
		a.hash, err = hashAlgorithm(v)
	case 0xA1:
		var id asn1.ObjectIdentifier
		var inner []byte
		if id, inner, err = algorithmIdentifier(v); err != nil {
			return err
		}
		if !id.Equal(oidMGF1) || inner == nil {
			return ErrUnsupported
		}
		var h tlv.Object
		if h, err = tlv.ReadOne(inner, tlv.Sequence); err == nil {
			a.mgf, err = hashAlgorithm(h)
		}
	case 0xA2:
		a.salt, err = v.Int()
	case 0xA3:
		var n int
		if n, err = v.Int(); err == nil && n != 1 {
			err = ErrUnsupported
		}
	default:
		err = ErrFormat
	}
	return err
}

// errSignature means a signature that does not fit key and message.
var errSignature = errors.New("signature invalid")

// verify checks a signature over message. Errors: errSignature, ErrUnsupported.
func (a algorithm) verify(key *PublicKey, message, sig []byte) error {
	if a.hash == 0 {
		return fmt.Errorf("signature without a hash: %w", ErrUnsupported)
	}
	if a.params != "" && a.params != string(key.params) {
		return fmt.Errorf("parameters of the signature: %w", ErrUnsupported)
	}
	h := a.hash.New()
	h.Write(message)
	digest := h.Sum(nil)
	switch {
	case a.scheme == schemeECDSA && key.EC != nil:
		r, s, err := ec.ParseDER(sig)
		if err != nil || !canonical(r, s, sig) || !key.verifyECDSA(digest, r, s) {
			return errSignature
		}
		return nil
	case a.scheme == schemeECDSAPlain && key.EC != nil:
		r, s, err := key.EC.Curve().ParsePlain(sig)
		if err != nil || !key.verifyECDSA(digest, r, s) {
			return errSignature
		}
		return nil
	case a.scheme == schemePKCS1 && key.RSA != nil && !key.PSSOnly:
		if rsa.VerifyPKCS1v15(key.RSA, a.hash, digest, sig) != nil {
			return errSignature
		}
		return nil
	case a.scheme == schemePSS && key.RSA != nil:
		if !verifyPSS(key.RSA, a.hash, a.mgf, a.salt, digest, sig) {
			return errSignature
		}
		return nil
	case a.scheme == schemeDSA && key.DSA != nil:
		return verifyDSA(key.DSA, digest, sig)
	}
	return fmt.Errorf("%v with key %v: %w", a.scheme, key, ErrUnsupported)
}

// verifyDSA checks SEQUENCE { r, s } over the leftmost bits of a hash (FIPS 186-4 §4.7).
func verifyDSA(key *dsa.PublicKey, digest, sig []byte) error {
	r, s, err := ec.ParseDER(sig)
	if err != nil || !canonical(r, s, sig) || !dsa.Verify(key, digest[:min(len(digest), key.Q.BitLen()/8)], r, s) {
		return errSignature
	}
	return nil
}

// canonical reports whether a signature is the one DER encoding of its numbers.
func canonical(r, s *big.Int, sig []byte) bool {
	der, err := ec.MarshalDER(r, s)
	return err == nil && bytes.Equal(der, sig)
}

// name describes algorithm and key for people.
func (a algorithm) name(key *PublicKey) string {
	return fmt.Sprintf("%v %v, %v", a.scheme, a.hash, key)
}
