package emrtd

import (
	"bytes"
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
	if answerSize(key) > ch.maxPlain(256) && ch.mayExtend() {
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

// carries reports whether reader and card can carry the answer whole. Asking all the same may cost the session: chips that take
// no extended lengths and do not answer in pieces say so outside secure messaging.
func (c *channel) carries(key *lds.PublicKey) bool {
	return answerSize(key) <= c.maxPlain(c.longestAnswer())
}

// VerifyActiveAuth checks a chip's answer to a challenge under DG15's key; infos are DG14's, which name the hash of EC
// signatures, or nil. It needs no chip, so that evidence can be checked later. Error: nil when the signature is good.
func VerifyActiveAuth(key *lds.PublicKey, infos *lds.SecurityInfos, challenge, signature []byte) error {
	if len(challenge) != challengeSize {
		return fmt.Errorf("challenge of %d bytes", len(challenge))
	}
	switch {
	case key.RSA != nil && key.PSSOnly:
		return verifyPSS(key, challenge, signature)
	case key.RSA != nil:
		return verifyISO9796(key.RSA, challenge, signature)
	case key.EC != nil:
		h, err := aaHash(key.EC.Curve(), infos)
		if err != nil {
			return err
		}
		return verifyECDSA(key.EC, h, challenge, signature)
	}
	return errAAKey
}

// errAAKey means a key with which no chip signs.
var errAAKey = errors.New("key of an unsupported kind")

// The hashes by the last arc of ecdsa-plain-signatures (BSI TR-03111 §5.2.1.1) and of ecdsa-with-SHA2 (RFC 5758 §3.2), which
// some states write instead.
var (
	oidPlainECDSA = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 1, 4, 1}
	oidECDSASHA1  = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}
	oidECDSASHA2  = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3}
	plainHashes   = map[int]crypto.Hash{1: crypto.SHA1, 2: crypto.SHA224, 3: crypto.SHA256, 4: crypto.SHA384, 5: crypto.SHA512}
	sha2Hashes    = map[int]crypto.Hash{1: crypto.SHA224, 2: crypto.SHA256, 3: crypto.SHA384, 4: crypto.SHA512}
)

// errAAAlgorithm means that DG14 names an algorithm with which no chip signs (TR-03105-5.1 ISO7816_F_09).
var errAAAlgorithm = errors.New("signature algorithm of DG14 not known")

// aaHash gives the hash DG14 names, else the one of the curve's size.
func aaHash(c *ec.Curve, infos *lds.SecurityInfos) (crypto.Hash, error) {
	if infos == nil || len(infos.ActiveAuth) == 0 {
		return hashOfSize(c.N.BitLen()), nil
	}
	for _, a := range infos.ActiveAuth {
		if h := namedHash(a.Algorithm); h != 0 && a.Version == 1 {
			return h, nil
		}
	}
	return 0, errAAAlgorithm
}

func namedHash(id asn1.ObjectIdentifier) crypto.Hash {
	n := len(id) - 1
	switch {
	case id.Equal(oidECDSASHA1):
		return crypto.SHA1
	case n > 0 && id[:n].Equal(oidPlainECDSA):
		return plainHashes[id[n]]
	case n > 0 && id[:n].Equal(oidECDSASHA2):
		return sha2Hashes[id[n]]
	}
	return 0
}

func hashOfSize(bits int) crypto.Hash {
	switch {
	case bits < 224:
		return crypto.SHA1
	case bits < 256:
		return crypto.SHA224
	case bits < 384:
		return crypto.SHA256
	case bits < 512:
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

// verifyISO9796 recovers message and hash from the signature (ISO/IEC 9796-2 §8): header || M1 || H(M1 || challenge) || trailer.
// Chips sign with partial recovery, header 6A; padding in the header and total recovery, where the challenge stands in the
// recovered message, are taken too.
func verifyISO9796(key *rsa.PublicKey, challenge, signature []byte) error {
	f, err := recoverMessage(key, signature)
	if err != nil {
		return err
	}
	h, tail, err := trailer(f)
	if err != nil {
		return err
	}
	head, partial, err := header(f)
	if err != nil {
		return err
	}
	if head+h.Size()+tail > len(f) {
		return errAASignature
	}
	body := f[head : len(f)-tail]
	message, sum := body[:len(body)-h.Size()], body[len(body)-h.Size():]
	if partial {
		message = append(bytes.Clone(message), challenge...)
	} else if !bytes.HasSuffix(message, challenge) {
		return errAASignature
	}
	if subtle.ConstantTimeCompare(digest(h, message), sum) != 1 {
		return errAASignature
	}
	return nil
}

// recoverMessage opens the signature. The recovered integer ends in C; its complement is as good.
func recoverMessage(key *rsa.PublicKey, signature []byte) ([]byte, error) {
	if len(signature) != key.Size() || key.N.BitLen() > 4096 {
		return nil, errAASignature
	}
	s := new(big.Int).SetBytes(signature)
	if s.Cmp(key.N) >= 0 {
		return nil, errAASignature
	}
	m := new(big.Int).Exp(s, big.NewInt(int64(key.E)), key.N)
	if m.Bit(0)|m.Bit(1) != 0 {
		m.Sub(key.N, m)
	}
	return m.FillBytes(make([]byte, key.Size())), nil
}

// header gives the length of header and padding: 6A or 4A alone, or 6B or 4B, any number of BB, BA. partial is the bit that says
// that not all of the message is in the signature.
func header(f []byte) (n int, partial bool, err error) {
	partial = f[0]&0x20 != 0
	switch f[0] &^ 0x20 {
	case 0x4A:
		return 1, partial, nil
	case 0x4B:
		for n = 1; n < len(f) && f[n] == 0xBB; n++ {
		}
		if n < len(f) && f[n] == 0xBA {
			return n + 1, partial, nil
		}
	}
	return 0, false, errAASignature
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

// activeAuthCheck runs active authentication and judges it. A wrong answer has failed. A chip that will not answer has neither
// proved nor disproved anything: the check is aborted, and counts for nothing.
func activeAuthCheck(ctx context.Context, ch *channel, key *lds.PublicKey, infos *lds.SecurityInfos, challenge []byte) (
	signature []byte, c kiosk.Check, err error,
) {
	c = kiosk.Check{Name: kiosk.CheckActiveAuth, Result: kiosk.CheckFailed}
	if key.RSA == nil && key.EC == nil {
		c.Result, c.Reason = kiosk.CheckUndetermined, "no implemented variant of active authentication"
		return nil, c, nil
	}
	carries := ch.carries(key)
	signature, err = activeAuthentication(ctx, ch, key, challenge)
	var sw apdu.Status
	switch {
	case err != nil && ch.dead != nil && kiosk.CodeOf(err) != kiosk.CodeCardProtocol:
		return nil, c, err
	case err != nil && ch.dead != nil && !carries && errors.Is(err, errUnprotected):
		c.Result, c.Reason = kiosk.CheckUndetermined, "answer longer than reader and card can carry"
		return nil, c, nil
	case err != nil && ch.dead != nil:
		c.Reason = "chip broke the protocol"
		return nil, c, nil
	case errors.Is(err, apdu.StatusWrongLength) && !carries:
		c.Result, c.Reason = kiosk.CheckUndetermined, "answer longer than reader and card can carry"
		return nil, c, nil
	case errors.As(err, &sw):
		c.Result, c.Reason = kiosk.CheckAborted, fmt.Sprintf("chip refused, %v", sw)
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
