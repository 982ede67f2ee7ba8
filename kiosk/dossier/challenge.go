package dossier

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"time"

	"motcua/kiosk"
)

// Challenge is what the challenge of active authentication was derived from. It is 8 bytes, which the chip signs, so the signature
// binds what is known while the card lies on the reader: the dossier's id, the kiosk's key, the time, and the office's last nonce.
// The dossier's contents do not exist yet; the kiosk's own signature binds them to the same id and the same challenge.
//
// What it proves: a signature made for one dossier or by one kiosk is no good for another, for nobody finds a second set of inputs
// with the same 8 bytes by less than about 2^64 hashes. With a nonce it was made after the office gave the nonce out. Without one,
// the time is the kiosk's word alone.
type Challenge struct {
	At     time.Time // when the reader asked for it, by the kiosk's clock; microseconds
	Random [16]byte  // fresh for each
	Nonce  *Nonce    // nil when the kiosk had none, being offline
}

const challengeDomain = "motcua/challenge/1"

// NewChallenge draws a challenge.
func NewChallenge(at time.Time, nonce *Nonce) Challenge {
	c := Challenge{At: newStamp(at).Time, Nonce: nonce}
	_, _ = rand.Read(c.Random[:]) // never fails (crypto/rand)
	return c
}

// Derive gives the 8 bytes: the first of SHA-256 over "motcua/challenge/1" NUL, the dossier's id as text, SHA-256 of the device
// certificate's SubjectPublicKeyInfo, the time in microseconds since 1970 (8 bytes, big endian), the random bytes, and the nonce's
// 16 bytes if there is one.
func (c Challenge) Derive(id string, device *x509.Certificate) []byte {
	key := sha256.Sum256(device.RawSubjectPublicKeyInfo)
	b := append([]byte(challengeDomain+"\x00"), id...)
	b = binary.BigEndian.AppendUint64(append(b, key[:]...), uint64(c.At.UnixMicro()))
	b = append(b, c.Random[:]...)
	if c.Nonce != nil {
		b = append(b, c.Nonce.Value[:]...)
	}
	sum := sha256.Sum256(b)
	return sum[:8]
}

// Nonce is a random value that the office gives out and signs. Ed25519 by the key that signs acknowledgements, over
// "motcua/nonce/1" NUL, the value, and the time in microseconds since 1970 (8 bytes, big endian).
type Nonce struct {
	Value     [16]byte
	At        time.Time // by the office's clock; microseconds
	Signature []byte
}

func (n *Nonce) bytes() []byte {
	b := append([]byte("motcua/nonce/1\x00"), n.Value[:]...)
	return binary.BigEndian.AppendUint64(b, uint64(n.At.UnixMicro()))
}

// NewNonce draws and signs a nonce.
func NewNonce(office ed25519.PrivateKey, at time.Time) *Nonce {
	n := &Nonce{At: newStamp(at).Time}
	_, _ = rand.Read(n.Value[:]) // never fails (crypto/rand)
	n.Signature = ed25519.Sign(office, n.bytes())
	return n
}

// Verify checks that the office signed.
func (n *Nonce) Verify(office ed25519.PublicKey) error {
	if len(office) != ed25519.PublicKeySize || !ed25519.Verify(office, n.bytes(), n.Signature) {
		return errors.New("nonce is not the office's")
	}
	return nil
}

// NonceTime is how long a kiosk that cannot reach the office goes on with the last nonce it was given. Later it asks without one,
// which the evidence says.
const NonceTime = 7 * 24 * time.Hour

// longestVisit is how long before the dossier was made its chip may have been read.
const longestVisit = 2 * time.Hour

// checkChallenge: the chip signed for this dossier and this kiosk, during this visit.
func (p *Package) checkChallenge(o VerifyOptions) kiosk.Check {
	m := p.Manifest
	if m.Chip == nil || m.Chip.Active == nil {
		return kiosk.Check{Name: LinkChallenge, Result: kiosk.CheckNotSupported, Reason: "no active authentication was done"}
	}
	a := m.Chip.Active
	if a.At == nil {
		return unknown(LinkChallenge, "challenge is not bound to the dossier")
	}
	cert, err := x509.ParseCertificate(p.Certificate)
	if err != nil {
		return failed(LinkChallenge, "certificate cannot be read")
	}
	c := Challenge{At: a.At.Time, Random: a.Random, Nonce: a.nonce()}
	switch {
	case string(c.Derive(m.ID, cert)) != string(a.Challenge):
		return failed(LinkChallenge, "challenge is of another dossier, kiosk, time or nonce")
	case c.At.After(m.Created.Time) || c.At.Before(m.Created.Add(-longestVisit)):
		return failed(LinkChallenge, "chip was not asked during the visit")
	}
	for _, given := range m.Consents {
		if given.Purpose == kiosk.PurposeChip && given.Given && given.At.After(c.At) {
			return failed(LinkChallenge, "chip was asked before the consent")
		}
	}
	return checkNonce(c, o)
}

func checkNonce(c Challenge, o VerifyOptions) kiosk.Check {
	check := succeeded(LinkChallenge)
	switch {
	case c.Nonce == nil:
		check.Reason = "without an office's nonce: the time is the kiosk's word"
	case o.Office == nil:
		return unknown(LinkChallenge, "no office key to check the nonce with")
	case c.Nonce.Verify(o.Office) != nil:
		return failed(LinkChallenge, "nonce is not the office's")
	case c.Nonce.At.After(c.At.Add(clockAhead)):
		return unknown(LinkChallenge, "nonce is later than the read: the kiosk's clock is behind")
	case c.At.Sub(c.Nonce.At) > NonceTime+clockAhead:
		return unknown(LinkChallenge, "nonce is older than a kiosk may use")
	default:
		check.Reason = "the chip signed after " + c.Nonce.At.UTC().Format(time.RFC3339) + ", when the office gave the nonce out"
	}
	return check
}
