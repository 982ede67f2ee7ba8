package kiosk_test

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"

	"motcua/kiosk"
)

func TestNewToken(t *testing.T) {
	seen := make(map[string]bool)
	for range 1000 {
		token, err := kiosk.NewToken(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := kiosk.ParseToken(kiosk.FormatToken(token)); err != nil || got != token || len(token) != 10 {
			t.Fatalf("a token of %d characters does not survive: %v", len(token), err)
		}
		seen[token] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d different tokens of 1000", len(seen))
	}
	if _, err := kiosk.NewToken(bytes.NewReader(make([]byte, 9))); err == nil {
		t.Error("a token was made without enough random bytes")
	}
}

func TestParseToken(t *testing.T) {
	for in, want := range map[string]string{
		"ABCDE-12345": "ABCDE12345", "abcde12345": "ABCDE12345", " a b c d e - 1 2 3 4 5 ": "ABCDE12345", "OoIiLl0000": "0011110000",
		"ABCDE\u2013\u00a012345": "ABCDE12345",
	} {
		if got, err := kiosk.ParseToken(in); err != nil || got != want {
			t.Errorf("%q gives %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "ABCDE1234", "ABCDE123456", "ABCDU12345", "ABCDE1234é", "ABCDE-1234!", strings.Repeat(" ", 65), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"} {
		_, err := kiosk.ParseToken(in)
		if kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%q is accepted", in)
		}
		if in != "" && strings.Contains(err.Error(), in) {
			t.Error("the error repeats what was typed")
		}
	}
}

func TestFormatToken(t *testing.T) {
	if got := kiosk.FormatToken("ABCDE12345"); got != "ABCDE-12345" {
		t.Errorf("got %s", got)
	}
	if got := kiosk.FormatToken("x"); got != "x" {
		t.Errorf("got %s", got)
	}
}

// TestTokenIDVector pins the derivation: kiosks and offices of different releases must agree.
func TestTokenIDVector(t *testing.T) {
	const want = "28d1c5eafcf8b771ac1171d6a860b714584f833e4380d638331ed0f4370c2ecf"
	if got := kiosk.TokenID("0123456789"); got != want {
		t.Errorf("got %s", got)
	}
}
