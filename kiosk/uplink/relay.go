package uplink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// The limits of a relay.
const (
	MaxRequest  = 300             // bytes of a request's line: a host name has at most 253 (RFC 1035 §2.3.4)
	MaxOpen     = 16              // connections at a time; a kiosk needs four
	RequestTime = 5 * time.Second // for the request's line
	IdleTime    = 2 * time.Minute // longer than an office may think about an answer
)

// Options say what a relay serves.
type Options struct {
	Allow func() ([]string, error)                                             // destinations, host:port; asked for each connection
	Users []uint32                                                             // user ids that may ask
	Dial  func(ctx context.Context, network, address string) (net.Conn, error) // nil: [Direct]
	Event func(Event)                                                          // told of each connection that was not made; nil: nobody

	Request, Idle time.Duration // 0: RequestTime, IdleTime
	Open          int           // 0: MaxOpen
}

// Event is a connection that was not made. It holds no address: an asker that is refused chose it.
type Event struct {
	Reason Reason
	In     time.Duration
}

// Relay passes connections on.
type Relay struct {
	opt  Options
	open chan struct{}
	work sync.WaitGroup
	ctx  context.Context
	end  context.CancelFunc
}

// New makes a relay that does not listen yet.
func New(o Options) *Relay {
	if o.Dial == nil {
		o.Dial = Direct
	}
	if o.Event == nil {
		o.Event = func(Event) {}
	}
	if o.Request == 0 {
		o.Request = RequestTime
	}
	if o.Idle == 0 {
		o.Idle = IdleTime
	}
	if o.Open == 0 {
		o.Open = MaxOpen
	}
	r := &Relay{opt: o, open: make(chan struct{}, o.Open)}
	r.ctx, r.end = context.WithCancel(context.Background())
	return r
}

// Serve answers askers until the context ends, then closes the listener and every connection, and returns nil. Any other end of the
// listener is an error.
func (r *Relay) Serve(ctx context.Context, l *net.UnixListener) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	defer r.work.Wait()
	defer r.end()
	for {
		conn, err := l.AcceptUnix()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("listen for the kiosk: %w", errors.Join(err, l.Close()))
		}
		r.work.Go(func() { r.serve(conn) })
	}
}

// serve answers one asker.
func (r *Relay) serve(asker *net.UnixConn) {
	defer asker.Close()
	defer context.AfterFunc(r.ctx, func() { _ = asker.Close() })()
	begun := time.Now()
	office, reason := r.connect(asker)
	if reason != "" {
		r.opt.Event(Event{reason, time.Since(begun)})
		_ = r.answer(asker, string(reason)) // who does not listen does not hear
		return
	}
	defer office.Close()
	defer func() { <-r.open }()
	if r.answer(asker, granted) == nil {
		r.splice(asker, office)
	}
}

func (r *Relay) answer(asker *net.UnixConn, word string) error {
	if err := asker.SetWriteDeadline(time.Now().Add(r.opt.Request)); err != nil {
		return err
	}
	return writeAll(asker, []byte(word+"\n"))
}

// connect reads a request and carries it out. Without a reason the caller holds the connection and a place in r.open.
func (r *Relay) connect(asker *net.UnixConn) (office net.Conn, reason Reason) {
	if uid, err := peer(asker); err != nil || !slices.Contains(r.opt.Users, uid) {
		return nil, Denied
	}
	select {
	case r.open <- struct{}{}:
	default:
		return nil, Busy
	}
	defer func() {
		if reason != "" {
			<-r.open
		}
	}()
	if err := asker.SetDeadline(time.Now().Add(r.opt.Request)); err != nil {
		return nil, Fault
	}
	line, err := readLine(asker, MaxRequest)
	address, ok := strings.CutPrefix(line, greeting)
	if err != nil || !ok {
		return nil, Malformed
	}
	list, err := r.opt.Allow()
	if err != nil || !slices.Contains(list, address) {
		return nil, Denied
	}
	ctx, cancel := context.WithTimeout(r.ctx, DialTime)
	defer cancel()
	if office, err = r.opt.Dial(ctx, "tcp", address); err != nil {
		return nil, ReasonOf(err)
	}
	return office, ""
}

// peer gives the user id at the other end of the socket, as it was when the socket was connected.
func peer(conn *net.UnixConn) (uid uint32, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *syscall.Ucred
	if cerr := raw.Control(func(fd uintptr) {
		cred, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); cerr != nil {
		return 0, cerr
	}
	if err != nil {
		return 0, err
	}
	return cred.Uid, nil
}

// duplex is a connection whose two directions end one by one.
type duplex interface {
	net.Conn
	CloseWrite() error
}

// splice passes bytes in both directions until both have ended, one broke, or neither moved for too long.
func (r *Relay) splice(asker, office net.Conn) {
	ends := [2]net.Conn{asker, office}
	defer context.AfterFunc(r.ctx, func() { _ = office.Close() })()
	var moved atomic.Int64
	moved.Store(time.Now().UnixNano())
	var both sync.WaitGroup
	for i := range ends {
		both.Go(func() {
			from, to := ends[i], ends[1-i]
			if err := r.pass(to, from, &moved); err != nil {
				_ = asker.Close() // the other direction has nobody to talk to either
				_ = office.Close()
				return
			}
			if d, ok := to.(duplex); ok {
				_ = d.CloseWrite()
			}
		})
	}
	both.Wait()
}

// pass copies until from ends. It waits as long as bytes move in either direction.
func (r *Relay) pass(to, from net.Conn, moved *atomic.Int64) error {
	piece := make([]byte, 32<<10)
	for {
		last := time.Unix(0, moved.Load())
		if err := from.SetReadDeadline(last.Add(r.opt.Idle)); err != nil {
			return err
		}
		n, err := from.Read(piece)
		if n > 0 {
			moved.Store(time.Now().UnixNano())
			if werr := errors.Join(to.SetWriteDeadline(time.Now().Add(r.opt.Idle)), writeAll(to, piece[:n])); werr != nil {
				return werr
			}
			moved.Store(time.Now().UnixNano())
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case ReasonOf(err) == Timeout && time.Unix(0, moved.Load()).After(last):
			continue // the other direction is busy
		case err != nil:
			return err
		}
	}
}

func writeAll(to net.Conn, b []byte) error {
	_, err := to.Write(b)
	return err
}
