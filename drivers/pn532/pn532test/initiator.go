package pn532test

import (
	"bytes"
	"context"
	"time"
)

// target is a card the firmware has activated.
type target struct {
	number byte // Tg: always 1
	typeB  bool
	uid    []byte // whole identifier (A) or PUPI (B)
	isodep *dep   // nil: not ISO/IEC 14443-4, or left to the host
	info   []byte // target data as InListPassiveTarget gives it, without Tg
}

// activationLimit is how long the firmware waits for each answer while it activates a card.
const activationLimit = 30 * time.Millisecond

// initiator runs the commands of §7.3.
func (d *Device) initiator(ctx context.Context, code byte, args []byte) ([]byte, bool) {
	switch code {
	case cmdRFConfiguration:
		return nil, d.configureRF(args)
	case cmdListPassiveTarget:
		return d.listPassiveTarget(ctx, args)
	case cmdPSL:
		return d.psl(ctx, args)
	case cmdDataExchange:
		return d.dataExchange(ctx, args)
	case cmdCommunicateThru:
		return d.communicateThru(ctx, args)
	case cmdDeselect, cmdRelease, cmdSelect:
		if len(args) != 1 {
			return nil, false
		}
		return []byte{d.failed(d.choose(ctx, code, args[0]))}, true
	}
	return nil, false
}

// failed remembers a status for GetGeneralStatus.
func (d *Device) failed(status byte) byte {
	d.fw.lastError = status & 0x3F
	return status
}

// configureRF is RFConfiguration (§7.3.1). The analog settings are taken and have no effect here.
func (d *Device) configureRF(args []byte) bool {
	if len(args) < 2 {
		return false
	}
	item, data := args[0], args[1:]
	switch {
	case item == 0x01 && len(data) == 1:
		if data[0]&1 == 0 {
			d.fw.target = nil
		}
		d.field.power(data[0]&1 == 1 && d.fw.configured)
	case item == 0x02 && len(data) == 3:
		d.fw.retryLimit = data[2]
	case item == 0x04 && len(data) == 1:
		d.fw.retries = data[0]
	case item == 0x05 && len(data) == 3:
		d.fw.activations = data[2]
	case item == 0x0A && len(data) == 11, item == 0x0B && len(data) == 8, item == 0x0C && len(data) == 3, item == 0x0D && len(data) == 9:
	default:
		return false
	}
	return true
}

// listPassiveTarget is InListPassiveTarget (§7.3.5) for 106 kbit/s of type A (00) and B (03). It tries as often as
// RFConfiguration says, for ever by default, until the host gives up.
func (d *Device) listPassiveTarget(ctx context.Context, args []byte) ([]byte, bool) {
	if len(args) < 2 || args[0] < 1 || args[0] > 2 || args[1] > 4 || (args[1] == 3 && (len(args) < 3 || len(args) > 4)) {
		return nil, false
	}
	d.fw.target = nil
	if !d.fw.configured {
		d.note("a card was looked for before SAMConfiguration")
		return []byte{0}, true
	}
	if !d.field.isOn() {
		d.field.power(true)
		d.spendTime(ctx, activationPause)
	}
	for tries := 0; ctx.Err() == nil; tries++ {
		changed := d.field.next()
		if t := d.activate(ctx, args[1], args[2:]); t != nil {
			d.fw.target = t
			return append([]byte{1, t.number}, t.info...), true
		}
		if d.fw.activations != 0xFF && tries >= int(d.fw.activations) {
			break
		}
		d.betweenTries(ctx, changed)
	}
	return []byte{0}, true
}

// betweenTries waits until it is worth trying again: for an empty antenna that tries for ever, until a card comes.
func (d *Device) betweenTries(ctx context.Context, changed <-chan struct{}) {
	if d.fw.activations != 0xFF || d.field.present() {
		_ = pause(ctx, activationPause)
		return
	}
	select {
	case <-changed:
	case <-ctx.Done():
	}
}

// activate makes one attempt.
func (d *Device) activate(ctx context.Context, baud byte, initiator []byte) *target {
	switch baud {
	case 0x00:
		return d.activateA(ctx, initiator)
	case 0x03:
		return d.activateB(ctx, initiator[0])
	}
	return nil // FelICa and Jewel cards are none of ours
}

// ask exchanges one frame as the registers are set; nil when the answer is not good.
func (d *Device) ask(ctx context.Context, data ...byte) []byte {
	answer, status := d.field.exchange(ctx, d.radio(), data, 0, activationLimit)
	if status != statusOK {
		return nil
	}
	return answer
}

// activateA goes through REQA, the cascade levels, and RATS when SetParameters wants it (ISO/IEC 14443-3 §6.5).
func (d *Device) activateA(ctx context.Context, wanted []byte) *target {
	d.setRadio(radio{})
	atqa, status := d.field.exchange(ctx, d.radio(), []byte{reqA}, 7, activationLimit)
	if status != statusOK || len(atqa) != 2 {
		return nil
	}
	uid, sak, ok := d.cascade(ctx)
	if !ok || (len(wanted) > 0 && !bytes.Equal(wanted, uid)) {
		return nil
	}
	t := &target{number: 1, uid: uid, info: append([]byte{atqa[1], atqa[0], sak, byte(len(uid))}, uid...)}
	if sak&0x20 == 0 || d.fw.flags&flagAutomaticRATS == 0 {
		return t
	}
	ats := d.ask(ctx, rats, 0x50) // frames of 64 bytes, card number 0
	if len(ats) == 0 || int(ats[0]) != len(ats) {
		return nil
	}
	t.isodep = depOfATS(d, ats)
	t.info = append(t.info, ats...)
	return t
}

// cascade tells the identifier and selects the card.
func (d *Device) cascade(ctx context.Context) (uid []byte, sak byte, ok bool) {
	for sel := byte(0x93); sel <= 0x97; sel += 2 {
		d.setRadio(radio{})
		part := d.ask(ctx, sel, 0x20)
		if len(part) != 5 || part[0]^part[1]^part[2]^part[3] != part[4] {
			return nil, 0, false
		}
		d.setRadio(radio{txCRC: true, rxCRC: true})
		answer := d.ask(ctx, append([]byte{sel, 0x70}, part...)...)
		if len(answer) != 1 {
			return nil, 0, false
		}
		if answer[0]&0x04 == 0 {
			return append(uid, part[:4]...), answer[0], true
		}
		uid = append(uid, part[1:4]...) // without the cascade tag
	}
	return nil, 0, false
}

// activateB goes through REQB and ATTRIB with frames of 64 bytes (ISO/IEC 14443-3 §7.7, §7.10).
func (d *Device) activateB(ctx context.Context, afi byte) *target {
	d.setRadio(radio{txB: true, rxB: true, txCRC: true, rxCRC: true})
	atqb := d.ask(ctx, apf, afi, 0x00)
	if len(atqb) < 12 || atqb[0] != 0x50 {
		return nil
	}
	cid := atqb[11] & 0x01 // the target's number, when the card takes one
	answer := d.ask(ctx, attrib, atqb[1], atqb[2], atqb[3], atqb[4], 0x00, 0x05, 0x01, cid)
	if len(answer) == 0 || answer[0]&0x0F != cid {
		return nil
	}
	t := &target{number: 1, typeB: true, uid: atqb[1:5]}
	t.isodep = &dep{dev: d, typeB: true, cid: cid, useCID: cid != 0, fsc: frameSizes[min(int(atqb[10]>>4), 8)], fwi: int(atqb[11] >> 4)}
	t.info = append(append(t.info, atqb[:12]...), byte(len(answer)))
	t.info = append(t.info, answer...)
	return t
}

// targetOf gives the target of a Tg byte, nil when there is no such.
func (d *Device) targetOf(tg byte) *target {
	if t := d.fw.target; t != nil && tg&0x07 == t.number {
		return t
	}
	return nil
}

// psl is InPSL (§7.3.7): PPS with an ISO/IEC 14443-4 card of type A. BRit is the speed towards the card, BRti from it.
func (d *Device) psl(ctx context.Context, args []byte) ([]byte, bool) {
	if len(args) != 3 {
		return nil, false
	}
	t := d.targetOf(args[0])
	switch {
	case t == nil, t.typeB, t.isodep == nil, d.variant.noPSL:
		return []byte{d.failed(statusContext)}, true
	case args[1] > 2 || args[2] > 2:
		return []byte{d.failed(statusParameter)}, true
	}
	r := d.radio()
	answer, status := d.field.exchange(ctx, r, []byte{0xD0, 0x11, args[2]<<2 | args[1]}, 0, activationLimit)
	if status == statusOK && !bytes.Equal(answer, []byte{0xD0}) {
		status = statusProtocol
	}
	if status == statusOK {
		r.txRate, r.rxRate = int(args[1]), int(args[2])
		d.setRadio(r)
	}
	return []byte{d.failed(status)}, true
}

// dataExchange is InDataExchange (§7.3.8). MI in Tg says that more of the command follows; MI in the status that more of the
// response waits, which Tg without data fetches.
func (d *Device) dataExchange(ctx context.Context, args []byte) ([]byte, bool) {
	if len(args) == 0 || len(args) > dataPiece+1 {
		return nil, false
	}
	t := d.targetOf(args[0])
	if t == nil {
		return []byte{d.failed(statusContext)}, true
	}
	if t.isodep != nil {
		data, status := t.isodep.exchange(ctx, args[1:], args[0]&statusMore != 0)
		return append([]byte{d.failed(status)}, data...), true
	}
	data, status := d.raw(ctx, args[1:], 0)
	return append([]byte{d.failed(status)}, data...), true
}

// communicateThru is InCommunicateThru (§7.3.9): a frame of the host's, as the registers are set.
func (d *Device) communicateThru(ctx context.Context, args []byte) ([]byte, bool) {
	if len(args) == 0 || d.variant.noThru {
		return nil, false
	}
	if !d.fw.configured {
		return []byte{d.failed(statusContext)}, true
	}
	data, status := d.raw(ctx, args, int(d.fw.registers[regBitFraming]&0x07))
	if len(data) > dataPiece {
		data, status = nil, statusBuffer
	}
	return append([]byte{d.failed(status)}, data...), true
}

// raw exchanges a frame, again as often as RFConfiguration says.
func (d *Device) raw(ctx context.Context, data []byte, bits int) ([]byte, byte) {
	for n := 0; ; n++ {
		answer, status := d.field.exchange(ctx, d.radio(), data, bits, limit(d.fw.retryLimit))
		if status == statusOK || n >= int(d.fw.retries) || ctx.Err() != nil {
			return answer, status
		}
	}
}

// choose is InDeselect, InRelease and InSelect (§7.3.10 to §7.3.12); Tg 00 is every target.
func (d *Device) choose(ctx context.Context, code, tg byte) byte {
	t := d.fw.target
	if t == nil || (tg != 0 && tg != t.number) || (code == cmdSelect && tg == 0) {
		if code == cmdRelease && tg == 0 {
			return statusOK // releasing nothing
		}
		return statusContext
	}
	if code == cmdSelect {
		return statusOK // it is the only one
	}
	status := statusOK
	if t.isodep != nil {
		status = t.isodep.deselect(ctx)
	}
	if code == cmdRelease {
		d.fw.target = nil
	}
	return status
}

// attention is the attention request test (§7.2.1, NumTst 06): is the ISO/IEC 14443-4 card still there?
func (d *Device) attention(ctx context.Context) byte {
	t := d.fw.target
	if t == nil || t.isodep == nil {
		return d.failed(statusContext)
	}
	return d.failed(t.isodep.ping(ctx))
}
