package tcl

import (
	"context"
	"time"
)

// Exchanger carries one frame to the card and gives the frame that comes back within timeout. It adds and checks the CRC, which
// neither frame contains. Errors: [ErrNoFrame], [ErrBadFrame], others that end the session. The frame it gives is valid until
// the next call.
type Exchanger interface {
	Exchange(ctx context.Context, frame []byte, timeout time.Duration) ([]byte, error)
}

// RateSetter is an [Exchanger] whose bit rates can be changed. One that is not stays at 106 kbit/s.
type RateSetter interface {
	SetRates(ctx context.Context, toCard, fromCard Rate) error
}

// carrierFrequency is fc, in hertz (ISO/IEC 14443-2 §6).
const carrierFrequency = 13_560_000

// carrier gives the time of n periods of the carrier.
func carrier(n int) time.Duration {
	return time.Duration(int64(n) * int64(time.Second) / carrierFrequency)
}
