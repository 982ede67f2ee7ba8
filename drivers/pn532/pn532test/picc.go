package pn532test

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// signal is one frame on the air: bytes with their checksum, as sent. bits is the number of bits of a short frame, 0 for whole
// bytes.
type signal struct {
	data []byte
	bits int
}

// cardState is where the card stands in ISO/IEC 14443-3 §6.3 (figure 7) and §7.4.
type cardState int

const (
	stateOff      cardState = 0 // no field
	stateIdle     cardState = 1
	stateReady    cardState = 2 // REQA answered; identifiers are being told apart
	stateActive   cardState = 3 // selected; waits for RATS
	stateHalt     cardState = 4 // after S(DESELECT) or HLTA: wakes by WUPA or WUPB alone
	stateProtocol cardState = 5 // ISO/IEC 14443-4
)

// picc is the card's side of the radio: it hears frames and answers, or does not. It is used by one reader at a time; power may be
// switched from elsewhere.
type picc struct {
	opt  CardOptions
	chip Chip
	note func(violation string, args ...any)
	sent func(n int) bool // counts response bytes of the chip; false when the card is torn away now
	run  func(func())     // starts a goroutine that the device waits for when it is closed
	life context.Context  // of the device

	working sync.Mutex   // held while the chip computes
	intends atomic.Int64 // longest time the card means to take for the answer in work, nanoseconds
	hearing sync.Mutex   // held while the card works on a frame: it hears no other
	mu      sync.Mutex   // of what follows
	state   cardState
	level   int                // cascade level reached while identifiers are told apart
	woken   bool               // WUPA or WUPB took the card out of stateHalt
	dri     int                // bit rate towards the card: 0 for 106 to 3 for 848
	dsi     int                // bit rate from the card
	block   protocol           // ISO/IEC 14443-4
	power   int                // counts switching, so that work of an earlier time is forgotten
	on      context.Context    // of this power; ends when it goes
	off     context.CancelFunc // ends it
	lost    bool               // the chip lost its power by itself, or the card was torn away: the field takes it out
}

// switchOn gives the card power; it starts anew.
func (p *picc) switchOn() {
	p.hearing.Lock() // the work of an earlier power ends first; switchOff told it to
	defer p.hearing.Unlock()
	p.working.Lock()
	p.chip.PowerOn()
	p.working.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.power++
	p.on, p.off = context.WithCancel(p.life)
	p.reset(stateIdle)
}

// switchOff takes its power.
func (p *picc) switchOff() {
	p.mu.Lock()
	p.power++
	p.reset(stateOff)
	if p.off != nil {
		p.off()
	}
	p.mu.Unlock()
	p.chip.PowerOff()
}

func (p *picc) reset(to cardState) {
	p.state, p.level, p.woken, p.dri, p.dsi = to, 0, false, 0, 0
	p.block = protocol{}
}

// within reports whether the card means to answer the frame in work in that time.
func (p *picc) within(limit time.Duration) bool { return p.intends.Load() <= int64(limit) }

// gone reports whether the card left the field by itself.
func (p *picc) gone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost
}

// hear gives the card's answer to a frame that came at the rate with index dri, and the index of the rate it answers at; nil when it is silent.
func (p *picc) hear(s signal, dri int, typeB bool) (*signal, int) {
	if !p.hearing.TryLock() {
		p.note("a frame was sent while the card was still working")
		return nil, 0
	}
	defer p.hearing.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.intends.Store(0)
	if p.state == stateOff || typeB != p.opt.TypeB {
		return nil, 0
	}
	if dri != p.dri {
		p.note("a frame came at %d kbit/s, the card listens at %d", kbps(dri), kbps(p.dri))
		return nil, 0
	}
	dsi, ctx := p.dsi, p.on // the answer to PPS goes out at the old rate
	var answer *signal
	switch {
	case p.state == stateProtocol:
		answer = p.protocolFrame(ctx, s)
	case p.opt.TypeB:
		answer = p.typeB(s)
	default:
		answer = p.typeA(ctx, s)
	}
	return answer, dsi
}

// kbps gives the bit rate of an index.
func kbps(index int) int { return [...]int{106, 212, 424, 848}[index&3] }

// idle is where a card goes that heard what it did not expect: back to where it came from, silently (ISO/IEC 14443-3 §6.3).
func (p *picc) idle() *signal {
	if p.woken {
		p.reset(stateHalt)
	} else {
		p.reset(stateIdle)
	}
	return nil
}

// Commands of type A (ISO/IEC 14443-3 §6.4.1, §6.5.3).
const (
	reqA byte = 0x26
	wupA byte = 0x52
	hltA byte = 0x50
	rats byte = 0xE0
)

// typeA answers before ISO/IEC 14443-4.
func (p *picc) typeA(ctx context.Context, s signal) *signal {
	if s.bits != 0 {
		return p.wake(s)
	}
	switch p.state {
	case stateReady:
		return p.anticollision(s.data)
	case stateActive:
		return p.selected(ctx, s.data)
	}
	return nil // idle and halted cards hear short frames alone
}

// wake answers REQA and WUPA with ATQA.
func (p *picc) wake(s signal) *signal {
	if s.bits != 7 || len(s.data) != 1 {
		return nil
	}
	halted := p.state == stateHalt
	if p.state != stateIdle && !halted {
		return p.idle()
	}
	if s.data[0] != wupA && (s.data[0] != reqA || halted) {
		return nil
	}
	p.state, p.level, p.woken = stateReady, 0, halted
	size := byte(len(p.levels())-1) << 6
	return &signal{data: []byte{0x04 | size, 0x00}} // low byte first on the air
}

// levels cuts the identifier into what each cascade level tells: four bytes, the first of which is the cascade tag 88 on all
// but the last (ISO/IEC 14443-3 §6.5.4).
func (p *picc) levels() [][]byte {
	var levels [][]byte
	rest := p.opt.uid()
	for len(rest) > 4 {
		levels = append(levels, append([]byte{0x88}, rest[:3]...))
		rest = rest[3:]
	}
	return append(levels, rest)
}

// anticollision answers ANTICOLLISION and SELECT of the cascade level that is due. Only whole-byte prefixes of the identifier
// are understood: with a single card there is no collision that would need others.
func (p *picc) anticollision(f []byte) *signal {
	level := p.levels()[p.level]
	own := append(bytes.Clone(level), level[0]^level[1]^level[2]^level[3])
	if len(f) < 2 || f[0] != 0x93+byte(2*p.level) || f[1]&0x0F != 0 {
		return p.idle()
	}
	known := int(f[1]>>4) - 2
	switch {
	case known >= 0 && known < 5 && len(f) == 2+known && bytes.Equal(f[2:], own[:known]):
		return &signal{data: own[known:]}
	case known != 5:
		return p.idle()
	}
	body, good := cutCRC(f, false)
	if !good || !bytes.Equal(body[2:], own) {
		return p.idle()
	}
	p.level++
	if p.level < len(p.levels()) {
		return &signal{data: withCRC([]byte{0x04}, false)} // identifier not complete
	}
	p.state = stateActive
	sak := byte(0x20) // ISO/IEC 14443-4
	if p.opt.Memory {
		sak = 0x08
	}
	return &signal{data: withCRC([]byte{sak}, false)}
}

// selected takes what an active card takes: RATS and HLTA.
func (p *picc) selected(ctx context.Context, f []byte) *signal {
	body, good := cutCRC(f, false)
	switch {
	case !good:
		return p.idle()
	case len(body) == 2 && body[0] == hltA && body[1] == 0:
		p.reset(stateHalt)
		return nil
	case p.opt.Memory && len(body) == 2 && body[0] == 0x30: // READ of a memory card: sixteen bytes of nothing
		return &signal{data: withCRC(make([]byte, 16), false)}
	case p.opt.Memory || len(body) != 2 || body[0] != rats || body[1]>>4 > 8 || body[1]&0x0F == 15:
		p.note("an active card was sent % X", body)
		return p.idle()
	}
	p.state = stateProtocol
	p.block = protocol{fsd: frameSizes[body[1]>>4], cid: body[1] & 0x0F, number: 1, fresh: true}
	p.intends.Store(int64(p.opt.SlowRATS))
	if err := pause(ctx, p.opt.SlowRATS); err != nil {
		return nil
	}
	return &signal{data: withCRC(p.ats(), false)}
}

// ats is the answer to select (ISO/IEC 14443-4 §5.2): TL T0 TA TB TC and historical bytes.
func (p *picc) ats() []byte {
	historical := p.opt.Historical
	if chip, ok := p.chip.(interface{ ATR() []byte }); ok && historical == nil {
		historical = historicalOf(chip.ATR())
	}
	cid := byte(0x02)
	if p.opt.NoCID {
		cid = 0
	}
	ats := []byte{0, 0x70 | byte(p.opt.fsci()), p.opt.rateByte(), byte(p.opt.fwi()) << 4, cid}
	ats = append(ats, historical[:min(len(historical), 15)]...)
	ats[0] = byte(len(ats))
	return ats
}

// historicalOf gives the historical bytes of an answer to reset that a reader made of an ATS (PC/SC part 3 §3.1.3.2.3.1):
// 3B 8n 80 01, n bytes, checksum.
func historicalOf(atr []byte) []byte {
	if len(atr) < 5 || atr[0] != 0x3B || atr[1]>>4 != 8 || len(atr) != 5+int(atr[1]&0x0F) {
		return nil
	}
	return atr[4 : len(atr)-1]
}

// Commands of type B (ISO/IEC 14443-3 §7.7, §7.10, §7.12).
const (
	apf    byte = 0x05 // REQB and WUPB
	attrib byte = 0x1D
	hltB   byte = 0x50
)

// typeB answers before ISO/IEC 14443-4.
func (p *picc) typeB(s signal) *signal {
	body, good := cutCRC(s.data, true)
	if !good || s.bits != 0 {
		return nil
	}
	switch {
	case len(body) == 3 && body[0] == apf:
		return p.requestB(body[1], body[2])
	case p.state == stateReady && len(body) >= 9 && body[0] == attrib && bytes.Equal(body[1:5], p.pupi()):
		return p.attribute(body)
	case p.state == stateReady && len(body) == 5 && body[0] == hltB && bytes.Equal(body[1:5], p.pupi()):
		p.reset(stateHalt)
		return &signal{data: withCRC([]byte{0x00}, true)}
	}
	return nil
}

// pupi is the pseudo-unique identifier of type B, four bytes.
func (p *picc) pupi() []byte {
	id := append(bytes.Clone(p.opt.uid()), 0, 0, 0, 0)
	return id[:4]
}

// requestB answers REQB and WUPB with ATQB (ISO/IEC 14443-3 §7.9). The card belongs to every application family; of several
// slots it takes the first.
func (p *picc) requestB(_, param byte) *signal {
	wakeUp := param&0x08 != 0
	if p.state == stateHalt && !wakeUp {
		return nil
	}
	p.state = stateReady
	frame := byte(0x01) // cid supported
	if p.opt.NoCID {
		frame = 0
	}
	atqb := append([]byte{0x50}, p.pupi()...)
	atqb = append(atqb, 0, 0, 0, 0, p.opt.rateByte(), byte(p.opt.fsci())<<4|0x01, byte(p.opt.fwi())<<4|frame)
	return &signal{data: withCRC(atqb, true)}
}

// attribute answers ATTRIB (ISO/IEC 14443-3 §7.10) and enters ISO/IEC 14443-4 at the bit rates it names.
func (p *picc) attribute(body []byte) *signal {
	fsdi, cid := int(body[6]&0x0F), body[8]&0x0F
	dsi, dri := int(body[6]>>6), int(body[6]>>4&3)
	if fsdi > 8 || body[7]&0x01 == 0 || (cid != 0 && p.opt.NoCID) || !p.takes(dri, dsi) {
		p.note("ATTRIB asked for what the card has not: % X", body[5:])
		return nil
	}
	p.state, p.dri, p.dsi = stateProtocol, dri, dsi
	p.block = protocol{fsd: frameSizes[fsdi], cid: cid, number: 1}
	return &signal{data: withCRC([]byte{cid}, true)}
}

// takes reports whether the card has these bit rates.
func (p *picc) takes(dri, dsi int) bool {
	return max(dri, dsi) <= p.opt.rates() && (!p.opt.SameRate || dri == dsi)
}
