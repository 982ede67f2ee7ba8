package tcl

import (
	"fmt"
	"time"
)

// frameSizes are the frame sizes by code (ISO/IEC 14443-4 §5.1 table 1, amendment 1 for codes 9 to C). Higher codes are RFU and
// taken as the largest.
var frameSizes = [...]int{16, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1024, 2048, 4096}

// frameSize gives the frame size of a code.
func frameSize(code byte) int {
	return frameSizes[min(int(code&15), len(frameSizes)-1)]
}

// frameCode gives the code of the largest frame size that is not above n; 0 for anything below 24.
func frameCode(n int) byte {
	code := byte(0)
	for i, size := range frameSizes {
		if size <= n {
			code = byte(i)
		}
	}
	return code
}

// The values that stand where a card says nothing (§5.2.2 to §5.2.6), and where it says something reserved.
const (
	defaultFSCI = 2 // 32 bytes
	defaultFWI  = 4 // 4.8 ms
	defaultSFGI = 0 // no guard time
	reservedI   = 15
)

// ATS is the answer to select of a type A card (ISO/IEC 14443-4 §5.2).
type ATS struct {
	FSC        int           // largest frame the card takes, CRC included
	Rates      Capability    // TA(1)
	FWT        time.Duration // frame waiting time
	SFGT       time.Duration // guard time before the first block, 0 none
	NAD, CID   bool          // TC(1): node address and card identifier are supported
	Historical []byte        // T1 to Tk
}

// The bits of T0 that say which interface bytes follow, and of TC(1).
const (
	t0HasTA = 0x10
	t0HasTB = 0x20
	t0HasTC = 0x40
	tcNAD   = 0x01
	tcCID   = 0x02
)

// ParseATS reads an ATS, TL first, without CRC. Historical is a copy.
func ParseATS(b []byte) (ATS, error) {
	if len(b) == 0 || int(b[0]) != len(b) {
		return ATS{}, fmt.Errorf("parse ats of %d bytes: its length byte differs: %w", len(b), ErrProtocol)
	}
	ats := ATS{FSC: frameSize(defaultFSCI), FWT: waiting(defaultFWI), CID: true}
	if len(b) == 1 {
		return ats, nil
	}
	t0, rest := b[1], b[2:]
	ats.FSC = frameSize(t0)
	next := func(bit byte) (v byte, ok bool, err error) {
		if t0&bit == 0 {
			return 0, false, nil
		}
		if len(rest) == 0 {
			return 0, false, fmt.Errorf("parse ats: interface bytes announced are missing: %w", ErrProtocol)
		}
		v, rest = rest[0], rest[1:]
		return v, true, nil
	}
	ta, _, err := next(t0HasTA)
	if err != nil {
		return ATS{}, err
	}
	ats.Rates = Capability(ta)
	tb, ok, err := next(t0HasTB)
	if err != nil {
		return ATS{}, err
	}
	if ok {
		ats.FWT, ats.SFGT = waiting(tb>>4), guard(tb&15)
	}
	tc, ok, err := next(t0HasTC)
	if err != nil {
		return ATS{}, err
	}
	if ok {
		ats.NAD, ats.CID = tc&tcNAD != 0, tc&tcCID != 0
	}
	ats.Historical = append([]byte(nil), rest...)
	return ats, nil
}

// unit is the time that FWI and SFGI double: 256 · 16 carrier periods, 302 µs (§7.2).
const unit = 256 * 16

// maxFWT is the frame waiting time of FWI 14, 4949 ms; an extension never exceeds it (§7.3).
var maxFWT = carrier(unit << 14)

// waiting gives the frame waiting time of FWI; the reserved 15 counts as the default.
func waiting(fwi byte) time.Duration {
	if fwi == reservedI {
		fwi = defaultFWI
	}
	return carrier(unit << fwi)
}

// guard gives the start-up frame guard time of SFGI; 0 and the reserved 15 are none.
func guard(sfgi byte) time.Duration {
	if sfgi == defaultSFGI || sfgi == reservedI {
		return 0
	}
	return carrier(unit << sfgi)
}
