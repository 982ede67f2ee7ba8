package pcsc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ebfe/scard"
)

// The pauses of Wait.
const (
	retryService = 500 * time.Millisecond // between attempts to reach pcscd
	lookAgain    = time.Second            // longest stay in pcscd, so that a cancel that came too early is noticed
)

// Wait blocks until a card is there (present true) or gone, or ctx ends. No pcscd and no reader count as no card. A card that does
// not answer is there: Connect says that it is mute.
func (r *Reader) Wait(ctx context.Context, present bool) error {
	for {
		if err := errors.Join(ctx.Err(), r.alive()); err != nil {
			return err
		}
		done, err := r.watch(ctx, present)
		switch {
		case done:
			return nil
		case err != nil && !present:
			return ctx.Err()
		case err != nil:
			pause(ctx, r.halted, retryService)
		}
	}
}

// pause waits d, or less when ctx or the driver ends.
func pause(ctx, halted context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-halted.Done():
	case <-t.C:
	}
}

// watch waits in one PC/SC context. done says that the wanted state was seen; an error that the context is of no use any more.
func (r *Reader) watch(ctx context.Context, present bool) (done bool, err error) {
	sc, err := scard.EstablishContext()
	if err != nil {
		return false, err
	}
	defer release(sc)
	cancel := func() { _ = sc.Cancel() } // fails only when nothing waits
	defer stopped(ctx, cancel)()
	defer stopped(r.halted, cancel)()
	ticket := waits.take()
	defer waits.give(ticket)
	state := scard.StateUnaware
	for ctx.Err() == nil && r.halted.Err() == nil {
		names, err := list(sc)
		if err != nil {
			return false, err
		}
		name, there := choose(names, r.opts.Name)
		if !there && !present {
			return true, nil
		}
		now, err := ticket.step(sc, name, len(names), state, lookAgain)
		if err != nil {
			return false, err
		}
		if there && now != scard.StateUnaware && present == (now&scard.StatePresent != 0) {
			return true, nil
		}
		state = now
	}
	return false, nil
}

// stopped calls f when ctx ends. The function it gives takes that back and, when f has begun, waits for its end.
func stopped(ctx context.Context, f func()) func() {
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		f()
	})
	return func() {
		if !stop() {
			<-ended
		}
	}
}

// ticket is the number of a wait that is under way. The binding keeps a reader's name alive for the C library by the name alone, so
// that two waits for the same reader would free each other's; a number after the terminating zero makes them differ, and the C
// library does not see it.
type ticket int

// tickets gives out the smallest number that is free, so that the binding's table of names stays small.
type tickets struct {
	mu    sync.Mutex
	taken []bool
}

var waits tickets

func (t *tickets) take() ticket {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, taken := range t.taken {
		if !taken {
			t.taken[i] = true
			return ticket(i)
		}
	}
	t.taken = append(t.taken, true)
	return ticket(len(t.taken) - 1)
}

func (t *tickets) give(n ticket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken[n] = false
}

func (t ticket) name(reader string) string { return fmt.Sprintf("%s\x00%d", reader, t) }

// plugAndPlay is the name under which pcscd reports that a reader came or went; the number of readers known stands in the upper
// half of the state.
const plugAndPlay = `\\?PnP?\Notification`

// step waits until the reader's state differs from state, a reader comes or goes, or d has passed. It gives the reader's state,
// StateUnaware while there is none.
func (t ticket) step(sc *scard.Context, name string, readers int, state scard.StateFlag, d time.Duration) (scard.StateFlag, error) {
	states := []scard.ReaderState{{Reader: t.name(plugAndPlay), CurrentState: scard.StateFlag(readers << 16)}}
	if name != "" {
		states = append(states, scard.ReaderState{Reader: t.name(name), CurrentState: state})
	}
	err := sc.GetStatusChange(states, d)
	switch {
	case errors.Is(err, scard.ErrTimeout), errors.Is(err, scard.ErrCancelled):
		return state, nil
	case errors.Is(err, scard.ErrUnknownReader), errors.Is(err, scard.ErrReaderUnavailable):
		return scard.StateUnaware, nil // it went between list and wait
	case err != nil:
		return 0, err
	case name == "":
		return scard.StateUnaware, nil
	}
	return states[1].EventState &^ scard.StateChanged, nil
}
