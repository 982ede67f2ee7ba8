package uart

import (
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"
)

// Conn is a serial port with a speed. One goroutine may read while another writes; deadlines may be set by any.
type Conn struct {
	port *Port
	name string
	file *os.File

	mu   sync.Mutex // of s and real
	s    setting
	real uint32 // speed the kernel set

	readBy atomic.Int64 // the caller's read deadline in Unix nanoseconds, 0 none
	dead   atomic.Bool  // unplugged: Connect must open the port again
}

var _ conn.Conn = (*Conn)(nil)

// past is a deadline that ends a transfer at once.
var past = time.Unix(1, 0)

// slack is what a transfer may take beyond its time on the wire when the caller set no deadline. Adapters on USB were seen to
// hold the first byte after opening back for a second.
const slack = 2 * time.Second

// String gives the port's name.
func (c *Conn) String() string { return c.name }

// Duplex says that Tx writes first and reads then.
func (c *Conn) Duplex() conn.Duplex { return conn.Half }

// Halt ends a transfer that blocks.
func (c *Conn) Halt() error { return c.port.Halt() }

// Tx writes all of w and then fills r completely. Without a read deadline it gives up some seconds after the bytes should
// have been there. Errors: [*Error] of ErrUnplugged, os.ErrDeadlineExceeded, os.ErrClosed.
func (c *Conn) Tx(w, r []byte) error {
	if len(w) > 0 {
		if _, err := c.Write(w); err != nil {
			return err
		}
	}
	if len(r) == 0 {
		return nil
	}
	if c.readBy.Load() == 0 {
		if err := c.file.SetReadDeadline(time.Now().Add(c.wire(len(w)+len(r)) + slack)); err != nil {
			return transferError("read", c.name, err)
		}
		defer func() { _ = c.file.SetReadDeadline(time.Time{}) }()
	}
	_, err := io.ReadFull(c, r)
	return err
}

// Read gives what is there, at least one byte, and blocks until the read deadline when there is nothing.
// Errors: as Tx.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.file.Read(p)
	if n > 0 || err == nil {
		return n, nil
	}
	return 0, c.failed("read", err)
}

// Write writes all of p to the port's buffer. It does not wait for the wire; a port that takes nothing (flow control) fails
// with os.ErrDeadlineExceeded. Errors: as Tx.
func (c *Conn) Write(p []byte) (int, error) {
	if err := c.file.SetWriteDeadline(time.Now().Add(c.wire(len(p)) + slack)); err != nil {
		return 0, c.failed("write", err)
	}
	n, err := c.file.Write(p)
	if err != nil {
		return n, c.failed("write", err)
	}
	return n, nil
}

// SetReadDeadline ends a Read, now or later, at t with os.ErrDeadlineExceeded; the zero time never.
func (c *Conn) SetReadDeadline(t time.Time) error {
	at := int64(0)
	if !t.IsZero() {
		at = t.UnixNano()
	}
	c.readBy.Store(at)
	if err := c.file.SetReadDeadline(t); err != nil {
		return c.failed("set deadline of", err)
	}
	return nil
}

// failed notes a port that is gone.
func (c *Conn) failed(op string, err error) error {
	if gone(err) {
		c.dead.Store(true)
	}
	return transferError(op, c.name, err)
}

// Speed gives the speed the kernel set.
func (c *Conn) Speed() physic.Frequency {
	c.mu.Lock()
	defer c.mu.Unlock()
	return physic.Frequency(c.real) * physic.Hertz
}

// SetSpeed changes the speed once everything written has left. The port's limit applies. Errors: ErrSetting, ErrUnplugged,
// os.ErrClosed, os.ErrDeadlineExceeded when the bytes do not leave.
func (c *Conn) SetSpeed(f physic.Frequency) error {
	baud, err := baudOf(f)
	if err != nil {
		return &Error{Op: "set", Name: c.name, Err: err}
	}
	c.port.mu.Lock()
	defer c.port.mu.Unlock()
	c.mu.Lock()
	s := c.s
	c.mu.Unlock()
	s.baud = baud
	return c.change(c.port.limited(s))
}

// change puts a setting on the port.
func (c *Conn) change(s setting) error {
	if err := c.Drain(); err != nil {
		return err
	}
	var real uint32
	err := control(c.file, func(fd int) (err error) { real, err = s.set(fd); return err })
	if err != nil {
		return c.failed("set", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s, c.real = s, real
	return nil
}

// drainStep is how often the port is asked whether its buffer is empty: about a byte at 9600 baud.
const drainStep = time.Millisecond

// Drain waits until everything written has left the port's buffer; os.ErrDeadlineExceeded when it does not.
func (c *Conn) Drain() error {
	queued := func(fd int) (n int, err error) { return unix.IoctlGetInt(fd, unix.TIOCOUTQ) }
	n, err := c.ask(queued)
	if err != nil || n == 0 {
		return err
	}
	limit := time.NewTimer(c.wire(n) + slack)
	defer limit.Stop()
	tick := time.NewTicker(drainStep)
	defer tick.Stop()
	for n > 0 {
		select {
		case <-limit.C:
			return &Error{Op: "drain", Name: c.name, Err: os.ErrDeadlineExceeded}
		case <-tick.C:
		}
		if n, err = c.ask(queued); err != nil {
			return err
		}
	}
	return nil
}

// ask runs a query on the port.
func (c *Conn) ask(query func(fd int) (int, error)) (int, error) {
	var n int
	err := control(c.file, func(fd int) (err error) { n, err = query(fd); return err })
	if err != nil {
		return 0, c.failed("ask", err)
	}
	return n, nil
}

// Flush throws away what was received and not read, and what was written and has not left.
func (c *Conn) Flush() error {
	err := control(c.file, func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIOFLUSH) })
	if err != nil {
		return c.failed("flush", err)
	}
	return nil
}

// wire gives the time n bytes take on the wire: start bit, data bits, parity, stop bits.
func (c *Conn) wire(n int) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.s.baud == 0 {
		return 0
	}
	bits := 2 + c.s.bits
	if c.s.parity != uart.NoParity {
		bits++
	}
	if c.s.stop == uart.Two {
		bits++
	}
	return time.Duration(n*bits) * time.Second / time.Duration(c.s.baud)
}
