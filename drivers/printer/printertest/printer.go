// Package printertest is a receipt printer in software: it reads the ESC/POS byte stream as a thermal printer does and gives back
// what would be on the paper.
//
// It has paper, a cover, a cutter, a plug and a receive buffer. A printer that cannot print keeps what it received, answers the
// real-time questions all the same, and prints the rest when it can: what a driver that forgets this leaves for the next citizen
// is seen here. Real-time commands are looked for in everything that is received, also within pictures, as real printers do.
//
// It serves the driver's tests, the simulated kiosk and its dock. Source: Epson ESC/POS Command Reference.
package printertest

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"motcua/drivers/printer"
)

// Options of a [Printer].
type Options struct {
	Dots    int           // across the paper; 0: printer.Width80
	RowTime time.Duration // one row takes; 0: none
	Buffer  int           // bytes that are received ahead; 0: 64 KB
	NoClear bool          // it does not know DLE DC4 function 8, like cheap ones
	Changed func()        // told after anything changed; may be nil
}

// maxPapers is how many cut papers are kept.
const maxPapers = 8

// Printer is the simulated printer. All methods may be called from any goroutine.
type Printer struct {
	o Options

	mu        sync.Mutex
	wake      chan struct{} // closed when something changed
	conns     []net.Conn    // the printer's ends
	unplugged bool
	noPaper   bool
	low       bool
	cover     bool
	jam       bool // the cutter will stick
	stuck     bool // it does
	left      int  // rows until the paper is out; -1: much
	buffer    []byte
	parse     parser
	paper     [][]byte // rows that are printed and not cut
	papers    []*printer.Bitmap
	accidents int
}

// New makes a printer that is plugged in and has paper.
func New(o Options) *Printer {
	if o.Dots == 0 {
		o.Dots = printer.Width80
	}
	if o.Buffer == 0 {
		o.Buffer = 64 << 10
	}
	return &Printer{o: o, wake: make(chan struct{}), left: -1}
}

// errUnplugged is what opening a printer gives that is not there.
var errUnplugged = errors.New("no such device")

// Open connects to the printer, as opening its device does. It fits [printer.Options].
func (p *Printer) Open() (printer.Port, error) {
	host, ours := net.Pipe()
	p.mu.Lock()
	if p.unplugged {
		p.mu.Unlock()
		return nil, errUnplugged
	}
	p.conns = append(p.conns, ours)
	p.mu.Unlock()
	go p.Serve(context.Background(), ours)
	return host, nil
}

// Conn is the printer's end of a line.
type Conn interface {
	Read(b []byte) (int, error)
	Write(b []byte) (int, error)
}

// Serve reads and prints until the line ends or ctx does.
func (p *Printer) Serve(ctx context.Context, c Conn) {
	ctx, cancel := context.WithCancel(ctx)
	var working sync.WaitGroup
	answers := make(chan []byte, 64) // what the printer says waits here until the host reads it
	working.Go(func() { p.print(ctx, answers) })
	working.Go(func() {
		for {
			select {
			case a := <-answers:
				if _, err := c.Write(a); err != nil {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	})
	p.receive(ctx, c, answers)
	cancel()
	working.Wait()
}

// say queues an answer; what a host never reads is lost at last.
func say(answers chan<- []byte, a []byte) {
	select {
	case answers <- a:
	default:
	}
}

// notify wakes who waits for something to change.
func (p *Printer) notify() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.wake)
	p.wake = make(chan struct{})
}

// change changes something and tells everyone.
func (p *Printer) change(f func()) {
	p.mu.Lock()
	f()
	p.mu.Unlock()
	p.notify()
	if p.o.Changed != nil {
		p.o.Changed()
	}
}

// SetPaper puts paper in, or takes it out.
func (p *Printer) SetPaper(in bool) { p.change(func() { p.noPaper, p.left = !in, -1 }) }

// EndAfter lets the paper end after that many more rows.
func (p *Printer) EndAfter(rows int) { p.change(func() { p.left = rows }) }

// SetLow makes the roll nearly empty, or not.
func (p *Printer) SetLow(low bool) { p.change(func() { p.low = low }) }

// OpenCover opens the cover, or closes it.
func (p *Printer) OpenCover(open bool) { p.change(func() { p.cover = open }) }

// Jam lets the cutter stick at the next cut; false frees it.
func (p *Printer) Jam(jam bool) {
	p.change(func() {
		p.jam = jam
		if !jam {
			p.stuck = false
		}
	})
}

// Unplug pulls the plug: open lines break, and the printer forgets what it had received. Paper that was begun stays in it.
func (p *Printer) Unplug() {
	p.change(func() {
		for _, c := range p.conns {
			_ = c.Close() // what was on the way is lost
		}
		p.conns, p.unplugged, p.buffer, p.parse = nil, true, nil, parser{}
	})
}

// Plug puts the plug back.
func (p *Printer) Plug() { p.change(func() { p.unplugged = false }) }

// State is how the printer is.
type State struct {
	Unplugged, NoPaper, Low, Cover, Jam bool
}

// State tells how the printer is.
func (p *Printer) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return State{p.unplugged, p.noPaper, p.low, p.cover, p.jam}
}

// Papers gives what was cut off, oldest first; only the last few are kept.
func (p *Printer) Papers() []*printer.Bitmap {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.papers)
}

// Uncut tells how many rows are printed and not cut.
func (p *Printer) Uncut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.paper)
}

// Accidents tells how often a picture held what a printer takes for a real-time command.
func (p *Printer) Accidents() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accidents
}

// Forget drops the papers that were cut.
func (p *Printer) Forget() { p.change(func() { p.papers = nil }) }
