package main

import (
	"bytes"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/onestoptest"
	"motcua/kiosk/onestop/sqlite"
	"motcua/kiosk/provision"
	"motcua/kiosk/uplink"
)

// TestProvision enrols a machine at a real office by a word: once, under the office's name for it, and only by the right authority.
func TestProvision(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "onestop.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	o := onestoptest.New(t, db, func(*onestop.Options) {})
	server := httptest.NewUnstartedServer(backoffice.Handler(o.Desk))
	server.TLS = backoffice.ServerTLS(o.Keys.Server, o.Keys.CA.Pool())
	server.StartTLS()
	defer server.Close()
	top := t.TempDir()
	ca, strange := filepath.Join(top, "ca.crt"), filepath.Join(top, "strange.crt")
	other, err := provision.NewAuthority("Nơi khác")
	if err != nil {
		t.Fatal(err)
	}
	for file, der := range map[string][]byte{ca: o.Keys.CA.Certificate.Raw, strange: other.Certificate.Raw} {
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	word, _, err := o.Desk.NewEnrolment(t.Context(), "kiosk-07")
	if err != nil {
		t.Fatal(err)
	}
	allow := filepath.Join(top, "uplink", "allow")
	if err := os.Mkdir(filepath.Dir(allow), 0o755); err != nil {
		t.Fatal(err)
	}
	enrol := func(dir, ca, word string) (exitCode, string) {
		var out, faults bytes.Buffer
		code := run(t.Context(), &console{out: &out, err: &faults}, []string{"provision", "-json", "-dir", dir, "-intake", server.URL, "-ca", ca, "-word", word, "-allow", allow, "-uplink", ""})
		return code, out.String()
	}
	dir := filepath.Join(top, "kiosk")
	if code, out := enrol(dir, strange, word); code != exitFault || !bytes.Contains([]byte(out), []byte(kiosk.CodeOfficeUntrusted)) {
		t.Errorf("an authority that is not the office's: exit %d %s", code, out)
	}
	if code, out := enrol(dir, ca, word); code != exitGood {
		t.Fatalf("exit %d %s", code, out)
	}
	self, err := provision.LoadIdentity(dir)
	if err != nil || self.Name != "kiosk-07" {
		t.Errorf("identity %v: %v", self, err)
	}
	if _, err := provision.LoadOffice(dir); err != nil {
		t.Error(err)
	}
	if list, err := uplink.ReadAllow(allow); err != nil || len(list) != 1 || "https://"+list[0] != server.URL {
		t.Errorf("the uplink may dial %q: %v", list, err)
	}
	if code, _ := enrol(dir, ca, word); code != exitFault {
		t.Errorf("over an identity: exit %d", code)
	}
	if code, out := enrol(filepath.Join(top, "second"), ca, word); code != exitFault || !bytes.Contains([]byte(out), []byte(kiosk.CodeNotFound)) {
		t.Errorf("the word twice: exit %d %s", code, out)
	}
}
