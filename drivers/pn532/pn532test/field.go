package pn532test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"motcua/drivers/apdu"
)

// Status bytes of the commands (UM0701-02 §7.1 table 14).
const (
	statusOK        byte = 0x00
	statusTimeout   byte = 0x01
	statusCRC       byte = 0x02
	statusParity    byte = 0x03
	statusFraming   byte = 0x05
	statusBuffer    byte = 0x07
	statusProtocol  byte = 0x0B
	statusParameter byte = 0x10
	statusContext   byte = 0x27
	statusMore      byte = 0x40
)

const (
	turnAround        = 500 * time.Microsecond // between a frame and its answer, as cards were seen to take
	activationPause   = 5 * time.Millisecond   // guard time between two attempts to find a card (ISO/IEC 14443-3 §5.2)
	schedulerGrace    = 15 * time.Millisecond  // how late a busy machine may bring what was meant to be in time, at every look
	starved           = 3 * time.Second        // and at most
	damageParityShare = 0.5                    // of damaged frames of type A, how many show as a parity error
)

// Noise says how the radio treats frames, in both directions. Seed makes it repeatable.
type Noise struct {
	Lose    float64 // share of frames that are lost
	Corrupt float64 // share of frames that arrive damaged
	Seed    uint64
}

// field is the radio: the antenna's field, the card in it, and the frames between.
type field struct {
	dev *Device

	mu      sync.Mutex
	on      bool
	card    *picc // nil: none
	left    int   // response bytes until the card is torn away; negative never
	noise   Noise
	random  *rand.Rand
	changed chan struct{} // closed when a card comes or goes
}

func newField(d *Device, noise Noise) *field {
	f := &field{dev: d, left: -1, changed: make(chan struct{})}
	f.setNoise(noise)
	return f
}

func (f *field) setNoise(n Noise) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.noise, f.random = n, rand.New(rand.NewPCG(n.Seed, 0x532))
}

// insert puts a card on the antenna; one that is there is taken away first.
func (f *field) insert(chip Chip, opt CardOptions) {
	f.remove()
	p := &picc{opt: opt, chip: chip, note: f.dev.note, sent: f.spend, run: f.dev.run, life: f.dev.ctx}
	f.mu.Lock()
	f.card, f.left = p, -1
	on := f.on
	f.change()
	f.mu.Unlock()
	if on {
		p.switchOn()
	}
}

// remove takes the card away, if there is one.
func (f *field) remove() {
	f.mu.Lock()
	p := f.card
	f.card = nil
	if p != nil {
		f.change()
	}
	f.mu.Unlock()
	if p != nil {
		p.switchOff()
	}
}

// drop takes that card away if it is still there.
func (f *field) drop(p *picc) {
	f.mu.Lock()
	there := f.card == p
	f.mu.Unlock()
	if there {
		f.remove()
	}
}

func (f *field) change() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// next gives a channel that is closed when a card comes or goes.
func (f *field) next() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.changed
}

// present reports whether a card lies on the antenna.
func (f *field) present() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.card != nil
}

func (f *field) tear(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = max(0, n)
}

// spend counts response bytes; false when the card is torn away with them.
func (f *field) spend(n int) bool {
	f.dev.count(func(s *Stats) { s.APDUs++ })
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left < 0 {
		return true
	}
	f.left -= n
	return f.left > 0
}

// power switches the field. A card in a field that goes off forgets everything.
func (f *field) power(on bool) {
	f.mu.Lock()
	before, p := f.on, f.card
	f.on = on
	f.mu.Unlock()
	switch {
	case p == nil || before == on:
	case on:
		p.switchOn()
	default:
		p.switchOff()
	}
}

func (f *field) isOn() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.on
}

// radio is how the reader is set: bit rates and framing in each direction, and whether checksums are made and checked.
type radio struct {
	txRate, rxRate int // index: 0 for 106 to 3 for 848
	txB, rxB       bool
	txCRC, rxCRC   bool
}

// exchange sends a frame and waits for the answer, no longer than limit. It gives the answer as the reader's registers would,
// with a status byte.
func (f *field) exchange(ctx context.Context, r radio, data []byte, bits int, limit time.Duration) ([]byte, byte) {
	s := signal{data: data, bits: bits}
	if r.txCRC {
		s.data = withCRC(data, r.txB)
	}
	f.dev.count(func(st *Stats) { st.RadioFrames++; st.RadioBytes += len(s.data) })
	f.dev.spendTime(ctx, airTime(len(s.data), r.txRate, r.txB)+turnAround)
	f.mu.Lock()
	p, on := f.card, f.on
	f.mu.Unlock()
	arrived, whole := f.travel(s.data)
	if p == nil || !on || !arrived {
		return f.silence(ctx, limit)
	}
	answer, rate := f.listen(ctx, p, signal{data: whole, bits: bits}, r, limit)
	if answer == nil {
		return f.silence(ctx, limit)
	}
	f.dev.count(func(st *Stats) { st.RadioFrames++; st.RadioBytes += len(answer.data) })
	f.dev.spendTime(ctx, airTime(len(answer.data), rate, r.rxB))
	if rate != r.rxRate {
		f.dev.note("the card answered at %d kbit/s, the reader listened at %d", kbps(rate), kbps(r.rxRate))
		return nil, statusFraming
	}
	return f.receive(r, answer.data)
}

// silence is what the reader finds when nothing comes: it waits in vain.
func (f *field) silence(ctx context.Context, limit time.Duration) ([]byte, byte) {
	f.dev.spendTime(ctx, limit)
	return nil, statusTimeout
}

// listen gives the frame to the card and waits for its answer. A card that answers later than limit speaks to nobody.
func (f *field) listen(ctx context.Context, p *picc, s signal, r radio, limit time.Duration) (*signal, int) {
	type reply struct {
		answer *signal
		rate   int
	}
	replies, began := make(chan reply, 1), time.Now()
	f.dev.run(func() {
		answer, rate := p.hear(s, r.txRate, r.txB)
		if p.gone() {
			f.drop(p)
		}
		replies <- reply{answer, rate}
	})
	t := time.NewTimer(limit + schedulerGrace)
	defer t.Stop()
	for {
		select {
		case got := <-replies:
			return got.answer, got.rate
		case <-ctx.Done():
			return nil, 0
		case <-t.C:
		}
		if p.within(limit) && time.Since(began) < limit+starved {
			t.Reset(schedulerGrace) // the card means to answer in time: it is the machine that is late
			continue
		}
		f.dev.count(func(st *Stats) { st.Late++ })
		return nil, 0
	}
}

// travel gives the frame as it arrives: whole, damaged in one bit, or not at all.
func (f *field) travel(data []byte) (arrived bool, got []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.noise.Lose > 0 && f.random.Float64() < f.noise.Lose {
		f.dev.count(func(s *Stats) { s.Lost++ })
		return false, nil
	}
	if f.noise.Corrupt > 0 && len(data) > 0 && f.random.Float64() < f.noise.Corrupt {
		f.dev.count(func(s *Stats) { s.Corrupted++ })
		got = append([]byte(nil), data...)
		got[f.random.IntN(len(got))] ^= 1 << f.random.IntN(8)
		return true, got
	}
	return true, data
}

// receive is the reader's end of the answer: damage shows as a parity error of type A or a wrong checksum.
func (f *field) receive(r radio, data []byte) ([]byte, byte) {
	arrived, got := f.travel(data)
	if !arrived {
		return nil, statusTimeout
	}
	if damaged := len(data) > 0 && &got[0] != &data[0]; damaged && !r.rxB {
		f.mu.Lock()
		parity := f.random.Float64() < damageParityShare
		f.mu.Unlock()
		if parity || !r.rxCRC {
			return nil, statusParity
		}
	}
	if !r.rxCRC {
		return got, statusOK
	}
	body, good := cutCRC(got, r.rxB)
	if !good {
		return nil, statusCRC
	}
	return body, statusOK
}

// airTime gives how long n bytes take: nine bits each and a start and end bit (A), or ten bits each with about 24 bits around
// the frame (B) (ISO/IEC 14443-3 §6.2.3, §7.1).
func airTime(n, rate int, typeB bool) time.Duration {
	bits := 9*n + 2
	if typeB {
		bits = 10*n + 24
	}
	bit := 128e9 / 13.56e6 / float64(int(1)<<rate) // nanoseconds
	return time.Duration(float64(bits) * bit)
}

// pause lets d pass, or ctx end.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Insert puts a chip on the antenna; one that is there is taken away first.
func (d *Device) Insert(chip Chip, opt CardOptions) { d.field.insert(chip, opt) }

// Remove takes the card away.
func (d *Device) Remove() { d.field.remove() }

// Present reports whether a card lies on the antenna.
func (d *Device) Present() bool { return d.field.present() }

// Tear takes the card away after n more bytes of responses have come from its chip; 0 with the next response.
func (d *Device) Tear(n int) { d.field.tear(n) }

// SetNoise changes what the radio does to frames from now on.
func (d *Device) SetNoise(n Noise) { d.field.setNoise(n) }

// Follow keeps on the antenna what lies in the slot, until ctx ends: a card that comes and goes there does so here.
func (d *Device) Follow(ctx context.Context, slot apdu.Slot, opt CardOptions) error {
	for {
		if err := slot.Wait(ctx, true); err != nil {
			return fmt.Errorf("follow %s: %w", slot, err)
		}
		d.Insert(&slotChip{ctx: ctx, slot: slot}, opt)
		err := d.untilGone(ctx, slot)
		d.Remove()
		if err != nil {
			return fmt.Errorf("follow %s: %w", slot, err)
		}
	}
}

// untilGone waits until the card has left the slot, or this device's field: when another card took its place in the slot within
// a moment, only the field saw the first one go.
func (d *Device) untilGone(ctx context.Context, slot apdu.Slot) error {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	d.run(func() {
		for {
			changed := d.field.next()
			if !d.Present() {
				cancel()
				return
			}
			select {
			case <-changed:
			case <-waiting.Done():
				return
			}
		}
	})
	_ = slot.Wait(waiting, false) // ends in any case; only the caller's context is an error
	return ctx.Err()
}
