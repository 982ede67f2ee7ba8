package uplink

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// DialTime is how long a relay tries to reach a destination. The kiosk waits a little longer for its answer.
const DialTime = 10 * time.Second

const (
	greeting = "motcua-uplink/1 "
	granted  = "ok"
	longest  = 32 // bytes of an answer's line
)

// Dialer reaches destinations through the relay that listens at Socket.
type Dialer struct {
	Socket string // path
}

// DialContext asks the relay for a connection to address, "host:port". network must be tcp, tcp4 or tcp6: the relay chooses. Errors:
// *[Error].
func (d Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if !strings.HasPrefix(network, "tcp") {
		return nil, &Error{Reason: Malformed, Err: fmt.Errorf("network %q", network)}
	}
	ctx, cancel := context.WithTimeout(ctx, DialTime+2*time.Second)
	defer cancel()
	var local net.Dialer
	conn, err := local.DialContext(ctx, "unix", d.Socket)
	if err != nil {
		return nil, &Error{Reason: Dark, Err: err}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err = ask(conn, address)
	if !stop() && err == nil {
		err = &Error{Reason: Timeout, Err: ctx.Err()}
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// ask sends the request and reads the answer's line, byte by byte: what follows it is the destination's.
func ask(conn net.Conn, address string) error {
	_, sent := fmt.Fprintf(conn, "%s%s\n", greeting, address) // a relay that will not hear us out may have said why
	line, err := readLine(conn, longest)
	switch {
	case err != nil && ReasonOf(err) == Timeout:
		return &Error{Reason: Timeout, Err: err}
	case err != nil:
		return &Error{Reason: Dark, Err: errors.Join(sent, err)}
	case line == granted:
		return nil
	case Reasons[Reason(line)] != "":
		return &Error{Reason: Reason(line)}
	}
	return &Error{Reason: Malformed}
}

// errLong means that a line does not end where it must.
var errLong = errors.New("line is too long")

// readLine reads up to a line feed, at most limit bytes with it, and not one byte beyond: those are the next reader's.
func readLine(conn net.Conn, limit int) (string, error) {
	line := make([]byte, 0, limit)
	for len(line) < limit {
		n, err := conn.Read(line[len(line) : len(line)+1])
		if n == 1 && line[:len(line)+1][len(line)] == '\n' {
			return string(line), nil
		}
		if line = line[:len(line)+n]; err != nil {
			return "", err
		}
	}
	return "", errLong
}

// Direct reaches destinations with this machine's own network: for the office's side, and for tools that run outside the kiosk's
// sandbox. Its errors are those of [Dialer].
func Direct(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: DialTime, KeepAlive: 30 * time.Second}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, &Error{Reason: ReasonOf(err), Err: err}
	}
	return conn, nil
}
