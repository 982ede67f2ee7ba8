package emrtdtest

import (
	"bytes"
	"fmt"
	"math/big"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/tlv"
)

// chipKey is a private key of chip authentication with one way to use it.
type chipKey struct {
	offer ChipAuthOffer
	base  *domain
	key   *big.Int
}

// chipSet is MSE:Set AT for chip authentication v1 (Doc 9303-11 §6.2.4.2): protocol in DO'80', key reference in DO'84'.
func (c *Chip) chipSet(cmd apdu.Command) apdu.Response {
	objects, err := tlv.ReadAll(cmd.Data)
	oid, _ := tlv.Find(objects, 0x80)
	switch {
	case c.s.sm == nil && !c.open():
		return apdu.Response{SW: apdu.StatusSecurity}
	case err != nil, c.opt.Clone == CloneRefuses:
		return apdu.Response{SW: apdu.StatusWrongData}
	}
	key, sw := c.chipKey(objects, func(o ChipAuthOffer) bool { return bytes.Equal(tlv.EncodeOID(o.OID())[2:], oid.Value) })
	c.s.chipRun = key
	return apdu.Response{SW: sw}
}

// chipKey chooses among the keys that fit. The reference may be left out where there is no choice.
func (c *Chip) chipKey(objects []tlv.Object, fits func(ChipAuthOffer) bool) (*chipKey, apdu.Status) {
	var fit []*chipKey
	for i, k := range c.keys.chip {
		if fits(k.offer) {
			fit = append(fit, &c.keys.chip[i])
		}
	}
	if len(fit) == 0 {
		return nil, apdu.StatusWrongData
	}
	id, given := tlv.Find(objects, 0x84)
	if !given {
		if len(fit) > 1 {
			return nil, apdu.StatusNoReference
		}
		return fit[0], apdu.StatusOK
	}
	want := new(big.Int).SetBytes(id.Value)
	for _, k := range fit {
		if want.Cmp(big.NewInt(int64(k.offer.KeyID))) == 0 {
			return k, apdu.StatusOK
		}
	}
	return nil, apdu.StatusNoReference
}

// chipTransport is MSE:Set KAT, chip authentication with 3DES in one command: the ephemeral key comes in DO'91', the key
// reference in DO'84' (BSI TR-03110-3 §B.3.1).
func (c *Chip) chipTransport(cmd apdu.Command) apdu.Response {
	c.s.chipRun = nil
	objects, err := tlv.ReadAll(cmd.Data)
	public, there := tlv.Find(objects, 0x91)
	switch {
	case c.s.sm == nil && !c.open():
		return apdu.Response{SW: apdu.StatusSecurity}
	case err != nil, !there, c.opt.Clone == CloneRefuses:
		return apdu.Response{SW: apdu.StatusWrongData}
	}
	key, sw := c.chipKey(objects, func(o ChipAuthOffer) bool { return o.Cipher == TripleDES })
	if sw != apdu.StatusOK {
		return apdu.Response{SW: sw}
	}
	return apdu.Response{SW: c.chipAgree(key, public.Value)}
}

// chipAuthenticate is GENERAL AUTHENTICATE of chip authentication: the terminal's ephemeral key comes in DO'80', the answer is
// empty dynamic authentication data (Doc 9303-11 §6.2.4.2).
func (c *Chip) chipAuthenticate(cmd apdu.Command) apdu.Response {
	key := c.s.chipRun
	c.s.chipRun = nil
	template, err := tlv.ReadOne(cmd.Data, 0x7C)
	if err != nil || cmd.CLA&0x10 != 0 {
		return apdu.Response{SW: apdu.StatusWrongData}
	}
	public, sw := dynamic(template, 0x80)
	if sw == apdu.StatusOK {
		sw = c.chipAgree(key, public)
	}
	if sw != apdu.StatusOK {
		return apdu.Response{SW: sw}
	}
	return apdu.Response{Data: []byte{0x7C, 0x00}, SW: apdu.StatusOK}
}

// chipAgree agrees on keys that hold from the next command on (Doc 9303-11 §9.7.4).
func (c *Chip) chipAgree(key *chipKey, public []byte) apdu.Status {
	c.s.trace.cost = CostChip
	peer, err := key.base.decode(public)
	if err != nil {
		return apdu.StatusWrongData
	}
	shared, err := key.base.agree(key.key, peer)
	if err != nil {
		return apdu.StatusWrongData
	}
	if c.s.next, err = newSession(key.offer.Cipher, shared); err != nil {
		return apdu.StatusUnknown
	}
	return apdu.StatusOK
}

// forgeKeys gives a clone keys of its own; their public halves are not those of DG14 and DG15.
func (c *Chip) forgeKeys() error {
	for i, k := range c.keys.chip {
		forged, err := k.base.generate(c.random)
		if err != nil {
			return fmt.Errorf("forge chip authentication key: %w", err)
		}
		c.keys.chip[i].key = forged
	}
	if c.keys.active != nil {
		k, err := c.keys.active.another(c.random)
		if err != nil {
			return fmt.Errorf("forge active authentication key: %w", err)
		}
		c.keys.active = k
	}
	return nil
}
