package emrtdtest

import (
	"crypto"
	"crypto/dsa"   //nolint:staticcheck // see authority_dsa.go
	_ "crypto/md5" //nolint:gosec // for security objects that a reader must refuse
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // key identifiers are SHA-1 by RFC 5280 §4.2.1.2
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
)

// Scheme is a signature scheme of certificates and security objects (Doc 9303-12 §4.1.6).
type Scheme string

// The schemes.
const (
	SchemeECDSA      Scheme = "ecdsa"       // ANSI X9.62 object identifiers; the default
	SchemeECDSAPlain Scheme = "ecdsa-plain" // BSI TR-03111 object identifiers, r || s
	SchemePKCS1      Scheme = "rsa-pkcs1"   // RSASSA-PKCS1-v1_5
	SchemePSS        Scheme = "rsa-pss"     // RSASSA-PSS
	SchemeDSA        Scheme = "dsa"
)

// Algorithm says how something is signed. The zero value is ECDSA with SHA-256.
type Algorithm struct {
	Scheme Scheme
	Hash   crypto.Hash // SHA-256 when 0
	Salt   int         // of RSASSA-PSS: the hash's length when 0
	RSAOID bool        // RSASSA-PKCS1-v1_5 named rsaEncryption, which does not say the hash
}

func (a Algorithm) withDefaults() Algorithm {
	if a.Scheme == "" {
		a.Scheme = SchemeECDSA
	}
	if a.Hash == 0 {
		a.Hash = crypto.SHA256
	}
	if a.Scheme == SchemePSS && a.Salt == 0 {
		a.Salt = a.Hash.Size()
	}
	return a
}

var hashOIDs = map[crypto.Hash]asn1.ObjectIdentifier{
	crypto.MD5:    {1, 2, 840, 113549, 2, 5},
	crypto.SHA1:   {1, 3, 14, 3, 2, 26},
	crypto.SHA224: {2, 16, 840, 1, 101, 3, 4, 2, 4},
	crypto.SHA256: oidSHA256,
	crypto.SHA384: {2, 16, 840, 1, 101, 3, 4, 2, 2},
	crypto.SHA512: {2, 16, 840, 1, 101, 3, 4, 2, 3},
}

var (
	oidRSA  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidMGF1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	oidPSS  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidDSA  = asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 1}
)

var signatureOIDs = map[Scheme]map[crypto.Hash]asn1.ObjectIdentifier{
	SchemeECDSA: {
		crypto.SHA1: {1, 2, 840, 10045, 4, 1}, crypto.SHA224: {1, 2, 840, 10045, 4, 3, 1}, crypto.SHA256: oidECDSASHA256,
		crypto.SHA384: {1, 2, 840, 10045, 4, 3, 3}, crypto.SHA512: {1, 2, 840, 10045, 4, 3, 4},
	},
	SchemeECDSAPlain: {
		crypto.SHA1: {0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 1}, crypto.SHA224: {0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 2},
		crypto.SHA256: {0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 3}, crypto.SHA384: {0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 4},
		crypto.SHA512: {0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 5},
	},
	SchemePKCS1: {
		crypto.MD5: {1, 2, 840, 113549, 1, 1, 4}, crypto.SHA1: {1, 2, 840, 113549, 1, 1, 5}, crypto.SHA224: {1, 2, 840, 113549, 1, 1, 14},
		crypto.SHA256: {1, 2, 840, 113549, 1, 1, 11}, crypto.SHA384: {1, 2, 840, 113549, 1, 1, 12}, crypto.SHA512: {1, 2, 840, 113549, 1, 1, 13},
	},
	SchemeDSA: {
		crypto.SHA1: {1, 2, 840, 10040, 4, 3}, crypto.SHA224: {2, 16, 840, 1, 101, 3, 4, 3, 1}, crypto.SHA256: {2, 16, 840, 1, 101, 3, 4, 3, 2},
	},
}

// Identifier gives the AlgorithmIdentifier.
func (a Algorithm) Identifier() ([]byte, error) {
	a = a.withDefaults()
	switch {
	case a.Scheme == SchemePSS:
		hash := HashIdentifier(a.Hash)
		return tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidPSS), tlv.Encode(tlv.Sequence, tlv.Encode(0xA0, hash),
			tlv.Encode(0xA1, tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidMGF1), hash)), tlv.Encode(0xA2, tlv.AppendInt(nil, a.Salt)))), nil
	case a.Scheme == SchemePKCS1 && a.RSAOID:
		return tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidRSA), tlv.Encode(tlv.Null)), nil
	}
	id, ok := signatureOIDs[a.Scheme][a.Hash]
	if !ok {
		return nil, fmt.Errorf("signature algorithm %s with %v: no object identifier", a.Scheme, a.Hash)
	}
	if a.Scheme == SchemePKCS1 {
		return tlv.Encode(tlv.Sequence, tlv.EncodeOID(id), tlv.Encode(tlv.Null)), nil
	}
	return algorithm(id), nil
}

// HashIdentifier gives the AlgorithmIdentifier of a hash without parameters; MD5 is known too.
func HashIdentifier(h crypto.Hash) []byte { return algorithm(hashOIDs[h]) }

func digest(h crypto.Hash, message []byte) []byte {
	d := h.New()
	d.Write(message)
	return d.Sum(nil)
}

// signingKey is a key of any kind: one of its fields is set.
type signingKey struct {
	ec  *ec.PrivateKey
	rsa *rsa.PrivateKey
	dsa *dsa.PrivateKey
}

// newKey draws a key for an algorithm; curve is that of ECDSA.
func newKey(a Algorithm, curve string) (k signingKey, err error) {
	switch a = a.withDefaults(); a.Scheme {
	case SchemeECDSA, SchemeECDSAPlain:
		c, err := ec.ByName(curve)
		if err != nil {
			return k, err
		}
		k.ec, err = c.GenerateKey(rand.Reader)
		return k, err
	case SchemePKCS1, SchemePSS:
		k.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
		return k, err
	case SchemeDSA:
		k.dsa = &dsa.PrivateKey{}
		if k.dsa.Parameters, err = dsaDomain(a.Hash); err != nil {
			return k, err
		}
		return k, dsa.GenerateKey(k.dsa, rand.Reader)
	}
	return k, fmt.Errorf("signature scheme %q is not known", a.Scheme)
}

type dsaNumbers struct{ P, Q, G, Y, X *big.Int }

// bytes gives the private key as the authority's file holds it: an EC scalar, RSAPrivateKey or the numbers of DSA.
func (k signingKey) bytes() []byte {
	switch {
	case k.rsa != nil:
		return x509.MarshalPKCS1PrivateKey(k.rsa)
	case k.dsa != nil:
		raw, err := asn1.Marshal(dsaNumbers{k.dsa.P, k.dsa.Q, k.dsa.G, k.dsa.Y, k.dsa.X})
		if err != nil {
			panic("emrtdtest: numbers can always be marshalled")
		}
		return raw
	}
	return k.ec.Bytes()
}

func loadKey(s Scheme, curve string, raw []byte) (k signingKey, err error) {
	switch s {
	case SchemePKCS1, SchemePSS:
		k.rsa, err = x509.ParsePKCS1PrivateKey(raw)
		return k, err
	case SchemeDSA:
		var n dsaNumbers
		if _, err := asn1.Unmarshal(raw, &n); err != nil {
			return k, err
		}
		k.dsa = &dsa.PrivateKey{X: n.X, PublicKey: dsa.PublicKey{Parameters: dsa.Parameters{P: n.P, Q: n.Q, G: n.G}, Y: n.Y}}
		return k, nil
	case SchemeECDSA, SchemeECDSAPlain, "":
		c, err := ec.ByName(curve)
		if err != nil {
			return k, err
		}
		k.ec, err = c.NewPrivateKey(raw)
		return k, err
	}
	return k, fmt.Errorf("signature scheme %q is not known", s)
}

// spki gives the SubjectPublicKeyInfo.
func (k signingKey) spki(explicit bool) []byte {
	switch {
	case k.rsa != nil:
		return lds.MarshalRSAKey(&k.rsa.PublicKey)
	case k.dsa != nil:
		params := tlv.Encode(tlv.Sequence, tlv.EncodeInt(k.dsa.P), tlv.EncodeInt(k.dsa.Q), tlv.EncodeInt(k.dsa.G))
		return tlv.Encode(tlv.Sequence, tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidDSA), params), tlv.EncodeBits(tlv.EncodeInt(k.dsa.Y)))
	}
	return lds.MarshalECKey(k.ec.Public, explicit)
}

// id gives the key identifier: SHA-1 of the public key's bits.
func (k signingKey) id() []byte {
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(k.spki(false), &info); err != nil {
		panic("emrtdtest: own keys can always be read")
	}
	h := sha1.Sum(info.Key.Bytes) //nolint:gosec // see the import
	return h[:]
}

// sign signs a message.
func (k signingKey) sign(a Algorithm, message []byte) ([]byte, error) {
	a = a.withDefaults()
	d := digest(a.Hash, message)
	switch {
	case a.Scheme == SchemeECDSA && k.ec != nil, a.Scheme == SchemeECDSAPlain && k.ec != nil:
		r, s, err := k.ec.Sign(rand.Reader, d)
		if err != nil {
			return nil, err
		}
		if a.Scheme == SchemeECDSAPlain {
			return k.ec.Public.Curve().MarshalPlain(r, s), nil
		}
		return ec.MarshalDER(r, s)
	case a.Scheme == SchemePKCS1 && k.rsa != nil:
		return rsa.SignPKCS1v15(rand.Reader, k.rsa, a.Hash, d)
	case a.Scheme == SchemePSS && k.rsa != nil:
		return rsa.SignPSS(rand.Reader, k.rsa, a.Hash, d, &rsa.PSSOptions{SaltLength: a.Salt, Hash: a.Hash})
	case a.Scheme == SchemeDSA && k.dsa != nil:
		if n := (k.dsa.Q.BitLen() + 7) / 8; len(d) > n {
			d = d[:n]
		}
		r, s, err := dsa.Sign(rand.Reader, k.dsa, d)
		if err != nil {
			return nil, err
		}
		return ec.MarshalDER(r, s)
	}
	return nil, errors.New("the key is not one of this algorithm")
}
