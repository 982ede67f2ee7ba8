package pn532

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The commands used (UM0701-02 §7.1).
const (
	cmdDiagnose           = 0x00
	cmdGetFirmwareVersion = 0x02
	cmdReadRegister       = 0x06
	cmdWriteRegister      = 0x08
	cmdSetSerialBaudRate  = 0x10
	cmdSetParameters      = 0x12
	cmdSAMConfiguration   = 0x14
	cmdRFConfiguration    = 0x32
	cmdInDataExchange     = 0x40
	cmdInCommunicateThru  = 0x42
	cmdInListPassive      = 0x4A
	cmdInPSL              = 0x4E
	cmdInRelease          = 0x52
)

// Errors of the command layer beside errSilent.
var (
	errSyntax = errors.New("the chip does not know the command")
	errGarble = errors.New("answers of the chip arrive damaged")
	errAnswer = errors.New("the chip's answer is not of the form expected")
)

// The times of the command layer.
const (
	ackWait   = 300 * time.Millisecond // the manual says 15 ms; USB bridges hold bytes back for 16 and more, a busy host for longer
	probeWait = 100 * time.Millisecond // the same while it is not known whether a chip is there
	replyWait = 200 * time.Millisecond // for commands without radio
	abortTime = time.Millisecond       // until the chip takes a command again
	maxNACKs  = 2
)

// chip is the command layer over a link.
type chip struct {
	link  link
	dirty bool // an answer may be on its way that belongs to a command given up
	known bool // the chip has answered since the link was opened
	out   []byte
}

// do sends a command and gives what follows the response code in the answer, which is at most size bytes. The answer may take
// timeout beyond the time on the wire. It is valid until the next call. Errors: errSilent, errSyntax, errGarble, the link's, ctx's.
func (c *chip) do(ctx context.Context, timeout time.Duration, size int, command ...byte) ([]byte, error) {
	if c.dirty {
		if err := c.resync(ctx); err != nil {
			return nil, err
		}
	}
	return c.exchange(ctx, nil, timeout, size, command)
}

// exchange is do without care for what came before; prefix is sent right before the frame.
func (c *chip) exchange(ctx context.Context, prefix []byte, timeout time.Duration, size int, command []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.out = appendFrame(append(c.out[:0], prefix...), command)
	first, err := c.send(ctx, command[0]+1)
	if err == nil {
		var answer []byte
		by := time.Now().Add(timeout + c.link.cost(frameSize(size+1)) + c.patience())
		if answer, err = c.receive(ctx, first, by, size, command[0]+1); err == nil {
			return answer, nil
		}
	}
	if !errors.Is(err, errSyntax) {
		c.abort()
	}
	return nil, fmt.Errorf("command %02X: %w", command[0], err)
}

// patience is how much longer than the wire an ACK or an answer may take.
func (c *chip) patience() time.Duration {
	if c.known {
		return ackWait
	}
	return probeWait
}

// send writes the frame in c.out until the chip acknowledges it; after a NACK, which says that it was not understood, again. It gives
// the ACK, a broken frame that may have been the ACK, or the answer when the ACK was lost altogether.
func (c *chip) send(ctx context.Context, code byte) (frame, error) {
	for range 1 + maxNACKs {
		if err := c.link.write(ctx, c.out); err != nil {
			return frame{}, err
		}
		by := time.Now().Add(c.link.cost(len(c.out)+ackSize) + c.patience())
		for again := false; !again; {
			f, err := c.link.read(ctx, by, ackSize)
			if err != nil {
				return frame{}, err
			}
			switch f.kind {
			case kindNACK:
				again = true
			case kindError:
				return frame{}, errSyntax
			case kindACK, kindBroken:
				return f, nil
			case kindData:
				if f.data[0] == code {
					return f, nil
				} // else an answer to a command given up
			}
		}
	}
	return frame{}, errGarble
}

// receive waits for the answer with a response code, asking for it again when it arrives damaged. f is what send gave.
func (c *chip) receive(ctx context.Context, f frame, by time.Time, size int, code byte) ([]byte, error) {
	for nacks := -1; ; { // one broken frame may be the ACK
		var err error
		switch {
		case f.kind == kindData && f.data[0] == code:
			return f.data[1:], nil
		case f.kind == kindError:
			return nil, errSyntax
		case f.kind == kindACK:
			nacks = max(nacks, 0)
		case f.kind == kindBroken && nacks == maxNACKs:
			return nil, errGarble
		case f.kind == kindBroken && nacks < 0:
			nacks++
		case f.kind == kindBroken:
			c.link.drain()
			if err = c.link.write(ctx, nackFrame); err != nil {
				return nil, err
			}
			nacks++
			size = maxLength - 2                                      // the answer may be longer than expected
			by = time.Now().Add(c.link.cost(maxFrame) + c.patience()) // it was ready already
		}
		if f, err = c.link.read(ctx, by, frameSize(size+1)); err != nil {
			return nil, err
		}
	}
}

// abort ends the command in work: an ACK from the host (UM0701-02 §6.2.1.3). It is not hindered by a context that has ended.
func (c *chip) abort() {
	c.dirty = true
	ctx, cancel := context.WithTimeout(context.Background(), slice)
	defer cancel()
	if c.link.write(ctx, ackFrame) == nil {
		_ = pause(ctx, abortTime) // shorter than the context
		c.link.drain()
	}
}

// resyncTries is how often a chip is asked for its version before it counts as silent.
const resyncTries = 3

// resync brings host and chip back into step: after an abort and a round trip of a command of another code, no answer to an earlier
// command can be mistaken for one to a later.
func (c *chip) resync(ctx context.Context) error {
	var err error
	for range resyncTries {
		if _, err = c.exchange(ctx, nil, replyWait, 4, []byte{cmdGetFirmwareVersion}); err == nil {
			c.dirty = false
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return fmt.Errorf("bring the chip back into step: %w", err)
}
