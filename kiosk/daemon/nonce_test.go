package daemon

import (
	"crypto/ed25519"
	"crypto/rand"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/dossier"
	"motcua/kiosk/provision"
)

// A chip is asked with the office's last nonce, as long as it may be used; a stranger's is not taken.
func TestChallengesCarryTheOfficesNonce(t *testing.T) {
	keys, err := provision.NewOfficeKeys("Một cửa", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	self, err := provision.GenerateIdentity("kiosk-01")
	if err != nil {
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
	if err := self.TakeCertificate(keys.Office("A", "https://a.example", "1900 0000", "https://a.example/"), t.TempDir(), raw); err == nil {
		t.Error("a first certificate was taken as a renewed one")
	}
	cert, err := provision.ParseCertificate(raw)
	if err == nil {
		err = self.SetCertificate(cert)
	}
	if err != nil {
		t.Fatal(err)
	}
	m := &maker{self: self, office: keys.Office("A", "https://a.example", "1900 0000", "https://a.example/")}
	m.New()
	if m.challenge(); m.asked.Nonce != nil {
		t.Error("a nonce from nowhere")
	}
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wire := func(key ed25519.PrivateKey, age time.Duration) backoffice.Nonce {
		n := dossier.NewNonce(key, time.Now().Add(-age))
		return backoffice.Nonce{Value: n.Value[:], At: n.At, Signature: n.Signature}
	}
	if err := m.takeNonce(wire(stranger, 0)); kiosk.CodeOf(err) != kiosk.CodeOfficeUntrusted || m.nonce != nil {
		t.Errorf("a stranger's: %v", err)
	}
	good := wire(keys.Ack, time.Hour)
	if err := m.takeNonce(good); err != nil {
		t.Fatal(err)
	}
	asked := m.challenge()
	if n := m.asked.Nonce; n == nil || string(n.Value[:]) != string(good.Value) || string(m.asked.Derive(m.id, self.Certificate())) != string(asked) {
		t.Errorf("the challenge is not derived from the nonce: %v", n)
	}
	if err := m.takeNonce(wire(keys.Ack, dossier.NonceTime+time.Hour)); err != nil {
		t.Fatal(err)
	}
	if m.challenge(); m.asked.Nonce != nil {
		t.Error("a nonce that is too old is used")
	}
}
