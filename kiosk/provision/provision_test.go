package provision_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/provision"
	"motcua/kiosk/seal"
)

func newOffice(t *testing.T) (*provision.OfficeKeys, *provision.Office) {
	t.Helper()
	keys, err := provision.NewOfficeKeys("Xã Thử Nghiệm", "localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return keys, keys.Office("Trung tâm Phục vụ hành chính công xã Thử Nghiệm", "https://127.0.0.1:8443", "0200 000 000", "https://example.vn/tra-cuu/")
}

// enrol does what a kiosk and an office do between them.
func enrol(t *testing.T, keys *provision.OfficeKeys, name string) *provision.Identity {
	t.Helper()
	id, err := provision.GenerateIdentity("moi")
	if err != nil {
		t.Fatal(err)
	}
	csr, err := id.CSR()
	if err != nil {
		t.Fatal(err)
	}
	crt, err := provision.IssueDevice(keys.CA, csr, name)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := provision.ParseCertificate(crt)
	if err != nil {
		t.Fatal(err)
	}
	if err := id.SetCertificate(cert); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestEnrolment(t *testing.T) {
	keys, _ := newOffice(t)
	id := enrol(t, keys, "kiosk-01")
	dir := filepath.Join(t.TempDir(), "identity")
	if err := id.Save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := provision.LoadIdentity(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "kiosk-01" || !got.Key.Equal(id.Key) || !got.Certificate().Equal(id.Certificate()) {
		t.Error("identity does not survive")
	}
	if info, err := os.Stat(filepath.Join(dir, provision.FileDeviceKey)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("device.key: %v %v", info.Mode(), err)
	}
	_, err = got.Certificate().Verify(x509.VerifyOptions{Roots: keys.CA.Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		t.Errorf("device certificate: %v", err)
	}
	if _, err := got.Certificate().Verify(x509.VerifyOptions{Roots: keys.CA.Pool()}); err == nil {
		t.Error("device certificate may be used as a server's")
	}
	if names, _ := filepath.Glob(filepath.Join(dir, ".*")); len(names) > 0 {
		t.Errorf("temporary files stay behind: %v", names)
	}
	if s := fmt.Sprint(got); s != "kiosk kiosk-01" {
		t.Errorf("identity prints as %q", s)
	}
}

func TestLoadIdentityRefuses(t *testing.T) {
	keys, _ := newOffice(t)
	for name, spoil := range map[string]func(dir string) error{
		"no key":         func(d string) error { return os.Remove(filepath.Join(d, "device.key")) },
		"no certificate": func(d string) error { return os.Remove(filepath.Join(d, "device.crt")) },
		"open key":       func(d string) error { return os.Chmod(filepath.Join(d, "device.key"), 0o644) },
		"key cut":        func(d string) error { return os.Truncate(filepath.Join(d, "device.key"), 40) },
		"key too large":  func(d string) error { return os.Truncate(filepath.Join(d, "device.key"), 2<<20) },
		"certificate of another key": func(d string) error {
			other := enrol(t, keys, "kiosk-02")
			return other.Save(d + "x")
		},
		"certificate without a kiosk": func(d string) error {
			return os.WriteFile(filepath.Join(d, "device.crt"), []byte(caPEM(keys)), 0o644)
		},
	} {
		dir := filepath.Join(t.TempDir(), "id")
		if err := enrol(t, keys, "kiosk-01").Save(dir); err != nil {
			t.Fatal(err)
		}
		if err := spoil(dir); err != nil {
			t.Fatal(err)
		}
		if name == "certificate of another key" {
			b, err := os.ReadFile(filepath.Join(dir+"x", "device.crt"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "device.crt"), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		_, err := provision.LoadIdentity(dir)
		if kiosk.CodeOf(err) != kiosk.CodeKeyMissing || !strings.Contains(err.Error(), "(") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func caPEM(keys *provision.OfficeKeys) string {
	return keys.Office("n", "https://h", "1", "https://h/").CA
}

func TestIssueDeviceRefuses(t *testing.T) {
	keys, _ := newOffice(t)
	id, err := provision.GenerateIdentity("kiosk-01")
	if err != nil {
		t.Fatal(err)
	}
	csr, err := id.CSR()
	if err != nil {
		t.Fatal(err)
	}
	forged := bytes.Replace(csr, []byte("M"), []byte("N"), 1)
	for name, c := range map[string]struct {
		csr  []byte
		name string
	}{
		"no request": {nil, "k"}, "forged request": {forged, "k"}, "bad name": {csr, "Kiosk 1"}, "no name": {csr, ""},
		"certificate as request": {[]byte(caPEM(keys)), "k"},
	} {
		if _, err := provision.IssueDevice(keys.CA, c.csr, c.name); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOfficeSurvives(t *testing.T) {
	_, o := newOffice(t)
	dir := t.TempDir()
	if err := o.Save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := provision.LoadOffice(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got.SealKey.ID() != o.SealKey.ID() || !got.AckKey.Equal(o.AckKey) || got.Name != o.Name || got.CA != o.CA {
		t.Error("office.json does not survive")
	}
	if u := got.ReceiptURL("ABCDE12345"); u != "https://example.vn/tra-cuu/ABCDE12345" {
		t.Errorf("receipt URL is %s", u)
	}
	if _, err := provision.LoadOffice(t.TempDir()); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
		t.Errorf("absent office.json: %v", err)
	}
}

func TestOfficeRefuses(t *testing.T) {
	keys, o := newOffice(t)
	good, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provision.ParseOffice(good); err != nil {
		t.Fatal(err)
	}
	device := enrol(t, keys, "kiosk-01")
	dir := t.TempDir()
	if err := device.Save(dir); err != nil {
		t.Fatal(err)
	}
	deviceCert, err := os.ReadFile(filepath.Join(dir, "device.crt"))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]map[string]any{
		"no hotline": {"hotline": ""}, "two-line name": {"name": "a\nb"}, "http intake": {"intake": "http://h"}, "intake with a path": {"intake": "https://h/x"},
		"intake with a user": {"intake": "https://u@h"}, "no seal key": {"seal_key": ""}, "short ack key": {"ack_key": "AAAA"},
		"no ca": {"ca": ""}, "ca that is a device": {"ca": string(deviceCert)}, "status by javascript": {"status_url": "javascript:x"},
		"unknown key": {"surprise": 1},
	} {
		var m map[string]any
		if err := json.Unmarshal(good, &m); err != nil {
			t.Fatal(err)
		}
		for k, v := range change {
			m[k] = v
		}
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := provision.ParseOffice(b); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := provision.ParseOffice(append(good, '{')); err == nil {
		t.Error("something after the object is accepted")
	}
}

func TestOfficeKeysSurvive(t *testing.T) {
	keys, o := newOffice(t)
	dir := filepath.Join(t.TempDir(), "keys")
	if err := keys.Save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := provision.LoadOfficeKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got.Seal.Public().ID() != o.SealKey.ID() || !got.Ack.Equal(keys.Ack) || !got.CA.Key.Equal(keys.CA.Key) ||
		!got.Server.PrivateKey.(*ecdsa.PrivateKey).Equal(keys.Server.PrivateKey) {
		t.Error("office keys do not survive")
	}
	for _, name := range []string{"ca.key", "ca.crt", "server.key", "server.crt", "seal.key", "ack.key"} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".key") && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := provision.LoadOfficeKeys(dir); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
			t.Errorf("without %s: %v", name, err)
		}
		if err := os.WriteFile(path, []byte("rubbish"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := provision.LoadOfficeKeys(dir); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
			t.Errorf("with rubbish in %s: %v", name, err)
		}
		if err := os.WriteFile(path, b, info.Mode()); err != nil {
			t.Fatal(err)
		}
	}
	if s := fmt.Sprintf("%v", got); s != "office keys" {
		t.Errorf("office keys print as %q", s)
	}
}

func TestWriteFileKeepsTheOldOnFailure(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := provision.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := provision.WriteFile(path, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "new" {
		t.Errorf("%q %v", b, err)
	}
	folder := filepath.Join(dir, "folder")
	if err := os.MkdirAll(filepath.Join(folder, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := provision.WriteFile(folder, []byte("x"), 0o600); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if names, _ := filepath.Glob(filepath.Join(dir, ".*")); len(names) > 0 {
		t.Errorf("temporary files stay behind: %v", names)
	}
}

// TestRotation: after a rotation the office opens what was sealed before and after, enrolled kiosks learn the new key when its time
// comes, and the recovery key opens as well once it is put back.
func TestRotation(t *testing.T) {
	keys, before := newOffice(t)
	dir := filepath.Join(t.TempDir(), "keys")
	if err := keys.Save(dir); err != nil {
		t.Fatal(err)
	}
	old, now := keys.Seal.Public(), time.Now()
	next, err := keys.Rotate(dir, now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	recovery, err := keys.AddRecovery(dir, now.Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	got, err := provision.LoadOfficeKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Seal) != 2 || got.Seal.Public().ID() != next.ID() || got.Seal[1].Public().ID() != old.ID() || len(got.Announced) != 2 {
		t.Fatalf("ring of %d keys, %d announcements", len(got.Seal), len(got.Announced))
	}
	ids := func(at time.Time) (s string) {
		for _, k := range before.SealKeys(got.Announced, at) {
			s += k.ID().String() + " "
		}
		return s
	}
	want := []string{old.ID().String() + " ", next.ID().String() + " ", next.ID().String() + " " + got.Recovery.ID().String() + " "}
	for i, at := range []time.Duration{0, 90 * time.Minute, 3 * time.Hour} {
		if s := ids(now.Add(at)); s != want[i] {
			t.Errorf("after %v a kiosk seals to %s, want %s", at, s, want[i])
		}
	}
	if o := got.Office("n", "https://h", "1", "https://h/"); o.RecoveryKey == nil || len(o.SealKeys(nil, now)) != 2 {
		t.Error("a new kiosk does not learn the recovery key")
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "recovery.pub")); bytes.Contains(b, bytes.TrimSpace(recovery)) {
		t.Error("the private half stays in the folder")
	}
	if err := os.WriteFile(filepath.Join(dir, "seal-recovery.key"), recovery, 0o600); err != nil {
		t.Fatal(err)
	}
	device := enrol(t, keys, "kiosk-01").Signer()
	sealed, err := seal.Sealer{Keys: []seal.PublicKey{got.Recovery}, Device: device}.Seal("0f8fad5b-d9cb-469f-a165-70867728950e", now, kiosk.Link{}, []byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := got.Seal.Open(sealed.Body); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
		t.Errorf("opened without the recovery key: %v", err)
	}
	if got, err = provision.LoadOfficeKeys(dir); err != nil {
		t.Fatal(err)
	}
	if o, err := got.Seal.Open(sealed.Body); err != nil || string(o.Plaintext) != "x" {
		t.Errorf("recovery: %v", err)
	}
}

func TestAnnouncedFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "announced.json")
	if list, err := provision.LoadAnnounced(path); err != nil || list != nil {
		t.Errorf("absent: %v, %v", list, err)
	}
	for name, bad := range map[string]string{"no list": "{}", "no JSON": "x", "a key that is none": `[{"keys":["AA=="]}]`, "too long": "[" + strings.Repeat("{},", 100) + "{}]"} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := provision.LoadAnnounced(path); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}
