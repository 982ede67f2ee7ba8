package tcl

import (
	"context"
	"fmt"
	"time"
)

// Options of an activation. The zero value takes frames of 256 bytes at 106 kbit/s.
type Options struct {
	FSD  int           // largest frame the reader takes, CRC included: 64 to 4096; 0 is 256
	FSC  int           // largest frame the reader sends, CRC included; 0 is FSD
	Rate Rate          // highest bit rate wanted; 0 is 106
	Wait time.Duration // longest time for one command, extensions included; 0 is 30 s
}

// The smallest and the usual frame size of a reader.
const (
	minFSD     = 64
	defaultFSD = 256
)

// activationWait bounds the answers of activation and deselection. The standard says 65536/fc, 4.8 ms (§5.6, §8.2); cards were seen
// to take more, and readers to count from the wrong edge.
const activationWait = 25 * time.Millisecond

func (o Options) filled() Options {
	if o.FSD < minFSD {
		o.FSD = defaultFSD
	}
	if o.FSC <= 0 {
		o.FSC = o.FSD
	}
	if o.Rate == 0 {
		o.Rate = Rate106
	}
	if o.Wait <= 0 {
		o.Wait = defaultWait
	}
	return o
}

// session makes the session of an activated card.
func (o Options) session(x Exchanger, fsc int, fwt time.Duration, historical []byte) *Session {
	return &Session{
		x: x, fsd: frameSize(frameCode(o.FSD)), fsc: min(fsc, o.FSC), fwt: fwt, wait: o.Wait, to: Rate106, from: Rate106,
		atr: ATR(historical), tx: make([]byte, 0, min(fsc, o.FSC)),
	}
}

// rats is the first byte of a request for answer to select; the second holds the code of FSD and CID 0 (§5.1).
const rats = 0xE0

// ActivateA activates a type A card that has been selected (SAK with bit 6): RATS, and PPS when card, reader and wish have a higher
// bit rate in common. RATS is sent a second time when its answer is missing or damaged (§5.6.1.1). [ErrRate] says that the card was
// lost while changing the rate and may be activated again at 106 kbit/s.
func ActivateA(ctx context.Context, x Exchanger, o Options) (*Session, error) {
	o = o.filled()
	var raw []byte
	var err error
	for range 2 {
		if raw, err = x.Exchange(ctx, []byte{rats, frameCode(o.FSD) << 4}, activationWait); !recoverable(err) {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("request answer to select: %w", final(err))
	}
	return SelectedA(ctx, x, raw, o)
}

// SelectedA makes the session of a card whose ATS is known, and changes the bit rate as [ActivateA] does. FSD must be what RATS said.
func SelectedA(ctx context.Context, x Exchanger, raw []byte, o Options) (*Session, error) {
	o = o.filled()
	ats, err := ParseATS(raw)
	if err != nil {
		return nil, err
	}
	s := o.session(x, ats.FSC, ats.FWT, ats.Historical)
	if err := pause(ctx, ats.SFGT); err != nil {
		return nil, err
	}
	to, from := ats.Rates.Best(o.Rate)
	if err := s.changeRates(ctx, to, from); err != nil {
		return nil, err
	}
	return s, nil
}

// ActivateB activates a type B card that has answered a request: ATTRIB with bit rates, FSD and no CID (ISO/IEC 14443-3 §7.10).
func ActivateB(ctx context.Context, x Exchanger, a ATQB, o Options) (*Session, error) {
	o = o.filled()
	if !a.ISO {
		return nil, fmt.Errorf("activate type B card: %w", ErrNotISO)
	}
	to, from := Rate106, Rate106
	setter, ok := x.(RateSetter)
	if ok {
		to, from = a.Rates.Best(o.Rate)
	}
	raw, err := x.Exchange(ctx, attrib(a, o.FSD, to, from), max(activationWait, a.FWT+margin))
	if err != nil {
		return nil, fmt.Errorf("attribute: %w", final(err))
	}
	mbli, err := checkAttrib(raw)
	if err != nil {
		return nil, err
	}
	s := o.session(x, a.FSC, a.FWT, historicalB(a, mbli))
	if to != Rate106 || from != Rate106 {
		if err := setter.SetRates(ctx, to, from); err != nil {
			return nil, fmt.Errorf("set bit rates: %w", err)
		}
		s.to, s.from = to, from
	}
	return s, pause(ctx, a.SFGT)
}

// pause lets d pass.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
