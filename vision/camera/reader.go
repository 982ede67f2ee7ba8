package camera

import (
	"context"
	"hash/maphash"
	"time"

	"gocv.io/x/gocv"

	"motcua/kiosk"
	"motcua/vision"
)

// run reads the camera for one period and switches it off at its end.
func (h *Hub) run(ctx context.Context, p *period) {
	err := h.pump(ctx, p)
	p.stop()
	h.mu.Lock()
	p.ending, p.err, h.fault, h.cur = true, err, err, nil
	if p.latest != nil {
		_ = p.latest.Close()
		p.latest = nil
	}
	p.tell()
	h.mu.Unlock()
	close(p.done)
}

// A camera that fails is opened anew once. When it fails again before it has given steady frames, that is told.
const (
	maxFaults = 2
	steady    = 30 // frames
)

// pump opens the camera, reads it, and opens it again when it was unplugged or failed, until ctx ends or patience does.
// A camera that never gave a frame gets no patience when it is missing: then it is simply not there.
func (h *Hub) pump(ctx context.Context, p *period) error {
	var lost time.Time // since when, zero: never had a frame
	var s sight
	faults := 0
	for {
		n, err := h.session(ctx, p, &s)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if n > 0 {
			lost = time.Now()
		}
		if kiosk.CodeOf(err) == kiosk.CodeCameraMissing {
			if lost.IsZero() || time.Since(lost) > h.opts.Patience {
				return err
			}
		} else {
			if n >= steady {
				faults = 0
			}
			if faults++; faults >= maxFaults {
				return err
			}
		}
		h.mu.Lock()
		h.fault = err
		h.mu.Unlock()
		if err := wait(ctx, h.opts.Retry); err != nil {
			return err
		}
	}
}

// sight is the picture that was given last; it outlives an opening of the camera, so that a picture that stays the same when a
// frozen camera is opened anew is not taken for a new one.
type sight struct {
	sum  uint64
	have bool
}

// session is one opening of the camera; it tells how many new pictures came.
func (h *Hub) session(ctx context.Context, p *period, last *sight) (n int, err error) {
	h.setOn(true)
	defer h.setOn(false)
	defer h.src.Close()
	if err := h.src.Open(ctx); err != nil {
		return 0, asFault("open camera", err)
	}
	m := gocv.NewMat()
	defer func() { _ = m.Close() }()
	fresh := time.Now() // when the picture last changed
	for {
		if err := h.src.Read(ctx, &m); err != nil {
			return n, asFault("read camera", err)
		}
		now := time.Now()
		s, err := h.hash(&m)
		if err != nil {
			return n, err
		}
		if last.have && s == last.sum {
			if now.Sub(fresh) > h.opts.Frozen {
				return n, kiosk.Errorf(kiosk.CodeCameraFault, "read camera", hintFault, "%s repeats one picture", h.src)
			}
			if err := wait(ctx, time.Millisecond); err != nil { // a source without a pace of its own must not spin
				return n, err
			}
			continue
		}
		*last, fresh = sight{s, true}, now
		n++
		h.publish(p, &m, now)
	}
}

func (h *Hub) setOn(on bool) {
	h.mu.Lock()
	h.on = on
	h.mu.Unlock()
}

func (h *Hub) hash(m *gocv.Mat) (uint64, error) {
	if !vision.IsBGR(m) || m.Rows() > vision.MaxSide || m.Cols() > vision.MaxSide {
		return 0, kiosk.Errorf(kiosk.CodeCameraFault, "read camera", hintFault, "%s gives frames of another format", h.src)
	}
	pix, err := m.DataPtrUint8()
	if err != nil {
		return 0, kiosk.Errorf(kiosk.CodeCameraFault, "read camera", hintFault, "%w", err)
	}
	return maphash.Bytes(h.seed, pix), nil
}

// publish replaces the latest frame by a copy of m.
func (h *Hub) publish(p *period, m *gocv.Mat, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.latest != nil {
		_ = p.latest.Close()
	}
	h.seq++
	p.latest = &vision.Frame{Mat: m.Clone(), At: at, Seq: h.seq}
	h.fault = nil
	p.tell()
}

// asFault makes every error of a source an Error with a camera code, whatever it was before.
func asFault(op string, err error) error {
	switch kiosk.CodeOf(err) {
	case kiosk.CodeCameraMissing, kiosk.CodeCameraFault:
		return err
	default:
		return kiosk.Errorf(kiosk.CodeCameraFault, op, hintFault, "%w", err)
	}
}
