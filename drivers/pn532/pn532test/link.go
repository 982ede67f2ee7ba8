package pn532test

import (
	"context"
	"sync"
)

// outlet is the host interface in use: where frames to the host go.
type outlet interface {
	put(ctx context.Context, frame []byte) // brings a frame to the host; takes the wire's time
	clear()                                // forgets frames the host has not fetched
}

// link is the frame layer between the host's bytes and the firmware (UM0701-02 §6.2): every command is acknowledged, then
// answered; an ACK from the host ends the command in work, a NACK has the last answer sent again, a new command takes the
// place of the one in work.
type link struct {
	feeding sync.Mutex // one run of bytes at a time
	parser  parser

	mu     sync.Mutex // of what follows
	out    outlet
	asleep bool
	last   []byte // last answer, for NACK
	work   *running
	onACK  func() // runs when the host acknowledges the last answer
}

// running is a command in work.
type running struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// attach makes out the host interface; another one that was in use gets nothing any more.
func (d *Device) attach(out outlet) {
	d.link.mu.Lock()
	defer d.link.mu.Unlock()
	d.link.out = out
}

// bytesIn takes bytes from the host.
func (d *Device) bytesIn(b []byte) {
	d.link.feeding.Lock()
	defer d.link.feeding.Unlock()
	d.count(func(s *Stats) { s.HostBytes += len(b) })
	for _, x := range b {
		k, payload := d.link.parser.feed(x)
		if k == kindNone {
			continue
		}
		d.count(func(s *Stats) { s.HostFrames++ })
		switch k {
		case kindCommand:
			d.begin(append([]byte(nil), payload...))
		case kindACK:
			d.acknowledged()
		case kindNACK:
			d.again()
		case kindNone:
		}
	}
}

// stop ends the command in work and waits until it has.
func (d *Device) stop() {
	d.link.mu.Lock()
	w := d.link.work
	d.link.work = nil
	d.link.mu.Unlock()
	if w != nil {
		w.cancel()
		<-w.done
	}
}

// begin acknowledges and runs a command.
func (d *Device) begin(payload []byte) {
	d.stop()
	ctx, cancel := context.WithCancel(d.ctx)
	w := &running{cancel: cancel, done: make(chan struct{})}
	d.link.mu.Lock()
	out := d.link.out
	d.link.work, d.link.onACK = w, nil
	d.link.mu.Unlock()
	if out == nil || d.ctx.Err() != nil {
		cancel()
		close(w.done)
		return
	}
	out.clear()
	d.run(func() {
		defer close(w.done)
		defer cancel()
		if pause(ctx, d.variant.ackDelay) != nil {
			return
		}
		d.send(ctx, out, ackFrame)
		answer := d.answer(ctx, payload)
		if ctx.Err() != nil {
			return
		}
		d.link.mu.Lock()
		d.link.last = answer
		d.link.mu.Unlock()
		d.send(ctx, out, answer)
		d.slumber()
	})
}

// answer is the whole frame that answers a command.
func (d *Device) answer(ctx context.Context, payload []byte) []byte {
	data := d.execute(ctx, payload)
	if data == nil {
		return errorFrame
	}
	f := infoFrame(data)
	if d.variant.noPreamble {
		f = f[1:]
	}
	return f
}

func (d *Device) send(ctx context.Context, out outlet, frame []byte) {
	if ctx.Err() != nil {
		return
	}
	d.count(func(s *Stats) { s.HostFrames++; s.HostBytes += len(frame) })
	out.put(ctx, frame)
}

// acknowledged is the host's ACK: it ends a command in work, or confirms the last answer.
func (d *Device) acknowledged() {
	d.link.mu.Lock()
	confirm, out := d.link.onACK, d.link.out
	d.link.onACK = nil
	d.link.mu.Unlock()
	if confirm != nil {
		d.settle()
		confirm()
		return
	}
	d.stop()
	if out != nil {
		out.clear()
	}
}

// settle waits until the answer in work has left.
func (d *Device) settle() {
	d.link.mu.Lock()
	w := d.link.work
	d.link.mu.Unlock()
	if w != nil {
		<-w.done
	}
}

// again sends the last answer once more.
func (d *Device) again() {
	d.link.mu.Lock()
	last, out := d.link.last, d.link.out
	d.link.mu.Unlock()
	if last != nil && out != nil {
		d.settle()
		out.clear()
		d.send(d.ctx, out, last)
	}
}

// whenAcknowledged has f run at the host's ACK of the answer to the command in work.
func (d *Device) whenAcknowledged(f func()) {
	d.link.mu.Lock()
	defer d.link.mu.Unlock()
	d.link.onACK = f
}

// slumber puts the device to sleep after the answer to PowerDown has left.
func (d *Device) slumber() {
	if !d.fw.sleepy {
		return
	}
	d.fw.sleepy = false
	d.link.mu.Lock()
	defer d.link.mu.Unlock()
	d.link.asleep = true
}

// awake reports whether the device hears, and wakes it.
func (d *Device) awake(wake bool) bool {
	d.link.mu.Lock()
	defer d.link.mu.Unlock()
	was := !d.link.asleep
	if wake {
		d.link.asleep = false
	}
	return was
}
