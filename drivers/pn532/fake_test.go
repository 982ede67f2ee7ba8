package pn532

import (
	"bytes"
	"net"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeUART is a uart.Port whose other end is a function: it gets every frame of the host, as bytes, and gives the bytes to send back.
type fakeUART struct {
	name   string
	err    error // of Connect
	answer func(n int, frame []byte) []byte
	pieces int // bytes sent at once; 0 all

	mu    sync.Mutex
	seen  [][]byte
	pipe  net.Conn
	other net.Conn
	done  chan struct{}
}

func (p *fakeUART) String() string { return p.name }

func (p *fakeUART) Connect(physic.Frequency, uart.Stop, uart.Parity, uart.Flow, int) (conn.Conn, error) {
	if p.err != nil {
		return nil, p.err
	}
	p.close()
	p.pipe, p.other = net.Pipe()
	p.done = make(chan struct{})
	go p.serve(p.other, p.done)
	return fakeConn{p.pipe}, nil
}

func (p *fakeUART) close() {
	if p.pipe != nil {
		p.pipe.Close()
		p.other.Close()
		<-p.done
	}
}

// fakeConn is a connection without SetSpeed.
type fakeConn struct{ net.Conn }

func (fakeConn) String() string         { return "fake" }
func (fakeConn) Duplex() conn.Duplex    { return conn.Half }
func (c fakeConn) Tx(w, _ []byte) error { _, err := c.Write(w); return err }

func (p *fakeUART) serve(c net.Conn, done chan struct{}) {
	defer close(done)
	var sending sync.WaitGroup
	defer sending.Wait()
	var buf []byte
	in := make([]byte, 512)
	for n := 0; ; {
		k, err := c.Read(in)
		if err != nil {
			return
		}
		buf = append(buf, in[:k]...)
		for {
			f, rest, ok := hostFrame(buf)
			if !ok {
				break
			}
			buf = rest
			p.mu.Lock()
			p.seen = append(p.seen, f)
			p.mu.Unlock()
			out := p.answer(n, f)
			n++
			sending.Go(func() { p.send(c, out) })
		}
	}
}

func (p *fakeUART) send(c net.Conn, out []byte) {
	for len(out) > 0 {
		k := len(out)
		if p.pieces > 0 {
			k = min(k, p.pieces)
		}
		if _, err := c.Write(out[:k]); err != nil {
			return
		}
		out = out[k:]
	}
}

// frames gives what the host has sent.
func (p *fakeUART) frames() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([][]byte(nil), p.seen...)
}

// hostFrame cuts the first frame out of what a host has sent: ACK and NACK as they are, of a command what follows TFI.
func hostFrame(b []byte) (f, rest []byte, ok bool) {
	at := bytes.Index(b, []byte{0, 0xFF})
	if at < 0 || len(b) < at+4 {
		return nil, b, false
	}
	h := b[at+2:]
	head, n := 2, int(h[0])
	switch {
	case h[0] == 0 && h[1] == 0xFF, h[0] == 0xFF && h[1] == 0:
		if len(h) < 3 {
			return nil, b, false
		}
		return append([]byte{0, 0, 0xFF}, h[:3]...), h[3:], true
	case h[0] == 0xFF && h[1] == 0xFF:
		if len(h) < 5 {
			return nil, b, false
		}
		head, n = 5, int(h[2])<<8|int(h[3])
	}
	if len(h) < head+n+2 {
		return nil, b, false
	}
	return bytes.Clone(h[head+1 : head+n]), h[head+n+2:], true
}

// reply makes a frame of the chip, normal or extended.
func reply(data ...byte) []byte {
	n := len(data) + 1
	b := []byte{0, 0, 0xFF, byte(n), -byte(n)}
	if n > 255 {
		b = []byte{0, 0, 0xFF, 0xFF, 0xFF, byte(n >> 8), byte(n), -(byte(n>>8) + byte(n))}
	}
	b = append(append(b, 0xD5), data...)
	sum := byte(0xD5)
	for _, c := range data {
		sum += c
	}
	return append(b, -sum, 0)
}

// acked gives an ACK and a frame.
func acked(data ...byte) []byte { return append(bytes.Clone(ackFrame), reply(data...)...) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// damaged changes one byte of a frame.
func damagedAt(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 0x40
	return b
}

func openFake(t *testing.T, p *fakeUART) *chip {
	t.Helper()
	h := &hsu{port: p, baud: startBaud}
	if err := h.open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return &chip{link: h}
}
