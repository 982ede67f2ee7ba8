package tcl

import (
	"context"
	"fmt"
)

// The protocol and parameter selection request (ISO/IEC 14443-4 §5.3): PPSS with CID 0, PPS0 saying that PPS1 follows, PPS1 with the
// divisors from the card (bits 4, 3) and to the card (bits 2, 1). The answer is PPSS alone.
const (
	ppss       = 0xD0
	pps0       = 0x11
	ppsRetries = 2
)

// changeRates agrees on bit rates and sets them. A card that does not answer but is still there at 106 kbit/s has refused, and the
// session goes on at 106; one that is not has changed without being heard: [ErrRate].
func (s *Session) changeRates(ctx context.Context, to, from Rate) error {
	setter, ok := s.x.(RateSetter)
	if !ok || to == Rate106 && from == Rate106 {
		return nil
	}
	dri, _ := to.Divisor() // Best gives rates alone
	dsi, _ := from.Divisor()
	for range ppsRetries {
		raw, err := s.x.Exchange(ctx, []byte{ppss, pps0, dsi<<2 | dri}, activationWait)
		switch {
		case err == nil && len(raw) == 1 && raw[0] == ppss:
			if err := setter.SetRates(ctx, to, from); err != nil {
				return fmt.Errorf("set bit rates: %w", err)
			}
			s.to, s.from = to, from
			return nil
		case err != nil && !recoverable(err):
			return fmt.Errorf("select bit rates: %w", err)
		}
	}
	if err := s.Present(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %w", ErrRate, err)
	}
	return nil
}
