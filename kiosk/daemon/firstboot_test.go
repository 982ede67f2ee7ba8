package daemon_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/daemon"
	"motcua/kiosk/provision"
)

// TestFirstBoot: from the file on the boot partition to a kiosk that serves and that its office hears of, against the real onestopd. A
// missing network and a power cut between only delay it; the file with the word and the PIN is gone in the end.
func TestFirstBoot(t *testing.T) {
	h := open(t)
	if err := h.kiosk.Close(); err != nil {
		t.Fatal(err)
	}
	h.kiosk = nil
	begun := time.Now()
	old, err := provision.LoadOffice(h.config().Office.Dir)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(h.demo.Dir, "fresh")
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	boot, target := filepath.Join(dir, config.BootFile), filepath.Join(dir, "kiosk.toml")
	b := config.Boot{Name: "kiosk-17", Commune: "Phường Thí Điểm", Hotline: "1900 0000", Office: old.Intake, CA: old.CA, Word: h.word("kiosk-17"), PIN: "246802"}
	write := func(b config.Boot) {
		text, err := b.Write()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(boot, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first := daemon.FirstBoot{Boot: boot, Config: target, Base: filepath.Join(h.demo.Dir, "kiosk", "kiosk.toml"), Allow: filepath.Join(dir, "none", "allow")}
	away := b
	away.Office = "https://" + free() // nobody listens there
	write(away)
	if _, _, err := first.Run(t.Context()); kiosk.CodeOf(err) != kiosk.CodeOfficeOffline {
		t.Errorf("without a network: %v", err)
	}
	if _, err := os.Stat(boot); err != nil {
		t.Errorf("the file is gone too early: %v", err)
	}
	write(b)
	self, office, err := first.Run(t.Context())
	if err != nil || self.Name != "kiosk-17" || office.Intake != old.Intake {
		t.Fatalf("%v, %v", self, err)
	}
	if _, err := os.Stat(boot); err == nil {
		t.Error("the file is still there")
	}
	write(b)
	if err := os.Remove(target); err != nil { // a power cut before the configuration was written
		t.Fatal(err)
	}
	if _, _, err := first.Run(t.Context()); err != nil {
		t.Errorf("after a power cut: %v", err)
	}
	if _, _, err := first.Run(t.Context()); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("a machine that is a kiosk: %v", err)
	}
	h.serves(target, begun)
	if strings.Contains(h.logs.String(), b.Word) || strings.Contains(h.logs.String(), b.PIN) {
		t.Error("the log tells the word or the PIN")
	}
}

// word asks the office for a one-time word.
func (h *hall) word(name string) string {
	h.t.Helper()
	out, err := exec.Command(filepath.Join(bin, "onestopd"), "word", "-json", "-dir", filepath.Join(h.demo.Dir, "office"), "-kiosk", name).Output()
	if err != nil {
		h.t.Fatal(err)
	}
	var w struct{ Word string }
	if err := json.Unmarshal(out, &w); err != nil || w.Word == "" {
		h.t.Fatalf("%s: %v", out, err)
	}
	return w.Word
}

// serves starts a kiosk of a configuration and wants it on its page and known to its office.
func (h *hall) serves(file string, begun time.Time) {
	h.t.Helper()
	cfg, err := config.Load(file)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, d := range []string{"trust", "sim"} {
		if err := copyTree(filepath.Join(filepath.Dir(file), d), filepath.Join(h.demo.Dir, "kiosk", d)); err != nil {
			h.t.Fatal(err)
		}
	}
	world, photos, err := daemon.LoadWorld(filepath.Join(filepath.Dir(file), "sim"))
	if err != nil {
		h.t.Fatal(err)
	}
	k, err := daemon.Open(h.t.Context(), daemon.Options{
		Config: cfg, Sim: world, Photos: photos, Version: "test", Strict: true, Voice: h.heard, Log: slog.NewTextHandler(h.logs, nil),
		Vision: func() *exec.Cmd { return exec.Command(filepath.Join(bin, "kioskd"), daemon.VisionCommand) },
		Uplink: func() *exec.Cmd { return exec.Command(filepath.Join(bin, "kioskd"), daemon.UplinkCommand) },
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.kiosk, h.world = k, world
	if body := enter(h.t, k.PageURL()).get("/"); !strings.Contains(body, "Phường Thí Điểm") {
		h.t.Errorf("the page: %.300s", body)
	}
	for _, name := range []string{"network", "office", "certificate"} {
		if f := h.diagnose(name)[name]; f.Result != "ok" {
			h.t.Errorf("%+v", f)
		}
	}
	h.t.Logf("from the boot file to a kiosk that serves, the machine's share: %.1f s", time.Since(begun).Seconds())
}
