package pcsc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ebfe/scard"

	"motcua/drivers/apdu"
)

// card is a powered card in a reader.
type card struct {
	sc      *scard.Context
	sk      *scard.Card
	name    string // of the reader
	atr     []byte
	max     limits
	shared  bool
	lengths *lengths

	mu     sync.Mutex    // guards what follows
	busy   chan struct{} // closed when the call in pcscd returns, nil while there is none
	closed bool
}

// prepare begins the transaction of a shared card and learns what card it is. On an error the card is not held.
func (c *card) prepare(ctx context.Context) error {
	if p := c.sk.ActiveProtocol(); p != scard.ProtocolT0 && p != scard.ProtocolT1 {
		return fault("connect card", scard.ErrProtoMismatch)
	}
	if c.shared {
		if err := c.lock(ctx); err != nil {
			return err
		}
	}
	st, err := c.sk.Status()
	if err != nil {
		return fault("connect card", err)
	}
	if err := foreign(st.Atr); err != nil {
		return err
	}
	c.atr = st.Atr
	c.max = c.lengths.bound(c.name, readLimits(c.sk, c.name))
	return nil
}

// lock begins a transaction and resets the card, so that nothing of what another program did is left. libpcsclite waits without end
// for a transaction, and so it would for a disconnect; giving the context back ends both.
func (c *card) lock(ctx context.Context) error {
	began := make(chan error, 1)
	go func() { began <- c.transaction() }()
	select {
	case err := <-began:
		if err == nil {
			err = c.sk.Reconnect(scard.ShareShared, scard.ProtocolAny, scard.ResetCard)
		}
		if err != nil {
			return fault("connect card", err)
		}
		return nil
	case <-ctx.Done():
		release(c.sc)
		<-began //nolint:errcheck // fails, or began in the last moment and ended with the context
		return ctx.Err()
	}
}

// transaction begins one, again when another program's end of use reset the card meanwhile.
func (c *card) transaction() (err error) {
	for range powerAttempts {
		if err = c.sk.BeginTransaction(); !errors.Is(err, scard.ErrResetCard) {
			return err
		}
		if err := c.sk.Reconnect(scard.ShareShared, scard.ProtocolAny, scard.LeaveCard); err != nil {
			return err
		}
	}
	return err
}

// ATR gives the answer to reset.
func (c *card) ATR() []byte { return append([]byte(nil), c.atr...) }

// MaxResponse gives the largest Ne the reader carries.
func (c *card) MaxResponse() int { return c.max.response }

// MaxCommand gives the largest Nc the reader carries.
func (c *card) MaxCommand() int { return c.max.command }

// The lengths of whole APDUs: the shortest there is; the longest short one (header, Lc, 255 data bytes, Le).
const (
	minAPDU  = 4
	maxShort = 261
)

// Transmit sends one command. pcscd cannot be interrupted: when ctx ends first, the card is of no use afterwards and Close
// finishes once pcscd has answered.
func (c *card) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if n := len(command); n < minAPDU || n > maxShort && c.max.response <= lengthShort || n > c.max.command+extendedHeader {
		return nil, fmt.Errorf("transmit %d bytes to this reader: %w", n, apdu.ErrLength)
	}
	done, err := c.begin()
	if err != nil {
		return nil, err
	}
	var response []byte
	go func() {
		response, err = c.exchange(command)
		close(done)
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-done:
	}
	c.mu.Lock()
	c.busy = nil
	c.mu.Unlock()
	return response, err
}

// begin notes that a call is under way.
func (c *card) begin() (chan struct{}, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.busy != nil {
		return nil, fmt.Errorf("transmit on a card that was closed or abandoned: %w", apdu.ErrReader)
	}
	c.busy = make(chan struct{})
	return c.busy, nil
}

// exchange is one call into pcscd, and the questions after a failure.
func (c *card) exchange(command []byte) ([]byte, error) {
	response, err := c.sk.Transmit(command)
	switch {
	case err == nil && len(response) >= statusSize:
		if len(response) > modelOf(c.name).message {
			c.lengths.worked(c.name)
		}
		return response, nil
	case err == nil, errors.Is(err, scard.ErrNotTransacted): // some drivers say nothing at all when the card went
		err = c.diagnose(extended(command))
	}
	return nil, fault("transmit", err)
}

// extended reports whether a command has extended length fields (ISO/IEC 7816-4 §5.2).
func extended(command []byte) bool { return len(command) > 5 && command[4] == 0 }

// removalGrace is how long pcscd may take to notice that a card left: it polls readers without interrupts every 400 ms.
const removalGrace = 700 * time.Millisecond

// diagnose finds out why an exchange failed and gives the PC/SC error that says it: the card left, the reader left, the card does not
// answer any more, or it answers again and only its session is lost.
func (c *card) diagnose(long bool) error {
	ticket := waits.take()
	defer waits.give(ticket)
	deadline := time.Now().Add(removalGrace)
	state := scard.StateUnaware
	for {
		if _, err := c.sk.Status(); err != nil {
			return err
		}
		left := time.Until(deadline)
		if left <= 0 {
			break
		}
		now, err := ticket.watchCard(c.sc, c.name, state, left)
		if err != nil {
			return err
		}
		if now&(scard.StateEmpty|scard.StateUnavailable|scard.StateUnknown) != 0 {
			return scard.ErrRemovedCard
		}
		state = now
	}
	if long {
		c.lengths.broke(c.name)
	}
	mode := scard.ShareExclusive
	if c.shared {
		mode = scard.ShareShared
	}
	if err := c.sk.Reconnect(mode, scard.ProtocolAny, scard.ResetCard); err != nil {
		return err
	}
	return scard.ErrNotTransacted
}

// watchCard waits until the state of the card in a reader differs from state, or d has passed.
func (t ticket) watchCard(sc *scard.Context, name string, state scard.StateFlag, d time.Duration) (scard.StateFlag, error) {
	states := []scard.ReaderState{{Reader: t.name(name), CurrentState: state}}
	switch err := sc.GetStatusChange(states, d); {
	case errors.Is(err, scard.ErrTimeout):
		return state, nil
	case err != nil:
		return 0, err
	}
	return states[0].EventState &^ scard.StateChanged, nil
}

// Close powers the card down and gives its context back. It may be called twice. A card that cannot be powered down is gone with
// its reader or with pcscd; the next Connect tells which, so Close does not.
func (c *card) Close() error {
	c.mu.Lock()
	busy, was := c.busy, c.closed
	c.closed = true
	c.mu.Unlock()
	switch {
	case was:
	case busy != nil: // pcscd still works on an abandoned command
		go func() {
			<-busy
			c.disconnect()
		}()
	default:
		c.disconnect()
	}
	return nil
}

func (c *card) disconnect() {
	if c.shared {
		_ = c.sk.EndTransaction(scard.LeaveCard) // see Close
	}
	_ = c.sk.Disconnect(scard.UnpowerCard) // see Close
	release(c.sc)
}

var _ apdu.Card = (*card)(nil)
