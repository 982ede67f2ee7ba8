package daemon_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"motcua/kiosk/bundle"
	"motcua/kiosk/daemon"
)

// held gives the serial number of the bundle of a kind that the kiosk uses, 0 for none, and whether one was refused.
func (h *hall) held(kind bundle.Kind) (serial int64, refused bool) {
	h.t.Helper()
	shelf, err := daemon.OwnShelf(kind, h.config())
	if err != nil {
		h.t.Fatal(err)
	}
	b, err := shelf.Current()
	if err != nil {
		h.t.Fatal(err)
	}
	alarm, err := shelf.Alarm()
	if err != nil {
		h.t.Fatal(err)
	}
	if b != nil {
		serial = b.Serial
	}
	return serial, alarm != nil
}

// TestBundlesAreFetched: what the office posts is signed by it, fetched, kept and used; a rota that cannot be read changes nothing and
// raises the alarm; a key that is announced is the one that the next message is sealed to.
func TestBundlesAreFetched(t *testing.T) {
	h := open(t)
	restart := func() {
		t.Helper()
		if err := h.kiosk.Close(); err != nil {
			t.Fatal(err)
		}
		h.openKiosk()
	}
	office := filepath.Join(h.demo.Dir, "office")
	posted := filepath.Join(office, "posted")
	file := filepath.Join(office, "onestop.toml")
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, bytes.Replace(text, []byte(`bundles_dir = ""`), []byte(`bundles_dir = "posted"`), 1), 0o600)
	}
	if err == nil {
		err = os.Mkdir(posted, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	rota := filepath.Join(posted, "rota.json")
	day := time.Now().Format(time.DateOnly)
	good := []byte(`{"duties":[{"day":"` + day + `","from":"07:30","to":"11:30","name":"Trực Thử","role":"Cán bộ","counter":"1"}]}`)
	if err := os.WriteFile(rota, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(filepath.Join(bin, "onestopd"), "rotate", "-dir", office).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := h.office.Stop(); err != nil {
		t.Fatal(err)
	}
	h.openOffice()
	restart()
	until(t, "rota and keys are fetched", func() bool {
		r, _ := h.held(bundle.KindRota)
		k, _ := h.held(bundle.KindSealKeys)
		return r > 0 && k > 0
	})
	shown := filepath.Join(h.demo.Dir, "kiosk", "data", daemon.RotaFile)
	until(t, "the rota is in use", func() bool { b, err := os.ReadFile(shown); return err == nil && bytes.Equal(b, good) })
	first, _ := h.held(bundle.KindRota)

	if err := os.WriteFile(rota, []byte(`{"duties":[{"day":"soon"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	restart()
	until(t, "the bad rota is refused", func() bool { _, refused := h.held(bundle.KindRota); return refused })
	if now, _ := h.held(bundle.KindRota); now != first {
		t.Errorf("rota %d is in use, want %d", now, first)
	}
	if b, err := os.ReadFile(shown); err != nil || !bytes.Equal(b, good) {
		t.Errorf("the rota in use changed: %v", err)
	}

	// The old key is gone from the office: what reaches it now was sealed to the announced one.
	old, err := filepath.Glob(filepath.Join(office, "keys", "seal-*.key"))
	if err != nil || len(old) != 1 {
		t.Fatalf("%v, %v", old, err)
	}
	if err := os.Remove(old[0]); err != nil {
		t.Fatal(err)
	}
	if err := h.office.Stop(); err != nil {
		t.Fatal(err)
	}
	h.openOffice()
	h.page.do("home", "start")
	h.page.do("feedback", "write")
	h.page.do("feedback_done", "send", "value", "Lời nhắn sau khi đổi khoá")
	until(t, "the office has opened the message", func() bool { return bytes.Contains([]byte(h.logs.String()), []byte("feedback.delivered")) })
}
