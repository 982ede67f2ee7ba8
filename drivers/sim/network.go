package sim

import (
	"context"
	"errors"
	"net"
	"sync"
)

// Dial opens a connection.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Network is a way to the back office that can be cut: dialling fails and connections that are open break, as when somebody
// trips over the cable. It dials for real, through whatever way it is given.
type Network struct {
	mu    sync.Mutex
	way   Dial
	cut   bool
	conns map[*conn]struct{}
}

// NewNetwork makes a network that works.
func NewNetwork() *Network {
	return &Network{conns: map[*conn]struct{}{}, way: new(net.Dialer).DialContext}
}

// Through makes the network dial by another way from now on.
func (n *Network) Through(way Dial) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.way = way
}

// errCut is what a cut cable gives.
var errCut = errors.New("network is unreachable")

// Cut cuts the network, or mends it.
func (n *Network) Cut(cut bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = cut
	if !cut {
		return
	}
	for c := range n.conns {
		_ = c.Conn.Close() // what was on the way is lost
	}
	clear(n.conns)
}

// IsCut reports whether the network is cut.
func (n *Network) IsCut() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cut
}

// DialContext dials, unless the network is cut.
func (n *Network) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	cut, way := n.cut, n.way
	n.mu.Unlock()
	if cut {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errCut}
	}
	raw, err := way(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw, net: n}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cut {
		return nil, errors.Join(&net.OpError{Op: "dial", Net: network, Err: errCut}, raw.Close())
	}
	n.conns[c] = struct{}{}
	return c, nil
}

type conn struct {
	net.Conn
	net *Network
}

// Close forgets the connection and closes it.
func (c *conn) Close() error {
	c.net.mu.Lock()
	delete(c.net.conns, c)
	c.net.mu.Unlock()
	return c.Conn.Close()
}
