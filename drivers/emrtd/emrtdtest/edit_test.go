package emrtdtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"motcua/kiosk"
)

// TestEdit changes what is signed, and what is not.
func TestEdit(t *testing.T) {
	_, a := issued(t)
	runs := 0
	card, err := IssueWith(person(), Silhouette(90), a, IssueOptions{
		Edit: func(files map[kiosk.FileID][]byte) error {
			runs++
			if files[kiosk.FileCOM] != nil || files[kiosk.FileSOD] != nil {
				t.Error("EF.COM or EF.SOD are there before Edit")
			}
			delete(files, kiosk.FileDG15)
			files[kiosk.FileDG1][len(files[kiosk.FileDG1])-1] ^= 1
			return nil
		},
		After: func(files map[kiosk.FileID][]byte) error {
			files[kiosk.FileDG14] = []byte{0x6E, 0x00}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(card.Files[kiosk.FileCOM], []byte{0x6F}) || card.Files[kiosk.FileDG15] != nil || len(card.Files[kiosk.FileDG14]) != 2 {
		t.Error("Edit or After did not count")
	}
	if want := 1 + len(card.Variants); runs != want {
		t.Errorf("Edit ran %d times for a card with %d variants", runs, len(card.Variants))
	}
	broken := errors.New("broken")
	for what, opt := range map[string]IssueOptions{
		"Edit":    {Edit: func(map[kiosk.FileID][]byte) error { return broken }},
		"After":   {After: func(map[kiosk.FileID][]byte) error { return broken }},
		"profile": {Profile: "visa"}, "specimen": {Profile: ProfileSpecimen}, "active": {Active: "rsa:512:sha1"}, "hash": {Active: "ec:P-256:md5"},
		"curve": {Active: "ec:P-255:sha1"}, "PACE": {PACE: []PACEOffer{{Parameter: 7}}}, "CAM": {PACE: []PACEOffer{{Mapping: MappingCAM}}},
		"IM": {PACE: []PACEOffer{{Mapping: MappingIM, Parameter: 10}}}, "CA": {ChipAuth: []ChipAuthOffer{{Parameter: 12, Cipher: "RC4"}}},
		"one key, two domains": {ChipAuth: []ChipAuthOffer{{Parameter: 12}, {Parameter: 13}}}, "DG13": {DG13: "none"},
	} {
		if _, err := IssueWith(person(), Silhouette(90), a, opt); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}

// TestVariantsOfProfiles lists what each profile has for faults.
func TestVariantsOfProfiles(t *testing.T) {
	_, a := issued(t)
	for profile, want := range map[string][]string{
		Profile2021: {
			VariantExpired, VariantUnknown, VariantNotInSOD, VariantTwin, VariantExpiredSigner, VariantRevokedSigner, VariantNoDG13,
			VariantLongAddress, VariantTwoPACE, VariantUnlimited,
		},
		ProfilePassportBAC:  {VariantExpired, VariantUnknown, VariantNotInSOD, VariantTwin, VariantExpiredSigner, VariantRevokedSigner},
		ProfilePassportPACE: {VariantExpired, VariantUnknown, VariantTwin, VariantExpiredSigner, VariantRevokedSigner, VariantTwoPACE},
	} {
		card, err := IssueWith(person(), Silhouette(90), a, IssueOptions{Profile: profile})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range want {
			if _, err := New(card, Options{Variant: name}); err != nil {
				t.Errorf("%s: %v", profile, err)
			}
		}
		if len(card.Variants) != len(want) {
			t.Errorf("%s has %d variants, want %d", profile, len(card.Variants), len(want))
		}
		file := filepath.Join(t.TempDir(), "card.json")
		if err := card.Save(file); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadCard(file); err != nil {
			t.Errorf("%s: %v", profile, err)
		}
	}
}

// TestOldCardFile reads a card file from before there were other offers than one.
func TestOldCardFile(t *testing.T) {
	card, _ := issued(t)
	raw, err := json.Marshal(card)
	if err != nil {
		t.Fatal(err)
	}
	var old map[string]any
	if err := json.Unmarshal(raw, &old); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"pace", "chip_auth", "active", "lengths"} {
		delete(old, key)
	}
	active, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), card.ActiveKey)
	if err != nil {
		t.Fatal(err)
	}
	if old["active_key"], err = x509.MarshalPKCS8PrivateKey(active); err != nil {
		t.Fatal(err)
	}
	old["chip_key"] = card.ChipAuth[0].Key
	if raw, err = json.Marshal(old); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "card.json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := LoadCard(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.PACE) != 1 || again.PACE[0].Parameter != bp256 || !bytes.Equal(again.ChipAuth[0].Key, card.ChipAuth[0].Key) {
		t.Error("the offers of the old card are not known")
	}
	k, err := again.keys()
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := k.active.private(); err != nil || !bytes.Equal(raw, card.ActiveKey) {
		t.Errorf("the key of active authentication is another: %v", err)
	}
}

// TestSpecimenNames recognises files by the names people give them.
func TestSpecimenNames(t *testing.T) {
	for name, want := range map[string]kiosk.FileID{
		"EF.COM.bin": kiosk.FileCOM, "EF_SOD.bin": kiosk.FileSOD, "ef011D.bin": kiosk.FileSOD, "ef0101.bin": kiosk.FileDG1,
		"Datagroup14.bin": kiosk.FileDG14, "DG2.bin": kiosk.FileDG2, "dg15": kiosk.FileDG15, "010F.dat": kiosk.FileDG15,
		"EF.CardAccess.bin": kiosk.FileCardAccess, "EF.CardSecurity": kiosk.FileCardSecurity, "EF.ATR-INFO.bin": kiosk.FileATRInfo,
		"DG17.bin": "", "README": "", "photo.jpg": "", "DG.bin": "", "ef0200.bin": "",
	} {
		if got := specimenFile(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if _, err := Specimen(t.TempDir()); err == nil {
		t.Error("an empty folder was accepted")
	}
}

// TestFaultNames finds every fault by each of its names, and reads the parameter of torn.
func TestFaultNames(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Faults() {
		for _, name := range append([]string{f.Name}, f.Aliases...) {
			if seen[name] {
				t.Errorf("two faults are called %s", name)
			}
			seen[name] = true
			if got, err := FaultByName(name); err != nil || got.Name != f.Name {
				t.Errorf("%s: %v", name, err)
			}
		}
		if f.Text == "" || (f.Code == "") == (f.Verdict == "") {
			t.Errorf("%s has no text, or not one outcome", f.Name)
		}
	}
	for _, name := range []string{
		"wrong-can", "slow", "wtx", "sw6d00-mf", "le-112", "forged-dg2", "cloned", "unknown-issuer", "expired-ds", "revoked-ds",
		"downgraded-cardaccess", "sm-naked-sw", "sm-bad-mac", "hostile-tlv", "endless-file", "no-dg13", "long-address", "unlimited-expiry",
		"aa-refused", "torn:1", "torn:12000", "torn:7c", "torn:N",
	} {
		if _, err := FaultByName(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"torn:", "torn:0", "torn:-3", "torn:c", "torn:1x", "torn", ""} {
		if _, err := FaultByName(name); err == nil {
			t.Errorf("%q is a fault", name)
		}
	}
}
