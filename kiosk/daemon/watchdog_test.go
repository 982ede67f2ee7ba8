package daemon_test

import (
	"context"
	"database/sql"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"motcua/kiosk/daemon"
)

// systemd listens as systemd does, with a short watchdog, and tells how often it was fed.
type systemd struct {
	t    *testing.T
	conn *net.UnixConn
}

// patience is the watchdog's time.
const patience = time.Second

func listenAsSystemd(t *testing.T) systemd {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", strconv.FormatInt(patience.Microseconds(), 10))
	return systemd{t, conn}
}

// fed reports whether the watchdog is fed within its time.
func (s systemd) fed(within time.Duration) bool {
	s.t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		s.t.Fatal(err)
	}
	buf := make([]byte, 256)
	n, err := s.conn.Read(buf)
	return err == nil && string(buf[:n]) == "WATCHDOG=1"
}

// drain takes what was fed before the freeze.
func (s systemd) drain() {
	for s.fed(10 * time.Millisecond) {
	}
}

// The watchdog is fed while the kiosk is well, starves when a part of it is frozen, and is fed again afterwards.
func TestWatchdogStarvesWithAFrozenPart(t *testing.T) {
	h := open(t)
	s := listenAsSystemd(t)
	t.Cleanup(daemon.LosePage(patience / 4))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.kiosk.Watch(ctx) }()
	for _, part := range []struct {
		name   string
		freeze func() (thaw func())
	}{
		{"session", h.kiosk.FreezeSession}, {"database", h.freezeDatabase}, {"page", h.losePage}, // a page that was painted once counts from then on
	} {
		name := part.name
		if !s.fed(5 * time.Second) {
			t.Fatalf("before the %s was frozen the watchdog was not fed", name)
		}
		thaw := part.freeze()
		pause(patience) // what was being looked at is done
		s.drain()
		if s.fed(2 * patience) {
			t.Errorf("the watchdog was fed with the %s frozen", name)
		}
		thaw()
		if !s.fed(10 * time.Second) { // what was fed while it thawed waits in the socket
			t.Errorf("the watchdog was not fed after the %s thawed", name)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// freezeDatabase begins to write and does not come to an end.
func (h *hall) freezeDatabase() (thaw func()) {
	h.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(h.config().Data.Dir, "kiosk.db")+"?_txlock=immediate&_busy_timeout=5000")
	if err != nil {
		h.t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		h.t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(); err != nil {
			h.t.Error(err)
		}
		if err := db.Close(); err != nil {
			h.t.Error(err)
		}
	}
}

// losePage paints the page once; thawed, it is painted again and again.
func (h *hall) losePage() (thaw func()) {
	h.t.Helper()
	h.page.get("/")
	boot := h.page.attribute("boot")
	paint := func() { h.page.post("/alive", url.Values{"boot": {boot}, "rev": {"1"}}) }
	paint()
	return func() {
		for range 40 {
			paint()
			pause(patience / 20)
		}
	}
}
