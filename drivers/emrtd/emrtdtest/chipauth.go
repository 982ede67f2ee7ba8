package emrtdtest

import (
	"bytes"
	"fmt"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/tlv"
)

// chipSet is MSE:Set AT for chip authentication v1 (Doc 9303-11 §6.2.4.2). The chip has one key, so DO'84' may be left out.
func (c *Chip) chipSet(cmd apdu.Command) apdu.Response {
	objects, err := tlv.ReadAll(cmd.Data)
	oid, _ := tlv.Find(objects, 0x80)
	switch {
	case c.s.sm == nil:
		return apdu.Response{SW: apdu.StatusSecurity}
	case err != nil, !bytes.Equal(oid.Value, oidChip), c.opt.Clone == CloneRefuses, c.keys.chip == nil:
		return apdu.Response{SW: apdu.StatusWrongData}
	}
	if id, ok := tlv.Find(objects, 0x84); ok && len(bytes.Trim(id.Value, "\x00")) != 0 {
		return apdu.Response{SW: apdu.StatusNoReference}
	}
	c.s.chipRun = true
	return apdu.Response{SW: apdu.StatusOK}
}

// chipAuthenticate is GENERAL AUTHENTICATE of chip authentication: the terminal's ephemeral key comes in DO'80', the answer is
// empty dynamic authentication data, and new session keys hold from the next command on (Doc 9303-11 §6.2.4.2, §9.7.4).
func (c *Chip) chipAuthenticate(cmd apdu.Command) apdu.Response {
	c.s.chipRun = false
	c.s.trace.cost = CostChip
	template, err := tlv.ReadOne(cmd.Data, 0x7C)
	if err != nil || cmd.CLA&0x10 != 0 {
		return apdu.Response{SW: apdu.StatusWrongData}
	}
	public, sw := dynamic(template, 0x80)
	if sw != apdu.StatusOK {
		return apdu.Response{SW: sw}
	}
	peer, err := c.keys.chip.Public.Curve().Unmarshal(public)
	if err != nil {
		return apdu.Response{SW: apdu.StatusWrongData}
	}
	shared, err := c.keys.chip.ECDH(peer)
	if err != nil {
		return apdu.Response{SW: apdu.StatusWrongData}
	}
	if c.s.next, err = newAESSession(kdf(shared.X(), counterEnc), kdf(shared.X(), counterMAC)); err != nil {
		return apdu.Response{SW: apdu.StatusUnknown}
	}
	return apdu.Response{Data: []byte{0x7C, 0x00}, SW: apdu.StatusOK}
}

// forgeKeys gives a clone keys of its own; their public halves are not those of DG14 and DG15.
func (c *Chip) forgeKeys() error {
	if c.keys.chip != nil {
		k, err := curve().GenerateKey(c.random)
		if err != nil {
			return fmt.Errorf("forge chip authentication key: %w", err)
		}
		c.keys.chip = k
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
