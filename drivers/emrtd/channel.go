package emrtd

import (
	"context"
	"errors"

	"motcua/drivers/apdu"
	"motcua/kiosk"
)

// channel is a card with its secure messaging once there is one. After the first broken answer it is dead: every later command
// fails with the same error, so that nothing can be read past a manipulation (TR-03105-5.1 ISO7816_B_04 to B_09).
type channel struct {
	card  apdu.Card
	kind  *cardMemory // what is known of cards of this kind, nil for nothing
	sm    *secureMessaging
	apdus int
	dead  error
}

// do sends one command, protected when a session is open. Data too long for one command of this reader and card go in several
// (chain.go). A status other than 9000 is not an error.
func (c *channel) do(ctx context.Context, cmd apdu.Command) (apdu.Response, error) {
	if c.dead != nil {
		return apdu.Response{}, c.dead
	}
	r, err := c.exchange(ctx, cmd)
	if err != nil {
		c.dead = coded(err)
		return apdu.Response{}, c.dead
	}
	return r, nil
}

func (c *channel) exchange(ctx context.Context, cmd apdu.Command) (apdu.Response, error) {
	if room := c.room(); len(cmd.Data) > room {
		return c.long(ctx, cmd, room)
	}
	return c.pair(ctx, cmd)
}

// pair sends one command whole and opens its answer.
func (c *channel) pair(ctx context.Context, cmd apdu.Command) (r apdu.Response, err error) {
	if c.sm != nil {
		if cmd, err = c.sm.wrap(cmd); err != nil {
			return r, err
		}
	}
	raw, err := cmd.Bytes()
	if err != nil {
		return r, err
	}
	if r, err = c.collect(ctx, raw); err != nil || c.sm == nil {
		return r, err
	}
	if r, err = c.sm.unwrap(r); err != nil {
		return r, protocolError("%w", err)
	}
	return r, nil
}

// transmit carries one command to the card and back.
func (c *channel) transmit(ctx context.Context, raw []byte) (r apdu.Response, err error) {
	if err := ctx.Err(); err != nil {
		return r, err
	}
	c.apdus++
	if raw, err = c.card.Transmit(ctx, raw); err != nil {
		return r, transportError(err)
	}
	if r, err = apdu.ParseResponse(raw); err != nil {
		return r, protocolError("%w", err)
	}
	return r, nil
}

// transportError keeps the errors of cards and contexts and makes the rest the reader's fault.
func transportError(err error) error {
	var k *kiosk.Error
	if coded := coded(err); errors.As(coded, &k) && k.Code != kiosk.CodeInternal {
		return coded
	}
	return kiosk.Errorf(kiosk.CodeReaderFault, opRead, hintReader, "%w", err)
}

// maxPlain gives the most data bytes one response can carry to us, given Ne.
func (c *channel) maxPlain(ne int) int {
	if c.sm == nil {
		return ne
	}
	return c.sm.capacity(ne)
}
