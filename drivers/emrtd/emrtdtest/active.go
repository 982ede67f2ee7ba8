package emrtdtest

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" //nolint:gosec // one of the hashes active authentication may use
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/tlv"
)

// Active says which key a card has for active authentication, and how it signs: a kind, alone or with details after colons.
//
//	ec                      ECDSA on P-256 with SHA-256, r || s
//	ec:CURVE:HASH[:der]     ECDSA on any curve of Doc 9303-11 §9.5.1; with der the signature is a SEQUENCE, as some chips answer
//	rsa                     RSA 2048, ISO/IEC 9796-2 scheme 1, SHA-256, trailer 34CC
//	rsa:BITS:HASH[:bc]      other lengths (1024 to 4096) and hashes; with bc the trailer is one byte BC and the hash not named
//	pss:BITS:HASH           RSASSA-PSS
//	none                    no DG15
//
// HASH is sha1, sha224, sha256, sha384 or sha512.
type Active string

// The usual kinds. The empty string is what the profile has.
const (
	ActiveEC   Active = "ec"
	ActiveRSA  Active = "rsa"
	ActiveNone Active = "none"
)

// activeSpec is an Active as read.
type activeSpec struct {
	scheme  string // ec, rsa, pss
	curve   *domain
	bits    int
	hash    activeHash
	der, bc bool
}

// activeHash is a hash with what names it: the trailer of ISO/IEC 9796-2 and the last arc of ecdsa-plain (TR-03111 §5.2.1).
type activeHash struct {
	hash    crypto.Hash
	trailer byte
	plain   int
}

var activeHashes = map[string]activeHash{
	"sha1":   {crypto.SHA1, 0x33, 1},
	"sha224": {crypto.SHA224, 0x38, 2},
	"sha256": {crypto.SHA256, 0x34, 3},
	"sha384": {crypto.SHA384, 0x36, 4},
	"sha512": {crypto.SHA512, 0x35, 5},
}

func (a Active) parse() (s activeSpec, err error) {
	parts := strings.Split(string(a), ":")
	switch a {
	case ActiveEC:
		parts = []string{"ec", "P-256", "sha256"}
	case ActiveRSA:
		parts = []string{"rsa", "2048", "sha256"}
	}
	unknown := fmt.Errorf("active authentication %q is not known", string(a))
	if len(parts) < 3 || len(parts) > 4 {
		return s, unknown
	}
	ok := false
	s.scheme = parts[0]
	if s.hash, ok = activeHashes[parts[2]]; !ok {
		return s, unknown
	}
	more := strings.Join(parts[3:], "")
	s.der, s.bc = more == "der" && s.scheme == "ec", more == "bc" && s.scheme == "rsa"
	if more != "" && !s.der && !s.bc {
		return s, unknown
	}
	switch s.scheme {
	case "ec":
		s.curve, err = domainByName(parts[1])
	case "rsa", "pss":
		s.bits, err = strconv.Atoi(parts[1])
		if err == nil && (s.bits < 1024 || s.bits > 4096) {
			err = unknown
		}
	default:
		err = unknown
	}
	return s, err
}

// activeKey is a private key of active authentication.
type activeKey interface {
	answer(random io.Reader, challenge []byte) ([]byte, error) // signs RND.IFD
	another(random io.Reader) (activeKey, error)               // a fresh key of the same kind
	public() ([]byte, error)                                   // SubjectPublicKeyInfo
	private() ([]byte, error)                                  // what the card's file holds
}

// internalAuthenticate is active authentication (Doc 9303-11 §6.1.2): it signs the terminal's eight random bytes.
func (c *Chip) internalAuthenticate(cmd apdu.Command) apdu.Response {
	switch {
	case c.s.sm == nil && !c.open():
		return apdu.Response{SW: apdu.StatusSecurity}
	case len(cmd.Data) != 8:
		return apdu.Response{SW: apdu.StatusWrongLength}
	case c.keys.active == nil:
		return apdu.Response{SW: apdu.StatusWrongINS}
	case c.opt.Clone == CloneRefuses:
		return apdu.Response{SW: apdu.StatusWrongData}
	case c.opt.ActiveRefused:
		return apdu.Response{SW: apdu.StatusNotSatisfied}
	}
	c.s.trace.cost = CostActive
	signature, err := c.keys.active.answer(c.random, cmd.Data)
	if err != nil {
		return apdu.Response{SW: apdu.StatusUnknown}
	}
	return apdu.Response{Data: signature, SW: apdu.StatusOK}
}

// infoOID names the signature in DG14's ActiveAuthenticationInfo, for ECDSA alone (Doc 9303-11 §9.2.3).
func (s activeSpec) infoOID() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 1, 4, 1, s.hash.plain}
}

// newActive makes a key.
func (s activeSpec) newActive(random io.Reader) (activeKey, error) {
	if s.scheme == "ec" {
		d, err := s.curve.generate(random)
		if err != nil {
			return nil, fmt.Errorf("make active authentication key: %w", err)
		}
		return ecKey{spec: s, d: d}, nil
	}
	k, err := rsa.GenerateKey(random, s.bits)
	if err != nil {
		return nil, fmt.Errorf("make active authentication key: %w", err)
	}
	return rsaKey{s, k}, nil
}

// parseActive reads what private gave.
func (s activeSpec) parseActive(raw []byte) (activeKey, error) {
	if s.scheme == "ec" {
		d := new(big.Int).SetBytes(raw)
		if d.Sign() == 0 || d.Cmp(s.curve.n) >= 0 {
			return nil, fmt.Errorf("parse active authentication key: %w", errDomain)
		}
		return ecKey{spec: s, d: d}, nil
	}
	k, err := x509.ParsePKCS8PrivateKey(raw)
	if err != nil {
		return nil, fmt.Errorf("parse active authentication key: %w", err)
	}
	r, ok := k.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("parse active authentication key: %T cannot be used", k)
	}
	return rsaKey{s, r}, nil
}

// ecKey signs with ECDSA; the answer is r || s (Doc 9303-11 §6.1.2.3, BSI TR-03111 §5.2.1), or a SEQUENCE of both.
type ecKey struct {
	spec  activeSpec
	d     *big.Int
	zeros bool // r begins with a zero byte
}

func (e ecKey) answer(random io.Reader, challenge []byte) ([]byte, error) {
	h := e.spec.hash.hash.New()
	h.Write(challenge)
	r, s, err := e.spec.curve.sign(random, e.d, h.Sum(nil), e.zeros)
	if err != nil {
		return nil, err
	}
	if e.spec.der {
		return tlv.Encode(tlv.Sequence, tlv.EncodeInt(r), tlv.EncodeInt(s)), nil
	}
	n := e.spec.curve.scalarSize()
	return append(r.FillBytes(make([]byte, n)), s.FillBytes(make([]byte, n))...), nil
}

// sign is ECDSA (BSI TR-03111 §4.2.1) with a random k, or one that makes r begin with a zero byte.
func (d *domain) sign(random io.Reader, key *big.Int, digest []byte, zeros bool) (r, s *big.Int, err error) {
	e := new(big.Int).SetBytes(digest)
	if over := 8*len(digest) - d.n.BitLen(); over > 0 {
		e.Rsh(e, uint(over))
	}
	for {
		k, err := d.generate(random)
		if err != nil {
			return nil, nil, err
		}
		if zeros {
			k = d.shortSecret(k, d.g)
		}
		r = new(big.Int).Mod(d.public(k).x, d.n)
		s = new(big.Int).Mul(r, key)
		s.Add(s, e).Mul(s, new(big.Int).ModInverse(k, d.n)).Mod(s, d.n)
		if r.Sign() != 0 && s.Sign() != 0 {
			return r, s, nil
		}
	}
}

func (e ecKey) another(random io.Reader) (activeKey, error) { return e.spec.newActive(random) }
func (e ecKey) private() ([]byte, error) {
	return e.d.FillBytes(make([]byte, e.spec.curve.scalarSize())), nil
}

// public names the NIST curves and writes out the others, as issuers do.
func (e ecKey) public() ([]byte, error) {
	return e.spec.curve.spki(e.spec.curve.public(e.d), strings.HasPrefix(e.spec.curve.name, "P-"), false), nil
}

// rsaKey signs with ISO/IEC 9796-2 digital signature scheme 1 and partial recovery (Doc 9303-11 §6.1.2.2):
// 6A || M1 || H(M1 || RND.IFD) || trailer, or with RSASSA-PSS over the challenge.
type rsaKey struct {
	spec activeSpec
	k    *rsa.PrivateKey
}

func (r rsaKey) answer(random io.Reader, challenge []byte) ([]byte, error) {
	if r.spec.scheme == "pss" {
		h := r.spec.hash.hash.New()
		h.Write(challenge)
		return rsa.SignPSS(random, r.k, r.spec.hash.hash, h.Sum(nil), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	}
	trailer := []byte{r.spec.hash.trailer, 0xCC}
	if r.spec.bc {
		trailer = []byte{0xBC}
	}
	size := r.k.Size()
	m1 := make([]byte, size-1-r.spec.hash.hash.Size()-len(trailer))
	if _, err := io.ReadFull(random, m1); err != nil {
		return nil, err
	}
	h := r.spec.hash.hash.New()
	h.Write(m1)
	h.Write(challenge)
	f := new(big.Int).SetBytes(bytes.Join([][]byte{{0x6A}, m1, h.Sum(nil), trailer}, nil))
	// The raw exponentiation is not in crypto/rsa; a simulated key has nothing to protect from its timing.
	return f.Exp(f, r.k.D, r.k.N).FillBytes(make([]byte, size)), nil
}

func (r rsaKey) another(random io.Reader) (activeKey, error) { return r.spec.newActive(random) }

// public is rsaEncryption's, but for PSS id-RSASSA-PSS's without parameters (RFC 4055 §1.2).
func (r rsaKey) public() ([]byte, error) {
	if r.spec.scheme != "pss" {
		return x509.MarshalPKIXPublicKey(&r.k.PublicKey)
	}
	id := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	return tlv.Encode(tlv.Sequence, tlv.Encode(tlv.Sequence, tlv.EncodeOID(id)),
		tlv.EncodeBits(x509.MarshalPKCS1PublicKey(&r.k.PublicKey))), nil
}

func (r rsaKey) private() ([]byte, error) { return x509.MarshalPKCS8PrivateKey(r.k) }
