package seal_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"motcua/kiosk"
	"motcua/kiosk/seal"
)

const (
	testID   = "0f8fad5b-d9cb-469f-a165-70867728950e"
	testName = "kiosk-01.xa-thu"
)

func newKey(t testing.TB) seal.PrivateKey {
	t.Helper()
	k, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealOpen(t *testing.T) {
	k := newKey(t)
	for _, size := range []int{0, 1, 1000, 100_000} {
		plain := make([]byte, size)
		rand.Read(plain)
		kept := bytes.Clone(plain)
		env, err := seal.Seal(k.Public(), testName, testID, plain)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(plain, kept) {
			t.Error("Seal changed its plaintext")
		}
		if want := 38 + len(testName) + 1120 + 16 + size; len(env) != want {
			t.Errorf("envelope of %d bytes has %d, the format says %d", size, len(env), want)
		}
		id, name, got, err := seal.Open(k, env)
		if err != nil || id != testID || name != testName || !bytes.Equal(got, plain) {
			t.Errorf("size %d: id %q, name %q, err %v", size, id, name, err)
		}
		h, err := seal.Peek(env)
		if err != nil || h.ID != testID || h.Kiosk != testName || h.Key != k.Public().ID() {
			t.Errorf("Peek: %+v, %v", h, err)
		}
	}
}

func TestSealHidesAndDiffers(t *testing.T) {
	k := newKey(t)
	plain := []byte(strings.Repeat("NGUYEN THI THU 999201012345 ", 20))
	a, err := seal.Seal(k.Public(), testName, testID, plain)
	if err != nil {
		t.Fatal(err)
	}
	b, err := seal.Seal(k.Public(), testName, testID, plain)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(a, plain[:14]) {
		t.Error("plaintext shows in the envelope")
	}
	if bytes.Equal(a, b) {
		t.Error("sealing twice gave the same envelope")
	}
}

// TestEveryByteCounts flips one bit of every byte, cuts at every length and adds a byte.
func TestEveryByteCounts(t *testing.T) {
	k := newKey(t)
	env, err := seal.Seal(k.Public(), testName, testID, []byte("xin chào"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range env {
		for _, bit := range []byte{0x01, 0x80} {
			forged := bytes.Clone(env)
			forged[i] ^= bit
			if _, _, _, err := seal.Open(k, forged); kiosk.CodeOf(err) != kiosk.CodeBadInput {
				t.Fatalf("byte %d flipped by %#x: %v", i, bit, err)
			}
		}
		if _, _, _, err := seal.Open(k, env[:i]); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Fatalf("cut to %d bytes: %v", i, err)
		}
	}
	if _, _, _, err := seal.Open(k, append(bytes.Clone(env), 0)); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("one byte more: %v", err)
	}
}

// TestTransplant puts another kiosk's name and id of the same lengths into a header: the key schedule and the AAD refuse.
func TestTransplant(t *testing.T) {
	k := newKey(t)
	a, err := seal.Seal(k.Public(), "kiosk-a", testID, []byte("a"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := seal.Seal(k.Public(), "kiosk-b", "0f8fad5b-d9cb-469f-a165-70867728950f", []byte("b"))
	if err != nil {
		t.Fatal(err)
	}
	header := 38 + len("kiosk-a")
	if _, _, _, err := seal.Open(k, append(bytes.Clone(a[:header]), b[header:]...)); err == nil {
		t.Error("one envelope's header opened another's body")
	}
}

func TestWrongKey(t *testing.T) {
	k, other := newKey(t), newKey(t)
	env, err := seal.Seal(k.Public(), testName, testID, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := seal.Open(other, env); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("another key: %v", err)
	}
	// Even when the header names the other key, it does not open.
	id := other.Public().ID()
	copy(env[5:], id[:])
	if _, _, _, err := seal.Open(other, env); err == nil {
		t.Error("another key opened an envelope that names it")
	}
	if _, _, _, err := seal.Open(seal.PrivateKey{}, env); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
		t.Errorf("no key: %v", err)
	}
}

func TestSealRefuses(t *testing.T) {
	pub := newKey(t).Public()
	for name, c := range map[string]struct{ kioskName, id string }{
		"empty name":      {"", testID},
		"capital name":    {"Kiosk", testID},
		"long name":       {strings.Repeat("k", 65), testID},
		"name with NUL":   {"k\x00", testID},
		"empty id":        {testName, ""},
		"capital id":      {testName, strings.ToUpper(testID)},
		"id not a uuid":   {testName, strings.Repeat("0", 36)},
		"id with a brace": {testName, "{" + testID[:35]},
	} {
		if _, err := seal.Seal(pub, c.kioskName, c.id, nil); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := seal.Seal(pub, testName, testID, make([]byte, seal.MaxPlaintext+1)); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("too large: %v", err)
	}
	if _, err := seal.Seal(seal.PublicKey{}, testName, testID, nil); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
		t.Errorf("no key: %v", err)
	}
}

func TestKeys(t *testing.T) {
	k := newKey(t)
	raw, err := k.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	again, err := seal.ParsePrivate(raw)
	if err != nil || again.Public().ID() != k.Public().ID() {
		t.Fatalf("private key does not survive: %v", err)
	}
	text, err := k.Public().MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var pub seal.PublicKey
	if err := pub.UnmarshalText(text); err != nil || pub.ID() != k.Public().ID() {
		t.Fatalf("public key does not survive: %v", err)
	}
	env, err := seal.Seal(pub, testName, testID, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, got, err := seal.Open(again, env); err != nil || string(got) != "x" {
		t.Errorf("read keys do not fit together: %v", err)
	}
	for _, bad := range []string{"", "!", string(text[:100]), string(text) + "AAAA"} {
		if err := pub.UnmarshalText([]byte(bad)); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
			t.Errorf("bad key text of %d bytes: %v", len(bad), err)
		}
	}
	if _, err := seal.ParsePrivate(raw[:31]); kiosk.CodeOf(err) != kiosk.CodeKeyMissing {
		t.Errorf("short private key: %v", err)
	}
	for _, s := range []string{fmt.Sprint(k), fmt.Sprintf("%#v", k), fmt.Sprintf("%+v", struct{ K seal.PrivateKey }{k})} {
		if strings.Contains(s, fmt.Sprintf("%x", raw)) || strings.Contains(s, fmt.Sprint(raw)) {
			t.Error("a private key prints itself")
		}
	}
}

func FuzzOpen(f *testing.F) {
	k := newKey(f)
	env, err := seal.Seal(k.Public(), testName, testID, []byte("x"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(env)
	f.Add(env[:60])
	f.Add([]byte("MCSE\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, _, err := seal.Open(k, b); err == nil && !bytes.Equal(b, env) {
			t.Error("opened what was never sealed")
		}
	})
}

func BenchmarkSeal2MB(b *testing.B) {
	pub := newKey(b).Public()
	plain := make([]byte, 2<<20)
	b.SetBytes(int64(len(plain)))
	for b.Loop() {
		if _, err := seal.Seal(pub, testName, testID, plain); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen2MB(b *testing.B) {
	k := newKey(b)
	env, err := seal.Seal(k.Public(), testName, testID, make([]byte, 2<<20))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(2 << 20)
	for b.Loop() {
		if _, _, _, err := seal.Open(k, env); err != nil {
			b.Fatal(err)
		}
	}
}
