package uart

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// The kinds of failure, found with errors.Is. Those that the system has a word for are that as well (fs.ErrNotExist,
// fs.ErrPermission, syscall.EBUSY, syscall.ENODEV), for callers that know a conn.Conn alone. A deadline that passed is
// os.ErrDeadlineExceeded, a closed port os.ErrClosed.
var (
	ErrNotExist   = fmt.Errorf("no such serial port: %w", fs.ErrNotExist)
	ErrPermission = fmt.Errorf("not allowed to open the serial port: %w", fs.ErrPermission)
	ErrBusy       = fmt.Errorf("serial port is in use: %w", syscall.EBUSY)
	ErrNotPort    = errors.New("not a serial port")
	ErrSetting    = errors.New("serial port cannot be set so")
	ErrUnplugged  = fmt.Errorf("serial port was unplugged: %w", syscall.ENODEV)
)

// Error is a failure of a port. Err is one of the kinds above or what the system said.
type Error struct {
	Op   string // what was being done: "open", "set", "read", "write"
	Name string // the port as it was asked for
	Err  error
	Hint string // what the technician should do, one sentence; may be empty
}

// Error gives "op name: cause".
func (e *Error) Error() string { return e.Op + " " + e.Name + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// openError puts a failed open into words.
func openError(name string, err error) error {
	e := &Error{Op: "open", Name: name, Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Err, e.Hint = ErrNotExist, presentPorts()
	case errors.Is(err, fs.ErrPermission):
		e.Err, e.Hint = ErrPermission, "add the user to the group that owns the port (dialout): usermod -aG dialout USER, then log in again"
	case errors.Is(err, syscall.EBUSY), errors.Is(err, syscall.EWOULDBLOCK):
		e.Err, e.Hint = ErrBusy, "stop the program that holds it (fuser -v "+path(name)+"); a login console on the port is ended with systemctl disable --now serial-getty@"+strings.TrimPrefix(path(name), "/dev/")
	case errors.Is(err, syscall.ENOTTY), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EISDIR):
		e.Err, e.Hint = ErrNotPort, presentPorts()
	case gone(err):
		e.Err, e.Hint = ErrUnplugged, "the device node is there but no hardware answers behind it; "+presentPorts()
	}
	return e
}

// presentPorts is the hint that names what could be opened.
func presentPorts() string {
	ports := Ports()
	if len(ports) == 0 {
		return "no serial port is present: plug the adapter in, or enable the port in the machine's configuration"
	}
	return "ports present: " + strings.Join(ports, ", ")
}

// transferError puts a failed read or write into words.
func transferError(op, name string, err error) error {
	if gone(err) {
		return &Error{Op: op, Name: name, Err: ErrUnplugged, Hint: "plug the device in again"}
	}
	for _, known := range []error{os.ErrDeadlineExceeded, os.ErrClosed} {
		if errors.Is(err, known) {
			return &Error{Op: op, Name: name, Err: known}
		}
	}
	return &Error{Op: op, Name: name, Err: err}
}

// gone reports whether the error says that the device behind the port is not there any more: a hung-up terminal reads as
// end of file or EIO, one whose driver went as ENXIO or ENODEV.
func gone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ENXIO) || errors.Is(err, syscall.ENODEV)
}
