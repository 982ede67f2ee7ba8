package emrtdtest

import (
	"errors"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/tlv"
)

// maxChain bounds what chained commands may add up to.
const maxChain = 1 << 16

// transport answers a command and holds back what a short response cannot carry: 61xx says how much GET RESPONSE will give
// (ISO/IEC 7816-4 §5.3.4). Chips that do not do so answer 6700 instead; see [Pieces].
func (c *Chip) transport(cmd apdu.Command) []byte {
	if cmd.INS == insGetResponse && c.pieces() && cmd.CLA&0x0C == 0 {
		return c.getResponse(cmd)
	}
	c.rest = nil
	raw := c.answer(cmd)
	if !c.pieces() || cmd.Extended() || len(raw) <= 258 {
		return raw
	}
	c.rest = raw
	return c.piece(256)
}

// getResponse gives the next piece of what was held back.
func (c *Chip) getResponse(cmd apdu.Command) []byte {
	switch {
	case c.rest == nil || cmd.P1 != 0 || cmd.P2 != 0:
		return apdu.Response{SW: apdu.StatusNotSatisfied}.Bytes()
	case cmd.Ne == 0:
		return apdu.Response{SW: apdu.StatusWrongLength}.Bytes()
	}
	return c.piece(min(cmd.Ne, 256))
}

// piece takes n data bytes off what is held back; the last comes with the status word.
func (c *Chip) piece(n int) []byte {
	data := len(c.rest) - 2
	if data <= n {
		raw := c.rest
		c.rest = nil
		return raw
	}
	left := min(data-n, 256) & 0xFF // 00 says 256 or more
	raw := apdu.Response{Data: c.rest[:n], SW: 0x6100 | apdu.Status(left)}.Bytes()
	c.rest = c.rest[n:]
	return raw
}

// pieces reports whether long answers to short commands come in pieces.
func (c *Chip) pieces() bool {
	return c.opt.Pieces == PiecesAlways || (c.opt.Pieces == PiecesIfShort && c.opt.ShortOnly)
}

// collect gathers the data of chained commands (ISO/IEC 7816-4 §5.3.3): bit 5 of CLA says that more follows. PACE sets the bit of
// GENERAL AUTHENTICATE in every step but the last, and each of these is answered; so there it says that more follows only while
// the data object is not complete.
func (c *Chip) collect(cmd apdu.Command) apdu.Response {
	if c.chain != nil && cmd.INS != c.chained {
		c.chain = nil
		return apdu.Response{SW: statusLastOfChain}
	}
	begun := c.chain != nil
	data := append(append([]byte{}, c.chain...), cmd.Data...)
	c.chain = nil
	more := cmd.CLA&0x10 != 0
	if cmd.INS == insGeneralAuthenticate {
		more = more && incomplete(data)
	}
	switch {
	case more && !chainable(cmd.INS):
		return apdu.Response{SW: apdu.StatusWrongCLA}
	case len(data) > maxChain:
		return apdu.Response{SW: apdu.StatusWrongLength}
	case more:
		c.chain, c.chained = data, cmd.INS
		return apdu.Response{SW: apdu.StatusOK}
	}
	cmd.Data = data
	if begun && c.s.pace != nil { // whether the last piece had the bit says nothing about the step
		cmd.CLA &^= 0x10
		if c.s.pace.step < 3 {
			cmd.CLA |= 0x10
		}
	}
	return c.dispatch(cmd)
}

// chainable reports whether an instruction may need more data than one short command carries.
func chainable(ins byte) bool {
	return ins == insGeneralAuthenticate || ins == insManageSecurity || ins == insInternalAuthenticate || ins == insExternalAuthenticate
}

// incomplete reports whether data begin a data object that goes on.
func incomplete(data []byte) bool {
	_, size, length, err := tlv.Header(data)
	return errors.Is(err, tlv.ErrTruncated) || (err == nil && size+length > len(data))
}

// statusLastOfChain says that the last command of a chain was expected (ISO/IEC 7816-4 §5.6).
const statusLastOfChain apdu.Status = 0x6883
