package tcl

import "fmt"

// Rate is a bit rate in kbit/s.
type Rate int

// The bit rates of ISO/IEC 14443-4 §5.2.4: 128, 64, 32 and 16 carrier periods per bit.
const (
	Rate106 Rate = 106
	Rate212 Rate = 212
	Rate424 Rate = 424
	Rate848 Rate = 848
)

// rates are ordered by their code in PPS1 and ATTRIB's parameter 2.
var rates = [...]Rate{Rate106, Rate212, Rate424, Rate848}

// String gives "424 kbit/s".
func (r Rate) String() string { return fmt.Sprintf("%d kbit/s", int(r)) }

// Divisor gives the code 0 to 3 of the rate (D = 1, 2, 4, 8); ok is false for a number that is no rate.
func (r Rate) Divisor() (code byte, ok bool) {
	for i, x := range rates {
		if x == r {
			return byte(i), true
		}
	}
	return 0, false
}

// Capability is the bit rate byte TA(1) of an ATS and of an ATQB's protocol info (§5.2.4, 14443-3 §7.9.4.4): bits 1 to 3 the
// rates 212, 424, 848 to the card, bits 5 to 7 from the card, bit 8 the same rate both ways alone. With bit 4 it is RFU and
// means 106 kbit/s alone.
type Capability byte

// The bits of a Capability that are not rates.
const (
	capabilitySame Capability = 0x80
	capabilityRFU  Capability = 0x08
)

// Best gives the highest rates that card and wish have in common.
func (c Capability) Best(wish Rate) (toCard, fromCard Rate) {
	if c&capabilityRFU != 0 {
		return Rate106, Rate106
	}
	to, from := best(byte(c)&7, wish), best(byte(c)>>4&7, wish)
	if c&capabilitySame != 0 {
		both := best(byte(c)&7&(byte(c)>>4), wish)
		return both, both
	}
	return to, from
}

// best gives the highest rate of three bits that is not above wish.
func best(bits byte, wish Rate) Rate {
	r := Rate106
	for i, x := range rates[1:] {
		if bits>>i&1 == 1 && x <= wish {
			r = x
		}
	}
	return r
}
