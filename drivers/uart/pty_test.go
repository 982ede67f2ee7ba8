package uart_test

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"

	motcuart "motcua/drivers/uart"
)

// pty is a pseudo terminal: what is written to its master is received at the port, and the other way round.
type pty struct {
	*os.File
	slave string
}

// openPTY makes a pseudo terminal; its slave is a serial port to the kernel.
func openPTY(t testing.TB) *pty {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("no pseudo terminals on this machine: %v", err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	p := &pty{File: os.NewFile(uintptr(fd), "ptmx"), slave: fmt.Sprintf("/dev/pts/%d", n)}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// speed gives the speed the slave is set to.
func (p *pty) termios(t *testing.T) *unix.Termios {
	t.Helper()
	raw, err := p.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var set *unix.Termios
	if err := raw.Control(func(fd uintptr) { set, err = unix.IoctlGetTermios(int(fd), unix.TCGETS2) }); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// connect opens the slave at 115200 8N1.
func (p *pty) connect(t testing.TB) (*motcuart.Port, *motcuart.Conn) {
	t.Helper()
	port, err := motcuart.Open(p.slave)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = port.Close() })
	return port, connect(t, port)
}

func connect(t testing.TB, port *motcuart.Port) *motcuart.Conn {
	t.Helper()
	c, err := port.Connect(115200*physic.Hertz, uart.One, uart.NoParity, uart.NoFlow, 8)
	if err != nil {
		t.Fatal(err)
	}
	return c.(*motcuart.Conn)
}
