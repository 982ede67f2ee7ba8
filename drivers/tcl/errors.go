package tcl

import "errors"

// What an [Exchanger] says of one exchange, possibly wrapped. The session tries again after these two; every other error ends it.
var (
	ErrNoFrame  = errors.New("no frame within the waiting time")
	ErrBadFrame = errors.New("frame received damaged") // CRC, parity or framing
)

// What a session ends with beside apdu.ErrTimeout (no answer after all retries), apdu.ErrLength and the Exchanger's and ctx's own.
var (
	ErrDamaged  = errors.New("frames go on arriving damaged")          // no undamaged answer after all retries
	ErrProtocol = errors.New("card breaks the block protocol")         // an answer that no rule allows
	ErrRate     = errors.New("card lost while changing the bit rate")  // activate anew at 106 kbit/s
	ErrNotISO   = errors.New("card does not speak the block protocol") // type B without ISO/IEC 14443-4
)
