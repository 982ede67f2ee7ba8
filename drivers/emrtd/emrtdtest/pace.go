package emrtdtest

import (
	"bytes"
	"crypto/cipher"
	"crypto/subtle"
	"io"
	"math/big"
	"strings"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/tlv"
)

// The password references of PACE (Doc 9303-11 §4.4.4.1).
const (
	passwordMRZ byte = 0x01
	passwordCAN byte = 0x02
)

// bp256 is the identifier of brainpoolP256r1 among the standardised domain parameters (Doc 9303-11 §9.5.1).
const bp256 = 13

// pinned are the random values of a worked example, in the order they are drawn.
type pinned struct {
	nonce   []byte
	scalars [][]byte // mapping key, ephemeral key
}

// paceRun is one run of PACE on the chip.
type paceRun struct {
	offer    PACEOffer
	oid      []byte // contents of the protocol's identifier
	base     *domain
	password []byte   // K_π
	step     int      // GENERAL AUTHENTICATE commands answered
	nonce    []byte   // s
	mapping  *big.Int // SK_Map,IC
	mapped   *domain  // with generator Ĝ
	sm       *session // secure messaging after success
	want     []byte   // the terminal's token
	token    []byte   // ours
}

// paceSet is MSE:Set AT for PACE (Doc 9303-11 §4.4.4.1). A warning of the password's counter starts the run all the same.
func (c *Chip) paceSet(cmd apdu.Command) apdu.Response {
	objects, err := tlv.ReadAll(cmd.Data)
	switch {
	case c.s.sm != nil:
		return apdu.Response{SW: apdu.StatusNotSatisfied} // PACE opens the chip, it does not reopen it
	case err != nil || c.opt.NoPACE:
		return apdu.Response{SW: apdu.StatusWrongData}
	}
	oid, _ := tlv.Find(objects, 0x80)
	offer, sw := c.offered(oid.Value, objects)
	if sw != apdu.StatusOK {
		return apdu.Response{SW: sw}
	}
	ref, _ := tlv.Find(objects, 0x83)
	password := c.password(ref.Value)
	if password == nil {
		return apdu.Response{SW: apdu.StatusNoReference}
	}
	base, err := domainByID(offer.Parameter)
	if err != nil {
		return apdu.Response{SW: apdu.StatusNoReference}
	}
	sw = c.counter.allow(c.opt.Tries)
	c.s.pace, c.s.chipRun = nil, nil
	if sw != statusBlocked {
		c.s.trace.late = c.counter.delay(c.opt.TryDelay)
		c.s.pace = &paceRun{offer: offer, oid: bytes.Clone(oid.Value), base: base, password: kdf(password, counterPACE, offer.Cipher)}
	}
	return apdu.Response{SW: sw}
}

// offered finds the way of PACE a terminal chose. The reference of the domain parameters must be given where the protocol alone
// leaves a choice (Doc 9303-11 §4.4.4.1, DO'84').
func (c *Chip) offered(oid []byte, objects []tlv.Object) (offer PACEOffer, sw apdu.Status) {
	var fit []PACEOffer
	for _, o := range c.card.PACE {
		if bytes.Equal(tlv.EncodeOID(o.OID())[2:], oid) {
			fit = append(fit, o)
		}
	}
	if len(fit) == 0 {
		return offer, apdu.StatusWrongData
	}
	id, given := tlv.Find(objects, 0x84)
	if !given {
		if len(fit) > 1 {
			return offer, apdu.StatusNoReference
		}
		return fit[0], apdu.StatusOK
	}
	for _, o := range fit {
		if bytes.Equal(id.Value, []byte{byte(o.Parameter)}) {
			return o, apdu.StatusOK
		}
	}
	return offer, apdu.StatusNoReference
}

// password gives the shared secret a reference names, nil for one the chip does not have (Doc 9303-11 §9.7.3).
func (c *Chip) password(ref []byte) []byte {
	switch {
	case bytes.Equal(ref, []byte{passwordMRZ}):
		return c.card.mrzSecret()
	case bytes.Equal(ref, []byte{passwordCAN}) && c.card.CAN != "":
		if c.opt.OtherCAN {
			return []byte(another(c.card.CAN))
		}
		return []byte(c.card.CAN)
	}
	return nil
}

// another gives a CAN of which every digit differs.
func another(can string) string {
	return strings.Map(func(r rune) rune { return '0' + (r-'0'+5)%10 }, can)
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
	steps := []func(*paceRun, []byte) ([]tlv.Object, apdu.Status){c.paceNonce, c.paceMap, c.paceAgree, c.paceToken}
	in, sw := []byte(nil), apdu.StatusOK
	if run.step > 0 {
		in, sw = dynamic(template, tlv.Tag(0x7F+2*run.step))
	} else if len(template.Value) != 0 {
		sw = apdu.StatusWrongData
	}
	var out []tlv.Object
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
	return apdu.Response{Data: tlv.Encode(0x7C, encode(c.opt.Hooks.dynamic(run.step, out))), SW: apdu.StatusOK}
}

// dynamic gives the one object of dynamic authentication data that is expected.
func dynamic(template tlv.Object, tag tlv.Tag) ([]byte, apdu.Status) {
	o, err := tlv.ReadOne(template.Value, tag)
	if err != nil {
		return nil, apdu.StatusWrongData
	}
	return o.Value, apdu.StatusOK
}

// one makes the only object of an answer.
func one(tag tlv.Tag, value []byte) []tlv.Object { return []tlv.Object{{Tag: tag, Value: value}} }

// nonceSize is one block of AES, but two for integrated mapping with keys longer than a block (Doc 9303-11 §4.4.3.3.2: the
// nonce is not shorter than the key).
func (o PACEOffer) nonceSize() int {
	if o.Mapping == MappingIM {
		return prfFor(o.Cipher).size()
	}
	return 16
}

// paceNonce draws the nonce s and gives it encrypted under K_π.
func (c *Chip) paceNonce(run *paceRun, _ []byte) ([]tlv.Object, apdu.Status) {
	run.nonce = make([]byte, run.offer.nonceSize())
	if c.pinned != nil {
		copy(run.nonce, c.pinned.nonce)
	} else if _, err := io.ReadFull(c.random, run.nonce); err != nil {
		return nil, apdu.StatusUnknown
	}
	block, err := run.offer.Cipher.block(run.password)
	if err != nil {
		return nil, apdu.StatusUnknown
	}
	z := make([]byte, len(run.nonce))
	cipher.NewCBCEncrypter(block, make([]byte, block.BlockSize())).CryptBlocks(z, run.nonce)
	return one(0x80, z), apdu.StatusOK
}

// draw makes a private key on a domain.
func (c *Chip) draw(on *domain) (*big.Int, error) {
	if c.pinned != nil && len(c.pinned.scalars) > 0 {
		d := c.pinned.scalars[0]
		c.pinned.scalars = c.pinned.scalars[1:]
		return new(big.Int).SetBytes(d), nil
	}
	return on.generate(c.random)
}

// paceMap maps the nonce to a generator (Doc 9303-11 §4.4.3.3).
func (c *Chip) paceMap(run *paceRun, in []byte) ([]tlv.Object, apdu.Status) {
	c.s.trace.cost = CostPACE
	if run.offer.Mapping == MappingIM {
		return c.paceIntegrated(run, in)
	}
	peer, err := run.base.decode(in)
	if err != nil {
		return nil, apdu.StatusWrongData
	}
	if run.mapping, err = c.draw(run.base); err != nil {
		return nil, apdu.StatusUnknown
	}
	// Generic mapping: Ĝ = s·G + H, or g^s·h, where H is the Diffie-Hellman secret as an element (§4.4.3.3.1).
	h := run.base.mul(peer, run.mapping)
	if h.infinite() {
		return nil, apdu.StatusWrongData
	}
	s := run.base.public(new(big.Int).SetBytes(run.nonce))
	if run.mapped, err = run.base.withGenerator(run.base.add(s, h)); err != nil {
		return nil, apdu.StatusWrongData
	}
	return one(0x82, run.base.encode(run.base.public(run.mapping))), apdu.StatusOK
}

// paceIntegrated maps with the pseudo-random number of the two nonces; the answer is an empty object (§4.4.3.3.2).
func (c *Chip) paceIntegrated(run *paceRun, t []byte) ([]tlv.Object, apdu.Status) {
	g, err := run.base.integrate(prfFor(run.offer.Cipher), run.nonce, t)
	if err != nil {
		return nil, apdu.StatusWrongData
	}
	if run.mapped, err = run.base.withGenerator(g); err != nil {
		return nil, apdu.StatusWrongData
	}
	return one(0x82, nil), apdu.StatusOK
}

// paceAgree does the key agreement on the mapped generator and derives the session keys (Doc 9303-11 §4.4.3.4, §9.7.4).
func (c *Chip) paceAgree(run *paceRun, in []byte) ([]tlv.Object, apdu.Status) {
	c.s.trace.cost = CostPACE
	peer, err := run.mapped.decode(in)
	if err != nil {
		return nil, apdu.StatusWrongData
	}
	key, err := c.draw(run.mapped)
	if err != nil {
		return nil, apdu.StatusUnknown
	}
	if c.opt.ShortSecrets {
		key = run.mapped.shortSecret(key, peer)
	}
	k, err := run.mapped.agree(key, peer)
	ours := run.mapped.encode(run.mapped.public(key))
	if err != nil || bytes.Equal(ours, in) {
		return nil, apdu.StatusWrongData
	}
	if run.sm, err = newSession(run.offer.Cipher, k); err != nil {
		return nil, apdu.StatusUnknown
	}
	run.want, run.token = run.authenticator(ours), run.authenticator(in)
	return one(0x84, ours), apdu.StatusOK
}

// authenticator is the token over a public key: the MAC of the public key data object with the protocol's identifier
// (Doc 9303-11 §4.4.3.4, §9.4.4).
func (r *paceRun) authenticator(public []byte) []byte {
	tag := tlv.Tag(0x86)
	if !r.base.isCurve() {
		tag = 0x84
	}
	if !r.base.isCurve() {
		public = bytes.TrimLeft(public, "\x00")
	}
	in := tlv.Encode(0x7F49, tlv.Encode(0x06, r.oid), tlv.Encode(tag, public))
	if r.offer.Cipher == TripleDES {
		in = pad(in, 8)
	}
	return r.sm.mac(in)
}

// paceToken compares the terminal's token and gives ours. A wrong token is what a wrong CAN leads to: 6300.
func (c *Chip) paceToken(run *paceRun, in []byte) ([]tlv.Object, apdu.Status) {
	if subtle.ConstantTimeCompare(in, run.want) != 1 {
		c.counter.failed++
		return nil, apdu.StatusAuthFailed
	}
	c.counter.failed = 0
	out := one(0x86, run.token)
	if run.offer.Mapping == MappingCAM && c.opt.Clone != CloneRefuses {
		proof, err := c.mappingProof(run)
		if err != nil {
			return nil, apdu.StatusUnknown
		}
		out = append(out, tlv.Object{Tag: 0x8A, Value: proof})
	}
	c.s.next, c.s.file = run.sm, nil
	return out, apdu.StatusOK
}

// mappingProof is the chip authentication data of PACE-CAM: CA_IC = SK_IC⁻¹ · SK_Map,IC mod n, encrypted under KS_enc with the
// initial vector E(KS_enc, -1) (Doc 9303-11 §4.4.3.5).
func (c *Chip) mappingProof(run *paceRun) ([]byte, error) {
	key, ok := c.keys.cam[run.base.id]
	if !ok {
		return nil, errDomain
	}
	if c.opt.Clone == CloneForges { // another private key than that of EF.CardSecurity
		key = new(big.Int).Add(key, big.NewInt(1))
	}
	ca := new(big.Int).ModInverse(key, run.base.n)
	if ca == nil {
		return nil, errDomain
	}
	ca.Mul(ca, run.mapping).Mod(ca, run.base.n)
	block := run.sm.enc
	iv := bytes.Repeat([]byte{0xFF}, block.BlockSize())
	block.Encrypt(iv, iv)
	data := pad(ca.FillBytes(make([]byte, run.base.scalarSize())), block.BlockSize())
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	return data, nil
}

// shortSecret gives a private key at or after key whose shared secret with peer begins with a zero byte: what happens once in
// 256 runs, for tests of those who shorten it.
func (d *domain) shortSecret(key *big.Int, peer element) *big.Int {
	key = new(big.Int).Set(key)
	s := d.mul(peer, key)
	for range 1 << 14 {
		if !s.infinite() && s.x.BitLen() <= 8*(d.size()-1) {
			return key
		}
		key.Add(key, big.NewInt(1))
		s = d.add(s, peer)
	}
	return key
}
