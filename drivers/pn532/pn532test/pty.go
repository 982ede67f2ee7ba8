package pn532test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// PTY is the device's serial interface behind a pseudo terminal. A host that opens Path goes through the kernel's terminal layer; the
// speed it sets there is the speed its bytes have. A host that closes the port and opens it again finds the device as it left it.
type PTY struct {
	// Path is the device a host opens, such as /dev/pts/3.
	Path string

	dev    *Device
	master *os.File
	slave  *os.File // kept open, so that the terminal does not hang up between two hosts
	line   *serial
	ended  chan struct{}
	once   sync.Once
}

// ServePTY makes a pseudo terminal the host interface, until ctx ends or Close.
func (d *Device) ServePTY(ctx context.Context) (*PTY, error) {
	p := &PTY{dev: d, ended: make(chan struct{})}
	if err := p.open(); err != nil {
		return nil, fmt.Errorf("open pseudo terminal: %w", err)
	}
	p.line = &serial{dev: d, baud: baudRates[baud115200], deliver: p.deliver, forget: func() {}, speed: p.speed}
	d.attach(p.line)
	go func() {
		defer close(p.ended)
		p.pump()
	}()
	stop := context.AfterFunc(ctx, p.hangUp)
	context.AfterFunc(d.ctx, func() { stop(); p.hangUp() })
	return p, nil
}

// open makes the pair and sets its line raw, as a serial port that was just plugged in.
func (p *PTY) open() error {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	p.master = os.NewFile(uintptr(fd), "/dev/ptmx")
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return errors.Join(err, p.master.Close())
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return errors.Join(err, p.master.Close())
	}
	p.Path = fmt.Sprintf("/dev/pts/%d", n)
	if err := rawLine(fd); err != nil {
		return errors.Join(err, p.master.Close())
	}
	p.slave, err = os.OpenFile(p.Path, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return errors.Join(err, p.master.Close())
	}
	return nil
}

// rawLine takes the terminal's manners off: no echo, no line editing, no translation.
func rawLine(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
	if err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.BOTHER
	t.Ispeed, t.Ospeed = uint32(baudRates[baud115200]), uint32(baudRates[baud115200])
	return unix.IoctlSetTermios(fd, unix.TCSETS2, t)
}

// pump carries the host's bytes to the device.
func (p *PTY) pump() {
	buf := make([]byte, 4096)
	for {
		n, err := p.master.Read(buf)
		if n > 0 {
			p.line.receive(buf[:n])
		}
		if err != nil {
			return
		}
	}
}

func (p *PTY) deliver(_ context.Context, b []byte) {
	_, _ = p.master.Write(b) // a terminal that hung up takes nothing, and the pump ends
}

// speed asks the kernel what speed the host has set.
func (p *PTY) speed() int {
	raw, err := p.master.SyscallConn()
	if err != nil {
		return 0
	}
	speed := 0
	_ = raw.Control(func(fd uintptr) { // fails once it is closed: speed unknown
		if t, err := unix.IoctlGetTermios(int(fd), unix.TCGETS2); err == nil {
			speed = int(t.Ospeed)
		}
	})
	return speed
}

func (p *PTY) hangUp() {
	p.once.Do(func() {
		_ = p.slave.Close()
		_ = p.master.Close()
	})
}

// Unplug hangs the terminal up as pulling an adapter does: the host's transfers fail and Path is gone.
func (p *PTY) Unplug() { _ = p.Close() }

// Close takes the pseudo terminal away and waits for its end. It may be called twice.
func (p *PTY) Close() error {
	p.hangUp()
	<-p.ended
	return nil
}
