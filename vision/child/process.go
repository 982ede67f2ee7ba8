package child

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// process is one child that runs.
type process struct {
	opts   Options
	cmd    *exec.Cmd
	conn   net.Conn
	served bool         // it has said that it is ready
	heard  atomic.Int64 // when it last said something, in nanoseconds since begun
	begun  time.Time
	ready  chan struct{}
	out    chan frame // to be written

	dead chan struct{} // closed when it is over
	once sync.Once
	err  error // why, set before dead is closed

	mu    sync.Mutex
	calls map[uint32]*call
	next  uint32
}

// call is one call under way.
type call struct {
	id     uint32
	latest bool
	wake   chan struct{}
	result chan frame
	mu     sync.Mutex
	events []frame
}

// maxEvents bounds the events of a call that nobody has taken yet.
const maxEvents = 256

func (k *call) add(f frame) {
	k.mu.Lock()
	if k.latest || len(k.events) >= maxEvents {
		k.events = k.events[:0]
	}
	k.events = append(k.events, f)
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

func (k *call) take() []frame {
	k.mu.Lock()
	defer k.mu.Unlock()
	list := k.events
	k.events = nil
	return list
}

// launch starts a child and waits until it serves. The process is given with the error too, when there is one to end.
func (c *Client) launch(ctx context.Context) (*process, error) {
	ours, theirs, err := sockets()
	if err != nil {
		return nil, err
	}
	cmd := c.opts.Command()
	cmd.ExtraFiles = []*os.File{theirs}
	err = cmd.Start()
	_ = theirs.Close() // the child has its own copy, and the socket must end with the child, also while it starts
	if err != nil {
		_ = ours.Close() // the first error counts
		return nil, fmt.Errorf("start vision process: %w", err)
	}
	p := &process{
		opts: c.opts, cmd: cmd, conn: ours, begun: time.Now(), ready: make(chan struct{}), out: make(chan frame, 256),
		dead: make(chan struct{}), calls: map[uint32]*call{},
	}
	go p.write()
	go p.read()
	c.mu.Lock()
	for name, value := range c.states {
		p.send(frame{header: header{Kind: kindSet, Method: name}, blob: value})
	}
	p.send(frame{header: header{Kind: kindSet}})
	c.next = p
	c.mu.Unlock()
	t := time.NewTimer(c.opts.Start)
	defer t.Stop()
	select {
	case <-p.ready:
		p.served = true
		return p, nil
	case <-p.dead:
		return p, p.err
	case <-t.C:
		return p, fmt.Errorf("not ready within %v: %w", c.opts.Start, ErrQuiet)
	case <-ctx.Done():
		return p, ctx.Err()
	}
}

// sockets makes a connected pair: one end as a connection, the other as a file for the child.
func sockets() (net.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make sockets: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "vision"), os.NewFile(uintptr(fds[1]), "vision child")
	conn, err := net.FileConn(ours)
	_ = ours.Close() // FileConn has its own copy
	if err != nil {
		_ = theirs.Close() // the first error counts
		return nil, nil, fmt.Errorf("make sockets: %w", err)
	}
	return conn, theirs, nil
}

func (p *process) pid() int {
	if p == nil || p.cmd.Process == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

func (p *process) alive() bool {
	select {
	case <-p.dead:
		return false
	default:
		return true
	}
}

// fail ends the process for a reason; only the first counts.
func (p *process) fail(why error) {
	p.once.Do(func() {
		p.err = why
		close(p.dead)
	})
}

func (p *process) why() error {
	<-p.dead
	return p.err
}

// end kills the process, which answers to nothing else when it hangs, and waits for it.
func (p *process) end(why error) {
	p.fail(why)
	_ = p.conn.Close()       // the child sees its end
	_ = p.cmd.Process.Kill() // it may have gone already
	_ = p.cmd.Wait()         // killed: its status says nothing new
}

// send hands a frame to the writer. A child that takes nothing any more is found by its silence.
func (p *process) send(f frame) {
	select {
	case p.out <- f:
	case <-p.dead:
	}
}

func (p *process) write() {
	for {
		select {
		case f := <-p.out:
			if err := writeFrame(p.conn, f); err != nil {
				p.fail(fmt.Errorf("%w: %w", ErrEnded, err))
				return
			}
		case <-p.dead:
			return
		}
	}
}

func (p *process) read() {
	for {
		f, err := readFrame(p.conn)
		if err != nil {
			p.fail(fmt.Errorf("%w: %w", ErrEnded, err))
			return
		}
		p.heard.Store(int64(time.Since(p.begun)))
		if err := p.hear(f); err != nil {
			p.fail(err)
			return
		}
	}
}

func (p *process) hear(f frame) error {
	switch {
	case f.Call == 0 && f.Kind == kindEvent && f.Method == eventPong:
		return nil
	case f.Call == 0 && f.Kind == kindEvent && f.Method == eventReady:
		select {
		case <-p.ready:
			return fmt.Errorf("%w: ready twice", errFrame)
		default:
			close(p.ready)
		}
		return nil
	}
	p.mu.Lock()
	k := p.calls[f.Call]
	p.mu.Unlock()
	switch {
	case k == nil:
		return fmt.Errorf("%w: answer to no call", errFrame)
	case f.Kind == kindEvent:
		k.add(f)
		return nil
	case f.Kind == kindResult:
		p.mu.Lock()
		delete(p.calls, f.Call)
		p.mu.Unlock()
		k.result <- f
		return nil
	}
	return fmt.Errorf("%w: a %s", errFrame, f.Kind)
}

func (p *process) begin(f frame, latest bool) (*call, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.calls) >= maxCalls {
		return nil, gone(errors.New("too many calls at once"))
	}
	for p.next++; p.next == 0 || p.calls[p.next] != nil; p.next++ {
	}
	k := &call{id: p.next, latest: latest, wake: make(chan struct{}, 1), result: make(chan frame, 1)}
	p.calls[k.id] = k
	f.Call, f.Kind = k.id, kindCall
	p.send(f)
	return k, nil
}

func (p *process) cancel(k *call) {
	p.send(frame{header: header{Call: k.id, Kind: kindCancel}})
}

// finish lets go of a call's pictures.
func (p *process) finish(k *call) {
	for _, e := range k.take() {
		clear(e.blob)
	}
}

// lookEvery is how often the child is looked at.
const lookEvery = 150 * time.Millisecond

// watch looks after the child until it ends, falls silent, is stopped or grows too large.
func (p *process) watch(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	halted := 0
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.dead:
			return p.err
		case <-tick.C:
		}
		if quiet := time.Since(p.begun) - time.Duration(p.heard.Load()); quiet > p.opts.Quiet {
			return fmt.Errorf("%w for %v", ErrQuiet, quiet.Round(time.Millisecond))
		}
		if !stopped(p.pid()) {
			halted = 0
		} else if halted++; halted > 1 { // twice in a row: nobody is about to let it go on
			return ErrHalted
		}
		if n := resident(p.pid()); p.opts.Memory > 0 && n > p.opts.Memory {
			return fmt.Errorf("%w: %d MB", ErrMemory, n>>20)
		}
		select { // a writer that is stuck must not stop the watching
		case p.out <- frame{header: header{Kind: kindSet, Method: setPing}}:
		default:
		}
	}
}

// stopped reports whether a process is stopped by a signal (proc(5), stat, third field).
func stopped(pid int) bool {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, rest, ok := bytes.Cut(raw, []byte(") ")) // the name before may hold anything but this
	return ok && len(rest) > 0 && rest[0] == 'T'
}

// resident gives the resident bytes of a process, 0 when they cannot be known (proc(5), statm).
func resident(pid int) int64 {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(raw)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
