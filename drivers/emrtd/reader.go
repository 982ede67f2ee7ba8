package emrtd

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"sync"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
)

// The limits when Options do not say otherwise.
const (
	defaultTimeout = 60 * time.Second // TR-03135-1 §4.1.4 wants 7 s; old chips with large pictures take longer
	defaultResume  = 30 * time.Second
	defaultFile    = 64 << 10
	defaultAPDUs   = 1000
	attempts       = 6 // sessions per read, when lengths have to be found
)

// Options of a [Reader]. The zero value works; without Trust no document is ever verified.
type Options struct {
	Trust        *pa.Store        // trust anchors and revocation lists
	Now          func() time.Time // nil: time.Now
	Rand         io.Reader        // nil: crypto/rand
	Challenge    func() []byte    // active authentication challenge of 8 bytes; nil: from Rand
	Timeout      time.Duration    // for a whole read
	ResumeWithin time.Duration    // how long a torn read is kept
	MaxFile      int              // bytes of one file
	MaxCommands  int              // commands per file
}

func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.ResumeWithin <= 0 {
		o.ResumeWithin = defaultResume
	}
	if o.MaxFile <= 0 {
		o.MaxFile = defaultFile
	}
	if o.MaxCommands <= 0 {
		o.MaxCommands = defaultAPDUs
	}
	return o
}

// Reader reads chip cards in a slot. It implements kiosk.CardReader and is safe for concurrent use; reads wait for each other.
type Reader struct {
	slot apdu.Slot
	opts Options
	mem  memories
	busy chan struct{} // holds one token while a read runs

	tornMu sync.Mutex
	torn   *torn
}

var _ kiosk.CardReader = (*Reader)(nil)

// NewReader makes a Reader over a slot.
func NewReader(slot apdu.Slot, opts Options) *Reader {
	return &Reader{slot: slot, opts: opts.filled(), busy: make(chan struct{}, 1)}
}

// String gives the slot's name.
func (r *Reader) String() string { return r.slot.String() }

// Read implements kiosk.CardReader.
func (r *Reader) Read(ctx context.Context, key kiosk.CardKey, progress func(kiosk.ChipProgress)) (*kiosk.ChipRead, error) {
	pw, err := newPassword(key)
	if err != nil {
		return nil, err
	}
	select {
	case r.busy <- struct{}{}:
		defer func() { <-r.busy }()
	case <-ctx.Done():
		return nil, coded(ctx.Err())
	}
	ctx, cancel := context.WithTimeout(ctx, r.opts.Timeout)
	defer cancel()
	start := time.Now()
	before := r.take(key)
	if progress == nil {
		progress = func(kiosk.ChipProgress) {}
	}
	v := &visit{opts: r.opts, key: key, pw: pw, before: before, progress: progress}
	defer func() { r.end(v, before, err) }()
	for range attempts {
		if err = r.session(ctx, v); !errors.Is(err, errShorter) {
			break
		}
	}
	if err = coded(err); err != nil {
		return nil, err
	}
	out := v.judge()
	out.Duration = time.Since(start)
	if out.Verdict != kiosk.Refused { // a forged card must not teach us to read slowly
		r.mem.put(v.kind, v.mem)
	}
	return out, nil
}

// session powers the card and runs one visit over it.
func (r *Reader) session(ctx context.Context, v *visit) error {
	card, err := r.slot.Connect(ctx)
	if err != nil {
		return err
	}
	defer card.Close() // an error means that the card has gone
	if kind := kindOf(r.String(), card.ATR()); kind != v.kind {
		if v.kind, v.mem = kind, r.mem.get(kind); v.before != nil && v.before.kind == kind {
			v.mem = v.before.mem
		}
	}
	return v.run(ctx, card)
}

// end keeps what was read when the card was lost, and wipes it after every other error.
func (r *Reader) end(v *visit, before *torn, err error) {
	switch {
	case err == nil:
		before.wipe()
	case kiosk.CodeOf(err) == kiosk.CodeCardLost:
		r.keep(v.remains(before))
	default:
		before.wipe()
		for _, f := range v.files {
			clear(f)
		}
		clear(v.partBytes)
	}
}
