package pa

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"math/big"
	"sync"
	"testing"
	"time"

	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
)

// What follows is an issuing state in miniature, with a knob for everything an attacker, or a careless issuer, may do otherwise.

// signer is a key of either kind.
type signer struct {
	ec  *ec.PrivateKey
	rsa *rsa.PrivateKey
}

func (s signer) spki() []byte {
	if s.ec != nil {
		return lds.MarshalECKey(s.ec.Public, true)
	}
	return lds.MarshalRSAKey(&s.rsa.PublicKey)
}

var curve = sync.OnceValue(func() *ec.Curve {
	c, err := ec.ByName("brainpoolP256r1")
	if err != nil {
		panic(err)
	}
	return c
})

func newSigner(t testing.TB) signer {
	t.Helper()
	k, err := curve().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{ec: k}
}

var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newRSASigner(t testing.TB) signer {
	t.Helper()
	k, err := rsaKey()
	if err != nil {
		t.Fatal(err)
	}
	return signer{rsa: k}
}

// algorithmID builds the AlgorithmIdentifier of a signature algorithm.
func algorithmID(t testing.TB, a algorithm) []byte {
	t.Helper()
	if a.scheme == schemePSS {
		return tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidPSS), tlv.Encode(tlv.Sequence,
			tlv.Encode(0xA0, hashIdentifier(a.hash)),
			tlv.Encode(0xA1, tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidMGF1), hashIdentifier(a.mgf))),
			tlv.Encode(0xA2, tlv.AppendInt(nil, a.salt))))
	}
	for _, s := range signatureOIDs {
		if s.scheme == a.scheme && s.hash == a.hash {
			return tlv.Encode(tlv.Sequence, tlv.EncodeOID(s.id))
		}
	}
	t.Fatal("no such algorithm")
	return nil
}

func (s signer) sign(t testing.TB, a algorithm, message []byte) []byte {
	t.Helper()
	h := a.hash.New()
	h.Write(message)
	digest := h.Sum(nil)
	var sig []byte
	var err error
	switch a.scheme {
	case schemeECDSA:
		var r, v *big.Int
		if r, v, err = s.ec.Sign(rand.Reader, digest); err == nil {
			sig, err = ec.MarshalDER(r, v)
		}
	case schemeECDSAPlain:
		var r, v *big.Int
		if r, v, err = s.ec.Sign(rand.Reader, digest); err == nil {
			sig = curve().MarshalPlain(r, v)
		}
	case schemePKCS1:
		sig, err = rsa.SignPKCS1v15(rand.Reader, s.rsa, a.hash, digest)
	case schemePSS:
		sig, err = rsa.SignPSS(rand.Reader, s.rsa, a.hash, digest, &rsa.PSSOptions{SaltLength: a.salt, Hash: a.hash})
	}
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

var (
	ecdsa256  = algorithm{scheme: schemeECDSA, hash: crypto.SHA256}
	notBefore = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(2034, 1, 1, 0, 0, 0, 0, time.UTC)
)

// dn builds a name of type and text pairs.
func dn(tag tlv.Tag, parts ...string) []byte {
	ids := map[string]asn1.ObjectIdentifier{"C": {2, 5, 4, 6}, "O": {2, 5, 4, 10}, "OU": {2, 5, 4, 11}, "CN": {2, 5, 4, 3}}
	var sets [][]byte
	for i := 0; i < len(parts); i += 2 {
		kind := tag
		if parts[i] == "C" {
			kind = tlv.PrintableString
		}
		sets = append(sets, tlv.Encode(tlv.Set, tlv.Encode(tlv.Sequence, tlv.EncodeOID(ids[parts[i]]), tlv.Encode(kind, []byte(parts[i+1])))))
	}
	return tlv.Encode(tlv.Sequence, sets...)
}

var (
	cscaName = dn(tlv.UTF8String, "C", "VN", "O", "Demo", "OU", "Test", "CN", "CSCA")
	dsName   = dn(tlv.UTF8String, "C", "VN", "O", "Demo", "CN", "DS")
)

// cert says what goes into a certificate.
type cert struct {
	serial          int
	issuer, subject []byte
	from, to        time.Time
	key, by         signer
	alg             algorithm
	innerAlg        []byte // instead of alg's
	version         int    // 0: 3
	ski, aki        []byte
	ca              bool
	usage           byte
	purpose         asn1.ObjectIdentifier
}

func extension(id asn1.ObjectIdentifier, value []byte) []byte {
	return tlv.Encode(tlv.Sequence, tlv.EncodeOID(id), tlv.Encode(tlv.OctetString, value))
}

func utc(t time.Time) []byte { return tlv.Encode(tlv.UTCTime, []byte(t.Format("060102150405Z"))) }

func (c cert) build(t testing.TB) []byte {
	t.Helper()
	outer := algorithmID(t, c.alg)
	inner := outer
	if c.innerAlg != nil {
		inner = c.innerAlg
	}
	var ext [][]byte
	if c.ski != nil {
		ext = append(ext, extension(oidSubjectKeyID, tlv.Encode(tlv.OctetString, c.ski)))
	}
	if c.aki != nil {
		ext = append(ext, extension(oidAuthorityKeyID, tlv.Encode(tlv.Sequence, tlv.Encode(0x80, c.aki))))
	}
	if c.ca {
		ext = append(ext, extension(oidBasicConstraints, tlv.Encode(tlv.Sequence, tlv.Encode(tlv.Boolean, []byte{0xFF}))))
	}
	if c.usage != 0 {
		ext = append(ext, extension(oidKeyUsage, tlv.Encode(tlv.BitString, []byte{1, c.usage})))
	}
	if c.purpose != nil {
		ext = append(ext, extension(oidExtendedUsage, tlv.Encode(tlv.Sequence, tlv.EncodeOID(c.purpose))))
	}
	version := 2
	if c.version != 0 {
		version = c.version - 1
	}
	tbs := tlv.Encode(tlv.Sequence, tlv.Encode(0xA0, tlv.AppendInt(nil, version)), tlv.AppendInt(nil, c.serial), inner,
		c.issuer, tlv.Encode(tlv.Sequence, utc(c.from), utc(c.to)), c.subject, c.key.spki(),
		tlv.Encode(0xA3, tlv.Encode(tlv.Sequence, ext...)))
	return tlv.Encode(tlv.Sequence, tbs, outer, tlv.EncodeBits(c.by.sign(t, c.alg, tbs)))
}

// state is the miniature issuing state.
type state struct {
	csca, ds cert
}

func newState(t testing.TB) *state {
	a, d := newSigner(t), newSigner(t)
	return &state{
		csca: cert{
			serial: 1, issuer: cscaName, subject: cscaName, from: notBefore, to: notAfter.AddDate(10, 0, 0), key: a, by: a, alg: ecdsa256,
			ski: []byte("csca"), ca: true, usage: 0x06,
		},
		ds: cert{
			serial: 4711, issuer: cscaName, subject: dsName, from: notBefore, to: notAfter, key: d, by: a, alg: ecdsa256,
			ski: []byte("ds"), aki: []byte("csca"), usage: 0x80,
		},
	}
}

// message says what goes into a CMS message beyond its content.
type message struct {
	version, signerVersion int
	contentType            asn1.ObjectIdentifier
	attrType               asn1.ObjectIdentifier // content type attribute, contentType when nil
	hashes                 []crypto.Hash
	certificates           [][]byte
	issuer                 []byte
	serial                 int
	keyID                  []byte // instead of issuer and serial
	digest                 crypto.Hash
	alg                    algorithm
	algID                  []byte // instead of alg's
	signed                 time.Time
	moreAttrs              []byte
	noAttrs, turned        bool // turned: attributes are sent in reverse order, and signed in DER's
	crls                   []byte
	unsigned               []byte
	key                    signer
}

// newMessage gives the usual message of a state's signer.
func (s *state) newMessage(t testing.TB) *message {
	return &message{
		version: 3, signerVersion: 1, contentType: oidSecurityObject, hashes: []crypto.Hash{crypto.SHA256},
		certificates: [][]byte{s.ds.build(t)}, issuer: s.ds.issuer, serial: s.ds.serial, digest: crypto.SHA256, alg: s.alg(), key: s.ds.key,
		signed: time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC),
	}
}

func (s *state) alg() algorithm {
	if s.ds.key.rsa != nil {
		return algorithm{scheme: schemePKCS1, hash: crypto.SHA256}
	}
	return ecdsa256
}

func attribute1(id asn1.ObjectIdentifier, value []byte) []byte {
	return tlv.Encode(tlv.Sequence, tlv.EncodeOID(id), tlv.Encode(tlv.Set, value))
}

func (m *message) build(t testing.TB, content []byte) []byte {
	t.Helper()
	var hashIDs [][]byte
	for _, h := range m.hashes {
		hashIDs = append(hashIDs, hashIdentifier(h))
	}
	certificates := tlv.Encode(0xA0, m.certificates...)
	if m.certificates == nil {
		certificates = nil
	}
	return tlv.Encode(tlv.Sequence, tlv.EncodeOID(oidSignedData), tlv.Encode(0xA0, tlv.Encode(tlv.Sequence,
		tlv.AppendInt(nil, m.version), tlv.Encode(tlv.Set, hashIDs...),
		tlv.Encode(tlv.Sequence, tlv.EncodeOID(m.contentType), tlv.Encode(0xA0, tlv.Encode(tlv.OctetString, content))),
		certificates, m.crls, tlv.Encode(tlv.Set, m.signerInfo(t, content)))))
}

func (m *message) signerInfo(t testing.TB, content []byte) []byte {
	t.Helper()
	h := m.digest.New()
	h.Write(content)
	kind := m.contentType
	if m.attrType != nil {
		kind = m.attrType
	}
	attrs := attribute1(oidContentType, tlv.EncodeOID(kind))
	if !m.signed.IsZero() {
		attrs = append(attrs, attribute1(oidSigningTime, utc(m.signed))...)
	}
	attrs = append(attrs, attribute1(oidMessageDigest, tlv.Encode(tlv.OctetString, h.Sum(nil)))...)
	attrs = append(attrs, m.moreAttrs...)
	signed, attrField := tlv.Encode(tlv.Set, attrs), tlv.Encode(0xA0, attrs)
	if m.turned {
		list, err := tlv.ReadAll(attrs)
		if err != nil {
			t.Fatal(err)
		}
		attrField = tlv.Encode(0xA0, list[2].Raw, list[1].Raw, list[0].Raw)
	}
	if m.noAttrs {
		signed, attrField = content, nil
	}
	sid := tlv.Encode(tlv.Sequence, m.issuer, tlv.AppendInt(nil, m.serial))
	if m.keyID != nil {
		sid = tlv.Encode(0x80, m.keyID)
	}
	alg := m.algID
	if alg == nil {
		alg = algorithmID(t, m.alg)
	}
	return tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, m.signerVersion), sid, hashIdentifier(m.digest), attrField, alg,
		tlv.Encode(tlv.OctetString, m.key.sign(t, m.alg, signed)), m.unsigned)
}

// signPSS is EMSA-PSS-ENCODE (RFC 8017 §9.1.1) with any two hashes, for crypto/rsa takes one.
func signPSS(t testing.TB, key *rsa.PrivateKey, hash, mask crypto.Hash, salt int, digest []byte) []byte {
	t.Helper()
	s := make([]byte, salt)
	if _, err := rand.Read(s); err != nil {
		t.Fatal(err)
	}
	h := hash.New()
	h.Write(make([]byte, 8))
	h.Write(digest)
	h.Write(s)
	sum := h.Sum(nil)
	bits := key.N.BitLen() - 1
	em := make([]byte, (bits+7)/8)
	db := em[:len(em)-len(sum)-1]
	db[len(db)-salt-1] = 1
	copy(db[len(db)-salt:], s)
	mgf1(db, mask, sum)
	db[0] &= 0xFF >> (8*len(em) - bits)
	copy(em[len(db):], sum)
	em[len(em)-1] = 0xBC
	return new(big.Int).Exp(new(big.Int).SetBytes(em), key.D, key.N).FillBytes(make([]byte, key.Size()))
}
