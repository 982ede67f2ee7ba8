package backoffice_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/backoffice"
)

func newAck() kiosk.Acknowledgement {
	return kiosk.Acknowledgement{
		DossierID: "0f8fad5b-d9cb-469f-a165-70867728950e", BodySHA256: [32]byte{1, 2, 3}, Office: "Xã Thử",
		ReceivedAt: time.Date(2026, 11, 21, 8, 30, 0, 123456789, time.FixedZone("", 7*3600)), State: kiosk.StateRegistered,
	}
}

// TestAckVector pins the canonical bytes, which other implementations sign: changing them needs a new domain.
func TestAckVector(t *testing.T) {
	want := "00000018" + hex.EncodeToString([]byte("motcua/acknowledgement/1")) +
		"00000024" + hex.EncodeToString([]byte("0f8fad5b-d9cb-469f-a165-70867728950e")) +
		"00000020" + "010203" + strings.Repeat("00", 29) +
		"00000009" + hex.EncodeToString([]byte("Xã Thử"))[:18] +
		"0000001b" + hex.EncodeToString([]byte("2026-11-21T01:30:00.123456Z")) + "00000000" + "00000001" + "31"
	if got := hex.EncodeToString(backoffice.AckBytes(newAck())); got != want {
		t.Errorf("canonical bytes are\n%s, not\n%s", got, want)
	}
}

func TestAckSurvivesTheWire(t *testing.T) {
	key := newKey(t)
	a := backoffice.SignAck(key, newAck())
	b, err := backoffice.MarshalAck(a)
	if err != nil {
		t.Fatal(err)
	}
	got, err := backoffice.UnmarshalAck(b)
	if err != nil || !reflect.DeepEqual(got, a) {
		t.Fatalf("%+v is not %+v: %v", got, a, err)
	}
	if err := backoffice.VerifyAck(public(key), got); err != nil {
		t.Error(err)
	}
}

func TestVerifyAckCoversEveryField(t *testing.T) {
	key := newKey(t)
	for name, change := range map[string]func(*kiosk.Acknowledgement){
		"id":        func(a *kiosk.Acknowledgement) { a.DossierID = strings.Replace(a.DossierID, "0", "1", 1) },
		"hash":      func(a *kiosk.Acknowledgement) { a.BodySHA256[31] ^= 1 },
		"office":    func(a *kiosk.Acknowledgement) { a.Office += "x" },
		"time":      func(a *kiosk.Acknowledgement) { a.ReceivedAt = a.ReceivedAt.Add(time.Microsecond) },
		"number":    func(a *kiosk.Acknowledgement) { a.Number = "1" },
		"state":     func(a *kiosk.Acknowledgement) { a.State = kiosk.StateReceived },
		"moved":     func(a *kiosk.Acknowledgement) { a.Office, a.Number = a.Office[:4], a.Office[4:] },
		"signature": func(a *kiosk.Acknowledgement) { a.Signature = bytes.Clone(a.Signature); a.Signature[0] ^= 1 },
		"cut":       func(a *kiosk.Acknowledgement) { a.Signature = a.Signature[:63] },
		"none":      func(a *kiosk.Acknowledgement) { a.Signature = nil },
	} {
		a := backoffice.SignAck(key, newAck())
		change(&a)
		if err := backoffice.VerifyAck(public(key), a); kiosk.CodeOf(err) != kiosk.CodeOfficeUntrusted {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := backoffice.VerifyAck(ed25519.PublicKey{}, backoffice.SignAck(key, newAck())); kiosk.CodeOf(err) != kiosk.CodeOfficeUntrusted {
		t.Errorf("no key: %v", err)
	}
}

func FuzzUnmarshalAck(f *testing.F) {
	b, err := backoffice.MarshalAck(backoffice.SignAck(newKey(f), newAck()))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := backoffice.UnmarshalAck(b)
		if err != nil {
			return
		}
		out, err := backoffice.MarshalAck(a)
		if err != nil {
			t.Fatal(err)
		}
		again, err := backoffice.UnmarshalAck(out)
		if err != nil || !bytes.Equal(backoffice.AckBytes(a), backoffice.AckBytes(again)) {
			t.Errorf("does not survive: %v", err)
		}
	})
}
