package pcsc

import (
	"context"
	"fmt"
	"sync"

	"github.com/ebfe/scard"

	"motcua/drivers/apdu"
)

// card is a powered card in a reader.
type card struct {
	sc     *scard.Context
	sk     *scard.Card
	atr    []byte
	max    int // largest response data the reader carries: 256 or 65536
	shared bool

	mu     sync.Mutex    // guards what follows
	busy   chan struct{} // closed when the call in pcscd returns, nil while there is none
	closed bool
}

// newCard takes over the handle; on an error it is disconnected, the context is not released.
func newCard(sc *scard.Context, sk *scard.Card, name string, shared bool) (apdu.Card, error) {
	st, err := sk.Status()
	if err == nil && shared {
		err = sk.BeginTransaction()
	}
	if err != nil {
		_ = sk.Disconnect(scard.UnpowerCard) // the first error counts
		return nil, fault("connect card", err)
	}
	return &card{sc: sc, sk: sk, atr: st.Atr, max: maxLength(sk, name), shared: shared}, nil
}

// ATR gives the answer to reset.
func (c *card) ATR() []byte { return append([]byte(nil), c.atr...) }

// MaxResponse gives the largest Ne the reader carries.
func (c *card) MaxResponse() int { return c.max }

// MaxCommand gives the largest Nc the reader carries.
func (c *card) MaxCommand() int { return c.max - 1 }

// maxShort is the longest short APDU: header, Lc, 255 data bytes, Le.
const maxShort = 261

// Transmit sends one command. pcscd cannot be interrupted: when ctx ends first, the card is of no use afterwards and Close
// finishes once pcscd has answered.
func (c *card) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c.max <= 256 && len(command) > maxShort {
		return nil, fmt.Errorf("transmit %d bytes to a reader of short apdus: %w", len(command), apdu.ErrLength)
	}
	done, err := c.begin()
	if err != nil {
		return nil, err
	}
	var response []byte
	go func() {
		response, err = c.sk.Transmit(command)
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
	if err != nil {
		return nil, fault("transmit", err)
	}
	if len(response) < 2 { // some drivers say nothing when the card went, instead of that it did
		return nil, fault("transmit", scard.ErrRemovedCard)
	}
	return response, nil
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
