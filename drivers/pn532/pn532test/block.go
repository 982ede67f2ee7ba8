package pn532test

import (
	"bytes"
	"context"
	"time"
)

// protocol is the card's side of the block protocol of ISO/IEC 14443-4 §7.
type protocol struct {
	fsd      int    // largest frame the reader takes
	cid      byte   // number the reader gave the card
	number   byte   // current block number, 0 or 1
	fresh    bool   // nothing but the ATS was exchanged: PPS may come
	command  []byte // parts of a chained command received so far
	rest     []byte // parts of the response not sent yet
	last     []byte // body of the last block sent, without PCB and checksum…
	lastPCB  byte   // …and its PCB without the block number
	work     *work  // the chip's answer is awaited
	wtx      byte   // multiplier the card asked for and was not granted yet; 0 none
	requests int    // waiting time extensions still to ask for before this answer
}

// work is a command in the chip. done is closed when response is there.
type work struct {
	done       chan struct{}
	response   []byte // nil: the chip lost its power
	extensions int    // waiting time extensions the chip's model asks for before it
}

// Bits of the protocol control byte (ISO/IEC 14443-4 §7.1.1).
const (
	pcbI       byte = 0x02
	pcbR       byte = 0xA2
	pcbS       byte = 0xC2
	bitChain   byte = 0x10 // of an I-block
	bitNAK     byte = 0x10 // of an R-block
	bitCID     byte = 0x08
	bitNAD     byte = 0x04
	bitNumber  byte = 0x01
	sDeselect  byte = 0xC2
	sWTX       byte = 0xF2
	maxWTX          = 59
	maxCommand      = 1<<16 + 16 // longest extended command APDU, and some
)

// slowWTX is the multiple of the waiting time that a card asks for whose chip is slow.
const slowWTX = 4

// waitShare is how much of the frame waiting time the card lets pass before it asks for more.
const waitShare = 0.5

// protocolFrame answers one frame in ISO/IEC 14443-4. Frames that are damaged, too long, or not for this card are ignored (§7.5.3,
// rule for the card: it never tries to recover).
func (p *picc) protocolFrame(ctx context.Context, s signal) *signal {
	body, good := cutCRC(s.data, p.opt.TypeB)
	switch {
	case !good || s.bits != 0:
		return nil
	case len(s.data) > frameSizes[p.opt.fsci()]:
		p.note("a frame of %d bytes came, the card takes %d", len(s.data), frameSizes[p.opt.fsci()])
		return nil
	case !p.opt.TypeB && body[0]&0xF0 == 0xD0 && p.block.fresh:
		return p.pps(body)
	}
	pcb, inf, ok := p.address(body)
	if !ok {
		return nil
	}
	p.block.fresh = false
	switch {
	case pcb&0xE2 == pcbI:
		return p.iBlock(ctx, pcb, inf)
	case pcb&0xE6 == pcbR && len(inf) == 0:
		return p.rBlock(pcb)
	case pcb == sDeselect && len(inf) == 0:
		answer := p.send(sDeselect, nil)
		p.reset(stateHalt)
		return answer
	case pcb == sWTX && len(inf) == 1:
		return p.extended(ctx, inf[0])
	}
	p.note("a block with PCB %02X came", pcb)
	return nil
}

// pps changes the bit rates (ISO/IEC 14443-4 §5.3). It may come right after the ATS alone.
func (p *picc) pps(body []byte) *signal {
	if body[0]&0x0F != p.block.cid || len(body) < 2 || body[1]&^0x10 != 0x01 {
		return nil
	}
	p.block.fresh = false
	if body[1]&0x10 == 0 && len(body) == 2 { // PPS1 left out: 106 both ways
		return &signal{data: withCRC(body[:1], false)}
	}
	if len(body) != 3 || body[2]&0xF0 != 0 {
		return nil
	}
	dsi, dri := int(body[2]>>2&3), int(body[2]&3)
	if !p.takes(dri, dsi) {
		p.note("PPS asked for %d and %d kbit/s, which the card did not offer", kbps(dri), kbps(dsi))
		return nil
	}
	p.dri, p.dsi = dri, dsi
	return &signal{data: withCRC(body[:1], false)}
}

// address checks that a block is for this card and takes CID off (ISO/IEC 14443-4 §7.1.1.2). Without CID it is for card 0.
func (p *picc) address(body []byte) (pcb byte, inf []byte, ok bool) {
	pcb, inf = body[0], body[1:]
	if pcb&bitCID == 0 {
		return pcb, inf, p.block.cid == 0 || p.opt.NoCID
	}
	if p.opt.NoCID || len(inf) == 0 || inf[0]&0x0F != p.block.cid {
		return 0, nil, false
	}
	return pcb &^ bitCID, inf[1:], true
}

// withCID reports whether blocks carry CID: the card does as the reader did, which must for every number but 0.
func (p *picc) withCID() bool { return p.block.cid != 0 && !p.opt.NoCID }

// overhead is what a block carries beside its information field: PCB, CID, checksum.
func (p *picc) overhead() int {
	if p.withCID() {
		return 4
	}
	return 3
}

// iBlock takes a piece of a command (§7.5.3 rules D, 2 and 10).
func (p *picc) iBlock(ctx context.Context, pcb byte, inf []byte) *signal {
	b := &p.block
	if pcb&bitNAD != 0 || b.work != nil {
		return nil // no NAD; while the card waits for S(WTX) nothing else is due
	}
	if pcb&bitNumber == b.number {
		p.note("an I-block repeats the number %d", b.number)
	}
	b.number ^= 1
	b.rest = nil
	if len(b.command)+len(inf) > maxCommand {
		p.note("a command longer than any")
		b.command = nil
		return nil
	}
	b.command = append(b.command, inf...)
	if pcb&bitChain != 0 {
		return p.keep(pcbR, nil)
	}
	command := bytes.Clone(b.command)
	b.command = nil
	if len(command) == 0 { // an empty block asks whether the card is there
		return p.keep(pcbI, nil)
	}
	b.work = p.begin(command)
	if b.requests = 0; p.opt.WTX > 0 {
		b.requests = max(1, p.opt.WTXTimes)
	}
	return p.progress(ctx, 1)
}

// begin gives a command to the chip.
func (p *picc) begin(command []byte) *work {
	w, power, on := &work{done: make(chan struct{})}, p.power, p.on
	p.run(func() {
		defer close(w.done)
		w.response, w.extensions = p.compute(on, command, power)
	})
	return w
}

// compute runs the chip, and lets the time pass that the chip's own model asks for. A command of an earlier power is forgotten.
func (p *picc) compute(on context.Context, command []byte, power int) (response []byte, extensions int) {
	p.working.Lock()
	p.mu.Lock()
	stale := p.power != power
	p.mu.Unlock()
	if stale {
		p.working.Unlock()
		return nil, 0
	}
	response = p.chip.Process(command)
	took, extensions := p.time(command, response)
	p.working.Unlock()
	if pause(on, took) != nil {
		return nil, 0
	}
	return response, extensions
}

// time asks the chip's own model how long its answer takes and how often it asks for more time before.
func (p *picc) time(command, response []byte) (time.Duration, int) {
	switch chip := p.chip.(type) {
	case interface{ Work() (time.Duration, int) }:
		return chip.Work()
	case interface {
		Time(command, response []byte) time.Duration
	}:
		return chip.Time(command, response), 0
	}
	return 0, 0
}

// progress waits for the chip's answer as long as times the frame waiting time allows, and asks for more before it is over.
func (p *picc) progress(ctx context.Context, times int) *signal {
	b := &p.block
	if b.requests > 0 {
		b.requests--
		return p.askTime(byte(min(p.opt.WTX, maxWTX)))
	}
	w, power := b.work, p.power
	p.mu.Unlock() // power may go meanwhile
	ready := p.await(ctx, w, time.Duration(times)*waitTime(p.opt.fwi()))
	p.mu.Lock()
	switch {
	case p.power != power || ctx.Err() != nil:
		return nil
	case !ready:
		return p.askTime(slowWTX)
	case w.extensions > 0:
		w.extensions--
		return p.askTime(1)
	}
	b.work = nil
	if w.response == nil || !p.sent(len(w.response)) {
		p.lost = true
		return nil
	}
	b.rest = w.response
	return p.next()
}

// await waits for the chip; false when most of the time has passed. The chip's own time model is part of it.
func (p *picc) await(ctx context.Context, w *work, limit time.Duration) bool {
	limit = time.Duration(float64(limit) * waitShare)
	p.intends.Store(int64(limit))
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-w.done:
		return true
	case <-t.C:
	case <-ctx.Done():
	}
	return false
}

// askTime sends S(WTX) (§7.3).
func (p *picc) askTime(times byte) *signal {
	p.block.wtx = max(1, times)
	return p.keep(sWTX, []byte{p.block.wtx})
}

// extended takes the reader's S(WTX): it must grant what was asked.
func (p *picc) extended(ctx context.Context, times byte) *signal {
	b := &p.block
	if b.wtx == 0 || times&0x3F != b.wtx || b.work == nil {
		p.note("S(WTX) of %d, %d was asked", times&0x3F, b.wtx)
		return nil
	}
	b.wtx = 0
	return p.progress(ctx, int(times&0x3F))
}

// next sends the next piece of the response, chained when it does not fit (§7.5.2).
func (p *picc) next() *signal {
	b := &p.block
	n := min(len(b.rest), b.fsd-p.overhead())
	piece := b.rest[:n]
	b.rest = b.rest[n:]
	pcb := pcbI
	if len(b.rest) > 0 {
		pcb |= bitChain
	}
	return p.keep(pcb, piece)
}

// rBlock takes R(ACK) and R(NAK) (§7.5.3 rules E, 11, 12 and 13).
func (p *picc) rBlock(pcb byte) *signal {
	b := &p.block
	same := pcb&bitNumber == b.number
	switch {
	case same && b.lastPCB != 0:
		return p.send(b.lastPCB, b.last)
	case pcb&bitNAK != 0:
		return p.send(pcbR, nil) // the command never came: acknowledge what did
	case len(b.rest) > 0 && b.work == nil:
		b.number ^= 1
		return p.next()
	}
	p.note("R(ACK) of %d came, nothing is chained", pcb&bitNumber)
	return nil
}

// keep sends a block that may have to be sent again.
func (p *picc) keep(pcb byte, inf []byte) *signal {
	p.block.lastPCB, p.block.last = pcb, inf
	return p.send(pcb, inf)
}

// send makes a block. S-blocks have no number.
func (p *picc) send(pcb byte, inf []byte) *signal {
	if pcb&0xC0 != 0xC0 {
		pcb |= p.block.number
	}
	f := []byte{pcb}
	if p.withCID() {
		f = []byte{pcb | bitCID, p.block.cid}
	}
	return &signal{data: withCRC(append(f, inf...), p.opt.TypeB)}
}
