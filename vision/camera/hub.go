package camera

import (
	"context"
	"hash/maphash"
	"image"
	"sync"
	"time"

	"gocv.io/x/gocv"

	"motcua/vision"
)

// Opts are a hub's delays. Zero values mean the defaults.
type Opts struct {
	Patience time.Duration // how long an unplugged camera may stay away before watchers get camera_missing; default 30 s
	Retry    time.Duration // pause between two tries to open it again; default 1 s
	Frozen   time.Duration // how long the same picture may be repeated before it is a camera_fault; default 2 s

	// Find gives where the face stands, for the preview of tall frames; nil: the preview shows the whole frame. The frame is lent.
	Find func(m *gocv.Mat) (image.Rectangle, bool)
}

// Hub shares one camera between consumers. It is a [vision.Feed] and a [kiosk.Preview].
type Hub struct {
	src  Source
	opts Opts
	seed maphash.Seed

	mu    sync.Mutex
	cur   *period // nil while nobody watches
	on    bool    // the source is open
	fault error   // the last failure, until a frame comes
	seq   uint64
}

// period is the time from the first watcher to the last, or to a failure. Its fields are guarded by the hub's lock.
type period struct {
	watchers int
	ending   bool
	stop     context.CancelFunc
	done     chan struct{} // closed when the camera is off again
	latest   *vision.Frame // owned here, nil before the first
	err      error         // why it ended
	changed  chan struct{} // closed and replaced when latest or err change
}

func (p *period) tell() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// NewHub makes a hub that owns src.
func NewHub(src Source, opts Opts) *Hub {
	if opts.Patience == 0 {
		opts.Patience = 30 * time.Second
	}
	if opts.Retry == 0 {
		opts.Retry = time.Second
	}
	if opts.Frozen == 0 {
		opts.Frozen = 2 * time.Second
	}
	return &Hub{src: src, opts: opts, seed: maphash.MakeSeed()}
}

// String names the camera.
func (h *Hub) String() string { return h.src.String() }

// On reports whether the camera is switched on.
func (h *Hub) On() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.on
}

// Ready tells whether the camera can be used, without switching it on.
func (h *Hub) Ready() error {
	h.mu.Lock()
	busy, fault := h.cur != nil, h.fault
	h.mu.Unlock()
	if busy {
		return fault
	}
	return h.src.Ready()
}

// Watch lends new frames to see; see [vision.Feed]. When it returns for the last watcher the camera is off.
func (h *Hub) Watch(ctx context.Context, see func(*vision.Frame) error) error {
	p, err := h.join(ctx)
	if err != nil {
		return err
	}
	defer h.leave(p)
	var last uint64
	for {
		f, changed, err := h.after(p, last)
		if err != nil {
			return err
		}
		if f == nil {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-changed:
			}
			continue
		}
		last = f.Seq
		err = see(f)
		_ = f.Close()
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

// join counts a watcher and begins a period for the first. A period that is ending is waited for.
func (h *Hub) join(ctx context.Context) (*period, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		h.mu.Lock()
		p := h.cur
		if p == nil {
			p = h.begin()
		}
		if !p.ending {
			p.watchers++
			h.mu.Unlock()
			return p, nil
		}
		h.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-p.done:
		}
	}
}

func (h *Hub) begin() *period {
	ctx, stop := context.WithCancel(context.Background())
	h.cur = &period{stop: stop, done: make(chan struct{}), changed: make(chan struct{})}
	h.fault = nil
	go h.run(ctx, h.cur)
	return h.cur
}

func (h *Hub) leave(p *period) {
	h.mu.Lock()
	p.watchers--
	last := p.watchers == 0
	p.ending = p.ending || last
	h.mu.Unlock()
	if last {
		p.stop()
		<-p.done
	}
}

// after gives a copy of the latest frame when it is newer than last, else nil and what to wait for.
func (h *Hub) after(p *period, last uint64) (*vision.Frame, <-chan struct{}, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.err != nil {
		return nil, nil, p.err
	}
	if p.latest == nil || p.latest.Seq <= last {
		return nil, p.changed, nil
	}
	return &vision.Frame{Mat: p.latest.Mat.Clone(), At: p.latest.At, Seq: p.latest.Seq}, nil, nil
}
