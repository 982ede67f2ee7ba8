package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/provision"
	"motcua/kiosk/seal"
	"motcua/kiosk/store"
)

// enrolled makes a kiosk's folder of an office.
func enrolled(t *testing.T) (dir string, keys *provision.OfficeKeys, self *provision.Identity) {
	t.Helper()
	keys, err := provision.NewOfficeKeys("Một cửa", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if self, err = provision.GenerateIdentity("kiosk-01"); err != nil {
		t.Fatal(err)
	}
	csr, err := self.CSR()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := provision.IssueDevice(keys.CA, csr, "kiosk-01")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := provision.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	office := keys.Office("Một cửa", "https://127.0.0.1:9", "1900 0000", "http://127.0.0.1:9/tra-cuu/")
	for _, err := range []error{self.SetCertificate(cert), self.Save(dir), office.Save(dir)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir, keys, self
}

// TestStick exports beside the running daemon, and accepts receipts: signed ones purge and leave a signed record, others do nothing.
func TestStick(t *testing.T) {
	office, keys, self := enrolled(t)
	dir := t.TempDir()
	s, err := store.Open(t.Context(), filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ids := []string{"0b6f1c5e-3c1e-4c0e-8a7b-0123456789ab", "0b6f1c5e-3c1e-4c0e-8a7b-0123456789ac"}
	var put []kiosk.Sealed
	for _, id := range ids {
		d := sealed(id, 1000)
		page := bytes.Repeat([]byte(id[30:]), 50_000)
		d.Parts = []kiosk.SealedPart{{SHA256: sha256.Sum256(page), Size: int64(len(page)), Data: bytes.NewReader(page)}}
		if err := s.PutOutbox(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		put = append(put, d)
	}
	file := filepath.Join(t.TempDir(), "outbox.tar")
	ctl := func(want exitCode, v any, args ...string) {
		t.Helper()
		var out, faults bytes.Buffer
		if code := run(t.Context(), &console{out: &out, err: &faults}, append(args, "-json", "-data", dir, "-office", office)); code != want {
			t.Fatalf("exit %d: %s", code, faults.String())
		}
		if err := json.Unmarshal(out.Bytes(), v); err != nil {
			t.Fatal(err)
		}
	}
	var exported struct{ Exported int }
	ctl(exitGood, &exported, "outbox", "export", file)
	if exported.Exported != 2 {
		t.Errorf("%d exported", exported.Exported)
	}
	if n, size, err := readBack(file); err != nil || n != 2 || size != put[0].TotalSize()+put[1].TotalSize() {
		t.Errorf("%d dossiers, %d bytes on the stick: %v", n, size, err)
	}
	ack := func(key ed25519.PrivateKey, d kiosk.Sealed) kiosk.Acknowledgement {
		return backoffice.SignAck(key, kiosk.Acknowledgement{DossierID: d.ID, BodySHA256: d.SHA256, Office: "Một cửa", ReceivedAt: time.Now(), State: kiosk.StateRegistered})
	}
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	other := put[0]
	other.SHA256[0]++
	var b bytes.Buffer
	good := ack(keys.Ack, put[0])
	if err := backoffice.WriteReceipts(&b, []kiosk.Acknowledgement{good, ack(stranger, put[1]), ack(keys.Ack, other)}); err != nil {
		t.Fatal(err)
	}
	receipts := filepath.Join(t.TempDir(), "receipts")
	if err := os.WriteFile(receipts, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var accepted struct{ Accepted, Refused int }
	ctl(exitRefused, &accepted, "outbox", "accept", receipts)
	if accepted.Accepted != 1 || accepted.Refused != 2 {
		t.Errorf("%+v", accepted)
	}
	if _, err := s.OutboxBody(t.Context(), ids[0]); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("the accepted one is still here: %v", err)
	}
	if _, err := s.OutboxBody(t.Context(), ids[1]); err != nil {
		t.Errorf("a stranger's receipt purged: %v", err)
	}
	records, err := s.Deletions(t.Context())
	if err != nil || len(records) != 1 || seal.VerifyDeletion(self.Certificate(), good, records[0]) != nil {
		t.Errorf("records %+v: %v", records, err)
	}
}
