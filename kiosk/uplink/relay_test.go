package uplink

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// relay starts a relay that lets the test ask, with what change sets, and gives its dialer and what was refused.
func relay(t *testing.T, allow []string, change func(*Options)) (Dialer, func() []Reason) {
	t.Helper()
	dir, err := os.MkdirTemp("", "uplink-") // a socket's path has at most 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	var mu sync.Mutex
	var refused []Reason
	o := Options{
		Allow: func() ([]string, error) { return allow, nil }, Users: []uint32{uint32(os.Getuid())},
		Event: func(e Event) { mu.Lock(); defer mu.Unlock(); refused = append(refused, e.Reason) },
	}
	if change != nil {
		change(&o)
	}
	socket := filepath.Join(dir, "uplink.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- New(o).Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Error("the relay does not stop")
		}
	})
	return Dialer{Socket: socket}, func() []Reason { mu.Lock(); defer mu.Unlock(); return append([]Reason(nil), refused...) }
}

// office listens and does serve with each connection.
func office(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); serve(c) }()
		}
	}()
	return l.Addr().String()
}

func echo(c net.Conn) { _, _ = io.Copy(c, c) }

func want(t *testing.T, d Dialer, address string, reason Reason) {
	t.Helper()
	c, err := d.DialContext(t.Context(), "tcp", address)
	if err == nil {
		_ = c.Close()
		t.Fatalf("there is a connection, want %s", reason)
	}
	if got := ReasonOf(err); got != reason {
		t.Fatalf("reason %s, want %s: %v", got, reason, err)
	}
}

// Large messages go both ways at once, and each way may end first.
func TestBytesAndHalfClose(t *testing.T) {
	sent, back := make([]byte, 3<<20), make([]byte, 2<<20)
	_, _ = rand.Read(sent)
	_, _ = rand.Read(back)
	got := make(chan []byte, 1)
	at := office(t, func(c net.Conn) {
		go func() { _, _ = c.Write(back[:1<<20]) }()
		all, _ := io.ReadAll(c) // ends when the kiosk has closed its direction
		got <- all
		_, _ = c.Write(back[1<<20:])
	})
	d, _ := relay(t, []string{at}, nil)
	c, err := d.DialContext(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(sent); err != nil {
		t.Fatal(err)
	}
	if err := c.(duplex).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(<-got, sent) {
		t.Error("the office got something else")
	}
	all, err := io.ReadAll(c)
	if err != nil || len(all) != len(back) || !bytes.Equal(all, back) {
		t.Errorf("%d bytes came back (%v)", len(all), err)
	}
}

func TestOnlyTheListIsDialled(t *testing.T) {
	at := office(t, echo)
	_, port, _ := net.SplitHostPort(at)
	d, refused := relay(t, []string{at}, nil)
	for _, other := range []string{
		"127.0.0.1:1", "localhost:" + port, "127.0.0.1:0" + port, at + " ", " " + at, at + "\x00", at + "\r", "169.254.169.254:80", "[::1]:" + port, "",
	} {
		want(t, d, other, Denied)
	}
	oneRequest(t, d, at)
	if n := len(refused()); n != 10 {
		t.Errorf("%d refusals were told, want 10", n)
	}
}

// oneRequest shows that bytes after the line are the destination's, not a second request.
func oneRequest(t *testing.T, d Dialer, at string) {
	t.Helper()
	c, err := d.DialContext(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "motcua-uplink/1 127.0.0.1:1\n"); err != nil {
		t.Fatal(err)
	}
	line, err := readLine(c, 100)
	if err != nil || line != "motcua-uplink/1 127.0.0.1:1" {
		t.Fatalf("%q, %v", line, err)
	}
}

func TestReasons(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	d, _ := relay(t, []string{closed}, nil)
	want(t, d, closed, Refused)
	for reason, fault := range map[Reason]error{
		DNS: &net.DNSError{Err: "no such host", Name: "x"}, Unreachable: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EHOSTUNREACH)},
		Timeout: &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, Fault: errors.New("strange"),
	} {
		d, _ := relay(t, []string{"office.example:443"}, func(o *Options) {
			o.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, fault }
		})
		want(t, d, "office.example:443", reason)
		_, err := d.DialContext(t.Context(), "tcp", "office.example:443")
		var named *Error
		if !errors.As(err, &named) || named.Hint() == "" || strings.Contains(err.Error(), "office.example") {
			t.Errorf("%v", err)
		}
	}
	want(t, Dialer{Socket: filepath.Join(t.TempDir(), "none")}, closed, Dark)
	if _, err := d.DialContext(t.Context(), "udp", closed); ReasonOf(err) != Malformed {
		t.Errorf("udp: %v", err)
	}
	if _, err := Direct(t.Context(), "tcp", closed); ReasonOf(err) != Refused {
		t.Errorf("directly: %v", err)
	}
}

// A list that cannot be read allows nothing, and one that is written later is read.
func TestTheListIsReadForEachConnection(t *testing.T) {
	at, file := office(t, echo), filepath.Join(t.TempDir(), "allow")
	d, _ := relay(t, nil, func(o *Options) { o.Allow = func() ([]string, error) { return ReadAllow(file) } })
	want(t, d, at, Denied)
	if err := os.WriteFile(file, []byte("# the office\n\n"+at+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := d.DialContext(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	for name, text := range map[string]string{
		"no port": "office.example\n", "too many": strings.Repeat(at+"\n", maxAllow+1), "too long": strings.Repeat("#", maxAllowFile) + "\n" + at, "no host": ":443\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadAllow(file); err == nil {
			t.Errorf("%s: taken", name)
		}
		want(t, d, at, Denied)
	}
}

func TestStrangersAreDenied(t *testing.T) {
	at := office(t, echo)
	d, _ := relay(t, []string{at}, func(o *Options) { o.Users = []uint32{uint32(os.Getuid()) + 1} })
	want(t, d, at, Denied)
}

// raw opens the relay's socket without asking.
func raw(t *testing.T, d Dialer) net.Conn {
	t.Helper()
	c, err := net.Dial("unix", d.Socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBadRequests(t *testing.T) {
	at := office(t, echo)
	d, _ := relay(t, []string{at}, func(o *Options) { o.Request = 200 * time.Millisecond })
	for name, text := range map[string]string{
		"other protocol": "GET / HTTP/1.1\n", "later version": "motcua-uplink/2 " + at + "\n", "long": greeting + strings.Repeat("a", MaxRequest) + "\n",
		"never ends": greeting + at, "nothing": "",
	} {
		c := raw(t, d)
		_, _ = io.WriteString(c, text)
		if all, err := io.ReadAll(c); string(all) != string(Malformed)+"\n" || err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: %q, %v", name, all, err)
		}
	}
}

// Somebody who sends a byte now and then, or who asks and never speaks, keeps neither a place nor the others out.
func TestSlowAskers(t *testing.T) {
	at := office(t, echo)
	d, _ := relay(t, []string{at}, func(o *Options) { o.Request, o.Idle, o.Open = 300*time.Millisecond, 400*time.Millisecond, 2 })
	slow := raw(t, d)
	go func() {
		for _, b := range []byte(greeting + at) {
			if _, err := slow.Write([]byte{b}); err != nil {
				return
			}
			<-time.After(20 * time.Millisecond)
		}
	}()
	silent, err := d.DialContext(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	want(t, d, at, Busy)
	if all, err := io.ReadAll(slow); string(all) != string(Malformed)+"\n" {
		t.Errorf("%q, %v", all, err)
	}
	if n, err := io.Copy(io.Discard, silent); n != 0 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	c, err := d.DialContext(t.Context(), "tcp", at) // both places are free again
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// One direction that moves keeps the other, which is silent, open.
	for range 8 {
		if _, err := io.WriteString(c, "x"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		<-time.After(100 * time.Millisecond)
	}
}

// An upload is longer than the idle time, and nothing comes back meanwhile.
func TestOneWayTraffic(t *testing.T) {
	got := make(chan int64, 1)
	at := office(t, func(c net.Conn) { n, _ := io.Copy(io.Discard, c); got <- n })
	d, _ := relay(t, []string{at}, func(o *Options) { o.Idle = 200 * time.Millisecond })
	c, err := d.DialContext(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if _, err := io.WriteString(c, "0123456789"); err != nil {
			t.Fatal(err)
		}
		<-time.After(60 * time.Millisecond)
	}
	_ = c.Close()
	if n := <-got; n != 100 {
		t.Errorf("%d bytes arrived", n)
	}
}

// The office's machine dies in the middle: the kiosk hears of it at once.
func TestOfficeDies(t *testing.T) {
	at := office(t, func(c net.Conn) {
		_, _ = io.ReadFull(c, make([]byte, 1000))
		_ = c.(*net.TCPConn).SetLinger(0) // reset, not end
	})
	d, _ := relay(t, []string{at}, nil)
	c, err := d.DialContext(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = c.Write(make([]byte, 1000))
	begun := time.Now()
	if _, err := io.ReadAll(c); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Error(err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("heard after %v", took)
	}
}

// The relay stops while connections are open and while one is being made.
func TestStops(t *testing.T) {
	at := office(t, echo)
	begun := make(chan struct{})
	d, _ := relay(t, []string{at, "slow:1"}, func(o *Options) {
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if address != at {
				close(begun)
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return Direct(ctx, network, address)
		}
	})
	c, err := d.DialContext(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-begun; cancel() }()
	if _, err := d.DialContext(ctx, "tcp", "slow:1"); ReasonOf(err) != Timeout {
		t.Error(err)
	}
}

func TestDestination(t *testing.T) {
	for address, want := range map[string]string{
		"https://office.example": "office.example:443", "https://10.0.0.1:8443": "10.0.0.1:8443", "https://[fd00::1]/": "[fd00::1]:443",
		"http://office.example": "", "office.example": "", "https://": "", "https://:443": "",
	} {
		if got, err := Destination(address); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", address, got, err)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte("motcua-uplink/1 office.example:443\n"))
	f.Add([]byte("motcua-uplink/1 \n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dialled := ""
		r := New(Options{
			Allow: func() ([]string, error) { return []string{"office.example:443"}, nil }, Users: []uint32{uint32(os.Getuid())},
			Dial: func(_ context.Context, _, address string) (net.Conn, error) {
				dialled = address
				return nil, fmt.Errorf("not in this test")
			},
		})
		pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		if err != nil {
			t.Skip(err)
		}
		ours, theirs := conn(t, pair[0]), conn(t, pair[1])
		defer ours.Close()
		go func() { _, _ = ours.Write(data); _ = ours.CloseWrite() }()
		_, reason := r.connect(theirs)
		_ = theirs.Close()
		if dialled != "" && (dialled != "office.example:443" || !bytes.HasPrefix(data, []byte(greeting+"office.example:443\n"))) || reason == "" || len(r.open) != 0 {
			t.Errorf("%q dialled %q (%s)", data, dialled, reason)
		}
	})
}

func conn(t *testing.T, fd int) *net.UnixConn {
	f := os.NewFile(uintptr(fd), "")
	c, err := net.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	return c.(*net.UnixConn)
}
