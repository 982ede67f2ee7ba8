package pn532

import (
	"context"
	"errors"
	"fmt"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/tcl"
)

// firmware is the data path in which the chip speaks ISO/IEC 14443-4: InDataExchange (UM0701-02 §7.3.8).
type firmware struct {
	chip *chip
	tg   byte
	wait time.Duration
}

// firmwareWait bounds one exchange: the chip grants extensions by itself, and an answer lost on the wire cannot be told from a card at
// work. The slowest PACE seen takes 6.6 s.
const firmwareWait = 10 * time.Second

// The pieces a command is cut into: all at once as long as it fits, else pieces of 240 bytes, as Linux' pn533 sends them.
const (
	maxExchange = 262
	pieceSize   = 240
	maxPieces   = 65538 // of an answer; each but the last has data
)

// transmit sends a command, in pieces with the MI bit when it is long, and collects the answer while the chip says that there is more.
func (f *firmware) transmit(ctx context.Context, command []byte) ([]byte, error) {
	for len(command) > maxExchange {
		if _, _, err := f.exchange(ctx, f.tg|moreBit, command[:pieceSize]); err != nil {
			return nil, err
		}
		command = command[pieceSize:]
	}
	b, more, err := f.exchange(ctx, f.tg, command)
	if err != nil {
		return nil, err
	}
	answer := append([]byte(nil), b...)
	for more {
		if b, more, err = f.exchange(ctx, f.tg, nil); err != nil {
			return nil, err
		}
		if len(b) == 0 || len(answer)+len(b) > maxPieces {
			return nil, fmt.Errorf("answer without end: %w", tcl.ErrProtocol)
		}
		answer = append(answer, b...)
	}
	return answer, nil
}

// exchange sends one InDataExchange.
func (f *firmware) exchange(ctx context.Context, tg byte, data []byte) (answer []byte, more bool, err error) {
	b, err := f.chip.do(ctx, f.wait, maxLength-2, append([]byte{cmdInDataExchange, tg}, data...)...)
	if errors.Is(err, errSilent) && ctx.Err() == nil && f.chip.resync(ctx) == nil { // the chip is well: it waited for the card
		return nil, false, fmt.Errorf("%w: %w", apdu.ErrTimeout, textOf(err))
	}
	if err != nil {
		return nil, false, err
	}
	if len(b) == 0 {
		return nil, false, fmt.Errorf("exchange with card: %w", errAnswer)
	}
	return b[1:], b[0]&moreBit != 0, status(b[0] & statusMask).err()
}

// The test of Diagnose that asks a card of ISO/IEC 14443-4 for a sign of life with R(NAK) (UM0701-02 §7.2.1).
const testPresence = 0x06

// present asks the card for a sign of life.
func (f *firmware) present(ctx context.Context) error {
	b, err := f.chip.do(ctx, listWait, 2, cmdDiagnose, testPresence)
	if err != nil {
		return err
	}
	if len(b) == 0 {
		return fmt.Errorf("presence of card: %w", errAnswer)
	}
	return status(b[0] & statusMask).err()
}

// close releases the card: the chip deselects it.
func (f *firmware) close(ctx context.Context) { _ = f.chip.release(ctx) } // the field goes off right after

// firmwareCard takes the card that InListPassiveTarget has activated, and raises its bit rate.
func (d *Dev) firmwareCard(ctx context.Context, t *target, rate tcl.Rate) (*card, error) {
	atr, can, err := t.described()
	if err != nil {
		return nil, err
	}
	to, from := can.Best(min(rate, tcl.Rate424))
	if to != tcl.Rate106 || from != tcl.Rate106 {
		if err := d.psl(ctx, t, to, from); err != nil {
			if ctx.Err() != nil || ofLink(err) {
				return nil, err
			}
			d.doubtRate()
			return d.activate(ctx, PathFirmware, tcl.Rate106)
		}
	}
	f := &firmware{chip: &d.chip, tg: t.number, wait: min(d.opts.Wait, firmwareWait)}
	return &card{dev: d, target: t, atr: atr, path: PathFirmware, via: f, used: time.Now()}, nil
}

// described gives the card's ATR and the bit rates it can.
func (t *target) described() ([]byte, tcl.Capability, error) {
	if t.typeB {
		a, err := tcl.ParseATQB(t.atqb)
		if err != nil {
			return nil, 0, err
		}
		return a.ATR(t.attrib), 0, nil // the firmware has attributed it at 106 kbit/s
	}
	a, err := tcl.ParseATS(t.ats)
	if err != nil {
		return nil, 0, err
	}
	return tcl.ATR(a.Historical), a.Rates, nil
}

// psl lets the chip change the bit rates by PPS: InPSL (UM0701-02 §7.3.7), first towards the card, then from it.
func (d *Dev) psl(ctx context.Context, t *target, to, from tcl.Rate) error {
	dri, _ := to.Divisor() // Best gives rates alone
	dsi, _ := from.Divisor()
	b, err := d.chip.do(ctx, replyWait, 1, cmdInPSL, t.number, dri, dsi)
	if err != nil {
		return err
	}
	if len(b) != 1 {
		return fmt.Errorf("change bit rate: %w", errAnswer)
	}
	return status(b[0] & statusMask).err()
}
