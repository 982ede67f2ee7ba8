package emrtd_test

import (
	"bytes"
	"context"
	"testing"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/kiosk"
)

// TestKindsOfCards reads cards that differ in the key of active authentication and the size of the photo.
func TestKindsOfCards(t *testing.T) {
	b := setUp(t)
	for name, c := range map[string]struct {
		active emrtdtest.Active
		photo  int
		short  bool
		aa     kiosk.CheckResult
		code   kiosk.Code
	}{
		"rsa":                   {emrtdtest.ActiveRSA, 9000, false, kiosk.CheckSuccessful, ""},
		"rsa, short reader":     {emrtdtest.ActiveRSA, 9000, true, kiosk.CheckUndetermined, ""},
		"no DG15":               {emrtdtest.ActiveNone, 9000, false, kiosk.CheckNotSupported, ""},
		"beyond 32 KB":          {emrtdtest.ActiveEC, 50000, false, kiosk.CheckSuccessful, ""},
		"beyond 32 KB, short":   {emrtdtest.ActiveEC, 50000, true, kiosk.CheckSuccessful, ""},
		"larger than the limit": {emrtdtest.ActiveEC, 70000, false, "", kiosk.CodeCardProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			picture := append(emrtdtest.Silhouette(90), make([]byte, c.photo)...)
			card, err := emrtdtest.IssueWith(person, picture, b.authority, emrtdtest.IssueOptions{Active: c.active, NoVariants: true})
			if err != nil {
				t.Fatal(err)
			}
			slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{ShortOnly: c.short})
			slot.Insert(chipOf(t, card, emrtdtest.Options{}))
			out, err := emrtd.NewReader(slot, emrtd.Options{Trust: b.trust}).Read(context.Background(), numberKey, nil)
			if c.code != "" {
				if kiosk.CodeOf(err) != c.code {
					t.Fatal(err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if check, _ := out.Check(kiosk.CheckActiveAuth); check.Result != c.aa || out.Verdict != kiosk.Verified {
				t.Fatal(describe(out))
			}
			if !bytes.Equal(out.Photo.Data, picture) {
				t.Error("photo differs")
			}
		})
	}
}

// TestActiveAuthenticationReplays: the answer is to the challenge the caller gave, and to no other.
func TestActiveAuthenticationReplays(t *testing.T) {
	b := setUp(t)
	challenges := [][]byte{{1, 2, 3, 4, 5, 6, 7, 8}, {8, 7, 6, 5, 4, 3, 2, 1}}
	var signatures [][]byte
	for _, c := range challenges {
		slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
		slot.Insert(chipOf(t, b.card, emrtdtest.Options{}))
		r := emrtd.NewReader(slot, emrtd.Options{Trust: b.trust, Challenge: func() []byte { return c }})
		out, err := r.Read(context.Background(), numberKey, nil)
		if err != nil || out.Verdict != kiosk.Verified || !bytes.Equal(out.Challenge, c) {
			t.Fatal(err)
		}
		signatures = append(signatures, out.Signature)
	}
	if bytes.Equal(signatures[0], signatures[1]) {
		t.Error("two challenges, one answer")
	}
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	slot.Insert(chipOf(t, b.card, emrtdtest.Options{}))
	r := emrtd.NewReader(slot, emrtd.Options{Trust: b.trust, Challenge: func() []byte { return []byte("short") }})
	if _, err := r.Read(context.Background(), numberKey, nil); kiosk.CodeOf(err) != kiosk.CodeInternal {
		t.Errorf("a challenge of five bytes: %v", err)
	}
}
