package sim

import (
	"bytes"
	"context"
	"time"

	"motcua/kiosk"
)

// rowTime is how long the printer takes for one row: 150 mm a second, as receipt printers do.
const rowTime = 833 * time.Microsecond

// Panel is the case's lamps and sensor: who stands before the camera is seen by the sensor.
type Panel struct {
	world *World
	lit   map[kiosk.Lamp]bool // under the world's lock
}

var _ kiosk.Panel = (*Panel)(nil)

// Light implements [kiosk.Panel].
func (p *Panel) Light(l kiosk.Lamp, on bool) { p.world.change(func() { p.lit[l] = on }) }

// Lit tells whether a lamp is on.
func (p *Panel) Lit(l kiosk.Lamp) bool {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	return p.lit[l]
}

// Presence implements [kiosk.Panel].
func (p *Panel) Presence(ctx context.Context) <-chan bool {
	out := make(chan bool)
	go func() {
		defer close(out)
		was := false
		for {
			changed := p.world.Changed()
			if near := len(p.world.Scene().Who) > 0; near != was {
				was = near
				select {
				case out <- near:
				case <-ctx.Done():
					return
				}
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// Ready implements [kiosk.Panel].
func (p *Panel) Ready() error { return nil }

// Receipts tells how many receipts the printer has cut and nobody has taken; only the last few are kept.
func (w *World) Receipts() int { return len(w.printer.Papers()) }

// Receipt gives the last receipt as a PNG, nil for none.
func (w *World) Receipt() []byte {
	papers := w.printer.Papers()
	if len(papers) == 0 {
		return nil
	}
	var b bytes.Buffer
	if err := papers[len(papers)-1].WritePNG(&b); err != nil {
		return nil // no memory
	}
	return b.Bytes()
}
