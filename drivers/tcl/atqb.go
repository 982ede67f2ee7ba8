package tcl

import (
	"bytes"
	"fmt"
	"time"
)

// ATQB is the answer to request of a type B card (ISO/IEC 14443-3 §7.9).
type ATQB struct {
	PUPI        [4]byte // identifier, random on identity cards
	Application [4]byte
	Protocol    [3]byte       // bit rates, frame size and protocol type, waiting time and options, as sent
	FSC         int           // largest frame the card takes, CRC included
	Rates       Capability    //
	FWT         time.Duration // frame waiting time
	SFGT        time.Duration // guard time, from the extended answer of 13 bytes; 0 none
	ISO         bool          // the card speaks ISO/IEC 14443-4
	CID         bool          // it takes a card identifier
}

// The layout of an ATQB.
const (
	atqbFirst    = 0x50
	atqbSize     = 12
	atqbExtended = 13
)

// ParseATQB reads an ATQB of 12 or, extended, 13 bytes, without CRC.
func ParseATQB(b []byte) (ATQB, error) {
	if len(b) != atqbSize && len(b) != atqbExtended || b[0] != atqbFirst {
		return ATQB{}, fmt.Errorf("parse atqb of %d bytes: no such answer: %w", len(b), ErrProtocol)
	}
	a := ATQB{
		PUPI: [4]byte(b[1:5]), Application: [4]byte(b[5:9]), Protocol: [3]byte(b[9:12]),
		Rates: Capability(b[9]), FSC: frameSize(b[10] >> 4), ISO: b[10]&1 == 1, FWT: waiting(b[11] >> 4), CID: b[11]&1 == 1,
	}
	if len(b) == atqbExtended {
		a.SFGT = guard(b[12] >> 4)
	}
	return a, nil
}

// ATTRIB's own bytes (§7.10).
const (
	attribFirst = 0x1D
	attribISO   = 0x01 // parameter 3: the block protocol of ISO/IEC 14443-4
)

// attrib makes the command that selects a type B card: parameter 1 with the default timings, 2 with bit rates and FSD, 3, and 4
// without CID.
func attrib(a ATQB, fsd int, toCard, fromCard Rate) []byte {
	to, _ := toCard.Divisor() // Best gives rates alone
	from, _ := fromCard.Divisor()
	b := append([]byte{attribFirst}, a.PUPI[:]...)
	return append(b, 0, from<<6|to<<4|frameCode(fsd), attribISO, 0)
}

// checkAttrib reads the answer to ATTRIB: MBLI in the upper half, CID 0 in the lower, then nothing that was asked for.
func checkAttrib(b []byte) (mbli byte, err error) {
	if len(b) == 0 || b[0]&15 != 0 {
		return 0, fmt.Errorf("answer to attrib of %d bytes: %w", len(b), ErrProtocol)
	}
	return b[0] >> 4, nil
}

// historicalB gives what an ATR shows of a type B card: application data, protocol info, MBLI (PC/SC part 3 table 3.6).
func historicalB(a ATQB, mbli byte) []byte {
	return bytes.Join([][]byte{a.Application[:], a.Protocol[:], {mbli << 4}}, nil)
}

// ATR gives the answer to reset of a card that answered ATTRIB with attrib; MBLI is 0 when that is empty.
func (a ATQB) ATR(attrib []byte) []byte {
	var mbli byte
	if len(attrib) > 0 {
		mbli = attrib[0] >> 4
	}
	return ATR(historicalB(a, mbli))
}
