package bsi

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"math/big"
	"sync"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
)

// Unit ISO7816_F: active authentication.

// passportWith is a passport whose only proof against copying is active authentication.
func (b *bench) passportWith(t *testing.T, active emrtdtest.Active) *emrtdtest.Card {
	t.Helper()
	return b.card(t, "active "+string(active), emrtdtest.IssueOptions{
		Profile: emrtdtest.ProfilePassportPACE, PACE: []emrtdtest.PACEOffer{{Parameter: bp256}}, ChipAuth: []emrtdtest.ChipAuthOffer{}, Active: active,
	})
}

// signs reads passports with these keys; each is verified by active authentication alone, over a challenge of eight bytes that is
// another each time. The same passports copied without the keys are refused.
func (b *bench) signs(t *testing.T, keys ...emrtdtest.Active) {
	t.Helper()
	var before []byte
	for _, key := range keys {
		card := b.passportWith(t, key)
		out := b.read(t, reading{Card: card, Key: mrzKey(card)})
		out.verified(t)
		out.check(t, kiosk.CheckActiveAuth, kiosk.CheckSuccessful)
		out.check(t, kiosk.CheckChipAuth, kiosk.CheckNotSupported)
		if out.read != nil {
			if len(out.read.Challenge) != 8 || bytes.Equal(out.read.Challenge, before) || len(out.read.Signature) == 0 {
				t.Errorf("%s: challenge or signature missing or repeated", key)
			}
			before = out.read.Challenge
		}
		clone := b.read(t, reading{Card: card, Key: mrzKey(card), Chip: emrtdtest.Options{Clone: emrtdtest.CloneForges}})
		clone.refused(t, kiosk.CheckActiveAuth)
	}
}

// isoSigner is a key of our own with which the simulated chip's answers are replaced, so that every part of them can be wrong.
type isoSigner struct{ key *rsa.PrivateKey }

var ownSigner = sync.OnceValues(func() (isoSigner, error) {
	k, err := rsa.GenerateKey(rand.Reader, 1024)
	return isoSigner{k}, err
})

// sign is ISO/IEC 9796-2 scheme 1 with partial recovery.
func (s isoSigner) sign(head byte, h crypto.Hash, trailer, challenge []byte) []byte {
	m1 := make([]byte, s.key.Size()-1-h.Size()-len(trailer))
	d := h.New()
	d.Write(m1)
	d.Write(challenge)
	f := bytes.Join([][]byte{{head}, m1, d.Sum(nil), trailer}, nil)
	return new(big.Int).Exp(new(big.Int).SetBytes(f), s.key.D, s.key.N).FillBytes(make([]byte, s.key.Size()))
}

// answers reads a card whose DG15 holds our own key and whose answer to INTERNAL AUTHENTICATE is what answer gives.
func (b *bench) answers(t *testing.T, answer func(s isoSigner, challenge []byte) []byte) outcome {
	t.Helper()
	s, err := ownSigner()
	if err != nil {
		t.Fatal(err)
	}
	card := b.card(t, "own DG15", emrtdtest.IssueOptions{Active: "rsa:1024:sha256", Edit: func(files map[kiosk.FileID][]byte) error {
		files[kiosk.FileDG15] = lds.MarshalDG15(lds.MarshalRSAKey(&s.key.PublicKey))
		return nil
	}})
	return b.read(t, reading{Card: card, Chip: emrtdtest.Options{Hooks: &emrtdtest.Hooks{Response: func(c apdu.Command, r apdu.Response) apdu.Response {
		if c.INS == insInternal {
			return apdu.Response{Data: answer(s, c.Data), SW: apdu.StatusOK}
		}
		return r
	}}}})
}

func init() {
	register("ISO7816_F_01", "Active authentication with RSA and SHA-1, trailers BC and 33CC, keys of 1,024 and 1,280 bits: successful; a copy with another key is refused.",
		func(t *testing.T, b *bench) { b.signs(t, "rsa:1024:sha1:bc", "rsa:1024:sha1", "rsa:1280:sha1") })
	register("ISO7816_F_02", "Active authentication with ECDSA, plain and DER, on NIST and brainpool curves with SHA-1 to SHA-512: successful; a copy with another key is refused.",
		func(t *testing.T, b *bench) {
			b.signs(t, "ec:P-256:sha256", "ec:P-256:sha256:der", "ec:P-224:sha224", "ec:brainpoolP192r1:sha1", "ec:brainpoolP256r1:sha256",
				"ec:brainpoolP384r1:sha384:der", "ec:P-521:sha512", "ec:brainpoolP512r1:sha512", "ec:brainpoolP256r1:sha1")
		})
	register("ISO7816_F_03", "Active authentication with a key that is for RSASSA-PSS by its algorithm identifier: successful; a copy with another key is refused.",
		func(t *testing.T, b *bench) { b.signs(t, "pss:1024:sha256", "pss:1024:sha1", "pss:2048:sha512") })
	for n, hash := range map[string]string{"04": "sha224", "05": "sha256", "06": "sha384", "07": "sha512"} {
		register("ISO7816_F_"+n, fmt.Sprintf("Active authentication with RSA and %s, named in the trailer, keys of 1,024 and 1,536 bits: successful; a copy with another key is refused.", hash),
			func(t *testing.T, b *bench) {
				b.signs(t, emrtdtest.Active("rsa:1024:"+hash), emrtdtest.Active("rsa:1536:"+hash))
			})
	}
	register("ISO7816_F_08", "The recovered message ends in an unknown trailer, in the trailer of another hash, in none, or begins with another header: active authentication has failed "+
		"and the document is refused, although chip authentication succeeded. With the right trailer it is verified.",
		func(t *testing.T, b *bench) {
			b.answers(t, func(s isoSigner, c []byte) []byte { return s.sign(0x6A, crypto.SHA256, []byte{0x34, 0xCC}, c) }).verified(t)
			for name, wrong := range map[string]func(s isoSigner, c []byte) []byte{
				"unknown hash":   func(s isoSigner, c []byte) []byte { return s.sign(0x6A, crypto.SHA256, []byte{0x31, 0xCC}, c) },
				"another hash":   func(s isoSigner, c []byte) []byte { return s.sign(0x6A, crypto.SHA256, []byte{0x33, 0xCC}, c) },
				"BC for SHA-256": func(s isoSigner, c []byte) []byte { return s.sign(0x6A, crypto.SHA256, []byte{0xBC}, c) },
				"no trailer":     func(s isoSigner, c []byte) []byte { return s.sign(0x6A, crypto.SHA256, []byte{0x34, 0xC8}, c) },
				"another header": func(s isoSigner, c []byte) []byte { return s.sign(0x2A, crypto.SHA256, []byte{0x34, 0xCC}, c) },
				"other challenge": func(s isoSigner, _ []byte) []byte {
					return s.sign(0x6A, crypto.SHA256, []byte{0x34, 0xCC}, make([]byte, 8))
				},
				"empty": func(isoSigner, []byte) []byte { return nil },
			} {
				out := b.answers(t, wrong)
				out.refused(t, kiosk.CheckActiveAuth)
				out.check(t, kiosk.CheckChipAuth, kiosk.CheckSuccessful)
				if t.Failed() {
					t.Fatal(name)
				}
			}
		})
	register("ISO7816_F_09", "DG14's ActiveAuthenticationInfo names an algorithm with which no chip signs: active authentication has failed and the document is refused.",
		func(t *testing.T, b *bench) {
			plainSHA256 := []byte{0x06, 0x0A, 0x04, 0, 0x7F, 0, 7, 1, 1, 4, 1, 3}
			invalid := bytes.Clone(plainSHA256)
			invalid[len(invalid)-1] = 0x63
			out := b.read(t, reading{Card: b.issue(t, emrtdtest.IssueOptions{Edit: replaced(plainSHA256, invalid, 1, false)})})
			out.check(t, kiosk.CheckHashes, kiosk.CheckSuccessful)
			out.refused(t, kiosk.CheckActiveAuth)
		})
}
