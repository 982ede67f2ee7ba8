package speaker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"motcua/drivers"
	"motcua/kiosk"
)

// ClientOptions say how the voice process is run.
type ClientOptions struct {
	Command func() *exec.Cmd // makes it; it finds its socket as the first file after standard error
	Setup   Setup
	Event   func(err error)        // told when the voice begins to be heard (nil) and when it is not (why); may be nil
	Quiet   time.Duration          // without a sign of life it is ended; 0: five seconds
	Again   [2]time.Duration       // before it is started again: the first wait, and the longest; 0: one second, one minute
	Hope    func() (possible bool) // whether it makes sense to start one; nil: when the machine can have a sound device
}

// Client is a [kiosk.Voice] that speaks through a process of its own, which it starts again when it ends. Made by [Start], ended
// by Halt. Nothing it does waits for that process.
type Client struct {
	o    ClientOptions
	stop context.CancelFunc
	live sync.WaitGroup

	mu     sync.Mutex
	out    chan order // to the process; nil: none runs
	id     uint64
	unhook func() bool // of the context of the last phrase
	step   kiosk.Volume
	output Output
	told   bool // Event was told
	err    error
}

var (
	_ kiosk.Voice    = (*Client)(nil)
	_ drivers.Driver = (*Client)(nil)
)

// The reasons a voice process ends for.
var (
	errStarting = errors.New("it is being started")
	errEnded    = errors.New("the voice process ended")
	errQuiet    = errors.New("the voice process gives no sign of life")
)

// Start begins to run the voice process and returns at once.
func Start(o ClientOptions) *Client {
	if o.Quiet == 0 {
		o.Quiet = 5 * time.Second
	}
	if o.Again == [2]time.Duration{} {
		o.Again = [2]time.Duration{time.Second, time.Minute}
	}
	if o.Hope == nil {
		o.Hope = hasSound
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &Client{o: o, stop: stop, step: kiosk.VolumeNormal, err: unavailable(errStarting)}
	c.live.Go(func() { c.run(ctx) })
	return c
}

// String names the process.
func (c *Client) String() string { return "voice process" }

// Say implements [kiosk.Voice].
func (c *Client) Say(ctx context.Context, p kiosk.Phrase) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	if c.unhook != nil {
		c.unhook()
	}
	c.id++
	id := c.id
	c.send(order{Do: doSay, ID: id, Phrase: &p})
	c.unhook = context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.send(order{Do: doSilence, ID: id})
	})
}

// Silence implements [kiosk.Voice].
func (c *Client) Silence() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.send(order{Do: doSilence})
}

// SetVolume implements [kiosk.Voice]. A new process is told it too.
func (c *Client) SetVolume(v kiosk.Volume) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step = v
	c.send(order{Do: doVolume, Step: v})
}

// SetOutput tells where the sound goes, when the voice process does not see that itself. A new process is told it too.
func (c *Client) SetOutput(o Output) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.output = o
	c.send(order{Do: doOutput, Output: o})
}

// send hands an order to the process, if it takes it: one that takes nothing is found by its silence. The lock is held.
func (c *Client) send(o order) {
	select {
	case c.out <- o:
	default:
	}
}

// Ready implements [kiosk.Voice].
func (c *Client) Ready() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Check is Ready.
func (c *Client) Check(context.Context) error { return c.Ready() }

// Halt ends the voice process. It may be called twice.
func (c *Client) Halt() error {
	c.stop()
	c.live.Wait()
	return nil
}

// run keeps a voice process running.
func (c *Client) run(ctx context.Context) {
	wait := c.o.Again[0]
	for ctx.Err() == nil {
		begun, err := time.Now(), unavailable(errNoSound)
		if c.o.Hope() {
			err = c.once(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		c.known(err)
		if time.Since(begun) > c.o.Again[1] { // it had worked for long
			wait = c.o.Again[0]
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
		}
		wait = min(2*wait, c.o.Again[1])
	}
}

// known notes whether the voice is heard, and tells a change.
func (c *Client) known(err error) {
	c.mu.Lock()
	changed := !c.told || (err == nil) != (c.err == nil)
	c.err, c.told = err, true
	c.mu.Unlock()
	if changed && c.o.Event != nil {
		c.o.Event(err)
	}
}

// once runs one voice process to its end and gives the reason.
func (c *Client) once(ctx context.Context) error {
	conn, cmd, err := c.launch()
	if err != nil {
		return unavailable(err)
	}
	defer func() {
		_ = conn.Close()       // it sees its end
		_ = cmd.Process.Kill() // it may have gone already; one that hangs answers to nothing else
		_ = cmd.Wait()         // killed: its status says nothing new
	}()
	var working sync.WaitGroup
	defer working.Wait()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends the reading and the writing
	defer stop()
	out, heard := make(chan order, 64), make(chan struct{}, 1)
	out <- order{Do: doSetup, Setup: &c.o.Setup}
	c.mu.Lock()
	out <- order{Do: doVolume, Step: c.step}
	out <- order{Do: doOutput, Output: c.output}
	c.out = out
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.out = nil
		c.mu.Unlock()
	}()
	working.Go(func() { cancel(c.write(ctx, conn, out)) })
	working.Go(func() { cancel(c.read(conn, heard)) })
	return c.watch(ctx, cancel, out, heard)
}

// launch starts a process with its socket.
func (c *Client) launch() (net.Conn, *exec.Cmd, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make sockets: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "voice"), os.NewFile(uintptr(fds[1]), "voice child")
	defer theirs.Close() // the child has its own copy, and the socket must end with the child
	conn, err := net.FileConn(ours)
	_ = ours.Close() // FileConn has its own copy
	if err != nil {
		return nil, nil, fmt.Errorf("make sockets: %w", err)
	}
	cmd := c.o.Command()
	cmd.ExtraFiles = []*os.File{theirs}
	if err := cmd.Start(); err != nil {
		_ = conn.Close() // the first error counts
		return nil, nil, fmt.Errorf("start the voice process: %w", err)
	}
	return conn, cmd, nil
}

func (c *Client) write(ctx context.Context, conn net.Conn, out <-chan order) error {
	for {
		select {
		case o := <-out:
			err := conn.SetWriteDeadline(time.Now().Add(c.o.Quiet))
			if err == nil {
				err = writeLine(conn, o)
			}
			if err != nil {
				return unavailable(fmt.Errorf("%w: %w", errEnded, err))
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// read takes reports until the process ends.
func (c *Client) read(conn net.Conn, heard chan<- struct{}) error {
	in := lines(conn)
	for in.Scan() {
		r, err := parseLine[report](in.Bytes())
		if err != nil {
			return unavailable(err)
		}
		select {
		case heard <- struct{}{}:
		default:
		}
		switch r.Is {
		case isReady:
			c.known(nil)
		case isFault:
			return kiosk.Errorf(kiosk.CodeUnavailable, r.Op, r.Hint, "%s", r.Text)
		case isPong:
		default:
			return unavailable(errWire)
		}
	}
	return unavailable(errEnded)
}

// watch asks the process for a sign of life until it ends or gives none.
func (c *Client) watch(ctx context.Context, cancel context.CancelCauseFunc, out chan<- order, heard <-chan struct{}) error {
	tick := time.NewTicker(c.o.Quiet / 4)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-heard:
			last = time.Now()
		case <-tick.C:
			if time.Since(last) > c.o.Quiet {
				cancel(unavailable(errQuiet))
			}
			select {
			case out <- order{Do: doPing}:
			default:
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
