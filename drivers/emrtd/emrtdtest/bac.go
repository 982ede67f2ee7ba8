package emrtdtest

import (
	"bytes"
	"crypto/cipher"
	"crypto/des"  //nolint:gosec // BAC is defined on 3DES
	"crypto/sha1" //nolint:gosec // see kdf
	"crypto/subtle"
	"io"

	"motcua/drivers/apdu"
)

// mrzSecret gives SHA-1 of document number, birth date and expiry with their check digits: the password of PACE-MRZ, whose
// first 16 bytes are BAC's key seed (Doc 9303-11 §4.3.2, §9.7.2, §9.7.3).
func (c *Card) mrzSecret() []byte {
	l1, l2 := c.MRZ[0], c.MRZ[1]
	switch {
	case len(l1) == 30 && len(l2) == 30:
		return mrzSecret(l1[5:15] + l2[0:7] + l2[8:15])
	case len(l1) == 44 && len(l2) == 44:
		return mrzSecret(l2[0:10] + l2[13:20] + l2[21:28])
	}
	return nil
}

func mrzSecret(information string) []byte {
	h := sha1.Sum([]byte(information)) //nolint:gosec // see the import
	return h[:]
}

// getChallenge is GET CHALLENGE: RND.IC of eight bytes (Doc 9303-11 §4.3.4.1).
func (c *Chip) getChallenge(cmd apdu.Command) apdu.Response {
	switch {
	case c.opt.NoBAC:
		return apdu.Response{SW: apdu.StatusWrongINS}
	case cmd.Ne != 8 && !isMaximum(cmd.Ne):
		return apdu.Response{SW: apdu.StatusWrongLength}
	case c.s.sm != nil || !c.s.applet:
		return apdu.Response{SW: apdu.StatusNotSatisfied}
	}
	c.s.trace.late = c.basic.delay(c.opt.TryDelay)
	c.s.bac = make([]byte, 8)
	if c.pinned != nil {
		copy(c.s.bac, c.pinned.nonce)
	} else if _, err := io.ReadFull(c.random, c.s.bac); err != nil {
		return apdu.Response{SW: apdu.StatusUnknown}
	}
	return apdu.Response{Data: c.s.bac, SW: apdu.StatusOK}
}

// externalAuthenticate is BAC's mutual authentication (Doc 9303-11 §4.3.1, §4.3.4.2). A challenge serves once.
func (c *Chip) externalAuthenticate(cmd apdu.Command) apdu.Response {
	challenge, secret := c.s.bac, c.card.mrzSecret()
	c.s.bac = nil
	switch {
	case challenge == nil || secret == nil:
		return apdu.Response{SW: apdu.StatusNotSatisfied}
	case len(cmd.Data) != 40:
		return apdu.Response{SW: apdu.StatusWrongLength}
	}
	seed := secret[:16]
	kenc, kmac := kdf(seed, counterEnc, TripleDES), kdf(seed, counterMAC, TripleDES)
	block, err := des.NewTripleDESCipher(twoKey(kenc))
	if err != nil {
		return apdu.Response{SW: apdu.StatusUnknown}
	}
	if subtle.ConstantTimeCompare(retailMAC(kmac, pad(cmd.Data[:32], 8)), cmd.Data[32:]) != 1 {
		c.basic.failed++
		return apdu.Response{SW: apdu.StatusAuthFailed}
	}
	s := make([]byte, 32) // RND.IFD || RND.IC || K.IFD
	cipher.NewCBCDecrypter(block, make([]byte, 8)).CryptBlocks(s, cmd.Data[:32])
	if subtle.ConstantTimeCompare(s[8:16], challenge) != 1 {
		return apdu.Response{SW: apdu.StatusAuthFailed}
	}
	return c.bacAnswer(block, kmac, s, challenge)
}

// bacAnswer gives E.IC || M.IC and starts the session (Doc 9303-11 §4.3.1 steps 3 and 4, §9.8.6.2 for the counter).
func (c *Chip) bacAnswer(block cipher.Block, kmac, s, challenge []byte) apdu.Response {
	own := make([]byte, 16) // K.IC
	if c.pinned != nil && len(c.pinned.scalars) > 0 {
		copy(own, c.pinned.scalars[0])
	} else if _, err := io.ReadFull(c.random, own); err != nil {
		return apdu.Response{SW: apdu.StatusUnknown}
	}
	r := bytes.Join([][]byte{challenge, s[:8], own}, nil)
	cipher.NewCBCEncrypter(block, make([]byte, 8)).CryptBlocks(r, r)
	seed := make([]byte, 16)
	subtle.XORBytes(seed, s[16:], own)
	ssc := append(bytes.Clone(challenge[4:]), s[4:8]...)
	sm, err := newKeyedSession(TripleDES, kdf(seed, counterEnc, TripleDES), kdf(seed, counterMAC, TripleDES), ssc)
	if err != nil {
		return apdu.Response{SW: apdu.StatusUnknown}
	}
	c.s.next, c.basic.failed = sm, 0
	return apdu.Response{Data: append(r, retailMAC(kmac, pad(r, 8))...), SW: apdu.StatusOK}
}
