package firmware

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"motcua/kiosk"
)

// imageOnFiles lays out an image's places with plain files for partitions; slot A runs release 1.
func imageOnFiles(t *testing.T) Places {
	t.Helper()
	dir := t.TempDir()
	p := Places{Disks: dir, Cmdline: filepath.Join(dir, "cmdline"), Release: filepath.Join(dir, "release.json"), Keys: filepath.Join(dir, "release.pub"), Records: dir}
	der, err := x509.MarshalPKIXPublicKey(releaseKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	r, err := json.Marshal(release(1))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		p.Cmdline: []byte("quiet kiosk.slot=a kiosk.root=00\n"), p.Release: r, p.Keys: pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
		filepath.Join(dir, NameState): make([]byte, 2*StateRoom),
	}
	for _, slot := range []Slot{A, B} {
		for _, name := range partNames {
			files[filepath.Join(dir, PartitionName(slot, name))] = make([]byte, 4*sector)
		}
	}
	for path, data := range files {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// An update through the files of a machine: written, armed, on record; after the verdict the record is the outcome.
func TestUpdateOnFiles(t *testing.T) {
	p := imageOnFiles(t)
	m, done, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if m.Running != A || m.Release.Serial != 1 || len(m.Trusted) != 1 {
		t.Fatalf("%+v", m)
	}
	if err := StoreState(m.State, Fresh()); err != nil {
		t.Fatal(err)
	}
	h, err := m.Install(context.Background(), bytes.NewReader(update(t, release(2), releaseKey)), func(string, int64, int64) {}, func(h Header, slot Slot) error {
		return p.SaveTrial(Trial{Slot: slot, Release: h.Release, From: m.Release, At: time.Now()})
	})
	if err != nil || h.Serial != 2 {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(p.Disks, PartitionName(B, PartRoot)))
	if err != nil || !bytes.HasPrefix(got, content(2, PartRoot)) {
		t.Error("slot B does not hold the release")
	}
	trial := p.Trial()
	s, err := LoadState(m.State)
	if err != nil || trial == nil || trial.Slot != B || s.First != B || s.Left[B] != Tries {
		t.Fatalf("%+v, %+v, %v", trial, s, err)
	}
	if err := p.SaveOutcome(Outcome{Verdict: RolledBack, Release: trial.Release, Reason: "the page was not painted"}); err != nil {
		t.Fatal(err)
	}
	if o := p.Outcome(); p.Trial() != nil || o == nil || o.Verdict != RolledBack {
		t.Errorf("%+v", o)
	}
}

func TestWhatIsNoImage(t *testing.T) {
	p := imageOnFiles(t)
	if err := os.WriteFile(p.Cmdline, []byte("quiet root=/dev/sda1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Open(); kiosk.CodeOf(err) != kiosk.CodeUnavailable {
		t.Errorf("%v", err)
	}
	p = imageOnFiles(t)
	if err := os.WriteFile(p.Keys, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Open(); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
		t.Errorf("%v", err)
	}
}
