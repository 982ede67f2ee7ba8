package emrtd

import (
	"context"
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" //nolint:gosec // old chips sign with it
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/subtle"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
)

// Active authentication (Doc 9303-11 §6.1): the chip signs a challenge of eight bytes with the private key to DG15.

// challengeSize is the length of RND.IFD.
const challengeSize = 8

// errAASignature means that the chip's answer is no signature of the challenge under the key.
var errAASignature = errors.New("signature does not verify")

// activeAuthentication sends the challenge and gives the chip's answer. A chip that refuses gives the status as error; other
// errors are the card's.
func activeAuthentication(ctx context.Context, ch *channel, key *lds.PublicKey, challenge []byte) ([]byte, error) {
	ne := 256
	if answerSize(key) > ch.maxPlain(256) {
		ne = 65536
	}
	r, err := ch.do(ctx, apdu.Command{INS: 0x88, Data: challenge, Ne: ne})
	if err != nil {
		return nil, err
	}
	if !r.SW.OK() {
		return nil, statusError("internal authenticate", r.SW)
	}
	return r.Data, nil
}

// answerSize gives the length of the answer where it is known.
func answerSize(key *lds.PublicKey) int {
	if key.RSA == nil {
		return 0
	}
	return key.RSA.Size()
}

// carries reports whether reader and card can carry the answer. Asking all the same would cost the session, for chips that do
// not take extended lengths say so outside secure messaging.
func (c *channel) carries(key *lds.PublicKey) bool {
	n := answerSize(key)
	return n <= c.maxPlain(256) || extendedLengths(c.card.ATR()) && n <= c.maxPlain(c.card.MaxResponse())
}

// VerifyActiveAuth checks a chip's answer to a challenge under DG15's key; infos are DG14's, which name the hash of EC
// signatures, or nil. It needs no chip, so that evidence can be checked later. Error: nil when the signature is good.
func VerifyActiveAuth(key *lds.PublicKey, infos *lds.SecurityInfos, challenge, signature []byte) error {
	if len(challenge) != challengeSize {
		return fmt.Errorf("challenge of %d bytes", len(challenge))
	}
	switch {
	case key.RSA != nil && !key.PSSOnly:
		return verifyISO9796(key.RSA, challenge, signature)
	case key.EC != nil:
		return verifyECDSA(key.EC, aaHash(key.EC.Curve(), infos), challenge, signature)
	}
	return errors.New("key of an unsupported kind")
}

// aaHashes are the hashes by the last arc of ecdsa-plain-signatures (BSI TR-03111 §5.2.1.1).
var aaHashes = map[int]crypto.Hash{1: crypto.SHA1, 2: crypto.SHA224, 3: crypto.SHA256, 4: crypto.SHA384, 5: crypto.SHA512}

var oidPlainECDSA = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 1, 4, 1}

// aaHash gives the hash DG14 names, else the one of the curve's size.
func aaHash(c *ec.Curve, infos *lds.SecurityInfos) crypto.Hash {
	if infos != nil {
		for _, a := range infos.ActiveAuth {
			n := len(a.Algorithm) - 1
			if n > 0 && a.Algorithm[:n].Equal(oidPlainECDSA) && aaHashes[a.Algorithm[n]] != 0 {
				return aaHashes[a.Algorithm[n]]
			}
		}
	}
	switch n := c.N.BitLen(); {
	case n < 224:
		return crypto.SHA1
	case n < 256:
		return crypto.SHA224
	case n < 384:
		return crypto.SHA256
	case n < 512:
		return crypto.SHA384
	}
	return crypto.SHA512
}

func digest(h crypto.Hash, parts ...[]byte) []byte {
	d := h.New()
	for _, p := range parts {
		d.Write(p)
	}
	return d.Sum(nil)
}

func verifyECDSA(pub *ec.Point, h crypto.Hash, challenge, signature []byte) error {
	r, s, err := pub.Curve().ParseSignature(signature)
	if err != nil {
		return err
	}
	if !ec.VerifyECDSA(pub, digest(h, challenge), r, s) {
		return errAASignature
	}
	return nil
}

// The trailers of ISO/IEC 9796-2 digital signature scheme 1 (ISO/IEC 10118-3 hash identifiers).
var trailerHashes = map[byte]crypto.Hash{
	0x33: crypto.SHA1, 0x38: crypto.SHA224, 0x34: crypto.SHA256, 0x36: crypto.SHA384, 0x35: crypto.SHA512,
}

// verifyISO9796 recovers M1 and the hash from the signature: 6A || M1 || H(M1 || challenge) || BC, or … || hash id || CC.
func verifyISO9796(key *rsa.PublicKey, challenge, signature []byte) error {
	if len(signature) != key.Size() || key.N.BitLen() > 4096 {
		return errAASignature
	}
	s := new(big.Int).SetBytes(signature)
	if s.Cmp(key.N) >= 0 {
		return errAASignature
	}
	m := new(big.Int).Exp(s, big.NewInt(int64(key.E)), key.N)
	if m.Bit(0)|m.Bit(1) != 0 { // the recovered integer ends in C; its complement is as good
		m.Sub(key.N, m)
	}
	f := m.FillBytes(make([]byte, key.Size()))
	h, n, err := trailer(f)
	if err != nil {
		return err
	}
	if f[0] != 0x6A || len(f) < 1+8+h.Size()+n {
		return errAASignature
	}
	body := f[1 : len(f)-n]
	m1, sum := body[:len(body)-h.Size()], body[len(body)-h.Size():]
	if subtle.ConstantTimeCompare(digest(h, m1, challenge), sum) != 1 {
		return errAASignature
	}
	return nil
}

// trailer gives hash and length of the trailer.
func trailer(f []byte) (h crypto.Hash, n int, err error) {
	switch last := f[len(f)-1]; {
	case last == 0xBC:
		return crypto.SHA1, 1, nil
	case last == 0xCC && trailerHashes[f[len(f)-2]] != 0:
		return trailerHashes[f[len(f)-2]], 2, nil
	}
	return 0, 0, fmt.Errorf("unknown trailer: %w", errAASignature)
}

// activeAuthCheck runs active authentication and judges it. Refusing is failing: a chip with DG15 must answer.
func activeAuthCheck(ctx context.Context, ch *channel, key *lds.PublicKey, infos *lds.SecurityInfos, challenge []byte) (
	signature []byte, c kiosk.Check, err error,
) {
	c = kiosk.Check{Name: kiosk.CheckActiveAuth, Result: kiosk.CheckFailed}
	if key.DH != nil || key.PSSOnly {
		c.Result, c.Reason = kiosk.CheckUndetermined, "no implemented variant of active authentication"
		return nil, c, nil
	}
	if !ch.carries(key) {
		c.Result, c.Reason = kiosk.CheckUndetermined, "answer longer than reader and card can carry"
		return nil, c, nil
	}
	signature, err = activeAuthentication(ctx, ch, key, challenge)
	var sw apdu.Status
	switch {
	case err != nil && ch.dead != nil && kiosk.CodeOf(err) != kiosk.CodeCardProtocol:
		return nil, c, err
	case err != nil && ch.dead != nil:
		c.Reason = "chip broke the protocol"
		return nil, c, nil
	case errors.As(err, &sw):
		c.Reason = fmt.Sprintf("chip refused, %v", sw)
		return nil, c, nil
	case err != nil:
		return nil, c, err
	}
	if err := VerifyActiveAuth(key, infos, challenge, signature); err != nil {
		c.Reason = err.Error()
		return signature, c, nil
	}
	c.Result, c.Reason = kiosk.CheckSuccessful, key.String()
	return signature, c, nil
}
