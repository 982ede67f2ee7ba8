package emrtdtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"io"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/tlv"
)

// oidPACE is id-PACE-ECDH-GM-AES-CBC-CMAC-128, oidChip id-CA-ECDH-AES-CBC-CMAC-128 (BSI TR-03110-3 §A.1.1.1, §A.1.1.2).
var (
	oidPACE = []byte{0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02, 0x02}
	oidChip = []byte{0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02, 0x02}
)

// The password references of PACE (Doc 9303-11 §4.4.4.1).
const (
	passwordMRZ byte = 0x01
	passwordCAN byte = 0x02
)

// domain is the identifier of the standardised domain parameters in use: brainpoolP256r1 (Doc 9303-11 §9.5.1).
const domain = 13

// curve gives brainpoolP256r1, which ec always knows.
func curve() *ec.Curve {
	c, err := ec.ByID(domain)
	if err != nil {
		panic("emrtdtest: " + err.Error())
	}
	return c
}

// pinned are the random values of a worked example, in the order they are drawn.
type pinned struct {
	nonce   []byte
	scalars [][]byte // mapping key, ephemeral key
}

// paceRun is one run of PACE on the chip.
type paceRun struct {
	password []byte    // K_π
	step     int       // GENERAL AUTHENTICATE commands answered
	nonce    []byte    // s
	mapped   *ec.Curve // the curve with generator Ĝ
	sm       *session  // secure messaging after success
	want     []byte    // the terminal's token
	token    []byte    // ours
}

// paceSet is MSE:Set AT for PACE (Doc 9303-11 §4.4.4.1).
func (c *Chip) paceSet(cmd apdu.Command) apdu.Response {
	objects, err := tlv.ReadAll(cmd.Data)
	switch {
	case c.s.sm != nil:
		return apdu.Response{SW: apdu.StatusNotSatisfied} // PACE opens the chip, it does not reopen it
	case err != nil || c.opt.NoPACE:
		return apdu.Response{SW: apdu.StatusWrongData}
	}
	oid, _ := tlv.Find(objects, 0x80)
	if !bytes.Equal(oid.Value, oidPACE) {
		return apdu.Response{SW: apdu.StatusWrongData}
	}
	if id, ok := tlv.Find(objects, 0x84); ok && !bytes.Equal(id.Value, []byte{domain}) {
		return apdu.Response{SW: apdu.StatusNoReference}
	}
	ref, _ := tlv.Find(objects, 0x83)
	password := c.password(ref.Value)
	if password == nil {
		return apdu.Response{SW: apdu.StatusNoReference}
	}
	c.s.pace, c.s.chipRun = &paceRun{password: kdf(password, counterPACE)}, false
	return apdu.Response{SW: apdu.StatusOK}
}

// password gives the shared secret a reference names, nil for one the chip does not have (Doc 9303-11 §9.7.3).
func (c *Chip) password(ref []byte) []byte {
	switch {
	case bytes.Equal(ref, []byte{passwordMRZ}):
		return c.card.mrzSecret()
	case bytes.Equal(ref, []byte{passwordCAN}) && c.card.CAN != "":
		return []byte(c.card.CAN)
	}
	return nil
}

// paceStep answers one GENERAL AUTHENTICATE of PACE (Doc 9303-11 §4.4.4.2). Any error ends the run.
func (c *Chip) paceStep(cmd apdu.Command) apdu.Response {
	run := c.s.pace
	last := run.step == 3
	template, err := tlv.ReadOne(cmd.Data, 0x7C)
	if err != nil || (cmd.CLA&0x10 != 0) == last {
		c.s.pace = nil
		return apdu.Response{SW: apdu.StatusWrongData}
	}
	steps := []func(*paceRun, []byte) ([]byte, apdu.Status){c.paceNonce, c.paceMap, c.paceAgree, c.paceToken}
	in, sw := []byte(nil), apdu.StatusOK
	if run.step > 0 {
		in, sw = dynamic(template, tlv.Tag(0x7F+2*run.step))
	} else if len(template.Value) != 0 {
		sw = apdu.StatusWrongData
	}
	var out []byte
	if sw == apdu.StatusOK {
		out, sw = steps[run.step](run, in)
	}
	if sw != apdu.StatusOK {
		c.s.pace = nil
		return apdu.Response{SW: sw}
	}
	run.step++
	if last {
		c.s.pace = nil
	}
	return apdu.Response{Data: tlv.Encode(0x7C, tlv.Encode(tlv.Tag(0x7E+2*run.step), out)), SW: apdu.StatusOK}
}

// dynamic gives the one object of dynamic authentication data that is expected.
func dynamic(template tlv.Object, tag tlv.Tag) ([]byte, apdu.Status) {
	o, err := tlv.ReadOne(template.Value, tag)
	if err != nil {
		return nil, apdu.StatusWrongData
	}
	return o.Value, apdu.StatusOK
}

// paceNonce draws the nonce s and gives it encrypted under K_π.
func (c *Chip) paceNonce(run *paceRun, _ []byte) ([]byte, apdu.Status) {
	run.nonce = make([]byte, aes.BlockSize)
	if c.pinned != nil {
		copy(run.nonce, c.pinned.nonce)
	} else if _, err := io.ReadFull(c.random, run.nonce); err != nil {
		return nil, apdu.StatusUnknown
	}
	block, err := aes.NewCipher(run.password)
	if err != nil {
		return nil, apdu.StatusUnknown
	}
	z := make([]byte, aes.BlockSize)
	cipher.NewCBCEncrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(z, run.nonce)
	return z, apdu.StatusOK
}

// draw makes a private key on a curve.
func (c *Chip) draw(on *ec.Curve) (*ec.PrivateKey, error) {
	if c.pinned != nil && len(c.pinned.scalars) > 0 {
		d := c.pinned.scalars[0]
		c.pinned.scalars = c.pinned.scalars[1:]
		return on.NewPrivateKey(d)
	}
	return on.GenerateKey(c.random)
}

// paceMap does the generic mapping: Ĝ = s·G + H, where H is the Diffie-Hellman point (Doc 9303-11 §4.4.3.3.1).
func (c *Chip) paceMap(run *paceRun, in []byte) ([]byte, apdu.Status) {
	c.s.trace.cost = CostPACE
	e := curve()
	peer, err := e.Unmarshal(in)
	if err != nil {
		return nil, apdu.StatusWrongData
	}
	key, err := c.draw(e)
	if err != nil {
		return nil, apdu.StatusUnknown
	}
	h, err := key.ECDH(peer)
	if err != nil {
		return nil, apdu.StatusWrongData
	}
	if run.mapped, err = e.WithGenerator(e.Add(e.ScalarBaseMult(run.nonce), h)); err != nil {
		return nil, apdu.StatusWrongData
	}
	return e.Marshal(key.Public), apdu.StatusOK
}

// paceAgree does the key agreement on the mapped generator and derives the session keys (Doc 9303-11 §4.4.3.4, §9.7.4).
func (c *Chip) paceAgree(run *paceRun, in []byte) ([]byte, apdu.Status) {
	c.s.trace.cost = CostPACE
	e := curve()
	peer, err := e.Unmarshal(in)
	if err != nil {
		return nil, apdu.StatusWrongData
	}
	key, err := c.draw(run.mapped)
	if err != nil {
		return nil, apdu.StatusUnknown
	}
	shared, err := key.ECDH(peer)
	ours := e.Marshal(key.Public)
	if err != nil || bytes.Equal(ours, in) {
		return nil, apdu.StatusWrongData
	}
	k := shared.X()
	macKey, err := aes.NewCipher(kdf(k, counterMAC))
	if err != nil {
		return nil, apdu.StatusUnknown
	}
	if run.sm, err = newAESSession(kdf(k, counterEnc), kdf(k, counterMAC)); err != nil {
		return nil, apdu.StatusUnknown
	}
	run.want, run.token = cmac8(macKey, tokenInput(ours)), cmac8(macKey, tokenInput(in))
	return ours, apdu.StatusOK
}

// tokenInput is the public key data object of a key with the protocol's identifier (Doc 9303-11 §4.4.3.4, §9.4.4).
func tokenInput(public []byte) []byte {
	return tlv.Encode(0x7F49, tlv.Encode(0x06, oidPACE), tlv.Encode(0x86, public))
}

// paceToken compares the terminal's token and gives ours. A wrong token is what a wrong CAN leads to: 6300.
func (c *Chip) paceToken(run *paceRun, in []byte) ([]byte, apdu.Status) {
	if subtle.ConstantTimeCompare(in, run.want) != 1 {
		return nil, apdu.StatusAuthFailed
	}
	c.s.next, c.s.file = run.sm, nil
	return run.token, apdu.StatusOK
}
