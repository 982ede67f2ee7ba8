package pn532

import (
	"context"
	"fmt"
	"time"

	"motcua/drivers/tcl"
)

// thru carries raw frames to a card: InCommunicateThru (UM0701-02 §7.3.9). It is tcl's Exchanger and RateSetter.
type thru struct {
	chip  *chip
	fsd   int
	typeB bool
	code  byte // timeout the chip was given last
}

var (
	_ tcl.Exchanger  = (*thru)(nil)
	_ tcl.RateSetter = (*thru)(nil)
)

// maxThru is the longest frame the chip sends to a card, and gives from one, without CRC.
const maxThru = 262

// Exchange implements tcl.Exchanger. A command that was not acknowledged or not answered by the chip counts as a frame lost: the card
// may have got it, and the rules of the block protocol find out.
func (t *thru) Exchange(ctx context.Context, frame []byte, timeout time.Duration) ([]byte, error) {
	if len(frame) > maxThru {
		return nil, fmt.Errorf("frame of %d bytes to the card: %w", len(frame), statusBuffer)
	}
	if err := t.await(ctx, timeout); err != nil {
		return nil, err
	}
	b, err := t.chip.do(ctx, codeTime(t.code), 1+min(t.fsd, maxThru), append([]byte{cmdInCommunicateThru}, frame...)...)
	switch {
	case err != nil && ctx.Err() == nil && isSilent(err):
		if again := t.chip.resync(ctx); again != nil {
			return nil, again
		}
		return nil, fmt.Errorf("%w: %w", tcl.ErrNoFrame, textOf(err))
	case err != nil:
		return nil, err
	case len(b) == 0:
		return nil, fmt.Errorf("exchange with card: %w", errAnswer)
	}
	s := status(b[0] & statusMask)
	switch {
	case s == statusOK && len(b) > 1:
		return b[1:], nil
	case s == statusOK, s.damaged():
		return nil, fmt.Errorf("%w: %w", tcl.ErrBadFrame, s)
	case s == statusTimeout:
		return nil, fmt.Errorf("%w: %w", tcl.ErrNoFrame, s)
	}
	return nil, s
}

// await gives the chip the time it waits for a card's answer, when that differs from the last.
func (t *thru) await(ctx context.Context, timeout time.Duration) error {
	code := timeoutCode(timeout)
	if code == t.code {
		return nil
	}
	if err := t.chip.run(ctx, cmdRFConfiguration, rfTimings, 0, atrTimeout, code); err != nil {
		return err
	}
	t.code = code
	return nil
}

// SetRates implements tcl.RateSetter. A chip whose registers cannot be written has lost the card, which has changed its rate already:
// tcl.ErrRate.
func (t *thru) SetRates(ctx context.Context, toCard, fromCard tcl.Rate) error {
	err := t.chip.setRates(ctx, toCard, fromCard, t.typeB)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", tcl.ErrRate, err)
	}
	return err
}

// software is the data path through package tcl.
type software struct{ *tcl.Session }

func (s software) transmit(ctx context.Context, command []byte) ([]byte, error) {
	return s.Transmit(ctx, command)
}

func (s software) present(ctx context.Context) error { return s.Present(ctx) }

// close deselects the card; one that does not answer loses power right after.
func (s software) close(ctx context.Context) { _ = s.Deselect(ctx) }

// softwareCard activates the card through package tcl.
func (d *Dev) softwareCard(ctx context.Context, t *target, rate tcl.Rate) (*card, error) {
	x := &thru{chip: &d.chip, fsd: d.opts.FSD, typeB: t.typeB}
	o := tcl.Options{FSD: d.opts.FSD, FSC: defaultFSD, Rate: rate, Wait: d.opts.Wait}
	activate := activateA
	if t.typeB {
		activate = activateB
	}
	s, err := activate(ctx, x, t, o)
	if err != nil {
		return nil, err
	}
	d.doubts = 0
	return &card{dev: d, target: t, atr: s.ATR(), path: PathSoftware, via: software{s}, used: time.Now()}, nil
}

func activateA(ctx context.Context, x *thru, _ *target, o tcl.Options) (*tcl.Session, error) {
	return tcl.ActivateA(ctx, x, o)
}

// The frames that take a type B card back from the firmware's activation.
const (
	deselect    = 0xC2
	deselectCID = 0xCA
	firmwareCID = 0x01 // what the firmware assigns (nfcpy)
	wupbFirst   = 0x05
	wupbParam   = 0x08 // wake-up, one slot
)

// reactivate bounds the answers to S(DESELECT) and WUPB.
const reactivate = 30 * time.Millisecond

// activateB activates a type B card anew: the firmware has attributed it already, with frames of 64 bytes and a CID. S(DESELECT) sends
// it to HALT, WUPB wakes it, and tcl sends the ATTRIB that we want.
func activateB(ctx context.Context, x *thru, t *target, o tcl.Options) (*tcl.Session, error) {
	request := []byte{deselectCID, firmwareCID}
	if len(t.attrib) > 0 && t.attrib[0]&15 != firmwareCID {
		request = []byte{deselectCID, t.attrib[0] & 15}
		if request[1] == 0 {
			request = []byte{deselect}
		}
	}
	if _, err := x.Exchange(ctx, request, reactivate); err != nil {
		return nil, fmt.Errorf("deselect type B card: %w", err)
	}
	b, err := x.Exchange(ctx, []byte{wupbFirst, 0, wupbParam}, reactivate)
	if err != nil {
		return nil, fmt.Errorf("wake type B card: %w", err)
	}
	atqb, err := tcl.ParseATQB(b)
	if err != nil {
		return nil, err
	}
	return tcl.ActivateB(ctx, x, atqb, o)
}
