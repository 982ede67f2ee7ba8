package printertest

import (
	"context"
	"time"

	"motcua/drivers/printer"
)

// receive reads the line into the buffer, and answers real-time commands at once. A full buffer stops reading.
func (p *Printer) receive(ctx context.Context, c Conn, answers chan<- []byte) {
	block := make([]byte, 1024)
	var real realtime
	for {
		n, err := c.Read(block)
		for _, b := range block[:n] {
			answer, clears := real.see(b, p.status)
			p.mu.Lock()
			if clears && !p.o.NoClear {
				p.buffer, p.parse = nil, parser{}
				answer = []byte{0x37, 0x25, 0}
			} else {
				p.buffer = append(p.buffer, b)
			}
			p.mu.Unlock()
			if len(answer) > 0 {
				say(answers, answer)
			}
		}
		if err != nil {
			return
		}
		p.notify()
		if !p.wait(ctx, func() bool { return len(p.buffer) < p.o.Buffer }) {
			return
		}
	}
}

// wait waits until something holds, which it is asked under the lock.
func (p *Printer) wait(ctx context.Context, holds func() bool) bool {
	for {
		p.mu.Lock()
		ok, wake := holds(), p.wake
		p.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return false
		}
	}
}

// realtime looks for real-time commands in a stream: DLE EOT n, and DLE DC4 8 with its seven fixed bytes.
type realtime struct{ last []byte }

var clearCommand = []byte{0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8}

func (r *realtime) see(b byte, status func(n byte) byte) (answer []byte, clears bool) {
	r.last = append(r.last, b)
	switch l := r.last; {
	case l[0] != 0x10:
		r.last = nil
	case len(l) == 1:
	case len(l) == 2 && b != 0x04 && b != 0x14:
		r.last = nil
		if b == 0x10 {
			r.last = []byte{b}
		}
	case len(l) == 3 && l[1] == 0x04:
		r.last = nil
		if b >= 1 && b <= 4 {
			return []byte{status(b)}, false
		}
	case l[1] == 0x14 && b != clearCommand[len(l)-1]:
		r.last = nil
	case len(l) == len(clearCommand):
		r.last = nil
		return nil, true
	}
	return nil, false
}

// status answers DLE EOT n.
func (p *Printer) status(n byte) byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := byte(0x12)
	set := func(on bool, bits byte) {
		if on {
			b |= bits
		}
	}
	switch n {
	case 1:
		set(p.offline(), 1<<3)
	case 2:
		set(p.cover, 1<<2)
		set(p.noPaper, 1<<5)
		set(p.stuck, 1<<6)
	case 3:
		set(p.stuck, 1<<3)
	case 4:
		set(p.low || p.noPaper, 1<<2|1<<3)
		set(p.noPaper, 1<<5|1<<6)
	}
	return b
}

// offline: it cannot print. The lock is held.
func (p *Printer) offline() bool { return p.noPaper || p.cover || p.stuck }

// parser is where in a command the printer is.
type parser struct {
	stride, rows int // of the picture whose rows are still to come
}

// print prints what was received, as long as it can.
func (p *Printer) print(ctx context.Context, answers chan<- []byte) {
	for {
		if !p.wait(ctx, func() bool { return !p.offline() && p.ready() }) {
			return
		}
		p.mu.Lock()
		full, papers, paper := len(p.buffer) >= p.o.Buffer, len(p.papers), p.noPaper || p.stuck
		answer, row := p.step()
		changed := len(p.papers) != papers || (p.noPaper || p.stuck) != paper
		p.mu.Unlock()
		if row && p.o.RowTime > 0 {
			t := time.NewTimer(p.o.RowTime)
			select {
			case <-t.C:
			case <-ctx.Done():
				return
			}
		}
		if answer != nil {
			say(answers, answer)
		}
		switch {
		case changed:
			p.change(func() {})
		case full:
			p.notify()
		}
	}
}

// need is how many bytes the next step takes, 1 when that is not known yet. The lock is held.
func (p *Printer) need() int {
	if p.parse.rows > 0 {
		return p.parse.stride
	}
	b := p.buffer
	if len(b) < 2 {
		return 1
	}
	switch {
	case b[0] == 0x1b && b[1] == '@':
		return 2
	case b[0] == 0x1b && (b[1] == 'J' || b[1] == 'd'):
		return 3
	case b[0] == 0x1d && b[1] == 'v':
		return 8
	case b[0] == 0x1d && b[1] == 'V':
		return 4
	case b[0] == 0x1d && b[1] == 'r', b[0] == 0x1d && b[1] == 'a':
		return 3
	case b[0] == 0x10 && b[1] == 0x04, b[0] == 0x10 && b[1] == 0x05:
		return 3
	case b[0] == 0x10 && b[1] == 0x14:
		return len(clearCommand)
	}
	return 1
}

// ready tells whether a step can be made. The lock is held.
func (p *Printer) ready() bool {
	b := p.buffer
	if len(b) == 0 {
		return false
	}
	if p.parse.rows == 0 && len(b) == 1 {
		return b[0] != 0x1b && b[0] != 0x1d && b[0] != 0x10 // the name of a command may still come
	}
	return len(b) >= p.need()
}

// step takes one command, or one row of a picture, from the buffer. The lock is held.
func (p *Printer) step() (answer []byte, row bool) {
	if !p.ready() || p.offline() {
		return nil, false // it was cleared, or opened, meanwhile
	}
	n := p.need()
	b := p.buffer[:n]
	p.buffer = p.buffer[n:]
	if p.parse.rows > 0 {
		p.parse.rows--
		p.dots(b)
		return nil, true
	}
	switch {
	case b[0] == 0x1d && n == 8: // GS v 0
		p.parse = parser{stride: int(b[4]) | int(b[5])<<8, rows: int(b[6]) | int(b[7])<<8}
		if p.parse.stride == 0 {
			p.parse.rows = 0
		}
	case b[0] == 0x1b && n == 3: // ESC J, ESC d
		rows := int(b[2])
		if b[1] == 'd' {
			rows *= 30
		}
		for range rows {
			p.feed(make([]byte, p.o.Dots/8))
		}
	case b[0] == 0x1d && n == 4: // GS V
		p.cut()
	case b[0] == 0x1d && n == 3 && b[1] == 'r':
		return []byte{0}, false
	case b[0] == '\n':
		p.feed(make([]byte, p.o.Dots/8))
	}
	return nil, false
}

// dots prints one row of a picture, as much as the paper is wide.
func (p *Printer) dots(b []byte) {
	for i := 0; i+1 < len(b); i++ {
		if b[i] == 0x10 && (b[i+1] == 0x04 || b[i+1] == 0x05 || b[i+1] == 0x14) {
			p.accidents++
		}
	}
	row := make([]byte, p.o.Dots/8)
	copy(row, b)
	p.feed(row)
}

func (p *Printer) feed(row []byte) {
	p.paper = append(p.paper, row)
	if p.left > 0 {
		p.left--
	}
	if p.left == 0 {
		p.noPaper, p.left = true, -1
	}
}

// cut cuts, unless the cutter sticks.
func (p *Printer) cut() {
	if p.jam {
		p.stuck = true
		return
	}
	b := printer.NewBitmap(p.o.Dots, len(p.paper))
	for y, row := range p.paper {
		copy(b.Bits[y*b.Stride():], row)
	}
	p.paper = nil
	p.papers = append(p.papers, b)
	if len(p.papers) > maxPapers {
		p.papers = p.papers[1:]
	}
}
