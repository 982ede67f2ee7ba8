package emrtd

import (
	"context"

	"motcua/drivers/apdu"
)

// Commands and answers longer than reader and card can carry in one (ISO/IEC 7816-4 §5.3.3 command chaining, §5.3.4 response
// chaining). Keys of Diffie-Hellman groups and answers of RSA chips do not fit short lengths.

const (
	chainBit     byte = 0x10 // of CLA: more of the same command follows
	shortCommand      = 255  // data bytes
	shortAnswer       = 256
	maxPiece          = 224 // plain bytes of one command of a chain
	maxPieces         = 300 // answers that are joined: more than 64 KB in pieces of 256 bytes
	maxJoined         = 65536 + 256
)

// extended reports whether reader and card take extended length fields, as far as the card says.
func (c *channel) extended() bool {
	if c.card.MaxResponse() <= shortAnswer {
		return false
	}
	return c.kind != nil && c.kind.extended || extendedLengths(c.card.ATR())
}

// mayExtend reports whether extended length fields are worth a try: the card says that it takes them, or says nothing.
func (c *channel) mayExtend() bool {
	_, says := capabilities(c.card.ATR())
	return c.extended() || !says && c.card.MaxResponse() > shortAnswer
}

// longestAnswer gives the most bytes of a response APDU's data.
func (c *channel) longestAnswer() int {
	if !c.extended() {
		return min(shortAnswer, c.card.MaxResponse())
	}
	if c.kind != nil && c.kind.answer > 0 {
		return min(c.card.MaxResponse(), c.kind.answer)
	}
	return c.card.MaxResponse()
}

// longestCommand gives the most bytes of a command APDU's data. A card that says nothing at all about lengths is thought to take
// what the reader can carry; one that refuses is then sent pieces.
func (c *channel) longestCommand() int {
	n := c.card.MaxCommand()
	if c.kind != nil && (c.kind.pieces || c.kind.command > 0 && c.kind.command < n) {
		n = max(shortCommand, c.kind.command)
		if c.kind.pieces {
			n = shortCommand
		}
	}
	if _, says := capabilities(c.card.ATR()); says && !c.extended() {
		n = min(n, shortCommand)
	}
	return n
}

// room gives the most plain data bytes that fit a short command, or one of the card's and reader's extended length.
func (c *channel) room() int {
	n := min(shortCommand, c.card.MaxCommand())
	if c.sm == nil {
		return n
	}
	return c.sm.commandRoom(n)
}

// long sends data that do not fit a short command: whole with extended lengths, else in pieces.
func (c *channel) long(ctx context.Context, cmd apdu.Command, room int) (apdu.Response, error) {
	n := len(cmd.Data)
	if c.sm != nil {
		n = c.sm.protectedSize(n)
	}
	if n > c.longestCommand() {
		return c.chain(ctx, cmd, room)
	}
	r, err := c.pair(ctx, cmd)
	if err != nil || r.SW != apdu.StatusWrongLength {
		return r, c.refusedLong(err)
	}
	if c.kind != nil {
		c.kind.pieces = true
	}
	return c.chain(ctx, cmd, room)
}

// refusedLong marks the kind of card when a session ended because of a long command, so that the next one uses pieces.
func (c *channel) refusedLong(err error) error {
	if c.kind == nil || c.kind.pieces || !nakedLength(err) {
		return err
	}
	c.kind.pieces = true
	return shorter(err)
}

// chain sends the data in pieces; every command but the last has the chaining bit and is answered 9000 (ISO/IEC 7816-4 §5.3.3).
// Under secure messaging every piece is protected by itself. A step of PACE has the bit in all its pieces: the chip tells a piece
// from the next step by the length of the data object.
func (c *channel) chain(ctx context.Context, cmd apdu.Command, room int) (apdu.Response, error) {
	room = min(room, maxPiece)
	for rest := cmd.Data; ; rest = rest[room:] {
		piece := cmd
		if piece.Data = rest; len(rest) <= room {
			return c.pair(ctx, piece)
		}
		piece.CLA, piece.Data, piece.Ne = cmd.CLA|chainBit, rest[:room], 0
		if r, err := c.pair(ctx, piece); err != nil || !r.SW.OK() {
			return r, err
		}
	}
}

// collect sends a command and joins an answer that comes in pieces: 61xx says that more bytes wait, GET RESPONSE fetches them. It
// is never protected; the MAC is over the whole that was joined, so a piece put in by somebody else breaks the session.
func (c *channel) collect(ctx context.Context, raw []byte) (apdu.Response, error) {
	r, err := c.transmit(ctx, raw)
	if err != nil || r.SW>>8 != 0x61 {
		return r, err
	}
	data := r.Data
	for range maxPieces {
		more, err := apdu.Command{INS: 0xC0, Ne: (int(r.SW&0xFF)-1)&0xFF + 1}.Bytes() // 6100 means 256 or more
		if err != nil {
			return r, err
		}
		if r, err = c.transmit(ctx, more); err != nil {
			return r, err
		}
		switch data = append(data, r.Data...); {
		case len(data) > maxJoined, r.SW>>8 == 0x61 && len(r.Data) == 0:
			return r, protocolError("endless answer in pieces")
		case r.SW>>8 != 0x61:
			return apdu.Response{Data: data, SW: r.SW}, nil
		}
	}
	return r, protocolError("answer in more than %d pieces", maxPieces)
}
