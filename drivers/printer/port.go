package printer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// Port is a way to a printer: a character device, a socket.
type Port interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

// errNoDevice is a path that is no character device: a file there would only grow.
var errNoDevice = errors.New("not a character device")

// OpenFile gives the opener of a character device such as /dev/usb/lp0. The kernel lets one process at a time open a USB printer.
func OpenFile(path string) func() (Port, error) {
	return func() (Port, error) {
		i, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if i.Mode()&os.ModeCharDevice == 0 {
			return nil, fmt.Errorf("%s: %w", path, errNoDevice)
		}
		f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
		if err != nil {
			return nil, err
		}
		if err := f.SetReadDeadline(time.Time{}); err != nil { // without deadlines a dead printer would hold the visit
			return nil, errors.Join(fmt.Errorf("set a deadline: %w", err), f.Close())
		}
		return f, nil
	}
}
