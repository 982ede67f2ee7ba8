package powercut

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"motcua/kiosk"
	"motcua/kiosk/config"
	"motcua/kiosk/onestop/sqlite"
	"motcua/kiosk/store"
)

// TestStickOfRealPrograms: a kiosk whose office never answers. A citizen files, a technician carries what waits on a stick
// (kioskctl outbox export, onestopd import), brings the signed receipts back (kioskctl outbox accept), and the kiosk has purged the dossier.
// Then the head of the office hands the evidence out (onestopd evidence), and a third party checks it offline (kioskctl evidence verify).
func TestStickOfRealPrograms(t *testing.T) {
	models := config.Config{}.ModelsDir()
	if _, err := os.Stat(filepath.Join(models, "MANIFEST.json")); err != nil {
		t.Skip("no models here: set KIOSK_MODELS to the folder that holds MANIFEST.json and the weights")
	}
	h := newReal(t, models)
	if err := os.Mkdir(filepath.Join(h.dir, "office", "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	office := filepath.Join(h.dir, "office")
	if err := os.Rename(filepath.Join(office, "onestop.db"), filepath.Join(office, "db", "onestop.db")); err != nil { // with the officer's account
		t.Fatal(err)
	}
	cmd := h.startKiosk(t)
	never := make(chan struct{})
	token, err := h.visit(never)
	for tries := 0; token == "" && tries < 2; tries++ {
		token, err = h.visit(never)
	}
	if token == "" {
		t.Fatal(err)
	}
	if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil {
		t.Errorf("the kiosk does not stop in order: %v", err)
	}
	ctl, desk := filepath.Join(h.bin, "kioskctl"), filepath.Join(h.bin, "onestopd")
	toml, stick, receipts := filepath.Join(h.dir, "kiosk", "kiosk.toml"), filepath.Join(h.dir, "stick.tar"), filepath.Join(h.dir, "receipts.json")
	h.must(t, ctl, "outbox", "export", "-config", toml, stick)
	h.must(t, desk, "import", "-dir", office, "-receipts", receipts, stick)
	row := h.onlyRow(t)
	if row.State == kiosk.OutboxAcknowledged || row.TokenID != kiosk.TokenID(token) {
		t.Errorf("before the receipts: state %d", row.State)
	}
	h.must(t, ctl, "outbox", "accept", "-config", toml, receipts)
	h.must(t, ctl, "outbox", "accept", "-config", toml, receipts) // twice changes nothing
	if after := h.onlyRow(t); after.State != kiosk.OutboxAcknowledged || after.TokenID != "" {
		t.Errorf("after the receipts: state %d", after.State)
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(office, "db", "onestop.db"))
	if err != nil {
		t.Fatal(err)
	}
	it, err := db.ItemByToken(t.Context(), kiosk.TokenID(token))
	if err = errors.Join(err, db.Close()); err != nil || it.ID != row.ID || it.Fault != "" {
		t.Fatalf("at the office: fault %q, %v", it.Fault, err)
	}
	h.evidence(t, office, it.ID)
}

// evidence exports and checks it.
func (h *real) evidence(t *testing.T, office, id string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(h.dir, "officer.json"))
	var who struct{ Login, Password string }
	if err = errors.Join(err, json.Unmarshal(raw, &who)); err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(h.dir, "evidence.zip")
	export := exec.CommandContext(t.Context(), filepath.Join(h.bin, "onestopd"), "evidence", "-dir", office, "-dossier", id, "-login", who.Login,
		"-reason", "Tòa án nhân dân khu vực, công văn số 1", "-out", archive)
	export.Stdin = strings.NewReader(who.Password + "\n")
	if out, err := export.CombinedOutput(); err != nil {
		t.Fatalf("export: %v\n%s", err, out)
	}
	trust := filepath.Join(h.dir, "kiosk", "trust")
	pub, err := os.ReadFile(filepath.Join(h.dir, "kiosk", "office", "office.json"))
	err = errors.Join(err, os.MkdirAll(filepath.Join(trust, "office"), 0o755), os.WriteFile(filepath.Join(trust, "office", "office.json"), pub, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	h.must(t, filepath.Join(h.bin, "kioskctl"), "evidence", "verify", "-trust", trust, archive)
}

// onlyRow gives the kiosk's one dossier.
func (h *real) onlyRow(t *testing.T) kiosk.OutboxRow {
	t.Helper()
	s, err := store.Attach(t.Context(), filepath.Join(h.dir, "kiosk", "data", "kiosk.db"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.OutboxRows(t.Context())
	if err = errors.Join(err, s.Close()); err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows[0]
}
