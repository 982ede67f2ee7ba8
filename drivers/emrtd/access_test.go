package emrtd_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
)

// issueCard makes another card of the same authority.
func (b *bench) issueCard(t testing.TB, opt emrtdtest.IssueOptions) *emrtdtest.Card {
	t.Helper()
	opt.NoVariants = true
	card, err := emrtdtest.IssueWith(person, emrtdtest.Silhouette(90), b.authority, opt)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// readCard reads one card once.
func (b *bench) readCard(t testing.TB, card *emrtdtest.Card, opt emrtdtest.Options, slotOpt emrtdtest.SlotOptions, key kiosk.CardKey) (*kiosk.ChipRead, error) {
	t.Helper()
	slot := emrtdtest.NewSlot(slotOpt)
	slot.Insert(chipOf(t, card, opt))
	return emrtd.NewReader(slot, emrtd.Options{Trust: b.trust}).Read(context.Background(), key, nil)
}

// keyOf is the card's machine-readable zone.
func keyOf(card *emrtdtest.Card) kiosk.CardKey {
	return kiosk.CardKey{Kind: kiosk.KeyMRZ, Value: strings.Trim(strings.Join(card.MRZ[:], "/"), "/")}
}

// A chip without access control is read as it is, and never verified: nothing says that its holder agreed to the reading. One
// whose DG14 announces PACE has had its access control taken away, and is refused (ISO7816_A_01).
func TestNoAccessControl(t *testing.T) {
	b := setUp(t)
	open := emrtdtest.Options{Open: true, NoPACE: true, NoBAC: true, CardAccess: emrtdtest.AccessAbsent}
	for name, c := range map[string]struct {
		card    *emrtdtest.Card
		verdict kiosk.Verdict
		check   kiosk.CheckResult
	}{
		"DG14 announces pace": {b.card, kiosk.Refused, kiosk.CheckFailed},
		"no pace anywhere":    {b.issueCard(t, emrtdtest.IssueOptions{PACE: []emrtdtest.PACEOffer{}}), kiosk.Undetermined, kiosk.CheckNotSupported},
	} {
		out, err := b.readCard(t, c.card, open, emrtdtest.SlotOptions{}, keyOf(c.card))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		access, _ := out.Check(kiosk.CheckAccess)
		compared, _ := out.Check(kiosk.CheckCardAccess)
		if out.Access != "none" || access.Result != kiosk.CheckNotSupported || compared.Result != c.check || out.Verdict != c.verdict {
			t.Errorf("%s: %s", name, describe(out))
		}
	}
}

// A chip that can be read without access control but has an EF.CardAccess is opened with PACE.
func TestOpenChipWithPACE(t *testing.T) {
	b := setUp(t)
	out, err := b.readCard(t, b.card, emrtdtest.Options{Open: true}, emrtdtest.SlotOptions{}, numberKey)
	if err != nil || !strings.HasPrefix(out.Access, "PACE-CAN ") || out.Verdict != kiosk.Verified {
		t.Fatalf("%v, %v", out, err)
	}
}

// Basic access control says with what it was opened, and why.
func TestBACReason(t *testing.T) {
	b := setUp(t)
	card := b.issueCard(t, emrtdtest.IssueOptions{PACE: []emrtdtest.PACEOffer{}})
	for access, reason := range map[emrtdtest.FileAccess]string{
		emrtdtest.AccessAbsent: "BAC-MRZ, chip offers no pace", emrtdtest.AccessRefused: "BAC-MRZ, EF.CardAccess refused",
	} {
		out, err := b.readCard(t, card, emrtdtest.Options{NoPACE: true, CardAccess: access}, emrtdtest.SlotOptions{}, keyOf(card))
		if err != nil {
			t.Error(err)
			continue
		}
		if c, _ := out.Check(kiosk.CheckAccess); out.Access != "BAC-MRZ" || c.Reason != reason {
			t.Error(describe(out))
		}
	}
}

// A chip that announces PACE is opened by nothing else, whatever is wrong with it (BAC would work).
func TestNoDowngrade(t *testing.T) {
	b := setUp(t)
	for name, c := range map[string]struct {
		file []byte
		opt  emrtdtest.Options
		code kiosk.Code
	}{
		"unknown mapping":   {lds.MarshalSecurityInfos(lds.MarshalInfo(append(append([]int{}, lds.OIDPACE...), 9, 2), 2, 13)), emrtdtest.Options{}, kiosk.CodeCardUnsupported},
		"version 1":         {lds.MarshalSecurityInfos(lds.MarshalInfo(lds.OIDPACEGMAES, 1, 13)), emrtdtest.Options{}, kiosk.CodeCardUnsupported},
		"unknown curve":     {lds.MarshalSecurityInfos(lds.MarshalInfo(lds.OIDPACEGMAES, 2, 30)), emrtdtest.Options{}, kiosk.CodeCardUnsupported},
		"no set":            {[]byte{0x30, 0x00}, emrtdtest.Options{}, kiosk.CodeCardProtocol},
		"chip refuses pace": {nil, emrtdtest.Options{NoPACE: true}, kiosk.CodeCardUnsupported},
	} {
		opt := c.opt
		if c.file != nil {
			opt.Replace = map[kiosk.FileID][]byte{kiosk.FileCardAccess: c.file}
		}
		if _, err := b.readCard(t, b.card, opt, emrtdtest.SlotOptions{}, b.mrzKey()); kiosk.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

// A large group needs commands that a reader for short lengths cannot carry: it takes another variant, or sends pieces.
func TestLargeGroupOnShortReader(t *testing.T) {
	b := setUp(t)
	group := emrtdtest.PACEOffer{Mapping: emrtdtest.MappingGM, Cipher: emrtdtest.AES256, Parameter: 2}
	weak := emrtdtest.PACEOffer{Mapping: emrtdtest.MappingGM, Cipher: emrtdtest.AES128, Parameter: 8}
	alone, both := b.issueCard(t, emrtdtest.IssueOptions{PACE: []emrtdtest.PACEOffer{group}}), b.issueCard(t, emrtdtest.IssueOptions{PACE: []emrtdtest.PACEOffer{group, weak}})
	short := emrtdtest.SlotOptions{ShortOnly: true}
	if out, err := b.readCard(t, alone, emrtdtest.Options{}, short, numberKey); err != nil || out.Verdict != kiosk.Verified {
		t.Errorf("large group alone: %v", err)
	}
	for _, c := range []struct {
		slot emrtdtest.SlotOptions
		want string
	}{{short, "PACE-CAN ECDH-GM-AES-128 P-192"}, {emrtdtest.SlotOptions{}, "PACE-CAN DH-GM-AES-256 MODP-2048/256"}} {
		out, err := b.readCard(t, both, emrtdtest.Options{}, c.slot, numberKey)
		if err != nil {
			t.Fatal(err)
		}
		if out.Access != c.want || out.Verdict != kiosk.Verified {
			t.Error(describe(out))
		}
	}
}

// A chip that counts tries: the right key opens it with a warning, the blocked one has a hint of its own.
func TestBlockedKey(t *testing.T) {
	b := setUp(t)
	if out, err := b.readCard(t, b.card, emrtdtest.Options{Tries: 3, Tried: 1}, emrtdtest.SlotOptions{}, numberKey); err != nil || out.Verdict != kiosk.Verified {
		t.Errorf("two tries left: %v", err)
	}
	_, err := b.readCard(t, b.card, emrtdtest.Options{Tries: 3, Tried: 3}, emrtdtest.SlotOptions{}, numberKey)
	var k *kiosk.Error
	if !errors.As(err, &k) || k.Code != kiosk.CodeCardWrongKey || !strings.Contains(k.Hint, "blocked") {
		t.Errorf("blocked: %v", err)
	}
	_, err = b.readCard(t, b.card, emrtdtest.Options{OtherCAN: true}, emrtdtest.SlotOptions{}, numberKey)
	if !errors.As(err, &k) || k.Code != kiosk.CodeCardWrongKey || strings.Contains(k.Hint, "blocked") {
		t.Errorf("wrong key: %v", err)
	}
}

// PACE-CAM proves the chip without chip authentication and under a trusted signer only. The same card opened generically is proven
// by chip authentication.
func TestChipMapping(t *testing.T) {
	b := setUp(t)
	cam := emrtdtest.PACEOffer{Mapping: emrtdtest.MappingCAM, Cipher: emrtdtest.AES128, Parameter: 13}
	card := b.issueCard(t, emrtdtest.IssueOptions{PACE: []emrtdtest.PACEOffer{cam}})
	out, err := b.readCard(t, card, emrtdtest.Options{}, emrtdtest.SlotOptions{}, numberKey)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := out.Check(kiosk.CheckChipAuth)
	if out.Verdict != kiosk.Verified || c.Reason != "PACE-CAM brainpoolP256r1" || out.Files[kiosk.FileCardSecurity] == nil ||
		out.Access != "PACE-CAN ECDH-CAM-AES-128 brainpoolP256r1" {
		t.Error(describe(out))
	}
	clone, err := b.readCard(t, card, emrtdtest.Options{Clone: emrtdtest.CloneForges}, emrtdtest.SlotOptions{}, numberKey)
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := clone.Check(kiosk.CheckChipAuth); clone.Verdict != kiosk.Refused || c.Result != kiosk.CheckFailed {
		t.Error(describe(clone))
	}
	gone, err := b.readCard(t, card, emrtdtest.Options{Replace: map[kiosk.FileID][]byte{kiosk.FileCardSecurity: nil}}, emrtdtest.SlotOptions{}, numberKey)
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := gone.Check(kiosk.CheckChipAuth); gone.Verdict != kiosk.Refused || c.Result != kiosk.CheckFailed {
		t.Error(describe(gone))
	}
}

// EF.CardSecurity of another authority is signed, but not by who is trusted: the proof is worth nothing, chip authentication under
// DG14 decides.
func TestChipMappingUntrusted(t *testing.T) {
	b := setUp(t)
	other, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cam := emrtdtest.PACEOffer{Mapping: emrtdtest.MappingCAM, Cipher: emrtdtest.AES128, Parameter: 13}
	for _, chipAuth := range [][]emrtdtest.ChipAuthOffer{nil, {}} {
		card := b.issueCard(t, emrtdtest.IssueOptions{PACE: []emrtdtest.PACEOffer{cam}, ChipAuth: chipAuth})
		raw, err := other.SignCardSecurity(cardSecurityInfos(t, card))
		if err != nil {
			t.Fatal(err)
		}
		opt := emrtdtest.Options{Replace: map[kiosk.FileID][]byte{kiosk.FileCardSecurity: raw}}
		out, err := b.readCard(t, card, opt, emrtdtest.SlotOptions{}, numberKey)
		if err != nil {
			t.Fatal(err)
		}
		c, _ := out.Check(kiosk.CheckChipAuth)
		if chipAuth == nil && (c.Result != kiosk.CheckSuccessful || strings.Contains(c.Reason, "CAM")) {
			t.Errorf("with chip authentication: %s", describe(out))
		}
		if chipAuth != nil && c.Result == kiosk.CheckSuccessful {
			t.Errorf("without: %s", describe(out))
		}
	}
}

// cardSecurityInfos gives what EF.CardSecurity signs.
func cardSecurityInfos(t testing.TB, card *emrtdtest.Card) []byte {
	t.Helper()
	content, _ := pa.VerifyCardSecurity(card.Files[kiosk.FileCardSecurity], nil, time.Now())
	if content == nil {
		t.Fatal("EF.CardSecurity cannot be read")
	}
	return content
}
