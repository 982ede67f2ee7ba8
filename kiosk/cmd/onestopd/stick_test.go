package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/provision"
	"motcua/kiosk/seal"
)

// told runs a command and reads its JSON.
func told(t *testing.T, v any, args ...string) int {
	t.Helper()
	var out, faults bytes.Buffer
	code := run(context.Background(), &console{out: &out, err: &faults}, append([]string{args[0], "-json"}, args[1:]...))
	if code != exitGood {
		t.Logf("%v: %s", args, faults.String())
		return code
	}
	if err := json.Unmarshal(out.Bytes(), v); err != nil {
		t.Fatal(err)
	}
	return code
}

// TestImport takes a stick in twice: the receipts are the same, a dossier of a stranger's kiosk and one whose delivery was changed are
// refused.
func TestImport(t *testing.T) {
	top := t.TempDir()
	dir, kioskDir := filepath.Join(top, "office"), filepath.Join(top, "kiosk")
	var v map[string]any
	if told(t, &v, "init", "-dir", dir) != exitGood || told(t, &v, "enrol", "-dir", dir, "-kiosk", "kiosk-01", "-out", kioskDir) != exitGood {
		t.Fatal("no office")
	}
	self, err := provision.LoadIdentity(kioskDir)
	if err != nil {
		t.Fatal(err)
	}
	office, err := provision.LoadOffice(kioskDir)
	if err != nil {
		t.Fatal(err)
	}
	strange, err := provision.NewOfficeKeys("Nơi khác", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := provision.GenerateIdentity("kiosk-01")
	if err != nil {
		t.Fatal(err)
	}
	csr, _ := stranger.CSR()
	raw, err := provision.IssueDevice(strange.CA, csr, "kiosk-01")
	if err != nil {
		t.Fatal(err)
	}
	cert, _ := provision.ParseCertificate(raw)
	if err := stranger.SetCertificate(cert); err != nil {
		t.Fatal(err)
	}
	make1 := func(by *provision.Identity) kiosk.Sealed {
		s, err := seal.Sealer{Keys: office.SealKeys(nil, time.Now()), Device: by.Signer()}.Seal(newID(), time.Now(), kiosk.Link{}, []byte("x"), []seal.Page{bytes.NewReader(make([]byte, 70_000))})
		if err != nil {
			t.Fatal(err)
		}
		s.TokenID = kiosk.TokenID(s.ID)
		return s
	}
	good, foreign, changed := make1(self), make1(stranger), make1(self)
	var b bytes.Buffer
	err = backoffice.WriteStick(&b, []kiosk.Sealed{good, foreign, changed}, func(d []byte) ([]byte, error) {
		if bytes.Contains(d, []byte(changed.ID)) {
			d = append(bytes.Clone(d), ' ')
		}
		return self.Signer().Sign(backoffice.StickDomain, d)
	})
	if err != nil {
		t.Fatal(err)
	}
	stick := filepath.Join(top, "stick.tar")
	if err := os.WriteFile(stick, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var files [2][]byte
	for i := range files {
		receipts := filepath.Join(top, "receipts")
		var got struct{ Taken, Again, Refused int }
		if told(t, &got, "import", "-dir", dir, "-receipts", receipts, stick) != exitGood || got.Taken != 1-i || got.Again != i || got.Refused != 2 {
			t.Errorf("import %d: %+v", i, got)
		}
		if files[i], err = os.ReadFile(receipts); err != nil {
			t.Fatal(err)
		}
	}
	list, err := backoffice.ReadReceipts(bytes.NewReader(files[0]))
	if err != nil || len(list) != 1 || list[0].DossierID != good.ID || list[0].BodySHA256 != good.SHA256 || backoffice.VerifyAck(office.AckKey, list[0]) != nil {
		t.Errorf("receipts %+v: %v", list, err)
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the second import has other receipts")
	}
	var word struct{ Word, Kiosk string }
	if told(t, &word, "word", "-dir", dir, "-kiosk", "kiosk-02") != exitGood || len(word.Word) != 11 || word.Kiosk != "kiosk-02" {
		t.Errorf("word %+v", word)
	}
}
