package daemon_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/kiosk/onestop/sqlite"
	"motcua/kiosk/uplink"
)

// TestUplink: the office hears how the kiosk is, and gets what a citizen wrote; the words are never in the clear on the way.
func TestUplink(t *testing.T) {
	h := open(t)
	h.page.do("home", "start")
	h.page.do("feedback", "write")
	h.page.do("feedback_done", "send", "value", "Mong phòng chờ có thêm quạt canari")
	h.page.do("attract", "finish")
	office, err := sqlite.Open(t.Context(), filepath.Join(h.demo.Dir, "office", "onestop.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer office.Close()
	deadline := time.Now().Add(30 * time.Second)
	for {
		beats, err := office.Beats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		words, err := office.Feedbacks(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(beats) == 1 && len(words) == 1 {
			if !strings.Contains(beats[0].Body, `"unsent":`) || strings.Contains(string(words[0].Sealed), "canari") || len(words[0].Code) != 11 {
				t.Errorf("beat %s, feedback %q", beats[0].Body, words[0].Code)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d heartbeats, %d feedbacks at the office\n%s", len(beats), len(words), h.logs.String())
		}
		<-time.After(20 * time.Millisecond)
	}
}

// tap is a connection whose bytes are kept, of both directions.
type tap struct {
	net.Conn
	keep *bytes.Buffer
	mu   *sync.Mutex
}

func (c tap) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep.Write(p[:n])
	return n, err
}

func (c tap) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.keep.Write(p)
	c.mu.Unlock()
	return c.Conn.Write(p)
}

// TestTheUplinkSeesCiphertext files a dossier and a message through a relay that keeps every byte it passes: nothing of the citizen is
// among them, nor what the kiosk and the office say to each other.
func TestTheUplinkSeesCiphertext(t *testing.T) {
	h := open(t)
	if err := h.kiosk.Close(); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "uplink-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var passed bytes.Buffer
	relay := uplink.New(uplink.Options{
		Allow: func() ([]string, error) { return []string{h.demo.Intake}, nil }, Users: []uint32{uint32(os.Getuid())},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := uplink.Direct(ctx, network, address)
			return tap{c, &passed, &mu}, err
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- relay.Serve(ctx, l) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	file := filepath.Join(h.demo.Dir, "kiosk", "kiosk.toml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(text, []byte(`socket = ""`), []byte(`socket = "`+socket+`"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	h.openKiosk()
	h.page.do("home", "start")
	h.page.do("feedback", "write")
	h.page.do("feedback_done", "send", "value", "Mong phòng chờ có thêm quạt canari")
	h.page.do("attract", "finish")
	least := 4 << 10
	if models() != "" {
		least = 200 << 10 // with a page and a photo
		h.toReview("thu")
		h.submit()
		until(t, "the dossier is delivered", func() bool { return h.unsent() == 0 })
	}
	until(t, "the office has been told", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return passed.Len() > least
	})
	mu.Lock()
	defer mu.Unlock()
	if b := passed.Bytes(); b[0] != 0x16 || b[1] != 0x03 { // a TLS handshake record (RFC 8446 §5.1)
		t.Errorf("the first bytes are %x", b[:3])
	}
	for _, canary := range []string{"canari", "Nguyễn Thị Thử", numbers["thu"], "0912345678", "demo-01", "/api/v1", "unsent", "HTTP/1.1"} {
		if bytes.Contains(passed.Bytes(), []byte(canary)) {
			t.Errorf("%q passed in the clear", canary)
		}
	}
}
