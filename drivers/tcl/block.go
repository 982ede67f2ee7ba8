package tcl

import "fmt"

// The prologue field PCB (ISO/IEC 14443-4 §7.1.1.1). Bits 4 and 3 would announce CID and NAD, which are never used here.
const (
	pcbI        = 0x02
	pcbChaining = 0x10
	pcbACK      = 0xA2
	pcbNAK      = 0xB2
	pcbDeselect = 0xC2
	pcbWTX      = 0xF2
	pcbNumber   = 0x01
)

// kind is what a block is.
type kind byte

// The kinds of block a card may send.
const (
	kindI        kind = 1
	kindACK      kind = 2
	kindDeselect kind = 3
	kindWTX      kind = 4
)

// block is a block from the card.
type block struct {
	kind   kind
	number byte   // 0 or 1, of I-block and R(ACK)
	more   bool   // the I-block is chained
	inf    []byte // of I-block and S(WTX)
}

// overhead are the bytes of a frame that are not INF: the prologue and the CRC. crcSize of them are not in our frames.
const (
	overhead = 3
	crcSize  = 2
)

// The waiting time multipliers that are not reserved, and the bits they stand in (§7.3).
const (
	minWTXM  = 1
	maxWTXM  = 59
	maskWTXM = 0x3F
)

// parseBlock reads a frame that a card sent to a reader of frames of at most fsd bytes. A block that a reader never accepts, like
// R(NAK) or one with CID, is refused.
func parseBlock(frame []byte, fsd int) (block, error) {
	if len(frame) == 0 || len(frame) > fsd-crcSize {
		return block{}, fmt.Errorf("block of %d bytes: %w", len(frame), ErrProtocol)
	}
	pcb, inf := frame[0], frame[1:]
	switch {
	case pcb&^(pcbChaining|pcbNumber) == pcbI:
		return block{kind: kindI, number: pcb & pcbNumber, more: pcb&pcbChaining != 0, inf: inf}, nil
	case pcb&^pcbNumber == pcbACK && len(inf) == 0:
		return block{kind: kindACK, number: pcb & pcbNumber}, nil
	case pcb == pcbDeselect && len(inf) == 0:
		return block{kind: kindDeselect}, nil
	case pcb == pcbWTX && len(inf) == 1 && inf[0]&maskWTXM >= minWTXM && inf[0]&maskWTXM <= maxWTXM:
		return block{kind: kindWTX, inf: inf}, nil
	}
	return block{}, fmt.Errorf("block with prologue %02X: %w", pcb, ErrProtocol)
}
