package child

import (
	"context"
	"errors"
	"maps"
	"os/exec"
	"sync"
	"time"

	"motcua/kiosk"
)

// Options of a [Client]. Zero values mean the defaults, except Command, which is needed.
type Options struct {
	Command func() *exec.Cmd // makes the child's command; file descriptor 3 of it will be the socket
	Quiet   time.Duration    // how long the child may say nothing before it is killed; default 3 s: a loaded machine is slow
	Start   time.Duration    // how long it may take until it serves; default 30 s (models, slow cards)
	Memory  int64            // resident bytes above which it is killed; default 1 GiB; negative: no limit
	Wait    time.Duration    // how long a call waits for a child that is being restarted; default 3 s
	Stuck   time.Duration    // how long a cancelled call may go on before the child is killed; default 15 s: it may be looking at a page
	Event   func(Event)      // told of starts and ends; may be nil
}

func (o Options) filled() Options {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&o.Quiet, 3*time.Second)
	def(&o.Start, 30*time.Second)
	def(&o.Wait, 3*time.Second)
	def(&o.Stuck, 15*time.Second)
	if o.Memory == 0 {
		o.Memory = 1 << 30
	}
	if o.Event == nil {
		o.Event = func(Event) {}
	}
	return o
}

// Event is something that happened to the child. Err is nil when it serves, else why it ended.
type Event struct {
	Err error
	PID int
	In  time.Duration // since the child before ended, or since the start
}

// Why a child ended.
var (
	ErrQuiet  = errors.New("vision process fell silent")
	ErrHalted = errors.New("vision process was stopped by a signal")
	ErrStuck  = errors.New("vision process did not stop a call")
	ErrMemory = errors.New("vision process grew too large")
	ErrEnded  = errors.New("vision process ended")
)

// reasons name why a child ended, for the log.
var reasons = []struct {
	err  error
	word string
}{{ErrQuiet, "quiet"}, {ErrHalted, "halted"}, {ErrStuck, "stuck"}, {ErrMemory, "memory"}, {errFrame, "protocol"}, {ErrEnded, "ended"}}

// Reason gives one word for the error of an [Event]: quiet, halted, stuck, memory, protocol, ended, or other.
func Reason(err error) string {
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return r.word
		}
	}
	return "other"
}

// Client runs the child and speaks with it. It is safe for concurrent use.
type Client struct {
	opts Options
	stop context.CancelFunc
	done chan struct{}

	mu     sync.Mutex
	cur    *process // nil while none serves
	next   *process // being started: it is told of changed states as well
	change chan struct{}
	states map[string][]byte
	first  bool // the first child is being started: nothing was lost yet, and calls wait for it
	closed bool
}

// Start runs the child with these states until Close. It does not wait until the child serves: calls do.
func Start(opts Options, states map[string][]byte) *Client {
	ctx, stop := context.WithCancel(context.Background())
	c := &Client{opts: opts.filled(), stop: stop, done: make(chan struct{}), change: make(chan struct{}), states: maps.Clone(states), first: true}
	if c.states == nil {
		c.states = map[string][]byte{}
	}
	go c.run(ctx)
	return c
}

// Close ends the child. It may be called twice.
func (c *Client) Close() error {
	c.stop()
	<-c.done
	return nil
}

// Set changes a state: the child is told now, and every later one at its start.
func (c *Client) Set(name string, value []byte) {
	c.mu.Lock()
	c.states[name] = value
	p := c.cur
	if p == nil {
		p = c.next
	}
	c.mu.Unlock()
	if p != nil {
		p.send(frame{header: header{Kind: kindSet, Method: name}, blob: value})
	}
}

// run keeps a child running. One that served is replaced at once; one that could not even start is tried ever more slowly.
func (c *Client) run(ctx context.Context) {
	defer close(c.done)
	defer c.put(nil, true)
	const slowest = 5 * time.Second
	pause, since := 100*time.Millisecond, time.Now()
	for ctx.Err() == nil {
		p, err := c.launch(ctx)
		if err != nil {
			c.put(nil, false)
		}
		if err == nil {
			c.opts.Event(Event{PID: p.pid(), In: time.Since(since)})
			pause = 100 * time.Millisecond
			c.put(p, false)
			err = p.watch(ctx)
			c.put(nil, false)
		}
		since = time.Now()
		if p != nil {
			p.end(err)
		}
		if ctx.Err() != nil {
			return
		}
		c.opts.Event(Event{Err: err, PID: p.pid()})
		if p == nil || !p.served {
			wait(ctx, pause)
			pause = min(2*pause, slowest)
		}
	}
}

func (c *Client) put(p *process, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cur, c.next, c.first, c.closed = p, nil, false, c.closed || closed
	close(c.change)
	c.change = make(chan struct{})
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// serving gives the child that serves, waiting for one that is being started: Wait for one that takes another's place, and as long as
// it may take for the first.
func (c *Client) serving(ctx context.Context) (*process, error) {
	t := time.NewTimer(c.opts.Wait)
	defer t.Stop()
	for {
		c.mu.Lock()
		p, change, closed, first := c.cur, c.change, c.closed, c.first
		c.mu.Unlock()
		late := t.C
		if first {
			late = nil
		}
		switch {
		case p != nil && p.alive():
			return p, nil
		case closed:
			return nil, gone(ErrEnded)
		}
		select {
		case <-change:
		case <-late:
			return nil, gone(ErrEnded)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// gone is what a call ends with when there is no child to answer it: the camera cannot be used now, and may be soon.
func gone(why error) error {
	return kiosk.Errorf(kiosk.CodeCameraFault, "ask the vision process", "it is restarted by itself; if this goes on, run kioskctl doctor and see the log", "%w", why)
}

// call makes a call and waits for its result. event is told of its events, in order; an error of it cancels the call and is what
// call gives. latest means that events may be dropped in favour of newer ones.
func (c *Client) call(ctx context.Context, f frame, latest bool, event func(frame) error) (frame, error) {
	p, err := c.serving(ctx)
	if err != nil {
		return frame{}, err
	}
	k, err := p.begin(f, latest)
	if err != nil {
		return frame{}, err
	}
	defer p.finish(k)
	var stopped error
	var late <-chan time.Time
	cancelled := ctx.Done()
	cancel := func(why error) {
		cancelled, stopped, late = nil, why, time.After(c.opts.Stuck)
		p.cancel(k)
	}
	for {
		select {
		case <-cancelled: // the child still gives its result, so that its camera is off when we return
			cancel(ctx.Err())
		case <-late: // it breathes, but the call hangs
			p.fail(ErrStuck)
		case <-k.wake:
			for _, e := range k.take() {
				if stopped != nil || event == nil {
					continue
				}
				if err := event(e); err != nil {
					cancel(err)
				}
			}
		case r := <-k.result:
			return finished(k, r, stopped, event)
		case <-p.dead:
			if stopped != nil {
				return frame{}, stopped
			}
			return frame{}, gone(p.why())
		}
	}
}

// finished gives the result after the events that came before it.
func finished(k *call, r frame, stopped error, event func(frame) error) (frame, error) {
	for _, e := range k.take() {
		if stopped == nil && event != nil {
			stopped = event(e)
		}
	}
	if err := r.Error.err(); err != nil && (stopped == nil || !errors.Is(err, context.Canceled)) {
		return r, err
	}
	return r, stopped
}
