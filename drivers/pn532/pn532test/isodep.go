package pn532test

import (
	"context"
	"time"
)

// dep is the firmware's own reader side of ISO/IEC 14443-4 §7.5, with frames of 64 bytes.
type dep struct {
	dev     *Device
	typeB   bool
	cid     byte
	useCID  bool
	fsc     int // largest frame the card takes
	fwi     int
	number  byte   // next block number
	partial bool   // the card has more of its response to send
	waiting []byte // response bytes that did not fit into the last answer
}

// depTries is how often the firmware sends a block, or asks for one again, before it gives up.
const depTries = 3

// depOfATS takes frame size and waiting time from an answer to select (ISO/IEC 14443-4 §5.2).
func depOfATS(d *Device, ats []byte) *dep {
	p := &dep{dev: d, fsc: 32, fwi: 4}
	if len(ats) < 2 {
		return p
	}
	p.fsc = frameSizes[min(int(ats[1]&0x0F), 8)]
	at := 2
	if ats[1]&0x10 != 0 {
		at++
	}
	if ats[1]&0x20 != 0 && at < len(ats) {
		p.fwi = int(ats[at] >> 4)
	}
	return p
}

// exchange sends a piece of a command (more: others follow) and gives the response or its first piece; no data fetches the next.
func (p *dep) exchange(ctx context.Context, data []byte, more bool) ([]byte, byte) {
	if len(data) == 0 && (p.partial || len(p.waiting) > 0) {
		return p.collect(ctx, nil)
	}
	p.partial, p.waiting = false, nil
	for room := p.fsc - p.overhead(); len(data) > room || more && len(data) > 0; {
		n := min(room, len(data))
		if _, status := p.block(ctx, pcbI|bitChain, data[:n], pcbR); status != statusOK {
			return nil, status
		}
		data = data[n:]
	}
	if more {
		return nil, statusOK
	}
	answer, status := p.block(ctx, pcbI, data, pcbI)
	if status != statusOK {
		return nil, status
	}
	return p.collect(ctx, answer)
}

// collect gathers the response: first is an I-block the card just sent, nil none. It stops when the host's frame is full.
func (p *dep) collect(ctx context.Context, first []byte) ([]byte, byte) {
	out, limit := p.waiting, p.dev.variant.piece
	p.waiting = nil
	if first != nil {
		p.partial = first[0]&bitChain != 0
		out = append(out, first[1:]...)
	}
	for p.partial && len(out) < limit {
		answer, status := p.block(ctx, pcbR, nil, pcbI)
		if status != statusOK {
			return nil, status
		}
		p.partial = answer[0]&bitChain != 0
		out = append(out, answer[1:]...)
	}
	status := statusOK
	if len(out) > limit {
		p.waiting = append([]byte(nil), out[limit:]...)
		out = out[:limit]
	}
	if p.partial || len(p.waiting) > 0 {
		status = statusMore
	}
	return out, status
}

func (p *dep) overhead() int {
	if p.useCID {
		return 4
	}
	return 3
}

// block sends a block with the number due and gives the answer, PCB first, which must be of the kind wanted. It grants waiting
// time, asks again when nothing good comes, and sends the block again when the card says it did not get it (§7.5.3, rules of
// the reader).
func (p *dep) block(ctx context.Context, pcb byte, inf []byte, want byte) ([]byte, byte) {
	frame := p.frame(pcb|p.number, inf)
	again := p.frame(pcbR|bitNAK|p.number, nil)
	if pcb == pcbR {
		again = frame
	}
	next, times, last := frame, 1, statusTimeout
	for tries := 0; tries < depTries && ctx.Err() == nil; {
		answer, status := p.transmit(ctx, next, times)
		times = 1
		switch {
		case status != statusOK:
			tries, last, next = tries+1, status, again
		case answer[0] == sWTX && len(answer) == 2 && answer[1]&0x3F != 0:
			times = min(int(answer[1]&0x3F), maxWTX)
			next = p.frame(sWTX, []byte{byte(times)})
		case answer[0]&^bitChain&^bitNumber == want && answer[0]&bitNumber == p.number && (want == pcbI || answer[0]&bitNAK == 0):
			p.number ^= 1
			return answer, statusOK
		case answer[0]&^bitNumber == pcbR: // not the number sent: the block was lost on the way
			tries, last, next = tries+1, statusProtocol, frame
		default:
			tries, last, next = tries+1, statusProtocol, again
		}
	}
	return nil, last
}

// frame makes a block.
func (p *dep) frame(pcb byte, inf []byte) []byte {
	if p.useCID {
		return append([]byte{pcb | bitCID, p.cid}, inf...)
	}
	return append([]byte{pcb}, inf...)
}

// transmit sends one block and gives the answer without CID.
func (p *dep) transmit(ctx context.Context, frame []byte, times int) ([]byte, byte) {
	wait := time.Duration(times) * waitTime(min(p.fwi, 14))
	answer, status := p.dev.field.exchange(ctx, p.dev.radio(), frame, 0, wait)
	switch {
	case status != statusOK:
		return nil, status
	case len(answer) == 0:
		return nil, statusFraming
	case !p.useCID:
		return answer, statusOK
	case len(answer) < 2 || answer[0]&bitCID == 0 || answer[1]&0x0F != p.cid:
		return nil, statusProtocol
	}
	return append([]byte{answer[0] &^ bitCID}, answer[2:]...), statusOK
}

// deselect sends S(DESELECT).
func (p *dep) deselect(ctx context.Context) byte {
	for range depTries {
		answer, status := p.transmit(ctx, p.frame(sDeselect, nil), 1)
		if status == statusOK && answer[0] == sDeselect {
			return statusOK
		}
	}
	return statusTimeout
}

// ping asks with R(NAK) whether the card is there; it answers R(ACK) of the other number, or its last block.
func (p *dep) ping(ctx context.Context) byte {
	_, status := p.transmit(ctx, p.frame(pcbR|bitNAK|p.number, nil), 1)
	return status
}
