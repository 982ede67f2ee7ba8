package daemon_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/drivers/sim"
	"motcua/kiosk/daemon"
	"motcua/kiosk/doctor"
)

// diagnose runs the named checks of the running kiosk.
func (h *hall) diagnose(names ...string) map[string]doctor.Finding {
	h.t.Helper()
	rep, err := h.kiosk.Doctor(h.t.Context(), true, names...)
	if err != nil {
		h.t.Fatal(err)
	}
	found := map[string]doctor.Finding{}
	for _, f := range rep.Checks {
		found[f.Name] = f
	}
	return found
}

// TestDoctor: a kiosk that works has no failed check; each planted fault is found by the check it belongs to, alone, told with what to
// do, and gone when it is mended. The checks run while the kiosk has its devices.
func TestDoctor(t *testing.T) {
	h := open(t)
	healthy := h.diagnose()
	for name, f := range healthy {
		if f.Result == doctor.Fail && name != "models" {
			t.Errorf("a kiosk that works: %+v", f)
		}
	}
	for _, want := range doctor.Names() {
		if _, ok := healthy[want]; !ok && !slices.Contains([]string{"config", "opencv", "card"}, want) {
			t.Errorf("the kiosk has no check %q", want)
		}
	}
	w, p := h.world, h.world.Printer()
	devices := []string{"reader", "camera", "paper_camera", "printer", "network", "office"}
	for _, c := range []struct {
		name         string
		plant, mend  func()
		check, fault string // what finds it, and what it calls it
	}{
		{"reader out", func() { w.PlugReader(false) }, func() { w.PlugReader(true) }, "reader", "reader_missing"},
		{"camera out", func() { w.PlugCamera(false) }, func() { w.PlugCamera(true) }, "camera", "camera_missing"},
		{"camera frozen", func() { w.Freeze(true) }, func() { w.Freeze(false) }, "camera", "camera_frozen|camera_fault"},
		{"paper camera out", func() { w.PlugPaperCamera(false) }, func() { w.PlugPaperCamera(true) }, "paper_camera", "camera_missing"},
		{"printer out", p.Unplug, p.Plug, "printer", "printer_offline"},
		{"no paper", func() { p.SetPaper(false) }, func() { p.SetPaper(true) }, "printer", "printer_paper"},
		{"cover open", func() { p.OpenCover(true) }, func() { p.OpenCover(false) }, "printer", "printer_cover"},
		{"little paper", func() { p.SetLow(true) }, func() { p.SetLow(false) }, "printer", "paper_low"},
		{"no network", func() { w.CutNetwork(true) }, func() { w.CutNetwork(false) }, "office", "office_offline"},
	} {
		c.plant()
		got := h.diagnose(devices...)
		for _, name := range devices {
			f := got[name]
			meant := name == c.check || c.name == "no network" && name == "network"
			if bad := f.Result != doctor.OK; bad != meant {
				t.Errorf("%s: %+v", c.name, f)
			}
			if name == c.check && !regexp.MustCompile("^("+c.fault+")$").MatchString(string(f.Fault)) {
				t.Errorf("%s: fault %q, want %q", c.name, f.Fault, c.fault)
			}
			if told := f.Told(); f.Result != doctor.OK && (told.Text == "" || told.Fix == "") {
				t.Errorf("%s is not told: %+v", c.name, f)
			}
		}
		c.mend()
		until(t, c.name+" mended", func() bool { return h.diagnose(c.check)[c.check].Result == doctor.OK })
	}
	w.SetLight(sim.LightDark)
	t.Logf("in the dark: %+v", h.diagnose("camera")["camera"])
	w.SetLight(sim.LightGood)

	if f := h.diagnose("card")["card"]; f.Fault != doctor.FaultNoCard {
		t.Errorf("no card: %+v", f)
	}
	if err := w.Put(w.People()[0].Key, ""); err != nil {
		t.Fatal(err)
	}
	f := h.diagnose("card")["card"]
	if f.Result != doctor.OK || !strings.Contains(f.Text, "PACE") || strings.Contains(f.Text, w.People()[0].Number) {
		t.Errorf("a test card: %+v", f)
	}
	if _, err := h.kiosk.Doctor(t.Context(), true, "nonsense"); err == nil {
		t.Error("a check that is none was run")
	}
}

// TestDoctorBesideKiosk: the tool asks the kioskd that has the devices, and sees what that sees; without it, it asks for itself.
func TestDoctorBesideKiosk(t *testing.T) {
	h := open(t)
	toml := filepath.Join(h.demo.Dir, "kiosk", "kiosk.toml")
	ask := func(names ...string) doctor.Report {
		kept, unknown := doctor.Pick(daemon.Checks(t.Context(), toml, time.Time{}), names...)
		if len(unknown) > 0 {
			t.Fatal(unknown)
		}
		return doctor.Run(t.Context(), kept)
	}
	if rep := ask(); rep.Count(doctor.Fail) > 1 {
		t.Errorf("a kiosk that works: %+v", rep)
	}
	h.world.Printer().SetPaper(false)
	if rep := ask("printer"); rep.OK || rep.Checks[0].Fault != "printer_paper" || rep.Checks[0].Fix == "" {
		t.Errorf("no paper, asked from outside: %+v", rep)
	}
	socket := filepath.Join(h.demo.Dir, "kiosk", "data", "kioskd.sock")
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", info, err)
	}
	if err := h.kiosk.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(socket); err == nil {
		t.Error("the socket is left behind")
	}
	if rep := ask("printer", "reader", "crash", "database"); !rep.OK || rep.Checks[0].Text != "simulated" {
		t.Errorf("without kioskd: %+v", rep)
	}
	h.kiosk = nil
}

// TestDoctorSeesACut: a run that was killed is seen by the next.
func TestDoctorSeesACut(t *testing.T) {
	h := open(t)
	if f := h.diagnose("crash")["crash"]; f.Result != doctor.OK || !strings.Contains(f.Text, "as asked") {
		t.Errorf("a first run: %+v", f)
	}
	if err := h.kiosk.Close(); err != nil {
		t.Fatal(err)
	}
	h.kiosk = nil
	p, err := h.demo.StartKiosk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.Kill()
	kept, _ := doctor.Pick(daemon.Checks(t.Context(), filepath.Join(h.demo.Dir, "kiosk", "kiosk.toml"), time.Time{}), "crash", "printer")
	rep := doctor.Run(t.Context(), kept)
	if f := rep.Checks[0]; !strings.Contains(f.Text, "cut off") {
		t.Errorf("after a kill: %+v", f)
	}
	if f := rep.Checks[1]; f.Result != doctor.OK {
		t.Errorf("beside the socket of a dead kioskd: %+v", f)
	}
	h.openKiosk()
	if f := h.diagnose("crash")["crash"]; !strings.Contains(f.Text, "cut off") || f.Result != doctor.OK {
		t.Errorf("the run after a kill: %+v", f)
	}
}

// TestFaultsTwoByTwo: of the faults that a simulated kiosk can have, each and every two at once are named by their own checks and by no
// other; what is mended is well again, and the page is served all the while.
func TestFaultsTwoByTwo(t *testing.T) {
	h := open(t)
	w, p := h.world, h.world.Printer()
	faults := []struct {
		check       string
		plant, mend func()
	}{
		{"reader", func() { w.PlugReader(false) }, func() { w.PlugReader(true) }},
		{"camera", func() { w.PlugCamera(false) }, func() { w.PlugCamera(true) }},
		{"paper_camera", func() { w.PlugPaperCamera(false) }, func() { w.PlugPaperCamera(true) }},
		{"printer", p.Unplug, p.Plug},
		{"office", func() { w.CutNetwork(true) }, func() { w.CutNetwork(false) }},
	}
	names := []string{"reader", "camera", "paper_camera", "printer", "office"}
	for i, a := range faults {
		for _, b := range faults[i:] { // the first with itself is the fault alone
			a.plant()
			b.plant()
			rep, err := h.kiosk.Doctor(t.Context(), false, names...)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range rep.Checks {
				if bad := f.Result != doctor.OK; bad != (f.Name == a.check || f.Name == b.check) {
					t.Errorf("%s and %s: %+v", a.check, b.check, f)
				}
			}
			h.page.get("/")
			a.mend()
			b.mend()
		}
	}
	until(t, "all is well again", func() bool {
		for _, f := range h.diagnose(names...) {
			if f.Result != doctor.OK {
				return false
			}
		}
		return true
	})
}
