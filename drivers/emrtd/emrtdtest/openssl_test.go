package emrtdtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// TestSODByOpenSSL has another implementation verify EF.SOD under the CSCA certificate. It is skipped without the openssl command.
func TestSODByOpenSSL(t *testing.T) {
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed: this test has it verify a security object")
	}
	card, a := issued(t)
	sod, err := tlv.ReadOne(card.Files[kiosk.FileSOD], 0x77)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cms, csca, out := filepath.Join(dir, "sod.der"), filepath.Join(dir, "csca.pem"), filepath.Join(dir, "content")
	verify := func(content []byte) error {
		if err := os.WriteFile(cms, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "csca.der"), a.CSCA, 0o600); err != nil {
			t.Fatal(err)
		}
		if b, err := exec.Command(program, "x509", "-inform", "DER", "-in", filepath.Join(dir, "csca.der"), "-out", csca).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		return exec.Command(program, "cms", "-verify", "-inform", "DER", "-in", cms, "-CAfile", csca, "-purpose", "any", "-binary", "-out", out).Run()
	}
	if err := verify(sod.Value); err != nil {
		t.Fatalf("openssl refuses EF.SOD: %v", err)
	}
	content, err := os.ReadFile(out)
	if err != nil || !bytes.Equal(content, securityObject(card.Files, nil)) {
		t.Errorf("openssl found another content: %v", err)
	}
	forged := bytes.Clone(sod.Value)
	forged[bytes.Index(forged, content)+len(content)-1] ^= 1 // the last hash
	if err := verify(forged); err == nil {
		t.Error("openssl accepts a changed hash")
	}
}
