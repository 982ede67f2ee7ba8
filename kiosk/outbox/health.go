package outbox

import (
	"context"
	"sync"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
)

// health is what the outbox thinks of the office.
type health struct {
	mu      sync.Mutex
	proven  bool       // the last delivery that told anything about the office was acknowledged
	misses  int        // deliveries in a row that found nobody
	trouble kiosk.Code // office_offline, office_untrusted, …; "" when the last delivery went well
	since   time.Time  // of the trouble
}

// Trouble tells what stands in the way of delivery since when: office_offline, office_untrusted (an alarm) or another code;
// "" when the last delivery went well or none was tried.
func (b *Outbox) Trouble() (kiosk.Code, time.Time) {
	b.health.mu.Lock()
	defer b.health.mu.Unlock()
	return b.trouble, b.since
}

// enter notes a trouble and reports whether it is new.
func (h *health) enter(code kiosk.Code) (before kiosk.Code, fresh bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before = h.trouble
	if before == code {
		return before, false
	}
	h.trouble, h.since = code, time.Now()
	return before, true
}

func (b *Outbox) online(ctx context.Context, took time.Duration) {
	b.health.mu.Lock()
	b.misses, b.proven = 0, true
	b.health.mu.Unlock()
	if before, fresh := b.enter(""); fresh && before != "" {
		b.log.Event(ctx, audit.OfficeOnline, audit.MS(took))
	}
}

// offline notes that nobody is there and gives how long the whole outbox sleeps.
func (b *Outbox) offline(ctx context.Context, result error) pause {
	b.health.mu.Lock()
	n := b.misses
	b.misses++
	b.proven = false
	b.health.mu.Unlock()
	if _, fresh := b.enter(kiosk.CodeOfficeOffline); fresh {
		b.log.Event(ctx, audit.OfficeOffline, audit.Code(result))
	}
	if d := asked(result); d > 0 {
		return pause{d: d, hard: true}
	}
	return pause{d: backoff(offlineFirst, offlineMost, n, b.jitter())}
}

// suspect raises the alarm once for a run of answers that are not the office's, or of defects of ours.
func (b *Outbox) suspect(ctx context.Context, result error) {
	if _, fresh := b.enter(kiosk.CodeOf(result)); fresh {
		b.fault(ctx, result)
	}
}
