package uart

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"
)

// Port is a serial port, held exclusively. It is safe for use by several goroutines.
type Port struct {
	mu     sync.Mutex
	name   string
	limit  uint32 // 0 none
	file   *os.File
	conn   *Conn // nil before Connect
	closed bool
}

var _ uart.PortCloser = (*Port)(nil)

// Open opens the port and takes it exclusively. Errors: [*Error] of ErrNotExist, ErrPermission, ErrBusy, ErrNotPort,
// ErrUnplugged.
func Open(name string) (*Port, error) {
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	return &Port{name: name, file: f}, nil
}

// Later gives a port that is opened by its first Connect, so that a program can start while the device is unplugged.
func Later(name string) *Port { return &Port{name: name} }

// open opens the device non-blocking, so that the runtime's poller serves its deadlines, and locks it: against programs that
// open it later (TIOCEXCL) and against those that lock as we do, root among them (flock).
func open(name string) (*os.File, error) {
	fd, err := unix.Open(path(name), unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, openError(name, err)
	}
	if err := take(fd); err != nil {
		_ = unix.Close(fd)
		return nil, openError(name, err)
	}
	return os.NewFile(uintptr(fd), path(name)), nil
}

func take(fd int) error {
	if _, err := unix.IoctlGetTermios(fd, unix.TCGETS2); err != nil {
		return err
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return err
	}
	return unix.IoctlSetInt(fd, unix.TIOCEXCL, 0)
}

// String gives the name the port was opened by.
func (p *Port) String() string { return p.name }

// Halt ends a transfer that blocks with os.ErrDeadlineExceeded; the port stays open.
func (p *Port) Halt() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return nil
	}
	return p.file.SetDeadline(past)
}

// LimitSpeed caps the speed of later calls of Connect, for long or poor wires.
func (p *Port) LimitSpeed(f physic.Frequency) error {
	baud, err := baudOf(f)
	if err != nil {
		return &Error{Op: "limit", Name: p.name, Err: err}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limit = baud
	return nil
}

// Connect sets speed and format and gives the connection. The first call throws away what stood in the buffers. Calling it again
// waits until everything written has left and changes the setting of the same connection; after ErrUnplugged it opens the
// port anew. Errors: those of Open, ErrSetting, os.ErrClosed.
func (p *Port) Connect(f physic.Frequency, stop uart.Stop, parity uart.Parity, flow uart.Flow, bits int) (conn.Conn, error) {
	baud, err := baudOf(f)
	if err != nil {
		return nil, &Error{Op: "set", Name: p.name, Err: err}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c, err := p.connect(setting{baud: baud, stop: stop, parity: parity, flow: flow, bits: bits})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (p *Port) connect(s setting) (*Conn, error) {
	if p.closed {
		return nil, &Error{Op: "set", Name: p.name, Err: os.ErrClosed}
	}
	if p.conn != nil && p.conn.dead.Load() {
		p.release()
	}
	if p.file == nil {
		f, err := open(p.name)
		if err != nil {
			return nil, err
		}
		p.file = f
	}
	c, fresh := p.conn, p.conn == nil
	if fresh {
		c = &Conn{port: p, name: p.name, file: p.file}
	}
	if err := c.change(p.limited(s)); err != nil {
		return nil, err
	}
	if fresh {
		if err := c.Flush(); err != nil {
			return nil, err
		}
	}
	p.conn = c
	return c, nil
}

// limited gives the setting with the speed capped.
func (p *Port) limited(s setting) setting {
	if p.limit != 0 {
		s.baud = min(s.baud, p.limit)
	}
	return s
}

// release closes the device; a pseudo terminal would stay exclusive for as long as its other end is open.
func (p *Port) release() {
	if p.file == nil {
		return
	}
	_ = control(p.file, func(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCNXCL, 0) }) // fails on a port that is gone
	_ = p.file.Close()
	p.file, p.conn = nil, nil
}

// Close gives the port back. A transfer that blocks ends with os.ErrClosed. It may be called twice.
func (p *Port) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.release()
	return nil
}

// control runs a system call on the descriptor without taking it from the poller.
func control(f *os.File, call func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	if err := raw.Control(func(fd uintptr) { result = call(int(fd)) }); err != nil {
		return err
	}
	return result
}
