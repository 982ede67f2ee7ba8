package uplink

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
)

// Reason says why there is no connection. The words are on the wire.
type Reason string

// The closed list of reasons.
const (
	Denied      Reason = "denied"      // the destination is not on the relay's list, or the asker is not one it serves
	Malformed   Reason = "malformed"   // the request is not one
	Busy        Reason = "busy"        // too many connections are open
	Dark        Reason = "dark"        // the relay itself cannot be reached
	DNS         Reason = "dns"         // the destination's name is not resolved
	Refused     Reason = "refused"     // nobody listens at the destination
	Unreachable Reason = "unreachable" // there is no way to the destination
	Timeout     Reason = "timeout"     // the destination does not answer
	Fault       Reason = "fault"       // anything else
)

// Reasons is the closed list with what a technician should do about each.
var Reasons = map[Reason]string{
	Denied:      "write the office's HOST:PORT into /etc/kiosk-uplink/allow",
	Malformed:   "install kioskd of the same version for both services",
	Busy:        "restart kiosk-uplink.service",
	Dark:        "look at it with: systemctl status kiosk-uplink.socket kiosk-uplink.service",
	DNS:         "the name server does not know the office's name: check the network's DNS, or the name in office.json",
	Refused:     "the office's machine is there, its intake is not running: call the office's administrator",
	Unreachable: "check the network cable, the address of this machine and its gateway",
	Timeout:     "a firewall or a weak line swallows what is sent: check the network between kiosk and office",
	Fault:       "check the network cable and the office's server",
}

// Error is a connection that was not made.
type Error struct {
	Reason Reason
	Err    error // the cause, where there is one on this side; may be nil
}

// Error gives "no connection: reason".
func (e *Error) Error() string { return "no connection to the office: " + string(e.Reason) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what a technician should do.
func (e *Error) Hint() string { return Reasons[e.Reason] }

// Timeout reports whether waiting was in vain ([net.Error]).
func (e *Error) Timeout() bool { return e.Reason == Timeout }

// ReasonOf classes an error of dialling.
func ReasonOf(err error) Reason {
	var named *Error
	var dns *net.DNSError
	var wait net.Error
	switch {
	case errors.As(err, &named):
		return named.Reason
	case errors.As(err, &dns):
		return DNS
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETDOWN),
		errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
		return Unreachable
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &wait) && wait.Timeout():
		return Timeout
	}
	return Fault
}
