package pn532

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// bauds are the speeds of SetSerialBaudRate by code (UM0701-02 §7.2.8).
var bauds = [...]int{9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1288000}

// lineBytes is how much the loopback carries: with it, command and answer are extended frames of nearly the longest kind.
const lineBytes = 260

// lineWait bounds the answers while the line is tried, beyond their time on the wire.
const lineWait = 50 * time.Millisecond

// identity is what the chip says of itself.
type identity struct{ ic, version, revision, support byte }

// icPN532 is the first byte of a PN532's version.
const icPN532 = 0x32

// What bringing up can find.
var (
	errOther = errors.New("another chip than a PN532 answers")
	errLine  = errors.New("long frames do not pass")
)

// bringUp wakes the chip, identifies it, raises the speed and sets it up.
func (c *chip) bringUp(ctx context.Context, o Opts) (identity, error) {
	c.known = false
	if err := c.link.open(); err != nil {
		return identity{}, err
	}
	if err := c.wake(ctx); err != nil {
		return identity{}, err
	}
	id, err := c.identify(ctx)
	if err != nil {
		return identity{}, err
	}
	if err := c.settle(ctx, o); err != nil {
		return identity{}, err
	}
	c.known = true
	return id, c.configure(ctx)
}

// The patience with a chip that does not answer: a USB bridge may swallow the first bytes for a while.
const (
	wakeTries = 5
	wakePause = 100 * time.Millisecond
)

// wake sends SAMConfiguration, normal mode with the interrupt line (UM0701-02 §7.2.10), until it is answered; on a UART also at the
// other speeds, at which a program that ended without notice may have left the chip.
func (c *chip) wake(ctx context.Context) error {
	h, serial := c.link.(*hsu)
	var err error
	for try := range wakeTries {
		if err = c.call(ctx); err == nil || !isSilent(err) {
			return err
		}
		if serial && try == 0 {
			if c.atOtherSpeed(ctx, h) {
				return nil
			}
		}
		if err := pause(ctx, wakePause); err != nil {
			return err
		}
	}
	return err
}

// call sends what wakes the chip and the first command.
func (c *chip) call(ctx context.Context) error {
	prefix, err := c.link.wake(ctx)
	if err != nil {
		return err
	}
	_, err = c.exchange(ctx, prefix, replyWait, 4, []byte{cmdSAMConfiguration, 1, 0x14, 1})
	return err
}

// isSilent reports whether an error says nothing but that the chip was not understood.
func isSilent(err error) bool {
	return errors.Is(err, errSilent) || errors.Is(err, errGarble) || errors.Is(err, errSyntax)
}

// atOtherSpeed looks for the chip at the speeds a driver leaves it at, and takes it back to the first.
func (c *chip) atOtherSpeed(ctx context.Context, h *hsu) bool {
	for _, baud := range []int{921600, 460800, 230400} {
		if h.setSpeed(baud) != nil {
			return false
		}
		if c.call(ctx) == nil && c.changeBaud(ctx, h, startBaud) == nil {
			return true
		}
	}
	_ = h.setSpeed(startBaud) // a port that cannot is silent and told so
	c.link.drain()
	return false
}

// identify asks for the version (UM0701-02 §7.2.2).
func (c *chip) identify(ctx context.Context) (identity, error) {
	if err := c.resync(ctx); err != nil {
		return identity{}, err
	}
	b, err := c.do(ctx, replyWait, 4, cmdGetFirmwareVersion)
	if err != nil {
		return identity{}, err
	}
	if len(b) != 4 {
		return identity{}, fmt.Errorf("version: %w", errAnswer)
	}
	if b[0] != icPN532 {
		return identity{}, fmt.Errorf("version %X: %w", b, errOther)
	}
	return identity{b[0], b[1], b[2], b[3]}, nil
}

// loopback lets the chip send back a long frame (Diagnose, communication line test, UM0701-02 §7.2.1).
func (c *chip) loopback(ctx context.Context) error {
	command := make([]byte, 2+lineBytes)
	for i := range lineBytes {
		command[2+i] = byte(i*31 + i>>3)
	}
	b, err := c.do(ctx, lineWait, 1+lineBytes, command...)
	if err != nil {
		return fmt.Errorf("%w: %w", errLine, err)
	}
	if !bytes.Equal(b, command[1:]) {
		return errLine
	}
	return nil
}

// settle finds the highest speed at which long frames pass.
func (c *chip) settle(ctx context.Context, o Opts) error {
	if h, ok := c.link.(*hsu); ok {
		return c.raise(ctx, h, o.Baud)
	}
	err := c.loopback(ctx)
	if t, ok := c.link.(*twoWire); ok && err != nil && ctx.Err() == nil && t.free < slowBusFree {
		t.free = slowBusFree
		err = c.loopback(ctx)
	}
	return err
}

// raise tries the speeds from the highest wanted down; the first that passes the loopback stays. Where long frames fail, short ones
// mostly pass, so the next speed is asked for at the one that failed.
func (c *chip) raise(ctx context.Context, h *hsu, highest int) error {
	if _, ok := h.conn.(speeder); !ok {
		return c.loopback(ctx)
	}
	for i := len(bauds) - 1; bauds[i] >= startBaud; i-- {
		if bauds[i] > highest || bauds[i] > defaultBaud && highest != bauds[i] {
			continue
		}
		if bauds[i] == h.baud {
			return c.loopback(ctx)
		}
		err := c.changeBaud(ctx, h, bauds[i])
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !c.answers(ctx) {
			if err := c.backTo(ctx, h, startBaud); err != nil {
				return err
			}
		}
	}
	return c.loopback(ctx)
}

// answers reports whether the chip answers a short command.
func (c *chip) answers(ctx context.Context) bool {
	_, err := c.exchange(ctx, nil, lineWait, 4, []byte{cmdGetFirmwareVersion})
	if err == nil {
		c.dirty = false
	}
	return err == nil
}

// changeBaud changes the speed of both ends and proves it. The chip switches after the host's ACK to its answer; 200 µs are enough
// (UM0701-02 §7.2.8).
func (c *chip) changeBaud(ctx context.Context, h *hsu, baud int) error {
	if err := c.run(ctx, cmdSetSerialBaudRate, baudCode(baud)); err != nil {
		return err
	}
	if err := c.link.write(ctx, ackFrame); err != nil {
		return err
	}
	if err := pause(ctx, h.cost(ackSize)+abortTime); err != nil {
		return err
	}
	if err := h.setSpeed(baud); err != nil {
		return err
	}
	if err := pause(ctx, abortTime); err != nil {
		return err
	}
	return c.loopback(ctx)
}

func baudCode(baud int) byte {
	for i, b := range bauds {
		if b == baud {
			return byte(i)
		}
	}
	return 4 // 115200
}

// backTo finds the chip after a change of speed that failed: it stayed, or it changed and hears us badly.
func (c *chip) backTo(ctx context.Context, h *hsu, baud int) error {
	failed := h.baud
	for range resyncTries {
		if err := h.setSpeed(baud); err != nil {
			return err
		}
		c.link.drain()
		if c.answers(ctx) {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if failed == baud {
			continue
		}
		if err := h.setSpeed(failed); err != nil {
			return err
		}
		c.shout(ctx, h, baud)
	}
	return fmt.Errorf("chip lost while changing the speed: %w", errSilent)
}

// shout asks for a speed without listening for the answer.
func (c *chip) shout(ctx context.Context, h *hsu, baud int) {
	c.out = appendFrame(c.out[:0], []byte{cmdSetSerialBaudRate, baudCode(baud)})
	if c.link.write(ctx, c.out) == nil && pause(ctx, h.cost(len(c.out))+15*time.Millisecond) == nil && c.link.write(ctx, ackFrame) == nil {
		_ = pause(ctx, h.cost(ackSize)+abortTime) // backTo looks at ctx
	}
}

// configure sets what stays the same for all cards: requests are made three times, frames never repeated by the chip (tcl does that),
// no automatic RATS.
func (c *chip) configure(ctx context.Context) error {
	for _, command := range [][]byte{
		{cmdSetParameters, paramATR},
		{cmdRFConfiguration, rfRetries, 0},
		{cmdRFConfiguration, rfPolls, 0, 1, 2},
		{cmdRFConfiguration, rfField, 0},
	} {
		if err := c.run(ctx, command...); err != nil {
			return fmt.Errorf("set up: %w", err)
		}
	}
	return nil
}
