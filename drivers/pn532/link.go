package pn532

import (
	"context"
	"errors"
	"time"
)

// link carries frames between host and chip. Its methods are called by one goroutine at a time.
type link interface {
	String() string

	// open connects, or connects anew after a loss, and throws away what was received.
	open() error
	// wake sends what ends the chip's sleep, and gives bytes to send right before the first command.
	wake(ctx context.Context) (prefix []byte, err error)
	write(ctx context.Context, b []byte) error
	// read gives the next frame, of at most size bytes if the link must know before: errSilent when none came by the deadline. The
	// frame is valid until the next call.
	read(ctx context.Context, by time.Time, size int) (frame, error)
	// drain throws away what comes until nothing came for a moment.
	drain()
	// cost gives how long n bytes take on the wire.
	cost(n int) time.Duration
	// hint says what a technician checks when the chip does not answer.
	hint() string
}

// errSilent means that no frame came in time.
var errSilent = errors.New("no answer from the chip")

// slice is how long a wait may last before the context is looked at again. A cancelled call returns within 100 ms.
const slice = 20 * time.Millisecond

// pause waits d, or less when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
