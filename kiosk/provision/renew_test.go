package provision

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"motcua/kiosk"
)

// TestRenewal: at two thirds of its time a certificate is to be renewed, and only one of the same office, key and name that lasts
// longer takes its place.
func TestRenewal(t *testing.T) {
	keys, err := NewOfficeKeys("Một cửa", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	self, err := GenerateIdentity("kiosk-01")
	if err != nil {
		t.Fatal(err)
	}
	csr, err := self.CSR()
	if err != nil {
		t.Fatal(err)
	}
	issue := func(ca *Authority, csr []byte, name string) []byte {
		t.Helper()
		raw, err := IssueDevice(ca, csr, name)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	first := issue(keys.CA, csr, "kiosk-01")
	cert, err := ParseCertificate(first)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	office := keys.Office("Một cửa", "https://127.0.0.1:9", "1900 0000", "http://127.0.0.1:9/tra-cuu/")
	for _, err := range []error{self.SetCertificate(cert), self.Save(dir), office.Save(dir)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	third := cert.NotAfter.Sub(cert.NotBefore) / 3
	if NeedsRenewal(cert, cert.NotBefore.Add(2*third-time.Hour)) || !NeedsRenewal(cert, cert.NotBefore.Add(2*third+time.Hour)) {
		t.Error("not at two thirds")
	}
	strange, err := NewOfficeKeys("Nơi khác", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	other, err := GenerateIdentity("kiosk-01")
	if err != nil {
		t.Fatal(err)
	}
	otherCSR, err := other.CSR()
	if err != nil {
		t.Fatal(err)
	}
	old := *self.Certificate()
	old.NotAfter = old.NotAfter.Add(-24 * time.Hour)
	self.cert.Store(&old)
	for name, text := range map[string][]byte{
		"nonsense": []byte("x"), "another name": issue(keys.CA, csr, "kiosk-02"), "another key": issue(keys.CA, otherCSR, "kiosk-01"),
		"another office": issue(strange.CA, csr, "kiosk-01"),
	} {
		if err := self.TakeCertificate(office, t.TempDir(), text); kiosk.CodeOf(err) != kiosk.CodeOfficeUntrusted {
			t.Errorf("%s: %v", name, err)
		}
	}
	fresh := issue(keys.CA, csr, "kiosk-01")
	data := t.TempDir()
	if err := self.TakeCertificate(office, data, fresh); err != nil {
		t.Error(err)
	}
	if leaf := self.TLS().Leaf; leaf.Equal(&old) || !leaf.Equal(self.Certificate()) {
		t.Error("the fresh certificate is not in use")
	}
	if got, err := LoadIdentity(dir, data); err != nil || !got.Certificate().Equal(self.Certificate()) {
		t.Errorf("the fresh certificate is not loaded: %v", err)
	}
	if err := os.WriteFile(filepath.Join(data, FileDeviceCert), issue(keys.CA, otherCSR, "kiosk-01"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := LoadIdentity(dir, data); err != nil || !got.Certificate().Equal(cert) {
		t.Errorf("a certificate for another key was taken: %v", err)
	}
	if err := os.WriteFile(filepath.Join(data, FileDeviceCert), fresh, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(data, FileDeviceCert)); err != nil || string(got) != string(fresh) {
		t.Errorf("device.crt is not the fresh one: %v", err)
	}
	longer := *self.Certificate()
	longer.NotAfter = longer.NotAfter.AddDate(5, 0, 0)
	self.cert.Store(&longer)
	if err := self.TakeCertificate(office, data, fresh); err == nil {
		t.Error("a shorter one took its place")
	}
}
