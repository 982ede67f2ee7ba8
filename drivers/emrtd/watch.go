package emrtd

import (
	"context"
	"time"
)

// The times of watching.
const (
	firstLook = 300 * time.Millisecond // until a card that lies there already is seen
	debounce  = 400 * time.Millisecond // a card gone for less has not gone
	lookAgain = time.Second            // after the slot could not be watched
)

// Watch implements kiosk.CardReader. A card that flickers at the edge of the field is reported once.
func (r *Reader) Watch(ctx context.Context) <-chan bool {
	out := make(chan bool)
	go func() {
		defer close(out)
		r.watch(ctx, out)
	}()
	return out
}

func (r *Reader) watch(ctx context.Context, out chan<- bool) {
	present := r.within(ctx, true, firstLook)
	for tell(ctx, out, present) {
		for {
			if !r.await(ctx, !present) {
				return
			}
			if !present || !r.within(ctx, true, debounce) {
				break
			}
		}
		present = !present
	}
}

func tell(ctx context.Context, out chan<- bool, v bool) bool {
	if ctx.Err() != nil {
		return false
	}
	select {
	case out <- v:
		return true
	case <-ctx.Done():
		return false
	}
}

// within reports whether the slot reaches a state in time.
func (r *Reader) within(ctx context.Context, present bool, d time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return r.slot.Wait(ctx, present) == nil
}

// await waits for a state as long as it takes; false when ctx ended.
func (r *Reader) await(ctx context.Context, present bool) bool {
	for ctx.Err() == nil {
		if r.slot.Wait(ctx, present) == nil {
			return true
		}
		timer := time.NewTimer(lookAgain)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
	return false
}
